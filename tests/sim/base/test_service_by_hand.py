"""Links from service to customers, worked out by hand, in a closed loop on both engines.

Somebody leaves, moves up or names a friend with a probability of 1 in 1,000, and a link whose
curve reaches 1,000 makes that certain: what happens tells what the link saw. All requests come in
the first 15 days, decisions are on 1 February (day 31). With 50 agents round the clock nobody
waits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_bases import FEBRUARY, FRIENDS, Played, lives

from cxlab.sim.addresses import uniforms_at

CERTAIN = 1000.0
N = 20
RARELY = {"law": "geometric", "leaving_probability": 0.001}
OFTEN = {"per_month": 60, "tenure_factors": [[0, 1.0], [0.5, 0.0]], "channel_shares": {"email": 1}}
EMAIL = {"arrivals_per_hour": 1, "handle_minutes": 60, "first_reply": "end"}
ROUND_THE_CLOCK = {"days": "Mon-Sun", "from": "00:00", "to": "24:00", "agents": 50}
FOUR = {"response_rate": 1.0, "cutpoints": [-40.0, -39.0, -38.0, 40.0]}
"""Every score is 4: P(score ≤ 3) is 4e-18, P(score ≤ 4) is 1."""


def link(kind: str, curve: list[list[float]], name: str = "service", **more: Any) -> dict[str, Any]:
    return {"name": name, "from": kind, "curve": curve, "memory_days": 60, **more}


def around(value: float) -> list[list[float]]:
    """A curve that makes certain at one value, and impossible elsewhere."""
    near, far = 0.01, 0.02
    above = [[value + near, CERTAIN], [value + far, 0.0]]
    return above if value < far else [[value - far, 0.0], [value - near, CERTAIN], *above]


def served(
    *links: dict[str, Any], channel: dict[str, Any] | None = None, days: int = 40,
    loop: bool = True, agents: int = 50, surveys: dict[str, Any] | None = None, **life: Any,
) -> Played:  # fmt: skip
    desk = {
        "channels": {"email": {**EMAIL, **(channel or {})}},
        "team": {"shifts": [{**ROUND_THE_CLOCK, "agents": agents}]},
        "surveys": {"csat": FOUR} if surveys is None else surveys,
    }
    base = {"initial_customers": N, "contacts": OFTEN, "renewal": RARELY}
    return lives(days, top=desk, **{**base, "closed_loop": loop, "links": list(links), **life})


def gone(played: Played) -> set[int]:
    """Customers whom the link made leave on 1 February."""
    return {who for who, _, end, _, reason in played.spells if (end, reason) == (31, "service")}


EVERYBODY = set(range(N))
TWICE = {"resolution_probability": 1e-12, "max_contacts": 2, "return_hours": 2}
BOT = {"bot": {"handle_minutes": 30, "containment": 1.0}}


@pytest.mark.parametrize(
    ("kind", "met", "channel"),
    [
        ("first_reply_hours", 1.0, {}),
        ("first_reply_hours", 0.0, {"first_reply": "start"}),
        ("first_reply_hours", 1.0, TWICE),
        ("first_reply_hours", 0.0, BOT),
        ("resolution_hours", 1.0, {}),
        ("resolution_hours", 4.0, TWICE),  # an hour, two hours until it is back, another hour
        ("resolution_hours", 0.5, BOT),
        ("contacts", 1.0, {}),
        ("contacts", 2.0, TWICE),
        ("contacts", 1.0, BOT),
        ("unresolved", 0.0, {}),
        ("unresolved", 0.0, BOT),
        ("csat", 4.0, {}),
        ("csat", 4.0, TWICE),
        ("csat", 4.0, BOT),
    ],
)
def test_what_customers_met_with(kind: str, met: float, channel: dict[str, Any]) -> None:
    played = served(link(kind, around(met)), channel=channel)
    assert gone(played) == EVERYBODY
    elsewhere = served(link(kind, around(met + 0.5)), channel=channel)
    assert gone(elsewhere) == set()


def test_nothing_holds_in_an_open_loop() -> None:
    played = served(link("contacts", around(1.0)), loop=False)
    assert gone(played) == set()
    assert played.company.history.clamped == 0


def test_who_never_asked_is_left_alone() -> None:
    never = {**OFTEN, "per_month": 1e-9}
    for kind in ("contacts", "unresolved", "first_reply_hours", "csat"):
        assert gone(served(link(kind, [[0, CERTAIN]]), contacts=never)) == set()


def test_without_a_survey_there_is_no_score() -> None:
    assert gone(served(link("csat", [[0, CERTAIN]]), surveys={})) == set()


def test_requests_that_are_still_open() -> None:
    # A million minutes each: nobody has a reply on day 31. What counts is how many there are, and
    # how long they have been open: on average 23.5 days, between 16 and 31 days, for everybody.
    long = {"handle_minutes": 1e6}
    played = served(
        link("resolution_hours", [[16 * 24, CERTAIN], [31 * 24, CERTAIN]]), channel=long
    )
    assert gone(played) == EVERYBODY
    short = [[15.9 * 24, 0.0], [16 * 24, 0.0]]
    waits = served(
        link("first_reply_hours", [*short, [16 * 24 + 1, CERTAIN]]), channel=long, agents=1
    )
    assert gone(waits) == EVERYBODY
    asked = played.tables["tickets"].groupby("customer_id").size()
    number = int(asked.iloc[0])
    exact = [[number - 0.5, 0.0], [number - 0.1, CERTAIN], [number, CERTAIN], [number + 0.5, 0.0]]
    counted = served(link("unresolved", exact), channel=long)
    assert gone(counted) == set(np.flatnonzero(asked.to_numpy() == number).tolist())
    assert gone(served(link("csat", [[0, CERTAIN]]), channel=long)) == set()


def test_who_gave_up_has_waited_for_so_long_and_is_unresolved() -> None:
    # One agent works on the first request for ever; everybody else waits for ten minutes.
    impatient = {"handle_minutes": 1e6, "patience_minutes": 10}
    played = served(link("first_reply_hours", around(1 / 6)), channel=impatient, agents=1)
    tickets = played.tables["tickets"]
    lucky = int(tickets.customer_id[tickets.answered_at.notna()].iloc[0].split("-")[1]) - 1
    assert gone(played) == EVERYBODY - {lucky}
    lasted = served(link("resolution_hours", around(1 / 6)), channel=impatient, agents=1)
    assert gone(lasted) == EVERYBODY - {lucky}
    unresolved = served(link("unresolved", [[0, 0.0], [1, CERTAIN]]), channel=impatient, agents=1)
    assert gone(unresolved) == EVERYBODY


def test_what_is_too_long_ago_is_forgotten() -> None:
    # Requests come until midnight of day 15: 16 days before 1 February.
    curve = [[0, CERTAIN]]
    assert gone(served(link("contacts", curve, memory_days=15.9))) == set()
    assert gone(served(link("contacts", curve, memory_days=31))) == EVERYBODY
    # Some days in between: those who asked since then.
    played = served(link("contacts", curve, memory_days=17))
    last = played.tables["tickets"].groupby("customer_id").created_at.max().sort_index()
    start = played.company.population.scenario.starts_at
    recent = ((last - start).dt.total_seconds() >= (FEBRUARY - 17) * 86_400).to_numpy()
    assert 0 < recent.sum() < N
    assert gone(played) == set(np.flatnonzero(recent).tolist())


def test_the_reason_is_the_link_at_which_the_draw_is_passed() -> None:
    certain, level = [[0, CERTAIN]], [[0, 1.0]]
    one, two = link("contacts", level, "one"), link("contacts", certain, "two")
    assert {row[4] for row in served(one, two).spells} == {"two"}
    assert {row[4] for row in served(two, one).spells} == {"two"}
    # 0.001 × 500 × 2: below a half it is the first link, above it the second.
    half = served(link("contacts", [[0, 500.0]], "one"), link("contacts", [[0, 2.0]], "two"))
    u = uniforms_at(half.company.history.customers.key, "renewal", 0)
    assert [row[4] for row in half.spells] == ["one" if x < 0.5 else "two" for x in u]
    # A link that keeps customers and one that drives them out again: certain anyway.
    surely = served(
        link("contacts", [[0, 0.5]], "one"), link("contacts", [[0, 2.0]], "two"),
        renewal={"law": "geometric", "leaving_probability": 1.0},
    )  # fmt: skip
    assert {row[4] for row in surely.spells} == {"unknown"}


def test_a_probability_above_one_counts_as_one_and_is_counted() -> None:
    assert served(link("contacts", [[0, CERTAIN]])).company.history.clamped == 0
    played = served(link("contacts", [[0, 2 * CERTAIN]]))
    assert gone(played) == EVERYBODY
    assert played.company.history.clamped == N


def test_service_makes_customers_buy_more() -> None:
    plans = {
        "basic": {"price_per_month": 10, "upgrade_to": "pro", "upgrade_probability": 0.001},
        "pro": {"price_per_month": 25},
    }
    kept = {"law": "geometric", "leaving_probability": 0.0}
    for value, plan in ((1.0, "pro"), (1.5, "basic")):
        trust = link("contacts", around(value), on="expansion")
        played = served(trust, plans=plans, renewal=kept)
        assert {row[2] for row in played.terms} == {plan}


def test_service_makes_customers_name_friends() -> None:
    life = {"referral": {"probability": 0.001}, "acquisition": FRIENDS}
    kept = {"law": "geometric", "leaving_probability": 0.0}
    for value, named in ((1.0, N), (1.5, 0)):
        played = served(link("contacts", around(value), on="referral"), renewal=kept, **life)
        assert len(played.leads) == named


def test_who_has_left_asks_no_more() -> None:
    leave = {"law": "geometric", "leaving_probability": 1.0}
    always = {**OFTEN, "tenure_factors": [[0, 1.0]]}
    for loop in (True, False):
        played = served(renewal=leave, contacts=always, loop=loop, days=60)
        last = max(at for (at,) in played.rows("tickets", "created_at"))
        assert FEBRUARY - 1 < last < FEBRUARY


def test_a_loop_without_anybody() -> None:
    nobody = {"initial_customers": 0, "acquisition": {"web": {"leads_per_week": 1e-9, "buys": 1.0}}}
    played = served(link("contacts", [[0, 2.0]]), **nobody)
    assert len(played.tables["customers"]) == len(played.tables["tickets"]) == 0


def test_what_the_desk_costs_and_what_customers_cost() -> None:
    ways = {"web": {"leads_per_week": 10, "buys": 1.0, "cost_per_lead": 3.0}}
    played = served(channel={"cost_per_contact": 0.5}, acquisition=ways)
    costs = played.tables["costs"]
    support = costs.amount[costs.channel == "email"].sum()
    assert support == 0.5 * len(played.tables["tickets"])
    assert set(costs.centre[costs.channel.isna()]) >= {"marketing"}
