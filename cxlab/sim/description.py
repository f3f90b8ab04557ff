"""A scenario and the model behind it in words, in the order of the STRESS-DES checklist.

Everything is read from the scenario, the declared laws and the docstrings that hold the rules: a
report's appendix cannot say another thing than the model does. Source of the checklist:
T. Monks, C. S. M. Currie, B. S. Onggo, S. Robinson, M. Kunc and S. J. E. Taylor, Strengthening the
reporting of empirical simulation studies: introducing the STRESS guidelines, Journal of Simulation
13 (2019), 55–67.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cxlab.scenario import INSTRUMENTS, Channel, Law, Scenario, Survey, hourly_rates
from cxlab.scenario.week import DAYS
from cxlab.sim.load import bottlenecks

__all__ = ["Description", "Grid", "Section", "describe", "tie_rules"]

SOURCE = (
    "Checklist: STRESS-DES (Monks, Currie, Onggo, Robinson, Kunc and Taylor 2019, Strengthening "
    "the reporting of empirical simulation studies, Journal of Simulation 13, 55–67)."
)
PACKAGES = ("cxlab", "simpy", "numba", "numpy", "scipy", "pandas")


@dataclass(frozen=True)
class Grid:
    """A table of the description: caption, columns, rows of text."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One item of the checklist, such as "2.3 Components"."""

    number: str
    title: str
    text: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()


@dataclass(frozen=True)
class Description:
    """What STRESS-DES asks of a simulation study, for one scenario."""

    title: str
    sections: tuple[Section, ...] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {**asdict(self), "source": SOURCE}

    def markdown(self) -> str:
        """Return the description as Markdown; signs of the user's texts are made harmless."""
        parts = [f"# {_plain_md(self.title)}"]
        for one in self.sections:
            level = "##" if "." not in one.number else "###"
            parts.append(f"{level} {one.number} {one.title}")
            parts += [_plain_md(text) for text in one.text]
            if one.points:
                parts.append("\n".join(f"- {_plain_md(point)}" for point in one.points))
            parts += [_grid_md(grid) for grid in one.grids]
        return "\n\n".join([*parts, SOURCE]) + "\n"

    def html(self) -> str:
        """Return the description as HTML; every text is escaped."""
        parts = []
        for one in self.sections:
            tag = "h3" if "." not in one.number else "h4"
            parts.append(f"<{tag}>{escape(one.number)} {escape(one.title)}</{tag}>")
            parts += [f"<p>{escape(text)}</p>" for text in one.text]
            if one.points:
                items = "".join(f"<li>{escape(point)}</li>" for point in one.points)
                parts.append(f"<ul>{items}</ul>")
            parts += [_grid_html(grid) for grid in one.grids]
        return "".join([*parts, f"<p>{escape(SOURCE)}</p>"])

    def _repr_html_(self) -> str:
        return f"<h2>{escape(self.title)}</h2>{self.html()}"

    def __str__(self) -> str:
        """Return the Markdown."""
        return self.markdown()


