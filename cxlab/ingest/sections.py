"""The sections of a mapping file, as models: the source, the named values, the tables.

A mapping is data without any code in it; unknown keys and values of a wrong type are refused.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from cxlab.errors import InputError

__all__ = [
    "Changes",
    "ColumnOf",
    "ColumnRule",
    "Condition",
    "Mapping",
    "SourceRule",
    "Strict",
    "TableRule",
    "Unpivot",
]

Take = Literal["first", "last", "first_given", "last_given", "max", "min", "count"]
Unmapped = Literal["quarantine", "error", "keep", "null"]
Plain = str | int | float | bool

_WAYS = ("from", "const", "row", "join", "first_of", "earliest", "latest", "clock", "base")
_STEPS = ("plus_seconds", "plus_months", "minus_months")


class Strict(BaseModel):
    """A section in which unknown keys and values of a wrong type are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=False)


class SourceRule(Strict):
    """How the export is read.

    `time_zone` is the zone of clock times without an offset; `as_of` (with an offset) the end of
    observation, where the source states one or none can be seen in its rows.
    """

    name: str
    file: str
    format: Literal["csv", "parquet"] | None = None
    encoding: str = "utf-8-sig"
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    missing: list[str] = []
    time_zone: str | None = None
    time_format: str | None = None
    as_of: str | None = None

    @property
    def observed_until(self) -> datetime | None:
        """The end of observation, zone-aware."""
        return None if self.as_of is None else datetime.fromisoformat(self.as_of)

    @model_validator(mode="after")
    def _known_instant(self) -> Self:
        try:
            naive = self.observed_until is not None and self.observed_until.tzinfo is None
        except ValueError:
            naive = True
        if naive:
            raise InputError(
                "as_of in [source] is not an instant",
                given=self.as_of,
                expected="ISO 8601 with an offset, such as 2018-01-01T00:00:00Z",
            )
        return self

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


class Condition(Strict):
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


class ColumnRule(Strict):
    """Where the values of one column come from; exactly one way, then what to do with them.

    Ways: `from` a column; a `const`; the number of the `row` (from 1) behind a text; `join`
    columns as text; `first_of` several (first that is not missing); `earliest` / `latest` of
    several instants; `clock` time on a `date` column (with `near`, on the day that brings it
    nearest to another instant, so that midnight is crossed rightly); `base` instant moved by the
    column `plus_seconds`, or by the calendar months of `plus_months` or `minus_months`.
    """

    from_: str | None = Field(default=None, alias="from")
    const: Plain | None = None
    row: str | None = None
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
    plus_months: str | None = None
    minus_months: str | None = None
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
        steps = sum(getattr(self, step) is not None for step in _STEPS)
        if steps != (self.base is not None):
            raise ValueError(f"base and one of {', '.join(_STEPS)} belong together")
        if self.near is not None and self.clock is None:
            raise ValueError("near belongs to clock")
        return self


def _short(value: object) -> object:
    """Let `topic = "category"` stand for `topic = { from = "category" }`."""
    return {"from": value} if isinstance(value, str) else value


ColumnOf = Annotated[ColumnRule, BeforeValidator(_short)]


class Changes(Strict):
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


class Unpivot(Strict):
    """Columns of the export side by side that become rows of the table below each other.

    Each of the `items` (columns) makes one row of every row of the export, with the named values
    `item` (the column's name), `answer` (its cell) and those of `set`. A cell that stands in
    `codes` ("" for a missing one) is no answer: `answer` is missing, and `code` says why.
    """

    items: list[str] = Field(min_length=1)
    set: dict[str, Plain] = {}
    codes: dict[str, str] = {}


class TableRule(Strict):
    """How the rows of one canonical table come about.

    With `group_by`, the rows of the export that agree in it become one row, in the order of
    `order_by`; each column's `take` says which of them counts. `unpivot` makes several rows of
    one instead. Rows that fail `where` are not part of the table. `extra` columns are the user's
    own dimensions.
    """

    columns: dict[str, ColumnOf]
    extra: dict[str, ColumnOf] = {}
    where: list[Condition] = []
    group_by: list[str] = []
    order_by: list[str] = []
    changes: Changes | None = None
    unpivot: list[Unpivot] = []

    @model_validator(mode="after")
    def _grouped(self) -> Self:
        if self.changes is not None and not self.group_by:
            raise ValueError("changes need group_by")
        if self.unpivot and self.group_by:
            raise ValueError("unpivot makes several rows of one, group_by one of several")
        return self


class Mapping(Strict):
    """A whole mapping file: the source, the named values, the tables."""

    source: SourceRule
    derive: dict[str, ColumnOf] = {}
    tables: dict[str, TableRule]
