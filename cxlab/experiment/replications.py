"""Replications of one scenario: one number per run, an interval over the runs.

Tickets of one run wait in the same queue and are not independent: an interval over pooled
tickets covers the truth far too rarely. The unit here is the replication.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats
from cxlab.calendars import Period
from cxlab.errors import InputError
from cxlab.metrics import DESK, measure
from cxlab.metrics.frame import Results
from cxlab.metrics.possible import lacking
from cxlab.metrics.results import SMALL_N
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.metrics.statistics.base import TOO_FEW
from cxlab.scenario import Scenario
from cxlab.sim import Engine, simulate
from cxlab.tables import Tables
from cxlab.units import RANGES

__all__ = ["by_replication", "combined", "over_replications", "replicate", "run_values"]

Floats = npt.NDArray[np.float64]

_RATIO_OF_SUMS = ("share", "mean")


def replicate(
    scenario: Scenario,
    metrics: str | Sequence[str] | None = DESK,
    *,
    replications: int | None = None,
    seed: int | None = None,
    by: str | Sequence[str] = (),
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Simulate a scenario and return its KPIs with 95 % intervals over replications.

    The columns are those of `cxlab.measure`; `n` is the number of replications that gave a
    value. `progress(done, total)` is called after each replication.
    """
    tables = simulate(
        scenario, replications=replications, seed=seed, engine=engine, progress=progress
    )
    return over_replications(tables, metrics, by=by)


def over_replications(
    tables: Tables,
    metrics: str | Sequence[str] | None = DESK,
    *,
    by: str | Sequence[str] = (),
    period: Period | str | None = None,
    as_of: dt.datetime | None = None,
    tz: str | None = None,
    settings: Settings = DEFAULTS,
) -> Results:
    """Return KPIs of simulated tables with intervals over their replications.

    By default those of a desk; where there are no tickets, every metric that lacks nothing.

    Shares and means are ratios of sums with a jackknife interval (a share that is 0 or 1 in every
    run has that of so many cases, Wilson's); counts and quantiles are means over replications with
    Student's interval. A group that a run does not have counts as 0 there. The other arguments are
    those of `measure`. Raises InputError when the tables hold no replications.
    """
    names = [b.strip() for b in by.split(",")] if isinstance(by, str) else list(by)
    groups = [b for b in names if b and b != "replication"]
    single = by_replication(
        tables, metrics, by=groups, period=period, as_of=as_of, tz=tz, settings=settings
    )
    return combined(single, groups)


def by_replication(
    tables: Tables,
    metrics: str | Sequence[str] | None = DESK,
    *,
    by: Sequence[str] = (),
    period: Period | str | None = None,
    as_of: dt.datetime | None = None,
    tz: str | None = None,
    settings: Settings = DEFAULTS,
) -> Results:
    """Return KPIs of simulated tables for each replication by itself: what `combined` takes.

    The arguments are those of `over_replications`.
    """
    if not any(tables.has(name, "replication") for name in tables.names):
        raise InputError("the tables hold no replications", expected="simulated tables")
    if metrics is DESK and "tickets" not in tables:
        metrics = [name for name, lacks in lacking(tables).items() if not lacks]
    return measure(
        tables, metrics, by=[*by, "replication"], period=period, as_of=as_of, tz=tz,
        settings=settings,
    )  # fmt: skip


def combined(single: pd.DataFrame, groups: Sequence[str] = ()) -> Results:
    """Return rows with intervals over replications from rows of single replications."""
    keys = ["metric", "period", *groups]
    grouped = single.groupby(keys, sort=False, dropna=False).indices.values()
    places = [np.asarray(at, dtype=np.intp) for at in grouped]
    columns = _Columns.of(single)
    found = pd.DataFrame([columns.combined(at) for at in places])
    # What tells the metric and the group is that of the first of its rows.
    rows = single.iloc[[at[0] for at in places]].reset_index(drop=True)
    for name in found:
        rows[name] = found[name]
    return Results(rows.drop(columns="replication"))


