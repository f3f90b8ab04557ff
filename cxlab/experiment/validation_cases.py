"""The cases: every desk whose steady state theory knows, one after the other.

All desks are open day and night, with a constant rate where nothing else is said. A run starts
empty; its first day and its last are not looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from math import sqrt
from typing import Any

import numpy as np

from cxlab import theory
from cxlab.experiment import readings as read
from cxlab.experiment.case import Case, Fault, Quantity
from cxlab.experiment.readings import Reading, Run
from cxlab.scenario import Scenario
from cxlab.tables.catalogue import PRIORITIES

__all__ = ["FAULTS", "all_cases"]

DAYS = 12
LINE = "phone"

ERLANG = "A. K. Erlang (1917)"
PALM = "C. Palm (1957)"
KLEINROCK = "L. Kleinrock, Queueing Systems I (1975), ch. 3"
POLLACZEK = "L. Kleinrock, Queueing Systems I (1975), ch. 5"
COBHAM = "A. Cobham, Oper. Res. 2 (1954)"
JACKSON = "J. R. Jackson, Oper. Res. 5 (1957)"
BCMP = "F. Baskett, K. M. Chandy, R. R. Muntz and F. G. Palacios, J. ACM 22 (1975)"
PHYSICS = "S. G. Eick, W. A. Massey and W. Whitt, Oper. Res. 41 (1993)"


def law(minutes: float, name: str = "exponential", **more: Any) -> dict[str, Any]:
    """Return a law of durations in minutes (hours where the key says so)."""
    return {"law": name, "mean": minutes, **more}


def channel(per_hour: Any, handling: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a channel of a case."""
    return {
        "arrivals_per_hour": per_hour, "handle_minutes": handling, "first_reply": "start", **more
    }  # fmt: skip


def team(agents: int, **more: Any) -> dict[str, Any]:
    """Return a team that is there day and night."""
    return {
        "shifts": [{"agents": agents, "days": "Mon-Sun", "from": "00:00", "to": "24:00"}], **more
    }  # fmt: skip


def desk(
    agents: int | Mapping[str, Any], one: Mapping[str, Any] | None = None, **channels: Any
) -> Scenario:
    """Return the scenario of a case: one team, or several by name; one channel, or several."""
    teams = {"team": team(agents)} if isinstance(agents, int) else {"teams": dict(agents)}
    return Scenario.of(
        {
            "name": "case", "time_zone": "UTC", "start": "2026-01-05", "seed": 1,
            "horizon": {"type": "steady", "days": DAYS, "warm_up_days": 1},
            "channels": channels or {LINE: one}, **teams,
        }
    )  # fmt: skip


def share(name: str, value: float, reading: Reading) -> Quantity:
    """Return a share to compare."""
    return Quantity(name, "share", float(value), reading)


def seconds(name: str, value: float, reading: Reading) -> Quantity:
    """Return a time to compare."""
    return Quantity(name, "s", float(value), reading)


def number(name: str, value: float, reading: Reading) -> Quantity:
    """Return a mean number to compare."""
    return Quantity(name, "ratio", float(value), reading)


def of_erlang_c(c: theory.ErlangC, within_s: float = 60) -> tuple[Quantity, ...]:
    """Return all that Erlang C says about one line."""
    return (
        share("waits at all", c.p_wait, read.waited),
        seconds("mean wait", c.mean_wait_s, read.mean_wait()),
        share(f"served within {within_s:g} s", c.service_level(within_s),
              read.served_within(within_s)),
        share("occupancy", c.occupancy, read.occupancy),
        number("mean number waiting", c.mean_queue_length, read.queue_length),
    )  # fmt: skip


@cache
def all_cases() -> tuple[Case, ...]:
    """Return the cases, in the order of the page."""
    return (
        *_one_line(), *_impatient(), *_rooms(), *_one_agent(), *_priorities(), *_networks(),
        *_chats(), *_bots(), *_teams(), *_hours(),
    )  # fmt: skip


