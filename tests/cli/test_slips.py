"""Slips at the command line: misspelt names, files that are missing, empty or folders."""

from __future__ import annotations

import os

import pytest

from cxlab.cli.app import run
from cxlab.files import bundled

CUSTOMERS = str(bundled("scenarios") / "sample_customers")


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A folder to stand in, with a folder of tables, an empty folder, and an empty file."""
    (tmp_path / "weekly").mkdir()
    (tmp_path / "weekly" / "tickets.csv").write_text("ticket_id\n")
    (tmp_path / "nothing").mkdir()
    for name in ("hollow", "hollow.toml", "hollow.csv", "goals.toml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(capsys, *arguments, code=2):
    """Run, expect the exit code and no traceback; return what stands on stderr."""
    assert run(list(arguments)) == code
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    return streams.err


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["check", "bsae"], "base"),
        (["check", "goal.toml"], "goals.toml"),
        (["report", "bsae"], "base"),
        (["report", "--notebook", "periodc"], "periodic"),
        (["report", "--data", "smaple"], "sample"),
        (["report", "--data", "wekly"], "weekly"),
        (["report", "--data", "sample", "-p", "targets=gaols.toml"], "goals.toml"),
        (["report", "--data", "sample", "-p", "targes=sample"], "targets"),
        (["report", "base", "--engine", "kernl"], "kernel"),
        (["measure", "wekly"], "weekly"),
        (["measure", CUSTOMERS, "--metrics", "chrn"], "churn"),
        (["import", "uci_incident", "--out", "x"], "uci_incidents"),
        (["import", "goal.toml", "--out", "x"], "goals.toml"),
        (["import", "uci_incidents", "--file", "holow.csv", "--out", "x"], "hollow.csv"),
        (["lesson", "first_respons"], "first_response"),
        (["lesson", "frtt"], "frt"),
        (["metrics", "frtt"], "frt"),
        (["decide", CUSTOMERS, "--rules", "goal.toml"], "goals.toml"),
        (["journey", CUSTOMERS, "--stages", "goal.toml"], "goals.toml"),
        (["staff", "base", "--target", "sla>=80%", "--shifts", "goal.toml"], "goals.toml"),
        (["worth", "sas_startup", "--set", "a=1"], "saas_startup"),
        (["worth", "saas_startup", "--set", "teams.frnt.shifts.0.agents=3"],
         "teams.front.shifts.0.agents"),
        (["compare", "base", "one_more_agnt"], "one_more_agent"),
        (["sensitivity", "base", "--metric", "slaa", "--vary", "team.shifts.0.agents=2..4"],
         "sla"),
        (["index", "nothin"], "nothing"),
        (["keys", "chanels"], "channels"),
    ],
)  # fmt: skip
def test_a_misspelt_name_gets_the_nearest(capsys, work, arguments, meant):
    assert f"did you mean '{meant}'?" in told(capsys, *arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["report", "nothing"], "that is a folder: given 'nothing'"),
        (["report", "nothing"], "tables are reported with --data"),
        (["report", "--data", "nothing"], "folder holds no tables"),
        (["report", "--data", "hollow"], "not a file of tables"),
        (["report", "hollow.toml"], "is missing"),
        (["report", "base", "--out", "hollow"], "not a folder: given 'hollow'"),
        (["report", "base", "--out", "hollow/x"], "hollow is a file"),
        (["gallery", "--out", "hollow"], "not a folder"),
        (["validate", "--out", "hollow"], "not a folder"),
        (["lesson", "first_response", "--out", "hollow"], "not a folder"),
        (["check", "nothing"], "folder holds no tables"),
        (["check", "hollow.csv"], "named after no canonical table"),
        (["import", "nothing", "--out", "x"], "that is a folder"),
        (["import", "uci_incidents", "--file", "hollow.csv", "--out", "x"], "is empty"),
        (["import", "uci_incidents", "--out", "x"], "name it with --file"),
        (["decide", CUSTOMERS, "--rules", "nothing"], "that is a folder"),
        (["decide", CUSTOMERS, "--out", "nothing"], "--out is a folder"),
        (["journey", CUSTOMERS, "--stages", "nothing"], "that is a folder"),
        (["lesson", "acv"], "no lesson teaches this metric yet"),
        (["index", "hollow"], "no such folder of reports"),
        (["init", "hollow"], "not a folder"),
    ],
)
def test_what_cannot_be_used_is_named(capsys, work, arguments, words):
    assert words in told(capsys, *arguments)


@pytest.mark.parametrize("command", [["report"], ["report", "--data"], ["measure"], ["check"]])
@pytest.mark.parametrize("name", ["x" * 1000, "\u202etxt.elif", "a\nb", "<b>[bold]x[/bold]</b>"])
def test_no_name_breaks_the_command(capsys, work, command, name):
    words = told(capsys, *command, name)
    assert len(words) < 700
    assert name[:20] in words or repr(name)[1:-1] in words


def test_a_shipped_scenario_is_checked_by_its_name(capsys, work):
    assert run(["check", "base"]) == 0
    assert "scenario 'base'" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_that_may_not_be_written_is_named_at_once(capsys, work):
    (work / "nothing").chmod(0o555)
    assert "Permission denied" in told(capsys, "report", "base", "--out", "nothing", code=1)
