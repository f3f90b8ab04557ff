"""What makes a run doubtful: overload, a growing backlog, a short warm-up, customers who vanish."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats
from cxlab.experiment.warm_up import FEWEST_DAYS, WarmUp
from cxlab.scenario import Scenario
from cxlab.sim.load import load_notes
from cxlab.sim.outlook import base_notes
from cxlab.tables import Tables

__all__ = ["doubts", "expected_doubts", "open_tickets", "seen_doubts", "warm_up_of"]

Floats = npt.NDArray[np.float64]


def open_tickets(tables: Tables, scenario: Scenario) -> pd.DataFrame:
    """Return how many tickets stand open at each local midnight of a run.

    Columns: day (0 = the start, when none is open), one row per day and `replication`, open. A
    ticket is open from its creation until it is solved for good or the customer gives up.
    """
    rows = tables["tickets"]
    closed = rows.last_solved_at.coalesce(rows.abandoned_at)
    # Whoever gave up after a first solve left no time of it: such tickets are left out.
    known = rows.filter(closed.notnull() | (rows.status != "closed"))
    frame = known.select("replication", "created_at", closed=closed).to_pyarrow().to_pandas()
    midnights = [
        scenario.local_midnight(day).replace(tzinfo=None)
        for day in range(scenario.horizon.total_days + 1)
    ]
    edges = np.array(midnights, dtype="M8[us]")
    parts = []
    for replication, run in frame.groupby("replication"):
        begun, ended = (
            np.sort(run[c].dropna().to_numpy("M8[us]")) for c in ("created_at", "closed")
        )
        count = np.searchsorted(begun, edges) - np.searchsorted(ended, edges)
        parts.append(
            pd.DataFrame({"replication": replication, "day": np.arange(len(edges)), "open": count})
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(
        {"replication": [], "day": [], "open": []}
    )  # fmt: skip


def warm_up_of(scenario: Scenario, tables: Tables) -> WarmUp | None:
    """Return how the desk of simulated tables settles; None where there are no tickets.

    `cxlab.charts.warm_up(warm_up_of(desk, cx.simulate(desk)))` draws it.
    """
    if "tickets" not in tables:
        return None
    daily = open_tickets(tables, scenario)
    return None if daily.empty else WarmUp(scenario, daily)


def doubts(
    scenario: Scenario, tables: Tables | None = None, *, counted: Mapping[str, int] | None = None
) -> list[str]:
    """Return what a reader must know before believing the numbers, in sentences; may be none.

    Without `tables`: what the scenario lets expect (load of 1 or more; a customer base that dies
    out or explodes, links that change nothing). With the tables of a run also what the run showed:
    probabilities that came out above 1; of a steady horizon open tickets that grow (a trend over
    the days counted, with a 95 % interval over replications) and a warm-up shorter than MSER asks
    for. Of runs that left no tables, `counted` is what `Tables.counted` would be.
    """
    if tables is None:
        return expected_doubts(scenario) + seen_doubts(scenario, None, counted or {})
    asked = "tickets" in tables and scenario.horizon.type == "steady"
    days = open_tickets(tables, scenario) if asked else None
    return expected_doubts(scenario) + seen_doubts(scenario, days, tables.counted)


def expected_doubts(scenario: Scenario) -> list[str]:
    """Return what the scenario alone lets doubt."""
    return load_notes(scenario) + base_notes(scenario)


def seen_doubts(
    scenario: Scenario, daily: pd.DataFrame | None, counted: Mapping[str, int]
) -> list[str]:
    """Return what runs give to doubt: their open tickets by day (None: not known), and counts."""
    found = _clamped(counted)
    if daily is not None and len(daily) and scenario.horizon.type == "steady":
        warm_up = WarmUp(scenario, daily)
        found += _growth(warm_up.runs[warm_up.chosen :]) + _short(warm_up)
    return found


def _clamped(counted: Mapping[str, int]) -> list[str]:
    """Say that factors pushed probabilities above 1."""
    times = counted.get("probabilities_above_1", 0)
    if not times:
        return []
    return [
        f"a probability came out above 1 and counted as 1 in {times:,} decisions "
        f"({counted.get('terms_ended', 0):,} terms ended): factors or curves of links are "
        "too steep there"
    ]


def _growth(runs: Floats) -> list[str]:
    """Say that open tickets grow, where the whole interval of the trend is above 0."""
    days, n = runs.shape
    if days < FEWEST_DAYS or n < 2:
        return []
    day = np.arange(days) - (days - 1) / 2
    slopes = 7 * (day @ (runs - runs.mean(axis=0))) / (day @ day)
    mean, low, high = stats.replication_interval(slopes)
    if low <= 0 or mean * days / 7 < 0.1 * runs.mean():
        return []
    return [
        f"open tickets grow by {mean:,.1f} a week ({low:,.1f} to {high:,.1f}) over the days that "
        "are counted: no steady state, and no mean of it"
    ]


def _short(warm_up: WarmUp) -> list[str]:
    """Say that the warm-up is shorter than the marginal standard error rule asks for."""
    cut = warm_up.suggested
    if cut is None or cut <= warm_up.chosen:
        return []
    until = warm_up.scenario.start + timedelta(days=cut)
    return [
        f"the warm-up of {warm_up.chosen} days may be too short: by the marginal "
        f"standard error rule the open tickets have settled after {cut} days ({until})"
    ]
