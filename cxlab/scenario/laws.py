"""Laws of durations: what a scenario can say about handling, patience and return delays."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from scipy import special

__all__ = ["Duration", "Law"]

_SMALLEST = 2.0**-54  # half the step of a double uniform: keeps log(0) out

LawName = Literal["constant", "exponential", "gamma", "lognormal"]


class Law(BaseModel):
    """A law of a positive duration, given by its mean and, where it has one, its cv.

    `mean` is in the unit of the key that holds the law (`handle_minutes` → minutes); `cv` is
    the coefficient of variation (standard deviation ÷ mean), asked for by `gamma` and
    `lognormal` only.

    >>> Law(law="exponential", mean=4.0).quantile(np.array([0.5])).round(4)
    array([2.7726])
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    law: LawName
    mean: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    cv: Annotated[float, Field(gt=0, le=20, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _check_cv(self) -> Law:
        wants_cv = self.law in ("gamma", "lognormal")
        if wants_cv and self.cv is None:
            raise ValueError(f"a cv beside the mean of a {self.law} law, such as cv = 0.8")
        if not wants_cv and self.cv is not None:
            raise ValueError(f"no cv: a {self.law} law has none to choose")
        return self

    def quantile(self, u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the durations below which the shares `u` (in [0, 1)) of this law lie.

        Durations are drawn through their quantiles so that a changed mean stretches every
        ticket's own duration and leaves the coupling between scenarios intact.
        """
        u = np.clip(u, _SMALLEST, None)
        drawn: npt.NDArray[np.float64]
        if self.law == "constant":
            drawn = np.full(u.shape, self.mean)
        elif self.law == "exponential":
            drawn = self.mean * -np.log1p(-u)
        elif self.law == "gamma":
            shape = self._cv**-2
            drawn = np.asarray(special.gammaincinv(shape, u), dtype=np.float64)
            drawn *= self.mean / shape
        else:
            sigma = math.sqrt(math.log1p(self._cv**2))
            drawn = np.exp(math.log(self.mean) - sigma**2 / 2 + sigma * special.ndtri(u))
        return drawn

    @property
    def _cv(self) -> float:
        return self.cv or 0.0  # never missing where it is used: see _check_cv


def _number_is_constant(given: Any) -> Any:
    if isinstance(given, int | float) and not isinstance(given, bool):
        return {"law": "constant", "mean": given}
    return given


Duration = Annotated[Law, BeforeValidator(_number_is_constant)]
"""A law, or a plain number, which means the same duration every time."""
