"""README's commands, scenario and Python lines are run as they stand there.

The first of them here, all by `.ci/run` (`make promised`); tests/cli has small ones of each.
"""

import re
import runpy
import shlex
from pathlib import Path

import pandas as pd
import pytest

import cxlab as cx
from cxlab.cli.app import run
from cxlab.metrics import METRICS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    found = re.findall(r"^```(\w*)\n(.*?)^```", README, flags=re.M | re.S)
    return [text for name, text in found if name == language]


@pytest.fixture
def work(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["init", "work"]) == 0
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_your_own_log_in_five_minutes(work):
    (block,) = [b for b in blocks("") if "scenarios/sample_import/mapping.toml" in b]
    lines = [line.split("#")[0].strip() for line in block.splitlines()]
    commands = [shlex.split(line) for line in lines if line.startswith("cxlab ")]
    assert [c[1] for c in commands] == ["init", "import", "measure", "report"]
    for command in commands[1:]:
        assert run(command[1:]) == 0, command
    assert sorted(p.suffix for p in (work / "reports").iterdir()) == [".html", ".html", ".json"]


def test_surveys_of_ones_own(tmp_path, capsys):
    (surveys,) = blocks("csv")
    (tmp_path / "surveys.csv").write_text(surveys)
    (tmp_path / "tickets.csv").write_text(
        "ticket_id,created_at,channel,status\n"
        "A,2026-01-05T09:00:00Z,email,solved\n"
        "B,2026-01-05T09:00:00Z,chat,solved\n"
        "C,2026-01-06T09:00:00Z,chat,solved\n"
    )
    found = cx.measure(cx.Tables.read(tmp_path), "csat,resp").set_index("metric")
    assert found.loc[["csat", "resp"], "n"].tolist() == [2, 3]
    assert found.loc[["csat", "resp"], "value"].tolist() == pytest.approx([1 / 2, 2 / 3])
    by = cx.measure(cx.Tables.read(tmp_path), "csat", by="channel").set_index("channel")
    assert by.loc[["email", "chat"], "value"].tolist() == [1, 0]
    # Without the column of invitations there is a score, and no share of those asked.
    lines = [line.split(",") for line in surveys.splitlines() if not line.startswith("3")]
    answers = [",".join(line[:4] + line[5:]) for line in lines]
    (tmp_path / "surveys.csv").write_text("\n".join(answers))
    found = cx.measure(cx.Tables.read(tmp_path), "csat,resp").set_index("metric")
    assert found.loc["csat", "value"] == 0.5
    assert found.loc["resp", "flag"] == "undefined"


@pytest.mark.promised
def test_one_log_in_several_readings(work, capsys):
    assert run(["import", "scenarios/sample_import/mapping.toml", "--out", "tables"]) == 0
    (block,) = [b for b in blocks("") if "--variants fcr" in b]
    for line in block.splitlines():
        assert run(shlex.split(line.split("#")[0])[1:]) == 0, line
    assert "fcr_zendesk" in capsys.readouterr().out


@pytest.mark.promised
def test_customers(work, capsys):
    (block,) = [b for b in blocks("") if "cxlab journey" in b]
    for line in block.splitlines():
        assert run(shlex.split(line.split("#")[0])[1:]) == 0, line
    told = capsys.readouterr()
    who = pd.read_csv(work / "next.csv")
    assert who["customer_id"].nunique() == len(who) == 120
    assert run(["decide", "scenarios/sample_customers", "--rules", "rules/post_purchase.toml"]) == 0
    assert f"lapsed: {(who['leaf'] == 'lapsed').sum()} (" in capsys.readouterr().out
    assert "purchase: 120 entered" in told.out
    assert "quarantined" not in told.out + told.err


