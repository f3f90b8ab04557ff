"""What the what-if page shows beside its pictures: what was played, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cxlab.charts.what_if import what_if_curve, what_if_map
from cxlab.experiment.design import ranges_of
from cxlab.experiment.lattices import WhatIf, key_words
from cxlab.experiment.surrogates import limit_words
from cxlab.report.blocks import Block
from cxlab.report.heading import heading
from cxlab.report.html import element, join, table
from cxlab.units import format_margin

__all__ = ["chosen_ranges", "what_if_heading", "what_if_pictures", "what_if_trust"]


def chosen_ranges(given: Sequence[str] | None) -> dict[str, list[Any]] | None:
    """Return key=low..high texts as `cx.what_if` takes them; None for none."""
    return None if given is None else ranges_of(given)


def what_if_heading(found: WhatIf) -> Block:
    """Return the head of a what-if page."""
    scenario = found.scenario
    ranges = [
        f"{key_words(scenario, key)}, {_ends(found, key)}" for key in found.keys
    ]  # fmt: skip
    facts = [
        ["Scenario", scenario.name],
        ["What varies", "; ".join(ranges)],
        ["Simulated", found.sweep.summary],
        ["Between them", f"{len(found.lattice):,} points on surfaces through the cells"],
        ["Seed", str(scenario.seed)],
    ]
    title = f"What if: {scenario.title or scenario.name}"
    return heading("What-if page", title, scenario.description, facts)


def _ends(found: WhatIf, key: str) -> str:
    along = found.ranges[key]
    times = "× " if along.times else ""
    return f"from {times}{along.low:g} to {times}{along.high:g}"


def what_if_pictures(found: WhatIf, metric: str | None = None) -> list[Any]:
    """Return a map of every metric, and curves along each key of one (by default the first)."""
    chosen = next(iter(found.surrogates)) if metric is None else metric
    curves = [what_if_curve(found, chosen, key) for key in found.keys]
    if len(found.keys) < 2:
        return curves + [what_if_curve(found, m) for m in found.surrogates if m != chosen]
    return [*(what_if_map(found, m) for m in found.surrogates), *curves]


_COLUMNS = ("Metric", "Surface", "Off by", "At worst", "Inside its bars", "Trusted up to",
            "Trusted")  # fmt: skip


def what_if_trust(found: WhatIf) -> Block:
    """Return how each surface did on cells it had not seen, and where it is not to be trusted."""
    rows, words = [], []
    for metric, surface in found.surrogates.items():
        first, unit = surface.models[0], surface.metric.unit
        trusted = float(found.lattice[f"{metric}_trusted"].mean())
        rows.append(
            [surface.metric.title, surface.model, format_margin(first.error, unit),
             format_margin(first.worst, unit), f"{first.covered:.0%}".replace("%", " %"),
             limit_words(unit, surface.within), f"{trusted:.0%}".replace("%", " %")]
        )  # fmt: skip
        words += surface.summary
    caption = (
        "How far each surface is off on cells left out: root mean square and largest error, and "
        "how many lay in its 95 % error bars; which error bars are trusted, and on how much of the "
        "lattice"
    )
    body = [table(_COLUMNS, rows, caption=caption, numeric=_COLUMNS[2:])]
    left = [f"{metric}: {why}." for metric, why in found.left_out.items()]
    if left:
        items = element("ul", join(element("li", line) for line in left))
        body.append(element("div", element("p", element("strong", "Left out")), items,
                            class_="note", role="note"))  # fmt: skip
    return Block(join(body), "\n".join([*words, *left]))
