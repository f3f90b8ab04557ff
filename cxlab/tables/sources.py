"""Inputs of tables: a frame, a Parquet file, a CSV file, a DuckDB file; none typed yet."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as pa_csv

from cxlab.errors import InputError, nearest
from cxlab.tables.coerce import ROW, separated
from cxlab.tables.schema import Kind, TableSpec
from cxlab.tables.setaside import PREFIX, table_of, with_numbers

__all__ = [
    "META_FILE",
    "META_TABLE",
    "InputFile",
    "Source",
    "connect",
    "forget",
    "identifier",
    "quoted",
    "source_of_csv",
    "source_of_frame",
    "source_of_parquet",
    "sources_of_duckdb",
]

META_FILE = "_cxlab.json"
META_TABLE = "_cxlab"

# A cell larger than one block cannot be read; real ticket texts reach a few 100 kB.
_CSV_BLOCK = 16 * 1024 * 1024
_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read, as a manifest names it; `rows` counts the rows before any check."""

    path: str
    sha256: str
    rows: int


@dataclass(slots=True)
class Given:
    """What a DuckDB file holds: tables, metadata as text, quarantined rows by table."""

    sources: list[Source] = field(default_factory=list)
    meta: str | None = None
    quarantined: dict[str, pd.DataFrame] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """One table as it came: its rows with `__row`, and whether they can be left where they are.

    In a Parquet file they can, and in an Arrow table that cxlab itself has made. One of somebody
    else's may lie on memory of numpy or pandas that is written to afterwards.
    """

    name: str
    rows: ir.Table
    path: Path | None
    lazy: bool


def connect() -> ibis.BaseBackend:
    """Return a new DuckDB in memory whose zone is UTC.

    The zone matters: a cast between an instant and a plain timestamp uses it.
    """
    backend = ibis.duckdb.connect()
    backend.con.execute("SET TimeZone='UTC'")
    return backend


