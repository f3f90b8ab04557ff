"""Sliders in JupyterLab that simulate anew at every move. Needs ipywidgets, a page does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cxlab.errors import InputError
from cxlab.experiment import compare
from cxlab.experiment.comparison import Comparison
from cxlab.experiment.design import Range, changed_by
from cxlab.experiment.lattices import METRICS, default_ranges, key_words
from cxlab.report.html import Html, element, join, table
from cxlab.scenario import Scenario
from cxlab.scenario.source import look_up
from cxlab.units import format_interval, format_value

__all__ = ["live_sliders", "live_table"]

STEPS = 20


def live_sliders(
    scenario: Scenario,
    ranges: Mapping[str, Sequence[Any]] | None = None,
    metrics: str | Sequence[str] | None = None,
    *,
    replications: int = 4,
    seed: int | None = None,
) -> Any:
    """Return sliders over a table that is simulated anew, under the same draws, at every move.

    The arguments are those of `cx.what_if`. A small desk answers within a second (compiled
    engine). Raises InputError without ipywidgets, and as `what_if` does.
    """
    try:
        import ipywidgets as widgets
    except ImportError:
        raise InputError(
            "live sliders need ipywidgets", expected="pip install 'cxlab[live]'",
            hint="the sliders of the pictures work without",
        ) from None  # fmt: skip
    base = scenario if seed is None else scenario.but(seed=seed)
    chosen = default_ranges(base) if ranges is None else ranges
    along = {key: Range.of(key, ends) for key, ends in chosen.items()}
    wide = {"layout": widgets.Layout(width="36rem"), "style": {"description_width": "20rem"},
            "continuous_update": False}  # fmt: skip
    made = {key: _slider(widgets, base, key, r, wide) for key, r in along.items()}
    shown = widgets.HTML()

    def moved(_: Any = None) -> None:
        values = {key: _value(along[key], made[key].value) for key in made}
        shown.value = str(live_table(base, values, metrics, replications=replications))

    for widget in made.values():
        widget.observe(moved, names="value")
    moved()
    return widgets.VBox([*made.values(), shown])


def _slider(widgets: Any, base: Scenario, key: str, along: Range, look: Mapping[str, Any]) -> Any:
    words = key_words(base, key) + (" (times)" if along.times else "")
    known, own = look_up(base.resolved(), key)
    start = 1.0 if along.times else own if known and isinstance(own, int | float) else along.low
    start = min(max(start, along.low), along.high)
    if along.whole:
        return widgets.IntSlider(int(start), int(along.low), int(along.high), 1,
                                 description=words, **look)  # fmt: skip
    step = (along.high - along.low) / STEPS
    return widgets.FloatSlider(start, min=along.low, max=along.high, step=step,
                               description=words, **look)  # fmt: skip


def _value(along: Range, value: float) -> Any:
    return f"x{value:.12g}" if along.times else value


def live_table(
    base: Scenario,
    values: Mapping[str, Any],
    metrics: str | Sequence[str] | None = None,
    *,
    replications: int = 4,
) -> Html:
    """Return what a scenario with some values gives, beside the scenario as it is."""
    found = compare(base, options={"moved": changed_by(base, values)},
                    metrics=METRICS if metrics is None else metrics, replications=replications,
                    executor="here")  # fmt: skip
    columns = ["Metric", "Here", "95 % interval", "Now", "Difference"]
    rows = [_row(found, row) for row in found.table.to_dict("records")]
    caption = f"{replications} replications each, under the same draws"
    return join([element("div", table(columns, rows, caption=caption, numeric=columns[1:]))])


def _row(found: Comparison, row: Mapping[Any, Any]) -> list[str]:
    unit = str(row["unit"])
    own = found.tables["moved"]
    mine = own[own["metric"] == row["metric"]].iloc[0]
    return [
        str(row["title"]), format_value(row["other"], unit),
        format_interval(mine["low"], mine["high"], unit), format_value(row["base"], unit),
        str(row["verdict"]),
    ]  # fmt: skip
