"""Assumptions as pictures: how service is taken to change what customers do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import Figure, finish, layered

if TYPE_CHECKING:
    from cxlab.scenario.links import Link

__all__ = ["link_curve"]

_OVER = {
    "first_reply_hours": "Wait for the first reply (hours)",
    "resolution_hours": "Time to the solve (hours)",
    "contacts": "Contacts that a request took (number)",
    "unresolved": "Requests left unresolved (number)",
    "csat": "Satisfaction (score, 1 to 5)",
}
_ON = {
    "churn": "Chance to leave", "expansion": "Chance to move up", "referral": "Chance to refer",
}  # fmt: skip


def link_curve(link: Link, *, title: str | None = None) -> Figure:
    """Draw the factor that a link puts on a probability, with the range that is assumed for it.

    The line is the curve of the scenario; the band reaches from its `low` to its `high` reading.
    Every link is an assumption: its picture says so.
    """
    name = title or f"Assumed: {link.name.replace('_', ' ')}"
    readings = {
        "low": link.low or link.curve, "curve": link.curve, "high": link.high or link.curve,
    }  # fmt: skip
    places = sorted({float(x) for points in readings.values() for x, _ in points})
    if len(places) == 1:  # level everywhere
        places = [places[0], places[0] + 1]
    at = {
        reading: np.interp(places, [x for x, _ in points], [f for _, f in points])
        for reading, points in readings.items()
    }
    data = pd.DataFrame({"x": places, **at})
    both = data[["low", "high"]]
    data = data.assign(least=both.min(axis=1), most=both.max(axis=1))
    over, on = _OVER[link.from_], _ON[link.on]
    x = alt.X("x:Q", title=over, axis=alt.Axis(tickCount=6),
              scale=alt.Scale(domain=[places[0], places[-1]], nice=False))  # fmt: skip
    y = alt.Y("curve:Q", title=f"{on} (times)", scale=alt.Scale(zero=True),
              axis=alt.Axis(tickCount=5))  # fmt: skip
    base = alt.Chart(data).encode(x=x)
    tooltip = [alt.Tooltip("x:Q", title=over), alt.Tooltip("low:Q", format=".3g"),
               alt.Tooltip("curve:Q", format=".3g"),
               alt.Tooltip("high:Q", format=".3g")]  # fmt: skip
    chart = layered(
        base.mark_area(style="cx_band").encode(y=alt.Y("least:Q"), y2="most:Q"),
        alt.Chart(pd.DataFrame({"at": [1.0]})).mark_rule(style="cx_branch").encode(y="at:Q"),
        base.mark_line(style="cx_series").encode(y=y),
        base.mark_circle(style="cx_point", size=55).encode(y=y, tooltip=tooltip),
    )
    ranged = link.low is not None or link.high is not None
    worst = data.iloc[int(np.abs(data["curve"] - 1).to_numpy().argmax())]
    words = (
        f"An assumption, not a finding. {on}, by {over[0].lower() + over[1:]} over the last "
        f"{link.memory_days:g} days: {worst['curve']:.3g} times at {worst['x']:g}"
        + (f" (between {worst['least']:.3g} and {worst['most']:.3g})." if ranged
           else "; no range is stated.")
    )  # fmt: skip
    table = data[["x", "low", "curve", "high"]].set_axis(
        [over, "Cautious (low)", "As assumed", "Bold (high)"], axis=1
    )
    figure: Figure = finish(chart, name, words, height=170, data=table)
    return figure
