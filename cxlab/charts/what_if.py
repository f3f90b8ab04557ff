"""What if: pictures that follow sliders, without a server.

Every picture carries the whole lattice of a `WhatIf` and shows the part of it where its sliders
stand, so that the same specification works in JupyterLab, which draws the sliders below it, and in
a page, which draws them once for all pictures. Grey is what is not to be trusted.
"""

from __future__ import annotations

import math
import re
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from cxlab.charts.base import LIVE, Figure, finish, layered
from cxlab.charts.words import Axis
from cxlab.errors import InputError
from cxlab.experiment.design import number_of
from cxlab.experiment.lattices import WhatIf, key_words
from cxlab.experiment.surrogates import limit_words
from cxlab.units import format_interval, format_value

__all__ = ["what_if_curve", "what_if_map", "what_if_readings"]

_ROW = 76


class _Frame:
    """A lattice as the charts carry it: short names, the units of the axes, few digits."""

    def __init__(self, found: WhatIf) -> None:
        self.found = found
        self.keys, self.metrics = found.keys, list(found.surrogates)
        self.names = {key: key_words(found.scenario, key) for key in self.keys}
        self.axes = {m: _axis(found, m) for m in self.metrics}
        columns: dict[str, Any] = {}
        for i, key in enumerate(self.keys):
            columns[f"k{i}"] = found.lattice[key].round(6)
        for i, metric in enumerate(self.metrics):
            for short, column in (("v", metric), ("l", f"{metric}_low"), ("h", f"{metric}_high")):
                scaled = self.axes[metric].scaled(found.lattice[column])
                columns[f"{short}{i}"] = [_rounded(v, 4 if short == "v" else 3) for v in scaled]
            columns[f"t{i}"] = found.lattice[f"{metric}_trusted"].astype(int)
        self.data = pd.DataFrame(columns)

    def number(self, metric: str) -> int:
        """Return the place of a metric; raises InputError for one that has no surface."""
        if metric not in self.metrics:
            why = self.found.left_out.get(metric)
            raise InputError("no surface of that metric", given=metric, known=self.metrics,
                             hint=why)  # fmt: skip
        return self.metrics.index(metric)

    def place(self, key: str) -> int:
        """Return the place of a key; raises InputError for one that does not vary."""
        if key not in self.keys:
            raise InputError("the key does not vary", given=key, known=self.keys)
        return self.keys.index(key)

    def param(self, key: str) -> str:
        """Return the name of a key's slider in the specification."""
        return "set_" + re.sub(r"\W", "_", key)

    def sliders(self) -> list[Any]:
        """Return the sliders of all keys, one step of the lattice each."""
        made = []
        for key in self.keys:
            axis = self.found.axes[key]
            bind = alt.binding_range(
                min=float(round(axis[0], 6)), max=float(round(axis[-1], 6)),
                step=float(round(axis[1] - axis[0], 6)), name=self.label(key),
            )  # fmt: skip
            made.append(alt.param(self.param(key), value=round(self.found.start[key], 6),
                                  bind=bind))  # fmt: skip
        return made

    def label(self, key: str) -> str:
        """Return what stands beside a key's slider and axis."""
        return self.names[key] + (" (times)" if self.found.ranges[key].times else "")

    def here(self, *others_than: str) -> list[str]:
        """Return the conditions that a point lies where the sliders stand, some keys left out."""
        return [
            f"abs(datum.k{i} - {self.param(key)}) < {self._near(key):.6g}"
            for i, key in enumerate(self.keys) if key not in others_than
        ]  # fmt: skip

    def _near(self, key: str) -> float:
        return float(np.diff(self.found.axes[key]).min()) / 2

    def stands(self, *others_than: str) -> str:
        """Return where the sliders stand at first, in words."""
        parts = [f"{self.names[key]} {_key_value(self.found, key, self.found.start[key])}"
                 for key in self.keys if key not in others_than]  # fmt: skip
        return "; ".join(parts)

    def cells(self, metric: str) -> pd.DataFrame:
        """Return the simulated cells as numbers: keys as k0, k1, …, value, low, high."""
        wide = self.found.sweep.wide(metric)
        columns: dict[str, Any] = {
            f"k{i}": [number_of(key, v) for v in wide[key]] for i, key in enumerate(self.keys)
        }
        for name in ("value", "low", "high"):
            columns[name] = [_rounded(v) for v in self.axes[metric].scaled(wide[name])]
        return pd.DataFrame(columns)

    def table(self, metrics: list[str]) -> pd.DataFrame:
        """Return the simulated cells as people read them."""
        wide = {m: self.found.sweep.wide(m) for m in metrics}
        first = wide[metrics[0]]
        columns: dict[str, Any] = {self.names[key]: first[key].astype(str) for key in self.keys}
        for m, rows in wide.items():
            unit = self.found.surrogates[m].metric.unit
            columns[_title(self.found, m)] = [format_value(v, unit) for v in rows["value"]]
            if len(metrics) == 1:
                columns["95 % interval"] = [format_interval(a, b, unit) or "–" for a, b in zip(
                    rows["low"], rows["high"], strict=True)]  # fmt: skip
        return pd.DataFrame(columns)


