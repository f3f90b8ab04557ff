"""The loops of the fast customer base. Read `lifecycle` and `service` first: the rules are there.

Numba compiles this file once and keeps the machine code; it holds nothing but loops over arrays.
No number is computed in another order than in the SimPy model.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cxlab.sim.kernel import compiled, part

__all__ = [
    "EFFECTS",
    "EXPERIENCES",
    "PURPOSES",
    "Calendar",
    "Campaigns",
    "Links",
    "Memory",
    "Notes",
    "People",
    "Rules",
    "State",
    "chain",
    "close",
    "look",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]
Records = Any

NEVER = np.iinfo(np.int64).max // 4
NOBODY = -1
VOLUNTARY, INVOLUNTARY = 1, 2
FAILED = 0

EXPERIENCES = ("first_reply_hours", "resolution_hours", "contacts", "unresolved", "csat")
REPLY, RESOLUTION, CONTACTS, UNRESOLVED, CSAT = range(5)
EFFECTS = ("churn", "expansion", "referral")
CHURN, EXPANSION, REFERRAL = range(3)
PURPOSES = ("renewal", "reason", "upgrade", "downgrade", "payment", "recovery", "referral",
            "win_back")  # fmt: skip
RENEWAL, REASON, UPGRADE, DOWNGRADE, PAYMENT, RECOVERY, REFERS, WIN_BACK = range(8)


class People(NamedTuple):
    """Customers: what was drawn about them."""

    key: Keys
    born: Integers
    segment: Integers
    leaving: Floats
    onboarded: Integers
    adopted: Integers  # (n, features)
    member: Integers


class State(NamedTuple):
    """Customers, as things stand."""

    plan: Integers
    since: Integers
    months: Integers
    into_term: Integers
    anniversaries: Integers
    comebacks: Integers
    next: Integers  # day of the next anniversary, NEVER for who is no customer
    returns: Integers  # day on which the customer is back, or NEVER
    spell: Integers  # the row of the spell


class Rules(NamedTuple):
    """The factors of the scenario, by place."""

    segment: Floats
    plan: Floats
    term: Integers
    up: Floats
    up_to: Integers
    down: Floats
    down_to: Integers
    tenure_months: Integers
    tenure_days: Integers
    tenure: Floats
    feature: Floats
    reason_bounds: Floats
    purposes: Keys
    onboarding: float
    member: float
    payment_failure: float
    recovery: float
    referral: float  # below 0: nobody refers
    win_back: float
    most: int


class Links(NamedTuple):
    """The links, in the order of the scenario; curve i is rows start[i] to start[i + 1]."""

    on: Integers
    kind: Integers
    memory_s: Floats
    reason: Integers
    start: Integers
    x: Floats
    y: Floats


class Campaigns(NamedTuple):
    """Issues whose redemption may have an effect now, of campaign after campaign."""

    of: Integers  # (k,) the campaign
    issued: Integers
    redeemed: Integers  # (k, customers known at the issue)
    factor: Floats  # by campaign
    effect_days: Floats


class Calendar(NamedTuple):
    """See `Days`."""

    month: Integers
    day_of_month: Integers
    month_starts: Integers
    reach: int


class Memory(NamedTuple):
    """Requests: where they stand, and what customers met with in them (r, 5)."""

    last: Integers  # by customer
    previous: Integers
    created: Floats
    met: Floats


class Notes(NamedTuple):
    """What a closing of the books leaves behind; as many rows as there are customers."""

    ended: Integers  # customers whose term ended
    plan: Integers  # their plans from then on
    stays: Flags
    spell_end: Integers  # by spell
    ending: Integers
    reason: Integers
    names: Integers  # customers who name somebody
    number: Integers  # the number of that draw
    left: Integers  # who left of the own will and will be back
    comeback: Integers  # for which time
    counts: Integers  # (4,) terms, names, left, clamped


# --- draws by address, as in `addresses` ------------------------------------------------------


@part
def mixed(x: Any) -> Any:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@part
def draw(key: Any, purpose: Any, index: int) -> float:
    own = mixed(key ^ purpose)
    step = (np.uint64(index) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    return float(np.float64(mixed(own + step) >> np.uint64(11)) * 2.0**-53)


# --- the calendar ------------------------------------------------------------------------------


@part
def anniversary(days: Calendar, start: int, months: int) -> int:
    at = start + days.reach
    month = min(days.month[at] + months, len(days.month_starts) - 2)
    last = days.month_starts[month + 1] - 1
    return int(min(days.month_starts[month] + days.day_of_month[at], last))


# --- what customers met with -------------------------------------------------------------------


@part
def met(memory: Memory, who: int, kind: int, since: float) -> float:
    """Return what a customer met with in requests since a time; NaN for who made none."""
    total, count = 0.0, 0
    request = memory.last[who] if who < len(memory.last) else NOBODY
    while request >= 0 and memory.created[request] >= since:
        value = memory.met[request, kind]
        if not np.isnan(value):
            total += value
            count += 1
        request = memory.previous[request]
    if count == 0:
        return np.nan
    return total if kind == UNRESOLVED else total / count


@part
def on_curve(links: Links, link: int, x: float) -> float:
    first, end = links.start[link], links.start[link + 1]
    if x <= links.x[first]:
        return float(links.y[first])
    for i in range(first, end - 1):
        left, low, right, high = links.x[i], links.y[i], links.x[i + 1], links.y[i + 1]
        if x <= right:
            return float(low + (high - low) * ((x - left) / (right - left)))
    return float(links.y[end - 1])


@part
def factor(links: Links, link: int, memory: Memory, who: int, midnight: float) -> float:
    x = met(memory, who, links.kind[link], midnight - links.memory_s[link])
    return 1.0 if np.isnan(x) else on_curve(links, link, x)


@part
def linked(
    links: Links, memory: Memory, who: int, midnight: float, on: int, p: float, notes: Notes
) -> float:
    """Multiply a probability by the factors of the links on it."""
    for link in range(len(links.on)):
        if links.on[link] == on:
            p = p * factor(links, link, memory, who, midnight)
    if p > 1:
        notes.counts[3] += 1
    return p


@part
def by_tenure(rules: Rules, calendar: Calendar, born: int, day: int) -> float:
    step = 0
    for later in range(1, len(rules.tenure)):
        begins = anniversary(calendar, born, rules.tenure_months[later]) + rules.tenure_days[later]
        if begins <= day:
            step = later
    return float(rules.tenure[step])


# --- decisions ---------------------------------------------------------------------------------


@part
def leaving(
    people: People, state: State, rules: Rules, campaigns: Campaigns, calendar: Calendar,
    who: int, day: int,
) -> float:  # fmt: skip
    """Return the probability of leaving at the end of a term, without the links."""
    p = people.leaving[who] * (rules.segment[people.segment[who]] * rules.plan[state.plan[who]])
    p = p * by_tenure(rules, calendar, people.born[who], day)
    if day < people.onboarded[who]:
        p = p * rules.onboarding
    for place in range(len(rules.feature)):
        if day >= people.adopted[who, place]:
            p = p * rules.feature[place]
    if day >= people.member[who]:
        p = p * rules.member
    for campaign in range(len(campaigns.factor)):
        if redeemed_lately(campaigns, campaign, who, state.since[who], day):
            p = p * campaigns.factor[campaign]
    return float(p)


@part
def redeemed_lately(campaigns: Campaigns, campaign: int, who: int, since: int, day: int) -> bool:
    for issue in range(len(campaigns.of)):
        if campaigns.of[issue] == campaign and who < campaigns.redeemed.shape[1]:
            redeemed = campaigns.redeemed[issue, who]
            fresh = redeemed <= day and day - redeemed <= campaigns.effect_days[campaign]
            if fresh and since <= campaigns.issued[issue]:
                return True
    return False


@part
def decides(
    people: People, state: State, rules: Rules, links: Links, campaigns: Campaigns,
    calendar: Calendar, memory: Memory, who: int, day: int, midnight: float, notes: Notes,
) -> int:  # fmt: skip
    """Let a customer stay (−1) or leave at the end of a term; return the reason."""
    u = draw(people.key[who], rules.purposes[RENEWAL], state.anniversaries[who])
    p = leaving(people, state, rules, campaigns, calendar, who, day)
    own, because = u < p, NOBODY
    for link in range(len(links.on)):
        if links.on[link] == CHURN:
            p = p * factor(links, link, memory, who, midnight)
            if because == NOBODY and u < p:
                because = links.reason[link]
    if p > 1:
        notes.counts[3] += 1
    if u >= p:
        return NOBODY
    if not own:
        return int(because)
    why = draw(people.key[who], rules.purposes[REASON], state.anniversaries[who])
    place = 0
    while rules.reason_bounds[place] <= why:
        place += 1
    return 1 + place


@part
def next_plan(
    people: People, state: State, rules: Rules, links: Links, memory: Memory, who: int,
    midnight: float, notes: Notes,
) -> int:  # fmt: skip
    plan, number, key = state.plan[who], state.anniversaries[who], people.key[who]
    p = linked(links, memory, who, midnight, EXPANSION, rules.up[plan], notes)
    if draw(key, rules.purposes[UPGRADE], number) < p:
        return int(rules.up_to[plan])
    if draw(key, rules.purposes[DOWNGRADE], number) < rules.down[plan]:
        return int(rules.down_to[plan])
    return int(plan)


@part
def fails_to_pay(people: People, state: State, rules: Rules, who: int) -> bool:
    key, number = people.key[who], state.anniversaries[who]
    return (
        draw(key, rules.purposes[PAYMENT], number) < rules.payment_failure
        and draw(key, rules.purposes[RECOVERY], number) >= rules.recovery
    )


@part
def end_spell(
    people: People, state: State, rules: Rules, who: int, day: int, ending: int, reason: int,
    notes: Notes,
) -> None:  # fmt: skip
    """Let a customer go, perhaps to come back."""
    spell = state.spell[who]
    notes.spell_end[spell], notes.ending[spell], notes.reason[spell] = day, ending, reason
    state.next[who] = NEVER
    number = state.comebacks[who]
    if ending != VOLUNTARY or number >= rules.most:
        return
    if draw(people.key[who], rules.purposes[WIN_BACK], number) < rules.win_back:
        row = notes.counts[2]
        notes.left[row], notes.comeback[row] = who, number
        notes.counts[2] += 1
        state.comebacks[who] += 1


@part
def end_term(
    people: People, state: State, rules: Rules, links: Links, campaigns: Campaigns,
    calendar: Calendar, memory: Memory, who: int, day: int, midnight: float, notes: Notes,
) -> bool:  # fmt: skip
    """Decide on the next term; return whether there is one."""
    state.into_term[who] = 0
    ending = 0
    reason = decides(
        people, state, rules, links, campaigns, calendar, memory, who, day, midnight, notes
    )
    if reason != NOBODY:
        ending = VOLUNTARY
    else:
        state.plan[who] = next_plan(people, state, rules, links, memory, who, midnight, notes)
        if fails_to_pay(people, state, rules, who):
            ending, reason = INVOLUNTARY, FAILED
    row = notes.counts[0]
    notes.ended[row], notes.plan[row], notes.stays[row] = who, state.plan[who], ending == 0
    notes.counts[0] += 1
    if ending != 0:
        end_spell(people, state, rules, who, day, ending, reason, notes)
    return ending == 0


@compiled
def close(
    people: People, state: State, rules: Rules, links: Links, campaigns: Campaigns,
    calendar: Calendar, memory: Memory, size: int, day: int, midnight: float, notes: Notes,
) -> None:  # fmt: skip
    """Close the books of a day for the first `size` customers."""
    notes.counts[:3] = 0
    for who in range(size):
        if state.next[who] != day:
            continue
        state.into_term[who] += 1
        there = True
        if state.into_term[who] == rules.term[state.plan[who]]:
            there = end_term(
                people, state, rules, links, campaigns, calendar, memory, who, day, midnight, notes
            )
        if there:
            if rules.referral >= 0:
                p = linked(links, memory, who, midnight, REFERRAL, rules.referral, notes)
                number = state.anniversaries[who]
                if draw(people.key[who], rules.purposes[REFERS], number) < p:
                    row = notes.counts[1]
                    notes.names[row], notes.number[row] = who, number
                    notes.counts[1] += 1
            state.months[who] += 1
            state.next[who] = anniversary(calendar, state.since[who], state.months[who])
        state.anniversaries[who] += 1


# --- how requests stand ------------------------------------------------------------------------


@part
def first_reply(steps: Records, contacts: Records, first: int, last: int, at_start: bool) -> float:
    for contact in range(first, last + 1):
        step = contacts[contact].first_step
        at = steps[step].answered if at_start else steps[step].ended
        if not np.isnan(at):
            return float(at)
    return np.nan


@part
def highest_tier(steps: Records, contacts: Records, first: int, last: int) -> int:
    tier = 1
    for contact in range(first, last + 1):
        start = contacts[contact].first_step
        for step in range(start, contacts[contact].end_step):
            if steps[step].agent >= 0 and step - start + 1 > tier:
                tier = step - start + 1
    return tier


@compiled
def chain(requests: Integers, customer: Integers, previous: Integers, last: Integers) -> None:
    """Put requests, in order of time, behind the earlier ones of their customers."""
    for i in range(len(requests)):
        request = requests[i]
        who = customer[request]
        previous[request] = last[who]
        last[who] = request


@compiled
def look(
    requests: Records, met: Floats, contacts: Records, steps: Records, open_: Integers, n: int,
    now: float, solved_now: Integers, tiers: Integers,
) -> tuple[int, int]:  # fmt: skip
    """Look at the first n requests of `open_`; keep there those that are not over.

    Return how many these are, and how many were solved since the last time: they stand in
    `solved_now`, with the highest tier that took them.
    """
    kept, solved_count = 0, 0
    for i in range(n):
        number = open_[i]
        one = requests[number]
        first, last = one.first, one.first
        for contact in range(one.first + 1, one.end):
            if not np.isnan(contacts[contact].joined):
                last = contact
        solved = steps[contacts[last].end_step - 1].ended
        if last == first and one.contained:
            bot = one.created + one.bot_s
            solved = bot if bot < now else np.nan
        settled = not np.isnan(solved) and contacts[last].return_after == np.inf
        gone = not np.isnan(contacts[last].left) and contacts[last].redial_after == np.inf
        until = now
        if settled:
            until = solved
        elif gone:
            until = contacts[last].left
        waited = first_reply(steps, contacts, first, last, one.at_start)
        if np.isnan(waited):
            waited = until if gone else now
        if not np.isnan(one.bot_s):
            waited = one.created
        met[number, REPLY] = (waited - one.created) / 3600
        met[number, RESOLUTION] = (until - one.created) / 3600
        met[number, CONTACTS] = last - first + 1
        met[number, UNRESOLVED] = 0.0 if settled else 1.0
        if settled:
            solved_now[solved_count] = number
            tiers[solved_count] = highest_tier(steps, contacts, first, last)
            solved_count += 1
        elif not gone:
            open_[kept] = number
            kept += 1
    return kept, solved_count
