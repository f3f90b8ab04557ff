"""Desks that cannot work: one clear error, in the words of the file, before anything runs."""

from __future__ import annotations

import math
import re
from types import SimpleNamespace
from typing import Any

import pytest

from cxlab.errors import InputError
from cxlab.scenario import Scenario
from cxlab.sim import run, simulate

SHIFT = {"agents": 1, "days": "Mon-Fri", "from": "08:00", "to": "16:00"}
CHAT = {"arrivals_per_hour": 6, "handle_minutes": 5, "first_reply": "start"}
BASE: dict[str, Any] = {
    "name": "desk",
    "time_zone": "Europe/Berlin",
    "start": "2026-01-05",
    "horizon": {"type": "terminating", "weeks": 1},
    "channels": {"chat": CHAT, "email": {**CHAT, "first_reply": "end"}},
    "teams": {"first": {"shifts": [SHIFT]}, "second": {"shifts": [SHIFT]}},
}
BOT = {"handle_minutes": 1, "containment": 0.5}


def refused(data: dict[str, Any]) -> str:
    """Return what is said about a file that cannot be."""
    with pytest.raises(InputError) as caught:
        Scenario.of(data, source="desk.toml")
    told = str(caught.value)
    assert told.startswith("desk.toml: ")
    assert "Value error" not in told
    assert "pydantic" not in told
    assert "\n" not in told
    return told


def chat(**keys: Any) -> dict[str, Any]:
    return {**BASE, "channels": {"chat": {**CHAT, **keys}}}


def teams(**given: Any) -> dict[str, Any]:
    return {**BASE, "teams": {name: {"shifts": [SHIFT], **keys} for name, keys in given.items()}}


