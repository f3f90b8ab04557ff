"""What lies between the points of a sweep: a surface through them, with its error, and its limits.

The cells of a sweep share their draws. So what all of them have in common by chance does not show
as scatter around the surface; the error bar counts it on top: the standard error of the cells
near by, not made smaller by their number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats as st
from scipy.spatial import KDTree

from cxlab import display
from cxlab.errors import InputError
from cxlab.experiment import screening
from cxlab.experiment.design import number_of
from cxlab.experiment.metamodels import (
    CHECKABLE,
    MODELS,
    Checked,
    Hull,
    checked,
    has_gaussian_processes,
)
from cxlab.experiment.sweeps import Sweep
from cxlab.metrics import metric as metric_of
from cxlab.metrics.declaration import Metric
from cxlab.units import RANGES, format_margin

__all__ = ["Surrogate", "limit_words", "surrogate"]

Floats = npt.NDArray[np.float64]
Kind = Literal["quadratic", "gaussian process"]

RELATIVE = 0.25
ABSOLUTE = {"share": 0.05, "points": 0.2, "points_7": 0.3, "nps": 5.0, "score": 5.0, "net": 0.1}
"""What error bar (±) is trusted: so much on bounded scales, else a share of the value."""

_COLUMNS = ("value", "low", "high")


@dataclass(frozen=True)
class Surrogate:
    """A surface through the cells of a sweep, for one metric.

    `models`: those that were tried, best first by cross-validation; the first is in use. `points`
    has a row per cell with a value: the keys as numbers, value, low, high, error (the standard
    error over replications). `lost`: cells without a value. `within`: the widest error bar that
    is trusted, in the metric's unit; None: 25 % of the value, or what `ABSOLUTE` says.
    """

    metric: Metric
    keys: tuple[str, ...]
    points: pd.DataFrame
    models: tuple[Checked, ...]
    lost: int = 0
    within: float | None = None

    @property
    def model(self) -> str:
        """The name of the model in use."""
        return self.models[0].fitted.words

    @property
    def error(self) -> float:
        """The cross-validated error (root mean square), in the metric's unit."""
        return self.models[0].error

    def predict(self, at: pd.DataFrame | Mapping[str, Any]) -> pd.DataFrame:
        """Return value, low, high (95 %), inside and trusted at points, beside their keys.

        `at` holds a column, or a value or list, per key; factors as numbers or as "x1.2". What
        is outside the hull of the cells, or has too wide an error bar, is not trusted.

        Raises InputError when a key is missing, unknown, or no number.
        """
        asked = self._asked(at)
        points = asked[list(self.keys)].to_numpy(dtype=np.float64)
        fitted = self.models[0].fitted
        found = fitted.predict(points, self._noise(points, relative=fitted.logarithm))
        least, most = RANGES[self.metric.unit]
        value, low, high = (np.clip(part, least, most) for part in found)
        inside = Hull(self._known()).holds(points)
        half = np.maximum(high - value, value - low)
        close = half <= self._limit(value)
        return asked.assign(
            value=value, low=low, high=high, inside=inside, trusted=inside & close
        )  # fmt: skip

    def cells(self) -> pd.DataFrame:
        """Return what was simulated at `points` itself: value, low, high, trusted."""
        value, low, high = (self.points[name].to_numpy(dtype=np.float64) for name in _COLUMNS)
        close = np.fmax(high - value, value - low) <= self._limit(value)
        return pd.DataFrame({"value": value, "low": low, "high": high, "trusted": close})

    def _asked(self, at: pd.DataFrame | Mapping[str, Any]) -> pd.DataFrame:
        frame = at if isinstance(at, pd.DataFrame) else pd.DataFrame(
            {k: v if isinstance(v, Sequence | np.ndarray) and not isinstance(v, str) else [v]
             for k, v in at.items()})  # fmt: skip
        for name in frame.columns:
            if name not in self.keys:
                raise InputError("not a key of the sweep", given=str(name), known=self.keys)
        for key in self.keys:
            if key not in frame:
                raise InputError("a key has no value", given=sorted(map(str, frame)), expected=key)
        return pd.DataFrame({key: [number_of(key, v) for v in frame[key]] for key in self.keys})

    def _known(self) -> Floats:
        return self.points[list(self.keys)].to_numpy(dtype=np.float64)

    def _noise(self, points: Floats, *, relative: bool) -> Floats:
        """Return the standard error of the cells near by, weighted by how near they are."""
        known = self._known()
        error = self.points["error"].to_numpy(dtype=np.float64)
        if relative:
            error = error / self.points["value"].to_numpy(dtype=np.float64)
        error = np.nan_to_num(error)
        low, size = known.min(axis=0), np.ptp(known, axis=0)
        near = min(2 ** len(self.keys), len(known))
        away, which = (
            np.reshape(part, (len(points), -1))
            for part in KDTree((known - low) / size).query((points - low) / size, k=near)
        )
        weight, near_by = 1 / (away + 1e-9), error[which]
        return np.asarray((weight * near_by).sum(axis=1) / weight.sum(axis=1))

    def _limit(self, value: Floats) -> Floats:
        if self.within is not None:
            return np.full(len(value), self.within)
        absolute = ABSOLUTE.get(self.metric.unit)
        return np.abs(value) * RELATIVE if absolute is None else np.full(len(value), absolute)

    def sobol(self, points: int = 1024, seed: int = 0) -> pd.DataFrame:
        """Return the Sobol indices of the surface over the box of the cells; see `sensitivity`.

        Needs the extra `sensitivity`.
        """
        known = self._known()
        low, size = known.min(axis=0), np.ptp(known, axis=0)

        def values(shares: Floats) -> Floats:
            return self.models[0].fitted.predict(low + shares * size)[0]

        table, _ = screening.sobol(values, self.keys, points, seed)
        table = table.assign(at_low=low, at_high=low + size, metric=self.metric.id,
                             title=self.metric.title, unit=self.metric.unit)  # fmt: skip
        return table.sort_values("ST", ascending=False, ignore_index=True)

    @property
    def table(self) -> pd.DataFrame:
        """One row per model that was tried: model, error, worst, covered."""
        return pd.DataFrame(
            {"model": m.fitted.words, "error": m.error, "worst": m.worst, "covered": m.covered}
            for m in self.models
        )

    @property
    def summary(self) -> list[str]:
        """What it is, how far off it is, and where it is not to be trusted."""
        first, unit = self.models[0], self.metric.unit
        lost = f" ({self.lost:,} more have no value)" if self.lost else ""
        stretch = first.fitted.stretch
        wider = f"; they are drawn {stretch:.1f} times as wide since" if stretch > 1 else ""
        said = [
            f"{self.metric.title} ({self.metric.id}): {self.model} through {len(self.points):,} "
            f"cells{lost}",
            f"on cells it had not seen it was off by {format_margin(first.error, unit)} (root mean "
            f"square; at worst {format_margin(first.worst, unit)}); its 95 % error bars held "
            f"{first.covered:.0%} of them{wider}".replace("%", " %").replace("  %", " %"),
            f"not to be trusted outside the cells, nor where the error bar is wider than "
            f"{limit_words(unit, self.within)}",
        ]
        few = [key for key in self.keys if self.points[key].nunique() < CHECKABLE]
        if few:
            said.append(f"too few values of {', '.join(few)} to check what lies between them")
        return said

    def shown(self) -> pd.DataFrame:
        """Return the models that were tried as people read them, all text."""
        unit = self.metric.unit
        return pd.DataFrame(
            {"model": r["model"], "off by": format_margin(r["error"], unit),
             "at worst": format_margin(r["worst"], unit), "in its bars": f"{r['covered']:.0%}"}
            for r in self.table.to_dict("records")
        )  # fmt: skip

    def __repr__(self) -> str:
        """Return the models, and how far the chosen one is to be trusted."""
        return "\n".join([self.shown().to_string(index=False), *self.summary])

    def _repr_html_(self) -> str:
        table = display.frame(self.shown(), numeric=("off by", "at worst", "in its bars"))
        return display.shown(table, display.lines(self.summary), as_frame=True)


