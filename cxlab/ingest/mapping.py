"""Mapping files: how the columns of one real export become canonical tables, as data.

A mapping is TOML without any code in it. `[source]` says how the file is read, `[derive.NAME]`
names values used in several places, and one section per canonical table says where its columns
come from. Unknown keys are refused with the nearest known name.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from cxlab.errors import InputError, nearest
from cxlab.tables import TABLES, table_spec

__all__ = [
    "Changes",
    "ColumnRule",
    "Condition",
    "Mapping",
    "SourceRule",
    "TableRule",
    "bundled_mapping",
    "bundled_mappings",
    "find_mapping",
    "load_mapping",
]

Take = Literal["first", "last", "first_given", "last_given", "max", "min", "count"]
Unmapped = Literal["quarantine", "error", "keep", "null"]
Plain = str | int | float | bool

_WAYS = ("from", "const", "join", "first_of", "earliest", "latest", "clock", "base")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class SourceRule(_Strict):
    """How the export is read. `time_zone` is the zone of clock times without an offset."""

    name: str
    file: str
    format: Literal["csv", "parquet"] | None = None
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    missing: list[str] = []
    time_zone: str | None = None
    time_format: str | None = None

    @model_validator(mode="after")
    def _known_zone(self) -> Self:
        if self.time_zone is not None:
            try:
                ZoneInfo(self.time_zone)
            except (ZoneInfoNotFoundError, ValueError):
                raise InputError(
                    "unknown time zone in [source]",
                    given=self.time_zone,
                    known=available_timezones(),
                ) from None
        return self


class Condition(_Strict):
    """A test of one column: its text is in a list, not in a list, or missing or not."""

    column: str
    in_: list[str] | None = Field(default=None, alias="in")
    not_in: list[str] | None = None
    empty: bool | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = [self.in_, self.not_in, self.empty]
        if sum(t is not None for t in tests) != 1:
            raise ValueError("a condition needs exactly one of in, not_in, empty")
        return self


class ColumnRule(_Strict):
    """Where the values of one column come from; exactly one way, then what to do with them.

    Ways: `from` a column; a `const`; `join` columns as text; `first_of` several (first that is
    not missing); `earliest` / `latest` of several instants; `clock` time on a `date` column
    (with `near`, on the day that brings it nearest to another instant, so that midnight is
    crossed rightly); `base` instant plus `plus_seconds`.
    """

    from_: str | None = Field(default=None, alias="from")
    const: Plain | None = None
    join: list[str] | None = None
    separator: str = "-"
    first_of: list[str] | None = None
    earliest: list[str] | None = None
    latest: list[str] | None = None
    date: str | None = None
    clock: str | None = None
    near: str | None = None
    base: str | None = None
    plus_seconds: str | None = None
    plus: int | None = None
    values: dict[str, Plain] | None = None
    unmapped: Unmapped = "quarantine"
    missing: list[str] = []
    when: list[Condition] = []
    take: Take = "last"
    as_: Literal["text", "number", "boolean", "instant"] | None = Field(default=None, alias="as")
    time_format: str | None = None

    @property
    def way(self) -> str:
        """The one way in which the values come about."""
        return self._ways()[0]

    def _ways(self) -> list[str]:
        return [w for w in _WAYS if getattr(self, w if w != "from" else "from_") is not None]

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = self._ways()
        if len(ways) != 1:
            given = " and ".join(ways) if ways else "none"
            raise ValueError(f"a column needs exactly one of {', '.join(_WAYS)} (has {given})")
        if (self.clock is None) != (self.date is None):
            raise ValueError("clock and date belong together")
        if (self.base is None) != (self.plus_seconds is None):
            raise ValueError("base and plus_seconds belong together")
        if self.near is not None and self.clock is None:
            raise ValueError("near belongs to clock")
        return self


def _short(value: object) -> object:
    """Let `topic = "category"` stand for `topic = { from = "category" }`."""
    return {"from": value} if isinstance(value, str) else value


ColumnOf = Annotated[ColumnRule, BeforeValidator(_short)]


class Changes(_Strict):
    """One row of the table per change of a value between the rows of a ticket.

    `fields` gives rows of `status_events`, one per change of any of the named fields; `falls`
    and `rises` give one row where a number falls or rises. `at` is the time of a change.
    """

    at: str
    fields: dict[str, ColumnOf] | None = None
    falls: str | None = None
    rises: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(k is not None for k in (self.fields, self.falls, self.rises)) != 1:
            raise ValueError("changes need exactly one of fields, falls, rises")
        return self


class TableRule(_Strict):
    """How the rows of one canonical table come about.

    With `group_by`, the rows of the export that agree in it become one row, in the order of
    `order_by`; each column's `take` says which of them counts. Rows that fail `where` are not
    part of the table. `extra` columns are the user's own dimensions.
    """

    columns: dict[str, ColumnOf]
    extra: dict[str, ColumnOf] = {}
    where: list[Condition] = []
    group_by: list[str] = []
    order_by: list[str] = []
    changes: Changes | None = None

    @model_validator(mode="after")
    def _grouped(self) -> Self:
        if self.changes is not None and not self.group_by:
            raise ValueError("changes need group_by")
        return self


class Mapping(_Strict):
    """A whole mapping file: the source, the named values, the tables."""

    source: SourceRule
    derive: dict[str, ColumnOf] = {}
    tables: dict[str, TableRule]


def load_mapping(path: str | Path) -> Mapping:
    """Read and check a mapping file.

    Raises InputError for a missing file, TOML that cannot be read, an unknown key, table,
    column or zone, or a value of a wrong type.
    """
    path = Path(path)
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise InputError("no such mapping file", given=str(path)) from None
    except IsADirectoryError:
        raise InputError("a mapping is a TOML file", given=str(path)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"mapping {path.name} is not TOML", given=str(error)) from None
    return _checked(plain, path.name)


def _checked(plain: dict[str, Any], file: str) -> Mapping:
    sections = {"source", "derive", *TABLES}
    for name in plain:
        if name not in sections:
            raise InputError(f"unknown section in mapping {file}", given=name, known=sections)
    tables = {n: v for n, v in plain.items() if n in TABLES}
    if not tables:
        raise InputError(f"mapping {file} fills no table", known=TABLES)
    shape = {k: v for k, v in plain.items() if k not in tables} | {"tables": tables}
    try:
        mapping = Mapping.model_validate(shape)
    except ValidationError as error:
        raise _input_error(error, file) from None
    for name, rule in mapping.tables.items():
        _check_columns(name, rule, file)
    return mapping


def _check_columns(name: str, rule: TableRule, file: str) -> None:
    spec = table_spec(name)
    declared = [c.name for c in spec.columns]
    for column in rule.columns:
        if column not in declared:
            raise InputError(
                f"table {name} has no column of that name (mapping {file})",
                given=column,
                known=declared,
                hint=None if _near(column, declared) else f"own columns go under [{name}.extra]",
            )
    for column in rule.extra:
        if column in declared:
            raise InputError(
                f"{column!r} is a declared column of {name} (mapping {file})",
                given=f"{name}.extra.{column}",
                expected=f"{name}.columns.{column}",
            )
    made = {"at", "field", "old", "new", "seq"} if rule.changes else set()
    lacking = [c for c in spec.required if c not in rule.columns and c not in made]
    if lacking:
        raise InputError(
            f"mapping {file} leaves required columns of {name} out",
            given=sorted(rule.columns),
            expected=", ".join(lacking),
        )


def _near(name: str, known: list[str]) -> bool:
    return nearest(name, known) is not None


_KEYS: dict[str, type[_Strict]] = {
    "source": SourceRule,
    "when": Condition,
    "where": Condition,
    "changes": Changes,
}


def _input_error(error: ValidationError, file: str) -> InputError:
    first = error.errors()[0]
    path = [str(p) for p in first["loc"] if p != "tables"]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        model = _model_at(path[:-1])
        known = {f.alias or n for n, f in model.model_fields.items()}
        parent = ".".join(path[:-1])
        return InputError(
            f"unknown key in [{parent}] of mapping {file}", given=path[-1], known=known
        )
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"mapping {file}, {where}", given=first.get("input"), expected=message)


def _model_at(path: list[str]) -> type[_Strict]:
    for part in reversed(path):
        if part in ("columns", "extra", "fields", "derive"):
            return ColumnRule
        if part in _KEYS:
            return _KEYS[part]
        if part in TABLES:
            return ColumnRule if len(path) > 1 else TableRule
    return Mapping


def bundled_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that ship with cxlab.

    >>> bundled_mappings()
    ('anonymous_bank', 'uci_incidents')
    """
    folder = resources.files("cxlab.ingest") / "mappings"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def bundled_mapping(name: str) -> Path:
    """Return the path of a mapping that ships with cxlab; InputError when there is none."""
    if name not in bundled_mappings():
        raise InputError("unknown bundled mapping", given=name, known=bundled_mappings())
    return Path(str(resources.files("cxlab.ingest") / "mappings" / f"{name}.toml"))


def find_mapping(name_or_path: str | Path) -> Path:
    """Return the mapping file of that path, or the bundled one of that name.

    >>> find_mapping("uci_incidents").name
    'uci_incidents.toml'
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    if str(name_or_path) in bundled_mappings():
        return bundled_mapping(str(name_or_path))
    if path.suffix == ".toml":
        raise InputError("no such mapping file", given=str(path))
    raise InputError(
        "no such mapping",
        given=str(name_or_path),
        known=bundled_mappings(),
    )
