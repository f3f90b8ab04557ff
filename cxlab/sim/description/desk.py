"""The desk in words: how requests are handled, and what of it is assumed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cxlab.scenario import INSTRUMENTS, Channel, Scenario, Survey, hourly_rates
from cxlab.scenario.week import DAYS
from cxlab.sim.description.document import Grid
from cxlab.sim.description.words import law_told, numbered_rules, shares_told

__all__ = ["assumptions", "components", "inputs", "logic", "tie_rules"]


def tie_rules() -> tuple[str, ...]:
    """Return the numbered rules of the desk, as the SimPy model states them.

    >>> tie_rules()[0]
    'Time is half-open: a shift is [start, end), a run ends before its horizon.'
    """
    from cxlab.sim import desk

    return numbered_rules(desk.__doc__)


def components(s: Scenario) -> Iterator[str]:
    """Yield entities, activities, resources, queues, entry and exit of the desk."""
    who = (
        f"{s.customers:,} customers, drawn evenly for each request" if s.lifecycle is None
        else "their customers are those of the base"
    )  # fmt: skip
    yield (
        "Entities: requests of customers; each takes one contact or several, each contact one "
        f"step per tier. {who[:1].upper()}{who[1:]}."
    )
    bots = any(c.bot for c in s.lines.values())
    yield (
        "Activities: answering a contact (handling time), by tier"
        + ("; the bot's conversation" if bots else "")
        + "."
    )
    yield f"Resources: agents of {', '.join(s.all_teams)}."
    yield (
        "Queues: one for each channel, tier and class (channel rank, then priority); first come, "
        "first served inside a class."
    )
    yield (
        "Entry: at the request's creation. Exit: solved for good, gave up, turned away, kept by "
        "a bot, or still open at the horizon (then it stays in the tables, times missing)."
    )


def logic(s: Scenario) -> Iterator[str]:
    """Yield what this desk does that others do not."""
    for name, c in s.lines.items():
        yield f"{name}: " + "; ".join(_channel_logic(c, s)) + "."
    for name, team in s.all_teams.items():
        if team.overflow:
            yield (
                f"{name} overflows to {team.overflow.to} after "
                f"{team.overflow.after_minutes:g} min of waiting."
            )
    ageing = s.rules.ageing_minutes
    yield (
        "Better classes always go first."
        if ageing is None
        else f"Ageing: a contact goes before the next better class that came {ageing:g} min later."
    )
    yield f"At a shift's end: {_shift_end(s.rules.shift_end)} unless a channel says otherwise."
    for day in s.special_days:
        until = f" to {day.to}" if day.to else ""
        which = ", ".join(day.channels) if day.channels else "all channels"
        yield f"Special days {day.from_}{until}: arrivals × {day.arrivals_factor:g} ({which})."


def _shift_end(rule: str) -> str:
    return {"finish": "agents finish what they have in hand",
            "hand_back": "agents hand their work back to the queue"}[rule]  # fmt: skip


def _channel_logic(c: Channel, s: Scenario) -> Iterator[str]:
    yield f"queue rank {c.queue_rank}, first reply at the {c.first_reply} of the handling"
    if c.patience_minutes is None:
        yield "customers wait for ever"
    if c.balk_probability:
        yield f"{c.balk_probability:.4g} of the customers balk: they leave if nobody is free"
    if c.room is not None:
        yield f"waiting room of {c.room}, more are turned away"
    if c.callback_probability:
        yield f"callback: {c.callback_probability:.4g} of those whose patience ends keep the place"
    if c.redial_probability:
        yield f"redial: {c.redial_probability:.4g} of those who leave try again"
    if c.returns:
        yield (
            f"resolved with probability {c.resolution_probability:.4g}, else the customer comes "
            f"back ({c.returns_as.replace('_', ' ')})"
        )
    if c.comes_again:
        yield f"at most {c.max_contacts} contacts of a request"
    for n, tier in enumerate(c.tiers, start=1):
        if tier.escalation_probability:
            yield f"tier {n} escalates {tier.escalation_probability:.4g} to tier {n + 1}"
    if c.concurrency > 1:
        yield f"an agent holds {c.concurrency} contacts at once, slowdown {c.slowdown:g} per other"
    if c.bot:
        yield (
            f"a bot answers first: containment {c.bot.containment:.4g}, wrong answers "
            f"{c.bot.wrong_answers:.4g} of these, people's handling × "
            f"{c.bot.residual_handling_factor:g} (residual)"
        )
    if c.opening_hours is not None:
        closed = "customers wait" if c.when_closed == "wait" else "customers are turned away"
        hours = s.opening(str(next(n for n, x in s.lines.items() if x is c)))
        told = (
            ", ".join(f"{DAYS[h.weekday]} {h.start}–{h.end}" for h in hours.hours) if hours else ""
        )
        yield f"opening hours {told}; when closed {closed}"
    if c.shift_end:
        yield f"at a shift's end {_shift_end(c.shift_end)}"


def inputs(s: Scenario) -> Iterator[Grid]:
    """Yield the tables of the desk's input parameters."""
    yield _arrivals(s) if s.lifecycle is None else _asking(s)
    yield from (_laws(s), _shares(s), _teams(s), _shifts(s))
    if s.surveys:
        yield _surveys(s)


