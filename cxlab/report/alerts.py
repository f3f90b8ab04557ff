"""Alerts: which headline numbers of a period lie beyond the noise of the periods before it."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from cxlab.report.blocks import Block
from cxlab.report.html import Html, element, join
from cxlab.report.kpis import HEADLINES, Kpi, rows_of
from cxlab.report.targets import Alarm
from cxlab.report.typeset import unbroken
from cxlab.report.undecided import ends
from cxlab.report.view import View
from cxlab.stats import Limits, p_limits, signal, xmr_limits
from cxlab.stats.control import FEWEST, RUN
from cxlab.units import RANGES, format_value

__all__ = ["BASELINE", "Alert", "alerts", "judged"]

BASELINE = 24
"""So many periods before the report's own tell at most what is noise."""

CARRIED = ("backlog",)
"""Stocks: each value carries over to the next, so that limits from their steps would cry wolf."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: the metric, what it says, and whether it tells of something better or worse.

    `kind`: "limit" (beyond the noise), "run" (eight on one side), "threshold" (beyond a limit of
    the targets file). `side`: "better", "worse", or "" for a metric without a direction.
    """

    metric: str
    title: str
    kind: str
    side: str
    text: str


def alerts(
    view: View,
    now: pd.DataFrame,
    alarms: Mapping[str, Alarm] | None = None,
    *,
    judge: Collection[str] = HEADLINES,
) -> Block:
    """Return the box of alerts of a period: what lies beyond noise, and beyond set limits.

    `now`: the tidy result of the period; the last 24 periods before it that the log covers whole
    are the baseline (see `cxlab.stats.control`). `judge`: the metrics held against it. What
    pending cases could take back is no alert. The block tells the page's manifest of the alerts.
    """
    kpis = [k for k in rows_of(now) if k.metric in judge or k.metric in (alarms or {})]
    sizes = {str(r["metric"]): r.get("numerator") for r in now.to_dict("records")}
    found: list[Alert] = []
    judged_at: dict[str, int] = {}
    chosen = [k.metric for k in kpis if k.known]
    history = view.trends(chosen, BASELINE + 1) if chosen else {}
    for kpi in kpis:
        if not kpi.known:
            continue
        found += _beyond_threshold(kpi, (alarms or {}).get(kpi.metric))
        if kpi.metric in CARRIED or (view.partly_covered and kpi.unit == "count"):
            continue
        before = _baseline(view, history[kpi.metric])
        limits = _limits(kpi, before, sizes.get(kpi.metric))
        if limits is not None:
            judged_at[kpi.metric] = len(before)
            found += _sure(kpi, limits, before["value"].tolist())
    return _block(found, judged_at, view.current.every)


