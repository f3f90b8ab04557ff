"""Which keys matter: indices of functions known exactly, and a small desk by two routes."""

from __future__ import annotations

import math
import sys

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.cli.app import run
from cxlab.errors import InputError, RunError
from cxlab.experiment.design import ranges_of
from cxlab.experiment.screening import morris, sobol
from tests.report.helpers import small_scenario

AGENTS, CALLS = "team.shifts.0.agents", "channels.phone.arrivals_per_hour"
RANGES = {AGENTS: (1, 3), CALLS: ("x0.8", "x1.5")}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return cx.Scenario.load(small_scenario(tmp_path_factory.mktemp("desk")))


def ishigami(shares):
    """sin x + 7 sin² y + 0.1 z⁴ sin x on [−π, π]³ (Ishigami & Homma 1990)."""
    x, y, z = (math.pi * (2 * shares[:, i] - 1) for i in range(3))
    return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)


class TestKnownFunctions:
    def test_sobol_indices_of_ishigami(self):
        # The integrals by hand: V = 49/8 + 0.1 π⁴/5 + 0.01 π⁸/18 + 1/2 = 13.8446.
        variance = 49 / 8 + 0.1 * math.pi**4 / 5 + 0.01 * math.pi**8 / 18 + 0.5
        first = [0.5 * (1 + 0.1 * math.pi**4 / 5) ** 2 / variance, 49 / 8 / variance, 0.0]
        shared = (0.01 * math.pi**8 * (1 / 18 - 1 / 50)) / variance
        total = [first[0] + shared, first[1], shared]
        found, lost = sobol(ishigami, ["x", "y", "z"], 4096, seed=1)
        assert lost == 0
        assert found["S1"].to_numpy() == pytest.approx(first, abs=0.03)
        assert found["ST"].to_numpy() == pytest.approx(total, abs=0.03)
        for name, truth in (("S1", first), ("ST", total)):
            assert (found[f"{name}_low"] < truth).all()
            assert (found[f"{name}_high"] > truth).all()

    def test_elementary_effects_of_a_product(self):
        # f = 3a − b + 4ab: a's effects are 3 + 4b and b's −1 + 4a, with a, b on 0, 1/3, 2/3, 1.
        found, _ = morris(lambda u: 3 * u[:, 0] - u[:, 1] + 4 * u[:, 0] * u[:, 1], ["a", "b"],
                          400, seed=3)  # fmt: skip
        spread = 4 * math.sqrt(5 / 36)
        # Means of 400 walks: off by four standard errors once in 16,000.
        near = 4 * spread / math.sqrt(400)
        assert found["mu"].to_numpy() == pytest.approx([5.0, 1.0], abs=near)
        assert found["mu_star"].to_numpy() == pytest.approx([5.0, 1.5], abs=near)
        assert found["sigma"].to_numpy() == pytest.approx([spread, spread], rel=0.1)
        # At twice its width a 95 % interval misses once in 10,000.
        half = (found["high"] - found["low"]).to_numpy() / 2
        assert (abs(found["mu_star"] - [5.0, 1.5]) < 2 * half).all()
        spreads = [spread, math.sqrt(35 / 36)]  # of 3 + 4b, and of |4a − 1|
        assert half == pytest.approx([1.96 * s / math.sqrt(400) for s in spreads], rel=0.2)

    def test_a_block_without_a_value_is_left_out(self):
        def holed(u):
            values = 2 * u[:, 0]
            values[0] = np.nan
            return values

        for method, points in ((morris, 8), (sobol, 64)):
            found, lost = method(holed, ["a", "b"], points, seed=1)
            assert lost == 1
            assert found.iloc[:, 1:].notna().all(axis=None)

    def test_no_value_anywhere_is_an_error(self):
        for method, points in ((morris, 4), (sobol, 8)):
            with pytest.raises(RunError, match="no value in most of the cells"):
                method(lambda u: np.full(len(u), np.nan), ["a"], points, seed=1)

    def test_where_nothing_changes_there_is_no_variance_to_share(self):
        found, _ = sobol(lambda u: np.ones(len(u)), ["a", "b"], 8, seed=1)
        assert found[["S1", "ST"]].isna().all(axis=None)
        found, _ = morris(lambda u: np.ones(len(u)), ["a", "b"], 4, seed=1)
        assert (found["mu_star"] == 0).all()

    @pytest.mark.parametrize("points", [1, 3, 48])
    def test_sobol_takes_powers_of_two(self, points):
        with pytest.raises(InputError, match="4, 8, 16"):
            sobol(ishigami, ["x", "y", "z"], points, seed=1)