def limit_words(unit: str, within: float | None = None) -> str:
    """Return the widest error bar that is trusted, in words.

    >>> limit_words("s"), limit_words("share"), limit_words("s", 120.0)
    ('±25 % of the value', '±5.0 points', '±2.0 min')
    """
    limit = ABSOLUTE.get(unit) if within is None else within
    if limit is None:
        return f"±{RELATIVE:.0%} of the value".replace("%", " %")
    return "±" + format_margin(limit, unit)


def surrogate(
    sweep: Sweep,
    metric: str,
    *,
    kind: Kind | None = None,
    where: Mapping[str, Any] | None = None,
    within: float | None = None,
) -> Surrogate:
    """Return a surface through the cells of a sweep, for one metric.

    A quadratic and, with the extra `surrogate` (scikit-learn), a Gaussian process are tried on
    the values and on their logarithms; the one that does best on cells it has not seen is used.
    `kind` tries one only; `where` chooses a group of a sweep that was asked by groups; `within`
    is the widest error bar (±, in the metric's unit) that is trusted.

    Raises InputError for a metric that was not asked, a group that is none, values of keys that
    are no numbers, a limit that is none, too few cells with a value, scikit-learn missing where
    its model is asked.

    `cx.surrogate(cx.sweep(base, {"team.shifts.0.agents": [2, 3, 4, 5, 6]}), "frt")` prints how far
    off it is; `.predict({"team.shifts.0.agents": [2.5]})` gives a value and its error bar.
    """
    if kind is not None and kind not in MODELS:
        raise InputError("unknown kind of surface", given=kind, known=MODELS)
    if within is not None and not within > 0:
        raise InputError("the widest error bar that is trusted", given=within, expected="above 0")
    names = _models(kind)
    rows = _group(sweep, metric, where or {})
    several = [key for key in sweep.keys if rows[key].nunique() > 1]
    points = pd.DataFrame({key: [number_of(key, v) for v in rows[key]] for key in several})
    if not several:
        raise InputError("nothing varies in the sweep", given=sweep.keys,
                         expected="a key with several values")  # fmt: skip
    points = points.assign(**{name: rows[name].to_numpy(dtype=np.float64) for name in _COLUMNS})
    points["error"] = _standard_errors(rows)
    known = points[points["value"].notna()].reset_index(drop=True)
    alone = known[several].nunique()
    if (alone < 2).any():
        raise InputError(
            "too few points with a value to draw a surface through", given=len(known),
            expected="values at several points of each key",
        )  # fmt: skip
    models = checked(known[several].to_numpy(dtype=np.float64), known["value"].to_numpy(), names)
    return Surrogate(metric_of(metric), tuple(several), known, tuple(models),
                     len(points) - len(known), within)  # fmt: skip