def run_values(runs: pd.DataFrame) -> Floats:
    """Return one number per replication of one metric and group, whose mean is its estimate.

    Of shares and means, which are ratios of sums, the jackknife's pseudo-values; of counts and
    quantiles the values. NaN where a run gave none. Differences between scenarios and
    correlations are taken of these.
    """
    if str(runs["statistic"].iloc[0]) not in _RATIO_OF_SUMS:
        return runs["value"].to_numpy(dtype=np.float64)
    known = runs["value"].notna().to_numpy()
    found = np.full(len(runs), np.nan)
    found[known] = stats.ratio_pseudovalues(runs["numerator"][known], runs["n"][known])
    return found


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of rows of single replications, as arrays."""

    value: Floats
    n: npt.NDArray[np.int64]
    numerator: Floats
    pending: npt.NDArray[np.int64]
    texts: dict[str, npt.NDArray[np.object_]]

    @classmethod
    def of(cls, rows: pd.DataFrame) -> _Columns:
        """Take the columns out of a frame."""
        return cls(
            rows["value"].to_numpy(dtype=np.float64), rows["n"].to_numpy(dtype=np.int64),
            rows["numerator"].to_numpy(dtype=np.float64),
            rows["pending"].to_numpy(dtype=np.int64),
            {name: rows[name].to_numpy(dtype=object) for name in _TEXTS},
        )  # fmt: skip

    def combined(self, at: npt.NDArray[np.intp]) -> dict[str, object]:
        """Return what the replications at these places tell together."""
        known = at[~np.isnan(self.value[at])]
        unit = str(self.texts["unit"][at[0]])
        value, low, high, method = self._estimate(known, str(self.texts["statistic"][at[0]]))
        least, most = RANGES[unit]
        return {
            "value": value,
            "n": len(known),
            "numerator": np.nan,
            "low": max(low, least),
            "high": min(high, most),
            "interval_method": method,
            "excluded": _total(self.texts["excluded"][at]),
            "pending": int(self.pending[at].sum()),
            "flag": self._flag(at, len(known), unit),
            # What a run says of its own numbers holds for no other.
            "note": _common_note(self.texts["note"][at]),
        }

    def _estimate(
        self, known: npt.NDArray[np.intp], statistic: str
    ) -> tuple[float, float, float, str]:
        if statistic in _RATIO_OF_SUMS:
            top, bottom = self.numerator[known], self.n[known]
            value, low, high = stats.jackknife_ratio(top, bottom)
            if statistic == "share" and low == high and value in (0.0, 1.0):
                # No run differs from another: that proves as much as so many cases do, no more.
                ends = stats.wilson_interval(top.sum(), bottom.sum())
                return value, float(ends[0]), float(ends[1]), "Wilson over all cases"
            return value, low, high, "jackknife over replications"
        return *stats.replication_interval(self.value[known]), "Student t over replications"

    def _flag(self, at: npt.NDArray[np.intp], counted: int, unit: str) -> str:
        """Say when there is no number, no interval, or too little behind it.

        A share of few cases can be 0 or 1 in every run; the interval over runs then has no width
        and proves nothing.
        """
        cases = SMALL_N if unit == "count" else int(self.n[at].sum())
        if counted >= 2:
            return "ok" if cases >= SMALL_N else "small_n"
        return "small_n" if counted == 1 else str(self.texts["flag"][at[0]])


_TEXTS = ("unit", "statistic", "excluded", "flag", "note")


def _common_note(notes: npt.NDArray[np.object_]) -> str:
    """Return what holds for every run; that a run is too short for an interval holds for none."""
    if len(set(notes)) > 1:
        return ""
    parts = str(notes[0]).split("; ")
    return "; ".join(part for part in parts if not part.startswith(TOO_FEW))


def _total(excluded: npt.NDArray[np.object_]) -> dict[str, int]:
    total: dict[str, int] = {}
    for reasons in excluded:
        for reason, count in reasons.items():
            total[reason] = total.get(reason, 0) + count
    return total
