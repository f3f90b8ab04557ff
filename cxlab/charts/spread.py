"""Spread and comparison: how long do most people wait, and which groups differ?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.words import Axis, axis_for, count_words, percentile_name, title_of
from cxlab.units import format_value

__all__ = ["Distribution", "interval", "wait_distribution"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """A histogram with its percentiles: all that a chart of a distribution needs.

    `bins`: columns start, end (seconds) and n; `percentiles`: quantile → seconds; `beyond`:
    how many of the `n` values lie above the last bin; `reason`: why there is nothing, if so.
    """

    what: str
    bins: pd.DataFrame
    percentiles: Mapping[float, float] = field(default_factory=dict)
    n: int = 0
    beyond: int = 0
    reason: str = "There are no values."


def wait_distribution(distribution: Distribution, *, title: str | None = None) -> Figure:
    """Draw a histogram of times with the percentiles marked and named.

    The long tail is cut at the 99th percentile, and the number beyond it is said.
    """
    name = title or distribution.what
    if distribution.bins.empty:
        return nothing_to_draw(name, distribution.reason)
    axis = Axis("s", float(distribution.bins["end"].max()), distribution.what)
    rows = distribution.bins.assign(
        start=axis.scaled(distribution.bins["start"]), end=axis.scaled(distribution.bins["end"])
    )
    x = alt.X("start:Q", title=axis.title, scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=8))
    bars = (
        alt.Chart(rows)
        .mark_bar(style="bar", binSpacing=1)
        .encode(
            x=x, x2="end:Q", y=alt.Y("n:Q", title="Tickets (number)"),
            tooltip=[alt.Tooltip("start:Q", title="from", format=".1f"),
                     alt.Tooltip("end:Q", title="to", format=".1f"),
                     alt.Tooltip("n:Q", title="tickets", format=",")],
        )
    )  # fmt: skip
    figure: Figure = finish(
        layered(bars, *_percentile_layers(distribution, axis)), name,
        _spread_words(distribution), data=_bin_table(distribution),
    )  # fmt: skip
    return figure


def _bin_table(distribution: Distribution) -> pd.DataFrame:
    bins = distribution.bins
    ends = [
        f"{format_value(a, 's')} to {format_value(b, 's')}"
        for a, b in zip(bins["start"], bins["end"], strict=True)
    ]
    return pd.DataFrame({"Time": ends, "Tickets": [f"{n:,}" for n in bins["n"]]})


def _percentile_layers(distribution: Distribution, axis: Axis) -> list[alt.Chart]:
    limit = float(distribution.bins["end"].max())
    marks = [(q, v) for q, v in sorted(distribution.percentiles.items()) if v <= limit]
    if not marks:
        return []
    frame = pd.DataFrame(
        {
            "at": [v / axis.divisor for _, v in marks],
            "words": [f"{percentile_name(q)} {axis.words(v)}" for q, v in marks],
            "row": [14 + 16 * i for i in range(len(marks))],
            "side": ["left" if v < 0.5 * limit else "right" for _, v in marks],
        }
    )
    lines = alt.Chart(frame).mark_rule(style="marker").encode(x="at:Q")
    labels = [
        alt.Chart(frame[frame["side"] == side])
        .mark_text(style="label", align=side, dx=6 if side == "left" else -6)
        .encode(x="at:Q", y=alt.Y("row:Q", scale=None, axis=None), text="words:N")
        for side in ("left", "right")
        if (frame["side"] == side).any()
    ]
    return [lines, *labels]


def _spread_words(distribution: Distribution) -> str:
    marks = [
        f"{percentile_name(q)} {format_value(v, 's')}"
        for q, v in sorted(distribution.percentiles.items())
    ]
    words = f"{distribution.what} of {count_words(distribution.n, 'ticket')}: {', '.join(marks)}."
    if distribution.beyond:
        words += f" {count_words(distribution.beyond, 'longer one')} not shown."
    return words


def interval(
    frame: pd.DataFrame, by: str, *, target: float | None = None, title: str | None = None
) -> Figure:
    """Draw one metric for each group as a dot with its interval, best comparable side by side.

    `frame`: tidy rows of one metric, one per group in the column `by`.
    """
    name = title or f"{title_of(frame)} by {by}"
    rows = frame[frame["value"].notna()] if len(frame) else frame
    if rows.empty:
        return nothing_to_draw(name, f"No group of {by} has a value.")
    axis = axis_for(rows, title_of(frame))
    data = pd.DataFrame(
        {
            "group": rows[by].astype(object).where(rows[by].notna(), "(none)").astype(str),
            "value": axis.scaled(rows["value"]),
            "low": axis.scaled(rows["low"]),
            "high": axis.scaled(rows["high"]),
            "words": [axis.words(v) for v in rows["value"]],
            "n": rows["n"],
        }
    ).sort_values("value", ascending=False)
    base = alt.Chart(data).encode(
        y=alt.Y("group:N", title=None, sort=list(data["group"]), axis=alt.Axis(labelLimit=130))
    )
    x = alt.X("value:Q", title=axis.title, scale=alt.Scale(zero=False, nice=True))
    tooltip = [alt.Tooltip("group:N", title=by), alt.Tooltip("words:N", title="value"),
               alt.Tooltip("n:Q", format=",")]  # fmt: skip
    chart = layered(
        base.mark_rule(style="whisker").encode(x=alt.X("low:Q", title=axis.title), x2="high:Q"),
        base.mark_circle(style="point", size=90).encode(x=x, tooltip=tooltip),
        base.mark_text(style="label", baseline="bottom", dy=-7).encode(x=x, text="words:N"),
        _target_line(target, axis),
    )
    parts = "; ".join(f"{r.group} {r.words}" for r in data.head(8).itertuples())
    words = f"{name}: {parts}" + ("; and others." if len(data) > 8 else ".")
    table = data[["group", "words", "n"]].set_axis([by, title_of(frame), "n"], axis=1)
    figure: Figure = finish(chart, name, words, height=48 + 38 * len(data), data=table)
    return figure


def _target_line(target: float | None, axis: Axis) -> alt.Chart | None:
    if target is None:
        return None
    frame = pd.DataFrame({"target": [target / axis.divisor]})
    line: alt.Chart = alt.Chart(frame).mark_rule(style="target").encode(x="target:Q")
    return line
