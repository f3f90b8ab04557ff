"""Laws of durations: what a scenario can say about handling, patience and return delays."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

__all__ = ["Duration", "Law", "Patience"]

_SMALLEST = 2.0**-54  # half the step of a double uniform: keeps log(0) out

LawName = Literal["constant", "exponential", "gamma", "lognormal", "empirical"]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Law(BaseModel):
    """A law of a positive duration, given by its mean and, where it has one, its cv.

    `mean` is in the unit of the key that holds the law (`handle_minutes` → minutes); `cv` is
    the coefficient of variation (standard deviation ÷ mean), asked for by `gamma` and
    `lognormal` only. An `empirical` law is a table of quantiles instead: a share `shares[i]` of
    the durations is at most `values[i]`, with straight lines between them. Its last share may be
    below 1 for patience only: the others never give up (a Kaplan–Meier curve that ends above 0).

    >>> Law(law="exponential", mean=4.0).quantile(np.array([0.5])).round(4)
    array([2.7726])
    >>> table = Law(law="empirical", shares=[0.0, 0.5, 1.0], values=[1.0, 3.0, 9.0])
    >>> table.quantile(np.array([0.25, 0.75])), table.average
    (array([2., 6.]), 4.0)
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    law: LawName
    mean: Positive | None = None
    cv: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)] | None = None
    shares: list[Annotated[float, Field(ge=0, le=1)]] | None = None
    values: list[Number] | None = None

    @model_validator(mode="after")
    def _check(self) -> Law:
        if self.law == "empirical":
            return self._check_table()
        wants_cv = self.law in ("gamma", "lognormal")
        if self.shares is not None or self.values is not None:
            raise ValueError(
                f"no shares and values: they belong to an empirical law, not {self.law}"
            )
        if self.mean is None:
            raise ValueError(f"the mean of a {self.law} law")
        if wants_cv and self.cv is None:
            raise ValueError(f"a cv beside the mean of a {self.law} law, such as cv = 0.8")
        if not wants_cv and self.cv is not None:
            raise ValueError(f"no cv: a {self.law} law has none to choose")
        return self

    def _check_table(self) -> Law:
        shares, values = self.shares or [], self.values or []
        if self.mean is not None or self.cv is not None:
            raise ValueError("no mean and cv beside the shares and values of an empirical law")
        if len(shares) != len(values) or len(shares) < 2:
            raise ValueError("as many shares as values, two or more, in an empirical law")
        if sorted(set(shares)) != shares or shares[0] != 0:
            raise ValueError("shares that begin with 0 and increase")
        if sorted(values) != values or values[-1] <= 0:
            raise ValueError("values that do not decrease, the last of them above 0")
        return self

    @property
    def endless_share(self) -> float:
        """Share of the durations that never end."""
        return 1 - self.shares[-1] if self.shares else 0.0

    @property
    def average(self) -> float:
        """Mean duration; infinite where some never end."""
        if self.mean is not None:
            return self.mean
        if self.endless_share > 0:
            return math.inf
        shares, values = np.array(self.shares), np.array(self.values)
        return float(np.sum(np.diff(shares) * (values[1:] + values[:-1]) / 2))

    @property
    def squared_cv(self) -> float:
        """Variance ÷ mean²; not a number where some never end."""
        if self.law != "empirical":
            return {"constant": 0.0, "exponential": 1.0}.get(self.law, self._cv**2)
        if self.endless_share > 0:
            return math.nan
        shares, values = np.array(self.shares), np.array(self.values)
        low, high = values[:-1], values[1:]
        second = float(np.sum(np.diff(shares) * (low**2 + low * high + high**2) / 3))
        return second / self.average**2 - 1

    def quantile(self, u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the durations below which the shares `u` (in [0, 1)) of this law lie.

        Durations are drawn through their quantiles so that a changed mean stretches every
        ticket's own duration and leaves the coupling between scenarios intact.
        """
        from scipy import special

        u = np.clip(u, _SMALLEST, None)
        if self.law == "empirical":
            drawn = np.interp(u, self.shares or [], self.values or [])
            return np.where(u > 1 - self.endless_share, np.inf, drawn)
        mean = self.average
        if self.law == "constant":
            return np.full(u.shape, mean)
        if self.law == "exponential":
            return np.asarray(mean * -np.log1p(-u))
        if self.law == "gamma":
            return np.asarray(_gamma(self._cv**-2)(special.ndtri(u))) * mean
        sigma = math.sqrt(math.log1p(self._cv**2))
        return np.exp(math.log(mean) - sigma**2 / 2 + sigma * special.ndtri(u))

    @property
    def _cv(self) -> float:
        return self.cv or 0.0  # never missing where it is used: see _check_cv


_LARGEST_Z = 8.4  # beyond the normal quantiles of all double uniforms


@lru_cache(maxsize=64)
def _gamma(shape: float) -> Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]:
    """Return the quantile of a gamma law of mean 1 as a function of the normal quantile z.

    The inverse of the incomplete gamma function takes a microsecond a number. Its logarithm is
    smooth in z, so a cubic spline through 4,097 exact values replaces it, right to 1e-9.
    """
    from scipy import interpolate, special

    z = np.linspace(-_LARGEST_Z, _LARGEST_Z, 4097)
    p, q = special.ndtr(z), special.ndtr(-z)
    lower, upper = special.gammaincinv(shape, p), special.gammainccinv(shape, q)
    exact = np.where(z < 0, lower, upper) / shape
    # Far below, quantiles of small shapes underflow; nothing is drawn there.
    spline = interpolate.CubicSpline(z, np.log(np.maximum(exact, 1e-300)))
    return lambda at: np.exp(spline(at))


def _number_is_constant(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return {"law": "constant", "mean": given}
    return given


def _check_ends(law: Law) -> Law:
    if law.endless_share > 0:
        raise ValueError("shares that end with 1 (only patience may never end)")
    return law


Patience = Annotated[Law, BeforeValidator(_number_is_constant)]
"""A law, or a plain number; an empirical one may never end for some."""

Duration = Annotated[Law, BeforeValidator(_number_is_constant), AfterValidator(_check_ends)]
"""A law, or a plain number, which means the same duration every time."""
