"""Names at the ends of lines, in place of a legend: where they stand so that all can be read."""

from __future__ import annotations

from itertools import pairwise
from textwrap import wrap
from typing import Any

import altair as alt
import pandas as pd

from cxlab.charts.base import room_for_words

__all__ = ["end_labels", "line_ends", "room_at_the_end"]

_PER_SIGN = 7
"""So many pixels a letter of a line's name takes at most, in the mean."""

_LONGEST = 16
"""A longer word would take a phone's picture the room for its lines."""

_APART = 0.08
"""A line of a name takes this share of the axis where a drawing is lowest: on paper."""

_MOVED = 0.12
"""A name further from its line's end than this share of the axis would not be seen to be its."""


def line_ends(rows: pd.DataFrame, names: list[str], *, bottom: float, top: float
              ) -> pd.DataFrame | None:  # fmt: skip
    """Return the last point of each line, with its name and the height `at` which that stands.

    `rows`: columns group, x, value, sorted by x within a group; `bottom` and `top`: what the axis
    shows. Names move up or down until they stand apart. None, for a legend, where there is one
    line only, where a name is long, where the lines do not end at one place, and where a name
    would have to move too far from its line.
    """
    told = {name: wrap(name, _LONGEST, break_long_words=False) for name in names}
    ends = rows.groupby("group", sort=False).tail(1).sort_values("value", kind="stable")
    long = any(len(parts) > 2 or max(map(len, parts)) > _LONGEST for parts in told.values())
    if len(names) < 2 or long or ends["x"].nunique() > 1 or not top > bottom:
        return None
    line = _APART * (top - bottom)
    heights = [line * len(told[group]) for group in ends["group"]]
    at = _apart(ends["value"].astype(float).tolist(), heights)
    if max(abs(a - v) for a, v in zip(at, ends["value"], strict=True)) > _MOVED * (top - bottom):
        return None
    return ends.assign(at=at, name=["\n".join(told[g]) for g in ends["group"]])


def _apart(places: list[float], heights: list[float]) -> list[float]:
    """Return rising places moved as little as can be (least squares) until none overlap.

    Neighbours that would overlap become a block that stands about its mean: the pool-adjacent
    algorithm on the places less what is needed below them.

    >>> _apart([1.0, 1.0, 5.0], [1.0, 1.0, 1.0])
    [0.5, 1.5, 5.0]
    """
    needed = [0.0]
    for below, above in pairwise(heights):
        needed.append(needed[-1] + (below + above) / 2)
    blocks: list[tuple[float, int]] = []
    for place, offset in zip(places, needed, strict=True):
        mean, size = place - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    return [mean + offset for mean, offset in zip(means, needed, strict=True)]


def room_at_the_end(ends: pd.DataFrame | None) -> Any:
    """Return the range of a horizontal scale that leaves room for the names."""
    if ends is None:
        return alt.Undefined
    longest = max(len(part) for name in ends["name"] for part in name.split("\n"))
    return room_for_words(_PER_SIGN * longest + 8)


_DRAWN = ("group", "line", "x", "time", "day", "at", "name")
"""Columns that the names may need; the others are not drawn, and would make a page heavy."""


def end_labels(ends: pd.DataFrame | None, x: Any, color: Any) -> alt.Chart | None:
    """Return the names as a layer, None without any; `color` is that of the lines."""
    if ends is None:
        return None
    words = alt.Chart(ends[[c for c in _DRAWN if c in ends]])
    labels: alt.Chart = words.mark_text(
        align="left", baseline="middle", dx=7, fontWeight=600, lineBreak="\n", lineHeight=14
    ).encode(x=x, y="at:Q", text="name:N", color=color)
    return labels