def _arrivals(s: Scenario) -> Grid:
    rows = []
    for name, c in s.lines.items():
        week = hourly_rates(c.arrivals_per_hour)
        worst = int(week.argmax())
        days = "; ".join(f"{DAYS[d]} {week[24 * d : 24 * d + 24].sum():g}" for d in range(7))
        when = f"{week.max():g}, {DAYS[worst // 24]} {worst % 24:02}:00" if week.any() else "none"
        rows.append((name, s.kind(name), f"{week.sum():g}", when, days))
    return Grid("Arrivals (Poisson, rate by hour of the week)",
                ("Channel", "Kind", "Per week", "Most per hour", "Per day"),
                tuple(rows))  # fmt: skip


def _asking(s: Scenario) -> Grid:
    """Return the shape of the week alone: in a scenario with customers these give the level."""
    assert s.lifecycle is not None
    shares = s.lifecycle.contacts.channel_shares if s.lifecycle.contacts else {}
    rows = []
    for name, c in s.lines.items():
        week = hourly_rates(c.arrivals_per_hour)
        worst = int(week.argmax())
        days = "; ".join(
            f"{DAYS[d]} {week[24 * d : 24 * d + 24].sum() / week.sum():.0%}" for d in range(7)
        )
        rows.append((name, s.kind(name), f"{shares.get(name, 0):.4g}",
                     f"{DAYS[worst // 24]} {worst % 24:02}:00", days))  # fmt: skip
    return Grid("When in the week customers ask (how often stands with the customers)",
                ("Channel", "Kind", "Share of requests", "Busiest hour", "Share by day"),
                tuple(rows))  # fmt: skip


def _laws(s: Scenario) -> Grid:
    rows = []
    for name, c in s.lines.items():
        rows += [(name, f"handling, tier {n}", law_told(tier.handle_minutes, "min"))
                 for n, tier in enumerate(c.tiers, start=1)]  # fmt: skip
        given = (
            ("patience", c.patience_minutes, "min"),
            ("redial after", c.redial_minutes, "min"),
            ("return after", c.return_hours, "h"),
            ("bot's conversation", c.bot.handle_minutes if c.bot else None, "min"),
            ("bounce back after the bot", c.bot.bounce_back_hours if c.bot else None, "h"),
        )
        rows += [(name, what, law_told(law, unit)) for what, law, unit in given if law is not None]
    for instrument, survey in s.surveys.items():
        if survey.answer_hours is not None:
            rows.append(
                (instrument, "answer to the survey after", law_told(survey.answer_hours, "h"))
            )
    return Grid("Laws of durations", ("Channel", "Duration", "Law"), tuple(rows))


