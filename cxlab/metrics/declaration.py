"""What a metric is, as data: a basis (which rows count, and with what value) and a statistic.

A metric is declared once. Its measurement, catalogue entry, label, footnote, SQL and worked
example all come from the declaration; the families (`response`, `resolution`, `satisfaction`, …)
hold nothing but declarations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from cxlab.metrics.statistics import Statistic

__all__ = [
    "Attribution",
    "Basis",
    "Example",
    "Exclusion",
    "Metric",
    "Remark",
    "Repeat",
]

Predicate = Callable[[ir.Table], ir.BooleanValue]
Value = Callable[[ir.Table], ir.Value]


class Attribution(StrEnum):
    """Which instant of a row decides the period it belongs to.

    Rows without that instant (still open, never answered) fall to their first instant, where
    they stand as pending or excluded: no row is lost between periods.
    """

    CREATED = "created"
    SOLVED = "solved"
    ANSWERED = "answered"
    SENT = "sent"
    HAPPENED = "happened"
    STARTED = "started"
    DUE = "due"
    PERIOD_START = "state at the period's start"
    PERIOD_END = "state at the period's end"
    POINT_IN_TIME = "point in time"

    @property
    def instant(self) -> str:
        """The column of a source that holds the instant."""
        return _INSTANTS[self.value]


_INSTANTS = {
    "created": "created_at",
    "solved": "fact_solved_at",
    "answered": "fact_given_at",
    "sent": "fact_sent_at",
    "happened": "fact_at",
    "started": "fact_started_at",
    "due": "fact_due_at",
    "state at the period's start": "fact_window_start",
    "state at the period's end": "fact_window_start",
    "point in time": "created_at",
}


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Rows of the population that cannot be counted, under one reason."""

    reason: str
    meaning: str
    when: Predicate


@dataclass(frozen=True, slots=True)
class Repeat:
    """A row counts as repeated when a like row follows it within `days`.

    Alike are rows with equal columns `same`; empty ones compare as equal. A ticket that the
    business opened is no repeat of anything: the customer did not come back.
    """

    days: int
    same: tuple[str, ...] = ("customer_id", "topic")


@dataclass(frozen=True, slots=True)
class Remark:
    """What stands in the `note` of each result row: words made from that row's own numbers.

    `tallies` are aggregated over a group's classified rows besides what the statistic needs;
    `words` gets the metric, the tallies and the result (value, n, numerator, …) of all groups,
    and returns one text per group ("" for none).
    """

    tallies: Callable[[ir.Table, Basis], dict[str, ir.Scalar]]
    words: Callable[[Metric, pd.DataFrame, pd.DataFrame], list[str]]


@dataclass(frozen=True, slots=True)
class Basis:
    """Which rows a family of metrics looks at, and the value it takes from each.

    A row of the population is exactly one of: excluded (first matching reason), pending, or
    counted. `value` is seconds, a score, or true/false for shares. `needs` are columns
    ("tickets.first_human_reply_at") or tables ("escalations") without which nothing can be said
    ("a|b": one of them); `assumes` are those without which something is taken for granted, and
    what, in words. `also` names further columns that a statistic uses ("per" of a ratio, the
    cells of a fit); `settings` the sections of the settings that its value depends on. `currency`
    names the currency of amounts: a group with several has no value. With `unless_repeated` a
    true value turns false where a like row follows. `remark` puts words beside every result row
    (how many were asked, what else they could say).

    `source` names rows with facts (see `sources`).
    """

    name: str
    source: str
    attribution: Attribution
    population: str
    belongs: Predicate
    value: Value
    exclusions: tuple[Exclusion, ...] = ()
    pending: Predicate | None = None
    pending_meaning: str = ""
    needs: tuple[str, ...] = ()
    assumes: Mapping[str, str] = field(default_factory=dict)
    also: Mapping[str, Value] = field(default_factory=dict)
    unless_repeated: Repeat | None = None
    remark: Remark | None = None
    settings: tuple[str, ...] = ()
    currency: Value | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A worked example: a story, its canonical rows, and the value worked out by hand.

    `rows` maps table names to rows; a time "HH:MM[:SS]" means that clock time (UTC) on Monday
    2026-01-05, "+2 10:00" two days later, "2026-03-01" that day's midnight (UTC). `period` and
    `by` are asked of `measure`; `group` then picks the row that the value stands in.
    """

    story: str
    rows: Mapping[str, tuple[Mapping[str, Any], ...]]
    value: float
    as_of: str = "+60 00:00"
    period: str | None = None
    by: str = ""
    group: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Metric:
    """A named, versioned definition of a number.

    `unit` is a key of `cxlab.units.UNITS`; `direction` is "up", "down" or "depends" (what is
    better); `formula` is LaTeX; `source` names where the definition comes from. `variant_of` is the
    id of the metric that it is another reading of, `preset` the vendor whose reading it is.
    """

    id: str
    title: str
    definition: str
    formula: str
    unit: str
    direction: str
    basis: Basis
    statistic: Statistic
    source: str
    example: Example
    version: int = 1
    notes: tuple[str, ...] = field(default=())
    variant_of: str = ""
    preset: str = ""

    @property
    def population(self) -> str:
        """Which rows the metric looks at, in words."""
        return self.basis.population

    @property
    def attribution(self) -> Attribution:
        """Which instant decides the period."""
        return self.basis.attribution

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """The rows that are left out, by reason."""
        return self.basis.exclusions

    @property
    def interval(self) -> str:
        """How the interval is computed."""
        return self.statistic.interval

    def entry(self) -> dict[str, Any]:
        """Return the catalogue entry as plain data (what `cxlab metrics --json` prints)."""
        return {
            "id": self.id,
            "title": self.title,
            "definition": self.definition,
            "formula": self.formula,
            "unit": self.unit,
            "direction": self.direction,
            "statistic": self.statistic.name,
            "population": self.population,
            "attribution": self.attribution.value,
            "exclusions": {e.reason: e.meaning for e in self.exclusions},
            "pending": self.basis.pending_meaning,
            "interval_method": self.interval,
            "source": self.source,
            "variant_of": self.variant_of or None,
            "preset": self.preset or None,
            "version": self.version,
            "notes": list(self.notes),
            "example": {
                "story": self.example.story,
                "value": self.example.value,
                "unit": self.unit,
                "rows": {t: [dict(r) for r in rows] for t, rows in self.example.rows.items()},
                "as_of": self.example.as_of,
            },
        }

    def __repr__(self) -> str:
        """Return the metric in one line."""
        better = {"up": "higher is better", "down": "lower is better"}.get(self.direction)
        return f"<Metric {self.id}: {self.title}, {self.unit}{f', {better}' if better else ''}>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    def _repr_html_(self) -> str:
        from cxlab.metrics.display import metric_html

        return metric_html(self)

    def __str__(self) -> str:
        """Return definition, formula and worked example as plain text."""
        from cxlab.metrics.display import metric_text

        return metric_text(self)
