"""How much of a steady run to leave out: the marginal standard error rule."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError

__all__ = ["mser"]


def mser(series: npt.ArrayLike, *, batch: int = 5) -> int | None:
    """Return how many first values MSER leaves out of a series, or None where it cannot say.

    The series (n values in order of time, equally spaced) is averaged in batches; the cut is the
    one that makes the standard error of the mean of what is left smallest. A cut in the second
    half of the series means that the series is too short or has no steady state: None. Source:
    K. P. White, An effective truncation heuristic for bias reduction in simulation output,
    Simulation 69 (1997); `batch=5` is MSER-5. Raises InputError for values that are not finite
    or fewer than four batches.

    >>> mser([9, 5, 3, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], batch=1)
    3
    """
    values = np.asarray(series, dtype=np.float64)
    if values.ndim != 1 or len(values) < 4 * batch or not np.isfinite(values).all():
        raise InputError(
            "MSER needs a series of finite numbers", given=values.shape,
            expected=f"{4 * batch} or more of them",
        )  # fmt: skip
    means = values[: len(values) // batch * batch].reshape(-1, batch).mean(axis=1)
    n = len(means)
    # Standard error of the mean of the last n − d batches, for every cut d.
    left = np.arange(n, 0, -1)
    tail = np.cumsum(means[::-1])[::-1] / left
    squares = np.cumsum(((means - means.mean()) ** 2)[::-1])[::-1]
    spread = squares - left * (tail - means.mean()) ** 2
    cut = int(np.argmin((spread / left**2)[: n - 1]))
    return None if cut > n // 2 else cut * batch
