"""A weekly shift plan against what it has to cover, half-hour by half-hour."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.hours import DAYS, names_at_the_end, square_legend, week_labels
from cxlab.charts.words import count_words

__all__ = ["shift_plan"]

_PALE = 0.3
_KINDS = ["planned", "required", "binding"]


def shift_plan(frame: pd.DataFrame, *, title: str = "Hands planned against required") -> Figure:
    """Draw the hands that a plan has and needs in each half-hour of the week, what binds marked.

    `frame`: half_hour 0 to 335 (Monday 00:00 first), required, planned (hands: agents less mean
    absences, times speed), binding (where one agent fewer is one too few).
    """
    if frame.empty or not frame["planned"].any():
        return nothing_to_draw(title, "Nobody is planned.")
    rows = frame[["half_hour", "required", "planned", "binding"]].round(3)
    rows = rows.assign(hour=rows["half_hour"] / 2)
    closing = rows.tail(1).assign(hour=168.0)  # a step needs the end of its last half-hour
    steps = pd.concat([rows, closing])[["hour", "required", "planned"]]
    ticks = alt.Axis(
        values=list(range(0, 168, 24)), grid=True, labelAlign="left", labelPadding=4, tickSize=14,
        labelExpr=f"{list(DAYS)}[datum.value / 24]", labelOverlap=False,
    )  # fmt: skip
    x = alt.X("hour:Q", title="Hour of week (local time)", axis=ticks,
              scale=alt.Scale(domain=[0, 168], nice=False))  # fmt: skip
    kinds = [k for k in _KINDS if k != "binding" or rows["binding"].any()]
    bound = steps["planned"].where(rows["binding"], 0).fillna(0)
    lines = {"planned": steps["planned"], "required": steps["required"], "binding": bound}
    names = names_at_the_end(steps["hour"], {kind: lines[kind] for kind in kinds})
    legend = None if names is not None else square_legend()
    scale = alt.Scale(domain=_KINDS, range="category")
    color = alt.Color("hands:O", scale=scale, legend=legend)
    opacity = alt.Opacity("hands:O", scale=alt.Scale(domain=_KINDS, range=[_PALE, 1.0, 1.0]))
    chart = layered(
        alt.Chart(steps.assign(hands="planned"))
        .mark_area(interpolate="step-after")
        .encode(x=x, y=alt.Y("planned:Q", title="Hands (number)"), color=color, opacity=opacity),
        alt.Chart(steps.assign(hands="required"))
        .mark_line(interpolate="step-after", strokeWidth=2)
        .encode(x=x, y="required:Q", color=color, opacity=opacity),
        _marks(rows, color, opacity),
        None if names is None else week_labels(names, x, "hour", scale),
    )  # fmt: skip
    figure: Figure = finish(chart, title, _words(frame), height=240, data=_table(frame))
    return figure


def _marks(rows: pd.DataFrame, color: alt.Color, opacity: alt.Opacity) -> alt.Chart | None:
    """Return a bold line on top of the plan over the half-hours that bind; None without any."""
    bound = rows[rows["binding"]]
    if bound.empty:
        return None
    apart = (bound["half_hour"].diff() != 1) | (bound["planned"].diff() != 0)
    spans = bound.groupby(apart.cumsum()).agg(
        start=("hour", "min"), end=("hour", "max"), planned=("planned", "first")
    )
    data = spans.assign(end=spans["end"] + 0.5, hands="binding")
    marks: alt.Chart = (
        alt.Chart(data)
        .mark_rule(strokeWidth=5)
        .encode(x="start:Q", x2="end:Q", y="planned:Q", color=color, opacity=opacity)
    )
    return marks


def _time(half: int) -> str:
    return f"{DAYS[half // 48]} {half % 48 // 2:02d}:{half % 2 * 30:02d}"


def _table(frame: pd.DataFrame) -> pd.DataFrame:
    some = frame[(frame["planned"] > 0) | (frame["required"] > 0)]
    return pd.DataFrame(
        {
            "Half-hour": [_time(int(h)) for h in some["half_hour"]],
            "Required": [f"{v:.1f}" for v in some["required"]],
            "Planned": [f"{v:.1f}" for v in some["planned"]],
            "Binding": ["yes" if b else "" for b in some["binding"]],
        }
    )


def _words(frame: pd.DataFrame) -> str:
    planned = frame["planned"].to_numpy(dtype=float)
    required = frame["required"].to_numpy(dtype=float)
    most, short = int(planned.argmax()), int((required > planned + 1e-6).sum())
    bound = frame.loc[frame["binding"], "half_hour"].astype(int).tolist()
    words = (
        f"{planned.sum() / 2:,.0f} hours of hands are planned over the week, "
        f"{np.minimum(required, planned).sum() / 2:,.0f} of them required; most are there "
        f"{_time(int(frame['half_hour'].iloc[most]))}: {planned[most]:.1f}."
    )
    if bound:
        words += (
            f" {count_words(len(bound), 'half-hour binds', 'half-hours bind')} (bold line), the "
            f"first {_time(bound[0])}: with one agent fewer there a target is missed."
        )
    if short:
        words += (
            f" In {count_words(short, 'half-hour')} fewer are planned than a requirement taken "
            "by itself would want: simulation showed that the targets hold."
        )
    return words
