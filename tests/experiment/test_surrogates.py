"""Surfaces through the cells of a sweep, held against functions known exactly."""

from __future__ import annotations

import math
import sys

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.experiment import Sweep
from cxlab.experiment.design import grid, latin_hypercube
from cxlab.experiment.metamodels import checked
from cxlab.metrics.frame import Results
from tests.report.helpers import small_scenario

AGENTS = "team.shifts.0.agents"


def swept(function, points, *, error=0.0, unit="s", by=()):
    """Return a sweep whose cells have the values of a function, ± 1.96 · `error`."""
    cells = pd.DataFrame([dict(p) for p in points]).rename_axis("cell")
    value = np.array([function(*row) for row in cells.to_numpy()], dtype=float)
    table = cells.assign(metric="frt", unit=unit, value=value, n=10_000,
                         low=value - 1.96 * error, high=value + 1.96 * error)  # fmt: skip
    found = Sweep(None, cells, pd.DataFrame(), by)
    found.__dict__["table"] = Results(table)
    return found


def plain(a, b):
    return 100 + 3 * a - 2 * b + 0.5 * a * b + a * a


def wait(load, service):
    """Return the mean wait of M/M/1 in seconds: steep near a load of 1."""
    return service * load / (1 - load)


QUEUES = list(grid({"load": np.linspace(0.3, 0.92, 8).tolist(),
                    "service": [60.0, 120.0, 180.0, 240.0]}))  # fmt: skip
GRID = list(grid({"a": [0, 1, 2, 3], "b": [0.0, 5.0, 10.0]}))


class TestKnownFunctions:
    def test_a_quadratic_is_found_exactly(self):
        found = cx.surrogate(swept(plain, GRID), "frt")
        assert found.model == "quadratic"
        assert found.error == pytest.approx(0.0, abs=1e-9)
        at = found.predict({"a": [0.5, 2.25], "b": [1.0, 7.5]})
        truth = [plain(0.5, 1.0), plain(2.25, 7.5)]
        assert at["value"].to_numpy() == pytest.approx(truth, rel=1e-9)
        assert at["trusted"].all()

    def test_the_root_of_a_queue_needs_more_than_a_quadratic(self):
        found = cx.surrogate(swept(wait, QUEUES), "frt")
        tried = found.table.set_index("model")["error"]
        assert found.model == "gaussian process of the logarithm"
        assert tried[found.model] < 0.25 * tried["quadratic"]

    def test_the_error_told_is_no_smaller_than_the_error_made(self):
        # On a grid a cell's neighbours at the same load give it away: leaving out single cells
        # told 0.2 s where 41 s were true. So whole slices are left out.
        rng = np.random.default_rng(1)
        at = pd.DataFrame({"load": rng.uniform(0.3, 0.92, 500),
                           "service": rng.uniform(60, 240, 500)})  # fmt: skip
        truth = wait(at["load"], at["service"])
        for kind in ("quadratic", None):
            found = cx.surrogate(swept(wait, QUEUES), "frt", kind=kind)
            told = found.predict(at)
            assert math.sqrt(((told["value"] - truth) ** 2).mean()) <= found.error
        held = (told["low"] <= truth) & (truth <= told["high"])
        assert held.mean() >= 0.95
        off = (told["value"] - truth).abs() / truth
        assert off[told["trusted"]].max() < 0.25

    def test_the_order_is_that_of_the_errors_on_unseen_points(self):
        x = np.linspace(0, 1, 12)[:, None]
        found = checked(x, np.sin(6 * x[:, 0]) + 2)
        errors = [c.error for c in found]
        assert errors == sorted(errors)
        assert found[0].fitted.name == "gaussian process"
        assert {c.fitted.words for c in found} == {
            "quadratic", "quadratic of the logarithm", "gaussian process",
            "gaussian process of the logarithm",
        }  # fmt: skip

    def test_negative_values_have_no_logarithm(self):
        x = np.linspace(-1, 1, 12)[:, None]
        assert {c.fitted.logarithm for c in checked(x, x[:, 0])} == {False}

    def test_sobol_indices_of_the_surface(self):
        # Of 3a + b on equal ranges the variances are as 9 to 1.
        found = cx.surrogate(swept(lambda a, b: 50 + 3 * a + b, grid(
            {"a": [0, 1, 2], "b": [0, 1, 2]})), "frt").sobol()  # fmt: skip
        assert found["key"].tolist() == ["a", "b"]
        assert found["ST"].to_numpy() == pytest.approx([0.9, 0.1], abs=0.02)


class TestErrorBars:
    def test_what_all_cells_share_by_chance_is_in_the_bar(self):
        """All cells are off by the same chance: 95 % of the bars must still hold the truth."""
        rng, held, times = np.random.default_rng(7), 0, 200
        for off in rng.normal(0, 5.0, times):
            found = cx.surrogate(swept(lambda a, b, off=off: plain(a, b) + off, GRID, error=5.0),
                                 "frt", kind="quadratic")  # fmt: skip
            at = found.predict({"a": 1.5, "b": 4.0}).iloc[0]
            held += at["low"] <= plain(1.5, 4.0) <= at["high"]
        # Below by four standard errors once in 30,000.
        assert held / times >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / times)
        assert held < times

    def test_own_noise_of_each_cell_is_in_the_bar(self):
        rng, held, times = np.random.default_rng(8), 0, 100
        points = list(
            grid({"a": np.linspace(0, 3, 7).tolist(), "b": np.linspace(0, 10, 5).tolist()})
        )
        for _ in range(times):
            noisy = swept(lambda a, b: plain(a, b) + rng.normal(0, 5.0), points, error=5.0)
            at = cx.surrogate(noisy, "frt", kind="quadratic").predict({"a": 1.5, "b": 4.0}).iloc[0]
            held += at["low"] <= plain(1.5, 4.0) <= at["high"]
        assert held / times >= 0.95 - 4 * math.sqrt(0.95 * 0.05 / times)

    def test_no_bar_leaves_the_scale(self):
        found = cx.surrogate(swept(lambda a, b: 0.5, GRID, error=2.0), "frt")
        at = found.predict({"a": 1, "b": 1}).iloc[0]
        assert at["low"] == 0.0  # a time, ± 3.9 s


