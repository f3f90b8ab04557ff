"""`Tables`: the canonical tables of one log or one simulated run, on one Ibis backend."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from cxlab.errors import InputError
from cxlab.tables.catalogue import TABLES, table_spec
from cxlab.tables.checks import no_quarantine
from cxlab.tables.coerce import ROW
from cxlab.tables.dialects import counted
from cxlab.tables.schema import Kind
from cxlab.tables.sources import InputFile, connect, source_of_frame

__all__ = ["Tables"]

Format = Literal["parquet", "csv", "duckdb"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One checked table: its rows with `__row`, and which of its columns the input has.

    `n`: how many rows there are, where they were counted.
    """

    rows: ir.Table
    given: tuple[str, ...]
    extra: tuple[str, ...]
    n: int | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """What a folder of tables says about itself beside the rows.

    Of `passing` tables one question is asked: no step of it is worth keeping for the next. Where
    customers were `asked_once`, nobody got two surveys of one instrument about the same thing. The
    first `imported` rows of the quarantine tell of rows that were set aside before the tables were
    written: they are not in them.
    """

    as_of: datetime | None = None
    time_zone: str | None = None
    source: str | None = None
    quarantine: pd.DataFrame = field(default_factory=no_quarantine)
    inputs: tuple[InputFile, ...] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    passing: bool = False
    asked_once: bool = False
    imported: int = 0


