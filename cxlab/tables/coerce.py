"""From the types a file has to the declared types, as Ibis expressions.

Text of a CSV becomes numbers, instants and booleans here; a Parquet integer used as an id
becomes text. A value that cannot be read becomes empty and is reported by `checks`.
"""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from cxlab.errors import InputError, nearest
from cxlab.tables.instants import UTC, to_plain
from cxlab.tables.schema import Column, Kind, TableSpec

__all__ = [
    "IBIS_TYPES",
    "ROW",
    "SQL_TYPES",
    "Coerced",
    "coerce_table",
    "separated",
]

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def separated(header: str) -> str | None:
    """Return what to do about a header without commas that something else separates.

    >>> separated("ticket_id;status")[:45]
    'the file seems to be separated by semicolons:'
    """
    found = [word for sign, word in _SEPARATORS.items() if sign in header and "," not in header]
    if not found:
        return None
    return (
        f"the file seems to be separated by {found[0]}: cxlab's own CSV is separated by commas, "
        "any other goes through a mapping with `delimiter`"
    )


ROW = "__row"
"""Hidden column: the 0-based number of the row in its input."""

SQL_TYPES: dict[Kind, str] = {
    Kind.ID: "VARCHAR",
    Kind.INSTANT: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.CATEGORY: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.NUMBER: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.TEXT: "VARCHAR",
}

IBIS_TYPES: dict[Kind, str] = {
    Kind.ID: "string",
    Kind.INSTANT: "timestamp(6)",
    Kind.DATE: "date",
    Kind.CATEGORY: "string",
    Kind.INTEGER: "int64",
    Kind.NUMBER: "float64",
    Kind.BOOLEAN: "boolean",
    Kind.TEXT: "string",
}

# Anchored ISO 8601 forms. What looks like a time but has no offset is refused as a whole,
# because guessing a zone shifts every duration that crosses into another table.
_CLOCK = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?"
_ZONED = rf"^{_CLOCK} ?(Z|z|UTC|[+-]\d{{2}}(:?\d{{2}})?)$"
_DAY = r"^\d{4}-\d{2}-\d{2}$"
_NAIVE = rf"^({_CLOCK}|\d{{4}}-\d{{2}}-\d{{2}})$"

_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")


@dataclass(frozen=True, slots=True)
class Coerced:
    """A table with its declared columns typed, and what could not be read.

    `rows` holds `__row`, the declared columns that the input has (and `replication`, the key and
    what else checks ask for), and the user's own columns. `given` names the
    declared columns that the input has, `extra` the user's own. `unreadable` and `naive` tell
    for each column that can fail which rows do; `raw` is the text to show. `source` is the table
    as it came.
    """

    source: ir.Table
    rows: ir.Table
    given: tuple[str, ...]
    extra: tuple[str, ...]
    fallible: tuple[str, ...]

    @property
    def reads_text(self) -> bool:
        """Whether any value is read from a text: an instant, a number."""
        return any(self.source[name].type().is_string() for name in self.fallible)

    def raw(self, column: str) -> ir.StringValue:
        """Return the value as it was given (text; empty where nothing was given)."""
        return self.rows[_raw(column)]

    def unreadable(self, column: str) -> ir.BooleanValue:
        """Return where something was given that is not of the declared type."""
        return self.raw(column).notnull() & self.rows[column].isnull()

    def naive(self, column: str) -> ir.BooleanValue:
        """Return where a date or time was given without a zone."""
        return self.raw(column).re_search(_NAIVE)

    def plain(self) -> ir.Table:
        """Return the rows without the helper columns, `__row` kept."""
        return self.rows.drop(*[_raw(c) for c in self.fallible]) if self.fallible else self.rows


def _raw(column: str) -> str:
    return f"__raw_{column}"


def coerce_table(source: ir.Table, spec: TableSpec) -> Coerced:
    """Type the columns of `source` (which has `__row`) as `spec` declares.

    Raises InputError when a required column is missing, or a column has a type that can never
    hold what is declared (a number where an instant belongs, an instant without a zone).
    """
    names = tuple(c for c in source.columns if c != ROW)
    check_names(names, spec)
    typed: dict[str, ir.Value] = {ROW: source[ROW]}
    raws: dict[str, ir.Value] = {}
    for column in spec.columns:
        if column.name not in names:
            if column.name in spec.assumed:
                typed[column.name] = ibis.null(IBIS_TYPES[column.kind])
            continue
        value, raw = _coerce(source[column.name], column, spec.name)
        typed[column.name] = value
        if raw is not None:
            raws[column.name] = raw
    declared = {c.name for c in spec.columns}
    extra = tuple(n for n in names if n not in declared)
    typed |= {n: source[n] for n in extra}
    typed |= {_raw(n): value for n, value in raws.items()}
    given = tuple(c.name for c in spec.columns if c.name in names)
    return Coerced(source, source.select(**typed), given, extra, tuple(raws))


def check_names(names: tuple[str, ...], spec: TableSpec) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if name.casefold() in seen:
            raise InputError(
                f"table {spec.name} has two columns of one name",
                given=[seen[name.casefold()], name],
                expected="names that differ by more than upper and lower case",
            )
        seen[name.casefold()] = name
    for required in spec.required:
        if required not in names:
            raise _missing_column(required, names, spec)


