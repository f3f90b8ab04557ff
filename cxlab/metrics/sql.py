"""The SQL of a metric, as a reader would want to see it: by channel, on the canonical tables."""

from __future__ import annotations

import datetime as dt
from typing import cast

import ibis
import ibis.expr.types as ir
import sqlglot
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from cxlab.metrics.backlog import backlog_flows
from cxlab.metrics.declaration import Metric
from cxlab.metrics.facts import ticket_facts
from cxlab.metrics.query import classified, counts
from cxlab.metrics.repeats import with_repeats
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import Backlog, column
from cxlab.metrics.view import View, Windows
from cxlab.tables import TABLES, Kind, Tables

__all__ = ["metric_sql"]

_TYPES = {
    Kind.INSTANT: "timestamp(6)",
    Kind.INTEGER: "int64",
    Kind.NUMBER: "float64",
    Kind.BOOLEAN: "boolean",
}


def metric_sql(metric: Metric, as_of: dt.datetime | None = None, dialect: str = "duckdb") -> str:
    """Return the SQL that measures a metric by channel on complete tables.

    `as_of` (default: now) is the instant at which the SQL judges what is overdue or too young;
    it does not look back. `measure` computes the same value, and the interval besides.
    """
    now = as_of or dt.datetime.now(dt.UTC).replace(microsecond=0)
    facts = ticket_facts(_table("tickets"), _escalations(metric), now)
    if isinstance(metric.statistic, Backlog):
        flow = backlog_flows(facts, _table("status_events"))
        query = flow.group_by("channel").aggregate(**{column("net", "backlog"): flow.delta.sum()})
    else:
        rows = _rows(metric, now)
        asked = [metric.basis], {metric.basis.name: True}
        query = _value(with_repeats(classified(rows, *asked), *asked), metric)
    return _readable(str(ibis.to_sql(query, dialect=dialect)), dialect)


class _Declared(dict[str, ir.Table]):
    """The tables of a metric's worked example, as declared and without rows."""

    def __init__(self, metric: Metric) -> None:
        super().__init__({name: _table(name) for name in metric.example.rows})


class _Written(View):
    """A view whose sources are written out in full instead of being kept as tables."""

    small = False


def _rows(metric: Metric, now: dt.datetime) -> ir.Table:
    """Return the rows of the metric's source on the tables that its example has."""
    view = _Written(cast(Tables, _Declared(metric)), now)
    return SOURCES[metric.basis.source].build(view, Windows(None, None, "UTC", now))


def _value(rows: ir.Table, metric: Metric) -> ir.Table:
    """Return the metric's value per channel, with what was counted, left out and pending."""
    value = metric.statistic.shown(rows, metric.basis.name)
    return rows.group_by("channel").aggregate(value=value, **counts(rows, metric.basis))


def _table(name: str) -> ir.Table:
    columns = {c.name: _TYPES.get(c.kind, "string") for c in TABLES[name].columns}
    return ibis.table(columns, name=name)


def _escalations(metric: Metric) -> ir.Table | None:
    """Return the escalations where the metric looks at them."""
    looks = "escalations" in {*metric.basis.needs, *metric.basis.assumes}
    return _table("escalations") if looks else None


def _readable(sql: str, dialect: str) -> str:
    """Drop the columns that nothing uses, so that the idea of the query can be seen."""
    schema: dict[str, object] = {
        name: {c.name: "varchar" for c in spec.columns} for name, spec in TABLES.items()
    }
    tree = qualify(sqlglot.parse_one(sql, dialect=dialect), schema=schema, dialect=dialect)
    tree = pushdown_projections(tree, schema=schema)
    return tree.sql(dialect=dialect, pretty=True)
