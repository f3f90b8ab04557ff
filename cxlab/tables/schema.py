"""What a canonical table is: columns with types, keys, rules and meanings, as data.

A table is added to cxlab by declaring it in `cxlab.tables.declared`; reading, writing, checking,
quarantining and looking back follow from the declaration alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import ibis.expr.types as ir

__all__ = ["Column", "Kind", "Reference", "Rule", "TableSpec"]


class Kind(StrEnum):
    """The types a canonical column can have.

    An `INSTANT` is a point in time in UTC with microseconds; a `DATE` is a day of the calendar
    that gets its zone from elsewhere (in pandas a midnight without a zone); a `CATEGORY` is text
    from a short list, closed when the column names its values.
    """

    ID = "id"
    INSTANT = "instant"
    DATE = "date"
    CATEGORY = "category"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, its type, what it means, and what it may hold.

    `nullable` columns may be empty in a row; `optional` columns may be missing from a file
    altogether (they are then empty everywhere). `values` closes a category. An instant that is
    not `observed` (a promise, a plan, the time of loading) may lie after the end of observation.
    A value is `known_with` an instant of the row: looking back to a time before that instant, it
    is `until_then` (default: empty), as it was before it became known.
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    optional: bool = False
    values: tuple[str, ...] | None = None
    unit: str | None = None
    observed: bool = True
    known_with: str | None = None
    until_then: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: every non-empty value of `column` stands in `table`.`target`."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over one row: `broken` is true where the row breaks it, empty counts as kept.

    It is asked only of inputs that have its `column` and the columns it `needs` besides; the
    columns it `expects` are empty where the input lacks them.
    """

    reason: str
    column: str
    broken: Callable[[ir.Table], ir.BooleanValue]
    needs: tuple[str, ...] = ()
    expects: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSpec:
    """One canonical table: one row per `grain`, unique by `key`.

    A row is known from the first given of its instants `known_from`; a row without any is known
    always, as are the rows of a table that names none (a plan, a master record).
    """

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    rules: tuple[Rule, ...] = ()
    known_from: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the declared column called `name` (KeyError when there is none)."""
        return {c.name: c for c in self.columns}[name]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        return tuple(c.name for c in self.columns if not c.optional)

    @cached_property
    def assumed(self) -> frozenset[str]:
        """Names of the columns that keys and rules look at even where the input lacks them."""
        expected = [c for rule in self.rules for c in rule.expects]
        return frozenset({*self.key, "replication", *expected})
