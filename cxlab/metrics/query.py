"""One aggregate query for all metrics that share a source and an instant of attribution.

The database classifies each row once per basis (counted, pending, or excluded for a reason) and
returns sufficient statistics per group; `results` turns these into values and intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Basis, Metric
from cxlab.metrics.repeats import narrowed, repeats_of, with_repeats
from cxlab.metrics.statistics import Quantile, column, order_statistics
from cxlab.metrics.statistics.base import COUNTED, counted, how_many

__all__ = [
    "NOT_RECORDED",
    "Cut",
    "aggregate",
    "classified",
    "counts",
    "excluded_as",
    "excluded_rows",
    "group",
    "prepared",
    "reasons",
]

NOT_RECORDED = "not_recorded"
"""Reason of rows whose value the data cannot give (a column is missing or empty)."""

_OUTSIDE, _PENDING, _FIRST_REASON = -1, 1, 2


@dataclass(frozen=True)
class Cut:
    """How rows are grouped: by the columns `keys`, which `keyed` adds, within a period.

    `inside(rows, days)` keeps the report's period, and so many days after it; `instant` is the
    column that decides.
    """

    keys: tuple[str, ...]
    instant: str
    keyed: Callable[[ir.Table], ir.Table]
    inside: Callable[[ir.Table, int], ir.Table]


def reasons(basis: Basis) -> tuple[str, ...]:
    """Return every reason under which rows of the basis can be excluded."""
    return (*(e.reason for e in basis.exclusions), NOT_RECORDED)


def aggregate(
    rows: ir.Table, cut: Cut, metrics: Sequence[Metric], recorded: dict[str, bool]
) -> ir.Table:
    """Return sufficient statistics per group for metrics of one source and attribution.

    `recorded` says for each basis name whether the data has the columns that it needs.
    """
    bases = {m.basis.name: m.basis for m in metrics}
    ready = prepared(rows, cut, list(bases.values()), recorded)
    measures: dict[str, Any] = {}
    for basis in bases.values():
        measures |= counts(ready, basis)
    known = [m for m in metrics if recorded[m.basis.name]]
    for basis in {m.basis.name: m.basis for m in known if m.basis.remark}.values():
        assert basis.remark is not None
        measures |= basis.remark.tallies(ready, basis)
    for basis in (b for b in bases.values() if b.currency is not None):
        assert basis.currency is not None
        different = basis.currency(ready).nunique(where=counted(ready, basis.name))
        measures[column("currencies", basis.name)] = different
    for metric in known:
        measures |= metric.statistic.measures(ready, metric.basis.name, metric.unit)
    grouped = group(ready, cut.keys).aggregate(**measures)
    quantiles = [(m.basis.name, m.statistic.q) for m in known if isinstance(m.statistic, Quantile)]
    return order_statistics(grouped, quantiles)


def prepared(
    rows: ir.Table, cut: Cut, bases: Sequence[Basis], recorded: dict[str, bool]
) -> ir.Table:
    """Return classified rows of the period with their group columns.

    Where a basis looks for repeats, the sort behind that sees the rows after the period too, and
    carries no column that nobody asks for.
    """
    repeats = repeats_of(b for b in bases if recorded[b.name])
    if not repeats:
        return cut.keyed(classified(cut.inside(rows, 0), bases, recorded))
    ahead = max(r.days for r in repeats)
    near = cut.inside(rows, ahead) if cut.instant == "created_at" else rows
    ready = narrowed(cut.keyed(classified(near, bases, recorded)), bases, repeats, cut)
    return cut.inside(with_repeats(ready, bases, recorded), 0)


def classified(rows: ir.Table, bases: Sequence[Basis], recorded: dict[str, bool]) -> ir.Table:
    """Return the rows that count at all, with the state and the values that each basis gives."""
    kept = rows.filter(rows.excluded_reason.isnull())
    # Values first, as columns: a state looks at them, and none is computed twice.
    values: dict[str, ir.Value] = {}
    for b in (b for b in bases if recorded[b.name]):
        values[column("value", b.name)] = b.value(kept)
        values |= {column(name, b.name): give(kept) for name, give in b.also.items()}
    kept = kept.mutate(**values) if values else kept
    return kept.mutate(
        **{column("state", b.name): _state(kept, b, recorded[b.name]) for b in bases}
    )


def group(rows: ir.Table, keys: Sequence[str]) -> Any:
    """Group by the keys, or leave everything in one group when there are none."""
    return rows.group_by(list(keys)) if keys else rows


def excluded_rows(rows: ir.Table, cut: Cut, source: str) -> ir.Table:
    """Return how many rows each `excluded_reason` takes out, per group."""
    left_out = cut.keyed(cut.inside(rows.filter(rows.excluded_reason.notnull()), 0))
    grouped = left_out.group_by([*cut.keys, "excluded_reason"])
    return grouped.aggregate(**{column("out", source): left_out.count()})


def _state(rows: ir.Table, basis: Basis, recorded: bool) -> ir.IntegerValue:
    """Classify each row: −1 outside the population, 0 counted, 1 pending, 2… excluded."""
    unknown = _FIRST_REASON + len(basis.exclusions)
    if not recorded:
        return ibis.cases((basis.belongs(rows), unknown), else_=_OUTSIDE)
    branches: list[tuple[ir.BooleanValue, int]] = [
        (~basis.belongs(rows).fill_null(False), _OUTSIDE)
    ]
    branches += [(e.when(rows), _FIRST_REASON + i) for i, e in enumerate(basis.exclusions)]
    if basis.pending is not None:
        branches.append((basis.pending(rows), _PENDING))
    for name in ("value", *basis.also):
        value = rows[column(name, basis.name)]
        # The cast keeps "(x IS NOT NULL) IS NULL" out of the SQL, whose brackets sqlglot loses.
        known = value.cast("int8") if value.type().is_boolean() else value
        branches.append((known.isnull(), unknown))
    return ibis.cases(*branches, else_=COUNTED)


def excluded_as(rows: ir.Table, basis: Basis, reason: str) -> ir.BooleanValue:
    """Return whether a classified row is excluded for this reason."""
    return rows[column("state", basis.name)] == _FIRST_REASON + reasons(basis).index(reason)


def counts(rows: ir.Table, basis: Basis) -> dict[str, ir.IntegerScalar]:
    """Return how many classified rows count, are pending, or are excluded by each reason."""
    state = rows[column("state", basis.name)]
    out = {
        column("n", basis.name): how_many(state == COUNTED),
        column("pending", basis.name): how_many(state == _PENDING),
    }
    for i, reason in enumerate(reasons(basis)):
        out[column("excluded", basis.name, reason)] = how_many(state == _FIRST_REASON + i)
    return out
