"""The recipes for schedulers are well-formed, and name only options that exist."""

import configparser
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from cxlab.cli.app import run
from cxlab.report.targets import parse_alarms, parse_targets

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "scheduling.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, flags=re.M | re.S)


def _blocks(language):
    return [text for name, text in BLOCKS if name == language]


def test_every_option_exists(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    assert run(["report", "--help"]) == 0
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    code = "\n".join(text for _, text in BLOCKS).replace("\\\n", " ")
    calls = [line for line in code.splitlines() if re.search(r"cxlab report\b", line)]
    assert len(calls) >= 4
    for call in calls:
        used = set(re.findall(r"(?<=\s)--[a-z-]+", call.partition("cxlab report")[2]))
        assert used <= known, used - known
    table = set(re.findall(r"^\| `(--[a-z-]+)", TEXT, flags=re.M))
    assert table <= known | {"--no-index"}


def test_the_limits_are_those_of_a_targets_file():
    (block,) = _blocks("toml")
    assert parse_targets(tomllib.loads(block))["sla"].at_least == pytest.approx(0.75)
    alarms = parse_alarms(tomllib.loads(block))
    assert (alarms["sla"].alert_below, alarms["backlog"].alert_above) == (pytest.approx(0.6), 1500)


def test_units_workflow_and_scripts_are_well_formed(tmp_path):
    yaml = pytest.importorskip("yaml")
    for block in _blocks("ini"):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str
        unit.read_string(block)
        assert unit["Unit"]["Description"]
    (workflow,) = _blocks("yaml")
    steps = yaml.safe_load(workflow)["jobs"]["report"]["steps"]
    scripts = [s["run"] for s in steps if "run" in s]
    assert "cxlab report" in "".join(scripts)
    for script in [*scripts, *_blocks("sh")]:
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)
    for block in _blocks("python"):
        compile(block, "block", "exec")
    (line,) = [x for x in _blocks("cron")[0].splitlines() if x[0].isdigit()]
    assert re.match(r"(\d+ \d+ \* \* 1)  cd ", line)
