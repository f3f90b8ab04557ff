"""The parts of a lesson that come from a metric's declaration."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from cxlab.errors import RunError
from cxlab.metrics import Metric, metric, metric_sql
from cxlab.metrics.examples import example_rows
from cxlab.metrics.statistics.base import TOO_FEW
from cxlab.report import Block, heading
from cxlab.report.definitions import definition_parts
from cxlab.report.html import Html, element, join, table
from cxlab.tables import TABLES
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


def worked_example(*ids: str) -> Block:
    """Return worked examples: their rows, the value by hand, and the value of cxlab.

    Metrics with the same rows stand below one table. Raises RunError if hand and cxlab differ:
    then the lesson would teach something wrong.
    """
    shown: list[Html] = []
    words: list[str] = []
    last: object = None
    chosen = [metric(i) for i in ids]
    measured = example_rows(chosen)
    for m in chosen:
        if m.example.rows != last:
            shown += [_rows(name, rows) for name, rows in m.example.rows.items()]
        last = m.example.rows
        told = _told(m, measured[m.id])
        shown.append(
            element("div", _name(m), *(element("p", t) for t in told), class_="box lesson")
        )
        words += [m.title, *told]
    return Block(join(shown), "\n".join(words))


def _told(m: Metric, row: pd.Series) -> list[str]:
    """Return the story of a metric's example, its value by hand, and what cxlab makes of it."""
    by_hand, measured = m.example.value, float(row["value"])
    if not math.isclose(measured, by_hand, rel_tol=1e-9, abs_tol=1e-9):
        raise RunError(f"the example of {m.id} by hand and by cxlab differ", given=by_hand,
                       expected=repr(measured))  # fmt: skip
    interval = format_interval(row["low"], row["high"], m.unit)
    words = [
        f"By hand: {format_value(by_hand, m.unit)}.",
        f"cxlab: {format_value(measured, m.unit)} from n = {row['n']:,}"
        + (f", 95 % interval {interval}." if interval else f"; interval: {m.interval}."),
    ]
    told = [part for part in str(row["note"]).split("; ") if part.startswith(TOO_FEW)]
    words += [f"{part[0].upper()}{part[1:]}." for part in told]
    if row["excluded"]:
        words.append(f"Left out: {_reasons(row['excluded'])}.")
    if row["pending"]:
        words.append(f"Pending: {row['pending']:,}.")
    return [m.example.story, " ".join(words)]


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

    `by`: the group column that names the row besides the metric's title. Columns in which no
    row has anything to say are left out.
    """
    columns = ["Metric", "Value", "95 % interval", "n", "Left out", "Pending"]
    every = [_result(row, by) for row in rows.to_dict("records")]
    used = [i for i in range(len(columns)) if i < 2 or any(row[i] for row in every)]
    columns, shown = [columns[i] for i in used], [tuple(row[i] for i in used) for row in every]
    body = table(
        columns, shown, caption=caption, numeric=["Value", "95 % interval", "n", "Pending"]
    )
    lines = ["  ".join(cell for cell in row if cell) for row in shown]
    return Block(body, "\n".join([caption, *lines]))


def _result(row: Mapping[Any, Any], by: str | None) -> tuple[str, ...]:
    unit = str(row["unit"])
    known = row["value"] == row["value"]
    return (
        str(row["title"]) + (f", {row[by]}" if by else ""),
        format_value(row["value"], unit),
        format_interval(row["low"], row["high"], unit) if known else "",
        "" if pd.isna(row["n"]) else f"{row['n']:,}",
        _reasons(row["excluded"]),
        f"{row['pending']:,}" if row["pending"] else "",
    )


def _reasons(excluded: Mapping[str, int]) -> str:
    return ", ".join(f"{reason.replace('_', ' ')} {n:,}" for reason, n in excluded.items())


def _name(m: Metric) -> Html:
    return element("h3", m.title, " ", element("code", m.id))


def _rows(name: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    used = {column for row in rows for column in row}
    columns = [c.name for c in TABLES[name].columns if c.name in used]
    cells = [tuple(_cell(row.get(c)) for c in columns) for row in rows]
    return table(columns, cells, caption=f"Table {name}")


def _cell(value: Any) -> str:
    """Return a cell of an example's table; a number with two decimals at the most."""
    if value is None:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
