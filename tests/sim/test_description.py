"""The STRESS-DES description: all that a scenario uses is said, and every text stays text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_companies import base_file, company_file
from small_desks import desk_file

from cxlab.scenario import Scenario
from cxlab.sim import describe
from cxlab.sim.description import base_rules, tie_rules

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.toml"))
EVIL = "</p><script>alert(1)</script> | # <b>*bold*"


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_every_channel_team_law_and_shift_is_named(path: Path) -> None:
    scenario = Scenario.load(path)
    text = describe(scenario).html()
    for name, channel in scenario.lines.items():
        assert name in text
        for tier in channel.tiers:
            law = tier.handle_minutes
            assert law.law in text
            assert law.mean is None or f"mean {law.mean:g} min" in text
        if channel.return_hours is not None and channel.return_hours.mean:
            assert f"mean {channel.return_hours.mean:g} h" in text
    for name, team in scenario.all_teams.items():
        assert name in text
        assert all(f"{line.from_}–{line.to}" in text for line in team.shifts)
    assert f"seed {scenario.seed}" in text
    assert f"{scenario.replications} replications" in text
    assert f"{scenario.horizon.total_days} days" in text
    assert ("assumed ordinal model" in text) == bool(scenario.surveys)


def test_the_items_of_the_checklist_are_there() -> None:
    numbers = [one.number for one in describe(desk_file()).sections]
    assert [n for n in numbers if "." not in n] == ["1", "2", "3", "4", "5", "6"]
    assert numbers == sorted(numbers)
    text = describe(desk_file()).markdown()
    assert "Journal of Simulation 13" in text
    assert len(tie_rules()) == 8
    assert "(8) What is passed on waits at the next tier" in text


TOGGLES: tuple[tuple[dict[str, Any], str], ...] = (
    ({"balk_probability": 0.1}, "balk"),
    ({"room": 7}, "waiting room of 7"),
    ({"patience_minutes": {"law": "constant", "mean": 4.0}}, "constant, mean 4 min"),
    ({"redial_probability": 0.5, "redial_minutes": {"law": "exponential", "mean": 9.0}}, "redial"),
    ({"resolution_probability": 0.7, "return_hours": {"law": "exponential", "mean": 5.0}},
     "resolved with probability 0.7"),
    ({"concurrency": 3, "slowdown": 0.2}, "3 contacts at once, slowdown 0.2"),
    ({"bot": {"handle_minutes": {"law": "constant", "mean": 2.0}, "containment": 0.4}},
     "containment 0.4"),
    ({"opening_hours": {"Mon-Sun": "09:00-17:00"}, "when_closed": "turn_away"}, "turned away"),
    ({"shift_end": "hand_back"}, "hand their work back"),
    ({"cost_per_contact": 2.5}, "2.5 per contact"),
    ({"service_level_seconds": 33.0}, "within 33 s"),
)  # fmt: skip


@pytest.mark.parametrize(("changes", "words"), TOGGLES, ids=lambda x: str(x)[:30])
def test_a_feature_that_is_used_is_said(changes: dict[str, Any], words: str) -> None:
    with_it = desk_file(**{f"channels.chat.{key}": value for key, value in changes.items()})
    assert words in describe(with_it).html()
    assert words not in describe(desk_file()).html().split("2.2")[1] or words == "turned away"


def test_features_of_the_desk_are_said() -> None:
    text = describe(desk_file(**{
        "rules.ageing_minutes": 30.0, "busyness_cv": 0.2, "team.shrinkage": 0.15,
        "special_days": [{"from": "2026-01-05", "arrivals_factor": 2.0}],
        "team.shifts.0.breaks": [{"from": "12:00", "to": "12:30"}],
    })).markdown()  # fmt: skip
    for words in ("Ageing", "cv 0.2", "0.15", "arrivals × 2", "unpaid break 12:00–12:30"):
        assert words in text, words


def test_hostile_texts_stay_text() -> None:
    scenario = desk_file(
        title=EVIL,
        description=EVIL,
        **{"team.name": EVIL, "channels.chat.topic_shares": {EVIL: 1.0}},
    )
    description = describe(scenario)
    page = description._repr_html_()
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 4
    assert "<script" not in description.markdown().replace("\\<script", "")
    assert json.dumps(description.as_dict())


def test_every_number_of_a_customer_base_is_named() -> None:
    """Every key of every table but the names of others: a value that is there is printed."""
    scenario = company_file()
    text = describe(scenario).markdown().replace("\\_", "_")
    for words in (
        "Stages: aware → evaluating → purchased → onboarding → active → renewing → expanded \\| "
        "churned \\| won back; while there they may refer others",
        "| search | paid | 42 | 1 | 0.31 | 7 | 0 | – |",
        "| friends | referral | – | 1 | 0.5 | 0 | 0 | – |",
        "| office | 0.25 | basic 0.5, pro 0.5 | 1 | 1 | 1.5 |",
        "| basic | 19 | 1 | 1 | 1 | 0.04 move up to pro |",
        "| pro | 59 | 1 | 12 | 1 | – |",
        "| reports | 0.6 | 1 | 0.8 | 1 |",
        "| spring | coupon | day 0, then every 90 days | 1 of the active customers | 0 | 30 days | "
        "0.3 | 0.7 for 90 days |",
        "| onboarding | exponential, mean 13 days |",
        "| tenure of the customers at the start | exponential, mean 17 months |",
        "beta(0.7, 9), mean 0.07216 a term (shifted beta-geometric)",
        "price 0.7, moved 0.3",
        "0.02 of the payments, of which 0.6 are recovered",
        "0.1 of those who left of their own will come back, once",
        "0.4 join, from month 3 on; leaving × 1",
        "0.2 a month (rates gamma distributed over customers, cv 0), amount constant, mean 11 EUR",
        "every 6 months, 0.3 answer, cutpoints -5, -4",
        "discounted by 0.1 a year, payments in advance, the first one included",
        "0.5 a month × the factors, by channel chat 1",
        "300 customers are there on 2026-01-05",
        "beta + renewals, by Bayes' rule",
        "a hash of the address (finaliser of SplitMix64)",
    ):
        assert words in text, words
    assert len(base_rules()) == 6
    assert "(b3) At the end of a term a customer leaves if the draw" in text
    assert "(8) What is passed on waits at the next tier" in text


def test_links_are_told_as_assumptions_and_whether_they_hold() -> None:
    open_, closed = (
        describe(company_file(lifecycle__closed_loop=on)).markdown().replace("\\_", "_")
        for on in (False, True)
    )
    row = ("| waiting | first_reply_hours | churn | 45 | 1: 0.9, 24: 2 | 1: 1, 24: 1.2 | "
           "1: 0.8, 24: 4 |")  # fmt: skip
    for text in (open_, closed):
        assert row in text
        assert "The links are assumptions, not findings" in text
        assert "csat: mean score that the customer gave, or would have given" in text
    assert "assumptions, not in force: closed_loop is off" in open_
    assert "they change nothing (closed_loop = false)" in open_
    assert "The loop is open" in open_
    assert "assumptions, in force" in closed
    assert "changes what they do by the links alone" in closed
    assert "is read beside its control" in closed
    assert "Base and desk share one clock" in closed
    assert "is read beside its control" not in open_


def test_a_base_without_a_desk_tells_of_no_desk() -> None:
    text = describe(base_file()).markdown()
    assert "one customer base, without a desk" in text
    assert "Customers do not ask for support." in text
    assert "aware → evaluating → purchased → active → renewing → expanded" in text
    for word in ("agents on", "tickets, messages", "Shift plan", "Expected load", "win-back",
                 "empty desk", "PCG64", "Handling times", "customers: assumptions"):  # fmt: skip
        assert word not in text, word


@pytest.mark.parametrize(
    ("renewal", "words"),
    [
        ({"law": "geometric", "leaving_probability": 0.07}, "the same probability 0.07 a term"),
        ({"law": "gamma_frailty", "hazard": 0.08, "frailty_variance": 1.5},
         "0.08 × Z a term, Z gamma distributed with mean 1 and variance 1.5"),
    ],
)  # fmt: skip
def test_the_law_of_renewal_is_named(renewal: dict[str, Any], words: str) -> None:
    assert words in describe(base_file(lifecycle__renewal=renewal)).markdown()


def test_a_desk_without_a_base_is_told_as_before() -> None:
    text = describe(desk_file()).markdown()
    assert "The scenario describes one desk." in text
    assert "drawn evenly for each request" in text
    for word in ("customer base", "lifetime", "SplitMix64", "Base\\."):
        assert word not in text, word
