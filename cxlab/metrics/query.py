"""One aggregate query for all metrics that share a table and an instant of attribution.

The database classifies each row once per basis (counted, pending, or excluded for a reason) and
returns sufficient statistics per group; `results` turns these into values and intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Basis, Mean, Metric, Quantile, Share

__all__ = [
    "NOT_RECORDED",
    "aggregate",
    "classified",
    "column",
    "counts",
    "excluded_rows",
    "group",
    "is_counted",
    "reasons",
]

NOT_RECORDED = "not_recorded"
"""Reason of rows whose value the data cannot give (a column is missing or empty)."""

SLACK = 5
"""Ranks fetched on either side of the normal approximation to an order statistic's rank."""

_OUTSIDE, _COUNTED, _PENDING, _FIRST_REASON = -1, 0, 1, 2
_Z = 1.959963984540054  # 97.5 % point of the normal law


def column(kind: str, *parts: object) -> str:
    """Return the name of a column of sufficient statistics."""
    return "__".join([kind, *map(str, parts)])


def reasons(basis: Basis) -> tuple[str, ...]:
    """Return every reason under which rows of the basis can be excluded."""
    return (*(e.reason for e in basis.exclusions), NOT_RECORDED)


def aggregate(
    rows: ir.Table,
    keyed: Callable[[ir.Table], ir.Table],
    keys: Sequence[str],
    metrics: Sequence[Metric],
    recorded: dict[str, bool],
) -> ir.Table:
    """Return sufficient statistics per group for metrics of one table and attribution.

    `keyed` adds the columns `keys` to group by and keeps the rows of the report's period; it is
    applied last, after facts that look beyond the period (repeat contacts) are known, and so
    that sorting for them carries few columns. `recorded` says for each basis name whether the
    data has the columns that it needs.
    """
    bases = {m.basis.name: m.basis for m in metrics}
    counted = keyed(classified(rows, list(bases.values()), recorded))
    measures: dict[str, Any] = {}
    for basis in bases.values():
        measures |= counts(counted, basis)
    for metric in metrics:
        if recorded[metric.basis.name]:
            measures |= _statistics(counted, metric)
    grouped = group(counted, keys).aggregate(**measures)
    return _order_statistics(grouped, [m for m in metrics if recorded[m.basis.name]])


def classified(rows: ir.Table, bases: Sequence[Basis], recorded: dict[str, bool]) -> ir.Table:
    """Return the rows that count at all, with the state and the value that each basis gives."""
    counted = rows.filter(rows.excluded_reason.isnull())
    # Values first, as columns: a state looks at them, and none is computed twice.
    values = {column("value", b.name): b.value(counted) for b in bases if recorded[b.name]}
    counted = counted.mutate(**values) if values else counted
    states = {column("state", b.name): _state(counted, b, recorded[b.name]) for b in bases}
    return counted.mutate(**states)


def group(rows: ir.Table, keys: Sequence[str]) -> Any:
    """Group by the keys, or leave everything in one group when there are none."""
    return rows.group_by(list(keys)) if keys else rows


def excluded_rows(
    rows: ir.Table, keys: Sequence[str], window: ir.BooleanValue | None, table: str
) -> ir.Table:
    """Return how many rows each `excluded_reason` takes out, per group."""
    left_out = rows.filter(rows.excluded_reason.notnull())
    if window is not None:
        left_out = left_out.filter(window)
    grouped = left_out.group_by([*keys, "excluded_reason"])
    return grouped.aggregate(**{column("out", table): left_out.count()})


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
    value = rows[column("value", basis.name)]
    # The cast keeps "(x IS NOT NULL) IS NULL" out of the SQL, whose brackets sqlglot loses.
    known = value.cast("int8") if value.type().is_boolean() else value
    branches.append((known.isnull(), unknown))
    return ibis.cases(*branches, else_=_COUNTED)


def counts(rows: ir.Table, basis: Basis) -> dict[str, ir.IntegerScalar]:
    """Return how many classified rows count, are pending, or are excluded by each reason."""
    state = rows[column("state", basis.name)]
    out = {
        column("n", basis.name): rows.count(where=state == _COUNTED),
        column("pending", basis.name): rows.count(where=state == _PENDING),
    }
    for i, reason in enumerate(reasons(basis)):
        out[column("excluded", basis.name, reason)] = rows.count(where=state == _FIRST_REASON + i)
    return out


def is_counted(rows: ir.Table, basis: Basis) -> ir.BooleanValue:
    """Return whether a classified row counts in the basis."""
    return rows[column("state", basis.name)] == _COUNTED


def _statistics(rows: ir.Table, metric: Metric) -> dict[str, ir.Scalar]:
    name = metric.basis.name
    value = rows[column("value", name)]
    counted = is_counted(rows, metric.basis)
    match metric.statistic:
        case Share():
            return {column("true", name): rows.count(where=counted & value)}
        case Mean():
            return {
                column("sum", name): _exact_sum(value, counted, metric.unit),
                column("sd", name): value.std(where=counted, how="sample"),
            }
        case Quantile():
            return {column("values", name): value.collect(where=counted)}
        case _:
            return {}


def _exact_sum(value: ir.NumericValue, where: ir.BooleanValue, unit: str) -> ir.FloatingScalar:
    """Sum durations as whole microseconds: the same bits in whatever order threads add."""
    if unit != "s":
        return value.sum(where=where).cast("float64")
    return (value * 1e6).round().cast("int64").sum(where=where).cast("float64") / 1e6


def _order_statistics(grouped: ir.Table, metrics: Sequence[Metric]) -> ir.Table:
    """Replace collected values by the few order statistics that quantiles and intervals need."""
    quantiles = [
        (m.basis.name, m.statistic.q) for m in metrics if isinstance(m.statistic, Quantile)
    ]
    if not quantiles:
        return grouped
    lists = {column("values", name) for name, _ in quantiles}
    firsts: dict[str, ir.Value] = {}
    for name, q in quantiles:
        n = grouped[column("n", name)].cast("float64")
        half = _Z * (n * q * (1 - q)).sqrt()
        at = {"at": (n - 1) * q, "low": n * q - half - SLACK, "high": n * q + half - SLACK}
        for part, start in at.items():
            firsts[column(part + "_first", name, q)] = ibis.greatest(start.floor(), 0).cast("int64")
    sorted_lists = {c: grouped[c].sort() for c in lists}
    ordered = grouped.mutate(**firsts, **sorted_lists)
    picked: dict[str, ir.Value] = {}
    for name, q in quantiles:
        values = ordered[column("values", name)]
        for part, length in (("at", 2), ("low", 2 * SLACK), ("high", 2 * SLACK)):
            first = ordered[column(part + "_first", name, q)]
            picked[column(part, name, q)] = values[first : first + length]
    return ordered.mutate(**picked).drop(*lists)
