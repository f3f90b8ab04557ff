"""The week, hour by hour: when do people wait, and are enough agents there then?"""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.given import rows_with
from cxlab.charts.words import Axis, count_words
from cxlab.units import format_value

__all__ = [
    "DAYS",
    "load_against_staffing",
    "names_at_the_end",
    "square_legend",
    "waits_by_hour",
    "week_labels",
]

_PALE = 0.3
"""Opacity of the area behind the line; its square in the legend has the same."""

_FREE = 36.0
"""So many hours at the week's end must be low for names to stand there, also on a phone."""

_LOW = 0.5
"""Low is what stays below this share of the week's highest."""

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def waits_by_hour(frame: pd.DataFrame, *, title: str = "Waiting time by hour of week") -> Figure:
    """Draw a heat map: the mean wait of the tickets that began to wait in each hour of the week.

    `frame` (from `hourly_waits`): weekday 0 = Monday, hour 0 to 23, value in seconds, n.
    """
    made_by = "cx.charts.hourly_waits(tables)"
    rows_with(frame, "weekday", "hour", "value", "n", made_by=made_by)
    if frame.empty:
        return nothing_to_draw(title, str(frame.attrs.get("reason", "There are no waits.")))
    what = str(frame.attrs.get("what", "Mean wait"))
    axis = Axis("s", float(frame["value"].quantile(0.9)), what)
    rows = frame.assign(
        day=[DAYS[int(d)] for d in frame["weekday"]],
        scaled=axis.scaled(frame["value"]).round(3),
        words=[format_value(v, "s") for v in frame["value"]],
    )[["day", "hour", "scaled", "words", "n"]]
    hours = alt.Axis(labelAngle=0, values=list(range(0, 24, 3)), labelFlush=False)
    chart = (
        alt.Chart(rows)
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("hour:O", title="Hour of day (local time)", axis=hours,
                    scale=alt.Scale(domain=list(range(24)), paddingInner=0.06)),
            y=alt.Y("day:O", title=None, sort=list(DAYS),
                    scale=alt.Scale(domain=list(DAYS), paddingInner=0.08)),
            color=alt.Color("scaled:Q", title=axis.title, scale=alt.Scale(range="heatmap"),
                            legend=alt.Legend(gradientLength=180, gradientThickness=10)),
            tooltip=[alt.Tooltip("day:N"), alt.Tooltip("hour:O"),
                     alt.Tooltip("words:N", title="mean"), alt.Tooltip("n:Q", title="tickets")],
        )
    )  # fmt: skip
    figure: Figure = finish(
        chart, title, _heat_words(frame, what), height=230, data=_heat_table(frame)
    )
    return figure


def _heat_table(frame: pd.DataFrame) -> pd.DataFrame:
    words = frame.assign(words=[format_value(v, "s") for v in frame["value"]])
    wide = words.pivot(index="hour", columns="weekday", values="words").reindex(columns=range(7))
    wide.columns = pd.Index(DAYS)
    wide.insert(0, "Hour", [f"{h:02d}:00" for h in wide.index])
    return wide


def _heat_words(frame: pd.DataFrame, what: str) -> str:
    value, n = frame["value"].to_numpy(dtype=float), frame["n"].to_numpy(dtype=float)
    days, hours = frame["weekday"].to_numpy(dtype=int), frame["hour"].to_numpy(dtype=int)

    def place(i: int) -> str:
        return f"{DAYS[days[i]]} {hours[i]:02d}:00"

    worst, best, busiest = int(value.argmax()), int(value.argmin()), int(n.argmax())
    hidden = 168 - len(frame)
    words = (
        f"{what} by hour of week over {count_words(n.sum(), 'ticket')}: longest "
        f"{format_value(value[worst], 's')} ({place(worst)}), shortest "
        f"{format_value(value[best], 's')} ({place(best)}); most tickets ({n[busiest]:,.0f}) "
        f"arrive {place(busiest)}."
    )
    return words + (f" {count_words(hidden, 'hour')} of the week saw none." if hidden else "")


