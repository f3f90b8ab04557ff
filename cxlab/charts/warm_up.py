"""Welch's picture: has the desk settled before it is counted?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.ends import end_labels, line_ends, room_at_the_end
from cxlab.charts.words import count_words

if TYPE_CHECKING:
    from cxlab.experiment import WarmUp

__all__ = ["warm_up"]

MOST_RUNS = 20
"""Single runs that are drawn: more would be a grey band, and a heavy page."""

_MEAN, _WEEK = "mean", "7-day mean"
_COUNT = ",.1f"


def warm_up(
    found: WarmUp | None,
    *,
    title: str = "Open tickets by day, and the warm-up",
    single: int = MOST_RUNS,
) -> Figure:
    """Draw open tickets by day: single runs thin, their mean, and that over whole weeks.

    `found`: `run.warm_up`. Shaded are the days that are not counted; the dashed line stands where
    the marginal standard error rule calls the desk settled. A terminating horizon, which counts
    from its start, says so instead. Of more than `single` runs only so many are drawn.
    """
    reason = _nothing(found)
    if reason or found is None:
        return nothing_to_draw(title, reason)
    days = found.by_day
    lines = _lines(days)
    ends = _ends(lines, float(found.daily["open"].max()))
    x = alt.X("day:Q", title="Days since the start (number)",
              axis=alt.Axis(tickCount=8, tickMinStep=1, format="d"),
              scale=alt.Scale(domain=[0, int(days["day"].max())], nice=False,
                              range=room_at_the_end(ends)))  # fmt: skip
    y = alt.Y("open:Q", title="Open tickets at midnight (number)", axis=alt.Axis(tickMinStep=1),
              scale=alt.Scale(domainMin=0))  # fmt: skip
    thin = found.daily[found.daily["replication"] <= single]
    chart = layered(
        _shade(found, x),
        alt.Chart(thin[["day", "replication", "open"]])
        .mark_line(style="cx_branch", strokeWidth=0.75, opacity=0.35)
        .encode(x=x, y=y, detail="replication:N"),
        *_means(lines, x, y, ends),
        *_suggestion(found),
    )
    table = pd.DataFrame(
        {"Day": days["day"], "Mean of the runs": [f"{v:,.1f}" for v in days["mean"]],
         "Over seven days": ["–" if v != v else f"{v:,.1f}" for v in days["week"]]}
    )  # fmt: skip
    figure: Figure = finish(chart, title, _words(found, single), height=220, data=table)
    return figure


def _nothing(found: WarmUp | None) -> str:
    """Return why there is nothing to draw, "" where there is something."""
    if found is None:
        return "There are no tickets, so there is no backlog that settles."
    if not found.steady:
        return (
            "Each run starts empty and counts from its start, as its horizon says: there is no "
            "warm-up to judge."
        )
    return ""


def _shade(found: WarmUp, x: alt.X) -> Any:
    """Return the days that are not counted, shaded, with their words."""
    if not found.chosen:
        return None
    data = pd.DataFrame({"day": [0], "end": [found.chosen], "words": ["not counted"]})
    # The style's colour on the whole height: nothing is drawn over it in full.
    band = alt.Chart(data).mark_rect(style="cx_band").encode(x=x, x2="end:Q")
    words = (
        alt.Chart(data)
        .mark_text(style="cx_note", align="left", baseline="top", dx=5)
        .encode(x=x, y=alt.value(4), text="words:N")
    )
    return alt.layer(band, words)


def _lines(days: pd.DataFrame) -> pd.DataFrame:
    """Return the two means in long form: day, open, line."""
    parts = [
        pd.DataFrame({"day": days["day"], "open": days[column], "line": name})
        for column, name in (("mean", _MEAN), ("week", _WEEK))
    ]
    return pd.concat(parts).dropna().round({"open": 2})


_LEGEND = alt.Legend(orient="top", symbolType="stroke", symbolStrokeWidth=3, columns=1,
                     labelLimit=260)  # fmt: skip


def _ends(lines: pd.DataFrame, top: float) -> pd.DataFrame | None:
    """Return where the names of the lines stand, None for a legend.

    The mean over whole weeks ends three days before the other; both names stand at the right.
    """
    last = lines.groupby("line", sort=False).tail(1).assign(day=lines["day"].max())
    names = {"line": "group", "day": "x", "open": "value"}
    ends = line_ends(last.rename(columns=names), [_MEAN, _WEEK], bottom=0.0, top=top)
    return None if ends is None else ends.assign(day=ends["x"], line=ends["group"])


def _means(lines: pd.DataFrame, x: alt.X, y: alt.Y, ends: pd.DataFrame | None) -> list[Any]:
    names = [_MEAN, _WEEK]
    colour = alt.Color("line:N", title=None, sort=names, scale=alt.Scale(domain=names),
                       legend=None if ends is not None else _LEGEND)  # fmt: skip
    tooltip = [alt.Tooltip("line:N", title="line"), alt.Tooltip("day:Q", title="day"),
               alt.Tooltip("open:Q", title="open tickets", format=_COUNT)]  # fmt: skip
    base = alt.Chart(lines).encode(x=x, y=y, color=colour)
    return [
        base.mark_line(strokeWidth=2.25),
        base.mark_circle(size=28, opacity=0).encode(tooltip=tooltip),
        end_labels(ends, x, colour),
    ]


def _suggestion(found: WarmUp) -> list[Any]:
    """Return the dashed line of the rule with its words."""
    if found.suggested is None:
        return []
    late = found.suggested > found.daily["day"].max() / 2
    data = pd.DataFrame({"at": [found.suggested], "words": [f"MSER: day {found.suggested}"]})
    base = alt.Chart(data).encode(x="at:Q")
    words = base.mark_text(
        style="cx_target_label", align="right" if late else "left", baseline="top",
        dx=-5 if late else 5,
    ).encode(y=alt.value(22), text="words:N")  # fmt: skip
    return [base.mark_rule(style="cx_target"), words]


def _words(found: WarmUp, single: int) -> str:
    days = found.by_day
    counted = days[days["day"] >= found.chosen]["mean"]
    told = (
        f"{count_words(found.runs.shape[1], 'run')} of {count_words(len(days) - 1, 'day')}; thin "
        f"lines are single runs{_some(found, single)}. {_left_out(found.chosen)}; "
        f"after that {counted.mean():,.1f} tickets are open on average at midnight (lowest "
        f"day {counted.min():,.1f}, highest {counted.max():,.1f})."
    )
    return f"{told} {_judged(found)}"


def _left_out(days: int) -> str:
    if not days:
        return "Every day is counted"
    return f"{count_words(days, 'day')} at the start {'is' if days == 1 else 'are'} not counted"


def _some(found: WarmUp, single: int) -> str:
    return f", the first {single} of them" if found.runs.shape[1] > single else ""


def _judged(found: WarmUp) -> str:
    if found.suggested is None:
        why = (
            "there are too few days" if found.too_short else "its cut would lie too late in the run"
        )
        return f"The marginal standard error rule (MSER) gives no answer: {why}."
    rule = (
        "By the marginal standard error rule (MSER, over whole weeks) they have settled after "
        f"{count_words(found.suggested, 'day')}"
    )
    if found.suggested > found.chosen:
        return f"{rule}: the warm-up may be too short."
    return f"{rule}: the warm-up is long enough."
