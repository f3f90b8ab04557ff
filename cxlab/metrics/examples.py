"""A metric's worked example as canonical tables, so that it can be measured and shown."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import Any

import pandas as pd

from cxlab.metrics.declaration import Metric
from cxlab.tables import TABLES, Kind, Tables

__all__ = ["clock", "example_frames", "example_row", "example_rows", "example_tables"]

MONDAY = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
"""The day on which worked examples begin."""


def clock(text: str) -> dt.datetime:
    """Return the instant of an example's time: "HH:MM[:SS]", "+days HH:MM", or a date.

    >>> clock("+2 10:00").isoformat()
    '2026-01-07T10:00:00+00:00'
    """
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    match = re.fullmatch(r"(?:\+(\d+) )?(\d\d):(\d\d)(?::(\d\d))?", text)
    if match is None:
        raise ValueError(f"not a clock time: {text!r}")
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return MONDAY + dt.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def example_frames(metric: Metric) -> dict[str, pd.DataFrame]:
    """Return the rows of the metric's worked example by table, as somebody would write them."""
    return {
        name: pd.DataFrame([_typed(name, row) for row in rows])
        for name, rows in metric.example.rows.items()
    }


def example_tables(metric: Metric) -> Tables:
    """Return the rows of the metric's worked example as canonical tables.

    Metrics that share their rows share the tables, with whatever was built on them.
    """
    key = (id(metric.example.rows), metric.example.as_of)  # declarations live as long as we do
    if key not in _SHARED:
        _SHARED[key] = Tables.from_frames(
            example_frames(metric), as_of=clock(metric.example.as_of), source="worked example"
        )
    return _SHARED[key]


_SHARED: dict[tuple[int, str], Tables] = {}


def example_row(metric: Metric) -> pd.Series:
    """Measure the metric's worked example; return the one result row that its value stands in."""
    return example_rows([metric])[metric.id]


def example_rows(metrics: Iterable[Metric]) -> dict[str, pd.Series]:
    """Return `example_row` of each metric by its id; those that ask the same are asked together."""
    from cxlab.metrics.measurement import measure

    together: dict[tuple[int, str, str, str | None], list[Metric]] = {}
    for metric in metrics:
        example = metric.example
        asked = (id(example.rows), example.as_of, example.by, example.period)
        together.setdefault(asked, []).append(metric)
    found: dict[str, pd.Series] = {}
    for alike in together.values():
        example = alike[0].example
        ids = list(dict.fromkeys(m.id for m in alike))
        rows = measure(example_tables(alike[0]), ids, by=example.by, period=example.period)
        found |= {m.id: _one_row(m, rows[rows["metric"] == m.id]) for m in alike}
    return found


def _one_row(metric: Metric, rows: pd.DataFrame) -> pd.Series:
    for name, wanted in metric.example.group.items():
        rows = rows[rows[name].astype(str) == wanted]
    if len(rows) != 1:
        raise ValueError(f"the example of {metric.id} has {len(rows)} result rows, not one")
    return rows.iloc[0]


def _typed(table: str, row: Any) -> dict[str, Any]:
    instants = {c.name for c in TABLES[table].columns if c.kind is Kind.INSTANT}
    return {k: clock(v) if k in instants and v is not None else v for k, v in row.items()}
