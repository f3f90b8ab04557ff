"""`cxlab staff`: the answer as tables, JSON and a file, exit codes, and bad input in one line."""

import json

import pytest

from cxlab.cli.app import run
from cxlab.experiment import staffing
from cxlab.scenario import Scenario
from tests.cli.test_commands import fails, succeeds
from tests.report.test_staffing import DESK

TARGET = ("--target", "service_level>=70%")


@pytest.fixture
def desk(tmp_path):
    path = tmp_path / "calls.toml"
    path.write_text(DESK, encoding="utf-8")
    return path


def test_json_and_the_file(capsys, desk):
    out = desk.parent / "plans" / "plan.toml"
    found = json.loads(succeeds(capsys, "staff", desk, *TARGET, "--out", out, "--json"))
    assert found["confirmed"] is True
    assert found["file"] == str(out)
    assert found["cost_per_week_before"] == 3 * 168 * 20
    assert found["targets"][0]["met"] is True
    assert len(found["half_hours"]) == 336
    agents = [line["agents"] for line in found["lines"]]
    loaded = Scenario.load(out)
    assert [shift.agents for shift in loaded.team.shifts] == agents
    assert loaded.channels == Scenario.load(desk).channels
    assert 'extends = "../calls.toml"' in out.read_text()


def test_tables_for_people(capsys, desk):
    assert run(["staff", str(desk), *TARGET, "--confidence", "0.9"]) == 0
    streams = capsys.readouterr()
    assert "Mon-Sun" in streams.out
    assert "service_level>=71%" in streams.out
    assert "90 % confidence" in streams.err


def test_rules_from_a_file(capsys, desk):
    rules = desk.parent / "rules.toml"
    rules.write_text('[shifts]\nhours = { "Mon-Sun" = "00:00-24:00" }\nlengths_hours = [12]\n'
                     "start_every_minutes = 720\n")  # fmt: skip
    found = json.loads(succeeds(capsys, "staff", desk, *TARGET, "--shifts", rules, "--json"))
    assert {(line["from"], line["to"]) for line in found["lines"]} == {
        ("00:00", "12:00"), ("12:00", "24:00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--target", "servicelevel>=70%"), "did you mean 'service_level'?"),
        (("--target", "frt<=80%"), "wrong unit"),
        ((*TARGET, "--confidence", "95"), "--confidence"),
        ((*TARGET, "--shifts", "none.toml"), "no such file of shift rules"),
        ((*TARGET, "--out", "plan.txt"), "ends in .toml"),
        (("--target", "art<=1s"), "out of reach"),
    ],
)
def test_bad_input(capsys, desk, more, words):
    assert words in fails(capsys, "staff", desk, *more)


def test_a_file_that_is_there_is_kept(capsys, desk):
    out = desk.parent / "other.toml"
    out.write_text("mine")
    assert "--force overwrites it" in fails(capsys, "staff", desk, *TARGET, "--out", out)
    assert out.read_text() == "mine"
    assert "extends" in fails(capsys, "staff", desk, *TARGET, "--out", desk, "--force")
    assert desk.read_text() == DESK


def test_stopped_half_way_nothing_is_written(capsys, desk, monkeypatch):
    out = desk.parent / "plan.toml"
    calls = []

    def stopped(*_, **__):
        calls.append(1)
        raise KeyboardInterrupt

    monkeypatch.setattr(staffing.planning, "confirm", stopped)
    assert run(["staff", str(desk), *TARGET, "--out", str(out)]) != 0
    assert calls
    assert [p.name for p in desk.parent.iterdir()] == ["calls.toml"]
    assert "Traceback" not in capsys.readouterr().err


def test_a_plan_that_is_not_confirmed_has_exit_code_1(capsys, desk, monkeypatch):
    real = staffing.planning.confirm

    def unsure(*arguments):
        verdict = real(*arguments)
        return staffing.selection.Verdict(None, verdict.shown, verdict.replications)

    monkeypatch.setattr(staffing.planning, "confirm", unsure)
    assert run(["staff", str(desk), *TARGET]) == 1
    streams = capsys.readouterr()
    assert "NOT confirmed" in streams.err
