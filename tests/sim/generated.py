"""Random desks for the tests: hand-made ones full of ties, and whole scenario files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from small_desks import INF, PRIORITIES, T, desk, line, workload

from cxlab.scenario import Scenario
from cxlab.sim.outcome import NOBODY, Exit, Outcome
from cxlab.sim.plan import DeskPlan
from cxlab.sim.timeline import Stretches
from cxlab.sim.workload import Workload

UNITS = [1.0, 0.1, 1 / 3, 60.0]
"""0.1 and 1/3 have no exact binary form: sums that should tie may miss by a rounding."""


def spells(places: list[int], unit: float) -> tuple[tuple[float, float], ...]:
    """Return stretches between distinct, sorted places: the first to the second, and so on."""
    ends = sorted(set(places))
    pairs = zip(ends[::2], ends[1::2], strict=False)
    return tuple((a * unit, b * unit) for a, b in pairs)


@st.composite
def small_desks(draw: st.DrawFn, *, tickets: int = 25) -> tuple[Workload, DeskPlan]:
    """A workload and a desk of few units of time: nothing but ties, with every rule in play."""
    unit = draw(st.sampled_from(UNITS))
    few = st.integers(0, 5)
    n_lines, n_teams = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    waits = st.integers(0, 4).map(lambda n: n * unit)
    ranks = [draw(st.integers(1, 2)) for _ in range(n_lines)]
    lines = []
    for _ in range(n_lines):
        helpers = []
        for _ in range(3):
            chosen = draw(st.lists(st.integers(0, n_teams - 1), unique=True, max_size=3))
            helpers.append(sorted(((t, draw(waits)) for t in chosen), key=lambda h: (h[1], h[0])))
        concurrency = draw(st.integers(1, 3))
        opens = draw(st.none() | st.lists(st.integers(1, 40), min_size=3, max_size=8))
        opening = None
        if opens is not None:
            whole = spells([-50, *opens, 80, 90, 91][: 2 * ((len(set(opens)) + 4) // 2)], unit)
            opening = Stretches(np.array([a for a, _ in whole]), np.array([b for _, b in whole]))
        lines.append(
            line(
                *helpers,
                concurrency=concurrency,
                slowdown=draw(st.sampled_from([0.0, 0.25, 0.5, 0.3])) if concurrency > 1 else 0.0,
                room=draw(st.sampled_from([INF, INF, 0, 1, 3])),
                hand_back=draw(st.booleans()),
                opening=opening,
            )
        )
    shifts, teams, people = [], [], []
    for _ in range(draw(st.integers(0, 5))):
        shifts.append(spells(draw(st.lists(st.integers(0, 40), min_size=2, max_size=8)), unit))
        teams.append(draw(st.integers(0, n_teams - 1)))
        ramp = draw(st.sampled_from([0.0, 0.0, 20 * unit]))
        people.append(
            {
                "speed": draw(st.sampled_from([1.0, 1.0, 0.5, 2.0, 0.7])),
                "ramp_s": ramp,
                "hired_s": draw(st.integers(-5, 5)) * unit if ramp else 0.0,
                "ramp_speed": 0.5 if ramp else 1.0,
            }
        )
    pause = st.integers(1, 6) | st.just(INF)
    contact = st.tuples(
        st.lists(few, min_size=1, max_size=3), st.integers(0, 6) | st.just(INF), pause, pause
    )
    row = st.tuples(
        st.integers(0, 3),  # gap
        st.integers(0, n_lines - 1),
        st.integers(0, PRIORITIES - 1),
        st.lists(contact, min_size=1, max_size=3),
        st.sampled_from([None, None, None, 0, 2]),  # bot
        st.booleans(),
        st.booleans(),
    )
    now, made = 0, []
    for gap, place, priority, contacts, bot, contained, number in draw(
        st.lists(row, min_size=1, max_size=tickets)
    ):
        now += gap
        made.append(
            T(
                now * unit,
                [[w * unit for w in works] for works, *_ in contacts],
                patience=[patience * unit for _, patience, *_ in contacts],
                queue_class=(ranks[place] - 1) * PRIORITIES + priority,
                back_after=[back * unit for *_, back, _ in contacts[:-1]],
                redial_after=[redial * unit for *_, redial in contacts[:-1]],
                leaves_number=number,
                line=place,
                bot=float("nan") if bot is None else bot * unit,
                contained=contained and bot is not None,
            )
        )
    names = [f"line{i}" for i in range(n_lines)]
    until = draw(st.sampled_from([INF, INF, 30 * unit]))
    ageing = draw(st.sampled_from([0.0, 0.0, unit, 3 * unit]))
    plan = desk(shifts, until, teams=teams, lines=lines, agents=people, ageing_s=ageing)
    plan = replace(plan, teams=tuple(f"team{i}" for i in range(n_teams)))
    return workload(made, names), plan


# --- whole scenarios ---------------------------------------------------------------------------

LAWS = [
    2,
    {"law": "exponential", "mean": 6.0},
    {"law": "gamma", "mean": 8.0, "cv": 0.6},
    {"law": "lognormal", "mean": 10.0, "cv": 1.2},
    {"law": "empirical", "shares": [0.0, 0.3, 1.0], "values": [0.0, 5.0, 20.0]},
]
NEVER = {"law": "empirical", "shares": [0.0, 0.2, 0.7], "values": [0.0, 1.0, 30.0]}
OPEN = {"Mon-Fri": "09:00-12:00, 13:00-17:00", "Sat": "10:00-14:00"}
DAY = ["urgent", "high", "normal", "low"]


@st.composite
def _channels(draw: st.DrawFn, name: str, hours: bool, busy: float) -> dict[str, Any]:
    law, chance = st.sampled_from(LAWS), st.sampled_from([0.0, 0.0, 0.2, 0.6])
    made: dict[str, Any] = {
        "arrivals_per_hour": {
            "Mon-Fri": round(busy * draw(st.floats(0.3, 1.5)), 2),
            "Sat-Sun": round(busy * draw(st.floats(0, 0.7)), 2),
        },
        "handle_minutes": draw(law),
        "first_reply": draw(st.sampled_from(["start", "end"])),
        "queue_rank": draw(st.integers(1, 3)),
        "priority_shares": draw(
            st.sampled_from([{"normal": 1.0}, {"urgent": 0.2, "normal": 0.5, "low": 0.3}])
        ),
        "max_contacts": draw(st.integers(1, 4)),
        "balk_probability": draw(chance),
        "returns_as": draw(st.sampled_from(["reopen", "new_ticket"])),
        "target_clock": "business" if hours and draw(st.booleans()) else "calendar",
        "first_reply_target_minutes": 30,
        "cost_per_contact": draw(st.sampled_from([0.0, 0.5])),
    }
    if draw(st.booleans()):
        made["patience_minutes"] = draw(st.sampled_from([*LAWS, NEVER]))
        made["callback_probability"] = draw(chance)
    if draw(st.booleans()):
        made["room"] = draw(st.integers(0, 4))
    if draw(st.booleans()):
        made |= {"redial_probability": draw(chance), "redial_minutes": draw(law)}
    if draw(st.booleans()):
        made |= {"resolution_probability": 0.6, "return_hours": draw(law)}
    if draw(st.booleans()):
        made |= {"concurrency": draw(st.integers(2, 4)), "slowdown": draw(chance)}
    if draw(st.booleans()):
        made |= {"escalation_probability": 0.3, "tier2": {"handle_minutes": draw(law)}}
        if draw(st.booleans()):
            made["tier2"]["escalation_probability"] = 0.5
            made["tier3"] = {"handle_minutes": draw(law)}
    if draw(st.booleans()):
        made["bot"] = {
            "handle_minutes": draw(law),
            "containment": draw(st.sampled_from([0.0, 0.4, 1.0])),
            "wrong_answers": draw(chance),
            "bounce_back_hours": draw(law),
            "residual_handling_factor": draw(st.sampled_from([1.0, 1.4])),
            "cost_per_conversation": 0.1,
        }
    if draw(st.booleans()):
        made["opening_hours"] = "business" if hours and draw(st.booleans()) else OPEN
        made["when_closed"] = draw(st.sampled_from(["wait", "turn_away"]))
    if draw(st.booleans()):
        made["shift_end"] = draw(st.sampled_from(["finish", "hand_back"]))
    return made


@st.composite
def _shifts(draw: st.DrawFn, *, covers: bool) -> dict[str, Any]:
    """A line of the shift plan; one that covers is there whenever a channel is open."""
    times = [("08:00", "18:00"), ("00:00", "24:00")]
    if not covers:
        times += [("09:30", "13:00"), ("20:00", "04:00")]
    begins, ends = draw(st.sampled_from(times))
    made: dict[str, Any] = {
        "agents": draw(st.integers(1, 3)),
        "days": "Mon-Sun" if covers else draw(st.sampled_from(["Mon-Sun", "Mon, Wed", "Fri-Sun"])),
        "from": begins,
        "to": ends,
    }
    if begins != "20:00" and draw(st.booleans()):
        made["breaks"] = [
            {"from": "10:00", "to": "10:15", "paid": draw(st.booleans())},
            {"from": "12:00", "to": "12:20", "stagger_minutes": draw(st.sampled_from([0, 15]))},
        ]
    if draw(st.booleans()):
        made["speed"] = draw(st.sampled_from([0.5, 0.8, 1.3]))
    if not covers and draw(st.booleans()):
        made |= {"hired": "2026-03-25", "ramp_up_weeks": 0.5, "works_on_holidays": True}
    return made


@st.composite
def scenarios(draw: st.DrawFn, *, tickets: float = 200) -> Scenario:
    """Whole scenarios: any channel, teams of every tier, weeks with and without a clock change."""
    names = draw(st.lists(st.sampled_from(["chat", "email", "phone", "web"]), min_size=1,
                          max_size=4, unique=True))  # fmt: skip
    days = draw(st.integers(1, 7))
    hours = draw(st.booleans())
    busy = tickets / len(names) / days / 24
    channels = {name: draw(_channels(name, hours, busy)) for name in names}
    deepest = max(1 + ("tier2" in c) + ("tier3" in c) for c in channels.values())
    teams: dict[str, Any] = {
        "first": {
            "hourly_cost": 20.0,
            "absence_probability": draw(st.sampled_from([0.0, 0.1])),
            "shrinkage": draw(st.sampled_from([0.0, 0.1])),
            "shifts": [draw(_shifts(covers=True))],
        }
    }
    for tier in range(2, deepest + 1):
        teams[f"tier{tier}"] = {"tier": tier, "shifts": [draw(_shifts(covers=False))]}
    if draw(st.booleans()):
        teams["help"] = {
            "skills": draw(st.lists(st.sampled_from(names), unique=True, max_size=3)),
            "speed": 0.9,
            "shifts": [draw(_shifts(covers=False)), draw(_shifts(covers=False))],
        }
        if draw(st.booleans()):
            wait = draw(st.sampled_from([0, 2, 30]))
            teams["first"]["overflow"] = {"to": "help", "after_minutes": wait}
    if draw(st.booleans()):
        teams = dict(sorted(teams.items()))
    whole: dict[str, Any] = {
        "name": "generated",
        "time_zone": draw(st.sampled_from(["Europe/Berlin", "UTC", "Asia/Kolkata"])),
        "start": draw(st.sampled_from(["2026-01-05", "2026-03-26", "2026-10-23"])),
        "seed": draw(st.integers(0, 10**6)),
        "replications": 1,
        "customers": 40,
        "busyness_cv": draw(st.sampled_from([0.0, 0.5])),
        "horizon": {"type": "terminating", "days": days},
        "rules": {"shift_end": draw(st.sampled_from(["finish", "hand_back"]))},
        "channels": channels,
        "teams": teams,
        "surveys": {"csat": {"response_rate": 0.5, "cutpoints": [-3.0, -2.0, -1.0, 0.5]}},
    }
    if draw(st.booleans()):
        whole["rules"]["ageing_minutes"] = 20
    if hours:
        whole["business_hours"] = {"hours": OPEN, "closed": ["2026-01-06"]}
    if draw(st.booleans()):
        start = whole["start"]
        whole["special_days"] = [{"from": start, "arrivals_factor": 1.5}]
    return Scenario.of(whole)


def on_the_grid(work: Workload, unit: float) -> Workload:
    """Return a workload with every time rounded up to multiples of a unit."""
    names = ("created", "bot_s", "patience", "return_after", "redial_after", "work")
    return replace(work, **{n: np.ceil(getattr(work, n) / unit) * unit for n in names})


# --- what holds on every desk ------------------------------------------------------------------


def pieces(out: Outcome) -> tuple[np.ndarray, ...]:
    """Return (step, agent, start, end) of all stretches of work; inf where it still goes on."""
    open_now = np.flatnonzero(out.agent != NOBODY)
    last = np.full(len(out.agent), -np.inf)
    last[out.handed_step] = out.handed_start
    open_now = open_now[out.resumed[open_now] > last[open_now]]
    ended = np.where(np.isnan(out.ended[open_now]), INF, out.ended[open_now])
    return (
        np.concatenate([out.handed_step, open_now]),
        np.concatenate([out.handed_agent, out.agent[open_now]]),
        np.concatenate([out.handed_start, out.resumed[open_now]]),
        np.concatenate([out.handed_end, ended]),
    )


def check(work: Workload, plan: DeskPlan, out: Outcome) -> None:
    """Assert what holds on every desk, whatever its rules."""
    _check_conservation(work, plan, out)
    _check_hands(work, plan, out)
    _check_order(work, out)


def _check_conservation(work: Workload, plan: DeskPlan, out: Outcome) -> None:
    """Every contact that joined is answered, left, or still waits; times follow each other."""
    first, last = work.first_step[:-1], work.first_step[1:] - 1
    joined, left = ~np.isnan(out.joined), ~np.isnan(out.left)
    answered = ~np.isnan(out.answered[first])
    assert (left == (out.exit != Exit.NONE)).all()
    assert not (left & answered).any()
    assert (joined | ~(left | answered)).all()
    assert (out.queued[first][joined] == out.joined[joined]).all()
    began, ended = ~np.isnan(out.answered), ~np.isnan(out.ended)
    assert (began | ~ended).all()
    assert (out.answered[began] >= out.queued[began]).all()
    assert (out.ended[ended] >= out.resumed[ended]).all()
    assert (out.resumed[began] >= out.answered[began]).all()
    for step in np.flatnonzero(ended).tolist():
        if step != last[work.contact[step]]:
            assert out.queued[step + 1] == out.ended[step]
    impatient = left & (out.exit == Exit.GAVE_UP)
    assert (out.left[impatient] == (out.joined + work.patience)[impatient]).all()
    waited = np.flatnonzero(answered & ~work.leaves_number)
    assert (out.answered[first][waited] <= (out.joined + work.patience)[waited]).all()
    for contact in np.flatnonzero(joined).tolist():
        request = work.request[contact]
        if contact > work.first_contact[request]:
            before = contact - 1
            gone = left[before]
            pause = (work.redial_after if gone else work.return_after)[before]
            solved = out.left[before] if gone else out.ended[last[before]]
            if before == work.first_contact[request] and work.contained[request]:
                solved = work.created[request] + work.bot_s[request]
            assert np.isfinite(pause)
            assert out.joined[contact] >= solved + pause
            opening = plan.lines[work.line[request]].opening
            if opening is None:
                assert out.joined[contact] == solved + pause


def _check_hands(work: Workload, plan: DeskPlan, out: Outcome) -> None:
    """Nobody holds more than allowed, begins off duty, or works past an end that hands back."""
    lines = work.line[work.request][work.contact]
    steps, agents, starts, ends = pieces(out)
    done = np.zeros(len(work.work))
    steady = all(line.slowdown == 0 for line in plan.lines)
    for step, agent, start, end in zip(steps, agents, starts, ends, strict=True):
        own, one = plan.lines[lines[step]], plan.agents[agent]
        tier = step - work.first_step[work.contact[step]]
        after = dict(own.helpers[tier])[one.team]
        assert after == 0 or start >= out.queued[step] + after
        shift_end = next(b for a, b in one.shifts if a <= start < b)
        if own.hand_back:
            assert end <= shift_end or shift_end >= plan.horizon_s or np.isinf(end)
        assert end >= start
        steady &= not one.ramp_s
        done[step] += (min(end, 1e300) - start) * one.speed
        mine = (agents == agent) & (starts <= start) & (ends > start)
        held = [plan.lines[lines[s]].concurrency for s in steps[mine]]
        assert len(held) <= min(held, default=INF)
    if steady:
        whole = ~np.isnan(out.ended)
        np.testing.assert_allclose(done[whole], work.work[whole], rtol=1e-9, atol=1e-6)


def _check_order(work: Workload, out: Outcome) -> None:
    """Inside a channel, tier and class, who queued first is taken first."""
    request = work.request[work.contact]
    tier = np.arange(len(work.work)) - work.first_step[work.contact]
    row = (work.line[request] * 3 + tier) * 1000 + work.queue_class[request]
    leaves = np.where(np.isnan(out.answered), out.left[work.contact], out.answered)
    leaves = np.where(np.isnan(leaves), INF, leaves)
    for one in np.unique(row):
        steps = np.flatnonzero((row == one) & ~np.isnan(out.queued))
        steps = steps[np.lexsort((request[steps], out.queued[steps]))]
        for place, step in enumerate(steps.tolist()):
            at = out.answered[step]
            before = steps[:place]
            if not np.isnan(at) and len(before):
                still = (leaves[before] > at) & (out.queued[before] <= at)
                assert not still.any()
