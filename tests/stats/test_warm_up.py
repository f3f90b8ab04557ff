"""The marginal standard error rule on series whose cut can be seen."""

from __future__ import annotations

import math

import pytest

from cxlab.errors import InputError
from cxlab.stats import mser


def test_the_cut_lies_where_the_series_settles() -> None:
    # Ten values of 100, then 0 and 1 in turn: any cut below 10 keeps a 100.
    assert mser([100.0] * 10 + [0.0, 1.0] * 20, batch=1) == 10
    # In batches of five the first two batches are all 100.
    assert mser([100.0] * 10 + [0.0, 1.0] * 20) == 10
    assert mser([0.0, 1.0] * 20, batch=1) == 0


def test_a_series_without_a_steady_state_has_no_cut() -> None:
    assert mser([float(i) for i in range(40)], batch=1) is None


def test_by_hand() -> None:
    # Batches 4, 0, 2, 0, 2: S²(d) = Σ(x − mean)² of the last n − d, over (n − d)².
    # d = 0: mean 1.6, Σ = 11.2, ÷ 25 = 0.448; d = 1: mean 1, Σ = 4, ÷ 16 = 0.25;
    # d = 2: mean 4/3, Σ = 8/3, ÷ 9 = 0.296; d = 3: mean 1, Σ = 2, ÷ 4 = 0.5. The least is d = 1.
    assert mser([4, 0, 2, 0, 2], batch=1) == 1


@pytest.mark.parametrize("series", [[1.0] * 19, [math.nan] * 40, [[1.0] * 40]])
def test_what_is_no_series_is_refused(series: list[float]) -> None:
    with pytest.raises(InputError, match="MSER needs"):
        mser(series)
