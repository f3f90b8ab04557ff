"""Canonical tables that stay on the database they live in: checked there, never copied out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
from ibis.common.exceptions import IbisError, TableNotFound

from cxlab.errors import InputError
from cxlab.tables.catalogue import TABLES, table_spec
from cxlab.tables.checks import (
    QUARANTINE_COLUMNS,
    Breach,
    breaches_of,
    key_text,
    told_values,
)
from cxlab.tables.coerce import IBIS_TYPES, ROW, Coerced, check_names
from cxlab.tables.dialects import plain_utc
from cxlab.tables.schema import Column, Kind, Reference, TableSpec
from cxlab.tables.store import Meta, Stored, Tables

__all__ = ["tables_on"]

_EXAMPLES = 5


def tables_on(
    backend: ibis.BaseBackend, tables: Mapping[str, str | ir.Table], meta: Meta
) -> Tables:
    """Check tables of a backend in place, in the order of the catalogue (see `Tables.on`)."""
    given = {table_spec(name).name: table for name, table in tables.items()}
    work = _Checking(backend)
    for name in (n for n in TABLES if n in given):
        work.take(TABLES[name], _found(backend, name, given[name]))
    found = pd.DataFrame(work.summary, columns=list(QUARANTINE_COLUMNS))
    if len(found):
        meta = replace(meta, quarantine=found)
    return Tables(backend, work.stored, meta, {})


def _found(backend: ibis.BaseBackend, name: str, table: str | ir.Table) -> ir.Table:
    """Return the table meant by a name ("support.tickets") or an Ibis table."""
    if isinstance(table, ir.Table):
        try:
            home = table.get_backend()
        except IbisError:
            home = None
        if home is not backend:
            raise InputError(
                f"table {name} belongs to another connection than the one given",
                given="no connection" if home is None else home.name,
                expected=f"a table of the given connection ({backend.name})",
            )
        return table
    *where, last = table.split(".")
    try:
        return backend.table(
            last, database=tuple(where) if len(where) > 1 else (where or [None])[0]
        )
    except TableNotFound:
        known = [] if where else backend.list_tables()
        raise InputError(
            f"the database has no table for {name}", given=table, known=known[:200] or None
        ) from None


class _Checking:
    """The work of one check: tables whose bad rows are left out, and what was left out so far."""

    def __init__(self, backend: ibis.BaseBackend) -> None:
        self.backend = backend
        self.stored: dict[str, Stored] = {}
        self.summary: list[dict[str, object]] = []

    def take(self, spec: TableSpec, source: ir.Table) -> None:
        """Type one table and leave out the rows that break a rule, repeat a key, lead nowhere."""
        typed, unfit = _typed(source, spec, self.backend.name)
        rows = self._rules(spec, typed.rows, [*unfit, *breaches_of(typed, spec)])
        if spec.key:
            rows = self._keys(spec, rows)
        for reference in spec.references:
            if reference.table in self.stored:
                rows = self._reference(spec, rows, reference)
        whole = {ROW: ibis.null("int64")}  # a database keeps no order of rows
        for column in spec.columns:
            known = column.name in rows.columns
            whole[column.name] = rows[column.name] if known else ibis.null(IBIS_TYPES[column.kind])
        whole |= {name: rows[name] for name in typed.extra}
        self.stored[spec.name] = Stored(rows.select(**whole), typed.given, typed.extra)

    def _rules(self, spec: TableSpec, rows: ir.Table, breaches: list[Breach]) -> ir.Table:
        """Count every breach in one query; a row that breaks several counts for the first."""
        if not breaches:
            return rows
        first = ibis.cases(*[(b.broken, i) for i, b in enumerate(breaches)], else_=-1)
        marked = rows.select(rule=first)
        counts = {f"b{i}": marked.count(where=marked.rule == i) for i in range(len(breaches))}
        found = marked.aggregate(**counts).to_pyarrow().to_pylist()[0]
        for i, breach in enumerate(breaches):
            number = int(found[f"b{i}"] or 0)  # the sum over no rows is null on some databases
            if number:
                self._note(spec, rows.filter(first == i), breach.column, breach.reason, number)
        live = [b.broken for i, b in enumerate(breaches) if found[f"b{i}"]]
        return rows.filter(~reduce(or_, live)) if live else rows

    def _keys(self, spec: TableSpec, rows: ir.Table) -> ir.Table:
        """Keep one row of every key; of two the first by all columns, since rows have no order."""
        per_key = rows.group_by(list(spec.key)).aggregate(times=ibis._.count())
        again = per_key.filter(per_key.times > 1)
        number = _number(again.aggregate(n=(again.times - 1).sum()))
        if not number:
            return rows
        place = ibis.row_number().over(
            group_by=[rows[k] for k in spec.key], order_by=[rows[c] for c in rows.columns]
        )
        placed = rows.mutate(__place=place)
        shown = ", ".join(k for k in spec.key if k != "replication")
        reason = f"duplicate of another row with the same {shown}"
        self._note(spec, placed.filter(placed["__place"] > 0), spec.key[-1], reason, number)
        return placed.filter(placed["__place"] == 0).drop("__place")

    def _reference(self, spec: TableSpec, rows: ir.Table, reference: Reference) -> ir.Table:
        """Keep the rows whose reference is empty or leads to a row of the same replication."""
        target = self.stored[reference.table].rows
        known = target.select(
            __target=target[reference.target], __run=target.replication, __seen=True
        ).distinct()
        value = rows[reference.column]
        marked = rows.left_join(
            known,
            [value == known["__target"], rows.replication.identical_to(known["__run"])],
        )
        lost = marked.filter(marked[reference.column].notnull() & marked["__seen"].isnull())
        number = _number(lost.aggregate(n=lost.count()))
        if not number:
            return rows
        reason = f"no such {reference.target} in {reference.table}"
        self._note(spec, lost, reference.column, reason, number)
        kept = marked.filter(marked[reference.column].isnull() | marked["__seen"].notnull())
        return kept.select(rows.columns)

    def _note(self, spec: TableSpec, bad: ir.Table, column: str, reason: str, number: int) -> None:
        """Write down what is left out, with a few examples."""
        shown = bad.select(key=key_text(bad, spec), value=bad[column].cast("string"))
        few = shown.limit(_EXAMPLES).to_pyarrow().to_pylist()
        values = pd.Series([row["value"] for row in few], dtype="str")
        self.summary.append(
            {
                "table": spec.name,
                "column": column,
                "reason": told_values(spec.column(column), reason, values),
                "rows": number,
                "examples": ", ".join(sorted(str(row["key"]) for row in few)),
            }
        )


def _number(one: ir.Table) -> int:
    """Return the number that a query of one row and one column gives, 0 for null."""
    return int(one.to_pyarrow().to_pylist()[0]["n"] or 0)


def _typed(source: ir.Table, spec: TableSpec, backend: str) -> tuple[Coerced, list[Breach]]:
    """Return the table's columns as declared, and where numbers are no numbers."""
    names = tuple(source.columns)
    check_names(names, spec)
    typed: dict[str, ir.Value] = {}
    for column in spec.columns:
        if column.name in names:
            typed[column.name] = _fitting(source[column.name], column, spec.name, backend)
        elif column.name in spec.assumed:
            typed[column.name] = ibis.null(IBIS_TYPES[column.kind])
    declared = {c.name for c in spec.columns}
    extra = tuple(n for n in names if n not in declared)
    given = tuple(c.name for c in spec.columns if c.name in names)
    rows = source.select(**typed, **{n: source[n] for n in extra})
    unfit = [
        Breach(name, f"{name} is not a finite number", rows[name].isinf().fill_null(False))
        for name in given
        if spec.column(name).kind is Kind.NUMBER and source[name].type().is_floating()
    ]
    return Coerced(source, rows, given, extra, ()), unfit