def _shares(s: Scenario) -> Grid:
    rows = []
    for name, c in s.lines.items():
        for what, shares in (("priority", dict(c.priority_shares)), ("topic", c.topic_shares)):
            rows.append((name, what, shares_told({str(k): v for k, v in shares.items()})))
        targets = [
            f"service level within {c.service_level_seconds:g} s"
            if c.service_level_seconds else "",
            f"first reply within {c.first_reply_target_s / 60:g} min on the {c.target_clock} clock"
            if c.first_reply_target_s else "",
        ]  # fmt: skip
        rows.append((name, "targets", "; ".join(t for t in targets if t) or "–"))
        costs = [f"{c.cost_per_contact:g} per contact" if c.cost_per_contact else "",
                 f"{c.bot.cost_per_conversation:g} per bot conversation"
                 if c.bot and c.bot.cost_per_conversation else ""]  # fmt: skip
        if any(costs):
            rows.append((name, "costs", f"{s.currency} " + "; ".join(x for x in costs if x)))
    return Grid("Shares, targets and costs", ("Channel", "What", "Values"), tuple(rows))


def _teams(s: Scenario) -> Grid:
    rows = tuple(
        (name, str(t.tier), ", ".join(t.skills) if t.skills is not None else "all channels",
         f"{t.speed:g}", f"{t.absence_probability:.4g}", f"{t.shrinkage:.4g}",
         "–" if t.hourly_cost is None else f"{s.currency} {t.hourly_cost:g}")
        for name, t in s.all_teams.items()
    )  # fmt: skip
    return Grid("Teams", ("Team", "Tier", "Skills", "Speed", "Absence (share)",
                          "Shrinkage (share)", "Cost per hour"), rows)  # fmt: skip


def _shifts(s: Scenario) -> Grid:
    rows = tuple(
        (name, str(line.agents), line.days, f"{line.from_}–{line.to}", "; ".join(_extras(line)))
        for name, team in s.all_teams.items() for line in team.shifts
    )  # fmt: skip
    return Grid("Shift plan (local time)", ("Team", "Agents", "Days", "Hours", "Besides"), rows)


def _extras(line: Any) -> Iterator[str]:
    for pause in line.breaks:
        paid = "paid" if pause.paid else "unpaid"
        each = f", each agent {pause.stagger_minutes:g} min later" if pause.stagger_minutes else ""
        yield f"{paid} break {pause.from_}–{pause.to}{each}"
    if line.hired:
        yield f"hired {line.hired}"
    if line.ramp_up_weeks:
        yield f"ramp-up from speed {line.ramp_up_speed:g} in {line.ramp_up_weeks:g} weeks"
    if line.last_day:
        yield f"last day {line.last_day}"
    if line.speed:
        yield f"speed {line.speed:g}"
    if line.hourly_cost is not None:
        yield f"cost per hour {line.hourly_cost:g}"
    if line.works_on_holidays:
        yield "works on holidays"


def _surveys(s: Scenario) -> Grid:
    rows = tuple(
        (name, f"{INSTRUMENTS[name][1]} to {INSTRUMENTS[name][2]}", f"{v.response_rate:.4g}",
         f"{v.delay_hours:g} h", ", ".join(f"{c:g}" for c in v.cutpoints), _effects(v))
        for name, v in s.surveys.items()
    )  # fmt: skip
    return Grid("Surveys (proportional odds; positive effects make a score worse)",
                ("Survey", "Scale", "Response rate", "Sent after", "Cutpoints", "Effects"),
                rows)  # fmt: skip


def _effects(v: Survey) -> str:
    return (
        f"wait {v.wait_effect:g} ({v.wait_scale.replace('_', ' ')}, expected "
        f"{v.expected_wait_hours:g} h), resolution {v.resolution_effect:g} (expected "
        f"{v.expected_resolution_hours:g} h), extra contact {v.extra_contact_effect:g}, "
        f"escalation {v.escalation_effect:g}"
    )


def assumptions(s: Scenario) -> Iterator[str]:
    """Yield what is assumed about the desk."""
    if s.lifecycle is None:
        yield "Arrivals of different channels are independent given the busyness of the day."
    if s.busyness_cv:
        yield f"Busyness of a day: a gamma factor, mean 1, cv {s.busyness_cv:g}, for all channels."
    yield "Handling times, patience and outcomes are independent of each other and of the queue."
    if s.surveys:
        yield (
            "Survey answers follow an assumed ordinal model (proportional odds) of wait, "
            "resolution time, contacts and escalation; its effects are assumptions, not findings."
        )
    if any(c.returns for c in s.lines.values()):
        yield "Every contact resolves with the same probability, whoever answers it."
    if any(c.bot for c in s.lines.values()):
        yield "The bot is always free; what it keeps does not depend on the request."
