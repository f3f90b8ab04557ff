"""Cohorts side by side: do customers who come now stay longer than those who came before?"""

from __future__ import annotations

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.units import format_interval, format_value

__all__ = ["cohort_triangle"]

_COHORTS = 20
_COLUMNS = 25
_STEPS = (1, 3, 6, 12, 24, 60)
_SHADES = [0.04, 0.5]
"""Opacity of the smallest and the largest share: words can be read on both, light or dark."""


def cohort_triangle(
    frame: pd.DataFrame, *, time: str = "Months as a customer", title: str = "Who stays, by cohort"
) -> Figure:
    """Draw a triangle: a row per cohort, a column per month, in each cell the share still there.

    The start, where all are there, is left out.
    `frame`: group, time, value, low, high (shares 0 to 1), n, as `cxlab.cohort_retention` gives
    them. The last 20 cohorts are drawn; where there are more than 25 months, every third (or
    sixth, …). `time` names the axis with its unit.
    """
    known = frame[frame["value"].notna() & (frame["time"] > 0)] if len(frame) else frame
    if known.empty:
        return nothing_to_draw(title, "No cohort is large enough to be followed for a month.")
    rows = _drawn(known)
    names = list(dict.fromkeys(rows["cohort"]))
    times = sorted(rows["time"].unique())
    x = alt.X("time:O", title=time,
              axis=alt.Axis(labelAngle=0, orient="top", format="d", labelOverlap="greedy"),
              scale=alt.Scale(paddingInner=0.05))  # fmt: skip
    y = alt.Y("cohort:N", title=None, sort=names, scale=alt.Scale(paddingInner=0.08),
              axis=alt.Axis(labelLimit=170, grid=False))  # fmt: skip
    ends = [min(float(rows["value"].min()), 99.0), 100.0]
    shade = alt.Opacity("value:Q", legend=None, scale=alt.Scale(domain=ends, range=_SHADES))
    tooltip = [alt.Tooltip("cohort:N"), alt.Tooltip("time:O", title=time),
               alt.Tooltip("words:N", title="still there"),
               alt.Tooltip("interval:N", title="95 % interval")]  # fmt: skip
    base = alt.Chart(rows).encode(x=x, y=y)
    room = alt.ExprRef(f"width / {len(times)} > 22 ? 1 : 0")
    chart = layered(
        base.mark_rect(style="cx_bar", cornerRadius=2).encode(opacity=shade, tooltip=tooltip),
        base.mark_text(style="cx_label", fontWeight="normal", fontSize=11, opacity=room).encode(
            text=alt.Text("value:Q", format=".0f")
        ),
    )
    height = max(90, 24 * len(names))
    figure: Figure = finish(
        chart, f"{title} (% still there)", _told(rows, names, time), height=height,
        data=_table(rows, names, times),
    )  # fmt: skip
    return figure


def _drawn(known: pd.DataFrame) -> pd.DataFrame:
    """Return the cells that are drawn, with their words."""
    groups = sorted(known["group"].astype(str).unique())[-_COHORTS:]
    last = float(known["time"].max())
    step = next((s for s in _STEPS if last / s < _COLUMNS), _STEPS[-1])
    kept = known["group"].astype(str).isin(groups) & (known["time"] % step == 0)
    rows = known[kept].assign(group=known["group"].astype(str))
    rows = rows.sort_values(["group", "time"], ignore_index=True)
    return pd.DataFrame(
        {
            "cohort": [f"{g} ({n:,})" for g, n in zip(rows["group"], rows["n"], strict=True)],
            "time": rows["time"].astype(int),
            "value": (rows["value"].astype(float) * 100).round(2),
            "words": [format_value(v, "share") for v in rows["value"]],
            "interval": [format_interval(a, b, "share") or "–" for a, b in zip(
                rows["low"], rows["high"], strict=True)],
        }
    )  # fmt: skip


def _told(rows: pd.DataFrame, names: list[str], time: str) -> str:
    """Return in words how the oldest and the newest cohorts do at the last age both have."""
    lasts = rows.groupby("cohort")["time"].max()
    both = int(min(lasts[names[0]], lasts[names[-1]]))
    if len(names) == 1:
        parts = [_at(rows, name, int(lasts[name])) for name in (names[0], names[-1])]
        return f"{time}, by cohort (in brackets its size). {'; '.join(dict.fromkeys(parts))}."
    return (
        f"{time}, by cohort (in brackets its size). Of the first cohort {_at(rows, names[0], both)}"
        f"; of the last {_at(rows, names[-1], both)}. {_at(rows, names[0], int(lasts[names[0]]))}."
    )


def _at(rows: pd.DataFrame, name: str, time: int) -> str:
    one = rows[(rows["cohort"] == name) & (rows["time"] == time)].iloc[0]
    return f"{name} {one['words']} ({one['interval']}) are still there after {time}"


def _table(rows: pd.DataFrame, names: list[str], times: list[int]) -> pd.DataFrame:
    told = rows.assign(
        words=[
            f"{w} ({i})" if i != "–" else w
            for w, i in zip(rows["words"], rows["interval"], strict=True)
        ]
    )
    wide = told.pivot(index="cohort", columns="time", values="words").reindex(names)
    wide.columns = pd.Index([str(t) for t in times])
    return wide.reset_index().rename(columns={"cohort": "Cohort (customers)"})
