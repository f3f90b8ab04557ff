"""Which of many keys matter: Morris screening and Sobol indices of any function, by SALib.

A key's value is said by how far along its range it lies (0 to 1), so that effects of keys in
different units compare: an elementary effect is what the whole range would change at that rate.
Sources: Morris, Factorial sampling plans, Technometrics 33 (1991); Campolongo, Cariboni &
Saltelli, Environmental Modelling & Software 22 (2007), for mu*; Saltelli et al., Computer Physics
Communications 181 (2010), for the estimators of S1 and ST. Intervals: SALib's bootstrap.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.errors import InputError, RunError

__all__ = ["LEVELS", "morris", "needs_salib", "sobol"]

Floats = npt.NDArray[np.float64]

Function = Callable[[Floats], Floats]
"""From points (rows of shares, one column per key) to their values; NaN where there is none."""

LEVELS = 4
"""Levels of Morris's grid: 0, 1/3, 2/3 and 1 of each range."""

CONFIDENCE = 0.95


def needs_salib() -> None:
    """Raise InputError when the library is not there."""
    _salib("sample.morris")


def _salib(module: str) -> Any:
    try:
        return importlib.import_module(f"SALib.{module}")
    except ImportError:
        raise InputError(
            "screening needs SALib", expected="pip install 'cxlab[sensitivity]'",
            hint='method="tornado" does without',
        ) from None  # fmt: skip


def morris(
    function: Function, names: Sequence[str], trajectories: int, seed: int
) -> tuple[pd.DataFrame, int]:
    """Return mu*, mu and sigma of each name's elementary effects, and how many walks were lost.

    Walks through a grid change one name at a time; (names + 1) · `trajectories` points are asked.
    `low` and `high` are the 95 % interval of mu*. A walk that meets a point without a value is
    left out.

    Raises InputError for fewer than two walks, and RunError where fewer than two are left.

    >>> import numpy as np
    >>> found, lost = morris(lambda x: 3 * x[:, 0] - x[:, 1], ["a", "b"], 8, seed=1)
    >>> found["mu_star"].round(6).tolist(), found["sigma"].round(6).tolist(), lost
    ([3.0, 1.0], [0.0, 0.0], 0)
    """
    if trajectories < 2:
        raise InputError("walks of a Morris screening", given=trajectories, expected="2 or more")
    problem = _problem(names)
    points = _salib("sample.morris").sample(problem, trajectories, num_levels=LEVELS, seed=seed)
    values = np.asarray(function(points), dtype=np.float64)
    whole = _whole(values, len(names) + 1)
    found = _salib("analyze.morris").analyze(
        problem, points[whole], values[whole], conf_level=CONFIDENCE, num_levels=LEVELS, seed=seed
    )
    star, half = (np.asarray(found[name], dtype=np.float64) for name in ("mu_star", "mu_star_conf"))
    table = pd.DataFrame(
        {
            "key": list(names), "mu_star": star, "low": np.maximum(star - half, 0.0),
            "high": star + half, "mu": np.asarray(found["mu"], dtype=np.float64),
            "sigma": np.asarray(found["sigma"], dtype=np.float64),
        }
    )  # fmt: skip
    return table, int((~whole).sum()) // (len(names) + 1)


def sobol(
    function: Function, names: Sequence[str], points: int, seed: int
) -> tuple[pd.DataFrame, int]:
    """Return what share of the variance each name explains, and how many blocks were lost.

    S1: by itself; ST: with everything it interacts in; 95 % intervals beside them.
    (names + 2) · `points` points are asked. A block with a point without a value is left out.
    Where nothing changes at all there is no variance to share, and every index is NaN.

    Raises InputError unless `points` is a power of two from 4, and RunError where fewer than two
    blocks are left.

    >>> found, lost = sobol(lambda x: x[:, 0] + 0 * x[:, 1], ["a", "b"], 64, seed=1)
    >>> found["ST"].round(1).tolist(), lost
    ([1.0, 0.0], 0)
    """
    if points < 4 or points & (points - 1):
        raise InputError("points of Sobol indices", given=points, expected="4, 8, 16, 32, 64, …")
    problem = _problem(names)
    asked = _salib("sample.sobol").sample(problem, points, calc_second_order=False, seed=seed)
    values = np.asarray(function(asked), dtype=np.float64)
    whole = _whole(values, len(names) + 2)
    table = pd.DataFrame({"key": list(names)})
    found = None
    if np.ptp(values[whole]) > 0:
        found = _salib("analyze.sobol").analyze(
            problem, values[whole], calc_second_order=False, conf_level=CONFIDENCE, seed=seed
        )
    for index in ("S1", "ST"):
        nothing = np.full(len(names), np.nan)
        value, half = nothing, nothing
        if found is not None:
            value, half = np.asarray(found[index]), np.asarray(found[f"{index}_conf"])
        table[index], table[f"{index}_low"], table[f"{index}_high"] = (
            value, value - half, value + half,
        )  # fmt: skip
    return table, int((~whole).sum()) // (len(names) + 2)


def _problem(names: Sequence[str]) -> dict[str, Any]:
    return {"num_vars": len(names), "names": list(names), "bounds": [[0.0, 1.0]] * len(names)}


def _whole(values: Floats, block: int) -> npt.NDArray[np.bool_]:
    """Return which points belong to a block whose every point has a value."""
    known = np.isfinite(values.reshape(-1, block)).all(axis=1)
    if known.sum() < 2:
        raise RunError(
            "the metric has no value in most of the cells", given=f"{int(known.sum())} whole parts",
            expected="2 or more", hint="narrower ranges, or more points",
        )  # fmt: skip
    return np.repeat(known, block)