def _one_line() -> list[Case]:
    cases = []
    for calls, agents, fast in ((10, 1, True), (60, 4, True), (340, 20, False), (18.4, 1, False)):
        c = theory.erlang_c(calls, 180, agents)
        cases.append(
            Case(f"M/M/{agents}, load {c.occupancy:.0%}", "Erlang C", ERLANG,
                 desk(agents, channel(float(calls), law(3))), of_erlang_c(c), fast)
        )  # fmt: skip
    return cases


def _impatient() -> list[Case]:
    cases = []
    for calls, agents, patience, fast in ((96, 4, 180, True), (180, 10, 120, False),
                                          (18, 1, 360, False)):  # fmt: skip
        a = theory.erlang_a(calls, 180, agents, patience)
        cases.append(
            Case(
                f"M/M/{agents}+M, load {a.offered_erlangs / agents:.0%}", "Erlang A", PALM,
                desk(agents, channel(float(calls), law(3), patience_minutes=law(patience / 60))),
                (
                    share("waits at all", a.p_wait, read.waited),
                    share("gives up", a.p_abandon, read.gave_up),
                    seconds("mean wait of the served", a.mean_wait_served_s, read.mean_wait()),
                    seconds("mean wait of all", a.mean_wait_s, read.mean_wait_all),
                    share("served within 60 s, of all", a.service_level(60),
                          read.served_within(60)),
                    share("served within 60 s, of the served", a.service_level_served(60),
                          read.within_of_served(60)),
                    share("served within 60 s, short abandons left out",
                          a.service_level_no_short(60), read.short_abandons_left_out(60)),
                    share("occupancy", a.occupancy, read.occupancy),
                ),
                fast,
            )
        )  # fmt: skip
    c = theory.erlang_c(60, 180, 4)
    cases.append(
        Case("M/M/4, everybody leaves a number", "Erlang C: who leaves a number keeps the place",
             ERLANG, desk(4, channel(60.0, law(3), patience_minutes=law(1),
                                     callback_probability=1.0)), of_erlang_c(c))
    )  # fmt: skip
    return cases


def _rooms() -> list[Case]:
    b = theory.erlang_b(120, 180, 6)
    losing = (
        share("turned away", b, read.turned_away),
        share("occupancy", (1 - b) * 120 / 3600 * 180 / 6, read.occupancy),
    )
    cases = [
        Case(name, formula, ERLANG, desk(6, channel(120.0, handling, room=0)), losing, fast)
        for name, formula, handling, fast in (
            ("M/M/6/6", "Erlang B", law(3), True),
            ("M/G/6/6, lognormal handling", "Erlang B, which needs the mean only",
             law(3, "lognormal", cv=1.5), False),
        )
    ]  # fmt: skip
    for patience in (None, 240.0):
        f = theory.finite_room(66, 180, 3, 5, patience or float("inf"))
        more = {} if patience is None else {"patience_minutes": law(patience / 60)}
        cases.append(
            Case(
                "M/M/3/8" + ("" if patience is None else "+M"), "birth and death", KLEINROCK,
                desk(3, channel(66.0, law(3), room=5, **more)),
                (
                    share("turned away", f.p_blocked, read.turned_away),
                    share("served within 60 s", f.service_level(60), read.served_within(60)),
                    share("occupancy", f.occupancy, read.occupancy),
                    number("mean number waiting", f.mean_queue_length, read.queue_length),
                    *([] if patience is None else
                      [share("gives up", f.p_abandon, read.gave_up)]),
                ),
                patience is not None,
            )
        )  # fmt: skip
    f = theory.finite_room(72, 180, 4, 400, balking=0.3)
    cases.append(
        Case(
            "M/M/4, three in ten balk", "birth and death", KLEINROCK,
            desk(4, channel(72.0, law(3), balk_probability=0.3)),
            (
                share("leaves at once", f.p_balk, read.walked_off),
                share("waits", f.p_wait, read.waited),
                seconds("mean wait of who stays", f.mean_wait_s, read.mean_wait()),
                share("occupancy", f.occupancy, read.occupancy),
            ),
        )
    )  # fmt: skip
    return cases


