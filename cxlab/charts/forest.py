"""Forests of intervals: numbers against theory, and options against each other."""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw, room_for_words
from cxlab.charts.words import PLAIN_ZERO, amount, span

__all__ = ["changes", "paired_differences", "standardised_differences"]


def standardised_differences(
    rows: pd.DataFrame, limit: float, *, title: str = "Difference from theory, in standard errors"
) -> Figure:
    """Draw a dot for each compared number of each case, in standard errors from theory.

    `rows`: what `cxlab.validate` returns; `limit`: the |t| from which a single number would be
    an alarm. Between the dashed lines nothing is.
    """
    if rows.empty:
        return nothing_to_draw(title, "Nothing was compared.")
    data = pd.DataFrame(
        {
            "case": rows["case"],
            "t": rows["t"].clip(-3 * limit, 3 * limit).round(3),
            "quantity": rows["quantity"],
        }
    )
    data["row"] = ["\n".join(textwrap.wrap(name, _CASE)) for name in data["case"]]
    order = list(dict.fromkeys(data["case"]))
    reach = max(limit, float(data["t"].abs().max())) * 1.08
    x = alt.X("t:Q", title="Difference (standard errors)",
              scale=alt.Scale(domain=[-reach, reach], nice=False),
              axis=alt.Axis(tickCount=5, grid=True))  # fmt: skip
    y = alt.Y("row:N", sort=list(dict.fromkeys(data["row"])), title=None,
              axis=alt.Axis(labelLimit=240, labelFontSize=11, labelExpr=_IN_LINES))  # fmt: skip
    tooltip = [
        alt.Tooltip("case:N"),
        alt.Tooltip("quantity:N"),
        alt.Tooltip("t:Q", title="standard errors", format=".2f"),
    ]
    limits = pd.DataFrame({"at": [-limit, limit]})
    chart = layered(
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(style="cx_branch").encode(x="at:Q"),
        alt.Chart(limits).mark_rule(style="cx_target").encode(x="at:Q"),
        alt.Chart(data).mark_circle(style="cx_point", size=64).encode(x=x, y=y, tooltip=tooltip),
    )
    off = int((rows["verdict"] != "agrees").sum())
    worst = rows.loc[[rows["t"].abs().idxmax()]].iloc[0]
    words = (
        f"{len(rows)} numbers of {len(order)} cases; the largest difference is "
        f"{abs(worst['t']):.1f} standard errors ({worst['case']}: {worst['quantity']}). A single "
        f"number is an alarm beyond {limit:.1f} (dashed lines); "
        f"{off or 'none'} {'is' if off < 2 else 'are'}."
    )
    by_distance = rows.assign(off=rows["t"].abs()).sort_values("off", ascending=False)
    furthest = by_distance.drop_duplicates("case").sort_index()
    table = pd.DataFrame(
        {
            "Case": furthest["case"],
            "Furthest off": furthest["quantity"],
            "Standard errors": [f"{t:+.2f}".replace("-", "−") for t in furthest["t"]],
        }
    )
    figure: Figure = finish(chart, title, words, height=27 * len(order) + 20, data=table)
    return figure


_CASE = 21
"""Letters in a line of a case's name on a narrow screen."""

_IN_LINES = "width > 400 ? join(split(datum.label, '\\n'), ' ') : split(datum.label, '\\n')"
"""A name as an axis label: in its lines where there is no room for it in one."""


def paired_differences(
    frame: pd.DataFrame, *, what: str, unit: str, title: str = "What each option changes"
) -> Figure:
    """Draw a difference with its interval for each option, one below the other by reading.

    `frame`: option, reading (such as the links as assumed, and off), value, low, high: paired
    differences to the company without the option, so that zero (the line) is no change. `what`
    names the axis; `unit` is a currency or one of `cxlab.units.UNITS`.
    """
    rows = frame[frame["value"].notna()] if len(frame) else frame
    if rows.empty:
        return nothing_to_draw(title, "There is no option to compare.")
    data = pd.DataFrame(
        {
            "option": rows["option"].astype(str),
            "reading": rows["reading"].astype(str),
            "value": rows["value"].astype(float),
            "low": rows["low"].astype(float),
            "high": rows["high"].astype(float),
            "words": [amount(v, unit, signed=True) for v in rows["value"]],
            "interval": [span(a, b, unit, signed=True) or "–" for a, b in zip(
                rows["low"], rows["high"], strict=True)],
        }
    )  # fmt: skip
    data["row"] = ["\n".join(textwrap.wrap(name, _LABEL)) for name in data["option"]]
    chart, height = _forest(data, f"{what} ({unit})", tick_format="~s", direct=True)
    told = " ".join(
        f"{option}: {'; '.join(f'{r.words} ({r.reading})' for r in part.itertuples())}."
        for option, part in data.groupby("option", sort=False)
    )
    table = data[["option", "reading", "words", "interval"]].set_axis(
        ["Option", "Reading", what, "95 % interval"], axis=1
    )
    figure: Figure = finish(
        chart, title, f"{title}. {told}", height=height, data=table,
        caption="Dots: mean differences. Lines: 95 % intervals. Dashed: no change.",
    )  # fmt: skip
    return figure


