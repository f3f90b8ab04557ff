"""What a canonical table is: columns with types, keys, rules and meanings, as data.

A table is added to cxlab by declaring it in `catalogue.py`; reading, writing, checking and
quarantining follow from the declaration alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import ibis.expr.types as ir

__all__ = ["Column", "Kind", "Reference", "Rule", "TableSpec"]


class Kind(StrEnum):
    """The types a canonical column can have.

    An `INSTANT` is a point in time in UTC with microseconds; a `CATEGORY` is text from a short
    list, closed when the column names its values.
    """

    ID = "id"
    INSTANT = "instant"
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
    """

    name: str
    kind: Kind
    meaning: str
    nullable: bool = False
    optional: bool = False
    values: tuple[str, ...] | None = None
    unit: str | None = None
    observed: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: every non-empty value of `column` stands in `table`.`target`."""

    column: str
    table: str
    target: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule over one row: `broken` is true where the row breaks it, empty counts as kept.

    It is asked only of inputs that have its `column` and the columns it `needs` besides.
    """

    reason: str
    column: str
    broken: Callable[[ir.Table], ir.BooleanValue]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One canonical table: one row per `grain`, unique by `key`."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    rules: tuple[Rule, ...] = ()

    def column(self, name: str) -> Column:
        """Return the declared column called `name` (KeyError when there is none)."""
        return {c.name: c for c in self.columns}[name]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that a file must have."""
        return tuple(c.name for c in self.columns if not c.optional)
