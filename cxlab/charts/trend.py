"""Metrics over time: is it getting better, and is that more than chance?"""

from __future__ import annotations

import json
from typing import Any

import altair as alt
import pandas as pd

from cxlab.charts.base import (
    Figure,
    finish,
    layered,
    nothing_to_draw,
    room_for_words,
    target_layers,
)
from cxlab.charts.given import one_metric, rows_with
from cxlab.charts.words import Axis, axis_for, count_words, title_of
from cxlab.errors import InputError
from cxlab.units import format_value

__all__ = ["backlog_trend", "trend"]


def trend(frame: pd.DataFrame, *, target: float | None = None, title: str | None = None) -> Figure:
    """Draw one metric by period, with its interval as a band and the target as a dashed line.

    `frame`: tidy rows of one metric, one per period (as `measure(..., every="week")` gives),
    with period, value, low, high, unit. `target`: in the metric's stored unit. Raises InputError
    for several metrics, and for several rows of one period.
    """
    frame = rows_with(frame, "period", "value", "unit")
    name = title or title_of(frame)
    one_metric(frame, "period")
    rows = _ordered(frame)
    if few := _too_few(rows):
        return nothing_to_draw(name, few)
    axis = axis_for(rows, name)
    rows = _scaled(rows, axis)
    base, room = alt.Chart(rows).encode(x=_periods(rows)), _room(rows)
    y = alt.Y("value:Q", title=axis.title, scale=alt.Scale(zero=False, nice=True))
    tooltip = [alt.Tooltip("period:N", title="period"), alt.Tooltip("words:N", title=name)]
    goal = None if target is None else target / axis.divisor
    chart = layered(
        base.mark_area(style="cx_band").encode(y="low:Q", y2="high:Q"),
        base.mark_line(style="cx_series").encode(y=y),
        base.mark_circle(style="cx_point", size=55).encode(y=y, tooltip=tooltip),
        _last_label(rows),
        *target_layers(goal, _target_words(target, axis), *_span(rows), room=room),
    )
    figure: Figure = finish(
        chart, name, _trend_words(rows, axis, name, target), data=_readable(rows, axis, name)
    )
    return figure


def backlog_trend(frame: pd.DataFrame, *, title: str | None = None) -> Figure:
    """Draw the open backlog at the end of each period, from zero.

    `frame`: tidy rows of `backlog`, one per period. Raises InputError for another metric, and for
    several rows of one period.
    """
    frame = rows_with(frame, "period", "value", "unit")
    name = title or title_of(frame)
    one_metric(frame, "period")
    _only_backlog(frame)
    rows = _ordered(frame)
    if few := _too_few(rows):
        return nothing_to_draw(name, few)
    axis = axis_for(rows, name, ("value",))
    rows = _scaled(rows, axis)
    base = alt.Chart(rows).encode(x=_periods(rows))
    tooltip = [alt.Tooltip("period:N", title="end of"), alt.Tooltip("words:N", title="open")]
    y = alt.Y("value:Q", title="Open tickets (number)", scale=alt.Scale(zero=True),
              axis=alt.Axis(tickMinStep=1))  # fmt: skip
    chart = layered(
        base.mark_area(style="cx_area").encode(y=y),
        base.mark_line(style="cx_series").encode(y=y),
        base.mark_circle(style="cx_point", size=55).encode(y=y, tooltip=tooltip),
        _last_label(rows),
    )
    figure: Figure = finish(
        chart, name, _trend_words(rows, axis, name, None), data=_readable(rows, axis, name)
    )
    return figure


def _only_backlog(frame: pd.DataFrame) -> None:
    """Refuse another metric, whose values would be read as tickets."""
    others = [m for m in frame["metric"] if m != "backlog"] if "metric" in frame else []
    if others or (frame["unit"] != "count").any():
        raise InputError(
            "the chart shows the open backlog", given=str((others or list(frame["unit"]))[0]),
            expected="rows of the metric backlog",
            hint='cx.measure(tables, "backlog", by="week") gives them; trend draws other metrics',
        )  # fmt: skip


