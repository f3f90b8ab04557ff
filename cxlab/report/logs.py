"""The log that a periodic report reads."""

from __future__ import annotations

from pathlib import Path

from cxlab.errors import InputError
from cxlab.files import scenario_file
from cxlab.scenario import Scenario
from cxlab.sim import simulate
from cxlab.tables import Tables

__all__ = ["SAMPLE", "read_log"]

SAMPLE = "sample"
"""Instead of a folder: a simulated log, so that the notebook can be tried without data."""


def read_log(data: str | Path) -> Tables:
    """Return the canonical tables in a folder or DuckDB file, or a simulated sample.

    Raises InputError when there is nothing to read.
    """
    if str(data) == SAMPLE:
        return simulate(Scenario.load(scenario_file("base")), replications=1)
    path = Path(data)
    if not path.exists():
        expected = f"a folder of canonical tables, or {SAMPLE!r}"
        raise InputError("no such folder of tables", given=str(data), expected=expected)
    return Tables.read(path)
