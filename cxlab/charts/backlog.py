"""How old the open work is: a backlog that grows old is worse than one that is large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import ibis
import pandas as pd

from cxlab.calendars import Period
from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.given import period_of, rows_with
from cxlab.charts.words import count_words
from cxlab.metrics.sources.desk.states import OPEN_AT_END
from cxlab.metrics.view import Windows, view_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from cxlab.tables import Tables

__all__ = ["AGES", "backlog_age", "open_by_age"]

_DAY = 86_400.0
AGES: dict[str, float] = {
    "under 1 day": _DAY,
    "1–3 days": 3 * _DAY,
    "3–7 days": 7 * _DAY,
    "1–4 weeks": 28 * _DAY,
    "4+ weeks": float("inf"),
}
"""Bands of age and where each ends, in seconds."""

_SHADES = [0.22, 0.4, 0.58, 0.78, 1.0]
"""Opacity of the bands: the older, the fuller."""


def open_by_age(tables: Tables, period: Period | str, *, periods: int = 12) -> pd.DataFrame:
    """Return how many tickets were open at the end of each period, by age: period, age, n.

    `period` ("2026-W10", or "last" as `measure` has it) is the last of so many `periods` of its
    length; those before the log's first ticket
    are left out, and one that is going on is seen as it stands now. Tickets are open as the metric
    `backlog_age` has it, ages are calendar time. Of simulated replications `n` is the mean. The
    database counts; no ticket leaves it. Raises InputError for a text that is no period.
    """
    columns = ["period", "age", "n"]
    if "tickets" not in tables:
        return pd.DataFrame(columns=columns)
    view, period = view_of(tables, None), period_of(tables, period)
    first = max(period.shift(1 - periods).start, view.begins(OPEN_AT_END))
    windows = Windows(period.every, None, period.zone, min(view.as_of, period.end), first)
    rows = OPEN_AT_END.build(view, windows)
    rows = rows.filter(rows.excluded_reason.isnull())
    counts = rows.group_by(start=rows.fact_window_start, age=_band(rows)).aggregate(n=rows.count())
    (query,) = view.ready([counts])
    found = query.to_pandas().set_index(["start", "age"])["n"]
    runs = max(1, len(view.replications))
    cells = []
    for back in reversed(range(periods)):
        one = period.shift(-back)
        if one.end <= first or one.start >= view.as_of:
            continue
        start = pd.Timestamp(one.start).tz_localize(None)
        cells += [
            {"period": one.label, "age": age, "n": float(found.get((start, i), 0)) / runs}
            for i, age in enumerate(AGES)
        ]
    return pd.DataFrame(cells, columns=columns)


def _band(rows: ir.Table) -> ir.IntegerValue:
    """Return the place of a row's age in `AGES`."""
    ends = list(AGES.values())
    cases = [(rows.fact_age_s < end, i) for i, end in enumerate(ends[:-1])]
    band: ir.IntegerValue = ibis.cases(*cases, else_=len(ends) - 1)
    return band


def backlog_age(frame: pd.DataFrame, *, title: str = "Open tickets by age") -> Figure:
    """Draw the open tickets at the end of each period as a bar, its parts by age.

    `frame` (from `open_by_age`): period, age (of `AGES`), n.
    """
    rows_with(frame, "period", "age", "n", made_by="cx.charts.open_by_age(tables, period)")
    if frame.empty or not frame["n"].sum() > 0:
        return nothing_to_draw(title, "No ticket is open at the end of any period.")
    order, ages = list(dict.fromkeys(frame["period"])), list(AGES)
    data = frame.assign(
        place=[ages.index(a) for a in frame["age"]], words=[_number(n) for n in frame["n"]]
    )
    total = frame.groupby("period", sort=False)["n"].sum().rename_axis("period").reset_index()
    total["words"] = [_number(n) for n in total["n"]]
    x = alt.X("period:O", title=None, sort=order, scale=alt.Scale(paddingInner=0.25),
              axis=alt.Axis(labelAngle=0, labelOverlap="greedy", labelSeparation=8))  # fmt: skip
    y = alt.Y("n:Q", title="Open tickets (number)", axis=alt.Axis(tickMinStep=1, tickCount=5))
    shade = alt.Opacity(
        "age:O", title=None, sort=ages, scale=alt.Scale(type="ordinal", domain=ages, range=_SHADES),
        legend=alt.Legend(orient="top", symbolType="square", symbolStrokeWidth=0,
                          columns=alt.ExprRef("width > 480 ? 5 : 3")),
    )  # fmt: skip
    tooltip = [alt.Tooltip("period:N", title="end of"), alt.Tooltip("age:N"),
               alt.Tooltip("words:N", title="open")]  # fmt: skip
    bars = alt.Chart(data[["period", "age", "n", "words", "place"]]).mark_bar(style="cx_bar")
    labels = alt.Chart(total).mark_text(style="cx_label", baseline="bottom", dy=-3)
    chart = layered(
        bars.encode(x=x, y=y, opacity=shade, order=alt.Order("place:Q", sort="descending"),
                    tooltip=tooltip),
        labels.encode(x=x, y=alt.Y("n:Q", title="Open tickets (number)"),
                      # Beside each other over many bars the numbers would run together.
                      text=alt.condition(f"width / {len(order)} > 34", "words:N", alt.value(""))),
    )  # fmt: skip
    figure: Figure = finish(chart, title, _told(frame, order), data=_table(data, total))
    return figure


def _number(n: float) -> str:
    return f"{n:,.0f}" if float(n).is_integer() else f"{n:,.1f}"


def _told(frame: pd.DataFrame, order: list[str]) -> str:
    wide = frame.pivot(index="period", columns="age", values="n").loc[order, list(AGES)]
    last, total = wide.iloc[-1], wide.sum(axis=1)
    oldest = list(AGES)[-1]
    parts = ", ".join(f"{age} {_number(n)}" for age, n in last.items() if n > 0)
    are_open = "ticket is open" if total.iloc[-1] == 1 else "tickets are open"
    words = (
        f"At the end of {order[-1]} {_number(total.iloc[-1])} {are_open}"
        f"{f': {parts}' if parts else ''}."
    )
    if len(order) > 1:
        words += (
            f" Over {count_words(len(order), 'period')} most were open in {total.idxmax()} "
            f"({_number(total.max())})"
        )
        if wide[oldest].max() > 0:
            words += (
                f", and most of {oldest} in {wide[oldest].idxmax()} ({_number(wide[oldest].max())})"
            )
        words += "."
    return words


def _table(data: pd.DataFrame, total: pd.DataFrame) -> pd.DataFrame:
    wide = data.pivot(index="period", columns="age", values="words")
    table = wide.loc[list(total["period"]), list(AGES)].reset_index()
    table = table.rename(columns={"period": "Period"})
    table["all"] = list(total["words"])
    return table
