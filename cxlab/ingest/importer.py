"""From a real export to canonical tables, with a report of what became of every row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from cxlab.errors import InputError
from cxlab.ingest.mapping import load_mapping
from cxlab.ingest.reading import find_export, read_cells, read_export
from cxlab.ingest.rows import Built, build_table
from cxlab.ingest.sections import Mapping as MappingFile
from cxlab.ingest.values import Export
from cxlab.tables import InputFile, Tables

__all__ = ["Fit", "ImportReport", "import_export", "tried_out"]

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of the rows of an export.

    `rows` counts the rows of each canonical table; `excluded` the tickets that no metric counts,
    by reason, and `excluded_rows` the rows of every table; `quarantine` the rows that could not
    be used (table, column, reason, rows, examples); `value_misses` the values that a value map
    does not know, with counts; `adjusted` how many instants an `earliest` or `latest` rule
    moved; `clock_repeated` and `clock_skipped` the times in an hour that a change of the clock
    repeats or skips.
    """

    mapping: str
    source: str
    time_zone: str | None
    files: tuple[InputFile, ...]
    rows_read: int
    rows: dict[str, int]
    excluded_rows: dict[str, dict[str, int]]
    quarantine: pd.DataFrame
    value_misses: dict[str, dict[str, int]]
    adjusted: dict[str, int]
    clock_repeated: int
    clock_skipped: int

    @property
    def excluded(self) -> dict[str, int]:
        """Tickets that no metric counts, by reason."""
        return self.excluded_rows.get("tickets", {})

    @property
    def tickets(self) -> int:
        """Number of tickets in the result."""
        return self.rows.get("tickets", 0)

    @property
    def quarantined(self) -> int:
        """Number of rows set aside, of all tables."""
        return int(self.quarantine["rows"].sum())

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain data for JSON."""
        plain = {n: getattr(self, n) for n in self.__dataclass_fields__}
        plain["files"] = [asdict(f) for f in self.files]
        plain["quarantine"] = self.quarantine.to_dict(orient="records")
        plain["quarantined"] = self.quarantined
        plain["tickets"] = self.tickets
        plain["excluded"] = self.excluded
        return plain


def import_export(
    mapping_path: str | Path,
    *,
    file: str | Path | None = None,
    progress: Progress | None = None,
) -> tuple[Tables, ImportReport]:
    """Turn an export into canonical tables as a mapping file says.

    `file` is the export, or the folder in which the mapping's file lies; without it the file is
    looked for beside the mapping. `progress` is called with (steps done, steps in all). Raises
    InputError for whatever in the mapping or the export cannot be used.
    """
    path = Path(mapping_path)
    rule = load_mapping(path)
    export_path = find_export(rule.source, path, file)
    steps = _Steps(progress, len(rule.tables) + 2)
    frame, given = read_export(export_path, rule.source)
    steps.done()
    export = Export(frame, rule.source)
    for name, column in rule.derive.items():
        export.name(name, column)
    built: dict[str, Built] = {}
    for name, table in rule.tables.items():
        built[name] = build_table(name, table, export)
        steps.done()
    tables = _tables(rule, built, given)
    steps.done()
    return tables, _report(path, rule, given, tables, export)


TRIED = 1000
"""So many rows of an export are enough to see whether a mapping fits it."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A mapping tried on the export beside it: the file, rows tried, and those set aside.

    `quarantine` has the columns of `Tables.quarantine`; `of` the rows of each table that were
    tried, those set aside among them.
    """

    file: Path
    rows: int
    quarantine: pd.DataFrame
    of: dict[str, int]

    @property
    def fits(self) -> bool:
        """Whether no table loses more than a tenth of its rows: more is no dirt in the export."""
        if self.quarantine.empty:
            return True
        lost = self.quarantine.groupby("table")["rows"].sum()
        return not any(rows > self.of[str(table)] / 10 for table, rows in lost.items())


def tried_out(mapping_path: str | Path) -> Fit | None:
    """Try a mapping on the first rows of the export beside it; None where there is none.

    The export is the file that the mapping names, else the only CSV file in its folder. Raises
    InputError for a mapping that cannot be used, or not with this export: a column that it lacks,
    another encoding.
    """
    path = Path(mapping_path)
    rule = load_mapping(path)
    named = path.parent / rule.source.file
    beside = sorted(p for p in path.parent.iterdir() if p.name.lower().endswith(_CSV))
    if not named.is_file() and len(beside) != 1:
        return None
    file = named if named.is_file() else beside[0]
    export = Export(read_cells(file, rule.source, TRIED), rule.source)
    try:
        for name, column in rule.derive.items():
            export.name(name, column)
        built = {name: build_table(name, table, export) for name, table in rule.tables.items()}
        # What the tables accept is part of it: a channel that is none of the known ones.
        held = _tables(rule, built).quarantine
    except InputError as error:
        raise InputError(f"{path.name} does not fit {file.name}: {error.what}", given=error.given,
                         expected=error.expected, hint=error.hint) from None  # fmt: skip
    of = {name: len(b.frame) + len(b.bad) for name, b in built.items()}
    return Fit(file, len(export.frame), held, of)


_CSV = (".csv", ".csv.gz", ".tsv")


class _Steps:
    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def done(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, self._total)


def _tables(
    rule: MappingFile, built: Mapping[str, Built], given: InputFile | None = None
) -> Tables:
    frames = {n: b.frame for n, b in built.items()}
    summaries = [b.quarantine for b in built.values() if len(b.quarantine)]
    return Tables.from_frames(
        frames,
        as_of=rule.source.observed_until,
        source=rule.source.name,
        time_zone=rule.source.time_zone,
        inputs=() if given is None else (given,),
        quarantine=pd.concat(summaries, ignore_index=True) if summaries else None,
        quarantined={n: b.bad for n, b in built.items() if len(b.bad)},
    )


def _report(
    path: Path, rule: MappingFile, given: InputFile, tables: Tables, export: Export
) -> ImportReport:
    counts = export.counts
    return ImportReport(
        mapping=path.name,
        source=rule.source.name,
        time_zone=rule.source.time_zone,
        files=(given,),
        rows_read=given.rows,
        rows={n: int(tables[n].count().to_pyarrow().as_py()) for n in tables.names},
        excluded_rows={n: c for n in tables.names if (c := _excluded(tables, n))},
        quarantine=tables.quarantine,
        value_misses={c: dict(m.most_common()) for c, m in counts.misses.items()},
        adjusted=dict(counts.adjusted),
        clock_repeated=counts.ambiguous,
        clock_skipped=counts.nonexistent,
    )


def _excluded(tables: Tables, name: str) -> dict[str, int]:
    if not tables.has(name, "excluded_reason"):
        return {}
    rows = tables[name]
    reasons = rows.filter(rows.excluded_reason.notnull()).excluded_reason.value_counts()
    return {str(r): int(n) for r, n in reasons.to_pandas().itertuples(index=False, name=None)}