def _one_agent() -> list[Case]:
    # The empirical law is uniform on 1–3 min for half of the contacts, on 3–9 for the others:
    # mean 4, E[S²] = (13/3 + 39)/2, worked out by hand.
    table = {"law": "empirical", "shares": [0.0, 0.5, 1.0], "values": [1.0, 3.0, 9.0]}
    laws: tuple[tuple[str, float, float, dict[str, Any], bool], ...] = (
        ("constant", 15, 0.0, law(3, "constant"), True),
        ("gamma", 15, 0.7 * 180, law(3, "gamma", cv=0.7), False),
        ("lognormal", 15, 1.4 * 180, law(3, "lognormal", cv=1.4), False),
        ("empirical", 10.5, sqrt((13 / 3 + 39) / 2 - 16) * 60, table, False),
    )
    cases = []
    for name, calls, sd, handling, fast in laws:
        mean = 240.0 if name == "empirical" else 180.0
        q = theory.m_g_1(calls, mean, sd)
        cases.append(
            Case(
                f"M/G/1, {name} handling", "Pollaczek–Khinchine", POLLACZEK,
                desk(1, channel(float(calls), handling)),
                (
                    seconds("mean wait", q.mean_wait_s, read.mean_wait()),
                    share("waits at all", q.occupancy, read.waited),
                    share("occupancy", q.occupancy, read.occupancy),
                ),
                fast,
            )
        )  # fmt: skip
    return cases


def _priorities() -> list[Case]:
    cases = []
    for agents, shares, fast in ((4, {"urgent": 0.2, "normal": 0.5, "low": 0.3}, True),
                                 (1, {"high": 0.5, "normal": 0.5}, False)):  # fmt: skip
        calls = 15.0 * agents
        w = theory.cobham([calls * part for part in shares.values()], 180, agents)
        waits = zip(shares, w.mean_wait_s.tolist(), strict=True)
        cases.append(
            Case(
                f"M/M/{agents}, {len(shares)} priorities", "Cobham, nobody interrupted", COBHAM,
                desk(agents, channel(calls, law(3), priority_shares=shares)),
                (
                    *(seconds(f"mean wait, {name}", wait,
                              read.mean_wait(priority=PRIORITIES.index(name)))
                      for name, wait in waits),
                    share("waits at all", w.p_wait, read.waited),
                ),
                fast,
            )
        )  # fmt: skip
    w = theory.cobham_single_server([12, 9], [60, 240], [0, 240])
    cases.append(
        Case(
            "M/G/1, two channels by rank", "Cobham, a law for each class", COBHAM,
            desk(1, chat=channel(9.0, law(4, "lognormal", cv=1.0), queue_rank=2),
                 phone=channel(12.0, law(1, "constant"), queue_rank=1)),
            (
                seconds("mean wait, phone", w.mean_wait_s[0], read.mean_wait(line=1)),
                seconds("mean wait, chat", w.mean_wait_s[1], read.mean_wait(line=0)),
                share("waits at all", w.p_wait, read.waited),
            ),
        )
    )  # fmt: skip
    return cases


