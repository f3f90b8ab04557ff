"""Spread and comparison: how long do most people wait, and which groups differ?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import altair as alt
import numpy as np
import pandas as pd

from cxlab.calendars import EVERY
from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.given import one_row_each, rows_with
from cxlab.charts.words import Axis, axis_for, count_words, percentile_name, title_of
from cxlab.errors import InputError
from cxlab.units import format_value

__all__ = ["Distribution", "interval", "short_duration", "wait_distribution"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram with its percentiles: all that a chart of a distribution needs.

    `bins`: columns start, end (seconds) and n, without holes; `percentiles`: quantile → seconds;
    `n`: how many values; `reason`: why there is nothing, if so; `runs`: how many simulated
    replications are pooled in it.
    """

    what: str
    bins: pd.DataFrame
    percentiles: Mapping[float, float] = field(default_factory=dict)
    n: int = 0
    reason: str = "There are no values."
    runs: int = 1


def wait_distribution(distribution: Distribution, *, title: str | None = None) -> Figure:
    """Draw a histogram of times with the percentiles marked and named.

    The classes are those people speak in (10 s, 1 min, 1 h, 1 day), each drawn equally wide:
    seconds and days stand in one picture and no tail is cut off.
    """
    if not isinstance(distribution, Distribution):
        raise InputError(
            "the chart is drawn of a distribution", given=distribution,
            expected="a Distribution", hint="cx.charts.first_response_times(tables) gives one",
        )  # fmt: skip
    name = title or distribution.what
    if distribution.bins.empty:
        return nothing_to_draw(name, distribution.reason)
    bins = distribution.bins.reset_index(drop=True)
    rows = pd.DataFrame(
        {
            "left": range(len(bins)),
            "right": range(1, len(bins) + 1),
            "share": bins["n"] / bins["n"].sum() * 100,
            "time": _classes(bins),
            "n": bins["n"],
        }
    )
    labels = [short_duration(v) for v in [bins["start"].iloc[0], *bins["end"]]]
    ticks = alt.Axis(values=list(range(len(labels))), labelExpr=f"{labels}[datum.value]",
                     labelOverlap="greedy", grid=False)  # fmt: skip
    top = float(rows["share"].max()) * (1.12 + 0.08 * len(distribution.percentiles))
    bars = (
        alt.Chart(rows)
        .mark_bar(style="cx_bar", binSpacing=2)
        .encode(
            x=alt.X("left:Q", bin="binned", title=f"{distribution.what} (classes of time)",
                    axis=ticks, scale=alt.Scale(domain=[0, len(bins)], nice=False)),
            x2="right:Q",
            y=alt.Y("share:Q", title="Tickets (%)", scale=alt.Scale(domain=[0, top], nice=False)),
            tooltip=[alt.Tooltip("time:N"), alt.Tooltip("share:Q", title="%", format=".1f"),
                     alt.Tooltip("n:Q", title="tickets", format=",")],
        )
    )  # fmt: skip
    chart = layered(bars, *_percentile_layers(distribution, bins))
    words = _spread_words(distribution)
    figure: Figure = finish(chart, name, words, data=_bin_table(bins))
    return figure


def short_duration(seconds: float) -> str:
    """Return a round time as an axis says it.

    >>> short_duration(0), short_duration(90), short_duration(3600), short_duration(172800)
    ('0', '1.5 min', '1 h', '2 d')
    """
    if seconds == 0:
        return "0"
    sizes = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    name, size = next(((n, s) for n, s in sizes if seconds >= s), ("s", 1))
    return f"{seconds / size:g} {name}"


def _classes(bins: pd.DataFrame) -> list[str]:
    pairs = zip(bins["start"], bins["end"], strict=True)
    return [f"{short_duration(a)} to {short_duration(b)}" for a, b in pairs]


def _bin_table(bins: pd.DataFrame) -> pd.DataFrame:
    share = [f"{v:.1f} %" for v in bins["n"] / bins["n"].sum() * 100]
    return pd.DataFrame(
        {"Time": _classes(bins), "Tickets": [f"{n:,}" for n in bins["n"]], "Share": share}
    )