def _plain_md(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", " ".join(text.split()))


def _grid_md(grid: Grid) -> str:
    lines = [grid.columns, tuple("---" for _ in grid.columns), *grid.rows]
    rows = [
        "| " + " | ".join(c if c == "---" else _plain_md(c) for c in line) + " |" for line in lines
    ]
    return _plain_md(grid.caption) + ":\n\n" + "\n".join(rows)


def _grid_html(grid: Grid) -> str:
    head = "".join(f'<th scope="col">{escape(c)}</th>' for c in grid.columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in grid.rows
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escape(grid.caption)}"><table>'
        f"<caption>{escape(grid.caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )


def tie_rules() -> tuple[str, ...]:
    """Return the numbered rules of the desk, as the SimPy model states them.

    >>> tie_rules()[0]
    'Time is half-open: a shift is [start, end), a run ends before its horizon.'
    """
    from cxlab.sim import desk

    found = re.findall(r"^\d+\. (.*?)(?=^\d+\. |\Z)", desk.__doc__ or "", flags=re.M | re.S)
    return tuple(" ".join(rule.split()) for rule in found)


def describe(scenario: Scenario) -> Description:
    """Return the STRESS-DES description of a scenario and of the model that plays it."""
    title = f"Description of {scenario.title or scenario.name}"
    sections = (
        *_objectives(scenario), *_logic(scenario), *_data(scenario), *_experimentation(scenario),
        *_implementation(scenario),
        Section("6", "Code access", (
            "The model is the Python package cxlab (MIT licence); this description is made by "
            "`cxlab describe`, the numbers by `cxlab simulate` or `cxlab report` from the same "
            f"scenario file (sha256 of the whole scenario: {scenario.sha256}).",)),
    )  # fmt: skip
    return Description(title, sections)


def _objectives(s: Scenario) -> Iterator[Section]:
    yield Section("1", "Objectives")
    purpose = s.description.strip() or "The scenario file states none."
    yield Section("1.1", "Purpose", (purpose, f"Scenario {s.name}."))
    yield Section("1.2", "Outputs", (
        "Canonical tables (tickets, messages, status events, escalations, surveys, agents, shifts, "
        "costs); every metric is computed from them, as from a real log.",
        "Shares and means are ratios of sums over replications with a 95 % jackknife interval; "
        "counts and quantiles are means over replications with Student's t interval. Tickets of "
        "one run are never pooled into an interval."))  # fmt: skip
    yield Section("1.3", "Experimentation aims", (
        "The scenario describes one desk. What changes between scenarios meets the same customers "
        "(common random numbers), so that differences are estimated in pairs.",))  # fmt: skip


def _logic(s: Scenario) -> Iterator[Section]:
    yield Section("2", "Logic")
    yield Section("2.1", "Base model", (
        "Customers of several channels get in touch, wait in queues and are answered by agents on "
        "shifts. These rules hold at every instant:",
        *(f"({n}) {rule}" for n, rule in enumerate(tie_rules(), start=1))))  # fmt: skip
    yield Section("2.2", "Scenario logic", (), tuple(_scenario_logic(s)))
    yield Section("2.3", "Components", (), (
        "Entities: requests of customers; each takes one contact or several, each contact one step "
        f"per tier. {s.customers:,} customers, drawn evenly for each request.",
        "Activities: answering a contact (handling time), by tier"
        + ("; the bot's conversation" if any(c.bot for c in s.lines.values()) else "") + ".",
        f"Resources: agents of {', '.join(s.all_teams)}.",
        "Queues: one for each channel, tier and class (channel rank, then priority); first come, "
        "first served inside a class.",
        "Entry: at the request's creation. Exit: solved for good, gave up, turned away, kept by "
        "a bot, or still open at the horizon (then it stays in the tables, times missing).",
    ))  # fmt: skip


def _scenario_logic(s: Scenario) -> Iterator[str]:
    for name, c in s.lines.items():
        yield f"{name}: " + "; ".join(_channel_logic(c, s)) + "."
    for name, team in s.all_teams.items():
        if team.overflow:
            yield (f"{name} overflows to {team.overflow.to} after "
                   f"{team.overflow.after_minutes:g} min of waiting.")  # fmt: skip
    ageing = s.rules.ageing_minutes
    yield (
        "Better classes always go first." if ageing is None
        else f"Ageing: a contact goes before the next better class that came {ageing:g} min later."
    )  # fmt: skip
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


def _law(law: Law | None, unit: str) -> str:
    if law is None:
        return "–"
    if law.law == "empirical":
        pairs = zip(law.shares or [], law.values or [], strict=True)
        table = ", ".join(f"{share:.4g}: {value:g}" for share, value in pairs)
        never = f"; {law.endless_share:.4g} never" if law.endless_share > 0 else ""
        return f"empirical quantiles in {unit} ({table}{never})"
    cv = f", cv {law.cv:g}" if law.cv is not None else ""
    return f"{law.law}, mean {law.mean:g} {unit}{cv}"


def _data(s: Scenario) -> Iterator[Section]:
    yield Section("3", "Data")
    yield Section("3.1", "Data sources", (
        "All input is what the scenario file states; where a number comes from stands in its "
        "description and comments.",))  # fmt: skip
    grids = [_arrivals(s), _laws(s), _shares(s), _teams(s), _shifts(s)]
    if s.surveys:
        grids.append(_surveys(s))
    yield Section("3.2", "Input parameters", (), tuple(_calendar(s)), tuple(grids))
    yield Section("3.3", "Pre-processing", (
        "None by the model: rates are taken per local hour of the week, daylight saving included.",
    ))  # fmt: skip
    yield Section("3.4", "Assumptions", (), tuple(_assumptions(s)))


def _calendar(s: Scenario) -> Iterator[str]:
    yield f"Time zone {s.time_zone}; money in {s.currency}."
    if s.business_hours is not None and s.schedule is not None:
        hours = ", ".join(f"{DAYS[h.weekday]} {h.start}–{h.end}" for h in s.schedule.hours)
        closed = f"; holidays of {s.business_hours.holidays}" if s.business_hours.holidays else ""
        dates = "".join(f"; closed {day}" for day in s.business_hours.closed)
        dates += "".join(f"; {day} {told}" for day, told in s.business_hours.special.items())
        yield f"Business hours {hours}{closed}{dates}."


def _arrivals(s: Scenario) -> Grid:
    rows = []
    for name, c in s.lines.items():
        week = hourly_rates(c.arrivals_per_hour)
        worst = int(week.argmax())
        days = "; ".join(f"{DAYS[d]} {week[24 * d : 24 * d + 24].sum():g}" for d in range(7))
        when = (f"{week.max():g}, {DAYS[worst // 24]} {worst % 24:02}:00" if week.any()
                else "none")  # fmt: skip
        rows.append((name, s.kind(name), f"{week.sum():g}", when, days))
    return Grid("Arrivals (Poisson, rate by hour of the week)",
                ("Channel", "Kind", "Per week", "Most per hour", "Per day"),
                tuple(rows))  # fmt: skip


def _laws(s: Scenario) -> Grid:
    rows = []
    for name, c in s.lines.items():
        rows += [(name, f"handling, tier {n}", _law(tier.handle_minutes, "min"))
                 for n, tier in enumerate(c.tiers, start=1)]  # fmt: skip
        given = (
            ("patience", c.patience_minutes, "min"),
            ("redial after", c.redial_minutes, "min"),
            ("return after", c.return_hours, "h"),
            ("bot's conversation", c.bot.handle_minutes if c.bot else None, "min"),
            ("bounce back after the bot", c.bot.bounce_back_hours if c.bot else None, "h"),
        )
        rows += [(name, what, _law(law, unit)) for what, law, unit in given if law is not None]
    for instrument, survey in s.surveys.items():
        if survey.answer_hours is not None:
            rows.append((instrument, "answer to the survey after", _law(survey.answer_hours, "h")))
    return Grid("Laws of durations", ("Channel", "Duration", "Law"), tuple(rows))


def _shares(s: Scenario) -> Grid:
    rows = []
    for name, c in s.lines.items():
        for what, shares in (("priority", dict(c.priority_shares)), ("topic", c.topic_shares)):
            told = ", ".join(f"{key} {value:.4g}" for key, value in shares.items())
            rows.append((name, what, told or "–"))
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


def _assumptions(s: Scenario) -> Iterator[str]:
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


def _experimentation(s: Scenario) -> Iterator[Section]:
    h = s.horizon
    yield Section("4", "Experimentation")
    yield Section("4.1", "Initialisation", (
        "Every replication starts with an empty desk at local midnight "
        f"of {s.start}. " + (
            f"Warm-up: {h.dropped_days} days; tickets created in it are in no number."
            if h.type == "steady" else
            "Warm-up: none; the horizon is terminating and counts from its start."),))  # fmt: skip
    yield Section("4.2", "Run length", (
        f"{h.total_days} days ({h.type}); nothing at or after the end is seen.",))  # fmt: skip
    yield Section("4.3", "Estimation", (
        f"{s.replications} replications; Student's t intervals for counts and quantiles, "
        "jackknife intervals for ratios of sums, 95 %, the unit being the replication.",
        "Expected load: " + "; ".join(
            f"{', '.join(one.queues)} at {', '.join(one.teams)} {one.weekly_load:.0%} of a week"
            for one in bottlenecks(s)) + "."))  # fmt: skip


def _implementation(s: Scenario) -> Iterator[Section]:
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    yield Section("5", "Implementation")
    yield Section("5.1", "Software", (
        f"Python {platform.python_version()}, {packages}.",))  # fmt: skip
    yield Section("5.2", "Random sampling", (
        f"PCG64 generators from NumPy's SeedSequence(seed {s.seed}), one stream for each "
        "replication and purpose by name (such as phone.arrivals or phone.handling.1); durations "
        "by inversion. All is drawn before a run: number i of a stream belongs to request i, "
        "whatever the staffing.",))  # fmt: skip
    yield Section("5.3", "Model execution", (
        "Process interaction in SimPy is the specification; an engine compiled by Numba plays the "
        "same rules on the same draws and agrees to the last bit. What comes first at one instant "
        "is stated under 2.1.",))  # fmt: skip
    yield Section("5.4", "System specification", (
        f"{platform.system()} on {platform.machine()}; the result depends on scenario, seed and "
        "version only. A report's manifest names commit and run time.",))  # fmt: skip


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # pragma: no cover - run from a folder never installed
        return "not installed"
