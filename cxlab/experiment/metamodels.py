"""Curves through points of any number of keys: a quadratic and a Gaussian process, with errors.

Both are fitted to points in a box that is −1 to 1 along every key, and tell at any point a value
and the standard error of a reading there (so lack of fit is in it). Which of them, and whether of
the values or of their logarithms, is judged by cross-validation in the values' own unit. On a grid
whole slices are left out, one level of one key after the other: of a single cell its neighbours at
the same level give everything away, and say nothing of what lies between the levels. Sources:
Myers, Montgomery & Anderson-Cook, Response Surface Methodology (2016), for the quadratic;
Rasmussen & Williams, Gaussian Processes for Machine Learning (2006), ch. 2 and 5, for the other,
as scikit-learn has it (Matérn 5/2, a length for each key, a constant noise).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from scipy import stats as st
from scipy.spatial import Delaunay, QhullError
from statsmodels.regression.linear_model import OLS

from cxlab.errors import InputError

__all__ = ["MODELS", "Checked", "Fitted", "Hull", "best", "checked", "has_gaussian_processes"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MODELS = ("quadratic", "gaussian process")
FOLDS = 10
MOST_KEYS = 6
"""Up to so many keys the hull of the points is computed; of more, the box around them."""


class Model(Protocol):
    """A curve that can be fitted; `freedom` are the degrees of freedom of its errors."""

    freedom: float

    def fit(self, x: Floats, y: Floats) -> None:
        """Fit it to points (rows of x) and their values."""

    def refit(self, x: Floats, y: Floats) -> None:
        """Fit it to other points, with what it learnt of smoothness and noise."""

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Return values and the standard errors of readings."""


class Quadratic:
    """Least squares on 1, every key, every product of two, and the squares that the data allow."""

    def __init__(self, x: Floats) -> None:
        several = [len(np.unique(x[:, i])) for i in range(x.shape[1])]
        self._squares = [i for i, count in enumerate(several) if count > 2]
        self._products = list(combinations(range(x.shape[1]), 2))
        self.freedom = np.inf
        self._found: Any = None

    @property
    def terms(self) -> int:
        """How many coefficients there are for one key and for more."""
        keys = max((j for _, j in self._products), default=0) + 1
        return 1 + keys + len(self._squares) + len(self._products)

    def _basis(self, x: Floats) -> Floats:
        products = [x[:, i] * x[:, j] for i, j in self._products]
        squares = [x[:, i] ** 2 for i in self._squares]
        return np.column_stack([np.ones(len(x)), x, *products, *squares])

    def fit(self, x: Floats, y: Floats) -> None:
        """Fit it to points and their values."""
        self._found = OLS(y, self._basis(x)).fit()
        self.freedom = float(self._found.df_resid)

    refit = fit

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Return values and the standard errors of readings."""
        found = self._found.get_prediction(self._basis(x))
        return np.asarray(found.predicted_mean), np.asarray(found.se_obs)


class GaussianProcess:
    """A Gaussian process with a length of its own for each key."""

    freedom = np.inf

    def __init__(self, x: Floats) -> None:
        self._keys = x.shape[1]
        self._found: Any = None

    def _made(self, kernel: Any = None) -> Any:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

        learns = kernel is None
        if kernel is None:
            lengths = Matern(np.full(self._keys, 2.0), (0.1, 100.0), nu=2.5)
            kernel = ConstantKernel(1.0, (1e-3, 1e4)) * lengths + WhiteKernel(1e-2, (1e-8, 1.0))
        return GaussianProcessRegressor(
            kernel, alpha=1e-10, normalize_y=True, random_state=0,
            optimizer="fmin_l_bfgs_b" if learns else None, n_restarts_optimizer=2 if learns else 0,
        )  # fmt: skip

    def fit(self, x: Floats, y: Floats) -> None:
        """Fit it to points and their values: smoothness and noise by maximum likelihood."""
        with warnings.catch_warnings():
            # A length at its bound only says that the key hardly matters.
            warnings.simplefilter("ignore")
            self._found = self._made().fit(x, y)

    def refit(self, x: Floats, y: Floats) -> None:
        """Fit it to other points with the smoothness and the noise it has."""
        self._found = self._made(self._found.kernel_).fit(x, y)

    def predict(self, x: Floats) -> tuple[Floats, Floats]:
        """Return values and the standard errors of readings."""
        value, error = self._found.predict(x, return_std=True)
        return np.asarray(value), np.asarray(error)


def has_gaussian_processes() -> bool:
    """Return whether scikit-learn is there."""
    try:
        import sklearn.gaussian_process as _  # noqa: F401
    except ImportError:
        return False
    return True


@dataclass(frozen=True)
class Fitted:
    """A model of values, or of their logarithms, in a box from `low` to `high`.

    Its error bars are `stretch` times as wide as the model says; no standard error is below
    `floor` (on the scale of the model).
    """

    name: str
    model: Model
    low: Floats
    high: Floats
    logarithm: bool = False
    stretch: float = 1.0
    floor: float = 0.0

    @property
    def words(self) -> str:
        """The model's name, and of what it is."""
        return f"{self.name} of the logarithm" if self.logarithm else self.name

    def fit(self, points: Floats, values: Floats, *, again: bool = False) -> None:
        """Fit to points in their own units; `again`: with what was learnt of smoothness."""
        fit = self.model.refit if again else self.model.fit
        fit(self._boxed(points), np.log(values) if self.logarithm else values)

    def predict(self, points: Floats, noise: Floats | None = None) -> tuple[Floats, Floats, Floats]:
        """Return values and the ends of 95 % error bars, in the values' own unit.

        `noise`: standard errors (of values, or of logarithms) that come on top at each point.
        """
        value, error = self.model.predict(self._boxed(points))
        error = np.maximum(self.stretch * error, self.floor)
        error = np.hypot(error, 0.0 if noise is None else noise)
        half = st.t.ppf(0.975, self.model.freedom) * error
        ends = value, value - half, value + half
        return tuple(np.exp(e) for e in ends) if self.logarithm else ends  # type: ignore[return-value]

    def _boxed(self, points: Floats) -> Floats:
        return np.asarray(2 * (points - self.low) / (self.high - self.low) - 1)