def _percentile_layers(distribution: Distribution, bins: pd.DataFrame) -> list[alt.Chart]:
    marks = sorted(distribution.percentiles.items())
    edges = [float(bins["start"].iloc[0]), *bins["end"].astype(float)]
    places = [float(np.interp(v, edges, range(len(edges)))) for _, v in marks]
    frame = pd.DataFrame(
        {
            "at": places,
            "words": [f"{percentile_name(q)} {format_value(v, 's')}" for q, v in marks],
            # The first stands lowest, and its line ends there: words that reach to the left of a
            # later line cross none.
            "row": [10 + 17 * i for i in reversed(range(len(marks)))],
            "side": ["left" if p < 0.55 * len(bins) else "right" for p in places],
        }
    )
    row, foot = alt.Y("row:Q", scale=None, axis=None), alt.value({"expr": "height"})
    lines = (
        alt.Chart(frame).mark_rule(style="cx_marker", yOffset=-8).encode(x="at:Q", y=row, y2=foot)
    )
    labels = [
        alt.Chart(frame[frame["side"] == side])
        .mark_text(style="cx_label", align=side, dx=6 if side == "left" else -6)
        .encode(x="at:Q", y=row, text="words:N")
        for side in ("left", "right")
        if (frame["side"] == side).any()
    ]
    return [lines, *labels]


def _spread_words(distribution: Distribution) -> str:
    marks = [
        f"{percentile_name(q)} {format_value(v, 's')}"
        for q, v in sorted(distribution.percentiles.items())
    ]
    tickets = count_words(distribution.n, "ticket")
    pooled = f" (all {distribution.runs:,} runs pooled)" if distribution.runs > 1 else ""
    return f"{distribution.what} of {tickets}{pooled}: {', '.join(marks)}."


def interval(
    frame: pd.DataFrame, by: str, *, target: float | None = None, title: str | None = None
) -> Figure:
    """Draw one metric for each group as a dot with its interval, best comparable side by side.

    The highest value stands first; periods stay in the order of time.
    `frame`: tidy rows of one metric, one per group in the column `by`; or of several readings of
    one thing, where `by` tells them apart. Raises InputError for several units, and for several
    rows of one group.
    """
    frame = rows_with(frame, by, "value", "unit")
    name = title or f"{title_of(frame)} by {by}"
    one_row_each(frame, by)
    rows = frame[frame["value"].notna()] if len(frame) else frame
    if rows.empty:
        return nothing_to_draw(name, f"No group of {by} has a value.")
    axis, timed = axis_for(rows, title_of(frame)), by in ("period", *EVERY)
    if timed and "period_start" in rows:
        rows = rows.sort_values("period_start", kind="stable")
    data = pd.DataFrame(
        {
            "group": rows[by].astype(object).where(rows[by].notna(), "(none)").astype(str),
            "value": axis.scaled(rows["value"]),
            "low": axis.scaled(rows["low"]),
            "high": axis.scaled(rows["high"]),
            "words": [axis.words(v) for v in rows["value"]],
            "n": rows["n"],
        }
    )
    if not timed:
        data = data.sort_values("value", ascending=False)
    data["side"] = _sides(data)
    base = alt.Chart(data).encode(
        y=alt.Y("group:N", title=None, sort=list(data["group"]), axis=alt.Axis(labelLimit=130))
    )
    x = alt.X("value:Q", title=axis.title, axis=alt.Axis(tickCount=6), scale=alt.Scale(zero=False))
    tooltip = [alt.Tooltip("group:N", title=by), alt.Tooltip("words:N", title="value"),
               alt.Tooltip("n:Q", format=",")]  # fmt: skip
    chart = layered(
        base.mark_rule(style="cx_whisker").encode(x=alt.X("low:Q", title=axis.title), x2="high:Q"),
        base.mark_circle(style="cx_point", size=90).encode(x=x, tooltip=tooltip),
        base.mark_text(
            style="cx_label", baseline="bottom", dy=-7, align={"expr": "datum.side"}
        ).encode(x=x, text="words:N"),
        _target_line(target, axis),
    )
    parts = "; ".join(f"{r.group} {r.words}" for r in data.head(8).itertuples())
    words = f"{name}: {parts}" + ("; and others." if len(data) > 8 else ".")
    table = data[["group", "words", "n"]].set_axis([by, title_of(frame), "n"], axis=1)
    figure: Figure = finish(chart, name, words, height=48 + 38 * len(data), data=table)
    return figure


def _sides(data: pd.DataFrame) -> pd.Series:
    """Return how each value's label is aligned: towards the middle, never over the names."""
    low, high = float(data["low"].min()), float(data["high"].max())
    low, high = np.fmin(low, data["value"].min()), np.fmax(high, data["value"].max())
    place = (data["value"] - low) / ((high - low) or 1.0)
    sides = pd.cut(place, [-1.0, 0.2, 0.8, 2.0], labels=["left", "center", "right"])
    words: pd.Series = sides.astype(str)
    return words


def _target_line(target: float | None, axis: Axis) -> alt.Chart | None:
    if target is None:
        return None
    frame = pd.DataFrame({"target": [target / axis.divisor]})
    line: alt.Chart = alt.Chart(frame).mark_rule(style="cx_target").encode(x="target:Q")
    return line
