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
    for words in ("the hours before", "other work of these agents (chat, email)", "lognormal"):
        assert words in why
    assert "returns at other hours" in why
    assert rows.loc["phone", "hours"] == "Mon–Fri 08:00–09:00"


def asked(scenario: cx.Scenario, name: str = "chat") -> tuple[float, float, int]:
    """Return what the formula is given: calls per hour, handling in seconds, hands."""
    rows = cx.analytic_neighbours(scenario, simulate(scenario)).set_index("channel")
    row = rows.loc[name]
    return row["calls_per_hour"], row["handle_s"], row["hands"]


def test_what_the_formula_is_given_by_hand() -> None:
    short = {"horizon.days": 2, "replications": 2}
    # Two chats in a hand, each half as slow again: 4 agents have 8 hands, 180 s last 270 s.
    hands = channel(60.0, law(3), concurrency=2, slowdown=0.5)
    assert asked(desk(4, chat=hands).but(**short)) == pytest.approx((60, 270, 8))
    # A fifth comes back, once at most: 1.2 contacts.
    back = channel(50.0, law(3), resolution_probability=0.8, return_hours=1.0, max_contacts=2)
    assert asked(desk(9, chat=back).but(**short)) == pytest.approx((60, 180, 9))
    # The bot keeps half and is right; the rest takes 1.5 times as long.
    bot = {"handle_minutes": 1.0, "containment": 0.5, "residual_handling_factor": 1.5}
    kept = channel(60.0, law(3), bot=bot)
    assert asked(desk(4, chat=kept).but(**short)) == pytest.approx((30, 270, 4))
    # Half resolves, and two contacts are the limit. Handed over, ½: 1.5 contacts. Kept and wrong,
    # ½ · ⅕: the second contact alone. 0.75 + 0.1 = 0.85.
    wrong = {"handle_minutes": 1.0, "containment": 0.5, "wrong_answers": 0.2,
             "bounce_back_hours": 1.0}  # fmt: skip
    more = {"resolution_probability": 0.5, "return_hours": 1.0, "max_contacts": 2}
    assert asked(desk(9, chat=channel(60.0, law(3), bot=wrong, **more)).but(**short)) == (
        pytest.approx((51, 180, 9))
    )
    # Calls of 6 minutes meet the same agents: (20 · 180 s + 10 · 360 s) ÷ 30 = 240 s.
    both = desk(4, chat=channel(20.0, law(3)), phone=channel(10.0, law(6)))
    assert asked(both.but(**short)) == pytest.approx((30, 240, 4))


def test_the_busiest_hour_is_a_local_one_and_the_wait_begins_after_the_bot() -> None:
    """Kolkata, 5:30 ahead of UTC: 40 chats from 10 to 11, 4 an hour before; hands for them all."""
    rates = [0.0] * 168
    rates[9], rates[10] = 4.0, 40.0
    bot = {"handle_minutes": 2.0, "containment": 0.0}
    scenario = desk(60, chat=channel(rates, law(3), bot=bot)).but(
        **{"time_zone": "Asia/Kolkata", "replications": 2,
           "horizon": {"type": "terminating", "days": 1}}
    )  # fmt: skip
    (row,) = cx.analytic_neighbours(scenario, simulate(scenario)).to_dict("records")
    assert (row["hours"], row["calls_per_hour"]) == ("Mon 10:00–11:00", 40.0)
    assert (row["wait_s"], row["level"]) == (0.0, 1.0)