def load_against_staffing(
    frame: pd.DataFrame, *, title: str = "Agents busy against agents on shift"
) -> Figure:
    """Draw the mean number of agents on shift and of agents busy, for each hour of the week.

    `frame` (from `hourly_load`): hour_of_week 0 to 167, on_shift, busy (mean numbers).
    """
    made_by = "cx.charts.hourly_load(tables)"
    rows_with(frame, "hour_of_week", "on_shift", "busy", made_by=made_by)
    if frame.empty:
        return nothing_to_draw(title, str(frame.attrs.get("reason", "There are no shifts.")))
    wide = frame.round(3)
    closing = wide.tail(1).assign(hour_of_week=168)  # a step needs the end of its last hour
    wide = pd.concat([wide, closing])
    ticks = alt.Axis(
        values=list(range(0, 168, 24)), grid=True, labelAlign="left", labelPadding=4, tickSize=14,
        labelExpr=f"{list(DAYS)}[datum.value / 24]", labelOverlap=False,
    )  # fmt: skip
    x = alt.X("hour_of_week:Q", title="Hour of week (local time)", axis=ticks,
              scale=alt.Scale(domain=[0, 168], nice=False))  # fmt: skip
    color = alt.Scale(domain=["on shift", "busy"], range="category")
    opacity = alt.Opacity("agents:O", scale=alt.Scale(domain=["on shift", "busy"],
                                                      range=[_PALE, 1.0]))  # fmt: skip
    names = names_at_the_end(wide["hour_of_week"], {n: wide[c] for n, c in
                             (("on shift", "on_shift"), ("busy", "busy"))})  # fmt: skip
    legend = None if names is not None else square_legend()
    chart = layered(
        alt.Chart(wide.assign(agents="on shift"))
        .mark_area(interpolate="step-after")
        .encode(
            x=x,
            y=alt.Y("on_shift:Q", title="Agents (mean number)"),
            color=alt.Color("agents:O", scale=color, legend=legend),
            opacity=opacity,
        ),
        alt.Chart(wide.assign(agents="busy"))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(
            x=x,
            y="busy:Q",
            color=alt.Color("agents:O", scale=color, legend=legend),
            opacity=opacity,
        ),
        None if names is None else week_labels(names, x, "hour_of_week", color),
    )  # fmt: skip
    figure: Figure = finish(chart, title, _load_words(frame), height=240, data=_load_table(frame))
    return figure


def square_legend() -> alt.Legend:
    """Return a legend of squares, for areas and bars."""
    return alt.Legend(title=None, symbolType="square", symbolStrokeWidth=0)


def names_at_the_end(hours: pd.Series, lines: Mapping[str, pd.Series]) -> pd.DataFrame | None:
    """Return where the names of a week's lines stand: beside the last high day, one below another.

    `hours` of the week and, by name, values at them. None, for a legend, where no free room is
    left after that day, as at a desk that never closes.
    """
    high = pd.concat(lines.values(), axis=1).max(axis=1).to_numpy(dtype=float)
    top, at = float(high.max()), hours.to_numpy(dtype=float)
    after = float(at[high >= _LOW * top].max()) + 1.0
    if not top > 0 or 168.0 - after < _FREE:
        return None
    steps = top * (0.92 - 0.11 * np.arange(len(lines)))
    return pd.DataFrame({"x": after, "at": steps, "name": list(lines)})


def week_labels(names: pd.DataFrame, x: alt.X, field: str, color: alt.Scale) -> alt.Chart:
    """Return the names as a layer; `x` is the axis of the week, of the column `field`."""
    words = alt.Chart(names.rename(columns={"x": field})).mark_text(
        align="left", dx=8, fontWeight=600
    )
    labels: alt.Chart = words.encode(
        x=x, y="at:Q", text="name:N", color=alt.Color("name:O", scale=color, legend=None)
    )
    return labels


def _load_table(frame: pd.DataFrame) -> pd.DataFrame:
    hours = frame["hour_of_week"].astype(int)
    table = {
        "Hour": [f"{DAYS[h // 24]} {h % 24:02d}:00" for h in hours],
        "On shift": [f"{v:.1f}" for v in frame["on_shift"]],
        "Busy": [f"{v:.1f}" for v in frame["busy"]],
    }
    some = (frame["on_shift"] > 0) | (frame["busy"] > 0)
    return pd.DataFrame(table)[some.to_numpy()]


def _load_words(frame: pd.DataFrame) -> str:
    shift = frame["on_shift"].to_numpy(dtype=float)
    busy = frame["busy"].to_numpy(dtype=float)
    if not shift.any():
        return "No agent is on shift in any hour of the week."
    # An hour with a fraction of an agent is the end of a shift, not the fullest hour.
    staffed = shift >= 0.5 * shift.max()
    ratio = np.divide(busy, shift, out=np.zeros_like(busy), where=staffed)
    hour = int(ratio.argmax())
    over = int(((busy > shift + 1e-9) & (busy > 0)).sum())
    words = (
        f"Agents are busy {format_value(busy.sum() / shift.sum(), 'share')} of their time on "
        f"shift over the week. The fullest hour is {DAYS[hour // 24]} {hour % 24:02d}:00: "
        f"{busy[hour]:.1f} busy of {shift[hour]:.1f} on shift. At most {shift.max():.1f} agents "
        "are on shift at once. Agents who finish a ticket after their shift's end are counted as "
        "on shift, so the area stands above the plan where shifts change."
    )
    return words + (
        f" In {count_words(over, 'hour')} agents work on beyond their shift." if over else ""
    )
