"""What all charts share: size, title, description, and the chart that says why it is empty."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

__all__ = [
    "CAPTION",
    "EMPTY",
    "LIVE",
    "TABLE",
    "Figure",
    "finish",
    "layered",
    "nothing_to_draw",
    "room_for_words",
    "target_layers",
]

Figure = alt.Chart | alt.LayerChart
"""What every chart function returns."""

EMPTY = "cxlab_empty"
"""Name in `usermeta` by which a page knows a chart that has nothing to draw."""


TABLE = "cxlab_table"
"""Name in `usermeta` of the chart's data as people read them: columns, and rows of text."""


CAPTION = "cxlab_caption"
"""Name in `usermeta` of what a page prints below a chart that tells its numbers itself."""


LIVE = "cxlab_live"
"""Name in `usermeta` of a chart whose words a page reads out when a slider moves."""


def finish(
    chart: Any,
    title: str,
    description: str,
    *,
    height: int = 260,
    data: pd.DataFrame | None = None,
    caption: str | None = None,
) -> Any:
    """Give `chart` its title, description and size, and `data` to read instead of the drawing.

    The description is for whoever cannot see the chart. `caption`: what the others need below it,
    where that is less; without one it is the description.
    """
    done = chart.properties(title=title, description=description, width="container", height=height)
    if data is not None:
        rows = [[_cell(v) for v in row] for row in data.itertuples(index=False)]
        done.usermeta = {TABLE: {"columns": [str(c) for c in data.columns], "rows": rows}}
    if caption is not None:
        told = {} if done.usermeta is alt.Undefined else done.usermeta
        done.usermeta = {**told, CAPTION: caption}
    return done


def _cell(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return "–"
    return f"{value:,.4g}" if isinstance(value, float) else str(value)


def layered(*layers: Any) -> Any:
    """Return the layers that are not None as one chart."""
    return alt.layer(*[layer for layer in layers if layer is not None])


def room_for_words(pixels: int) -> list[Any]:
    """Return the range of a horizontal scale that leaves so many pixels at its right end free."""
    return [0, {"expr": f"width - {pixels}"}]


def nothing_to_draw(title: str, reason: str) -> Figure:
    """Return a chart that says in words why there is nothing to draw."""
    frame = pd.DataFrame({"words": [reason]})
    mark = alt.Chart(frame).mark_text(align="left", style="cx_note")
    text = mark.encode(text="words:N", x=alt.value(4), y=alt.value(20))
    chart: Figure = finish(text, title, reason, height=40)
    chart.usermeta = {EMPTY: True}
    return chart


_FAR = 1.0


def target_layers(
    value: float | None, label: str, low: float, high: float, *, room: int = 0
) -> list[Any]:
    """Return a dashed horizontal line at the target (in axis units) with its words beside it.

    It ends `room` pixels before the right end, where words of the data stand. A target far from
    the data (`low` to `high`) would flatten them: it is said, not drawn.
    """
    if value is None:
        return []
    if not (low - _FAR * abs(high) <= value <= high + _FAR * abs(high)):
        side = "above" if value > high else "below"
        far = alt.Chart(pd.DataFrame({"words": [f"{label}, far {side} this scale"]}))
        place = {"x": alt.value(4), "y": alt.value(8)}
        return [
            far.mark_text(style="cx_target_label", align="left").encode(text="words:N", **place)
        ]
    data = alt.Chart(pd.DataFrame({"target": [value], "words": [label]}))
    across = {"x": alt.value(0), "x2": alt.value({"expr": f"width - {room}"})}
    line = data.mark_rule(style="cx_target").encode(y="target:Q", **across)
    text = data.mark_text(style="cx_target_label", align="left", baseline="bottom", dy=-4).encode(
        y="target:Q", x=alt.value(4), text="words:N"
    )
    return [line, text]
