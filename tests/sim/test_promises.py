"""What a desk promises, asks and costs: due times, business hours, surveys, contacts; by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_desks import T, clock, desk_file, plain, play, tables, workload

from cxlab.scenario import INSTRUMENTS, Scenario, Survey
from cxlab.sim.plan import desk_plan
from cxlab.sim.survey import scores
from cxlab.sim.tables import record
from cxlab.sim.view import View
from cxlab.tables import Tables

HOUR, DAY, MINUTE = 3600.0, 86_400.0, 60.0

BUSINESS = {
    "time_zone": "Europe/Berlin",
    "start": "2026-01-05",
    "horizon.days": 7,
    "business_hours": {
        "hours": {"Mon-Fri": "09:00-12:00, 13:00-17:00"},
        "holidays": "DE-BY",  # 2026-01-06 is a holiday in Bavaria
        "closed": ["2026-01-08"],
        "special": {"2026-01-09": "10:00-11:00"},
    },
    "channels.chat.first_reply_target_minutes": None,
    "channels.chat.first_reply_target_hours": 4.0,
    "channels.chat.target_clock": "business",
}


def test_due_on_business_hours() -> None:
    # Monday 11:00: 1 h until 12, 3 h from 13 on: 16:00. Monday 16:00: 1 h; Tuesday is a holiday;
    # Wednesday 9–12: 12:00 (the fourth hour ends with the morning). Wednesday 20:00: Thursday is
    # closed, Friday has one hour, so 3 h on Monday: 12:00, after the run.
    made = tables(
        desk_file(**BUSINESS), [T(11 * HOUR, 60), T(16 * HOUR, 60), T(2 * DAY + 20 * HOUR, 60)]
    )
    t = made["tickets"]
    due = t.sla_due_at.dt.tz_convert("Europe/Berlin").dt.strftime("%d %H:%M").tolist()
    assert due == ["05 16:00", "07 12:00", "12 12:00"]
    assert t.schedule_id.tolist() == ["business_hours"] * 3
    calendar = desk_file(**{**BUSINESS, "channels.chat.target_clock": "calendar"})
    due = tables(calendar, [T(16 * HOUR, 60)])["tickets"].sla_due_at
    assert clock(due.dt.tz_convert("Europe/Berlin")) == ["20:00"]


def test_the_tables_of_business_hours() -> None:
    made = tables(desk_file(**BUSINESS), [])
    s = made["schedules"]
    assert len(s) == 10
    assert s.tz.unique().tolist() == ["Europe/Berlin"]
    monday = s[s.weekday == s.weekday.min()]
    assert list(zip(monday.start, monday.end, strict=True)) == [
        ("09:00", "12:00"),
        ("13:00", "17:00"),
    ]
    e = made["schedule_exceptions"]
    rows = list(zip(e.date.astype(str), e.kind, e.start, e.end, strict=True))
    assert rows == [
        ("2026-01-06", "closed", None, None),
        ("2026-01-08", "closed", None, None),
        ("2026-01-09", "open", "10:00", "11:00"),
    ]
    assert e.name[0]  # the holiday's


def test_costs_of_contacts() -> None:
    # 0.5 for each contact that somebody answers: two on the first day, one on the second; the
    # one that gives up costs nothing. 10 an hour for 8 hours a day.
    scenario = desk_file(
        **{"horizon.days": 2, "channels.chat.cost_per_contact": 0.5, "team.hourly_cost": 10.0}
    )
    made = tables(
        scenario,
        [
            T(10 * HOUR, (HOUR, 60.0), back_after=[HOUR]),
            T(10.5 * HOUR, 60.0, patience=60.0),
            T(DAY + 10 * HOUR, 60.0),
        ],
    )["costs"]
    wages, contacts = made[made.channel.isna()], made[made.channel.notna()]
    assert wages.amount.tolist() == pytest.approx([80.0, 80.0])
    assert contacts.amount.tolist() == pytest.approx([1.0, 0.5])
    assert contacts.channel.tolist() == ["chat", "chat"]


def test_every_channel_pays_for_its_own_contacts_and_conversations() -> None:
    # Two chats, both answered: 2 · 0.5, and 2 · 0.1 for the bot that met them. One e-mail: 2,
    # and 1 for its own bot.
    email = {"arrivals_per_hour": 1.0, "handle_minutes": 5.0, "first_reply": "end"}
    bot = {"handle_minutes": 1.0, "containment": 0.0}
    scenario = desk_file(
        **{
            "channels.chat.cost_per_contact": 0.5,
            "channels.chat.bot": {**bot, "cost_per_conversation": 0.1},
            "channels.email": {
                **email, "cost_per_contact": 2.0, "bot": {**bot, "cost_per_conversation": 1.0},
            },
        }
    )  # fmt: skip
    made = tables(
        scenario,
        [T((9 + i) * HOUR, 60.0, bot=60.0, line=line) for i, line in enumerate([0, 1, 0])],
        ["chat", "email"],
    )["costs"]
    assert dict(zip(made.channel, made.amount, strict=True)) == pytest.approx(
        {"chat": 1.2, "email": 3.0}
    )


def test_the_model_of_every_instrument() -> None:
    """With cutpoints at the odds k : (n − k) every score has the same chance."""
    for lowest, highest in [scale[1:] for scale in INSTRUMENTS.values()]:
        n = highest - lowest + 1
        k = np.arange(1, n)
        model = Survey(response_rate=1.0, cutpoints=np.log(k / (n - k)).tolist())
        u = (np.arange(n) + 0.5) / n
        one, none = np.ones(n, dtype=int), np.zeros(n)
        assert scores(model, u, none, none, one, one, lowest).tolist() == list(
            range(lowest, highest + 1)
        )


def test_every_effect_and_what_was_expected() -> None:
    # P(score ≤ 3) = logistic(0 + e); u = .7 lies below it if and only if e > ln(.7/.3) = 0.847.
    cutpoints = [-20.0, -10.0, 0.0, 10.0]
    one = np.ones(1, dtype=int)

    def score(wait_h: float, lasts_h: float, contacts: int, tier: int, **keys: object) -> float:
        model = Survey.model_validate({"response_rate": 1.0, "cutpoints": cutpoints, **keys})
        given = np.array([wait_h * HOUR]), np.array([lasts_h * HOUR])
        return float(scores(model, np.array([0.7]), *given, contacts * one, tier * one)[0])

    assert score(9, 9, 9, 3) == 4  # nothing counts
    waits = {"wait_effect": 1.0, "expected_wait_hours": 2.0}
    assert score(2.8, 0, 1, 1, **waits) == 4  # e = 0.8
    assert score(2.9, 0, 1, 1, **waits) == 3  # e = 0.9
    lasts = {"resolution_effect": 0.5, "expected_resolution_hours": 24.0}
    assert score(0, 25.6, 1, 1, **lasts) == 4  # e = 0.8
    assert score(0, 25.8, 1, 1, **lasts) == 3  # e = 0.9
    # log(1 + hours) − log(1 + 1): 0.847 is passed at 2 · 7/3 − 1 = 3.667 hours.
    log = {"wait_effect": 1.0, "expected_wait_hours": 1.0, "wait_scale": "log_hours"}
    assert score(3.6, 0, 1, 1, **log) == 4
    assert score(3.7, 0, 1, 1, **log) == 3
    assert score(0, 0, 2, 1, extra_contact_effect=0.8) == 4
    assert score(0, 0, 3, 1, extra_contact_effect=0.8) == 3  # 1.6
    assert score(0, 0, 1, 2, escalation_effect=0.8) == 4
    assert score(0, 0, 1, 3, escalation_effect=0.8) == 3
    # Sooner than expected makes up for a second contact: −0.5 + 0.9.
    both = {**waits, "extra_contact_effect": 0.9}
    assert score(1.5, 0, 2, 1, **both) == 4


def test_what_the_three_surveys_ask_about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uniforms of 0.5 and cutpoints around 0: the scores say what was compared with what."""
    monkeypatch.setattr(View, "u", lambda view, purpose, tickets: np.full(len(tickets), 0.5))

    def around(n: int) -> list[float]:
        return [k + 0.5 - n / 2 for k in range(n)]

    scenario = desk_file(
        surveys={
            # e = hours until the reply: 10:00–11:00 is 1.
            "csat": {"response_rate": 1.0, "cutpoints": around(4), "wait_effect": 1.0},
            # e = hours until the last solve − 2: 10:00–14:00 is 4 − 2 = 2.
            "ces": {"response_rate": 1.0, "cutpoints": around(6), "resolution_effect": 1.0,
                    "expected_resolution_hours": 2.0},
            # e = 3 · (2 contacts − 1).
            "nps": {"response_rate": 1.0, "cutpoints": around(10), "extra_contact_effect": 3.0},
        }
    )  # fmt: skip
    # Ticket 0 holds the agent 9–11. Ticket 1: 10:00, 11:00–12:00; back at 13:00, until 14:00.
    made = tables(scenario, [T(9 * HOUR, 2 * HOUR), T(10 * HOUR, (HOUR, HOUR), back_after=[HOUR])])[
        "surveys"
    ]
    mine = made[made.subject_id == "chat-000002"].set_index("instrument")
    assert mine.score.to_dict() == {"csat": 2.0, "ces": 2.0, "nps": 2.0}
    # Without effects the middle: 3, 4 and 5 (of 0–10).
    other = made[made.subject_id == "chat-000001"].set_index("instrument")
    assert other.score.to_dict() == {"csat": 3.0, "ces": 4.0, "nps": 5.0}
    assert mine.version.to_dict() == {"csat": "csat_5", "ces": "ces_2", "nps": "nps_11"}
    assert mine.scale_min.tolist() == [1, 1, 0]
    assert mine.scale_max.tolist() == [5, 7, 10]
    assert clock(mine.sent_at) == ["14:00"] * 3


