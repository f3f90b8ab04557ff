"""The STRESS-DES description: all that a scenario uses is said, and every text stays text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_desks import desk_file

from cxlab.scenario import Scenario
from cxlab.sim import describe
from cxlab.sim.description import tie_rules

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
