"""Rows that belong to owners, one after the other: contacts of requests, steps of contacts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["rows_of"]


def rows_of(starts: npt.NDArray[np.int64], owners: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the rows of some owners, one after the other; those of i begin at `starts[i]`.

    >>> rows_of(np.array([0, 2, 2, 5]), np.array([2, 0])).tolist()
    [2, 3, 4, 0, 1]
    """
    sizes = starts[owners + 1] - starts[owners]
    begins = np.cumsum(sizes) - sizes
    return np.asarray(np.arange(int(sizes.sum())) + np.repeat(starts[owners] - begins, sizes))