class Tables(Mapping[str, ir.Table]):
    """Canonical tables; a mapping from the name of each table present to its Ibis table.

    Every declared column is there (an optional one that the input lacks is empty), the user's
    own columns follow. Instants are plain timestamps in UTC inside the database and zone-aware
    in `frame`. Rows that break a rule of the declaration stand in `quarantine`.

    >>> import pandas as pd
    >>> tables = Tables.from_frames({"tickets": pd.DataFrame({
    ...     "ticket_id": ["T1", "T2"],
    ...     "created_at": ["2024-03-01T09:00:00Z", "2024-03-01T10:00:00+01:00"],
    ...     "channel": ["email", "fax"],
    ...     "status": ["open", "open"],
    ... })})
    >>> tables.frame("tickets")["ticket_id"].tolist()
    ['T1']
    >>> tables.quarantine[["column", "rows", "examples"]].values.tolist()
    [['channel', 1, 'row 2 (T2)']]
    """

    def __init__(
        self,
        backend: ibis.BaseBackend,
        stored: Mapping[str, Stored],
        meta: Meta,
        quarantined: Mapping[str, pd.DataFrame],
    ) -> None:
        self.backend = backend
        self._stored = {name: stored[name] for name in TABLES if name in stored}
        self._meta = meta
        self._quarantined = dict(quarantined)
        self._latest: datetime | None = None
        self.memo: dict[object, Any] = {}
        """Views built on these tables, kept for the next question (tables never change)."""

    @classmethod
    def from_frames(
        cls,
        frames: Mapping[str, pd.DataFrame | pa.Table],
        *,
        as_of: datetime | None = None,
        time_zone: str | None = None,
        source: str | None = None,
        inputs: tuple[InputFile, ...] = (),
        quarantine: pd.DataFrame | None = None,
        quarantined: Mapping[str, pd.DataFrame] | None = None,
        in_place: bool = False,
    ) -> Tables:
        """Type and check pandas frames or Arrow tables.

        `as_of` is the end of observation (zone-aware). `inputs`, `quarantine` (a summary) and
        `quarantined` (rows by table) tell what an import read and set aside before. `in_place`
        leaves Arrow tables whose values have their types already where they lie: for those whose
        memory nobody writes to. Raises InputError for an unknown table, a missing required column,
        a time without a zone, or a column of a type it cannot have.
        """
        from cxlab.tables.load import load

        backend = connect()
        sources = [
            source_of_frame(backend, table_spec(name), frame, in_place=in_place)
            for name, frame in frames.items()
        ]
        before = no_quarantine() if quarantine is None else quarantine
        meta = Meta(aware(as_of, "as_of"), time_zone, source, before, inputs)
        return load(backend, sources, meta, quarantined or {})

    @classmethod
    def trusted(
        cls,
        frames: Mapping[str, pa.Table],
        *,
        as_of: datetime | None = None,
        time_zone: str | None = None,
        source: str | None = None,
        asked_once: bool = False,
    ) -> Tables:
        """Take Arrow tables as cxlab's own simulation records them, without checking a row.

        For thousands of runs in one go; everything else goes through `from_frames`. Raises
        InputError for an unknown table, and for a missing required column.
        """
        from cxlab.tables.load import trusted

        for name in frames:
            table_spec(name)
        meta = Meta(aware(as_of, "as_of"), time_zone, source, passing=True, asked_once=asked_once)
        return trusted(frames, meta)

    @classmethod
    def read(cls, path: str | Path) -> Tables:
        """Read and check a folder of `<table>.parquet` / `<table>.csv`, or a `.duckdb` file.

        Raises InputError for a missing or unreadable file, a file named after no table, and
        whatever `from_frames` refuses.
        """
        from cxlab.tables.load import read

        return read(Path(path))

    @classmethod
    def on(
        cls,
        backend: ibis.BaseBackend,
        tables: Mapping[str, str | ir.Table],
        *,
        as_of: datetime | None = None,
        time_zone: str | None = None,
        source: str | None = None,
    ) -> Tables:
        """Check tables that live on an Ibis backend, and leave them there.

        `backend` is a connection (`ibis.pyspark.connect(session)`, `ibis.snowflake.connect(…)`),
        `tables` gives for each canonical table its name there ("support.tickets") or an Ibis
        table of that connection, a renaming `select` for instance. Every measurement then runs on
        that database; only counts, aggregates and a few examples of bad rows come back. Plain
        timestamps must be UTC, zone-aware ones are converted. Rows that break a rule are left out
        of every query and counted in `quarantine`; `quarantined` has no rows of them.

        Raises InputError, naming table and column, for a missing table or column and for a type
        that the declaration does not allow.

        >>> import ibis
        >>> warehouse = ibis.duckdb.connect()
        >>> _ = warehouse.raw_sql(
        ...     "CREATE TABLE calls AS SELECT 'T1' AS ticket_id, 'phone' AS channel, "
        ...     "'open' AS status, TIMESTAMP '2026-01-05 09:00:00' AS created_at")
        >>> tables = Tables.on(warehouse, {"tickets": "calls"})
        >>> tables.frame("tickets")["channel"].tolist()
        ['phone']
        """
        from cxlab.tables.elsewhere import tables_on

        return tables_on(backend, tables, Meta(aware(as_of, "as_of"), time_zone, source))

    def write(self, folder: str | Path, *, format: Format = "parquet") -> list[Path]:
        """Write every table, the metadata and the quarantined rows; return the paths.

        Each file appears whole or not at all. With `format="duckdb"` everything is in one file:
        `folder` itself when it ends in `.duckdb`, else `folder/tables.duckdb`.
        """
        from cxlab.tables.save import save

        return save(self, Path(folder), format)

    def __getitem__(self, name: str) -> ir.Table:
        """Return one table; InputError when it is unknown or not in the input."""
        return self.numbered(name).drop(ROW)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the tables that are present."""
        return iter(self._stored)

    def __len__(self) -> int:
        """Return how many tables are present."""
        return len(self._stored)

    def __contains__(self, name: object) -> bool:
        """Return whether the table is present."""
        return name in self._stored

    def __repr__(self) -> str:
        """Return the names of the tables."""
        return f"<Tables {', '.join(self._stored)}>"

    def _repr_html_(self) -> str:
        from cxlab.tables.showing import tables_html

        return tables_html(self)

    def stored(self, name: str) -> Stored:
        """Return one table as it is kept, with the hidden `__row`."""
        table_spec(name)
        if name not in self._stored:
            raise InputError(f"the input has no table {name!r}", given=list(self._stored))
        return self._stored[name]

    def numbered(self, name: str) -> ir.Table:
        """Return one table with the hidden `__row`, the order of its rows in the input."""
        return self.stored(name).rows

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the tables that are present, in the order of the catalogue."""
        return tuple(self._stored)

    def has(self, table: str, column: str | None = None) -> bool:
        """Return whether the input has the table, or the column of it."""
        if table not in self._stored:
            return False
        stored = self._stored[table]
        return column is None or column in stored.given or column in stored.extra

    def given_columns(self, table: str) -> tuple[str, ...]:
        """Return the declared columns that the input has."""
        return self.stored(table).given

    def extra_columns(self, table: str) -> tuple[str, ...]:
        """Return the user's own columns, which serve as dimensions."""
        return self.stored(table).extra

    def sizes(self) -> dict[str, int]:
        """Return how many rows each table has; what loading did not count is counted once."""
        if "sizes" not in self.memo:
            unknown = {name: one.rows for name, one in self._stored.items() if one.n is None}
            counts = counted(unknown)
            self.memo["sizes"] = {
                name: counts[name] if one.n is None else one.n for name, one in self._stored.items()
            }
        return dict(self.memo["sizes"])

    def frame(self, name: str) -> pd.DataFrame:
        """Return one table in pandas: instants zone-aware, whole numbers and booleans nullable.

        A calendar date is a midnight without a zone.
        """
        rows = self.numbered(name)
        columns = table_spec(name).columns
        days = {c.name: rows[c.name].cast("timestamp(6)") for c in columns if c.kind is Kind.DATE}
        frame = to_frame(rows.mutate(**days).order_by(ROW).drop(ROW))
        for column in columns:
            if column.kind is Kind.INSTANT:
                plain = frame[column.name].astype("datetime64[us]")
                frame[column.name] = plain.dt.tz_localize("UTC")
        return frame

    def replaced(self, stored: Mapping[str, Stored], meta: Meta) -> Tables:
        """Return tables with some of them exchanged; this object stays as it is."""
        return Tables(self.backend, {**self._stored, **stored}, meta, self._quarantined)

    @property
    def meta(self) -> Meta:
        """The metadata that travels with the tables."""
        return self._meta

    @property
    def as_of(self) -> datetime | None:
        """End of observation (UTC): as given, else the latest observed instant of all tables.

        None only when no table holds any instant.
        """
        if self._meta.as_of is not None:
            return self._meta.as_of
        if self._latest is None:
            self._latest = self._latest_instant()
        return self._latest

    def _latest_instant(self) -> datetime | None:
        latest: list[datetime] = []
        for name, stored in self._stored.items():
            columns = [
                c.name
                for c in table_spec(name).columns
                if c.kind is Kind.INSTANT and c.observed and c.name in stored.given
            ]
            if columns:
                found = stored.rows.aggregate(**{c: stored.rows[c].max() for c in columns})
                row = found.to_pyarrow().to_pylist()[0]
                latest += [v for v in row.values() if v is not None]
        return max(latest).replace(tzinfo=UTC) if latest else None

    @property
    def time_zone(self) -> str | None:
        """The zone in which the source kept its times; None when it said nothing."""
        return self._meta.time_zone

    @property
    def source(self) -> str | None:
        """Where the tables come from (an export's or a scenario's name)."""
        return self._meta.source

    @property
    def inputs(self) -> tuple[InputFile, ...]:
        """The files read, for a manifest; empty for frames."""
        return self._meta.inputs

    @property
    def counted(self) -> Mapping[str, int]:
        """What a simulation counted beside its rows, by name; empty where it counted nothing."""
        return dict(self._meta.counted)

    @property
    def quarantine(self) -> pd.DataFrame:
        """Bad rows counted by table, column and reason, with a few examples; empty when fine.

        Columns: table, column, reason, rows, examples. A row that breaks several rules counts
        for the first of them, so the counts add up to the rows left out.
        """
        return self._meta.quarantine.copy()

    def quarantined(self, table: str) -> pd.DataFrame:
        """Return the bad rows of a table as they were given, with `row`, `column`, `reason`."""
        table_spec(table)
        empty = pd.DataFrame(columns=["row", "column", "reason"])
        return self._quarantined.get(table, empty).copy()

    def meta_json(self) -> str:
        """Return the metadata as JSON text, as it is written beside the tables."""
        quarantine: list[dict[str, Any]] = [
            {str(k): v for k, v in row.items()}
            for row in self._meta.quarantine.to_dict(orient="records")
        ]
        as_of = self._meta.as_of
        plain = {
            "as_of": as_of.isoformat() if as_of is not None else None,
            "time_zone": self.time_zone,
            "source": self.source,
            "quarantine": quarantine,
        } | ({"counted": self.counted} if self.counted else {})
        return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def to_frame(expression: ir.Table) -> pd.DataFrame:
    """Run an expression and return it in pandas with nullable whole numbers and booleans."""
    wide = {
        pa.int64(): pd.Int64Dtype(),
        pa.bool_(): pd.BooleanDtype(),
        pa.string(): pd.StringDtype(na_value=float("nan")),
    }
    frame: pd.DataFrame = expression.to_pyarrow().to_pandas(types_mapper=wide.get)
    return frame


def aware(instant: datetime | None, name: str) -> datetime | None:
    """Return the instant in UTC; InputError when it has no zone."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        raise InputError(f"{name} has no time zone", given=instant.isoformat(), expected="UTC")
    return instant.astimezone(UTC)
