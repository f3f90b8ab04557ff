"""Quantiles with exact order-statistic intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics.base import (
    TOO_FEW,
    Estimate,
    Floats,
    Integers,
    Statistic,
    column,
    counted,
    value_of,
    whole,
)

__all__ = ["SLACK", "Quantile", "order_statistics"]

SLACK = 5
"""Ranks fetched on either side of the normal approximation to an order statistic's rank."""

_ENOUGH = 1_000
"""Of so many values some enclose any quantile from 1 % to 99 %."""

_Z = 1.959963984540054  # 97.5 % point of the normal law


@dataclass(frozen=True, slots=True)
class Quantile(Statistic):
    """The q-quantile of the values, linear between neighbours (Hyndman & Fan type 7)."""

    q: float

    @property
    def name(self) -> str:
        """ "median" or "p90"."""
        return "median" if self.q == 0.5 else f"p{self.q * 100:g}"

    @property
    def interval(self) -> str:
        """Between two values of the sample."""
        return "order statistics (exact binomial ranks)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """All values; `order_statistics` keeps the few that are needed."""
        values = value_of(rows, basis).collect(where=counted(rows, basis))
        return {column("values", basis): values}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the quantile and the order statistics at the exact binomial ranks."""
        nothing = np.full(len(found), np.nan)
        if column("at", basis, self.q) not in found:
            return Estimate(nothing, nothing, nothing, nothing)
        return Estimate(self._value(found, basis, n), nothing, *self._bounds(found, basis, n))

    def unbounded(self) -> str:
        """Return how many cases it takes until values of the sample bound the quantile."""
        return f"{TOO_FEW}: a {self.name} takes {_fewest(self.q):,} cases"

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the database's own linear quantile."""
        return value_of(rows, basis).quantile(self.q, where=counted(rows, basis))

    def _value(self, found: pd.DataFrame, basis: str, n: Integers) -> Floats:
        position = (n - 1) * self.q
        weight = position - np.floor(position)
        slices = found[column("at", basis, self.q)]
        lower = _pick(slices, np.zeros(len(found), dtype=np.int64))
        upper = _pick(slices, np.ones(len(found), dtype=np.int64))
        value = np.where(weight > 0, lower + weight * (upper - lower), lower)
        return np.where(n > 0, value, np.nan)

    def _bounds(self, found: pd.DataFrame, basis: str, n: Integers) -> tuple[Floats, Floats]:
        """Return the ends of the interval; NaN where no rank of the sample suffices."""
        ends = []
        for part, rank in zip(("low", "high"), stats.quantile_ranks(n, self.q), strict=True):
            first = whole(found, column(part + "_first", basis, self.q))
            end = _pick(found[column(part, basis, self.q)], rank - 1 - first)
            ends.append(np.where((rank >= 1) & (rank <= n), end, np.nan))
        return ends[0], ends[1]


def order_statistics(grouped: ir.Table, quantiles: Iterable[tuple[str, float]]) -> ir.Table:
    """Replace collected values by the few order statistics that quantiles and intervals need.

    `quantiles` are pairs of a basis name and q.
    """
    pairs = list(dict.fromkeys(quantiles))
    if not pairs:
        return grouped
    lists = {column("values", name) for name, _ in pairs}
    firsts: dict[str, ir.Value] = {}
    for name, q in pairs:
        n = grouped[column("n", name)].cast("float64")
        half = _Z * (n * q * (1 - q)).sqrt()
        at = {"at": (n - 1) * q, "low": n * q - half - SLACK, "high": n * q + half - SLACK}
        for part, start in at.items():
            firsts[column(part + "_first", name, q)] = ibis.greatest(start.floor(), 0).cast("int64")
    sorted_lists = {c: grouped[c].sort() for c in lists}
    ordered = grouped.mutate(**firsts, **sorted_lists)
    picked: dict[str, ir.Value] = {}
    for name, q in pairs:
        values = ordered[column("values", name)]
        for part, length in (("at", 2), ("low", 2 * SLACK), ("high", 2 * SLACK)):
            first = ordered[column(part + "_first", name, q)]
            picked[column(part, name, q)] = values[first : first + length]
    return ordered.mutate(**picked).drop(*lists)


@cache
def _fewest(q: float) -> int:
    """Return the smallest n of which two values enclose the q-quantile at 95 %."""
    n = np.arange(1, _ENOUGH)
    low, high = stats.quantile_ranks(n, q)
    return int(n[(low >= 1) & (high <= n)][0])


def _pick(slices: pd.Series, index: Integers) -> Floats:
    """Return slices[i][index[i]] for each group, NaN outside the slice."""
    out = np.full(len(slices), np.nan)
    for i, (values, at) in enumerate(zip(slices, index, strict=True)):
        if values is not None and not np.isscalar(values) and 0 <= at < len(values):
            out[i] = values[at]
    return out
