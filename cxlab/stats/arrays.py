"""Arrays of counts and sums as a database hands them over: checked once, broadcast together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from cxlab.errors import InputError

__all__ = ["CONFIDENCE", "Floats", "amounts", "at_most", "numbers", "z_score"]

Floats = npt.NDArray[np.float64]
CONFIDENCE = 0.95
"""Confidence of every interval unless the caller says otherwise."""


def numbers(**given: npt.ArrayLike) -> list[Floats]:
    """Return the named arrays as floats of one common shape; NaN means that nothing is known.

    Raises InputError for what is no number, for infinite numbers, and for shapes that differ.

    >>> [a.tolist() for a in numbers(mean=[1, 2], n=3)]
    [[1.0, 2.0], [3.0, 3.0]]
    """
    arrays = []
    for name, value in given.items():
        try:
            array = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"{name} is not numeric", given=value) from None
        if np.isinf(array).any():
            raise InputError(f"{name} is infinite", expected="finite numbers")
        arrays.append(array)
    try:
        return [np.array(a) for a in np.broadcast_arrays(*arrays)]
    except ValueError:
        shapes = {name: a.shape for name, a in zip(given, arrays, strict=True)}
        raise InputError("arrays of different shapes", given=shapes) from None


def amounts(**given: npt.ArrayLike) -> list[Floats]:
    """Return the named arrays like `numbers`, and raise InputError for a negative one.

    >>> amounts(events=-1)
    Traceback (most recent call last):
    cxlab.errors.InputError: events is negative: given -1.0; expected numbers of 0 or more
    """
    arrays = numbers(**given)
    for name, array in zip(given, arrays, strict=True):
        if (array < 0).any():
            lowest = float(np.nanmin(array))
            raise InputError(f"{name} is negative", given=lowest, expected="numbers of 0 or more")
    return arrays


def at_most(part: Floats, whole: Floats, what: str) -> None:
    """Raise InputError where a part exceeds its whole by more than rounding."""
    if (part > whole * (1 + 1e-12)).any():
        where = np.flatnonzero(np.ravel(part > whole * (1 + 1e-12)))[0]
        pair = (float(np.ravel(part)[where]), float(np.ravel(whole)[where]))
        raise InputError(what, given=pair)


def z_score(confidence: float) -> float:
    """Return the standard normal quantile of a two-sided interval.

    Raises InputError unless the confidence lies between 0 and 1.

    >>> round(z_score(0.95), 4)
    1.96
    """
    if not 0 < confidence < 1:
        raise InputError("confidence", given=confidence, expected="a number between 0 and 1")
    return float(ndtri(0.5 + confidence / 2))