@dataclass(frozen=True, slots=True)
class Checked:
    """A fitted model and how it did on points it had not seen, in the values' own unit.

    `error`: root mean square; `worst`: the largest; `covered`: the share inside the error bars
    that the model itself drew. Where that is below 95 %, the bars of `fitted` are stretched until
    they would have held so many.
    """

    fitted: Fitted
    error: float
    worst: float
    covered: float


def checked(
    points: Floats, values: Floats, names: tuple[str, ...] = MODELS, *, seed: int = 0
) -> list[Checked]:
    """Return the models that can be fitted, best first by cross-validation.

    `points`: one row each; `values`: one each. Logarithms are tried where all values are above 0.
    Raises InputError where there are too few points for any model.

    >>> import numpy as np
    >>> x = np.linspace(0, 1, 9)[:, None]
    >>> first = checked(x, 1 + 2 * x[:, 0] ** 2, ("quadratic",))[0]
    >>> first.fitted.words, round(first.error, 9)
    ('quadratic', 0.0)
    """
    low, high = points.min(axis=0), points.max(axis=0)
    scales = (False, True) if (values > 0).all() else (False,)
    unseen = _unseen(points, seed)
    largest = max(int(part.sum()) for part in unseen)
    least = {name: _least(_MADE[name](points), points.shape[1]) + largest for name in names}
    found = [
        _cross_validated(Fitted(name, _MADE[name](points), low, high, log), points, values, unseen)
        for name in names if len(points) >= least[name] for log in scales
    ]  # fmt: skip
    if not found:
        raise InputError(
            "too few points with a value to draw a surface through", given=len(points),
            expected=f"{min(least.values())} or more", hint="more values per key, or more points",
        )  # fmt: skip
    return sorted(found, key=lambda c: c.error)


