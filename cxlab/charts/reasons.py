"""Why: how much each reason or cause accounts for."""

from __future__ import annotations

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw, room_for_words
from cxlab.charts.words import amount, span

__all__ = ["reasons"]


def reasons(frame: pd.DataFrame, *, what: str, title: str, unit: str = "count") -> Figure:
    """Draw a bar per reason with its interval, the largest on top.

    `frame`: reason, value, low, high, and note where something is to be said of one; `what` names
    the axis with its unit.
    """
    rows = frame[frame["value"].notna()] if len(frame) else frame
    if rows.empty:
        return nothing_to_draw(title, "Nobody left, so there are no reasons.")
    rows = rows.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    scale = 100.0 if unit == "share" else 1.0
    data = pd.DataFrame(
        {
            "reason": [str(r).replace("_", " ") for r in rows["reason"]],
            "value": rows["value"] * scale,
            "low": rows["low"] * scale,
            "high": rows["high"] * scale,
            "words": [amount(v, unit) for v in rows["value"]],
            "interval": [span(a, b, unit) or "–" for a, b in zip(rows["low"], rows["high"],
                                                                strict=True)],
        }
    )  # fmt: skip
    if "note" in rows:
        data["words"] += [f" ({n})" if n else "" for n in rows["note"]]
    ends = data[
        [
            "value",
            "low",
            "high",
        ]
    ].to_numpy(dtype=float)
    least, most = (
        min(0.0, float(pd.Series(ends.ravel()).min())),
        float(pd.Series(ends.ravel()).max()),
    )
    data["right"] = data[["value", "high"]].max(axis=1).clip(lower=0.0)
    y = alt.Y("reason:N", sort=list(data["reason"]), title=None,
              axis=alt.Axis(labelLimit=alt.ExprRef("width > 480 ? 200 : 132")))  # fmt: skip
    longest = max(map(len, data["words"]))
    x = alt.X("value:Q", title=what, axis=alt.Axis(tickCount=4, labelSeparation=4),
              scale=alt.Scale(domain=[least, most or 1.0], nice=False,
                              range=room_for_words(20 + 7 * longest)))  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    tooltip = [alt.Tooltip("reason:N"), alt.Tooltip("words:N", title="value"),
               alt.Tooltip("interval:N", title="95 % interval")]  # fmt: skip
    chart = layered(
        base.mark_bar(style="cx_bar", height={"band": 0.5}, opacity=0.55).encode(
            x=x, tooltip=tooltip
        ),
        base.mark_rule(style="cx_whisker").encode(x=alt.X("low:Q", title=what), x2="high:Q"),
        base.mark_text(style="cx_label", align="left", dx=7).encode(
            x=alt.X("right:Q", title=what), text="words:N"
        ),
    )
    told = "; ".join(f"{r.reason} {r.words}" for r in data.itertuples())
    table = data[["reason", "words", "interval"]].set_axis(
        ["Reason", what, "95 % interval"], axis=1
    )
    figure: Figure = finish(chart, title, f"{title}: {told}.", height=32 * len(data) + 36,
                            data=table, caption="Lines: 95 % intervals.")  # fmt: skip
    return figure
