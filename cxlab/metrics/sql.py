"""The SQL of a metric, as a reader would want to see it: on the canonical tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.eliminate_ctes import eliminate_ctes
from sqlglot.optimizer.eliminate_joins import eliminate_joins
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries
from sqlglot.optimizer.merge_subqueries import merge_subqueries
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify

from cxlab.calendars import Period
from cxlab.metrics.backlog import backlog_flows
from cxlab.metrics.declaration import Metric
from cxlab.metrics.examples import example_tables
from cxlab.metrics.plan import ALIASES, Plan
from cxlab.metrics.query import Cut, counts, group, prepared
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import Backlog, Fitted, column
from cxlab.metrics.view import View
from cxlab.tables import TABLES, Kind, Tables
from cxlab.tables.narrow import narrowed
from cxlab.tables.store import Meta, Stored

__all__ = ["Shown", "metric_sql", "shown_query"]

MOST_ROWS = 40
"""Small tables that cxlab makes (the periods) are written out up to so many rows."""

_TYPES = {
    Kind.INSTANT: "timestamp(6)",
    Kind.INTEGER: "int64",
    Kind.NUMBER: "float64",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
}


@dataclass(frozen=True)
class Shown:
    """A metric's query, and the tables it needs besides the canonical ones."""

    query: ir.Table
    helpers: dict[str, ir.Table]


def metric_sql(
    metric: Metric,
    as_of: dt.datetime | None = None,
    dialect: str = "duckdb",
    *,
    period: Period | str | None = None,
    by: str | None = None,
) -> str:
    """Return the SQL that measures a metric on complete tables.

    `as_of` (default: now) is the instant at which the SQL judges what is overdue or too young;
    it does not look back. `by` names columns to group by (default: the channel, where the rows
    have one). Rows that exist once per period are shown for one `period`, by default the month
    before the one of `as_of`. For a number that is fitted to cells, the SQL gives the cells.
    What no table holds but the schedules of opening hours is taken from the worked example.
    `measure` computes the same value, and the interval besides.
    """
    shown = shown_query(metric, as_of, period=period, by=by)
    text = str(ibis.to_sql(narrowed(shown.query).unbind(), dialect=dialect))
    tree = sqlglot.parse_one(text, dialect=dialect, into=exp.Select)
    return _readable(tree, shown.helpers, dialect)


def shown_query(
    metric: Metric,
    as_of: dt.datetime | None = None,
    *,
    period: Period | str | None = None,
    by: str | None = None,
) -> Shown:
    """Return the query behind `metric_sql`, and the tables it needs besides canonical ones."""
    now = as_of or dt.datetime.now(dt.UTC).replace(microsecond=0)
    source = SOURCES[metric.basis.source]
    if period is None and source.windowed:
        month = Period.containing(now, "month", "UTC")
        period = Period.containing(month.start - dt.timedelta(days=1), "month", "UTC")
    view = _stand_in(metric, now)
    plan = Plan.of(view, [metric], (), period, "UTC")
    if isinstance(metric.statistic, Backlog):
        flow = backlog_flows(view.tickets, view.table("status_events"))
        keys = _keys(flow, by)
        query = group(flow, keys).aggregate(**{column("net", "backlog"): flow.delta.sum()})
    else:
        rows = plan.rows(source)
        rows = rows.mutate(**{k: rows[c] for k, c in ALIASES.items() if _asked(k, by, rows)})
        keys, cut = _keys(rows, by), plan.cut(metric.attribution)
        ungrouped = Cut(tuple(keys), cut.instant, lambda rows: rows, cut.inside)
        ready = prepared(rows, ungrouped, [metric.basis], {metric.basis.name: True})
        query = _value(ready, metric, keys)
    made = {op.name: op.to_expr() for op in query.op().find(ops.InMemoryTable)}
    return Shown(query, made)


def _value(rows: ir.Table, metric: Metric, keys: list[str]) -> ir.Table:
    """Return the metric's value per group, with what was counted, left out and pending."""
    if isinstance(metric.statistic, Fitted):
        return metric.statistic.asked(rows, keys, metric.basis.name)
    value = metric.statistic.shown(rows, metric.basis.name)
    return group(rows, keys).aggregate(value=value, **counts(rows, metric.basis))


def _keys(rows: ir.Table, by: str | None) -> list[str]:
    names = ["channel"] if by is None else [n.strip() for n in by.split(",") if n.strip()]
    return [n for n in names if n in rows.columns]


def _asked(alias: str, by: str | None, rows: ir.Table) -> bool:
    """Return whether an alias is asked for that the rows have no column of."""
    names = [n.strip() for n in (by or "").split(",")]
    return alias in names and alias not in rows.columns and ALIASES[alias] in rows.columns


class _StandIn(View):
    """A view whose sources are written out in full instead of being kept as tables."""

    small = False
    replications: list[int] = []  # noqa: RUF012 (never changed)

    @cached_property
    def span(self) -> tuple[dt.datetime, dt.datetime]:
        """Nothing is asked of the rows: a period is always given where one is needed."""
        return self.as_of, self.as_of