@pytest.mark.parametrize(
    ("effect", "expected"),
    [
        # Ticket 1 was passed on once, ticket 3 never.
        ({"escalation_effect": 1.0}, [2.0, 3.0]),
        # The bot replied to ticket 3 at 10:00, although a person took it at 11:00 only.
        ({"wait_effect": 1.0}, [3.0, 3.0]),
        # Solved after 2 h and after 1 h 10 min; the invitation an hour later adds nothing.
        ({"resolution_effect": 1.0, "expected_resolution_hours": 1.0}, [2.0, 3.0]),
    ],
)
def test_what_a_second_tier_a_bot_and_a_late_invitation_do(
    monkeypatch: pytest.MonkeyPatch, effect: dict[str, float], expected: list[float]
) -> None:
    """Uniforms of 0.5 and cutpoints at ±0.5 and ±1.5: score 3 for e = 0, 2 for 0.5 < e < 1.5."""
    monkeypatch.setattr(View, "u", lambda view, purpose, tickets: np.full(len(tickets), 0.5))
    shift = {"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}
    survey = {"response_rate": 1.0, "delay_hours": 1.0, "cutpoints": [-1.5, -0.5, 0.5, 1.5]}
    scenario = desk_file(
        **{
            "team": None,
            "teams": {"front": {"shifts": [shift]}, "back": {"tier": 2, "shifts": [shift]}},
            "channels.chat.escalation_probability": 0.5,
            "channels.chat.tier2": {"handle_minutes": 9},
            "channels.chat.bot": {"handle_minutes": 1, "containment": 0.3},
            "surveys": {"csat": {**survey, **effect}},
        }
    )
    # 1: 9:00–10:00 at tier 1, until 11:00 at tier 2. 2: 10:00–11:00. 3: the bot is done at 10:01,
    # a person has it 11:00–11:10.
    made = tables(
        scenario,
        [
            T(9 * HOUR, [(HOUR, HOUR)]),
            T(9.5 * HOUR, HOUR),
            T(10 * HOUR, 10 * MINUTE, bot=MINUTE),
        ],
    )["surveys"]
    assert made[made.subject_id != "chat-000002"].score.tolist() == expected


def everything() -> tuple[Scenario, dict[str, pd.DataFrame]]:
    """Return one desk with a bot, tiers, redials, business hours, costs and three surveys."""
    shift = {"agents": 2, "days": "Mon-Fri", "from": "09:00", "to": "17:00"}
    scenario = desk_file(
        **{
            **BUSINESS,
            "team": None,
            "teams": {
                "front": {"shifts": [shift], "hourly_cost": 20.0},
                "back": {"tier": 2, "shifts": [shift]},
            },
            "rules.shift_end": "hand_back",
            "channels.chat.escalation_probability": 0.5,
            "channels.chat.tier2": {"handle_minutes": 9},
            "channels.chat.bot": {"handle_minutes": 1, "containment": 0.3},
            "surveys": {
                name: {"response_rate": 1.0, "cutpoints": list(range(high - low))}
                for name, (_, low, high) in INSTRUMENTS.items()
            },
        }
    )
    tickets = [
        T(9 * HOUR, (600.0, 300.0), back_after=[HOUR], bot=60.0),
        T(9.5 * HOUR, 1.0, bot=60.0, contained=True),
        T(10 * HOUR, [(60.0, 600.0)]),
        T(16.9 * HOUR, [(HOUR, 600.0)]),
        T(18 * HOUR, (1.0, 1.0), patience=60.0, redial_after=[600.0]),
    ]
    plan, work = desk_plan(scenario, 1), workload(tickets)
    made = record(View(scenario, plan, work, play(work, plan), 1, scenario.seed))
    taken = Tables.from_frames(
        made, as_of=scenario.ends_at, time_zone=scenario.time_zone, source="everything"
    )
    assert len(taken.quarantine) == 0
    return scenario, {name: plain(table) for name, table in made.items()}


def test_every_table_is_accepted() -> None:
    _, made = everything()
    assert {name for name, frame in made.items() if len(frame)} == {
        "tickets", "messages", "status_events", "escalations", "surveys", "agents", "shifts",
        "costs", "schedules", "schedule_exceptions",
    }  # fmt: skip