def _baseline(view: View, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of whole periods before the current one that have a value."""
    whole = [
        label
        for label in (view.current.shift(-i).label for i in range(BASELINE, 0, -1))
        if label not in _cut(view)
    ]
    kept = rows[rows["period"].isin(whole) & rows["value"].notna()]
    return kept.sort_values("period", key=lambda labels: labels.map(whole.index))


def _cut(view: View) -> set[str]:
    """Return the labels of periods before the log, and of the one in which it begins."""
    if view.begins is None:
        return set()
    earlier = (view.current.shift(-i) for i in range(1, BASELINE + 1))
    return {p.label for p in earlier if not view.covers(p)}


def _limits(kpi: Kpi, before: pd.DataFrame, numerator: Any) -> Limits | None:
    """Return the limits of a figure; None where it cannot be judged.

    A share counts in the cases behind it. Any other figure that rests on less than half as many
    cases as periods usually have is noisier than they, and not judged; a count is its own n.
    """
    if kpi.unit == "share" and _is_count_of(numerator, kpi.value, kpi.n):
        counted = [_is_count_of(*row) for row in before[["numerator", "value", "n"]].to_numpy()]
        rows = before[pd.Series(counted, index=before.index, dtype=bool)]
        return p_limits(rows["numerator"].tolist(), rows["n"].tolist(), kpi.n)
    if kpi.unit != "count" and kpi.n < before["n"].median() / 2:
        return None
    return xmr_limits([float(v) for v in before["value"] if math.isfinite(v)])


def _is_count_of(numerator: Any, value: float, n: float) -> bool:
    """Return whether a share is so many of n, and not a weighted or modelled one."""
    if numerator is None or pd.isna(numerator) or not 0 <= numerator <= n or not n:
        return False
    return math.isclose(numerator / n, value, abs_tol=1e-9)


def _sure(kpi: Kpi, limits: Limits, before: Sequence[float]) -> list[Alert]:
    """Return the alert of a value that its pending cases cannot take back."""
    told, *others = [judged(end, limits, before) for end in ends(kpi)]
    return [a for a in told if all(a.side in {b.side for b in other} for other in others)]


def judged(kpi: Kpi, limits: Limits, before: Sequence[float]) -> list[Alert]:
    """Return the alert of a value against its limits; none for noise."""
    told = signal(kpi.value, limits, before)
    if not told or _impossible(told, limits, kpi.unit):
        return []
    up = told.endswith("above")
    side = _side(kpi.direction, up)
    value, n = format_value(kpi.value, kpi.unit), len(before)
    if told.startswith("run"):
        centre = format_value(limits.centre, kpi.unit)
        where = f"{'above' if up else 'below'} {centre}, the mean of the {n} periods before"
        text = f"{kpi.title}: this period ({value}) and the {RUN - 1} before it all lie {where}"
        return [Alert(kpi.metric, kpi.title, "run", side, text)]
    limit = format_value(limits.high if up else limits.low, kpi.unit)
    where = f"above the upper limit {limit}" if up else f"below the lower limit {limit}"
    text = f"beyond noise: {kpi.title} {value} is {where} of the {n} periods before"
    return [Alert(kpi.metric, kpi.title, "limit", side, text)]


def _impossible(told: str, limits: Limits, unit: str) -> bool:
    """Return whether the limit crossed lies outside what a number in the unit can be."""
    low, high = RANGES[unit]
    return (told == "above" and limits.high >= high) or (told == "below" and limits.low <= low)


def _side(direction: str, up: bool) -> str:
    better = {"↑": True, "up": True, "↓": False, "down": False}.get(direction)
    return "" if better is None else "better" if better == up else "worse"


def _beyond_threshold(kpi: Kpi, alarm: Alarm | None) -> list[Alert]:
    told = alarm.words(kpi.value) if alarm else ""
    if not told:
        return []
    value = format_value(kpi.value, kpi.unit)
    text = f"{kpi.title} {value} is {told}, the limit set for an alert"
    return [Alert(kpi.metric, kpi.title, "threshold", "worse", text)]


def _block(found: Sequence[Alert], judged_at: Mapping[str, int], every: str) -> Block:
    told = _told(found, judged_at, every)
    items = [element("li", _mark(a), f": {unbroken(a.text)}.") for a in found]
    head = f"Alerts: {len(found)}" if found else "Alerts: none"
    body = element(
        "div",
        element("p", element("strong", head)),
        element("ul", join(items), class_="marked") if items else None,
        element("p", told),
        class_="note" if any(a.side != "better" for a in found) else "box",
        role="note",
    )
    lines = [f"{_MARKS[a.side]}: {a.text}." for a in found]
    page = {"alerts": [asdict(a) for a in found], "judged": dict(judged_at)}
    return Block(body, "\n".join([head, *lines, told]), page)


_MARKS = {"better": "▲ Better", "worse": "▼ Worse", "": "◆ Changed"}


def _mark(alert: Alert) -> Html:
    return element("span", _MARKS[alert.side], class_=alert.side or None)


def _told(found: Sequence[Alert], judged_at: Mapping[str, int], every: str) -> str:
    """Return how the judgement came about, or why there is none."""
    if not judged_at:
        needed = f"that takes {FEWEST} whole {every}s before this one, with values that vary"
        return f"Nothing is judged against noise yet: {needed}."
    most = max(judged_at.values())
    names = f"{len(judged_at)} key figure{'s' if len(judged_at) > 1 else ''}"
    rarely = "100" if most >= 20 else "50" if most >= 10 else "20"
    return (
        f"{names} judged against the natural limits of up to {most} {every}s before; one in which "
        f"nothing has changed lies beyond them by chance about once in {rarely} {every}s."
    )
