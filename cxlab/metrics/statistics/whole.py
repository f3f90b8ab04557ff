"""Numbers that look beyond their own group: its share of all, and its mean beside the others'."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics.base import (
    Estimate,
    Floats,
    Integers,
    Statistic,
    clipped,
    column,
    counted,
    floats,
    share_of,
    value_of,
)
from cxlab.metrics.statistics.simple import exact_sum, nine_digits

__all__ = ["ShareOfAll", "ShrunkMean", "ShrunkShare", "Total"]

Limits = tuple[Floats, Floats, Floats]
"""Value, low and high of several groups."""

_APART = ("__period", "replication")
"""Groups that are never added up: what happened in one period, or in one simulated run."""


@dataclass(frozen=True, slots=True)
class ShareOfAll(Statistic):
    """Rows of a group ÷ rows of all groups of its period (and replication)."""

    @property
    def name(self) -> str:
        """ "share of all"."""
        return "share of all"

    @property
    def interval(self) -> str:
        """Wilson's."""
        return "Wilson"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Nothing besides n."""
        return {}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the share with the period's total as n."""
        if not _categories(found.index.names):
            nothing = np.full(len(n), np.nan)
            return Estimate(nothing, nothing, nothing, nothing)
        apart = [found.index.get_level_values(k) for k in found.index.names if k in _APART]
        counts = pd.Series(n, index=found.index)
        total = counts.groupby(apart).transform("sum") if apart else counts * 0 + counts.sum()
        whole = total.to_numpy(dtype=np.int64)
        own = n.astype(float)
        return Estimate(share_of(own, whole), own, *stats.wilson_interval(own, whole), whole)

    def lacks(self, groups: Sequence[str]) -> str:
        """Return that a share needs a category to be a share of."""
        return "" if _categories(groups) else "no category is grouped by: a share of what?"

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the group's rows ÷ those of all groups."""
        everything = rows.filter(counted(rows, basis)).count().as_scalar()
        return rows.count(where=counted(rows, basis)) / everything.nullif(0)


def _categories(names: Sequence[object]) -> list[object]:
    return [n for n in names if n is not None and n not in _APART]


@dataclass(frozen=True, slots=True)
class ShrunkMean(Statistic):
    """Mean per agent, drawn towards the mean of the others in the same period.

    See `cxlab.stats.shrunk_means`; fewer than four agents are not drawn.
    """

    who: ClassVar[tuple[str, ...]] = ("agent", "assignee", "assignee_id", "resolver_id")

    @property
    def name(self) -> str:
        """ "shrunk mean"."""
        return "shrunk mean"

    @property
    def interval(self) -> str:
        """Morris's."""
        return "empirical Bayes (Morris)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Sum and variance."""
        value, where = _number(rows, basis), counted(rows, basis)
        return {
            column("total", basis): exact_sum(value, where, unit),
            column("spread", basis): value.var(where=where, how="sample"),
        }

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return each group's value drawn towards that of its team; none without rows."""
        total = floats(found, column("total", basis))
        out = np.full((3, len(n)), np.nan)
        for rows in self._teams(found.index):
            own = rows[n[rows] > 0]
            if len(own):
                out[:, own] = self._drawn(found.iloc[own], basis, total[own], n[own])
        value: Floats = out[0]
        return Estimate(value, total, *clipped(out[1], out[2], unit))

    def lacks(self, groups: Sequence[str]) -> str:
        """Return that only agents are drawn towards their team."""
        return "" if set(groups) & set(self.who) else "no agent is grouped by: ask by agent"

    def _drawn(self, found: pd.DataFrame, basis: str, total: Floats, n: Integers) -> Limits:
        spread = nine_digits(floats(found, column("spread", basis)))
        mean, deviation = share_of(total, n), np.sqrt(np.where(n > 1, spread, np.nan))
        if not np.nansum(deviation) > 0:  # nothing tells chance from difference
            return mean, np.full(len(n), np.nan), np.full(len(n), np.nan)
        drawn = stats.shrunk_means(mean, deviation, n)
        return drawn.value, drawn.low, drawn.high

    def _teams(self, index: pd.Index) -> list[Integers]:
        """Return the places of the groups that share everything but the agent."""
        others = [name for name in index.names if name is not None and name not in self.who]
        places = pd.Series(np.arange(len(index)), index=index)
        if not others:
            return [places.to_numpy()]
        return [part.to_numpy() for _, part in places.groupby(level=others)]

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the plain mean: drawing towards the team is no SQL expression."""
        return _number(rows, basis).mean(where=counted(rows, basis))


@dataclass(frozen=True, slots=True)
class ShrunkShare(ShrunkMean):
    """Share per agent, drawn towards that of the others. See `cxlab.stats.shrunk_shares`."""

    @property
    def name(self) -> str:
        """ "shrunk share"."""
        return "shrunk share"

    @property
    def interval(self) -> str:
        """Quantiles of the posterior."""
        return "hierarchical Bayes (beta-binomial)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """How many are true."""
        return {column("total", basis): _number(rows, basis).sum(where=counted(rows, basis))}

    def _drawn(self, found: pd.DataFrame, basis: str, total: Floats, n: Integers) -> Limits:
        drawn = stats.shrunk_shares(total, n)
        return drawn.value, drawn.low, drawn.high


def _number(rows: ir.Table, basis: str) -> ir.FloatingValue:
    number: ir.FloatingValue = value_of(rows, basis).cast("float64")
    return number


@dataclass(frozen=True, slots=True)
class Total(Statistic):
    """Sum of the values."""

    zero_is_fact: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """ "sum"."""
        return "sum"

    @property
    def interval(self) -> str:
        """None: nothing is estimated."""
        return "none (every row is counted)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """The sum."""
        summed = _number(rows, basis).sum(where=counted(rows, basis))
        return {column("total", basis): summed}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the sum, 0 of no rows."""
        total = nine_digits(np.nan_to_num(floats(found, column("total", basis))))
        nothing = np.full(len(n), np.nan)
        return Estimate(total, total, nothing, nothing)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the sum."""
        return _number(rows, basis).sum(where=counted(rows, basis))