def _missing_column(required: str, names: tuple[str, ...], spec: TableSpec) -> InputError:
    undeclared = [n for n in names if n not in {c.name for c in spec.columns}]
    guess = nearest(required, undeclared)
    hint = f"should {guess!r} be called {required!r}?" if guess else None
    if len(names) == 1:
        hint = separated(names[0]) or hint
    return InputError(
        f"table {spec.name} lacks the column {required!r} ({spec.column(required).meaning})",
        given=list(names[:40]),
        expected="the columns " + ", ".join(spec.required),
        hint=hint,
    )


def _coerce(value: ir.Value, column: Column, table: str) -> tuple[ir.Value, ir.StringValue | None]:
    """Return the typed value and, where reading can fail, the text it was read from."""
    given = value.type()
    if _is_empty_type(given):
        return ibis.null(IBIS_TYPES[column.kind]), None
    reader = _READERS[column.kind]
    result = reader(value, given)
    if result is None:
        raise _wrong_type(column, table, given)
    return result


def _is_empty_type(given: dt.DataType) -> bool:
    return given.is_null() or (isinstance(given, dt.Unknown) and "NULL" in str(given))


def _wrong_type(column: Column, table: str, given: dt.DataType) -> InputError:
    where = f"table {table}, column {column.name!r} ({column.kind})"
    if column.kind is Kind.INSTANT and (given.is_timestamp() or given.is_date()):
        return InputError(
            f"{where} holds times without a zone",
            given=str(given),
            expected="instants with an offset (UTC)",
            hint="make the column zone-aware, or import the file by a mapping with time_zone",
        )
    return InputError(f"{where} has a type it cannot have", given=str(given))


_Reading = tuple[ir.Value, ir.StringValue | None]


def _read_text(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_string():
        return value, None
    if given.is_floating():
        whole = value.try_cast("int64").cast("string")
        return ibis.ifelse(value == value.floor(), whole, value.cast("string")), None
    return (value.cast("string"), None) if _has_plain_text(given) else None


def _has_plain_text(given: dt.DataType) -> bool:
    return bool(given.is_integer() or given.is_boolean() or given.is_decimal() or given.is_uuid())


def _read_name(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_boolean():
        return None
    read = _read_text(value, given)
    if read is not None and given.is_string():
        return read[0].nullif(""), None
    return read


def _stripped(value: ir.Value) -> ir.StringValue:
    return value.strip().nullif("")


def _read_instant(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_timestamp():
        return (to_plain(value), None) if given.timezone else None
    if not given.is_string():
        return None
    text = _stripped(value)
    iso = text.re_replace(r" ?(UTC|z)$", "Z").re_replace(r" ([+-])", r"\1").replace(",", ".")
    # DuckDB before 2.0 reads no clock time without seconds ("09:00Z").
    iso = iso.re_replace(r"^([^ T]+[ T]\d\d:\d\d)(Z|[+-].*)$", r"\1:00\2")
    instant = to_plain(iso.try_cast(UTC))
    return ibis.ifelse(text.re_search(_ZONED), instant, ibis.null("timestamp(6)")), text


def _read_day(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_date():
        return value, None
    if given.is_timestamp():
        # pandas keeps a day as a midnight without a zone; with a zone it is an instant.
        midnight = value.truncate("D") == value
        day = ibis.ifelse(midnight, value.cast("date"), ibis.null("date"))
        return None if given.timezone else (day, value.cast("string"))
    if not given.is_string():
        return None
    text = _stripped(value)
    return ibis.ifelse(text.re_search(_DAY), text.try_cast("date"), ibis.null("date")), text


def _read_integer(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_integer() and not isinstance(given, dt.UInt64):
        return value.cast("int64"), None
    if given.is_integer() or given.is_decimal() or given.is_floating():
        number = value.cast("float64")
        filled = ibis.ifelse(number.isnan(), ibis.null("float64"), number)
        whole = filled.try_cast("int64")
        return ibis.ifelse(filled == filled.floor(), whole, ibis.null("int64")), filled.cast(
            "string"
        )
    if not given.is_string():
        return None
    text = _stripped(value)
    digits = text.re_replace(r"\.0*$", "").try_cast("int64")
    return ibis.ifelse(text.re_search(r"^[+-]?\d+(\.0*)?$"), digits, ibis.null("int64")), text


def _read_number(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_integer():
        return value.cast("float64"), None
    if given.is_string():
        text = _stripped(value)
    elif given.is_floating() or given.is_decimal():
        text = value.cast("string")
    else:
        return None
    number = value.cast("float64") if not given.is_string() else text.try_cast("float64")
    finite = ibis.ifelse(number.isnan() | number.isinf(), ibis.null("float64"), number)
    return finite, ibis.ifelse(number.isnan(), ibis.null("string"), text)


def _read_boolean(value: ir.Value, given: dt.DataType) -> _Reading | None:
    if given.is_boolean():
        return value, None
    if not (given.is_string() or given.is_integer()):
        return None
    text = _stripped(value.cast("string"))
    low = text.lower()
    read = ibis.cases(
        (low.isin(_TRUE), True), (low.isin(_FALSE), False), else_=ibis.null("boolean")
    )
    return read, text


_READERS = {
    Kind.ID: _read_name,
    Kind.CATEGORY: _read_name,
    Kind.TEXT: _read_text,
    Kind.INSTANT: _read_instant,
    Kind.DATE: _read_day,
    Kind.INTEGER: _read_integer,
    Kind.NUMBER: _read_number,
    Kind.BOOLEAN: _read_boolean,
}