def _axis(found: WhatIf, metric: str) -> Axis:
    surface = found.surrogates[metric]
    name = f"{metric}_trusted"
    trusted = found.lattice.loc[found.lattice[name], metric]
    values = trusted if len(trusted) else found.lattice[metric]
    axis = Axis(surface.metric.unit, float(values.abs().quantile(0.9)), surface.metric.title)
    if surface.metric.unit == "money":
        axis.suffix = found.scenario.currency
        axis.title = f"{surface.metric.title} ({axis.suffix})"
    return axis


def _title(found: WhatIf, metric: str) -> str:
    return found.surrogates[metric].metric.title


def _rounded(value: float, digits: int = 4) -> float | None:
    """Return some digits of a value: what a picture shows, and a page can carry."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def _key_value(found: WhatIf, key: str, value: float) -> str:
    return ("× " if found.ranges[key].times else "") + f"{value:.4g}"


def _spoken(axis: Axis, field: str) -> str:
    """Return the Vega expression for a number with its unit."""
    digits = {"money": ",.2f", "count": ",.0f"}.get(axis.unit, ".1f")
    suffix = (
        axis.suffix if axis.suffix in ("%", "s", "min", "h", "d") or axis.unit == "money" else ""
    )
    return f"format({field}, '{digits}')" + (f" + ' {suffix}'" if suffix else "")


def what_if_readings(found: WhatIf, *, title: str = "What to expect") -> Figure:
    """Draw every metric where the sliders stand: value, error bar, and the scenario as it is.

    The line runs from the least to the most that the metric is anywhere on the lattice.
    """
    frame = _Frame(found)
    layers = []
    for i, metric in enumerate(frame.metrics):
        layers += _reading(frame, i, metric)
    chart = alt.layer(*layers, data=frame.data).add_params(*frame.sliders())
    for condition in frame.here():
        chart = chart.transform_filter(condition)
    figure: Figure = finish(
        chart, title, f"Where the sliders stand at first ({frame.stands()}): {_told(found)}.",
        height=_ROW * len(frame.metrics), data=frame.table(frame.metrics),
        caption="Grey line: from the least to the most at any setting. Blue: 95 % error bar. "
                "Tick, “now”: the scenario as it is.",
    )  # fmt: skip
    figure.usermeta = {**figure.usermeta, LIVE: True}
    return figure


def _told(found: WhatIf) -> str:
    at = found.lattice
    for key in found.keys:
        at = at[np.isclose(at[key], found.start[key])]
    row = at.iloc[0]
    parts = []
    for metric, surface in found.surrogates.items():
        unit = surface.metric.unit
        bar = format_interval(row[f"{metric}_low"], row[f"{metric}_high"], unit)
        doubt = "" if row[f"{metric}_trusted"] else ", not to be trusted"
        value = format_value(row[metric], unit)
        parts.append(f"{surface.metric.title} {value} (95 % error bar {bar}{doubt})")
    return "; ".join(parts)


def _reading(frame: _Frame, i: int, metric: str) -> list[Any]:
    """Return the layers of one metric: name, value, error bar in words, line with marks."""
    axis, top = frame.axes[metric], i * _ROW
    values = frame.data[f"v{i}"].to_numpy(dtype=float)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    size = (high - low) or 1.0
    scale = alt.Scale(domain=[0, 1], nice=False)
    share = {f"p{c}": f"clamp((datum.{c}{i} - {low:.6g}) / {size:.6g}, 0, 1)" for c in "vlh"}
    start = alt.Chart().transform_calculate(
        **share, words=_spoken(axis, f"datum.v{i}"),
        bar=f"{_spoken(axis, f'datum.l{i}')} + ' to ' + {_spoken(axis, f'datum.h{i}')}",
    )  # fmt: skip

    def text(what: str, y: int, *, style: str, when: str = "", x: Any = 0, size: int = 13,
             align: Any = "left") -> Any:  # fmt: skip
        part = start.transform_filter(when) if when else start
        mark = part.mark_text(style=style, align=align, baseline="middle", fontSize=size)
        shown = {"text": alt.value(what)} if what not in ("words", "bar") else {"text": f"{what}:N"}
        return mark.encode(x=alt.value(x), y=alt.value(top + y), **shown)

    known, doubt = f"datum.t{i} == 1", f"datum.t{i} == 0"
    line = {"y": alt.value(top + 60)}
    x = alt.X("pv:Q", scale=scale, axis=None)
    return [
        text(_title(frame.found, metric), 10, style="cx_note"),
        text("words", 34, style="cx_label", when=known, size=20),
        text("words", 34, style="cx_note", when=doubt, size=20),
        text("bar", 35, style="cx_note", when=known, x=130),
        text("not to be trusted here", 35, style="cx_target_label", when=doubt, x=130),
        *_now(frame, metric, top, low, size, scale),
        start.mark_rule(style="cx_branch").encode(
            x=alt.datum(0, scale=scale, axis=None), x2=alt.datum(1), **line
        ),
        start.mark_rule(style="cx_whisker").encode(
            x=alt.X("pl:Q", scale=scale, axis=None), x2="ph:Q", **line
        ),
        start.transform_filter(known).mark_circle(style="cx_point", size=110).encode(x=x, **line),
        start.transform_filter(doubt).mark_circle(style="cx_doubt", size=110).encode(x=x, **line),
    ]


def _now(frame: _Frame, metric: str, top: int, low: float, size: float, scale: Any) -> list[Any]:
    """Return the mark and the words of the scenario as it is."""
    base = frame.found.base
    value = float(base.loc[base["metric"] == metric, "value"].iloc[0])
    if math.isnan(value):
        return []
    axis = frame.axes[metric]
    at = (value / axis.divisor - low) / size
    unit = frame.found.surrogates[metric].metric.unit
    words = f"now {axis.words(value)}" + (f" {axis.suffix}" if unit == "money" else "")
    told = alt.Chart().mark_text(style="cx_target_label", align="right", baseline="middle")
    parts = [told.encode(x=alt.value("width"), y=alt.value(top + 10), text=alt.value(words))]
    if 0 <= at <= 1:
        mark = alt.Chart().mark_tick(style="cx_now", orient="vertical", size=16, thickness=2.5)
        parts.append(mark.encode(x=alt.datum(at, scale=scale, axis=None), y=alt.value(top + 60)))
    return parts


def what_if_map(
    found: WhatIf, metric: str, *, x: str | None = None, y: str | None = None, title: str = ""
) -> Figure:
    """Draw a metric over two keys, where the sliders of the others stand, as a heat map.

    `x`, `y`: by default the second key and the first. Raises InputError for one key only.
    """
    frame = _Frame(found)
    if len(frame.keys) < 2:
        raise InputError("a map needs two keys", given=frame.keys, hint="what_if_curve draws one")
    x, y = x or frame.keys[1], y or frame.keys[0]
    i, across, up = frame.number(metric), frame.place(x), frame.place(y)
    if across == up:
        raise InputError("a map needs two keys", given=[x, y], expected="different ones")
    axis = frame.axes[metric]
    trusted = frame.data.loc[frame.data[f"t{i}"] == 1, f"v{i}"]
    values = trusted if len(trusted) else frame.data[f"v{i}"]
    colour = alt.Color(
        f"v{i}:Q", title=axis.title,
        legend=alt.Legend(gradientLength=180, titleLimit=280, format=",~f"),
        scale=alt.Scale(domain=[float(values.min()), float(values.max())], range="heatmap"),
    )  # fmt: skip
    start = alt.Chart(frame.data).transform_calculate(
        words=_spoken(axis, f"datum.v{i}"),
        bar=f"{_spoken(axis, f'datum.l{i}')} + ' to ' + {_spoken(axis, f'datum.h{i}')}",
        doubt=f"datum.t{i} ? 'yes' : 'no'",
    ).encode(
        x=_levels(frame, x, f"k{across}"), y=_levels(frame, y, f"k{up}", upwards=True),
        tooltip=[alt.Tooltip(f"k{across}:Q", title=frame.label(x), format=".4~g"),
                 alt.Tooltip(f"k{up}:Q", title=frame.label(y), format=".4~g"),
                 alt.Tooltip("words:N", title=_title(found, metric)),
                 alt.Tooltip("bar:N", title="95 % error bar"),
                 alt.Tooltip("doubt:N", title="to be trusted")],
    )  # fmt: skip
    for condition in frame.here(x, y):
        start = start.transform_filter(condition)
    chosen = start
    for condition in frame.here():
        chosen = chosen.transform_filter(condition)
    chart = layered(
        start.transform_filter(f"datum.t{i} == 1").mark_rect().encode(color=colour),
        start.transform_filter(f"datum.t{i} == 0").mark_rect(style="cx_doubt"),
        chosen.mark_rect(style="cx_here", filled=False, strokeWidth=2.5),
    ).add_params(*frame.sliders())
    name = title or f"{_title(found, metric)}, two keys at once"
    doubt = int((frame.data[f"t{i}"] == 0).sum())
    limit = limit_words(found.surrogates[metric].metric.unit, found.surrogates[metric].within)
    grey = (f"Grey: not to be trusted, the error bar is wider than {limit} or it lies outside "
            f"what was simulated ({doubt:,} of {len(frame.data):,} points). ")  # fmt: skip
    words = (
        f"{_title(found, metric)} by {frame.names[y]} and {frame.names[x]}: "
        f"{_range_told(found, metric)} on the lattice. "
        f"{grey if doubt else 'All of it can be trusted. '}"
        f"At first the sliders stand at {frame.stands()} (the frame)."
    )
    caption = f"{_range_told(found, metric)} over all settings. Frame: where the sliders stand." + (
        f" Grey: not to be trusted ({doubt:,} of {len(frame.data):,} points)." if doubt else ""
    )
    rows = len(found.axes[y])
    figure: Figure = finish(chart, name, words, height=min(340, max(150, 34 * rows)),
                            data=frame.table([metric]), caption=caption)  # fmt: skip
    return figure


def _range_told(found: WhatIf, metric: str) -> str:
    unit, values = found.surrogates[metric].metric.unit, found.lattice[metric]
    return f"{format_value(values.min(), unit)} to {format_value(values.max(), unit)}"


def _levels(frame: _Frame, key: str, field: str, *, upwards: bool = False) -> Any:
    """Return the axis of a key's lattice; labels stand at the values that were simulated."""
    simulated = sorted({number_of(key, v) for v in frame.found.sweep.cells[key]})
    times = "'× ' + " if frame.found.ranges[key].times else ""
    axis = alt.Axis(values=[round(v, 6) for v in simulated], grid=False, ticks=False,
                    labelExpr=f"{times}format(datum.value, '.3~g')", labelAngle=0)  # fmt: skip
    scale = alt.Scale(paddingInner=0, paddingOuter=0)
    make = alt.Y if upwards else alt.X
    return make(f"{field}:O", title=_wrapped(frame.names[key], upwards), axis=axis, scale=scale,
                sort="descending" if upwards else "ascending")  # fmt: skip