class _Canonical(Tables):
    """Tables under their canonical names, so that the SQL reads as on the real ones."""

    def __getitem__(self, name: str) -> ir.Table:
        return self.stored(name).rows


def _stand_in(metric: Metric, now: dt.datetime) -> _StandIn:
    """Return a view of the tables that the metric looks at, with the worked example's rows.

    Some sources look into small tables (schedules); of the others only the names are left in the
    SQL. The last view is kept with the example, for the other metrics that share it.
    """
    example, basis = example_tables(metric), metric.basis
    needs = [part for need in (*basis.needs, *basis.assumes) for part in need.split("|")]
    wanted = {*SOURCES[basis.source].tables, *example.names, *(n.split(".")[0] for n in needs)}
    if isinstance(metric.statistic, Backlog):
        wanted.add("status_events")
    kept: tuple[object, _StandIn] | None = example.memo.get("sql")
    if kept is None or kept[0] != (now, wanted):
        tables = _canonical(example, [name for name in TABLES if name in wanted])
        kept = example.memo["sql"] = (now, wanted), _StandIn(tables, now)
    return kept[1]


def _canonical(example: Tables, names: list[str]) -> Tables:
    backend = ibis.duckdb.connect()
    stored = {}
    for name in names:
        columns = {c.name: _TYPES.get(c.kind, "string") for c in TABLES[name].columns}
        schema = ibis.schema(columns)
        rows = example[name].select(*columns).to_pyarrow() if name in example else None
        rows = rows if rows is None else rows.cast(schema.to_pyarrow())
        table = backend.create_table(name, rows, schema=schema)
        stored[name] = Stored(table, tuple(columns), ())
    return _Canonical(backend, stored, Meta(as_of=example.as_of), {})


def _readable(tree: exp.Select, helpers: dict[str, ir.Table], dialect: str) -> str:
    """Drop what nothing uses and join what can be one step, so that the idea can be seen."""
    schema: dict[str, object] = {
        name: {c.name: "varchar" for c in spec.columns} for name, spec in TABLES.items()
    }
    schema |= {name: dict.fromkeys(t.columns, "varchar") for name, t in helpers.items()}
    for table in tree.find_all(exp.Table):
        table.set("db", None)
        table.set("catalog", None)
    tree = qualify(tree, schema=schema, dialect=dialect)
    tree = pushdown_projections(tree, schema=schema)
    tree = _in_steps(tree)
    comments, known = "", dict[str, str]()
    for number, (name, table) in enumerate(helpers.items(), start=1):
        rows = table.to_pandas()
        short = f"{'periods' if 'fact_window_start' in rows else 'made'}_{number}"
        first = short
        short = known.setdefault(rows.to_json(date_format="iso", date_unit="us"), short)
        for found in tree.find_all(exp.Table):
            if found.name == name:
                found.set("this", exp.to_identifier(short, quoted=True))
        if short != first:
            continue  # the same rows as before
        if len(rows) > MOST_ROWS:
            comments += f"-- {short}: {len(rows)} rows that cxlab makes ({', '.join(rows)})\n"
            continue
        values = exp.values(
            [tuple(_literal(v) for v in row) for row in rows.itertuples(index=False)],
            alias="t", columns=list(rows),
        )  # fmt: skip
        made = exp.CTE(
            this=exp.select("*").from_(values),
            alias=exp.TableAlias(this=exp.to_identifier(short, quoted=True)),
        )
        _with_first(tree, made)
    return comments + str(tree.sql(dialect=dialect, pretty=True))


def _in_steps(tree: exp.Select) -> exp.Select:
    """Write the rows behind the last aggregate as named steps, and merge what is no step."""
    source = tree.args["from_"].this
    if not isinstance(source, exp.Subquery) or tree.args.get("joins"):
        return tree
    rows = source.this
    if tree.args.get("with_"):
        rows.set("with_", tree.args["with_"].pop())
    for step in (merge_subqueries, pushdown_projections, eliminate_joins, pushdown_projections,
                 merge_subqueries, eliminate_subqueries, eliminate_ctes):  # fmt: skip
        rows = step(rows)
    before = rows.args.get("with_")
    steps = list(before.pop().expressions) if before else []
    named = exp.CTE(this=rows, alias=exp.TableAlias(this=exp.to_identifier("classified")))
    tree.set("with_", exp.With(expressions=[*steps, named]))
    tree.args["from_"].set("this", exp.alias_(exp.to_table("classified"), source.alias, table=True))
    return tree


def _with_first(tree: exp.Select, step: exp.CTE) -> None:
    """Put a step before all others."""
    known = tree.args.get("with_")
    tree.set("with_", exp.With(expressions=[step, *(known.expressions if known else [])]))


def _literal(value: object) -> exp.Expr:
    """Return a value as SQL."""
    if isinstance(value, dt.datetime):
        return exp.cast(exp.Literal.string(str(value)), "timestamp")
    return exp.convert(value)
