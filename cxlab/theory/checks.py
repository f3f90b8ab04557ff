"""What a queue or a customer base can be asked: refused once, in the same words everywhere."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError

__all__ = [
    "Floats",
    "amounts",
    "at_least",
    "load_of",
    "per_class",
    "positive",
    "shares",
    "survival_curve",
    "whole",
]

Floats = npt.NDArray[np.float64]


def positive(**given: float) -> None:
    """Raise InputError for a number that is not finite and above 0."""
    for name, value in given.items():
        if not (math.isfinite(value) and value > 0):
            raise InputError(name, given=value, expected="a number above 0")


def at_least(lowest: float, **given: float) -> None:
    """Raise InputError for a number below `lowest`; infinity is allowed, NaN is not."""
    for name, value in given.items():
        if not value >= lowest:
            raise InputError(name, given=value, expected=f"a number of {lowest:g} or more")


def whole(lowest: int, **given: float) -> None:
    """Raise InputError for what is no whole number, or one below `lowest`."""
    for name, value in given.items():
        if not (math.isfinite(value) and value == int(value) and value >= lowest):
            raise InputError(name, given=value, expected=f"a whole number, {lowest} or more")


def shares(**given: float) -> None:
    """Raise InputError for a share outside 0 … 1 (a percentage, as a rule)."""
    for name, value in given.items():
        if not 0 <= value <= 1:
            raise InputError(name, given=value, expected="a share between 0 and 1")


def load_of(calls_per_hour: float, handle_s: float) -> float:
    """Return the work offered in erlangs, the mean number of agents it keeps busy.

    >>> load_of(60, 180)
    3.0
    """
    positive(calls_per_hour=calls_per_hour, handle_s=handle_s)
    return calls_per_hour / 3600 * handle_s


def per_class(**given: npt.ArrayLike) -> list[Floats]:
    """Return the named arrays as floats of one shape (classes,); a single number is for all.

    Raises InputError for numbers that are negative or not finite, and for shapes that differ.
    """
    arrays = [np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in given.values()]
    for name, array in zip(given, arrays, strict=True):
        if array.ndim != 1 or not (np.isfinite(array) & (array >= 0)).all():
            raise InputError(
                name, given=array.tolist(), expected="one number of 0 or more per class"
            )
    try:
        return [np.array(a) for a in np.broadcast_arrays(*arrays)]
    except ValueError:
        lengths = {name: len(a) for name, a in zip(given, arrays, strict=True)}
        raise InputError("one number per class each", given=lengths) from None


def amounts(**given: npt.ArrayLike) -> list[Floats]:
    """Return the named arrays as floats of one common shape; single numbers stay single.

    Raises InputError for numbers that are negative or not finite, and for shapes that differ.
    """
    arrays = [np.asarray(values, dtype=np.float64) for values in given.values()]
    for name, array in zip(given, arrays, strict=True):
        if not (np.isfinite(array) & (array >= 0)).all():
            raise InputError(name, given=array.tolist(), expected="finite numbers of 0 or more")
    try:
        return [np.array(a) for a in np.broadcast_arrays(*arrays)]
    except ValueError:
        shapes = {name: a.shape for name, a in zip(given, arrays, strict=True)}
        raise InputError("numbers of one shape each", given=shapes) from None


def survival_curve(name: str, values: npt.ArrayLike) -> Floats:
    """Return shares still there after 0, 1, … renewals, shape (periods,).

    Raises InputError for anything that is no such curve: it begins with 1 and never rises.
    """
    curve = np.asarray(values, dtype=np.float64)
    if curve.ndim != 1 or not len(curve) or not (curve[0] == 1 and (curve >= 0).all()):
        raise InputError(name, given=curve.tolist(), expected="shares after 0, 1, … renewals")
    if not (np.diff(curve) <= 0).all():
        raise InputError(name, given=curve.tolist(), expected="a curve that never rises")
    return curve
