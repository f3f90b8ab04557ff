"""The headline numbers of a page as data, for its manifest: index and mail are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cxlab.report.html import without_nan
from cxlab.report.undecided import target_met
from cxlab.units import format_interval, format_value

if TYPE_CHECKING:
    from cxlab.report.kpis import Kpi
    from cxlab.report.targets import Target

__all__ = ["headline_facts"]


def headline_facts(
    kpis: Sequence[Kpi],
    before: Mapping[str, Kpi],
    goals: Mapping[str, Target],
    compared: tuple[Callable[[Kpi, Kpi], str], ...] = (),
) -> list[dict[str, Any]]:
    """Return one plain row per KPI, JSON as it stands: what there is no value of is null.

    `value`, `low`, `high` in the metric's stored unit; `shown` as the page prints it; `target` in
    words and whether it is `met` (null: too early to judge); `before`: the same of the period
    before, where it is compared, with what the functions `compared` say: the change, and what its
    interval tells.
    """
    return [_row(k, before.get(k.metric), goals.get(k.metric), compared) for k in kpis]


def _row(
    kpi: Kpi,
    before: Kpi | None,
    goal: Target | None,
    compared: tuple[Callable[[Kpi, Kpi], str], ...],
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "metric": kpi.metric, "title": kpi.title, "unit": kpi.unit, "direction": kpi.direction,
        "value": kpi.value, "low": kpi.low, "high": kpi.high, "n": kpi.n, "flag": kpi.flag,
        "shown": format_value(kpi.value, kpi.unit),
        "interval": format_interval(kpi.low, kpi.high, kpi.unit),
        "target": goal.words if goal else None,
        "met": target_met(kpi, goal),
        "before": None,
    }  # fmt: skip
    if before is not None and before.known:
        shown = format_value(before.value, before.unit)
        row["before"] = {"period": before.period, "value": before.value, "shown": shown}
        if kpi.known:
            told = (one(kpi, before).replace("\u00a0", " ") for one in compared)
            row["before"] |= dict(zip(("change", "told"), told, strict=False))
    plain: dict[str, Any] = without_nan(row)
    return plain
