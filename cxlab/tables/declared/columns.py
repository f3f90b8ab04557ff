"""Words for declaring tables: columns, rules over one row, and the lists that close categories."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import available_timezones

import ibis
import ibis.expr.types as ir

from cxlab.tables.schema import Column, Kind, Reference, Rule
from cxlab.units import CURRENCIES

__all__ = [
    "AUTHORS",
    "CHANNELS",
    "CURRENCIES",
    "OF_A_CUSTOMER",
    "PRIORITIES",
    "PROVENANCE",
    "STATUSES",
    "at",
    "before",
    "category",
    "currency",
    "day",
    "flag",
    "id_",
    "known_zone",
    "later",
    "maybe",
    "money",
    "negative",
    "within_years",
]

CHANNELS = ("email", "chat", "phone", "web", "portal", "social", "other")
STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("urgent", "high", "normal", "low")
AUTHORS = ("customer", "agent", "bot", "system")


def id_(name: str, meaning: str, *, optional: bool = False) -> Column:
    """Declare an identifier; an `optional` one may be missing from the file, or empty."""
    return Column(name, Kind.ID, meaning, nullable=optional, optional=optional)


def at(
    name: str,
    meaning: str,
    *,
    nullable: bool = False,
    optional: bool = False,
    observed: bool = True,
    known_with: str | None = None,
) -> Column:
    """Declare an instant."""
    return Column(
        name,
        Kind.INSTANT,
        meaning,
        nullable=nullable or optional,
        optional=optional,
        observed=observed,
        known_with=known_with,
    )


def later(name: str, meaning: str) -> Column:
    """Declare an optional instant that nobody knows before it is past."""
    return at(name, meaning, optional=True, known_with=name)


def category(
    name: str,
    meaning: str,
    values: tuple[str, ...] | None = None,
    *,
    optional: bool = False,
    known_with: str | None = None,
    until_then: str | None = None,
) -> Column:
    """Declare text from a short list, closed when `values` are given."""
    return Column(
        name,
        Kind.CATEGORY,
        meaning,
        nullable=optional,
        optional=optional,
        values=values,
        known_with=known_with,
        until_then=until_then,
    )


def maybe(
    name: str, kind: Kind, meaning: str, unit: str | None = None, *, known_with: str | None = None
) -> Column:
    """Declare a column of any kind that may be missing from the file, or empty."""
    return Column(
        name, kind, meaning, nullable=True, optional=True, unit=unit, known_with=known_with
    )


def money(
    name: str, meaning: str, *, optional: bool = False, known_with: str | None = None
) -> Column:
    """Declare an amount of money (in units of the row's currency, not in cents)."""
    return Column(
        name,
        Kind.NUMBER,
        meaning,
        nullable=optional,
        optional=optional,
        unit="money",
        known_with=known_with,
    )


def currency(meaning: str = "currency of the amounts (ISO 4217)") -> Column:
    """Declare the currency of a row; empty = the one currency of the whole table."""
    return category("currency", meaning, CURRENCIES, optional=True)


def day(name: str, meaning: str, *, optional: bool = False) -> Column:
    """Declare a calendar date, which has no zone of its own."""
    return Column(name, Kind.DATE, meaning, nullable=optional, optional=optional)


def flag(name: str, meaning: str) -> Column:
    """Declare an optional yes or no."""
    return maybe(name, Kind.BOOLEAN, meaning)


PROVENANCE = (
    category("source", "origin of the row: the export's or the scenario's name", optional=True),
    at("loaded_at", "when the row was imported", optional=True, observed=False),
    category(
        "excluded_reason",
        "why no metric counts the row (spam, merged, test, warm_up, …); empty = counted",
        optional=True,
    ),
    maybe("replication", Kind.INTEGER, "number of the simulated replication; empty in real data"),
)

OF_A_CUSTOMER = (Reference("customer_id", "customers", "customer_id"),)


def before(first: str, second: str) -> Rule:
    """Forbid that `second` comes before `first`."""

    def broken(rows: ir.Table) -> ir.BooleanValue:
        return rows[second] < rows[first]

    return Rule(f"{second} is before {first}", second, broken, (first,))


def negative(column: str) -> Rule:
    """Forbid values below zero."""

    def broken(rows: ir.Table) -> ir.BooleanValue:
        return rows[column] < 0

    return Rule(f"{column} is negative", column, broken)


_YEARS = (datetime(1900, 1, 1), datetime(2200, 1, 1))


def within_years(columns: str | Iterable[str]) -> tuple[Rule, ...]:
    """Forbid instants outside 1900 to 2199.

    A placeholder such as 9999-12-31 is no observation, and has no local time: its zone's offset
    leads out of range.
    """
    names = columns.split() if isinstance(columns, str) else columns
    return tuple(_within_years(name) for name in names)


def _within_years(column: str) -> Rule:
    def broken(rows: ir.Table) -> ir.BooleanValue:
        first, end = (ibis.literal(year, type="timestamp(6)") for year in _YEARS)
        return (rows[column] < first) | (rows[column] >= end)

    return Rule(f"{column} is outside the years 1900 to 2199", column, broken)


def known_zone(column: str) -> Rule:
    """Forbid text that is not the name of a time zone."""

    def broken(rows: ir.Table) -> ir.BooleanValue:
        return rows[column].notin(sorted(available_timezones()))

    return Rule(f"{column} is no IANA time zone", column, broken)
