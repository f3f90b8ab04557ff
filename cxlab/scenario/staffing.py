"""Who can do what: skills, tiers, overflow, and whether somebody is there when it is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cxlab.errors import nearest
from cxlab.scenario.channels import Channel
from cxlab.scenario.teams import Shift, Team
from cxlab.scenario.week import DAYS, hourly_rates, parse_days

if TYPE_CHECKING:
    from cxlab.scenario.model import Scenario

__all__ = ["Helper", "able_teams", "check_base", "check_staffing"]

WEEK_S = 7 * 86_400
Spans = list[tuple[float, float]]
Helper = tuple[int, float]
"""A team that may take a contact: its place in the file, and after how many seconds of waiting."""


def able_teams(teams: Mapping[str, Team], channel: str, tier: int) -> list[Helper]:
    """Return who may take contacts of a channel at a tier, first choice first.

    Teams with the skill come in the order of the file and may take at once; behind them, in the
    order of the wait, come the teams that help them out.
    """
    names = list(teams)
    found: dict[str, float] = {
        name: 0.0
        for name, team in teams.items()
        if team.tier == tier and (team.skills is None or channel in team.skills)
    }
    for name in list(found):
        waited, helper = 0.0, teams[name].overflow
        while helper is not None and helper.to in teams:
            waited += helper.after_minutes * 60
            if waited >= found.get(helper.to, float("inf")):
                break
            found[helper.to] = waited
            helper = teams[helper.to].overflow
    return [(names.index(n), found[n]) for n in sorted(found, key=lambda n: (found[n],
            names.index(n)))]  # fmt: skip


def check_staffing(scenario: Scenario) -> None:
    """Raise ValueError, in the words of the file, for a desk that cannot work."""
    teams, lines = scenario.all_teams, scenario.lines
    for special in scenario.special_days:
        for name in special.channels or []:
            _known(name, lines, f"special_days of {special.from_} names the channel")
    for name, team in teams.items():
        if scenario.team is None and team.name is not None:
            raise ValueError(f"no name in teams.{name}: the table has one")
        _check_team(name, team, scenario)
    _check_overflow(teams)
    for name, channel in lines.items():
        if scenario.business_hours is None and "business" in (
            channel.opening_hours,
            channel.target_clock,
        ):
            raise ValueError(f"business_hours, because channels.{name} refers to them")
        _check_channel(name, channel, scenario)


def check_base(scenario: Scenario) -> None:
    """Raise ValueError for a customer base whose contacts the desk does not know.

    Also for a number of `customers` beside it, which nothing would look at.
    """
    assert scenario.lifecycle is not None
    if "customers" in scenario.model_fields_set:
        raise ValueError(
            "no key customers: with a customer base tickets come from the customers of "
            "[lifecycle], so many as initial_customers and acquisition say"
        )
    contacts = scenario.lifecycle.contacts
    shares = {} if contacts is None else contacts.channel_shares
    for name in shares:
        _known(name, scenario.lines, "lifecycle.contacts.channel_shares names the channel")
        if not hourly_rates(scenario.lines[name].arrivals_per_hour).any():
            raise ValueError(
                f"a rate above 0 in channels.{name}.arrivals_per_hour: its shape says when in the "
                "week customers come"
            )
    for name in scenario.lines:
        if name not in shares:
            raise ValueError(
                f"a share of channels.{name} in lifecycle.contacts.channel_shares: in a scenario "
                "with a customer base all tickets come from customers"
            )


def _known(name: str, names: Mapping[str, object], what: str) -> None:
    if name not in names:
        guess = nearest(name, names)
        raise ValueError(
            f"a known name where {what} {name!r}: one of {', '.join(names)}"
            + (f"; did you mean {guess!r}?" if guess else "")
        )


def _check_team(name: str, team: Team, scenario: Scenario) -> None:
    for skill in team.skills or []:
        _known(skill, scenario.lines, f"teams.{name} has the skill")
    answered = team.skills if team.skills is not None else list(scenario.lines)
    reached = [c for c in answered if len(scenario.lines[c].tiers) >= team.tier]
    helps = any(
        t.overflow is not None and t.overflow.to == name for t in scenario.all_teams.values()
    )
    if not reached and not helps and team.tier > 1:
        raise ValueError(
            f"a channel that escalates to tier {team.tier}, which teams.{name} works at and "
            "nothing reaches"
        )


def _check_overflow(teams: Mapping[str, Team]) -> None:
    for name, team in teams.items():
        seen = [name]
        while team.overflow is not None:
            to = team.overflow.to
            _known(to, teams, f"teams.{seen[-1]} overflows to")
            if to in seen:
                circle = " → ".join([*seen, to])
                raise ValueError(f"overflow that ends somewhere, not in a circle ({circle})")
            if teams[to].tier != team.tier:
                raise ValueError(f"overflow inside one tier (teams.{seen[-1]} → {to})")
            seen.append(to)
            team = teams[to]


def _check_channel(name: str, channel: Channel, scenario: Scenario) -> None:
    if scenario.expected_tickets(name) == 0:
        return
    teams = scenario.all_teams
    for tier in range(1, len(channel.tiers) + 1):
        able = [list(teams.values())[place] for place, _ in able_teams(teams, name, tier)]
        if not any(team.agents for team in able):
            what = f"tier {tier} of channels.{name}" if tier > 1 else f"channels.{name}"
            raise ValueError(
                f"a shift with agents for {what}, because tickets arrive and nobody ever works"
            )
        if tier == 1:
            _check_cover(name, scenario, able)


def _check_cover(name: str, scenario: Scenario, able: list[Team]) -> None:
    opening = scenario.opening(name)
    if opening is None:
        return
    duty = sorted(s for team in able for line in team.shifts if line.agents for s in _spans(line))
    for hours in sorted(opening.hours, key=lambda h: (h.weekday, h.start)):
        start, end = (hours.weekday * 86_400 + _clock(t) for t in (hours.start, hours.end))
        gap = _gap(duty, start, end)
        if gap is not None:
            raise ValueError(
                f"somebody on duty whenever channels.{name} is open: {_told(gap[0])} to "
                f"{_told(gap[1])} has no shift with its skill"
            )


def _spans(line: Shift) -> Iterator[tuple[float, float]]:
    """Return the week's shifts in seconds after Monday 00:00; over Sunday night in both weeks."""
    for day in parse_days(line.days):
        start = day * 86_400 + line.starts_s
        yield start, start + line.length_s
        if start + line.length_s > WEEK_S:
            yield start - WEEK_S, start + line.length_s - WEEK_S


def _gap(duty: Spans, start: float, end: float) -> tuple[float, float] | None:
    """Return the first part of [start, end) that no span covers; spans are sorted by start."""
    for first, last in duty:
        if first > start:
            return start, min(first, end)
        start = max(start, last)
        if start >= end:
            return None
    return start, end


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _told(second: float) -> str:
    day, rest = divmod(int(second), 86_400)
    return f"{DAYS[day % 7]} {rest // 3600:02}:{rest // 60 % 60:02}"
