"""Curves of what lasts: how many customers stay, how many tickets are still open?"""

from __future__ import annotations

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw

__all__ = ["survival_curve"]

_GROUPS = 5


def survival_curve(
    frame: pd.DataFrame, *, time: str, share: str = "Still there", title: str
) -> Figure:
    """Draw the share that lasts longer than each time, as steps with its 95 % band.

    `frame`: columns time, value, low, high (shares 0 to 1), and group where there are several
    curves (the first five are drawn). `time` names the axis with its unit ("Time (months)").
    """
    known = frame[frame["value"].notna()] if len(frame) else frame
    if known.empty:
        return nothing_to_draw(title, "There is nothing to follow over time.")
    rows = known.assign(
        group=known["group"].astype(str) if "group" in known else share,
        **{c: known[c].astype(float) * 100 for c in ("value", "low", "high")},
    )
    names = list(dict.fromkeys(rows["group"]))[:_GROUPS]
    rows = rows[rows["group"].isin(names)].sort_values(["group", "time"], kind="stable")
    color = alt.Color("group:N", title=None, sort=names, legend=_legend(names))
    x = alt.X("time:Q", title=time, axis=alt.Axis(tickCount=8))
    y = alt.Y("value:Q", title=f"{share} (%)", scale=alt.Scale(domain=[0, 100]))
    tooltip = [alt.Tooltip("group:N", title="group"), alt.Tooltip("time:Q", title=time),
               alt.Tooltip("value:Q", title="%", format=".1f")]  # fmt: skip
    base = alt.Chart(rows).encode(x=x, color=color)
    chart = layered(
        base.mark_area(opacity=0.16, interpolate="step-after").encode(y="low:Q", y2="high:Q"),
        base.mark_line(interpolate="step-after", strokeWidth=2.25).encode(y=y),
        base.mark_circle(size=28, opacity=0).encode(y=y, tooltip=tooltip),
    )
    figure: Figure = finish(chart, title, _words(rows, names, time, title), data=_readable(rows))
    return figure


def _legend(names: list[str]) -> alt.Legend | None:
    return (
        alt.Legend(orient="top", symbolType="stroke", symbolOpacity=1) if len(names) > 1 else None
    )


def _words(rows: pd.DataFrame, names: list[str], time: str, title: str) -> str:
    told = []
    for name in names:
        part = rows[rows["group"] == name]
        last = part.iloc[-1]
        below = part[part["value"] <= 50]
        half = (
            f"half at {below['time'].iloc[0]:,.4g}" if len(below) else "more than half to the end"
        )
        told.append(f"{name}: {half}; {last['value']:.1f} % at {last['time']:,.4g}")
    return f"{title}. {time}. " + ". ".join(told) + "."


def _readable(rows: pd.DataFrame) -> pd.DataFrame:
    most = 40
    kept = rows.iloc[:: max(1, len(rows) // most)]
    shares = {
        name: [f"{v:.1f} %" for v in kept[column]]
        for column, name in (("value", "Share"), ("low", "Low"), ("high", "High"))
    }
    return pd.DataFrame({"Group": kept["group"], "Time": kept["time"], **shares})