def _wrapped(words: str, upwards: bool) -> Any:
    """Return an axis title, in two lines where it stands upright and is long."""
    if not upwards or len(words) < 22 or ", " not in words:
        return words
    return words.split(", ", 1)


def what_if_curve(found: WhatIf, metric: str, key: str | None = None, *, title: str = "") -> Figure:
    """Draw a metric along one key, where the sliders of the others stand, with its error bars.

    Large dots: what was simulated just there, with 95 % intervals; grey dots: not to be trusted.
    """
    frame = _Frame(found)
    key = key or frame.keys[0]
    i, along, axis = frame.number(metric), frame.place(key), frame.axes[metric]
    cells = frame.cells(metric)
    start, simulated = alt.Chart(frame.data), alt.Chart(cells)
    for condition in frame.here(key):
        start, simulated = start.transform_filter(condition), simulated.transform_filter(condition)
    ends = found.axes[key]
    room = 0.03 * float(ends[-1] - ends[0])
    scale = alt.Scale(domain=[float(ends[0]) - room, float(ends[-1]) + room], nice=False)
    levels = [round(v, 6) for v in sorted(set(cells[f"k{along}"]))]
    times = "'× ' + " if found.ranges[key].times else ""
    x = alt.X(f"k{along}:Q", title=frame.names[key], scale=scale,
              axis=alt.Axis(values=levels, grid=False, labelFlush=False,
                            labelExpr=f"{times}format(datum.value, '.3~g')"))  # fmt: skip
    y = alt.Y(f"v{i}:Q", title=axis.title, axis=alt.Axis(tickCount=5, format=",~f"),
              scale=alt.Scale(domain=_span(frame.data, i), nice=False, zero=False))  # fmt: skip
    here = start.transform_filter(frame.here()[along])
    doubt = start.transform_filter(f"datum.t{i} == 0")
    chart = layered(
        start.mark_area(style="cx_band", clip=True).encode(x=x, y=y.copy(), y2=f"h{i}:Q").encode(
            y=alt.Y(f"l{i}:Q", title=axis.title)
        ),
        start.mark_line(style="cx_series", clip=True).encode(x=x, y=y),
        doubt.mark_circle(style="cx_doubt", size=40, clip=True).encode(x=x, y=alt.Y(f"v{i}:Q")),
        simulated.mark_rule(style="cx_net", strokeWidth=1.5, clip=True).encode(
            x=x, y=alt.Y("low:Q"), y2="high:Q"
        ),
        simulated.mark_circle(style="cx_net", size=50, clip=True).encode(x=x, y=alt.Y("value:Q")),
        here.mark_rule(style="cx_target").encode(x=x),
        here.mark_circle(style="cx_point", size=130, clip=True).encode(x=x, y=alt.Y(f"v{i}:Q")),
    ).add_params(*frame.sliders())  # fmt: skip
    words = (
        f"{_title(found, metric)} along {frame.names[key]}, {_along_told(found, metric, key)}, "
        f"at first for {frame.stands(key) or 'the scenario as it is'}. Band: 95 % error bars of "
        "the surface; dark dots: simulated just there, with 95 % intervals; grey: not to be "
        "trusted; dashed line: where the slider stands."
    )
    caption = (
        "Band: 95 % error bars of the surface. Dark dots: simulated, with 95 % intervals. Dashed: "
        "where the slider stands."
        + (" Grey: not to be trusted." if (frame.data[f"t{i}"] == 0).any() else "")
    )
    name = title or f"{_title(found, metric)} by {frame.names[key]}"
    figure: Figure = finish(
        chart, name, words, height=220, data=frame.table([metric]), caption=caption
    )
    return figure


def _span(data: pd.DataFrame, i: int) -> list[float]:
    """Return the ends of a metric's axis: what is trusted, and a little more."""
    trusted = data[data[f"t{i}"] == 1] if (data[f"t{i}"] == 1).any() else data
    low, high = float(trusted[f"l{i}"].min()), float(trusted[f"h{i}"].max())
    room = 0.04 * ((high - low) or 1.0)
    return [min(0.0, low) if low <= 0 else max(0.0, low - room), high + room]


def _along_told(found: WhatIf, metric: str, key: str) -> str:
    """Return the values at both ends of a key, where the other sliders stand at first."""
    rows = found.lattice
    for other in found.keys:
        if other != key:
            rows = rows[np.isclose(rows[other], found.start[other])]
    unit = found.surrogates[metric].metric.unit
    first, last = rows.iloc[0], rows.iloc[-1]
    return (
        f"{format_value(first[metric], unit)} at {_key_value(found, key, first[key])} and "
        f"{format_value(last[metric], unit)} at {_key_value(found, key, last[key])}"
    )
