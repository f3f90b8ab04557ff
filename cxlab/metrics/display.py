"""How a metric shows itself: plain text for terminals, HTML for notebooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cxlab import display
from cxlab.metrics.declaration import Metric
from cxlab.units import UNITS, format_value

__all__ = ["catalogue_html", "metric_html", "metric_text"]

_BETTER = {"up": "higher is better", "down": "lower is better", "depends": "depends on the case"}


def _facts(metric: Metric) -> list[tuple[str, str]]:
    """Return the declaration as (label, text) pairs, in reading order."""
    left_out = "; ".join(f"{e.reason} ({e.meaning})" for e in metric.exclusions) or "none"
    return [
        ("definition", metric.definition),
        ("population", metric.population),
        ("attribution", f"by the instant: {metric.attribution.value}"),
        ("left out", left_out),
        ("pending", metric.basis.pending_meaning or "none"),
        ("unit", f"{metric.unit} ({UNITS[metric.unit]}); {_BETTER[metric.direction]}"),
        ("interval", f"95 %, {metric.interval}"),
        ("notes", " ".join(metric.notes) or "none"),
        ("source", metric.source),
        ("version", str(metric.version)),
    ]


def _example(metric: Metric) -> tuple[str, str]:
    value = format_value(metric.example.value, metric.unit)
    return metric.example.story.strip(), f"{metric.id} = {value}"


def metric_text(metric: Metric) -> str:
    """Return definition, formula and worked example as plain text."""
    lines = [f"{metric.id}: {metric.title}", ""]
    lines += [f"{label:>12}  {text}" for label, text in _facts(metric)]
    story, result = _example(metric)
    lines += [f"{'formula':>12}  {metric.formula}", "", "worked example"]
    lines += [f"  {story}", f"  {result}", ""]
    for table, rows in metric.example.rows.items():
        lines += [f"  {table}", *("    " + _row(r) for r in rows)]
    return "\n".join(lines)


def _row(row: Any) -> str:
    return ", ".join(f"{k}={v}" for k, v in row.items())


def metric_html(metric: Metric) -> str:
    """Return definition, formula (MathML) and worked example as HTML."""
    from latex2mathml.converter import convert

    story, result = _example(metric)
    example = [f"Worked example: {story}", result]
    formula = f"<p>{convert(metric.formula, display='block')}</p>"
    tables = (_rows_html(name, rows) for name, rows in metric.example.rows.items())
    return display.shown(
        display.heading(metric.title, metric.id), formula, display.facts(_facts(metric)),
        display.lines(example, quiet=False), *tables,
    )  # fmt: skip


def catalogue_html(metrics: Mapping[str, Metric], families: Mapping[str, Iterable[str]]) -> str:
    """Return a catalogue as HTML: the concepts of each family, with how many readings they have."""
    readings = Counter(m.variant_of or m.id for m in metrics.values())
    rows = [
        (family, m.id, m.title, m.definition, str(readings[m.id]))
        for family, ids in families.items()
        for m in (metrics[i] for i in ids if i in metrics)
        if not m.variant_of
    ]
    said = [
        f"{len(metrics)} metrics, {len(rows)} concepts; cx.metric(id) shows one with its formula."
    ]
    return display.shown(
        display.table(("family", "id", "title", "definition", "readings"), rows,
                      numeric=("readings",)),
        display.lines(said),
    )  # fmt: skip


def _rows_html(name: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the rows of a worked example; a column that no row has is left out."""
    listed = list(rows)
    columns = list(dict.fromkeys(c for row in listed for c in row))
    cells = [["" if row.get(c) is None else row[c] for c in columns] for row in listed]
    return display.table(columns, cells, caption=name)
