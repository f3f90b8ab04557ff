"""The parts of a lesson that come from a metric's declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxlab.metrics import Metric, metric, metric_sql
from cxlab.metrics.examples import example_row
from cxlab.report import Block, heading
from cxlab.report.definitions import definition_parts
from cxlab.report.html import Html, element, join, table
from cxlab.units import format_interval, format_value

__all__ = ["definition", "opening", "results", "sql", "worked_example"]


def opening(title: str, question: str, *, metrics: Sequence[str] = ()) -> Block:
    """Return the head of a lesson's page: its title, the question it answers, its metrics."""
    named = ", ".join(metric(m).id for m in metrics)
    return heading("Lesson", title, question, [["Metrics", named]] if named else [])


def definition(*ids: str) -> Block:
    """Return what metrics mean: definition, formula and rules, as the catalogue has them."""
    chosen = [metric(i) for i in ids]
    body = join(element("div", _name(m), *definition_parts(m), class_="box lesson") for m in chosen)
    return Block(body, "\n".join(f"{m.title} ({m.id}): {m.definition}" for m in chosen))


def worked_example(metric_id: str) -> Block:
    """Return a metric's worked example: its rows, the value by hand, and the value of cxlab.

    Raises AssertionError if the two differ: then the lesson would teach something wrong.
    """
    m = metric(metric_id)
    row = example_row(m)
    by_hand, measured = m.example.value, float(row["value"])
    assert abs(measured - by_hand) <= 1e-9 * max(1.0, abs(by_hand)), (metric_id, measured, by_hand)
    interval = format_interval(row["low"], row["high"], m.unit)
    words = [
        f"By hand: {format_value(by_hand, m.unit)}.",
        f"cxlab: {format_value(measured, m.unit)} from n = {row['n']:,}"
        + (f", 95 % interval {interval}." if interval else f"; interval: {m.interval}."),
    ]
    if row["excluded"]:
        left_out = ", ".join(f"{reason} {n:,}" for reason, n in row["excluded"].items())
        words.append(f"Left out: {left_out}.")
    if row["pending"]:
        words.append(f"Pending: {row['pending']:,}.")
    tables = [_rows(name, rows) for name, rows in m.example.rows.items()]
    body = join([element("p", m.example.story), *tables, element("p", " ".join(words))])
    return Block(body, "\n".join([m.example.story, *words]))


def sql(metric_id: str) -> Block:
    """Return the SQL that measures a metric, folded away until somebody asks for it."""
    text = metric_sql(metric(metric_id))
    body = element(
        "details",
        element("summary", f"SQL of {metric_id} (DuckDB)"),
        element("pre", text, tabindex="0"),
    )
    return Block(body, text)


def results(rows: pd.DataFrame, *, by: str | None = None, caption: str = "Results") -> Block:
    """Return tidy result rows as a table: what, value, interval, n, what was left out.

    `by`: the group column that names the row besides the metric's title.
    """
    shown = [_result(row, by) for row in rows.to_dict("records")]
    columns = ["Metric", "Value", "95 % interval", "n", "Left out", "Pending"]
    body = table(
        columns, shown, caption=caption, numeric=["Value", "95 % interval", "n", "Pending"]
    )
    lines = ["  ".join(str(cell) for cell in row if cell) for row in shown]
    return Block(body, "\n".join([caption, *lines]))


def _result(row: Mapping[Any, Any], by: str | None) -> tuple[str, ...]:
    unit = str(row["unit"])
    known = row["value"] == row["value"]
    return (
        str(row["title"]) + (f", {row[by]}" if by else ""),
        format_value(row["value"], unit),
        format_interval(row["low"], row["high"], unit) if known else "",
        f"{row['n']:,}",
        ", ".join(f"{reason} {n:,}" for reason, n in row["excluded"].items()),
        f"{row['pending']:,}" if row["pending"] else "",
    )


def _name(m: Metric) -> Html:
    return element("h3", m.title, " ", element("code", m.id))


def _rows(name: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [tuple("" if row.get(c) is None else str(row[c]) for c in columns) for row in rows]
    return table(columns, cells, caption=f"Table {name}")
