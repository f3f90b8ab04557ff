"""Every notebook that ships gives the same outputs in a kernel and in one process."""

from __future__ import annotations

from pathlib import Path

import pytest

import cxlab as cx
from cxlab.files import bundled
from cxlab.report.engines import run_notebook
from tests.report.helpers import small_company, small_scenario
from tests.report.test_run import _outputs, _prepared
from tests.report.test_staffing import DESK

NOTEBOOKS = sorted(path.stem for path in bundled("notebooks").glob("*.ipynb"))


def _log(folder: Path) -> Path:
    desk = cx.Scenario.load(small_scenario(folder))
    cx.simulate(desk, replications=1).write(folder / "log")
    return folder / "log"


def _calls(folder: Path) -> Path:
    path = folder / "calls.toml"
    path.write_text(DESK, encoding="utf-8")
    return path


# What each notebook is given: small, and nothing left at a default that takes long.
GIVEN = {
    "compare": lambda folder: {
        "scenario": str(small_scenario(folder)), "changes": ["team.shifts.0.agents=1"],
        "metrics": ["frt", "abandonment"], "replications": 3,
    },
    "customers": lambda _: {"period": "last-month"},
    "lifecycle": lambda folder: {"scenario": str(small_company(folder, days=35))},
    "loop": lambda folder: {
        "scenario": str(small_company(folder)), "options": ["front.1+1"], "replications": 2,
    },
    "periodic": lambda folder: {"data": str(_log(folder)), "by": ["channel", "topic"]},
    "scenario": lambda folder: {"scenario": str(small_scenario(folder))},
    "staffing": lambda folder: {
        "scenario": str(_calls(folder)), "targets": ["service_level>=75%"],
    },
    "start": lambda _: {},
    "validation": lambda _: {"replications": 2},
    "what_if": lambda folder: {
        "scenario": str(small_scenario(folder)), "vary": ["team.shifts.0.agents=1..4"],
        "metrics": ["abandonment"], "replications": 2,
    },
}  # fmt: skip


def test_every_notebook_has_its_inputs():
    assert sorted(GIVEN) == NOTEBOOKS


@pytest.mark.long
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_both_engines_give_the_same_outputs_of_every_notebook(name, tmp_path, monkeypatch):
    given = GIVEN[name](tmp_path)
    monkeypatch.chdir(tmp_path)
    here = _outputs(run_notebook(_prepared(name), given, engine="inprocess"))
    there = _outputs(run_notebook(_prepared(name), given, engine="kernel"))
    assert len(here) == len(there)
    for mine, other in zip(here, there, strict=True):
        assert mine == other
    assert here
    assert "error" not in {kind for kind, *_ in here}