def _networks() -> list[Case]:
    soon = {"return_hours": law(0.5), "max_contacts": 20}
    back = theory.feedback(45, 180, 4, 0.75, max_contacts=20)
    plain = theory.two_tiers(60, (180, 480), (4, 3), 0.25)
    both = theory.two_tiers(45, (180, 600), (4, 3), 0.2, 0.8, max_contacts=20)
    tiers = {"first": team(4, tier=1), "second": team(3, tier=2)}

    def passed_on(net: theory.Network) -> tuple[Quantity, ...]:
        return (
            seconds("mean wait, tier 1", net.stations[0].mean_wait_s, read.mean_wait()),
            seconds("mean wait, tier 2", net.stations[1].mean_wait_s, read.mean_wait(tier=2)),
            share("waits at all, tier 1", net.stations[0].p_wait, read.waited),
        )

    return [
        Case(
            "M/M/4, one in four comes back", "Jackson feedback with at most 20 contacts", BCMP,
            desk(4, channel(45.0, law(3), resolution_probability=0.75, **soon)),
            (
                *of_erlang_c(back.stations[0]),
                number("contacts per request", float(back.contacts_per_issue[0]),
                       read.contacts_per_request),
            ),
            True,
        ),
        Case("two tiers", "Jackson network, two Erlang C stations", JACKSON,
             desk(tiers, channel(60.0, law(3), escalation_probability=0.25,
                                 tier2={"handle_minutes": law(8)})), passed_on(plain), True),
        Case("two tiers, one in five comes back", "Jackson network", BCMP,
             desk(tiers, channel(45.0, law(3), escalation_probability=0.2,
                                 tier2={"handle_minutes": law(10)}, resolution_probability=0.8,
                                 **soon)), passed_on(both)),
    ]  # fmt: skip


def _chats() -> list[Case]:
    c = theory.erlang_c(96, 180, 6)
    shared = {"concurrency": 20, "slowdown": 1.0}
    # One agent with n chats finishes at the rate n ÷ (1 + slowdown × (n − 1)) per handling time.
    held = np.minimum(np.arange(1, 401), 3)
    state = theory.birth_death(np.full(400, 22 / 3600), held / (1 + 0.3 * (held - 1)) / 180)
    places = np.arange(401)
    return [
        Case("2 agents with 3 chats each", "Erlang C with 6 hands", ERLANG,
             desk(2, channel(96.0, law(3), concurrency=3)), of_erlang_c(c), True),
        Case("1 agent shared by all chats", "M/M/1 processor sharing: 1 ÷ (μ − λ)",
             "L. Kleinrock, Queueing Systems II (1976), ch. 4",
             desk(1, channel(12.0, law(3), **shared)),
             (seconds("mean time at the desk", 1 / (1 / 180 - 12 / 3600),
                      read.mean_time_at_desk),)),
        Case("1 agent shared, lognormal chats", "M/G/1 processor sharing: the mean suffices",
             "L. Kleinrock, Queueing Systems II (1976), ch. 4",
             desk(1, channel(8.0, law(3, "lognormal", cv=1.2), **shared)),
             (seconds("mean time at the desk", 1 / (1 / 180 - 8 / 3600),
                      read.mean_time_at_desk),)),
        Case("1 agent, 3 chats, 30 % slower each", "birth and death", KLEINROCK,
             desk(1, channel(22.0, law(3), concurrency=3, slowdown=0.3)),
             (
                 share("waits at all", state[3:].sum(), read.waited),
                 seconds("mean time at the desk", float(places @ state) / 22 * 3600,
                         read.mean_time_at_desk),
                 number("mean number waiting", float((places - 3)[3:] @ state[3:]),
                        read.queue_length),
             ), True),
    ]  # fmt: skip


def _bots() -> list[Case]:
    people = 80 * (0.6 + 0.4 * 0.25)
    c = theory.erlang_c(people, 1.2 * 180, 4)
    bot = {
        "handle_minutes": law(2), "containment": 0.4, "wrong_answers": 0.25,
        "bounce_back_hours": law(0.5), "residual_handling_factor": 1.2,
    }  # fmt: skip
    return [
        Case(
            "a bot before 4 agents", "Erlang C of a thinned Poisson stream", ERLANG,
            desk(4, channel(80.0, law(3), bot=bot)),
            (
                share("kept by the bot", 0.4, read.kept_by_bot),
                number("contacts with people per hour", people, read.arrivals),
                *of_erlang_c(c)[:4],
            ),
        )
    ]  # fmt: skip


