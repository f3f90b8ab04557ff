"""Formula beside simulation: equal where all assumptions hold, explained where they do not."""

from __future__ import annotations

import pytest

import cxlab as cx
from cxlab import theory
from cxlab.experiment.validation_cases import channel, desk, law
from cxlab.files import scenario_file
from cxlab.sim import simulate


def test_where_all_assumptions_hold_the_formula_is_right() -> None:
    one = channel(96.0, law(3), patience_minutes=law(3), service_level_seconds=60.0)
    scenario = desk(4, one).but(**{"horizon.days": 8, "replications": 5, "seed": 11})
    rows = cx.analytic_neighbours(scenario, simulate(scenario, engine="compiled"))
    (row,) = rows.to_dict("records")
    a = theory.erlang_a(96, 180, 4, 180)
    assert (row["formula"], row["hours"], row["hands"]) == ("Erlang A", "all hours", 4)
    assert row["wait_theory_s"] == pytest.approx(a.mean_wait_served_s)
    assert row["level_theory"] == pytest.approx(a.service_level(60))
    # 95 % intervals of one fixed seed; three half-widths keep the alarm rate below 1 in 1,000.
    for name, unit in (("wait", "_s"), ("level", "")):
        half = (row[f"{name}_high{unit}"] - row[f"{name}_low{unit}"]) / 2
        assert abs(row[f"{name}{unit}"] - row[f"{name}_theory{unit}"]) < 3 * half
    assert row["why"] == "All assumptions of the formula hold: what differs is chance."


def test_without_patience_it_is_erlang_c_and_none_in_overload() -> None:
    for calls, formula in ((60.0, "Erlang C"), (90.0, "none")):
        scenario = desk(4, channel(calls, law(3))).but(**{"horizon.days": 2, "replications": 2})
        (row,) = cx.analytic_neighbours(scenario, simulate(scenario)).to_dict("records")
        assert row["formula"] == formula


def test_what_differs_is_said() -> None:
    scenario = cx.Scenario.load(scenario_file("base")).but(replications=2)
    rows = cx.analytic_neighbours(scenario, simulate(scenario)).set_index("channel")
    assert list(rows.index) == ["chat", "phone"]  # e-mail is not answered at once
    why = rows.loc["phone", "why"]
    for words in ("change over the week", "also answer chat, email", "lognormal", "come back"):
        assert words in why