def _fitting(value: ir.Value, column: Column, table: str, backend: str) -> ir.Value:
    """Return a column in the declared type; InputError where its type cannot hold that."""
    given = value.type()
    if given.is_null():
        return ibis.null(IBIS_TYPES[column.kind])
    expected, fits, convert = _FITS[column.kind]
    if not fits(given):
        raise InputError(
            f"table {table}, column {column.name!r} ({column.kind}) has a type it cannot have",
            given=str(given),
            expected=expected,
            hint="cast it in a view of the database, and give that view",
        )
    return convert(value, backend)


_Convert = Callable[[Any, str], ir.Value]
_Fit = tuple[str, Callable[[dt.DataType], bool], _Convert]


def _finite(value: ir.NumericValue, backend: str) -> ir.NumericValue:
    number = value.cast("float64")
    if not value.type().is_floating():
        return number
    return ibis.ifelse(number.isnan(), ibis.null("float64"), number)


def _as_text(value: ir.Value, backend: str) -> ir.StringValue:
    return value.cast("string")


def _as_name(value: ir.Value, backend: str) -> ir.StringValue:
    return value.cast("string").nullif("")


def _is_whole(given: dt.DataType) -> bool:
    return bool(given.is_integer() or (given.is_decimal() and given.scale == 0))


_TEXTS = "text"
_NAMES: _Fit = (
    "text or whole numbers",
    lambda t: bool(t.is_string() or t.is_uuid() or _is_whole(t)),
    _as_name,
)
_FITS: dict[Kind, _Fit] = {
    Kind.ID: _NAMES,
    Kind.CATEGORY: _NAMES,
    Kind.TEXT: (_TEXTS, lambda t: bool(t.is_string()), _as_text),
    Kind.INSTANT: ("timestamps", lambda t: bool(t.is_timestamp()), plain_utc),
    Kind.DATE: ("dates", lambda t: bool(t.is_date()), lambda value, _: value),
    Kind.INTEGER: ("whole numbers", _is_whole, lambda value, _: value.cast("int64")),
    Kind.NUMBER: ("numbers", lambda t: bool(t.is_numeric() and not t.is_boolean()), _finite),
    Kind.BOOLEAN: ("booleans", lambda t: bool(t.is_boolean()), lambda value, _: value),
}
