"""What those who did not answer could do to a number, in words beside each result row.

However high a score, it is that of the people who answered. No assumption about the others can
move it outside the bounds that these words give (C. F. Manski, Anatomy of the selection problem,
Journal of Human Resources 24, 1989).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.declaration import Basis, Metric, Remark
from cxlab.metrics.query import excluded_as
from cxlab.metrics.statistics import column
from cxlab.metrics.statistics.base import Floats, counted, floats, how_many, whole
from cxlab.units import RANGES, format_interval

__all__ = ["POOLED", "Silence"]


@dataclass(frozen=True, slots=True)
class Silence:
    """How the silent are told: the reason that they are excluded under, and their extremes.

    `least` and `greatest` say what all of them would have been where the metric is lowest and
    where it is highest. `sent` is the column that tells that somebody was asked at all.
    """

    least: str
    greatest: str
    reason: str = "no_answer"
    done: str = "answered"
    others: str = "the others"
    weighted: bool = False
    sent: str = "sent_at"

    @property
    def remark(self) -> Remark:
        """The words, as a basis takes them."""
        return Remark(self.tallies, self.words)

    def tallies(self, rows: ir.Table, basis: Basis) -> dict[str, ir.Scalar]:
        """Return how many (and of what weight) answered and did not, and what a row pools."""
        name = basis.name
        silent, answered = excluded_as(rows, basis, self.reason), counted(rows, name)
        if self.weighted:
            weight = rows.weight.cast("float64")
            w_silent, w_answered = weight.sum(where=silent), weight.sum(where=answered)
        else:
            w_silent, w_answered = how_many(silent), how_many(answered)
        asked = rows[self.sent].notnull() & (silent | answered)
        return {
            column("silent", name): how_many(silent),
            column("w_silent", name): w_silent,
            column("w_answered", name): w_answered,
            column("asked", name): how_many(asked),
            **_pooled(rows, basis),
        }

    def words(self, metric: Metric, found: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
        """Return one text per group; "" where nobody was asked."""
        name = metric.basis.name
        n, silent = rows["n"].to_numpy(), whole(found, column("silent", name))
        bounds = self._bounds(metric, found, rows)
        unsent = whole(found, column("asked", name)) == 0
        texts = []
        for i, pools in enumerate(_pools(metric, found)):
            asked, told = int(n[i] + silent[i]), ""
            if asked and unsent[i] and not silent[i]:
                told = "how many were asked is not recorded"
            elif asked:
                told = self._told(int(n[i]), asked, metric.unit, bounds[0][i], bounds[1][i])
            texts.append("; ".join(text for text in (told, pools) if text))
        return texts

    def _told(self, n: int, asked: int, unit: str, low: float, high: float) -> str:
        told = f"{n:,} of {asked:,} {self.done} ({100 * n / asked:.1f} %)"
        if n == asked or math.isnan(low):
            return told
        ends = format_interval(low, high, unit)
        return f"{told}; had {self.others} all {self.least} or {self.greatest}: {ends}"

    def _bounds(
        self, metric: Metric, found: pd.DataFrame, rows: pd.DataFrame
    ) -> tuple[Floats, Floats]:
        """Return the least and the greatest value that the silent could give the metric.

        NaN for numbers that are no mean of the answers: ratios, and what is drawn elsewhere.
        """
        name = metric.basis.name
        lowest, highest = RANGES[metric.unit]
        total = rows["numerator"].to_numpy(dtype=np.float64)
        if math.isinf(highest):
            nothing = np.full(len(rows), np.nan)
            return nothing, nothing
        answered, silent = (
            np.nan_to_num(floats(found, column(kind, name))) for kind in ("w_answered", "w_silent")
        )
        # A net promoter score counts promoters less detractors and prints a hundredfold.
        scale = 100.0 if metric.unit == "nps" else 1.0
        total = np.where(answered > 0, total * scale, 0.0)
        total = np.clip(total, lowest * answered, highest * answered)
        return stats.nonresponse_bounds(
            total, answered, answered + silent, lowest=lowest, highest=highest
        )


_KINDS = {
    "instrument": "pools {} instruments (group by instrument)",
    "version": "pools {} versions of the question (group by version)",
    "scale": "pools {} scales",
    "relation": "pools answers about customers with answers about tickets or orders "
    "(group by subject_type)",
}
"""What should be one in a number, and what is said where it is not."""


def _pooled(rows: ir.Table, basis: Basis) -> dict[str, ir.Scalar]:
    """Return how many instruments, versions, … a group lumps together."""
    if "instrument" not in rows.columns:
        return {}
    where = counted(rows, basis.name)
    values = {
        "instrument": rows.instrument,
        "version": rows.version.fill_null(""),
        "scale": rows.scale_min.cast("string") + " to " + rows.scale_max.cast("string"),
        "relation": rows.subject_type == "customer",
    }
    return {column("pooled_" + k, basis.name): v.nunique(where=where) for k, v in values.items()}


def _pools(metric: Metric, found: pd.DataFrame) -> list[str]:
    """Return what each group lumps together, in words."""
    many = {k: whole(found, column("pooled_" + k, metric.basis.name)) for k in _KINDS}
    return [
        "; ".join(_KINDS[k].format(m[i]) for k, m in many.items() if m[i] > 1)
        for i in range(len(found))
    ]


POOLED = Remark(_pooled, lambda metric, found, rows: _pools(metric, found))
"""The remark on several instruments, versions or scales in one number."""
