"""The grid of a what-if page, and the lattice between its cells."""

from __future__ import annotations

import math

import numpy as np
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.experiment.lattices import default_ranges, key_words
from cxlab.files import scenario_file
from tests.report.helpers import small_scenario

AGENTS, CALLS = "team.shifts.0.agents", "channels.phone.arrivals_per_hour"
PATIENCE = "channels.phone.patience_minutes.mean"
RANGES = {AGENTS: (1, 4), CALLS: ("x0.8", "x1.4")}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return cx.Scenario.load(small_scenario(tmp_path_factory.mktemp("desk")))


@pytest.fixture(scope="module")
def found(desk):
    return cx.what_if(desk, RANGES, "abandonment,csat", levels=4, replications=3)


class TestLattice:
    def test_holds_every_cell_with_what_was_simulated_there(self, found):
        cells = found.sweep.wide("abandonment")
        assert len(cells) == 16
        calls = [float(v[1:]) for v in cells[CALLS]]
        for agents, times, row in zip(cells[AGENTS], calls, cells.itertuples(), strict=True):
            near = np.isclose(found.lattice[CALLS], times) & (found.lattice[AGENTS] == agents)
            at = found.lattice[near]
            assert len(at) == 1
            assert at["abandonment"].iloc[0] == row.value
            assert at["abandonment_low"].iloc[0] == row.low

    def test_is_finer_where_a_key_is_continuous_only(self, found):
        assert found.axes[AGENTS].tolist() == [1, 2, 3, 4]
        steps = np.diff(found.axes[CALLS])
        assert len(steps) == 24
        assert steps == pytest.approx(0.6 / 24)
        assert len(found.lattice) == 4 * 25

    def test_starts_where_the_scenario_is(self, desk, found):
        assert found.start == {AGENTS: 2, CALLS: pytest.approx(1.0)}
        other = cx.what_if(desk, {PATIENCE: (5.0, 14.0)}, "abandonment", levels=4, replications=2)
        assert other.start[PATIENCE] == pytest.approx(10.0, abs=0.4)

    def test_more_agents_lose_fewer_callers_all_along(self, found):
        by = found.lattice.groupby(AGENTS)["abandonment"].mean()
        assert by.is_monotonic_decreasing

    def test_a_metric_without_values_is_left_out_and_said(self, found):
        assert list(found.surrogates) == ["abandonment"]
        assert "too few points with a value" in found.left_out["csat"]
        assert "csat left out" in repr(found)

    def test_the_scenario_as_it_is_stands_beside(self, desk, found):
        alone = cx.run(desk, "abandonment", replications=3).table
        assert found.base.set_index("metric").loc["abandonment", "value"] == pytest.approx(
            alone["value"].iloc[0], rel=1e-12
        )


class TestBadInput:
    @pytest.mark.parametrize(
        ("ranges", "more", "words"),
        [
            ({CALLS: ("x1.4", "x0.8")}, {}, "the lower end first"),
            ({"team.shift.0.agents": (1, 4)}, {}, "shifts"),
            (RANGES, {"metrics": "abandonmnt"}, "did you mean 'abandonment'"),
            (RANGES, {"levels": 3}, "4 or more"),
            ({}, {}, "nothing varies"),
            ({AGENTS: (1, 2)}, {"metrics": "abandonment", "replications": 1}, "4 or more"),
            (RANGES, {"metrics": "csat", "replications": 1}, "no metric has enough values"),
            (
                {CALLS: ("x0.8", "x1.4")},
                {"metrics": "abandonment", "replications": 1, "within": {"frt": 60}},
                "a limit for a metric",
            ),
        ],
    )
    def test_is_refused_with_the_reason(self, desk, ranges, more, words):
        with pytest.raises(InputError, match=words):
            cx.what_if(desk, ranges, **{"levels": 4} | more)


def test_ranges_worth_a_look_at():
    base = cx.Scenario.load(scenario_file("base"))
    assert default_ranges(base) == {
        "team.shifts.2.agents": [1, 4],
        "channels.email.arrivals_per_hour": ["x0.9", "x1.2"],
        "channels.email.handle_minutes.mean": ["x0.9", "x1.2"],
    }
    for name in ("it_help_desk", "round_the_clock", "bank_call_centre", "small_business_inbox"):
        scenario = cx.Scenario.load(scenario_file(name))
        for key, ends in default_ranges(scenario).items():
            scenario.but(**({key: ends[0]} if "agents" in key else {}))
            assert key_words(scenario, key)


def test_keys_as_people_say_them():
    base = cx.Scenario.load(scenario_file("base"))
    assert key_words(base, "team.shifts.2.agents") == "team: agents, Mon–Fri 09:00 to 17:00"
    assert key_words(base, "channels.phone.arrivals_per_hour") == "phone: arrivals per hour"
    assert key_words(base, "customers") == "customers"


def test_error_bars_hold_the_truth_between_the_cells(desk):
    """Cells that the grid has not: their values must lie in the bars of the lattice."""
    found = cx.what_if(desk, RANGES, "abandonment", levels=4, replications=6)
    new = cx.sweep(desk, {AGENTS: [1, 2, 3], CALLS: ["x0.9", "x1.1", "x1.3"]},
                   metrics="abandonment", replications=6).wide("abandonment")  # fmt: skip
    held = 0
    for row in new.to_dict("records"):
        at = found.surrogates["abandonment"].predict({AGENTS: row[AGENTS], CALLS: row[CALLS]})
        held += bool(at["low"].iloc[0] <= row["value"] <= at["high"].iloc[0])
    # Of 9 bars that hold with 95 % each, fewer than 7 do once in 120 (binomial); the seed is fixed.
    assert held >= 7
    assert math.comb(9, 3) * 0.05**3 < 0.011