def test_the_base_is_fine() -> None:
    assert list(Scenario.of(BASE).all_teams) == ["first", "second"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        # who answers
        (teams(first={"skills": ["chat"]}), "a shift with agents for channels.email"),
        (teams(first={"skills": ["chta"]}), r"'chta': one of chat.*; did you mean 'chat'"),
        (teams(first={"skills": ["chat", "chat"]}), "skills named once each"),
        (teams(first={"shifts": []}), "a shift with agents for channels.chat"),
        ({**BASE, "team": {"shifts": [SHIFT]}}, "either team .one team for everything. or teams"),
        ({**BASE, "teams": {}}, "either team"),
        (teams(first={"tier": 4}), "1, 2 or 3"),
        # overflow
        (teams(first={"overflow": {"to": "secnd", "after_minutes": 1}}, second={}),
         "did you mean 'second'"),
        (teams(first={"overflow": {"to": "first", "after_minutes": 1}}), "first → first"),
        (
            teams(
                a={"overflow": {"to": "b", "after_minutes": 1}},
                b={"overflow": {"to": "c", "after_minutes": 1}},
                c={"overflow": {"to": "a", "after_minutes": 1}},
            ),
            "not in a circle .a → b → c → a",
        ),
        (teams(first={"overflow": {"to": "second", "after_minutes": -1}}, second={}),
         "greater than or equal to 0"),
        # tiers
        (teams(first={}, second={"tier": 2}), "escalates to tier 2, which teams.second works at"),
        (chat(escalation_probability=0.1), "tier2, because the channel escalates"),
        (chat(tier2={"handle_minutes": 5}), "an escalation_probability above 0 below tier2"),
        (chat(escalation_probability=0.1, tier2={"handle_minutes": 5}),
         "a shift with agents for tier 2 of channels.chat"),
        (chat(escalation_probability=0.1, tier2={"handle_minutes": 5},
              tier3={"handle_minutes": 5}), "above 0 below tier3"),
        (chat(escalation_probability=0.1,
              tier2={"handle_minutes": 5, "escalation_probability": 0.1}),
         "tier3, because tier2 escalates"),
        (chat(escalation_probability=0.1,
              tier2={"handle_minutes": 5, "escalation_probability": 0.1},
              tier3={"handle_minutes": 5, "escalation_probability": 0.1}), "no tier above it"),
        # chances
        (chat(topic_shares={"a": 0.7, "b": 0.7}), "shares that sum to 1 .these sum to 1.4"),
        (chat(priority_shares={"normal": 0.7, "low": 0.7}), "these sum to 1.4"),
        (chat(priority_shares={}), "at least one priority"),
        (chat(balk_probability=1.1), "less than or equal to 1"),
        (chat(escalation_probability=-0.1), "greater than or equal to 0"),
        (chat(bot={**BOT, "containment": 1.5}), "less than or equal to 1"),
        (chat(resolution_probability=math.nan), "channels.chat.resolution_probability"),
        # what belongs together
        (chat(redial_probability=0.1), "redial_minutes, because redial_probability"),
        (chat(callback_probability=0.1), "patience_minutes, because callback_probability"),
        (chat(slowdown=0.1), "concurrency above 1"),
        (chat(when_closed="turn_away"), 'opening_hours, because when_closed is "turn_away"'),
        (chat(bot={**BOT, "wrong_answers": 0.1}), "bounce_back_hours, because wrong_answers"),
        (chat(opening_hours="business"), "business_hours, because channels.chat refers"),
        (chat(target_clock="business"), "business_hours, because channels.chat refers"),
        (chat(first_reply_target_hours=1, first_reply_target_minutes=1), "not both"),
        # hours
        (chat(opening_hours={"Mon-Sat": "08:00-16:00"}),
         "whenever channels.chat is open: Sat 08:00 to Sat 16:00 has no shift"),
        (chat(opening_hours={"Mon-Fri": "07:30-16:00"}), "open: Mon 07:30 to Mon 08:00"),
        (chat(opening_hours={"Mon-Fri": "8 Uhr"}), "hours such as"),
        (chat(arrivals_per_hour=[1.0] * 23), "24 .hours of a day. or 168 .* not 23"),
        (chat(arrivals_per_hour=[1.0] * 169), "not 169"),
        ({**BASE, "horizon": {"type": "steady", "days": 7, "warm_up_days": 7}},
         "a horizon longer than its warm-up .here 7 days against 7"),
        ({**BASE, "special_days": [{"from": "2026-01-06", "arrivals_factor": 2,
                                    "channels": ["chatt"]}]},
         "'chatt': one of .*did you mean 'chat'"),
        # shifts
        (teams(first={"shifts": [{**SHIFT, "breaks": [{"from": "07:00", "to": "08:30"}]}]}),
         "breaks inside the shift"),
        (teams(first={"shifts": [{**SHIFT, "breaks": [{"from": "09:00", "to": "10:00"},
                                                      {"from": "09:30", "to": "10:30"}]}]}),
         "do not overlap"),
        (teams(first={"shifts": [{**SHIFT, "ramp_up_weeks": 2}]}), "the day on which the line was"),
        (teams(first={"shifts": [{**SHIFT, "hired": "2026-02-01", "last_day": "2026-01-01"}]}),
         "a last_day that is not before hired"),
        (teams(first={"absence_probability": 1.0}), "less than 1"),
        # surveys
        ({**BASE, "surveys": {"csat": {"response_rate": 1, "cutpoints": [0, 1, 2, 3, 4]}}},
         "4 cutpoints for csat, which has the scores 1 to 5 .here are 5"),
        ({**BASE, "surveys": {"npz": {"response_rate": 1, "cutpoints": [0, 1, 2, 3]}}}, "nps"),
    ],
)  # fmt: skip
def test_refused(data: dict[str, Any], says: str) -> None:
    told = refused(data)
    assert re.search(says, told), told


@pytest.mark.parametrize("wrong", [0, -1, math.nan, math.inf])
@pytest.mark.parametrize(
    "key",
    ["handle_minutes", "redial_minutes", "return_hours", "patience_minutes", "tier2", "bot"],
)
def test_durations_are_positive_and_finite(key: str, wrong: float) -> None:
    whole = {"tier2": {"handle_minutes": wrong}, "bot": {**BOT, "handle_minutes": wrong}}
    told = refused(chat(**{key: whole.get(key, wrong)}))
    assert f"channels.chat.{key}" in told
    assert "greater than 0" in told or "finite" in told


def test_unknown_engine() -> None:
    scenario = Scenario.of(BASE)
    with pytest.raises(InputError, match=r"unknown engine.*'simpie'.*simpy"):
        simulate(scenario, engine="simpie")  # type: ignore[arg-type]


def test_memory_that_would_not_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "recorded", None)  # nothing runs
    busy = Scenario.of(BASE).but(**{"channels.chat.arrivals_per_hour": 1e9})
    with pytest.raises(InputError, match=r"memory would not suffice.*tickets.*GiB at most"):
        simulate(busy)
    free = SimpleNamespace(available=2**20)
    monkeypatch.setattr(run.psutil, "virtual_memory", lambda: free)
    with pytest.raises(InputError, match="fewer replications or a shorter horizon"):
        simulate(Scenario.of(BASE))
