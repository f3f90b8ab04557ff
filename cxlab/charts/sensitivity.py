"""What a metric depends on: tornadoes, and keys by how much they matter."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.words import Axis, axis_for, title_of
from cxlab.units import PERCENT, format_margin

__all__ = ["influences", "tornado"]

_LOW, _HIGH = "at the low end of the range", "at the high end of the range"


def tornado(table: pd.DataFrame, *, title: str = "What each key changes by itself") -> Figure:
    """Draw how far a metric moves when one key at a time goes to either end of its range.

    `table`: that of `cxlab.sensitivity(..., method="tornado")`, in its order. A bar runs from the
    scenario as it is (the line at zero), the line across its end is the 95 % interval.
    """
    rows = table[table["effect"].notna()] if len(table) else table
    if rows.empty:
        return nothing_to_draw(title, "The metric has no value at any end of the ranges.")
    what, unit = title_of(rows), str(rows["unit"].iloc[0])
    axis = _change_axis(rows, ["effect", "low", "high"], f"{what}, change")
    data = pd.DataFrame(
        {
            "key": rows["key"],
            "end": [_LOW if end == "low" else _HIGH for end in rows["end"]],
            "at": [str(at) for at in rows["at"]],
            "value": axis.scaled(rows["effect"]),
            "low": axis.scaled(rows["low"]),
            "high": axis.scaled(rows["high"]),
            "words": [_signed(v, unit) for v in rows["effect"]],
            "interval": [_ends(a, b, unit) for a, b in zip(rows["low"], rows["high"], strict=True)],
        }
    )  # fmt: skip
    keys = list(dict.fromkeys(data["key"]))
    x = _signed_scale(data[["value", "low", "high"]].to_numpy(dtype=float), axis.title)
    tooltip = [alt.Tooltip("key:N"), alt.Tooltip("at:N", title="set to"),
               alt.Tooltip("words:N", title="change"),
               alt.Tooltip("interval:N", title="95 % interval")]  # fmt: skip
    colour = alt.Color("end:N", sort=[_LOW, _HIGH], title=None,
                       scale=alt.Scale(domain=[_LOW, _HIGH]),
                       legend=alt.Legend(orient="top", columns=1, labelLimit=260))  # fmt: skip
    base = alt.Chart(data).encode(y=_keys(keys), yOffset=alt.YOffset("end:N", sort=[_LOW, _HIGH]))
    chart = layered(
        base.mark_bar(height={"band": 0.84}).encode(
            x=x, x2=alt.datum(0), color=colour, tooltip=tooltip
        ),
        base.mark_rule(style="cx_net", strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q"),
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(style="cx_branch").encode(x="at:Q"),
    )
    told = "; ".join(f"{r.key} = {r.at}: {r.words}" for r in data.itertuples())
    read = data[["key", "at", "words", "interval"]].set_axis(
        ["Key", "Set to", f"{what}, change", "95 % interval"], axis=1
    )
    figure: Figure = finish(
        chart, title, f"{what}, one key at a time under the same draws. {told}.",
        height=44 * len(keys) + 30, data=read,
    )  # fmt: skip
    return figure


def influences(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw how much each key matters, with 95 % intervals: mu* of Morris, or S1 and ST of Sobol.

    `table`: that of `cxlab.sensitivity` by either method, in its order.
    """
    if "mu_star" in table:
        return _morris(table, title or "How much each key changes over its range")
    return _sobol(table, title or "How much of the variance each key explains")


def _morris(table: pd.DataFrame, title: str) -> Figure:
    rows = table[table["mu_star"].notna()] if len(table) else table
    if rows.empty:
        return nothing_to_draw(title, "No key was screened.")
    what, unit = title_of(rows), str(rows["unit"].iloc[0])
    axis = _change_axis(rows, ["mu_star", "high", "sigma"], f"{what}, change over the range")
    kinds = ["mean size of the effects (μ*)", "spread of the effects (σ)"]
    parts = [
        _dots(rows["key"], kinds[0], axis, rows["mu_star"], rows["low"], rows["high"]),
        _dots(rows["key"], kinds[1], axis, rows["sigma"]),
    ]
    read = pd.DataFrame(
        {
            "Key": rows["key"],
            "Mean size (μ*)": [format_margin(v, unit) for v in rows["mu_star"]],
            "95 % interval": [_ends(a, b, unit, plain=True) for a, b in zip(
                rows["low"], rows["high"], strict=True)],
            "Mean (μ)": [_signed(v, unit) for v in rows["mu"]],
            "Spread (σ)": [format_margin(v, unit) for v in rows["sigma"]],
        }
    )  # fmt: skip
    told = "; ".join(
        f"{key} {size} (spread {spread})"
        for key, size, spread in zip(read["Key"], read["Mean size (μ*)"], read["Spread (σ)"],
                                     strict=True)
    )  # fmt: skip
    words = (f"{what}: mean size of the effect of going over the whole range, by key. {told}. "
             "A spread as large as the size: the effect depends on the other keys.")  # fmt: skip
    return _dot_chart(pd.concat(parts), kinds, axis.title, title, words, read)


