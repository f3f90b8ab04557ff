"""Curves and models: the database counts cells, a fit turns them into a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab.metrics.statistics.base import (
    Estimate,
    Integers,
    Statistic,
    column,
    counted,
)

__all__ = ["Fitted", "Point"]


class Point(NamedTuple):
    """What a fit gives for one group: the value and its interval (NaN where there is none).

    `note` says why there is no value, or what it is.
    """

    value: float
    low: float
    high: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fitted(Statistic):
    """A number fitted to cells: rows counted per distinct combination of a few columns.

    `cells` are columns that the basis gives besides its value ("value" is one too); the database
    groups by them and, where `sums` names columns, adds those up. `fit` gets one frame per group
    of the report, with the columns `cells`, `rows` (how many) and `sums`, sorted by `cells`, so
    that equal tables give equal bits.
    """

    label: str
    method: str
    cells: tuple[str, ...]
    fit: Callable[[pd.DataFrame], Point]
    sums: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What is fitted ("Kaplan–Meier median")."""
        return self.label

    @property
    def interval(self) -> str:
        """How the fit states its uncertainty."""
        return self.method

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Nothing besides n: the cells are asked in a query of their own."""
        return {}

    def asked(self, rows: ir.Table, keys: list[str], basis: str) -> ir.Table:
        """Return the cells of every group: keys, `cells`, `rows` and `sums`."""
        kept = rows.filter(counted(rows, basis))
        cells = {c: kept[column(c, basis)] for c in self.cells}
        sums = {s: kept[column(s, basis)].cast("float64").sum() for s in self.sums}
        return kept.group_by([*keys, *(v.name(k) for k, v in cells.items())]).aggregate(
            rows=kept.count(), **sums
        )

    def fitted(self, cells: pd.DataFrame, keys: list[str], index: pd.Index) -> Estimate:
        """Return the fit of each group in `index`; NaN where a group has no cells."""
        points = np.full((3, len(index)), np.nan)
        notes = [""] * len(index)
        known: dict[object, pd.DataFrame] = dict(iter(cells.groupby(keys))) if keys else {}
        for i, key in enumerate(index):
            group = key if isinstance(key, tuple) else (key,)
            part = known.get(group) if keys else cells
            if part is not None and len(part):
                found = self.fit(part.sort_values(list(self.cells), ignore_index=True))
                points[:, i], notes[i] = found[:3], found.note
        nothing = np.full(len(index), np.nan)
        return Estimate(points[0], nothing, points[1], points[2], notes=notes)

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Nothing from the aggregates alone: see `fitted`."""
        nothing = np.full(len(n), np.nan)
        return Estimate(nothing, nothing, nothing, nothing)

    def unbounded(self) -> str:
        """Return why an end can be missing: a curve of what has not ended may not reach it."""
        return "the data do not bound it on both sides"

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return nothing: a fit is no SQL expression, its cells are shown instead."""
        return ibis.null("float64")