def test_experiments(work, capsys):
    (block,) = [b for b in blocks("") if "cxlab sweep" in b]
    few = {"run": ["--replications", "2"], "sweep": ["--replications", "1", "-m", "frt"]}
    for line in block.splitlines():
        command = shlex.split(line, comments=True)[1:]
        assert run([*command, *few[command[0]]]) == 0, line
    assert "8 cells" in capsys.readouterr().err


@pytest.mark.promised
def test_compare(work, capsys):
    (block,) = [b for b in blocks("") if "cxlab compare" in b]
    few = {"compare": ["--replications", "2", "-m", "frt"], "report": ["-p", "replications=2"]}
    for line in block.splitlines():
        command = shlex.split(line, comments=True)[1:]
        assert run([*command, *few[command[0]]]) == 0, line
    assert "fewer" in capsys.readouterr().out
    pages = sorted(p.name for p in (work / "reports").glob("*.json"))
    assert len(pages) == 2  # neither replaces the other


def test_the_sample_of_customers_is_what_its_script_makes(tmp_path, monkeypatch):
    script = runpy.run_path(str(ROOT / "docs" / "make_sample_customers.py"))
    monkeypatch.setitem(script["main"].__globals__, "OUT", tmp_path)
    script["main"]()
    kept = ROOT / "scenarios" / "sample_customers"
    assert len(list(kept.iterdir())) == 7
    for path in kept.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_scenario_is_one(work):
    (text,) = [b for b in blocks("toml") if "extends" in b]
    path = work / "scenarios" / "slower_calls.toml"
    path.write_text(text)
    assert run(["check", str(path)]) == 0
    assert cx.Scenario.load(path).team == cx.Scenario.load(work / "scenarios/base.toml").team


@pytest.mark.promised
def test_staffing(work, capsys):
    (rules,) = [b for b in blocks("toml") if "lengths_hours" in b]
    (work / "rules.toml").write_text(rules)
    (block,) = [b for b in blocks("") if "cxlab staff" in b]
    lines = [shlex.split(line.split("#")[0]) for line in block.splitlines()]
    for line in (line for line in lines if line[1] == "staff"):
        assert run(line[1:]) == 0, line
    plan = cx.Scenario.load(work / "plan.toml")
    assert plan.channels == cx.Scenario.load(work / "scenarios/base.toml").channels
    assert "confirmed" in capsys.readouterr().out  # the JSON of the last line


@pytest.mark.promised
def test_the_python_lines_run(work):
    assert run(["import", "scenarios/sample_import/mapping.toml", "--out", "tables"]) == 0
    (code,) = [b for b in blocks("python") if "pyspark" not in b]
    (work / "lines.py").write_text(code.replace("seed=7", "seed=7, replications=2"))
    namespace = runpy.run_path(str(work / "lines.py"))
    assert namespace["desk"].seed == 7


def test_every_command_and_flag_of_the_tables_exists():
    named = set(re.findall(r"`cxlab ([a-z]+)", README))
    assert {"init", "report", "simulate", "import", "measure", "metrics", "check"} <= named
    for command in named:
        assert run([command, "--help"]) == 0, command


def test_every_metric_that_is_named_exists():
    for block in blocks(""):
        for ids in re.findall(r"--metrics (\S+)", block):
            assert set(ids.split(",")) <= set(METRICS)


def test_its_pictures_are_those_that_are_taken_and_small():
    shown = set(re.findall(r"docs/(\w+)\.png", README))
    assert shown == set(runpy.run_path(str(ROOT / "docs" / "make_picture.py"))["SHOTS"])
    for name in shown:
        assert 5_000 < (ROOT / "docs" / f"{name}.png").stat().st_size <= 150_000, name
    assert not re.findall(r"!\[\]|<img(?![^>]* alt=\"[^\"]{20})", README)


def test_the_plain_lines_are_those_of_the_makefile():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    makefile = makefile.replace("$(PYTEST)", "pytest -n 2")
    tests = "pytest -n 2 --dist loadfile --nbval-lax tests cxlab"
    for line in (tests, "ruff check ."):
        assert line in README
        assert line in makefile