def changes(frame: pd.DataFrame, *, what: str, title: str) -> Figure:
    """Draw what options change of several metrics: a difference with its interval for each.

    `frame`: metric, option, value, low, high, all on the one axis that `what` names with its unit
    ("Change (% of the base)"), words and interval (the difference as people read it, which
    stands beside the dot). Zero, the line, is the base.
    """
    rows = frame[frame["value"].notna()] if len(frame) else frame
    if rows.empty:
        return nothing_to_draw(title, "No difference has a value.")
    data = rows[["value", "low", "high", "words", "interval"]].reset_index(drop=True)
    data.insert(0, "option", rows["metric"].astype(str).to_numpy())
    data.insert(1, "reading", rows["option"].astype(str).to_numpy())
    # Digits that nobody sees make a page heavy.
    data[["value", "low", "high"]] = data[["value", "low", "high"]].astype(float).round(3)
    data["row"] = ["\n".join(textwrap.wrap(name, _LABEL)) for name in data["option"]]
    chart, height = _forest(data, what, labels=True)
    told = " ".join(
        f"{metric}: {'; '.join(f'{r.reading} {r.words}' for r in part.itertuples())}."
        for metric, part in data.groupby("option", sort=False)
    )
    table = data[["option", "reading", "words", "interval"]].set_axis(
        ["KPI", "Option", "Difference", "95 % interval"], axis=1
    )
    figure: Figure = finish(
        chart, title, f"{title}, against the base. {told}", height=height, data=table,
        caption="Dots: mean differences. Lines: 95 % intervals. Dashed: the base.",
    )  # fmt: skip
    return figure


_LABEL = 15
"""Letters in a line of a metric's name: a narrow screen has room for no more."""


def _forest(
    data: pd.DataFrame,
    what: str,
    *,
    tick_format: str = "~r",
    labels: bool = False,
    direct: bool = False,
) -> tuple[Any, int]:
    """Return the drawing of differences by row (an option's name in lines) and reading, and its
    height in pixels.

    `labels`: the words of each difference stand at the right end of its line. `direct`: each
    reading is named above its line, in place of a legend.
    """
    options, readings = (list(dict.fromkeys(data[c])) for c in ("row", "reading"))
    ends = data[["value", "low", "high"]].to_numpy(dtype=float)
    least = float(np.nanmin(ends, initial=0.0))
    most = float(np.nanmax(ends, initial=0.0))
    room = 0.04 * ((most - least) or 1.0)
    free = 16 + 7 * int(data["words"].str.len().max()) if labels else 0
    x = alt.X("value:Q", title=what,
              axis=alt.Axis(tickCount=5, format=tick_format, grid=True, labelSeparation=8,
                            labelExpr=PLAIN_ZERO),
              scale=alt.Scale(domain=[least - room, most + room], nice=False,
                              range=room_for_words(free)))  # fmt: skip
    limit = alt.ExprRef("width > 480 ? 200 : 105")
    y = alt.Y("row:N", sort=options, title=None, scale=alt.Scale(paddingInner=0.25),
              axis=alt.Axis(labelLimit=limit, grid=False,
                            labelExpr="split(datum.label, '\\n')"))  # fmt: skip
    offset = alt.YOffset("reading:N", sort=readings, scale=alt.Scale(paddingInner=0.2))
    colour = alt.Color("reading:N", sort=readings, title=None, scale=alt.Scale(domain=readings),
                       legend=None if direct else _LEGEND)  # fmt: skip
    base = alt.Chart(data).encode(y=y, yOffset=offset, color=colour)
    tooltip = [alt.Tooltip("option:N"), alt.Tooltip("reading:N"),
               alt.Tooltip("words:N", title="difference"),
               alt.Tooltip("interval:N", title="95 % interval")]  # fmt: skip
    # Beside the plain text: coloured words would say in colour what stands there anyway.
    words = alt.Chart(data).encode(y=y, yOffset=offset, text="words:N", x=alt.value("width"))
    chart = layered(
        alt.Chart(pd.DataFrame({"at": [0.0]})).mark_rule(style="cx_target").encode(x="at:Q"),
        base.mark_rule(strokeWidth=2.25).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_circle(size=80, opacity=1).encode(x=x, tooltip=tooltip),
        words.mark_text(style="cx_label", align="right") if labels else None,
        *(_named(data, base, (least + most) / 2) if direct else []),
    )
    return chart, (36 if direct else 24) * len(data) + 30 * len(options) + 20


_LEGEND = alt.Legend(orient="top", columns=1, symbolType="stroke", symbolStrokeWidth=3,
                     labelLimit=260)  # fmt: skip


def _named(data: pd.DataFrame, base: alt.Chart, middle: float) -> list[alt.Chart]:
    """Return the names of the readings, above their lines and towards the middle of the chart."""
    ends = data.assign(
        low=data["low"].fillna(data["value"]), high=data["high"].fillna(data["value"])
    )
    left = ends[["low", "high"]].mean(axis=1) < middle
    parts = []
    sides: list[tuple[pd.DataFrame, str, Any]] = [
        (ends[left], "low", "left"), (ends[~left], "high", "right"),
    ]  # fmt: skip
    for mine, end, align in sides:
        if len(mine):
            words = base.properties(data=mine).mark_text(
                align=align, baseline="bottom", dy=-6, fontSize=11, fontWeight=600
            )
            parts.append(words.encode(x=alt.X(f"{end}:Q"), text="reading:N"))
    return parts
