"""From inputs to checked `Tables`: type, check, set the bad rows aside, hold the references."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa

from cxlab.errors import InputError
from cxlab.files import no_file
from cxlab.tables.at_rest import at_rest
from cxlab.tables.catalogue import TABLES, table_spec
from cxlab.tables.checks import QUARANTINE_COLUMNS, check_rows, without
from cxlab.tables.coerce import ROW, SQL_TYPES, check_names, coerce_table
from cxlab.tables.dialects import many_queries
from cxlab.tables.references import broken_references, refers_nowhere
from cxlab.tables.schema import TableSpec
from cxlab.tables.setaside import labelled, read_files
from cxlab.tables.sources import (
    META_FILE,
    InputFile,
    Source,
    connect,
    forget,
    identifier,
    sha256_of,
    source_of_csv,
    source_of_parquet,
    sources_of_duckdb,
    unknown_file,
)
from cxlab.tables.store import Meta, Stored, Tables, aware
from cxlab.tables.texts import text_of

__all__ = ["load", "read", "trusted"]

_CSV = (".csv", ".csv.gz")
_ENDINGS = (".parquet", *_CSV)


class _Loading:
    """The work of one load: checked tables, summaries and bad rows so far."""

    def __init__(self, backend: ibis.BaseBackend) -> None:
        self.backend = backend
        self.stored: dict[str, Stored] = {}
        self.summaries: list[pd.DataFrame] = []
        self.bad: dict[str, pd.DataFrame] = {}
        self.n_rows: dict[str, int] = {}

    def take(self, source: Source) -> None:
        """Type and check one table by itself, then its references to tables taken before."""
        spec = table_spec(source.name)
        typed = coerce_table(source.rows, spec)
        try:
            checked = check_rows(typed, spec)
        except duckdb.Error as error:
            raise InputError(
                f"table {source.name} cannot be read", given=str(error).splitlines()[0][:200]
            ) from None
        self.n_rows[source.name] = checked.n_rows
        self.summaries.append(checked.summary)
        bad = checked.bad
        rows = without(typed.plain(), bad)
        for reference in spec.references:
            if reference.table in self.stored:
                target = self.stored[reference.table].rows
                if not len(bad) and not refers_nowhere(typed, reference, target):
                    continue
                lost, summary = broken_references(rows, spec, reference, target)
                self.summaries.append(summary)
                bad = pd.concat([bad, lost], ignore_index=True) if len(lost) else bad
                rows = without(rows, lost)
        if len(bad):
            self.bad[source.name] = _given_rows(source.rows, bad)
        self._keep(source, rows, reads=typed.reads_text)
        kept = _widened(self.backend, spec, typed.given, typed.extra)
        n = checked.n_rows - (bad[ROW].nunique() if len(bad) else 0)
        self.stored[source.name] = Stored(kept, typed.given, typed.extra, n)

    def _keep(self, source: Source, rows: ir.Table, *, reads: bool) -> None:
        """Name the checked rows: a view of a Parquet file or an Arrow table, else a table.

        `reads`: texts become instants or numbers, which in memory is done once for all questions.
        """
        name = f"__lean_{source.name}"
        bad = source.name in self.bad
        stays = source.lazy and (source.path is not None or not (reads or bad))
        if bad:
            self.backend.create_table(name, rows)
        else:
            made = "VIEW" if stays else "TABLE"
            query = text_of("rows", source.rows, lambda: rows)
            self.backend.con.execute(f'CREATE {made} "{name}" AS {query}')
        if not stays:
            forget(self.backend, source)


def _widened(
    backend: ibis.BaseBackend, spec: TableSpec, given: Sequence[str], extra: Sequence[str]
) -> ir.Table:
    """Return a lean table with the declared columns that the input lacks, empty.

    Plain SQL, because Ibis takes longer to write forty empty columns than a small log takes to
    check.
    """
    parts = [ROW]
    for column in spec.columns:
        lacking = "" if column.name in given else f"NULL::{SQL_TYPES[column.kind]} AS "
        parts.append(f'{lacking}"{column.name}"')
    parts += [identifier(n) for n in extra]
    name = f"__rows_{spec.name}"
    backend.con.execute(
        f'CREATE VIEW "{name}" AS SELECT {", ".join(parts)} FROM "__lean_{spec.name}"'
    )
    return backend.table(name)


def _given_rows(source: ir.Table, bad: pd.DataFrame) -> pd.DataFrame:
    first = bad.drop_duplicates(ROW).set_index(ROW)
    wanted = ibis.memtable(pd.DataFrame({"__bad": first.index.astype("int64")}))
    given = source.semi_join(wanted, source[ROW] == wanted["__bad"])
    picked: pd.DataFrame = given.order_by(ROW).to_pandas()
    blame = first.loc[picked.pop(ROW)]
    return labelled(picked, blame.index.to_numpy() + 1, blame["column"], blame["reason"])


def load(
    backend: ibis.BaseBackend,
    sources: Sequence[Source],
    meta: Meta,
    before: Mapping[str, pd.DataFrame] | None = None,
) -> Tables:
    """Check the sources in the order of the catalogue, so that references find their tables.

    `before` holds rows that were set aside before the check, by table.
    """
    work = _Loading(backend)
    by_name = {s.name: s for s in sources}
    with many_queries():
        for name in TABLES:
            if name in by_name:
                work.take(by_name[name])
    found = [s for s in [meta.quarantine, *work.summaries] if len(s)]
    if found:
        held = pd.concat(found, ignore_index=True)
        meta = replace(meta, quarantine=held, imported=len(meta.quarantine))
    files = [
        InputFile(str(s.path), sha256_of(s.path), work.n_rows[s.name])
        for s in sources
        if s.path is not None
    ]
    if files:
        meta = replace(meta, inputs=tuple(files))
    bad: dict[str, pd.DataFrame] = dict(before or {})
    for name, rows in work.bad.items():
        both = [bad[name], rows] if name in bad else [rows]
        bad[name] = pd.concat(both, ignore_index=True)
    return Tables(backend, work.stored, meta, {n: f for n, f in bad.items() if len(f)})


def trusted(frames: Mapping[str, pa.Table], meta: Meta) -> Tables:
    """Take Arrow tables that keep every rule already; nothing is checked, nothing copied."""
    backend = connect()
    # Sums of one thread are added up in the order of the rows, whatever else is in the table.
    backend.con.execute("SET threads = 1")
    stored = {}
    for name in TABLES:
        if name not in frames:
            continue
        spec, table = table_spec(name), frames[name]
        check_names(tuple(table.column_names), spec)
        source = f"__source_{name}"
        backend.con.register(source, _without_zones(table))
        declared = [c for c in spec.columns if c.name in table.column_names]
        given = tuple(c.name for c in declared)
        extra = tuple(n for n in table.column_names if n not in given)
        typed = [f'"{c.name}"::{SQL_TYPES[c.kind]} AS "{c.name}"' for c in declared]
        parts = ", ".join([ROW, *typed, *map(identifier, extra)])
        backend.con.execute(f'CREATE VIEW "__lean_{name}" AS SELECT {parts} FROM "{source}"')
        stored[name] = Stored(_widened(backend, spec, given, extra), given, extra, len(table))
    return Tables(backend, stored, meta, {})


def _without_zones(table: pa.Table) -> pa.Table:
    """Return the table with `__row`, and with instants as plain ones in UTC (the same bits)."""
    plain = [
        f.with_type(pa.timestamp("us")) if pa.types.is_timestamp(f.type) else f
        for f in table.schema
    ]
    numbered = pa.array(np.arange(len(table)))
    return table.cast(pa.schema(plain)).append_column(ROW, numbered)


def read(path: Path) -> Tables:
    """Read a folder, a DuckDB file, or one file named after a table."""
    if not path.exists():
        expected = "a folder of canonical tables, a DuckDB file, or a file such as tickets.csv"
        hint = "see `cxlab init` for a folder with a sample to import"
        raise no_file("no such folder or file of tables", path, expected=expected, hint=hint)
    backend = connect()
    if path.is_file():
        return _read_file(backend, path)
    files = sorted(f for f in path.iterdir() if f.is_file() and _is_table_file(f))
    if not files:
        whole = path / "tables.duckdb"
        if whole.is_file():
            return _read_duckdb(backend, whole)
        raise InputError(
            "folder holds no tables",
            given=str(path),
            expected="files such as tickets.csv or tickets.parquet",
            hint="a raw export is read by `cxlab import` with a mapping",
        )
    beside = path / META_FILE
    ours = beside.is_file()
    meta = _meta(beside.read_text("utf-8"), beside) if ours else Meta()
    _refuse_two_files(files)
    with at_rest(files):
        sources = [_source(backend, f) for f in files]
        return load(backend, sources, meta, read_files(path) if ours else None)


def _read_file(backend: ibis.BaseBackend, path: Path) -> Tables:
    if path.suffix in (".duckdb", ".db"):
        return _read_duckdb(backend, path)
    if not _is_table_file(path):
        raise InputError(
            "not a file of tables", given=path.name, expected="a .parquet, .csv or .duckdb file"
        )
    with at_rest([path]):
        return load(backend, [_source(backend, path)], Meta())


def _read_duckdb(backend: ibis.BaseBackend, path: Path) -> Tables:
    given = sources_of_duckdb(backend, path, TABLES)
    if not given.sources:
        raise InputError("file holds no canonical tables", given=path.name, known=TABLES)
    meta = _meta(given.meta, path) if given.meta else Meta()
    return load(backend, given.sources, meta, given.quarantined)


def _is_table_file(path: Path) -> bool:
    return path.name.lower().endswith(_ENDINGS) and not path.name.startswith(("_", "."))


def _stem(path: Path) -> str:
    return path.name.split(".")[0]


def _refuse_two_files(files: Sequence[Path]) -> None:
    stems = [_stem(f) for f in files]
    for name in stems:
        if stems.count(name) > 1:
            twice = [f.name for f in files if _stem(f) == name]
            raise InputError(f"table {name} is given twice", given=twice, expected="one file")


def _source(backend: ibis.BaseBackend, path: Path) -> Source:
    name = _stem(path)
    if name not in TABLES:
        raise unknown_file(path, TABLES)
    if path.stat().st_size == 0:
        raise InputError(f"file {path.name} is empty (0 bytes)", expected="at least a header line")
    if path.name.lower().endswith(_CSV):
        return source_of_csv(backend, name, path)
    return source_of_parquet(backend, name, path)


def _meta(text: str, path: Path) -> Meta:
    try:
        plain: dict[str, Any] = json.loads(text)
        as_of = plain.get("as_of")
        instant = aware(datetime.fromisoformat(as_of), "as_of") if as_of else None
        quarantine = pd.DataFrame(
            plain.get("quarantine") or [], columns=list(QUARANTINE_COLUMNS)
        ).astype({"rows": "int64"})
        counted = {str(name): int(n) for name, n in (plain.get("counted") or {}).items()}
        return Meta(
            instant, plain.get("time_zone"), plain.get("source"), quarantine, counted=counted
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise InputError(
            f"the metadata of {path.name} cannot be read",
            given=str(error)[:200],
            expected="JSON as cxlab writes it",
        ) from None
