"""Writing `Tables`: Parquet, CSV or one DuckDB file, each whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from pyarrow import csv as pa_csv

from cxlab.errors import InputError
from cxlab.tables.catalogue import TABLES, table_spec
from cxlab.tables.coerce import ROW
from cxlab.tables.instants import to_aware
from cxlab.tables.schema import Kind
from cxlab.tables.setaside import PREFIX, as_text, files_of
from cxlab.tables.sources import META_FILE, META_TABLE, connect, quoted
from cxlab.tables.store import Tables
from cxlab.temporary import clear_stale, prefix

__all__ = ["save"]

_FORMATS = ("parquet", "csv", "duckdb")
_ISO = "%Y-%m-%dT%H:%M:%S.%fZ"


def save(tables: Tables, folder: Path, format: str) -> list[Path]:
    """Write the tables in one of the formats and return the paths written."""
    if format not in _FORMATS:
        raise InputError("unknown table format", given=format, known=_FORMATS)
    if tables.backend.name != "duckdb":
        raise InputError(
            "tables that live on another database are not written to files",
            given=tables.backend.name,
            expected="tables read by cxlab",
            hint="Tables.from_frames({name: tables.frame(name), …}) copies them first",
        )
    if format == "duckdb":
        path = folder if folder.suffix == ".duckdb" else folder / "tables.duckdb"
        path.parent.mkdir(parents=True, exist_ok=True)
        return [whole(path, lambda part: _write_duckdb(tables, part))]
    if folder.is_file():
        raise InputError("tables go into a folder", given=str(folder), expected="no file there")
    folder.mkdir(parents=True, exist_ok=True)
    stale = _others(tables, folder, format)
    write = _write_parquet if format == "parquet" else _write_csv
    written = [whole(folder / f"{n}.{format}", partial(write, tables, n)) for n in tables.names]
    written += [
        whole(folder / f"{PREFIX}{n}.csv", _frame_writer(tables.quarantined(n)))
        for n in TABLES
        if len(tables.quarantined(n))
    ]
    for path in stale:
        path.unlink()
    written.append(whole(folder / META_FILE, lambda p: p.write_text(tables.meta_json(), "utf-8")))
    return written


def _others(tables: Tables, folder: Path, format: str) -> list[Path]:
    """Return table files of an earlier run, which would be read together with the new ones.

    A folder that cxlab wrote is cxlab's to renew; in any other folder they are refused.
    """
    known = [f"{n}{e}" for n in TABLES for e in (".parquet", ".csv", ".csv.gz")]
    new = {f"{n}.{format}" for n in tables.names}
    found = [folder / f for f in known if (folder / f).is_file()]
    if found and not (folder / META_FILE).is_file():
        raise InputError(
            "folder holds tables that cxlab did not write",
            given=[f.name for f in found],
            expected="an empty or new folder",
        )
    return [f for f in found if f.name not in new] + [
        path for n, path in files_of(folder).items() if not len(tables.quarantined(n))
    ]


def whole(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a file beside `path`, then put it in place in one step."""
    clear_stale(path.parent)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=prefix(hidden=True)) as beside:
        part = Path(beside) / path.name
        write(part)
        part.replace(path)
    return path


def _frame_writer(frame: pd.DataFrame) -> Callable[[Path], object]:
    return lambda part: frame.to_csv(part, index=False)


def _outgoing(tables: Tables, name: str) -> ir.Table:
    """Return the columns the input had, instants zone-aware, in the input's order of rows."""
    stored = tables.stored(name)
    kinds = {c.name: c.kind for c in table_spec(name).columns}
    rows = stored.rows.order_by(ROW)
    columns = {
        n: to_aware(rows[n]) if kinds.get(n) is Kind.INSTANT else rows[n]
        for n in (*stored.given, *stored.extra)
    }
    return rows.select(**columns)


def _write_parquet(tables: Tables, name: str, part: Path) -> None:
    backend, rows = tables.backend, _outgoing(tables, name)
    if backend.name != "duckdb":
        backend.to_parquet(rows, part, compression="zstd")
        return
    # Ibis 12.0 writes the path of `to_parquet` with a quote escaped as DuckDB does not read it.
    how = "(FORMAT 'parquet', COMPRESSION 'zstd')"
    backend.con.execute(f"COPY ({backend.compile(rows)}) TO {quoted(str(part))} {how}")


def _write_csv(tables: Tables, name: str, part: Path) -> None:
    rows = _outgoing(tables, name)
    texts = {
        n: rows[n].cast("timestamp(6)").strftime(_ISO)
        for n in rows.columns
        if rows[n].type().is_timestamp()
    }
    pa_csv.write_csv(rows.mutate(**texts).to_pyarrow(), part)


def _write_duckdb(tables: Tables, part: Path) -> None:
    own = connect()
    own.con.execute(f"ATTACH {quoted(str(part))} AS out")
    own.con.execute("USE out")
    for name in tables.names:
        own.con.register("__outgoing", _outgoing(tables, name).to_pyarrow())
        own.con.execute(f'CREATE TABLE "{name}" AS SELECT * FROM __outgoing')
        own.con.unregister("__outgoing")
    for name in TABLES:
        held = tables.quarantined(name)
        if len(held):
            own.con.register("__outgoing", pa.Table.from_pandas(as_text(held)))
            own.con.execute(f'CREATE TABLE "{PREFIX}{name}" AS SELECT * FROM __outgoing')
            own.con.unregister("__outgoing")
    own.con.execute(f"CREATE TABLE {META_TABLE} (meta VARCHAR)")
    own.con.execute(f"INSERT INTO {META_TABLE} VALUES (?)", [tables.meta_json()])
    own.con.execute("USE memory")
    own.con.execute("DETACH out")