_MADE: dict[str, Callable[[Floats], Model]] = {
    "quadratic": Quadratic, "gaussian process": GaussianProcess,
}  # fmt: skip


def _least(model: Model, keys: int) -> int:
    """Return the fewest points that a model is fitted to."""
    return model.terms + 1 if isinstance(model, Quadratic) else 2 * keys + 1


def _cross_validated(
    fitted: Fitted, points: Floats, values: Floats, unseen: list[Flags]
) -> Checked:
    fitted.fit(points, values)
    off, share, apart = [], [], []
    for part in unseen:
        fitted.fit(points[~part], values[~part], again=True)
        value, low, high = fitted.predict(points[part])
        off.append(value - values[part])
        # How far along its error bar the truth lies, on the scale on which the bar is even.
        ends = [np.log(e) if fitted.logarithm else e for e in (values[part], value, low, high)]
        half = np.maximum((ends[3] - ends[2]) / 2, np.finfo(float).tiny)
        apart.append(ends[0] - ends[1])
        share.append(np.abs(apart[-1]) / half)
    fitted.fit(points, values, again=True)
    away, along = np.concatenate(off), np.concatenate(share)
    error, worst = float(np.sqrt(np.mean(away**2))), float(np.abs(away).max())
    exact = worst <= 1e-9 * float(np.abs(values).max())  # nothing but rounding
    stretch = 1.0 if exact else max(1.0, float(np.quantile(along, 0.95)))
    covered = 1.0 if exact else float((along <= 1).mean())
    # A slice left out makes the gap twice as wide as those that are there, and the error of a
    # smooth surface falls at least as the gap does.
    floor = 0.0 if exact else float(np.sqrt(np.mean(np.concatenate(apart) ** 2))) / 2
    return Checked(replace(fitted, stretch=stretch, floor=floor), error, worst, covered)


CHECKABLE = 4
"""So many levels of a key are needed to leave one out and still see a curve."""


def _unseen(points: Floats, seed: int) -> list[Flags]:
    """Return which points are left out together, turn by turn.

    Of keys whose levels many points share: each level but the first and the last. Where a key
    has a level for every point, or too few levels to leave one out: ten random parts.
    """
    parts = []
    each = [np.unique(points[:, i]) for i in range(points.shape[1])]
    for i, levels in enumerate(each):
        if CHECKABLE <= len(levels) <= len(points) / 2:
            parts += [points[:, i] == level for level in levels[1:-1]]
    if len(parts) < sum(len(levels) - 2 for levels in each) or not parts:
        order = np.random.default_rng(seed).permutation(len(points))
        for some in np.array_split(order, min(FOLDS, len(points))):
            parts.append(np.isin(np.arange(len(points)), some))
    return parts


def best(points: Floats, values: Floats, names: tuple[str, ...] = MODELS) -> Checked:
    """Return the model that did best on points it had not seen."""
    return checked(points, values, names)[0]


class Hull:
    """The smallest convex body that holds some points; nothing is known outside it.

    >>> import numpy as np
    >>> Hull(np.array([[0.0, 0], [1, 0], [0, 1]])).holds(np.array([[0.2, 0.2], [0.9, 0.9]]))
    array([ True, False])
    """

    def __init__(self, points: Floats) -> None:
        self._low, self._high = points.min(axis=0), points.max(axis=0)
        self._shape: Any = None
        if 1 < points.shape[1] <= MOST_KEYS:
            try:
                self._shape = Delaunay(self._unit(points))
            except QhullError:  # on a line or a plane: the box is all that can be said
                self._shape = None

    def _unit(self, points: Floats) -> Floats:
        return np.asarray((points - self._low) / np.maximum(self._high - self._low, 1e-300))

    def holds(self, points: Floats) -> Flags:
        """Return which points lie in it, its surface included."""
        unit = self._unit(points)
        box = ((unit >= -_CLOSE) & (unit <= 1 + _CLOSE)).all(axis=1)
        if self._shape is None:
            return np.asarray(box)
        return np.asarray(box & (self._shape.find_simplex(unit, tol=_CLOSE) >= 0))


_CLOSE = 1e-9