def _sobol(table: pd.DataFrame, title: str) -> Figure:
    rows = table[table["ST"].notna()] if len(table) else table
    if rows.empty:
        return nothing_to_draw(title, "The metric does not change at all within the ranges.")
    axis = Axis("share", 1.0, f"Variance of {title_of(rows)} explained")
    kinds = ["by the key alone (S1)", "with all that it takes part in (ST)"]
    parts = [
        _dots(rows["key"], kind, axis, rows[name], rows[f"{name}_low"], rows[f"{name}_high"])
        for kind, name in zip(kinds, ("S1", "ST"), strict=True)
    ]
    read = pd.DataFrame(
        {"Key": rows["key"]}
        | {
            f"{name}{'' if column == name else ', 95 % ' + column[3:]}": [
                f"{v:.2f}".replace("-", "−") for v in rows[column]
            ]
            for name in ("S1", "ST") for column in (name, f"{name}_low", f"{name}_high")
        }
    )  # fmt: skip
    told = "; ".join(f"{r.key} {r.S1:.2f} alone, {r.ST:.2f} in all".replace("-", "−")
                     for r in rows.itertuples())  # fmt: skip
    words = f"Share of the variance of {title_of(rows)} over the ranges, by key. {told}."
    return _dot_chart(pd.concat(parts), kinds, axis.title, title, words, read)


def _dots(keys: pd.Series, kind: str, axis: Axis, value: pd.Series, low: pd.Series | None = None,
          high: pd.Series | None = None) -> pd.DataFrame:  # fmt: skip
    return pd.DataFrame(
        {
            "key": keys, "kind": kind, "value": axis.scaled(value),
            "low": axis.scaled(value if low is None else low),
            "high": axis.scaled(value if high is None else high),
        }
    )  # fmt: skip


def _dot_chart(
    data: pd.DataFrame, kinds: list[str], axis: str, title: str, words: str, read: pd.DataFrame
) -> Figure:
    keys = list(dict.fromkeys(data["key"]))
    x = _signed_scale(data[["value", "low", "high"]].to_numpy(dtype=float), axis)
    colour = alt.Color("kind:N", sort=kinds, title=None, scale=alt.Scale(domain=kinds),
                       legend=alt.Legend(orient="top", columns=1, labelLimit=260))  # fmt: skip
    base = alt.Chart(data).encode(
        y=_keys(keys), yOffset=alt.YOffset("kind:N", sort=kinds), color=colour
    )
    tooltip = [alt.Tooltip("key:N"), alt.Tooltip("kind:N"), alt.Tooltip("value:Q", format=".3g")]
    chart = layered(
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(style="cx_branch").encode(x="at:Q"),
        base.mark_rule(strokeWidth=2.25).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_circle(size=80, opacity=1).encode(x=x, tooltip=tooltip),
    )
    figure: Figure = finish(chart, title, words, height=44 * len(keys) + 30, data=read)
    return figure


def _keys(keys: list[str]) -> Any:
    """Return the axis of the keys: a long one is broken at its dots."""
    broken = alt.ExprRef("width > 480 ? 260 : 130")
    return alt.Y(
        "key:N", sort=keys, title=None, scale=alt.Scale(paddingInner=0.25),
        axis=alt.Axis(labelLimit=broken, grid=False, labelExpr=BROKEN_KEY),
    )  # fmt: skip


BROKEN_KEY = (
    "length(datum.label) < 19 ? datum.label : "
    "[slice(datum.label, 0, lastindexof(datum.label, '.') + 1), "
    "slice(datum.label, lastindexof(datum.label, '.') + 1)]"
)
"""A key as an axis label: its last part stands on a line of its own where it is long."""


def _signed_scale(values: Any, title: str) -> Any:
    least, most = float(np.nanmin(values, initial=0.0)), float(np.nanmax(values, initial=0.0))
    room = 0.04 * ((most - least) or 1.0)
    return alt.X(
        "value:Q", title=title,
        axis=alt.Axis(tickCount=5, grid=True, labelSeparation=8),
        scale=alt.Scale(domain=[least - room, most + room], nice=False),
    )  # fmt: skip


def _change_axis(rows: pd.DataFrame, columns: list[str], name: str) -> Axis:
    """Return the axis of a change: of shares it is in percentage points."""
    axis = axis_for(rows, name, tuple(columns))
    if axis.unit in PERCENT:
        axis.title = f"{name} (percentage points)"
    return axis


def _signed(value: float, unit: str) -> str:
    return ("−" if value < 0 else "+") + format_margin(abs(value), unit)


def _ends(low: float, high: float, unit: str, *, plain: bool = False) -> str:
    if low != low or high != high:
        return "–"
    if plain:
        return f"{format_margin(low, unit)} to {format_margin(high, unit)}"
    return f"{_signed(low, unit)} to {_signed(high, unit)}"
