"""The few things that Ibis has no common form for, told apart by the name of the backend."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.util import gen_name

from cxlab.tables.instants import UTC, to_plain
from cxlab.tables.sources import identifier

__all__ = ["counted", "kept", "many_queries", "plain_utc"]

_PLAIN = dt.Timestamp(scale=6)


def _named(zone: str, instant: object) -> None: ...


def _alone(instant: object) -> None: ...


_timezone = ibis.udf.scalar.builtin(
    _named, name="timezone", signature=((dt.string, dt.timestamp), _PLAIN)
)
_convert_timezone = ibis.udf.scalar.builtin(
    _named, name="convert_timezone", signature=((dt.string, dt.timestamp), UTC)
)
_datetime = ibis.udf.scalar.builtin(_alone, name="datetime", signature=((dt.timestamp,), _PLAIN))

_PLAIN_UTC: dict[str, Callable[[ir.TimestampValue], ir.TimestampValue]] = {
    "duckdb": to_plain,
    "postgres": lambda at: _timezone("UTC", at),
    "snowflake": lambda at: _convert_timezone("UTC", at).cast(_PLAIN),
    "bigquery": lambda at: _datetime(at),
}


def plain_utc(instant: ir.TimestampValue, backend: str) -> ir.TimestampValue:
    """Return a timestamp of the backend as a plain one in UTC with microseconds.

    A plain timestamp is taken as UTC already. Spark's `TIMESTAMP` is an instant that Ibis shows
    as a plain timestamp, in UTC because Ibis sets the session's zone to it. A cast of a
    zone-aware timestamp would go by the session's zone on most databases; those named here have
    a function that does not.
    """
    if instant.type().timezone is None:
        return instant.cast(_PLAIN)
    convert = _PLAIN_UTC.get(backend, lambda at: at.cast(UTC).cast(_PLAIN))
    return convert(instant)


def kept(rows: ir.Table) -> ir.Table:
    """Return the rows as a temporary table of their database, which goes when nobody holds it.

    Ibis 12.0 caches on Spark without telling it the tables in memory that the rows are joined
    with, as every other way of running an expression does; and what Spark gives back has lost the
    precision of its timestamps, without which a union refuses it.
    """
    backend: Any = rows.get_backend()
    if backend.name == "duckdb" and not rows.op().find(ops.InMemoryTable):
        return _inserted(backend, rows)
    if backend.name == "pyspark":
        for table in rows.op().find(ops.InMemoryTable):
            told = gen_name("cxlab_told")
            backend.create_view(told, table.to_expr())
            backend.drop_view(told)
    cached = rows.cache()
    plain = {n: t for n, t in rows.schema().items() if t.is_timestamp() and t != cached[n].type()}
    if not plain:
        return cached
    typed = cached.cast(plain)
    # The temporary table goes with the object that `cache` returned: it lives as long as `typed`.
    weakref.finalize(typed, cached.release).atexit = False
    return typed


def counted(tables: Mapping[str, ir.Table]) -> dict[str, int]:
    """Return how many rows each of several tables of one database has; one query asks all."""
    if not tables:
        return {}
    backend: Any = next(iter(tables.values())).get_backend()
    if backend.name == "duckdb" and all(map(_is_plain, tables.values())):
        each = [f"SELECT {place}, count(*) FROM {identifier(rows.get_name())}"
                for place, rows in enumerate(tables.values())]  # fmt: skip
        found = dict(backend.con.execute(" UNION ALL ".join(each)).fetchall())
        return {name: found[place] for place, name in enumerate(tables)}
    parts = [t.aggregate(name=ibis.literal(name), n=t.count()) for name, t in tables.items()]
    rows = (ibis.union(*parts) if len(parts) > 1 else parts[0]).to_pyarrow().to_pylist()
    counts = {row["name"]: int(row["n"]) for row in rows}
    return {name: counts[name] for name in tables}


def _is_plain(rows: ir.Table) -> bool:
    """Return whether rows are a table or a view of the database, and nothing is done with them."""
    op = rows.op()
    return isinstance(op, ops.DatabaseTable) and op.namespace == ops.Namespace()


def _inserted(backend: Any, rows: ir.Table) -> ir.Table:
    """Keep rows in DuckDB by two statements; Ibis takes seven and twice the time.

    The table has the types that the rows promise, whatever the database made of them.
    """
    name = gen_name("cxlab_kept")
    typed = backend.compiler.type_mapper.to_string
    schema = ibis.schema({n: t.copy(nullable=True) for n, t in rows.schema().items()})
    columns = ", ".join(f"{identifier(n)} {typed(t)}" for n, t in schema.items())
    query = backend.compile(rows)
    backend.con.execute(f'CREATE TEMP TABLE "{name}" ({columns})')
    backend.con.execute(f'INSERT INTO temp.main."{name}" {query}')
    place = ops.Namespace(catalog="temp", database="main")
    table = ops.DatabaseTable(name=name, schema=schema, source=backend, namespace=place)
    weakref.finalize(table, _dropped, backend.con, name).atexit = False
    return table.to_expr()


def _dropped(connection: Any, name: str) -> None:
    with suppress(duckdb.Error):  # a connection that was closed holds nothing any more
        connection.execute(f'DROP TABLE IF EXISTS temp.main."{name}"')


@contextmanager
def many_queries(*, merge: bool = False) -> Iterator[None]:
    """Write many queries with a third less work: for small data that is most of the time.

    Ibis merges nested selects by trying each pair, what databases do for themselves; with `merge`
    it does, which on large data saves a little more than it costs. And an expression is a graph
    of many thousand small objects without cycles, among which Python's collector searches for
    cycles again and again. Both are as before afterwards.
    """
    options, collecting = ibis.options.sql, gc.isenabled()
    merging = options.fuse_selects
    options.fuse_selects = merge
    gc.disable()
    try:
        yield
    finally:
        options.fuse_selects = merging
        if collecting:
            gc.enable()
