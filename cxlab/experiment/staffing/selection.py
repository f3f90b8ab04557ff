"""The last word among the last few plans, on runs that no search has seen.

What a plan costs is known; whether it meets its targets is estimated. So the plans are screened
for feasibility, the cheapest that passes wins. Where the aim is the value, which is estimated
itself, the best is selected with an indifference zone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats as st

from cxlab.experiment.staffing.evaluate import evaluate
from cxlab.experiment.staffing.targets import Target
from cxlab.metrics.frame import Results
from cxlab.scenario import Scenario

__all__ = ["Verdict", "confirm", "kim_nelson", "one_sided", "stands"]

Progress = Callable[[int, int], None]

_STAGES = (1, 2, 4)
"""Undecided plans get so many times the replications before they count as not confirmed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which plan was confirmed (None for none), what each plan's runs showed, and how often."""

    chosen: int | None
    shown: list[pd.DataFrame]
    replications: int


def confirm(
    scenarios: Sequence[Scenario],
    targets: Sequence[Target],
    confidence: float,
    replications: int,
    progress: Progress | None = None,
) -> Verdict:
    """Return the first (cheapest) scenario that meets all targets with the confidence stated.

    A plan passes when a one-sided bound of every target lies on the good side. It is dropped when
    some target's bound would not, were all replications run and the value the same; undecided
    plans are run twice and four times as often. The chance that a plan which misses a target
    passes is at most 1 − confidence, whatever the plans are: each bound takes that chance ÷
    (plans × targets × stages) (Bonferroni).
    """
    each = (1 - confidence) / (len(scenarios) * len(targets) * len(_STAGES))
    waiting, passed = list(range(len(scenarios))), None
    shown: list[pd.DataFrame] = [pd.DataFrame()] * len(scenarios)
    for stage in _STAGES:
        if not waiting:
            break
        runs = replications * stage
        still = []
        for place in waiting:
            rows = _measured(scenarios[place], targets, runs, progress)
            shown[place] = stands(rows, targets, 1 - each, _STAGES[-1] / stage)
            if shown[place]["met"].all():
                passed = place
                break  # whatever is dearer need not be looked at
            if not shown[place]["failed"].any():
                still.append(place)
        waiting = still
    return Verdict(passed, shown, runs)


def _measured(
    scenario: Scenario, targets: Sequence[Target], replications: int, progress: Progress | None
) -> dict[str, Results]:
    """Return the targets' metrics, over all channels ("") and by channel."""
    group = channel_column(scenario)
    asked = {
        "": sorted({t.metric for t in targets if t.channel is None}),
        group: sorted({t.metric for t in targets if t.channel is not None}),
    }
    return {
        by: evaluate([scenario], metrics, replications, progress, by=[by] if by else [])[0]
        for by, metrics in asked.items()
        if metrics
    }


def channel_column(scenario: Scenario) -> str:
    """Return the column of the tickets that names the channels as the scenario does."""
    same = all(scenario.kind(name) == name for name in scenario.lines)
    return "channel" if same else "line"


def stands(
    measured: dict[str, Results], targets: Sequence[Target], confidence: float, more: float = 1.0
) -> pd.DataFrame:
    """Return one row per target: value, 95 % interval, one-sided bound, met and failed.

    `bound` is on the bad side at `confidence`; `met` where it reaches the limit, `failed` where
    it would not with `more` times the replications. Too few cases are neither.
    """
    return pd.DataFrame([_stand(_row(measured, t), t, confidence, more) for t in targets])


def _row(measured: dict[str, Results], target: Target) -> pd.Series:
    if target.channel is None:
        rows = measured[""]
        return rows[rows["metric"] == target.metric].iloc[0]
    group = next(by for by in measured if by)
    rows = measured[group]
    found = rows[(rows["metric"] == target.metric) & (rows[group] == target.channel)]
    return found.iloc[0]


def _stand(row: pd.Series, target: Target, confidence: float, more: float) -> dict[str, object]:
    value, end = float(row["value"]), float(row["low" if target.at_least else "high"])
    bad = one_sided(value, end, int(row["n"]), confidence)
    hoped = value + (bad - value) / more**0.5
    known = row["flag"] == "ok"
    return {
        "target": target.text, "metric": target.metric, "channel": target.channel or "all",
        "unit": target.unit, "limit": target.limit, "value": value, "low": float(row["low"]),
        "high": float(row["high"]), "bound": bad, "confidence": confidence,
        "met": bool(known and target.excess(bad) >= 0),
        "failed": bool(known and target.excess(hoped) < 0), "n": int(row["n"]),
    }  # fmt: skip


def one_sided(value: float, end: float, n: int, confidence: float) -> float:
    """Return the one-sided bound towards an end of a Student 95 % interval.

    >>> round(one_sided(10.0, 10 - 2.262, 10, 0.95), 3)
    8.167
    """
    if n < 2:
        return float("nan")
    step = (end - value) / float(st.t.ppf(0.975, n - 1)) * float(st.t.ppf(confidence, n - 1))
    return value + step


def kim_nelson(
    draw: Callable[[int, int], float],
    systems: int,
    *,
    confidence: float,
    indifference: float,
    first: int = 10,
    most: int = 200,
) -> tuple[int, npt.NDArray[np.float64], int]:
    """Return (best system, means of all, replications): the one of the highest mean.

    `draw(system, replication)` gives one number, replications counted from 1; the systems may
    share their draws. The system returned is the best with at least `confidence`, when the best
    is better than the others by `indifference` or more. After `most` replications the highest
    mean wins. Source: S.-H. Kim and B. L. Nelson, A fully sequential procedure for
    indifference-zone selection in simulation, ACM TOMACS 11 (2001), with c = 1.

    >>> kim_nelson(lambda i, r: i + 0.1 * (-1) ** r, 3, confidence=0.95, indifference=0.5)[0]
    2
    """
    alpha = 1 - confidence
    drawn = np.array([[draw(i, r) for r in range(1, first + 1)] for i in range(systems)])
    columns = [list(row) for row in drawn]
    if systems == 1:
        return 0, drawn.mean(axis=1), first
    eta = 0.5 * ((2 * alpha / (systems - 1)) ** (-2 / (first - 1)) - 1)
    h2 = 2 * eta * (first - 1)
    variance = np.var(drawn[:, None, :] - drawn[None, :, :], axis=2, ddof=1)
    alive, r = list(range(systems)), first
    while True:
        means = np.array([np.mean(column) for column in columns])
        reach = np.maximum(0, indifference / (2 * r) * (h2 * variance / indifference**2 - r))
        alive = [i for i in alive if all(means[i] >= means[j] - reach[i, j] for j in alive)]
        if len(alive) == 1 or r >= most:
            best = max(alive, key=lambda i: means[i])
            return best, means, r
        r += 1
        for i in alive:
            columns[i].append(draw(i, r))