class TestTrust:
    def test_nothing_is_trusted_outside_the_hull(self):
        found = cx.surrogate(swept(plain, GRID), "frt")
        at = found.predict({"a": [3.0, 3.1, -0.1, 1.0], "b": [10.0, 5.0, 5.0, 10.1]})
        assert at["inside"].tolist() == [True, False, False, False]
        assert at["trusted"].tolist() == [True, False, False, False]

    def test_a_corner_that_no_point_of_a_hypercube_reaches(self):
        points = list(latin_hypercube({"a": (0.0, 1.0), "b": (0.0, 1.0)}, 12, seed=1))
        found = cx.surrogate(swept(plain, points), "frt")
        at = found.predict({"a": [0.5, 0.0, 1.0], "b": [0.5, 0.0, 1.0]})
        assert at["inside"].tolist() == [True, False, False]

    def test_a_wide_bar_is_not_trusted(self):
        sweep = swept(plain, GRID, error=8.0)
        assert cx.surrogate(sweep, "frt").predict({"a": 1, "b": 1})["trusted"].all()
        tight = cx.surrogate(sweep, "frt", within=10.0)
        assert not tight.predict({"a": 1, "b": 1})["trusted"].any()
        assert "±10.0 s" in repr(tight)

    def test_a_hole_without_values_is_counted_and_less_sure(self):
        def holed(a, b):
            return math.nan if a >= 2 and b >= 5 else plain(a, b)

        found = cx.surrogate(swept(holed, GRID), "frt")
        assert found.lost == 4
        assert not found.predict({"a": 3, "b": 10})["trusted"].any()
        assert "4 more have no value" in repr(found)


class TestBadInput:
    def test_too_few_points(self):
        few = swept(lambda a: 1.0 + a, grid({"a": [0, 1, 2]}))
        with pytest.raises(InputError, match="given 3; expected 4 or more"):
            cx.surrogate(few, "frt")

    def test_one_key_is_enough(self):
        found = cx.surrogate(swept(lambda a: 2 + a * a, grid({"a": [0, 1, 2, 3, 4]})), "frt")
        assert found.predict({"a": 1.5})["value"].iloc[0] == pytest.approx(4.25)

    def test_a_key_that_does_not_vary_is_left_out(self):
        points = grid({"a": [0, 1, 2, 3, 4], "b": [7]})
        assert cx.surrogate(swept(lambda a, b: 2 + a, points), "frt").keys == ("a",)
        with pytest.raises(InputError, match="nothing varies"):
            cx.surrogate(swept(lambda b: 2 + b, grid({"b": [7]})), "frt")

    def test_no_values_at_all(self):
        with pytest.raises(InputError, match="too few points with a value"):
            cx.surrogate(swept(lambda a, b: math.nan, GRID), "frt")

    def test_names_that_are_none(self):
        found = cx.surrogate(swept(plain, GRID), "frt")
        with pytest.raises(InputError, match="metric was not asked"):
            cx.surrogate(swept(plain, GRID), "frtt")
        with pytest.raises(InputError, match="not a key of the sweep"):
            found.predict({"a": 1, "b": 1, "c": 1})
        with pytest.raises(InputError, match="expected b"):
            found.predict({"a": 1})
        with pytest.raises(InputError, match="no numbers"):
            found.predict({"a": "many", "b": 1})
        with pytest.raises(InputError, match="did you mean 'quadratic'"):
            cx.surrogate(swept(plain, GRID), "frt", kind="quadratc")
        with pytest.raises(InputError, match="above 0"):
            cx.surrogate(swept(plain, GRID), "frt", within=-1)

    def test_texts_are_no_numbers(self):
        points = [{"rules.shift_end": v} for v in ("finish", "hand_back")]
        with pytest.raises(InputError, match="no numbers"):
            cx.surrogate(swept(lambda v: 1.0, points), "frt")

    def test_without_scikit_learn_a_quadratic_is_left(self, monkeypatch):
        for name in [n for n in sys.modules if n.startswith("sklearn")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "sklearn", None)
        found = cx.surrogate(swept(plain, GRID), "frt")
        assert set(found.table["model"]) == {"quadratic", "quadratic of the logarithm"}
        with pytest.raises(InputError, match=r"cxlab\[surrogate\]"):
            cx.surrogate(swept(plain, GRID), "frt", kind="gaussian process")


def test_on_a_small_desk_by_group(tmp_path):
    desk = cx.Scenario.load(small_scenario(tmp_path))
    vary = {"channels.phone.arrivals_per_hour": [f"x{v}" for v in (0.6, 0.8, 1.0, 1.2, 1.4)]}
    sweep = cx.sweep(desk, vary, metrics="vol,frt", by="channel", replications=3)
    found = cx.surrogate(sweep, "vol", where={"channel": "phone"})
    at = found.predict({"channels.phone.arrivals_per_hour": ["x1.0", 1.4]})
    # 2 calls an hour, day and night, on 15 weekdays.
    assert at["value"].to_numpy() == pytest.approx([720, 1008], rel=0.1)
    with pytest.raises(InputError, match="no such channel"):
        cx.surrogate(sweep, "vol", where={"channel": "mail"})
    with pytest.raises(InputError, match="not a group"):
        cx.surrogate(sweep, "vol", where={"team": "phone"})
