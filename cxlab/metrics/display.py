"""How a metric shows itself: plain text for terminals, HTML for notebooks."""

from __future__ import annotations

from html import escape
from typing import Any

from cxlab.metrics.declaration import Metric
from cxlab.units import UNITS, format_value

__all__ = ["metric_html", "metric_text"]

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

    rows = "".join(
        f"<tr><th scope='row' style='text-align:left'>{escape(label)}</th>"
        f"<td style='text-align:left'>{escape(text)}</td></tr>"
        for label, text in _facts(metric)
    )
    story, result = _example(metric)
    return (
        f"<h4>{escape(metric.title)} <code>{escape(metric.id)}</code></h4>"
        f"<p>{convert(metric.formula, display='block')}</p><table>{rows}</table>"
        f"<p><strong>Worked example.</strong> {escape(story)} <code>{escape(result)}</code></p>"
    )