def _too_few(rows: pd.DataFrame) -> str:
    """Return why there is no trend, in words: no period has a value, or only one has; "" else."""
    known = rows[rows["value"].notna()]
    if known.empty:
        if "flag" in rows and (rows["flag"] == "undefined").all():
            return "The data do not record what it needs."
        return "There is no value in any of these periods."
    if len(known) > 1:
        return ""
    row = known.iloc[0]
    value = format_value(row["value"], str(row["unit"]))
    return f"Only {row['period']} has a value, {value}: a trend takes two periods."


def _target_words(target: float | None, axis: Axis) -> str:
    return "" if target is None else f"target {axis.words(target)}"


def _span(rows: pd.DataFrame) -> tuple[float, float]:
    values = rows[["value", "low", "high"]]
    return float(values.min().min()), float(values.max().max())


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    keep = ["period", "value", "low", "high", "unit", "n", "flag"]
    rows = frame.sort_values("period_start") if "period_start" in frame else frame
    rows = rows[[c for c in keep if c in rows]].reset_index(drop=True)
    for column in ("value", "low", "high"):
        values = rows[column] if column in rows else pd.Series(float("nan"), index=rows.index)
        rows[column] = pd.to_numeric(values, errors="coerce").astype(float)
    # Without a value an interval says nothing ("0 % to 100 %"), and would spoil the scale.
    rows.loc[rows["value"].isna(), ["low", "high"]] = float("nan")
    return rows


def _scaled(rows: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    words = [axis.words(v) for v in rows["value"]]
    scaled = {c: axis.scaled(rows[c]) for c in ("value", "low", "high")}
    out = rows.assign(words=words, **scaled)
    return out.drop(columns=[c for c in ("unit", "flag") if c in out])


def _readable(rows: pd.DataFrame, axis: Axis, name: str) -> pd.DataFrame:
    ends = [
        axis.interval(low * axis.divisor, high * axis.divisor) or "–"
        for low, high in zip(rows["low"], rows["high"], strict=True)
    ]
    table = {"Period": rows["period"], name: rows["words"], "95 % interval": ends}
    return pd.DataFrame(table | ({"n": rows["n"]} if "n" in rows else {}))


def _periods(rows: pd.DataFrame) -> alt.X:
    """Return the axis of periods; below one that has no value stands that it has none."""
    without = [str(p) for p in rows.loc[rows["value"].isna(), "period"]]
    told = f"indexof({json.dumps(without)}, datum.value) < 0 ? datum.label : [datum.label, 'none']"
    return alt.X(
        "period:O",
        title=None,
        sort=list(rows["period"]),
        scale=alt.Scale(type="point", padding=0.4, range=room_for_words(_room(rows))),
        axis=alt.Axis(
            labelAngle=0,
            labelOverlap="greedy",
            labelSeparation=8,
            labelExpr=told if without else alt.Undefined,
        ),
    )


def _room(rows: pd.DataFrame) -> int:
    """Return how many pixels the last value's words take, right of the last period."""
    return 16 + 7 * len(_last(rows)["words"].iloc[0])


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["value"].notna()].tail(1)


def _last_label(rows: pd.DataFrame) -> Any:
    """Return the last value in words, where no line runs: right of its point."""
    return (
        alt.Chart(_last(rows))
        .mark_text(style="cx_label", align="left", baseline="middle", dx=9)
        .encode(x=_periods(rows), y="value:Q", text="words:N")
    )


def _told(row: Any) -> str:
    return f"{row['words']} in {row['period']}"


def _trend_words(rows: pd.DataFrame, axis: Axis, name: str, target: float | None) -> str:
    known = rows[rows["value"].notna()]
    first, last = known.iloc[0], known.iloc[-1]
    values = known["value"].to_numpy(dtype=float)
    top, bottom = known.iloc[int(values.argmax())], known.iloc[int(values.argmin())]
    words = f"{name} over {count_words(len(rows), 'period')}: {_told(first)}, {_told(last)}"
    words += f"; highest {_told(top)}, lowest {_told(bottom)}."
    missing = len(rows) - len(known)
    if missing:
        words += f" {count_words(missing, 'period has', 'periods have')} no value."
    if target is not None:
        words += f" The target is {axis.words(target)}."
    return words