def _teams() -> list[Case]:
    c = theory.erlang_c(60, 180, 4)
    helps = {"own": team(2, overflow={"to": "others", "after_minutes": 0.0}),
             "others": team(2, skills=[])}  # fmt: skip
    fast = {"quick": team(4, speed=2.0)}
    return [
        Case("2 agents and 2 who help at once", "Erlang C of the pool", ERLANG,
             desk(helps, channel(60.0, law(3))), of_erlang_c(c)),
        Case("4 agents twice as fast", "Erlang C with half the handling time", ERLANG,
             desk(fast, channel(60.0, law(6))), of_erlang_c(c)),
    ]  # fmt: skip


def _hours() -> list[Case]:
    rates = [10.0, 5.0, 5.0, 5.0, 10.0, 20.0, 40.0, 80.0, 120.0, 140.0, 150.0, 140.0,
             120.0, 130.0, 140.0, 130.0, 110.0, 90.0, 70.0, 60.0, 50.0, 40.0, 30.0,
             20.0]  # fmt: skip
    busy = theory.busy_by_hour(rates, 2400)

    def in_hour(hour: int) -> Reading:
        def reading(run: Run) -> tuple[float, float]:
            days = np.arange(round(run.start / 86_400), round(run.end / 86_400))
            out, total = run.outcome, 0.0
            begun = ~np.isnan(out.answered)
            begins = out.answered[begun]
            ends = np.where(np.isnan(out.ended[begun]), run.end, out.ended[begun])
            for from_ in (days * 86_400.0 + hour * 3600).tolist():
                total += float((np.clip(ends, from_, from_ + 3600)
                                - np.clip(begins, from_, from_ + 3600)).sum())  # fmt: skip
            return total, len(days) * 3600.0

        return reading

    return [
        Case(
            "rates by hour, always somebody free", "M(t)/M/∞", PHYSICS,
            desk(170, channel(rates, law(40))),
            tuple(number(f"busy, {hour}:00 to {hour + 1}:00", busy[hour], in_hour(hour))
                  for hour in (4, 8, 11, 20)),
        )
    ]  # fmt: skip


_HANDLING, _RATE = "channels.phone.handle_minutes.mean", "channels.phone.arrivals_per_hour"

FAULTS: tuple[Fault, ...] = (
    Fault("handling lasts 2 % longer", "M/M/4, load 75%", {_HANDLING: 3 * 1.02}),
    Fault("arrivals at 98 % of the rate", "M/M/4, load 75%", {_RATE: 60 * 0.98}),
    Fault("one caller in a hundred jumps the queue", "M/M/4, load 75%",
          {"channels.phone.priority_shares": {"urgent": 0.01, "normal": 0.99}}),
    Fault("handling is gamma with cv 0.9, not exponential", "M/M/1, load 50%",
          {"channels.phone.handle_minutes": law(3, "gamma", cv=0.9)}),
    Fault("patience lasts 5 % longer", "M/M/4+M, load 120%",
          {"channels.phone.patience_minutes.mean": 3 * 1.05}),
    Fault("the room has one place more", "M/M/3/8+M", {"channels.phone.room": 6}),
    Fault("priorities are not looked at", "M/M/4, 3 priorities",
          {"rules.ageing_minutes": 0.001}),
    Fault("3 % fewer customers come back", "M/M/4, one in four comes back",
          {"channels.phone.resolution_probability": 1 - 0.25 * 0.97}),
    Fault("chats slow each other down by 28 % instead of 30 %",
          "1 agent, 3 chats, 30 % slower each", {"channels.phone.slowdown": 0.28}),
    Fault("an agent is 3 % slow", "M/G/1, constant handling", {"team.speed": 0.97}),
)  # fmt: skip
"""Faults small enough to be overlooked by eye."""
