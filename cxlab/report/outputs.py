"""From what notebook cells show to what a page shows: trusted blocks, charts, and the rest.

Only markup under our own MIME type is taken as markup. Charts become figures. What other libraries
show goes through `foreign`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cxlab.charts.base import CAPTION, EMPTY, LIVE, TABLE
from cxlab.charts.renderer import LAB_WIDTH
from cxlab.charts.renderer import MIME as CHART_MIME
from cxlab.report.absent import absent
from cxlab.report.blocks import BLOCK_MIME, PAGE_MIME
from cxlab.report.drawing import Colours, drawing
from cxlab.report.foreign import foreign, plain, text_of
from cxlab.report.html import Html, element, join, table

__all__ = ["Collected", "join_outputs", "place_of", "show_output"]


@dataclass
class Collected:
    """What the page gathers while it reads the outputs."""

    charts: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    datasets: dict[str, Any] = field(default_factory=dict)
    colours: Colours | None = None
    """Set for a page without scripts: its charts are drawn at once."""

    tables: list[Html] = field(default_factory=list)
    drawings: list[Html] = field(default_factory=list)
    """Data and drawings of the charts of such a page; `place_of` says where each goes."""

    def add_facts(self, facts: Mapping[str, Any]) -> None:
        """Merge facts for the page; lists grow, everything else is replaced."""
        for name, value in facts.items():
            if isinstance(value, list):
                self.facts.setdefault(name, []).extend(value)
            else:
                self.facts[name] = value


def show_output(output: Mapping[str, Any], collected: Collected) -> Html | None:
    """Return the markup of one output of a cell; None when there is nothing to show."""
    kind = output["output_type"]
    if kind == "stream":
        # Warnings on stderr are for whoever runs the notebook, not for the reader of the page.
        return plain(text_of(output["text"])) if output.get("name") == "stdout" else None
    if kind not in ("display_data", "execute_result"):
        return None
    data = output["data"]
    collected.add_facts(data.get(PAGE_MIME, {}))
    if BLOCK_MIME in data:
        return Html(text_of(data[BLOCK_MIME]))
    if CHART_MIME in data:
        return _chart(data[CHART_MIME], collected)
    return foreign(data, output.get("metadata") or {})


def _chart(spec: dict[str, Any], collected: Collected) -> Html:
    """Return a figure: heading, room for the drawing, the description.

    The page's script draws the chart, and writes the table of its data, from what is collected.
    """
    title = spec.get("title", "")
    heading = title.get("text", "") if isinstance(title, Mapping) else title
    words = str(spec.get("description", ""))
    about: Mapping[str, Any] = spec.get("usermeta") or {}
    if about.get(EMPTY):
        return absent(heading, words)
    caption = str(about.get(CAPTION, words))
    number = len(collected.charts)
    # The page brings the title (which wraps on a small screen) and the theme itself.
    kept = {k: v for k, v in spec.items() if k not in _OURS}
    if kept.get("width") == LAB_WIDTH:
        kept["width"] = "container"
    if collected.colours is not None:
        return _drawn(kept, heading, (words, caption), about.get(TABLE), collected)
    kept["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json"
    # Their names are hashes of what they hold: charts of the same data share them on the page.
    collected.datasets |= kept.get("datasets", {})
    kept["datasets"] = list(kept.get("datasets", {}))
    chart = {"spec": kept, "title": heading, "table": about.get(TABLE), "live": about.get(LIVE)}
    collected.charts.append({name: part for name, part in chart.items() if part is not None})
    return element(
        "figure",
        element("h3", heading),
        element("div", class_="plot", role="img", aria_label=words),
        element("figcaption", caption) if caption else None,
        class_="chart tall" if _height(spec) > TALL else "chart",
        data_chart=number,
    )


def place_of(what: str, number: int) -> Html:
    """Return what stands in a page for a chart's "drawing" or "table" until it is known to fit."""
    return Html(f"<!--{what} {number}-->")


def _drawn(
    spec: dict[str, Any], heading: str, texts: tuple[str, str], told: Any, collected: Collected
) -> Html:
    """Return a figure with the chart as SVG, and room for the table of its data.

    `texts`: what the chart shows in words, and what is printed below it.
    """
    assert collected.colours is not None
    number = len(collected.charts)
    collected.charts.append(spec)
    title = f"{heading}: the data"
    data = table(told["columns"], told["rows"], caption=title) if told else Html("")
    folded = element("details", element("summary", "Data of this chart"), data)
    collected.tables.append(folded if told else data)
    fixed = dict(spec) | {"params": [_without_bind(p) for p in spec.get("params", [])]}
    settings = _settings(spec) if not any(_settings(s) for s in collected.charts[:-1]) else None
    drawn, told_in = drawing(fixed, f"c{number}", collected.colours), f"told-{number}"
    words, caption = texts
    label = {"aria_labelledby": told_in} if words == caption else {"aria_label": words}
    collected.drawings.append(
        element("div", drawn, class_="plot", role="img", tabindex="0", **label)
    )
    figure = element(
        "figure",
        element("h3", heading),
        place_of("drawing", number),
        element("figcaption", caption, id=told_in) if caption else None,
        place_of("table", number),
        class_="chart",
    )  # fmt: skip
    return join([settings, figure])


def _without_bind(param: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in param.items() if name != "bind"}


def _settings(spec: Mapping[str, Any]) -> Html | None:
    """Return in words where the sliders of a chart stand, which a page without scripts lacks."""
    bound = [p for p in spec.get("params", []) if (p.get("bind") or {}).get("input") == "range"]
    if not bound:
        return None
    lines = (element("li", f"{p['bind'].get('name', p['name'])}: {p['value']:.4g}") for p in bound)
    words = "This page has no scripts, so no sliders. The pictures show this setting:"
    return element("div", element("p", words), element("ul", join(lines)), class_="box")


TALL = 450
"""From this height on (pixels) paper shows the data of a chart instead of the drawing."""


def _height(spec: Mapping[str, Any]) -> float:
    height = spec.get("height")
    return float(height) if isinstance(height, int | float) else 0.0


_OURS = ("title", "config", "$schema", "usermeta", "description")


def join_outputs(outputs: list[dict[str, Any]], collected: Collected) -> Html:
    """Return the markup of all outputs of one cell."""
    return join(show_output(o, collected) for o in outputs)