class TestTornado:
    def test_is_what_compare_finds(self, desk):
        found = cx.sensitivity(desk, RANGES, "abandonment", replications=4)
        fewer = desk.but(**{AGENTS: 1})
        calls = desk.resolved()["channels"]["phone"]["arrivals_per_hour"]
        busier = desk.but(**{CALLS: {k: _times(v, 1.5) for k, v in calls.items()}})
        other = cx.compare(
            desk, options={"fewer": fewer, "busier": busier}, metrics="abandonment", replications=4
        ).table.set_index("scenario")
        rows = found.table.set_index(["key", "end"])
        for place, name in (((AGENTS, "low"), "fewer"), ((CALLS, "high"), "busier")):
            mine, theirs = rows.loc[place], other.loc[name]
            assert mine["effect"] == pytest.approx(theirs["difference"], rel=1e-12)
            assert mine[["low", "high"]].to_list() == pytest.approx(
                theirs[["low", "high"]].to_list(), rel=1e-12
            )
        assert (rows["base"] == other["base"].iloc[0]).all()

    def test_the_key_that_moves_it_most_comes_first(self, desk):
        found = cx.sensitivity(desk, dict(reversed(RANGES.items())), "abandonment", replications=4)
        reach = found.table.groupby("key", sort=False)["effect"].agg(lambda e: e.max() - e.min())
        assert reach.is_monotonic_decreasing
        assert reach.index[0] == AGENTS
        text = repr(found)
        assert "5 cells, 4 replications each, all under the same draws" in text
        assert AGENTS in text
        assert "<table" in found._repr_html_()

    def test_one_replication_has_no_interval(self, desk):
        found = cx.sensitivity(desk, {AGENTS: (1, 3)}, "abandonment", replications=1)
        assert found.table["effect"].notna().all()
        assert found.table[["low", "high"]].isna().all(axis=None)
        assert set(found.shown()["95 % interval"]) == {""}

    def test_a_metric_without_values_shows_none(self, desk):
        found = cx.sensitivity(desk, {AGENTS: (1, 3)}, "csat", replications=2)
        assert set(found.shown()["change"]) == {"–"}


def _times(value, factor):
    return [v * factor for v in value] if isinstance(value, list) else value * factor


class TestScreening:
    @pytest.mark.parametrize(("method", "points"), [("morris", 4), ("sobol", 4)])
    def test_finds_the_key_that_matters(self, desk, method, points):
        ranges = {AGENTS: (1, 3), "channels.phone.service_level_seconds": (10, 30)}
        found = cx.sensitivity(desk, ranges, "abandonment", method=method, points=points,
                               replications=2)  # fmt: skip
        first, second = found.table.to_dict("records")
        assert first["key"] == AGENTS
        value = {"morris": "mu_star", "sobol": "ST"}[method]
        assert first[value] > 0
        # What counts as answered in time leads nobody to hang up.
        assert second[value] == pytest.approx(0.0, abs=1e-12)
        assert len(found.cells) == len(found.cells.drop_duplicates())

    @pytest.mark.parametrize("method", ["tornado", "morris", "sobol"])
    def test_one_key_is_enough(self, desk, method):
        points = None if method == "tornado" else 4
        found = cx.sensitivity(desk, {AGENTS: (1, 3)}, "abandonment", method=method,
                               points=points, replications=2)  # fmt: skip
        assert set(found.table["key"]) == {AGENTS}


def test_what_was_played_is_found_again(desk, tmp_path):
    whole = {"metric": "abandonment", "method": "morris", "replications": 2}
    first = cx.sensitivity(desk, RANGES, points=3, out=tmp_path / "kept", **whole)
    assert first.reused == 0
    (next((tmp_path / "kept" / "cells").iterdir())).unlink()
    again = cx.sensitivity(desk, RANGES, points=3, out=tmp_path / "kept", **whole)
    assert again.reused == len(again.cells) - 1
    pd.testing.assert_frame_equal(first.table, again.table)


class TestBadInput:
    @pytest.mark.parametrize(
        ("ranges", "metric", "more", "words"),
        [
            (RANGES, "abandonmnt", {}, "did you mean 'abandonment'"),
            (RANGES, "frt", {"method": "sobl"}, "did you mean 'sobol'"),
            ({"team.shifts.0.agent": (1, 3)}, "frt", {}, "agents"),
            ({"chanels": ("x1", "x2")}, "frt", {}, "did you mean 'channels'"),
            ({AGENTS: (3, 1)}, "frt", {}, "the lower end first"),
            ({AGENTS: (1, 2, 3)}, "frt", {}, "its two ends"),
            ({AGENTS: (-3, 1)}, "frt", {}, "agents"),
            ({}, "frt", {}, "nothing varies"),
            (RANGES, "frt", {"points": 5}, "a tornado has no number of points"),
            (RANGES, "frt", {"method": "morris", "points": 1}, "2 or more"),
        ],
    )
    def test_is_refused_before_anything_is_played(self, desk, ranges, metric, more, words):
        with pytest.raises(InputError, match=words):
            cx.sensitivity(desk, ranges, metric, **more)

    def test_without_salib_the_extra_is_named(self, desk, monkeypatch):
        for name in [n for n in sys.modules if n == "SALib" or n.startswith("SALib.")]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "SALib", None)
        with pytest.raises(InputError, match=r"cxlab\[sensitivity\]"):
            cx.sensitivity(desk, RANGES, "frt", method="morris")
        cx.sensitivity(desk, {AGENTS: (1, 2)}, "abandonment", replications=1)

    @pytest.mark.parametrize("text", ["a.b", "a.b=", "a.b=2", "=1..2", "a.b=1..", "a.b=..2"])
    def test_texts_that_are_no_range(self, text):
        with pytest.raises(InputError, match=r"key=low\.\.high"):
            ranges_of([text])

    def test_a_key_with_two_ranges(self):
        with pytest.raises(InputError, match="two ranges"):
            ranges_of(["a=1..2", "a=1..3"])


def test_on_the_command_line(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = small_scenario(tmp_path)
    asked = ["sensitivity", str(path), "--metric", "abandonment", "--replications", "2"]
    assert run([*asked, "--vary", f"{AGENTS}=1..3", "--vary", f"{CALLS}=x0.8..x1.5"]) == 0
    out = capsys.readouterr().out
    assert AGENTS in out
    assert "x1.5" in out
    assert (tmp_path / "sensitivity" / "small" / "sweep.json").exists()
    assert run([*asked, "--vary", f"{AGENTS}=3..1"]) == 2
    assert "the lower end first" in capsys.readouterr().err
