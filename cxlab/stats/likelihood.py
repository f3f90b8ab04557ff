"""Maximum likelihood of positive parameters: the search, and how surely the data tell them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, z_score

__all__ = ["Estimate", "maximise"]

Likelihood = Callable[[Floats], tuple[float, Floats]]
"""From parameters (k,) to the log-likelihood and its gradient (k,)."""

WIDEST = 12.0
"""Farthest that a log-parameter may lie from its start: a factor of 160,000."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Parameters at the maximum of a likelihood, and how surely the data tell them."""

    names: tuple[str, ...]
    values: Floats
    """Parameters, shape (k,), all positive."""
    covariance: Floats
    """Inverse of the observed information of the *logarithms* of the parameters, (k, k)."""
    log_likelihood: float

    @property
    def standard_errors(self) -> Floats:
        """Standard errors of the parameters, shape (k,): those of the logarithms × the values."""
        errors: Floats = self.values * np.sqrt(np.diag(self.covariance))
        return errors

    def intervals(self, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
        """Return Wald's limits of the parameters, made on the scale of the logarithm."""
        half = z_score(confidence) * np.sqrt(np.diag(self.covariance))
        return self.values * np.exp(-half), self.values * np.exp(half)

    def derived(
        self, function: Callable[[Floats], npt.ArrayLike], confidence: float = CONFIDENCE
    ) -> tuple[Floats, Floats, Floats]:
        """Return (value, low, high) of a function of the parameters, by the delta method.

        The function takes parameters (k,) and gives an array; the limits have its shape and
        tell how far the parameters are uncertain, not how far customers differ.
        """
        value = np.asarray(function(self.values), dtype=np.float64)
        step = 1e-4
        slopes = []
        for shift in step * np.eye(len(self.values)):
            above = np.asarray(function(self.values * np.exp(shift)))
            below = np.asarray(function(self.values * np.exp(-shift)))
            slopes.append((above - below) / (2 * step))
        slope = np.stack(slopes, -1)
        variance = np.einsum("...i,ij,...j->...", slope, self.covariance, slope)
        half = z_score(confidence) * np.sqrt(np.maximum(variance, 0))
        return value, value - half, value + half


def maximise(
    likelihood: Likelihood, start: npt.ArrayLike, names: Sequence[str], model: str
) -> Estimate:
    """Return the maximum of a likelihood in the logarithms of its parameters.

    Raises InputError where there is none to be found: the likelihood still rises where a
    parameter is tens of thousands of times its start or a fraction of it as small, or is so
    flat that the observed information has no inverse.

    A rate of 4 events in 8 days, with standard error √4 ÷ 8:

    >>> def likelihood(p):
    ...     return 4 * np.log(p[0]) - 8 * p[0], 4 / p - 8
    >>> fit = maximise(likelihood, [1.0], ["rate"], "Poisson")
    >>> round(float(fit.values[0]), 6), round(float(fit.standard_errors[0]), 6)
    (0.5, 0.25)
    """
    origin = np.log(np.asarray(start, dtype=np.float64))

    def downhill(logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        height, slope = likelihood(values)
        return -height, -slope * values

    bounds = [(o - WIDEST, o + WIDEST) for o in origin]
    with np.errstate(all="ignore"):
        found = minimize(
            downhill,
            origin,
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxiter": 2000, "maxfun": 5000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 20},
        )
        logs, information = _newton(downhill, found.x)
    edge = np.abs(logs - origin) > WIDEST - 0.5
    values = np.exp(logs)
    if edge.any():
        free = ", ".join(n for n, e in zip(names, edge, strict=True) if e)
        raise InputError(
            f"{model}: the data do not tell {free}; the likelihood rises without end",
            given={n: float(f"{v:.4g}") for n, v in zip(names, values, strict=True)},
            hint="the customers may not differ in it, or be too few, or watched too short",
        )
    height, slope = downhill(logs)
    curvature = np.linalg.eigvalsh(information) if np.isfinite(information).all() else [-1.0]
    # The gradient's length in units of the standard error says how far the top may be.
    if not np.isfinite(height) or min(curvature) <= 1e-9 * max(curvature) or min(curvature) <= 0:
        raise InputError(f"{model}: the likelihood has no clear maximum for these data")
    covariance = np.asarray(np.linalg.inv(information), dtype=np.float64)
    if float(slope @ covariance @ slope) > 1e-6:
        raise InputError(f"{model}: the search for the maximum did not converge")
    return Estimate(tuple(names), values, covariance, -float(height))


def _newton(downhill: Likelihood, logs: Floats) -> tuple[Floats, Floats]:
    """Return the point after two Newton steps, and the information (Hessian) there."""
    information = _hessian(downhill, logs)
    for _ in range(2):
        height, slope = downhill(logs)
        try:
            closer = logs - np.linalg.solve(information, slope)
        except np.linalg.LinAlgError:
            break
        if not downhill(closer)[0] <= height:
            break
        logs, information = closer, _hessian(downhill, closer)
    return logs, information


def _hessian(downhill: Likelihood, logs: Floats) -> Floats:
    step = 1e-5
    rows = [
        (downhill(logs + shift)[1] - downhill(logs - shift)[1]) / (2 * step)
        for shift in step * np.eye(len(logs))
    ]
    matrix = np.stack(rows)
    return (matrix + matrix.T) / 2