def quoted(text: str) -> str:
    """Return `text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def forget(backend: Any, source: Source) -> None:
    """Take a source out of its database: its checked rows are kept by themselves."""
    raw = _raw_name(source.name)
    backend.con.unregister(raw)  # what a frame is
    backend.con.execute(f'DROP TABLE IF EXISTS "{raw}"')


def _raw_name(table: str) -> str:
    return f"__source_{table}"


def _keep(
    backend: ibis.BaseBackend, name: str, table: pa.Table, path: Path | None, *, lazy: bool = False
) -> Source:
    if ROW in table.column_names:
        raise InputError(f"table {name} has a column of a reserved name", given=ROW)
    _refuse_repeated(name, table.column_names)
    numbered = table.append_column(ROW, pa.array(np.arange(len(table))))
    # Read where it lies: a copy in the database would cost more than the checks.
    backend.con.register(_raw_name(name), numbered)
    return Source(name, backend.table(_raw_name(name)), path, lazy=lazy)


def _refuse_repeated(name: str, columns: list[str]) -> None:
    folded = [c.casefold() for c in columns]
    repeated = [c for c in columns if folded.count(c.casefold()) > 1]
    if repeated:
        raise InputError(
            f"table {name} has two columns of one name",
            given=repeated,
            expected="names that differ by more than upper and lower case",
        )
    if any(not c.strip() for c in columns):
        raise InputError(f"table {name} has a column without a name", given=columns)


def source_of_frame(
    backend: ibis.BaseBackend,
    spec: TableSpec,
    frame: pd.DataFrame | pa.Table,
    *,
    in_place: bool = False,
) -> Source:
    """Take a pandas frame or an Arrow table; object columns of instants must all have a zone."""
    if isinstance(frame, pa.Table):
        _refuse_repeated(spec.name, frame.column_names)
        return _keep(backend, spec.name, frame, None, lazy=in_place)
    frame = frame.rename(columns=str).reset_index(drop=True)
    _refuse_repeated(spec.name, list(frame.columns))
    ready = {str(n): _arrow_ready(spec, str(n), frame[n]) for n in frame.columns}
    try:
        table = pa.table(
            {n: pa.Array.from_pandas(column) for n, column in ready.items()} if ready else {}
        )
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise InputError(
            f"table {spec.name} has a column of mixed or unknown types", given=str(error)
        ) from None
    return _keep(backend, spec.name, table, None)


def _arrow_ready(spec: TableSpec, name: str, column: pd.Series) -> pd.Series:
    kinds = {c.name: c.kind for c in spec.columns}
    kind = kinds.get(name)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        finer: pd.Series = column.dt.as_unit("us")
        return finer  # nanoseconds are a type of their own in the database
    if column.empty and kind is not None:
        nothing: pd.Series = column.astype("str")
        return nothing  # pandas gives a column without rows any type
    if column.dtype != object or kind is None:
        return column
    if kind is Kind.INSTANT:
        return _instants(spec.name, name, column)
    if kind in (Kind.ID, Kind.CATEGORY, Kind.TEXT):
        return column.map(str, na_action="ignore").astype("str")
    better: pd.Series = column.convert_dtypes()
    return better


def _instants(table: str, name: str, column: pd.Series) -> pd.Series:
    given = column.dropna()
    if given.map(lambda v: isinstance(v, str)).all():
        texts: pd.Series = column.astype("str")
        return texts
    zoneless = given[given.map(lambda v: getattr(v, "tzinfo", None) is None)]
    if len(zoneless):
        rows = [int(i) + 1 for i in zoneless.index[:5]]
        raise InputError(
            f"table {table}, column {name!r} holds times without a zone in {len(zoneless)} rows "
            f"(first: {rows})",
            given=str(zoneless.iloc[0]),
            expected="zone-aware instants",
        )
    return pd.Series(pd.to_datetime(column, utc=True), index=column.index)


def source_of_parquet(backend: ibis.BaseBackend, name: str, path: Path) -> Source:
    """Take a Parquet file without reading its rows."""
    # Brackets make *, ? and [ in a folder's name stand for themselves.
    literal = "".join(f"[{c}]" if c in "*?[" else c for c in str(path))
    scan = f"read_parquet({quoted(literal)}, file_row_number=true)"
    raw = _raw_name(name)
    try:
        backend.con.execute(
            f'CREATE VIEW "{raw}" AS SELECT * EXCLUDE (file_row_number), '
            f"file_row_number AS {ROW} FROM {scan}"
        )
    except duckdb.Error as error:
        raise _unreadable(path, "a Parquet file", error) from None
    return Source(name, backend.table(raw), path, lazy=True)


def source_of_csv(backend: ibis.BaseBackend, name: str, path: Path) -> Source:
    """Take a CSV file (UTF-8, comma, a header line; also .csv.gz), every column as text.

    An empty cell is missing; a quoted empty cell is text of no length.
    """
    try:
        header = pa_csv.open_csv(path, read_options=pa_csv.ReadOptions(block_size=_CSV_BLOCK))
        types = {n: pa.string() for n in header.schema.names}
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(block_size=_CSV_BLOCK),
            parse_options=pa_csv.ParseOptions(newlines_in_values=True),
            convert_options=pa_csv.ConvertOptions(
                column_types=types,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, OSError, UnicodeDecodeError) as error:
        expected = "a CSV file in UTF-8 with a header line"
        raise _unreadable(path, expected, error, _csv_hint(path, str(error))) from None
    return _keep(backend, name, table, path)


_ENCODED = "the file is not UTF-8: it goes through a mapping with `encoding`, such as "


def _csv_hint(path: Path, reason: str) -> str | None:
    """Return what to do about a CSV that cannot be read: another encoding, another separator."""
    try:
        with pa.input_stream(path) as file:
            begin = bytes(file.read(_HEADER_BYTES))
    except (pa.ArrowException, OSError):
        return None
    if begin.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f'{_ENCODED}"utf-16"'
    if "invalid UTF8" in reason:
        return f'{_ENCODED}"cp1252"'
    # A decimal comma breaks a row, and not the header.
    return separated(begin.split(b"\n", 1)[0].decode("utf-8", "replace"))


def sources_of_duckdb(
    backend: ibis.BaseBackend, path: Path, known: Mapping[str, TableSpec]
) -> Given:
    """Copy the canonical tables out of a DuckDB file, with what else cxlab wrote into it."""
    try:
        backend.con.execute(f"ATTACH {quoted(str(path))} AS given (READ_ONLY)")
    except duckdb.Error as error:
        raise _unreadable(path, "a DuckDB file", error) from None
    try:
        return _copy_tables(backend, path, known)
    finally:
        backend.con.execute("DETACH given")


def _copy_tables(backend: ibis.BaseBackend, path: Path, known: Mapping[str, TableSpec]) -> Given:
    query = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'given'"
    names = sorted(str(row[0]) for row in backend.con.execute(query).fetchall())
    given = Given()
    for name in names:
        if name == META_TABLE:
            rows = backend.con.execute(f"SELECT meta FROM given.{META_TABLE}").fetchall()
            given.meta = str(rows[0][0])
            continue
        table = table_of(name)
        if table is not None:
            held = backend.con.execute(f'SELECT * FROM given."{PREFIX}{table}"').df()
            given.quarantined[table] = with_numbers(held)
            continue
        if name.startswith("_"):
            continue
        if name not in known:
            raise InputError(f"unknown table in {path.name}", given=name, known=known)
        raw = _raw_name(name)
        backend.con.execute(
            f'CREATE TABLE "{raw}" AS SELECT *, row_number() OVER () - 1 AS {ROW} '
            f'FROM given."{name}"'
        )
        given.sources.append(Source(name, backend.table(raw), path, lazy=False))
    return given


def unknown_file(path: Path, known: Mapping[str, TableSpec]) -> InputError:
    """Return the error for a file whose name is no canonical table."""
    guess = nearest(path.name.split(".")[0], known)
    return InputError(
        "file is named after no canonical table",
        given=path.name,
        expected="one of " + ", ".join(sorted(known)),
        hint=f"did you mean {guess!r}?" if guess else "an export is read by `cxlab import`",
    )


def _unreadable(path: Path, expected: str, error: Exception, hint: str | None = None) -> InputError:
    if path.stat().st_size == 0:
        return InputError(f"file {path.name} is empty (0 bytes)", expected=expected)
    reason = str(error).splitlines()[0][:200]
    return InputError(f"file {path.name} cannot be read ({reason})", expected=expected, hint=hint)
