"""Results as people read them: rows of a tidy result, and tables with interval and n in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from cxlab.metrics.precision import too_little
from cxlab.report.blocks import Block
from cxlab.report.html import Html, element, join, table
from cxlab.units import format_value

__all__ = ["DRILL", "FLAGS", "HEADLINES", "MOST_GROUPS", "Kpi", "drill_table", "interval_text",
           "kpi_table", "nowhere", "rows_of", "value_text"]  # fmt: skip

HEADLINES = ("vol", "frt", "frt_p90", "art_median", "fcr_7d", "sla", "service_level", "abandonment",
             "backlog", "csat")  # fmt: skip
"""The metrics that a page shows as tiles; its table has them all."""

DRILL = ("vol", "frt", "art_median", "reopen", "sla", "csat")
"""The metrics that a page breaks down by group."""

FLAGS: dict[str, str] = {
    "small_n": "few cases: read with care",
    "empty": "no cases",
    "immature": "too early to tell: no case is decided yet",
    "undefined": "not defined here: the data lack what it needs",
}
"""What each flag means, in words."""


@dataclass(frozen=True, slots=True)
class Kpi:
    """One result row, as the helpers here need it."""

    metric: str
    title: str
    unit: str
    direction: str
    value: float
    low: float
    high: float
    n: int
    excluded: Mapping[str, int]
    pending: int
    flag: str
    period: str
    kind: str = "cases"
    note: str = ""
    few: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return not math.isnan(self.value)


def rows_of(result: pd.DataFrame) -> Iterator[Kpi]:
    """Yield the rows of a tidy result."""
    for row in result.to_dict("records"):
        yield _kpi(row)


def _kpi(row: Mapping[Any, Any]) -> Kpi:
    excluded = row.get("excluded")
    kind = "runs" if "replication" in str(row.get("interval_method", "")) else "cases"
    few = kind == "cases" and row.get("flag") == "small_n"
    return Kpi(
        metric=str(row["metric"]),
        title=str(row.get("title") or row["metric"]),
        unit=str(row["unit"]),
        direction=str(row.get("direction", "")),
        value=_number(row.get("value")),
        low=_number(row.get("low")),
        high=_number(row.get("high")),
        n=int(_number(row.get("n"), 0.0)),
        excluded=dict(excluded) if isinstance(excluded, Mapping) else {},
        pending=int(_number(row.get("pending"), 0.0)),
        flag=str(row.get("flag") or "ok"),
        period=str(row.get("period") or ""),
        kind=kind,
        note=str(row.get("note") or ""),
        few=too_little(row) if few else "",
    )


def _number(value: Any, missing: float = math.nan) -> float:
    return missing if value is None or pd.isna(value) else float(value)


def kpi_table(result: pd.DataFrame, *, caption: str = "Every KPI with its interval") -> Block:
    """Return a table of KPIs: value, interval, n, excluded by reason, pending."""
    kpis = list(rows_of(result))
    runs = any(k.kind == "runs" for k in kpis)
    columns = ["KPI", "Value", "95 % interval", "Runs" if runs else "n", "Excluded", "Pending"]
    rows = [
        (
            _name(kpi),
            value_text(kpi.value, kpi.unit),
            interval_text(kpi) or "–",
            f"{kpi.n:,}",
            _reasons(kpi.excluded),
            f"{kpi.pending:,}",
        )
        for kpi in kpis
    ]
    heading = caption + (" over the runs; excluded and pending cases of all runs" if runs else "")
    body = table(columns, rows, caption=heading, numeric=[*columns[1:4], "Pending"])
    words = (f"{k.title}: {value_text(k.value, k.unit)} (n = {k.n:,})" for k in kpis)
    return Block(body, "\n".join(words))


def _name(kpi: Kpi) -> Html | str:
    if kpi.flag not in FLAGS:
        return kpi.title
    return join([kpi.title, Html("<br>"), element("small", FLAGS[kpi.flag])])


def value_text(value: float, unit: str, *, signed: bool = False) -> str:
    """Return a value whose unit stays on its line; months without end are "never"."""
    if unit == "months" and math.isinf(value):
        return "never"
    return format_value(value, unit, signed=signed).replace(" ", "\u00a0")


def interval_text(kpi: Kpi) -> str:
    """Return the interval in words; "" where there is no value to be unsure about."""
    if not kpi.known or math.isnan(kpi.low) or math.isnan(kpi.high):
        return ""
    return f"{value_text(kpi.low, kpi.unit)} to {value_text(kpi.high, kpi.unit)}"


def _reasons(excluded: Mapping[str, int]) -> str:
    named = [f"{n:,} {reason.replace('_', ' ')}" for reason, n in excluded.items() if n]
    return "; ".join(named) or "none"


def nowhere(result: pd.DataFrame, by: str) -> bool:
    """Return whether no row of a result is of a group that has a name."""
    return result.empty or bool((result[by] == "(missing)").all())


def drill_table(
    result: pd.DataFrame, by: str | Sequence[str], *, caption: str = "", usable: Sequence[str] = ()
) -> Block:
    """Return a table with one row per group and one column per metric (value and n).

    A group whose value rests on few cases says so in its cell. `usable`: what else the data can be
    broken down by, said where they do not record `by`.
    """
    keys = [by] if isinstance(by, str) else list(by)
    if all(nowhere(result, k) for k in keys):
        words = f"The data do not record {' and '.join(keys)}: there is nothing to break down."
        words += f" They record {', '.join(usable)}." if usable else ""
        return Block(element("p", words), words)
    titles = dict.fromkeys(k.title for k in rows_of(result))
    groups: dict[tuple[str, ...], dict[str, Kpi]] = {}
    for row in result.to_dict("records"):
        name = tuple(_group_name(row[k]) for k in keys)
        groups.setdefault(name, {})[str(row.get("title") or row["metric"])] = _kpi(row)
    ordered = sorted(groups.items(), key=lambda g: -next(iter(g[1].values())).n)
    told = [t for t in titles if any(t in k and k[t].known for k in groups.values())]
    rows = [
        (" · ".join(name), *[_drill_cell(kpis.get(title)) for title in told])
        for name, kpis in ordered[:MOST_GROUPS]
    ]
    heading = caption or "By " + " and ".join(k.replace("_", " ") for k in keys)
    if len(ordered) > MOST_GROUPS:
        heading += f" (the {MOST_GROUPS} largest of {len(ordered)})"
    if len(told) < len(titles):
        heading += "; no value in any: " + "; ".join(t for t in titles if t not in told)
    first = " · ".join(k.replace("_", " ") for k in keys).capitalize()
    body = table([first, *told], rows, caption=heading, numeric=told)
    return Block(body, heading + "\n" + "\n".join(" · ".join(name) for name, _ in ordered))


MOST_GROUPS = 12
"""So many groups, the largest, stand in a table."""


def _group_name(value: Any) -> str:
    return "(none)" if value is None or pd.isna(value) else str(value)


def _drill_cell(kpi: Kpi | None) -> Html | str:
    if kpi is None or not kpi.known:
        return "–"
    note = f"n = {kpi.n:,}" + (", few" if kpi.flag == "small_n" else "")
    if kpi.kind == "runs":  # n would be their number, the same in every cell
        note = interval_text(kpi) or note
    value = value_text(kpi.value, kpi.unit)
    return join([value, Html("<br>"), element("small", note)])
