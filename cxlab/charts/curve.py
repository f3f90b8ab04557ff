"""Curves: what lasts (customers, open tickets), and what a number does as another one grows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.ends import end_labels, line_ends, room_at_the_end
from cxlab.charts.words import Axis, axis_for

__all__ = ["curves", "survival_curve"]

_GROUPS = 5


def survival_curve(
    frame: pd.DataFrame, *, time: str, share: str = "Still there", title: str
) -> Figure:
    """Draw the share that lasts longer than each time, as steps with its 95 % band.

    `frame`: columns time, value, low, high (shares 0 to 1), group where there are several curves
    (the first five are drawn), and at_risk (how many were still followed at that time) where it
    is known: those numbers stand below the curves, as a survival plot has them. `time` names the
    axis with its unit ("Time (months)").
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
    counted = "at_risk" in rows
    below = _LINE * (len(names) + 1) if counted else 0.0
    ends = line_ends(rows.assign(x=rows["time"]), names, bottom=-below, top=100.0)
    color = alt.Color("group:N", title=None, sort=names,
                      legend=_legend(names) if ends is None else None)  # fmt: skip
    x = alt.X("time:Q", title=time, axis=alt.Axis(tickCount=8, labelSeparation=6),
              scale=alt.Scale(nice=ends is None, range=room_at_the_end(ends)))  # fmt: skip
    y = alt.Y("value:Q", title=f"{share} (%)", axis=alt.Axis(values=list(range(0, 101, 20))),
              scale=alt.Scale(domain=[-below, 100], nice=False))  # fmt: skip
    tooltip = [alt.Tooltip("group:N", title="group"), alt.Tooltip("time:Q", title=time),
               alt.Tooltip("value:Q", title="%", format=".1f")]  # fmt: skip
    base = alt.Chart(rows).encode(x=x, color=color)
    chart = layered(
        *(_numbers_at_risk(rows, names, x, color) if counted else []),
        base.mark_area(opacity=0.16, interpolate="step-after").encode(y="low:Q", y2="high:Q"),
        base.mark_line(interpolate="step-after", strokeWidth=2.25).encode(y=y),
        base.mark_circle(size=28, opacity=0).encode(y=y, tooltip=tooltip),
        end_labels(None if ends is None else ends.assign(time=ends["x"]), x, color),
    )
    height = 260 + (18 * (len(names) + 1) if counted else 0)
    figure: Figure = finish(
        chart, title, _words(rows, names, time, title), height=height, data=_readable(rows)
    )
    return figure


_LINE = 7.0
"""Height of a line of numbers below the curves, in percent of the axis."""

_PLACES = 7
"""At so many times the numbers at risk are said."""


def _numbers_at_risk(rows: pd.DataFrame, names: list[str], x: Any, color: Any) -> list[Any]:
    """Return a line of numbers for each curve, in its colour and order, and what they are."""
    most = float(rows["time"].max())
    step = next(s for s in (1, 2, 3, 6, 12, 24, 60, most or 1) if most / s < _PLACES)
    kept = rows[rows["time"] % step == 0]
    data = pd.DataFrame(
        {
            "group": kept["group"],
            "time": kept["time"],
            "at": [-_LINE * (1.2 + names.index(g)) for g in kept["group"]],
            "words": [f"{n:,.0f}" for n in kept["at_risk"]],
        }
    )
    head = alt.Chart(pd.DataFrame({"at": [-_LINE * 0.45], "words": ["Still followed (number)"]}))
    return [
        head.mark_text(style="cx_note", fontSize=11, align="left").encode(
            x=alt.value(0), y="at:Q", text="words:N"
        ),
        alt.Chart(data).mark_text(fontSize=11, fontWeight=600).encode(
            x=x, y="at:Q", text="words:N", color=color
        ),
    ]  # fmt: skip


def _legend(names: list[str]) -> alt.Legend | None:
    """Return a legend whose colours are as full as the lines, not as the bands."""
    if len(names) < 2:
        return None
    return alt.Legend(orient="top", symbolType="stroke", symbolOpacity=1, symbolStrokeWidth=3,
                      labelLimit=240, columns=1 if max(map(len, names)) > 18 else 3)  # fmt: skip


def _words(rows: pd.DataFrame, names: list[str], time: str, title: str) -> str:
    told = []
    for name in names:
        part = rows[rows["group"] == name]
        last = part.iloc[-1]
        below = part[part["value"] <= 50]
        half = (
            f"half at {below['time'].iloc[0]:,.4g}" if len(below) else "more than half to the end"
        )
        size = f" of {part['at_risk'].iloc[0]:,.0f}" if "at_risk" in part else ""
        told.append(f"{name}{size}: {half}; {last['value']:.1f} % at {last['time']:,.4g}")
    return f"{title}. {time}. " + ". ".join(told) + "."