def _models(kind: Kind | None) -> tuple[str, ...]:
    there = has_gaussian_processes()
    if kind == "gaussian process" and not there:
        raise InputError("a Gaussian process needs scikit-learn",
                         expected="pip install 'cxlab[surrogate]'",
                         hint='kind="quadratic" does without')  # fmt: skip
    if kind is not None:
        return (kind,)
    return MODELS if there else MODELS[:1]


def _group(sweep: Sweep, metric: str, where: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows of the metric, one per cell."""
    sweep.wide(metric)  # refuses what was not asked
    rows = pd.DataFrame(sweep.table[sweep.table["metric"] == metric])
    for name, value in where.items():
        if name not in sweep.by:
            raise InputError("not a group of the sweep", given=name, known=sweep.by)
        known = list(rows[name].unique())
        rows = rows[rows[name] == value]
        if rows.empty:
            raise InputError(f"no such {name}", given=value, known=known)
    if rows.duplicated(sweep.keys).any():
        raise InputError("the sweep was asked by group", given=list(sweep.by),
                         expected="one of them: where={...}")  # fmt: skip
    return rows.reset_index(drop=True)


def _standard_errors(rows: pd.DataFrame) -> Floats:
    """Return the standard errors over replications, from the intervals; NaN for one run."""
    value, low, high = (rows[name].to_numpy(dtype=np.float64) for name in _COLUMNS)
    n = rows["n"].to_numpy(dtype=np.float64)
    half = np.fmax(high - value, value - low)  # an end may be cut at the scale's own
    found = np.full(len(rows), np.nan)
    several = n > 1
    found[several] = half[several] / st.t.ppf(0.975, n[several] - 1)
    return found
