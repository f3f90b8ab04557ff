"""The log that a periodic report reads."""

from __future__ import annotations

from pathlib import Path

from cxlab.errors import InputError
from cxlab.files import bundled, no_file, scenario_file
from cxlab.scenario import Scenario
from cxlab.sim import simulate
from cxlab.tables import Tables

__all__ = ["SAMPLES", "read_log"]

DESK, CUSTOMERS = "sample", "sample_customers"
SAMPLES = (DESK, CUSTOMERS)
"""Instead of a folder: a simulated log, and the shipped customers of an invented company."""


SAMPLE_WEEKS = 18
"""How long the sample log is: enough weeks before the last one to judge it against them."""


def read_log(data: str | Path) -> Tables:
    """Return the canonical tables in a folder or DuckDB file, or one of the samples.

    Raises InputError when there is nothing to read, or when the tables hold several simulated
    replications: pooled they are no log, and each would count as its share of a bigger desk.
    """
    if str(data) == DESK:
        desk = Scenario.load(scenario_file("base"))
        return simulate(desk.but(name=DESK, **{"horizon.weeks": SAMPLE_WEEKS}), replications=1)
    path = bundled("scenarios") / CUSTOMERS if str(data) == CUSTOMERS else Path(data)
    if not path.exists():
        raise no_log(data)
    tables = Tables.read(path)
    runs = replications(tables)
    if runs > 1:
        hint = "use `cxlab report SCENARIO`, or write one replication"
        raise InputError(f"the tables hold {runs} simulated replications", hint=hint)
    return tables


def no_log(data: str | Path) -> InputError:
    """Return the error of tables that are not there, with the nearest name."""
    expected = f"a folder of canonical tables, or {' or '.join(map(repr, SAMPLES))}"
    return no_file("no such folder of tables", data, known=SAMPLES, expected=expected)


def replications(tables: Tables) -> int:
    """Return how many simulated replications the tables hold; 0 for a log."""
    for name in ("tickets", "customers"):
        if tables.has(name, "replication"):
            return int(tables.numbered(name).replication.nunique().to_pyarrow().as_py() or 0)
    return 0