def _readable(rows: pd.DataFrame) -> pd.DataFrame:
    most = 40
    kept = rows.iloc[:: max(1, len(rows) // most)]
    shares = {
        name: [f"{v:.1f} %" for v in kept[column]]
        for column, name in (("value", "Share"), ("low", "Low"), ("high", "High"))
    }
    table = pd.DataFrame({"Group": kept["group"], "Time": kept["time"], **shares})
    return table.assign(**{"Still followed": kept["at_risk"]}) if "at_risk" in kept else table


def curves(
    frame: pd.DataFrame,
    *,
    over: str,
    what: str,
    title: str,
    dots: Collection[str] = (),
    steps: bool = False,
) -> Figure:
    """Draw how a number changes as another one grows, a line for each group.

    `frame`: columns x, value, unit, group (the first five are drawn), and low and high where they
    are known: a band around a line, a whisker at a dot. `over` and `what` name the axes, `over`
    with its unit. `dots`: groups drawn as points, such as measured beside computed values.
    `steps`: a value holds until the next x.
    """
    known = frame[frame["value"].notna()] if len(frame) else frame
    if known.empty:
        return nothing_to_draw(title, "There is nothing to draw.")
    axis = axis_for(known, what)
    names = list(dict.fromkeys(known["group"].astype(str)))[:_GROUPS]
    rows = _on_axis(known, names, axis)
    ends = _ends(rows, names) if not dots else None
    color = alt.Color("group:N", title=None, sort=names, scale=alt.Scale(domain=names),
                      legend=_legend(names) if ends is None else None)  # fmt: skip
    whole = alt.Axis(tickCount=8, tickMinStep=1) if (rows["x"] % 1 == 0).all() else None
    place = alt.Scale(zero=False, nice=ends is None, range=room_at_the_end(ends))
    x = alt.X("x:Q", title=over, axis=whole or alt.Axis(tickCount=8), scale=place)
    y = alt.Y("value:Q", title=axis.title)
    tooltip = [alt.Tooltip("group:N", title="group"), alt.Tooltip("x:Q", title=over, format=",.4g"),
               alt.Tooltip("words:N", title=what)]  # fmt: skip
    drawn = rows[~rows["group"].isin(dots)]
    lines = alt.Chart(_closed(drawn) if steps else drawn).encode(x=x, color=color)
    drawn_as_dots = rows[rows["group"].isin(dots)]
    points = alt.Chart(drawn_as_dots).encode(x=x, color=color)
    how: Any = {"interpolate": "step-after"} if steps else {}
    limits = {"y": alt.Y("low:Q", title=axis.title), "y2": "high:Q"}
    # A scale over nothing, or nothing but missing values, is a warning on the console.
    chart = layered(
        lines.mark_area(opacity=0.16, **how).encode(**limits) if _known(drawn) else None,
        *([] if drawn.empty else [
            lines.mark_line(strokeWidth=2.25, **how).encode(y=y),
            lines.mark_circle(size=28, opacity=0).encode(y=y, tooltip=tooltip),
        ]),
        *([] if drawn_as_dots.empty else [
            points.mark_rule(strokeWidth=2.25).encode(**limits) if _known(drawn_as_dots) else None,
            points.mark_circle(size=70, opacity=1).encode(y=y, tooltip=tooltip),
        ]),
        end_labels(ends, x, color),
    )  # fmt: skip
    words = f"{title}. {over}. " + ". ".join(_course(rows, name) for name in names) + "."
    figure: Figure = finish(chart, title, words, data=_course_table(rows, over, what, axis))
    return figure


def _ends(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame | None:
    """Return the ends of the lines with their names; None for a legend."""
    values = rows[["value", "low", "high"]]
    bottom = min(0.0, float(values.min().min()))
    return line_ends(rows, names, bottom=bottom, top=float(values.max().max()))


def _known(rows: pd.DataFrame) -> bool:
    """Return whether any row has an interval."""
    return bool((rows["low"].notna() & rows["high"].notna()).any())


def _on_axis(known: pd.DataFrame, names: list[str], axis: Axis) -> pd.DataFrame:
    """Return the rows of these groups in order, in the axis's unit, with their values in words."""
    rows = known.assign(group=known["group"].astype(str))
    rows = rows[rows["group"].isin(names)].sort_values(["group", "x"], ignore_index=True)
    if "low" not in rows:
        rows = rows.assign(low=float("nan"), high=float("nan"))
    words = [axis.words(v) for v in rows["value"]]
    scaled = {c: axis.scaled(rows[c]) for c in ("value", "low", "high")}
    return rows[["group", "x"]].assign(words=words, **scaled)


def _closed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with an end for each group's last step, as long as the one before."""
    last = rows.groupby("group", sort=False).tail(1)
    step = rows.groupby("group", sort=False)["x"].diff().reindex(last.index).fillna(0)
    return pd.concat([rows, last.assign(x=last["x"] + step)]).reset_index(drop=True)


def _course(rows: pd.DataFrame, name: str) -> str:
    """Return in words where a group begins and ends, and its highest point if between."""
    part = rows[rows["group"] == name]
    places, words = part["x"].to_numpy(dtype=float), part["words"].tolist()
    last, top = len(words) - 1, int(part["value"].to_numpy(dtype=float).argmax())

    def at(i: int) -> str:
        return f"{words[i]} at {places[i]:,.4g}"

    told = f"{name}: {at(0)}" + (f", {at(last)}" if last else "")
    return told if top in (0, last) else f"{told}, highest {at(top)}"


def _course_table(rows: pd.DataFrame, over: str, what: str, axis: Axis) -> pd.DataFrame:
    most = 60
    kept = rows.iloc[:: max(1, len(rows) // most)]
    table = {"Group": kept["group"], over: kept["x"].astype(float), what: kept["words"]}
    if rows["low"].notna().any():
        table["95 % interval"] = pd.Series(
            [
                axis.interval(low * axis.divisor, high * axis.divisor) or "–"
                for low, high in zip(kept["low"], kept["high"], strict=True)
            ],
            index=kept.index,
        )
    return pd.DataFrame(table)
