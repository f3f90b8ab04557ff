"""Which shifts a plan may have: rules as a TOML file states them, and the patterns they allow."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from cxlab.errors import InputError
from cxlab.files import no_file
from cxlab.scenario import Scenario, Shift, Team, parse_days
from cxlab.scenario.parts import Part, Positive
from cxlab.scenario.week import DAYS, seconds_of_day
from cxlab.validation import validated

__all__ = [
    "HALF_HOURS",
    "Agents",
    "Pattern",
    "ShiftRules",
    "TeamRules",
    "dated",
    "load_rules",
    "patterns_of",
    "rules_of",
    "shift_changes",
    "told",
    "with_agents",
]

Floats = npt.NDArray[np.float64]
Agents = npt.NDArray[np.int64]
"""How many agents each line of a plan has, in the order of the patterns."""

HALF_HOURS = 336
"""Half-hours of a week, Monday 00:00 first, local time."""
_HALF = 1800
_DAY = 86_400
_WEEK = 7 * _DAY


class TeamRules(Part):
    """The shifts that a team may have.

    `hours` gives days the span that their shifts lie in, as opening hours are written; each of
    its keys is one set of days that a shift is worked on or, with `days_per_week`, the days of
    which every run of so many is one ("Mon-Sun" is a circle). In a span "00:00-24:00" shifts
    may pass midnight. A shift of `break_after_hours` or more has an unpaid break of
    `break_minutes` in its middle. `min_agents` and `max_agents` are how many are on duty at
    least (whenever a shift is allowed) and at most.
    """

    hours: dict[str, str] | None = None
    start_every_minutes: Annotated[int, Field(ge=15, le=1440)] = 60
    lengths_hours: Annotated[list[Positive], Field(min_length=1)] | None = None
    days_per_week: Annotated[int, Field(ge=1, le=7)] | None = None
    break_minutes: Annotated[int, Field(ge=1, le=240)] | None = None
    break_after_hours: Positive = 6.0
    min_agents: Annotated[int, Field(ge=0)] = 0
    max_agents: Annotated[int, Field(ge=0, le=10_000)] | None = None

    @model_validator(mode="after")
    def _check(self) -> TeamRules:
        if self.max_agents is not None and self.max_agents < self.min_agents:
            raise ValueError(
                f"min_agents ({self.min_agents}) not above max_agents ({self.max_agents})"
            )
        if (self.hours is None) != (self.lengths_hours is None):
            raise ValueError("hours and lengths_hours together, or neither of them")
        if self.hours is None and (self.days_per_week or self.break_minutes):
            raise ValueError("hours and lengths_hours beside days_per_week and break_minutes")
        if any(length > 24 for length in self.lengths_hours or []):
            raise ValueError("lengths_hours of 24 at most")
        for days, span in (self.hours or {}).items():
            named, (start, end) = parse_days(days), _span(span)
            if self.days_per_week is not None and self.days_per_week > len(named):
                raise ValueError(f"{self.days_per_week} days_per_week of {days!r}")
            self._check_fits(days, end - start)
        return self

    def _check_fits(self, days: str, span_s: int) -> None:
        if span_s < _DAY and all(length * 3600 > span_s for length in self.lengths_hours or []):
            raise ValueError(
                f"a length that fits into the {span_s / 3600:g} hours of {days!r}: the shortest "
                f"shift is {min(self.lengths_hours or [0]):g} hours"
            )


class ShiftRules(Part):
    """The rules of a plan: `shifts` for all teams, `teams` for some that have their own.

    A team without `hours` keeps to the patterns of its own shifts, and these moved on the grid
    of `start_every_minutes` within the span that it covers on these days already.
    """

    shifts: TeamRules = Field(default_factory=TeamRules)
    teams: dict[str, TeamRules] = Field(default_factory=dict)

    def of(self, team: str) -> TeamRules:
        """Return the rules that hold for a team."""
        return self.teams.get(team, self.shifts)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line that a plan may have: a team's shift on some days of every week.

    `there` (336,) is how much of each half-hour an agent is at the desk, as the mean over
    absences and meetings; `paid_h` the paid hours of an agent a week.
    """

    team: str
    shift: Shift
    there: Floats
    paid_h: float
    cost: float
    most: int

    @property
    def spans(self) -> npt.NDArray[np.bool_]:
        """Half-hours that the line reaches into, breaks included (336,)."""
        return _presence(self.shift.model_copy(update={"breaks": []})) > 0

    @property
    def words(self) -> str:
        """The line in words: "Mon-Fri 08:00-13:00"."""
        return f"{self.shift.days} {self.shift.from_}-{self.shift.to}"


def load_rules(path: str | Path | None) -> ShiftRules:
    """Read shift rules from a TOML file; without a path, the rules of the scenario's own shifts.

    Raises InputError for a file that is missing or no TOML, an unknown key (with the nearest
    one), and rules that contradict each other.
    """
    if path is None:
        return ShiftRules()
    file = Path(path)
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, IsADirectoryError):
        raise no_file("no such file of shift rules", path) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read the shift rules in {file.name}", hint=str(error)) from None
    return rules_of(data, source=str(path))


def rules_of(data: Mapping[str, Any], *, source: str = "shift rules") -> ShiftRules:
    """Check plain data and return the rules that they state.

    >>> rules_of({"shifts": {"min_agents": 3, "max_agents": 2}})
    Traceback (most recent call last):
    ...
    cxlab.errors.InputError: shift rules: shifts: expected min_agents (3) not above max_agents (2)
    """
    return validated(ShiftRules, dict(data), source)


def patterns_of(scenario: Scenario, rules: ShiftRules) -> list[Pattern]:
    """Return every line that the rules allow, team by team, in order of days, start and length.

    Raises InputError for rules of a team that is not there, teams of which some have no
    `hourly_cost`, and a scenario without shifts.

    >>> from cxlab.files import scenario_file
    >>> base = Scenario.load(scenario_file("base"))
    >>> [p.words for p in patterns_of(base, ShiftRules())][:3]
    ['Mon-Fri 08:00-13:00', 'Mon-Fri 08:00-16:00', 'Mon-Fri 09:00-14:00']
    """
    _check_teams(scenario, rules)
    priced = _priced(scenario)
    found: list[Pattern] = []
    for name, team in scenario.all_teams.items():
        shifts = {_key(s): s for s in _shifts(name, team, rules)}
        for key in sorted(shifts):
            found.append(_pattern(name, team, shifts[key], rules.of(name), priced))
    return found


def with_agents(
    scenario: Scenario, patterns: Sequence[Pattern], agents: Sequence[int] | Agents
) -> Scenario:
    """Return the scenario with so many agents in each pattern, and nobody in any other line.

    Lines that begin or end on a date (`hired`, `last_day`) stay as they are. Raises InputError
    for a desk that cannot work, such as one that is open while nobody is there.
    """
    return scenario.but(**shift_changes(scenario, patterns, agents))


def shift_changes(
    scenario: Scenario, patterns: Sequence[Pattern], agents: Sequence[int] | Agents
) -> dict[str, list[dict[str, Any]]]:
    """Return the lines of a plan team by team, as `Scenario.but` takes them."""
    changes = {}
    for name, team in scenario.all_teams.items():
        lines = [line for line in team.shifts if dated(line)]
        lines += [
            p.shift.model_copy(update={"agents": int(n)})
            for p, n in zip(patterns, agents, strict=True)
            if p.team == name and n
        ]
        key = "team" if scenario.team is not None else f"teams.{name}"
        changes[f"{key}.shifts"] = [
            line.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
            for line in lines
        ]
    return changes


def told(half_hour: int) -> str:
    """Return a half-hour of the week in words.

    >>> told(17)
    'Mon 08:30'
    """
    day, rest = divmod(int(half_hour), 48)
    return f"{DAYS[day % 7]} {rest // 2:02}:{rest % 2 * 30:02}"


def _check_teams(scenario: Scenario, rules: ShiftRules) -> None:
    teams = scenario.all_teams
    if not teams or not any(team.shifts for team in teams.values()):
        raise InputError(
            "there are no shifts to plan", given=scenario.name,
            expected="a scenario with teams that have shifts",
        )  # fmt: skip
    for name in rules.teams:
        if name not in teams:
            raise InputError("shift rules for an unknown team", given=name, known=teams)


def _priced(scenario: Scenario) -> bool:
    """Return whether wages are known; a plan without any costs its hours."""
    known = {
        name: team.hourly_cost is not None or all(s.hourly_cost is not None for s in team.shifts)
        for name, team in scenario.all_teams.items()
    }
    if any(known.values()) and not all(known.values()):
        lacks = next(name for name, priced in known.items() if not priced)
        raise InputError("a team has no hourly_cost while others have one", given=lacks,
                         expected="a cost for every team, or for none")  # fmt: skip
    return all(known.values())


def _shifts(name: str, team: Team, rules: ShiftRules) -> Iterator[Shift]:
    own = rules.of(name)
    if own.hours is None:
        yield from _moved(team, own)
        return
    for days, span in own.hours.items():
        for worked in _runs(days, own.days_per_week):
            yield from _within(worked, _span(span), own)


def _moved(team: Team, rules: TeamRules) -> Iterator[Shift]:
    """Return a team's own lines, and these begun elsewhere on the grid in the span they cover."""
    lines = [line for line in team.shifts if not dated(line)]
    for line in lines:
        same = [other for other in lines if other.days == line.days]
        first = min(other.starts_s for other in same)
        last = max(other.starts_s + other.length_s for other in same)
        yield line.model_copy(update={"agents": 0})
        grid = range(first, last - line.length_s + 1, rules.start_every_minutes * 60)
        for start in grid:
            yield _begun(line, start)


def dated(line: Shift) -> bool:
    """Return whether a line begins or ends on a date: it is no part of a weekly plan."""
    return line.hired is not None or line.last_day is not None


def _begun(line: Shift, start: int) -> Shift:
    """Return a line with all its times moved, its agents taken away."""
    later = start - line.starts_s
    data = line.model_dump(by_alias=True, exclude_none=True)
    data |= {"agents": 0, "from": _clock(start), "to": _clock(start + line.length_s)}
    data["breaks"] = [
        {**pause, "from": _clock(seconds_of_day(pause["from"]) + later),
         "to": _clock(seconds_of_day(pause["to"]) + later)}
        for pause in data["breaks"]
    ]  # fmt: skip
    return Shift.model_validate(data)


def _within(days: str, span: tuple[int, int], rules: TeamRules) -> Iterator[Shift]:
    start, end = span
    for length in rules.lengths_hours or []:
        seconds = round(length * 3600)
        # A span of the whole day is a circle: a shift may begin at any time of it.
        last = end - 1 if end - start == _DAY else end - seconds
        for begin in range(start, last + 1, rules.start_every_minutes * 60):
            data: dict[str, Any] = {
                "agents": 0, "days": days, "from": _clock(begin), "to": _clock(begin + seconds),
            }  # fmt: skip
            if rules.break_minutes and length >= rules.break_after_hours:
                middle = begin + (seconds - rules.break_minutes * 60) // 1800 * 1800 // 2
                ends = middle + rules.break_minutes * 60
                data["breaks"] = [{"from": _clock(middle), "to": _clock(ends)}]
            yield Shift.model_validate(data)


def _runs(days: str, length: int | None) -> list[str]:
    """Return the days themselves, or every run of so many of them."""
    named = parse_days(days)
    if length is None or length == len(named):
        return [days]
    whole = len(named) == 7
    starts = range(7 if whole else len(named) - length + 1)
    return [", ".join(DAYS[named[(i + k) % len(named)]] for k in range(length)) for i in starts]


def _span(text: str) -> tuple[int, int]:
    start, dash, end = text.partition("-")
    if not dash:
        raise ValueError(f'hours such as "08:00-18:00", not {text!r}')
    first, last = seconds_of_day(start), seconds_of_day(end)
    return first, last if last > first else last + _DAY


def _clock(seconds: int) -> str:
    minutes = seconds % _DAY // 60
    if not minutes and seconds:
        return "24:00" if seconds == _DAY else "00:00"
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _key(shift: Shift) -> tuple[Any, ...]:
    pauses = tuple((p.starts_s, p.length_s, p.stagger_minutes, p.paid) for p in shift.breaks)
    pay = (shift.hourly_cost or -1.0, shift.speed or -1.0, shift.works_on_holidays)
    return (tuple(sorted(parse_days(shift.days))), shift.starts_s, shift.length_s, pauses, pay)


def _pattern(name: str, team: Team, shift: Shift, rules: TeamRules, priced: bool) -> Pattern:
    present = _presence(shift)
    unpaid = sum(p.length_s for p in shift.breaks if not p.paid)
    paid_h = len(parse_days(shift.days)) * (shift.length_s - unpaid) / 3600
    wage = shift.hourly_cost if shift.hourly_cost is not None else team.hourly_cost
    kept = (1 - team.absence_probability) * (1 - team.shrinkage) * (shift.speed or team.speed)
    most = min(_stagger_limit(shift), 10_000 if rules.max_agents is None else rules.max_agents)
    cost = paid_h * (float(wage or 0.0) if priced else 1.0)
    return Pattern(name, shift, present * kept, paid_h, cost, most)


def _presence(shift: Shift) -> Floats:
    """Return how much of each half-hour of the week somebody of a line is there (336,)."""
    there = np.zeros(HALF_HOURS)
    for day in parse_days(shift.days):
        start = day * _DAY + shift.starts_s
        _add(there, start, start + shift.length_s, 1.0)
        for pause in shift.breaks:
            begins = start + (pause.starts_s - shift.starts_s) % _DAY
            _add(there, begins, begins + pause.length_s, -1.0)
    return there


def _add(there: Floats, start: int, end: int, sign: float) -> None:
    for half in range(start // _HALF, -(-end // _HALF)):
        inside = min(end, (half + 1) * _HALF) - max(start, half * _HALF)
        there[half % HALF_HOURS] += sign * inside / _HALF


def _stagger_limit(shift: Shift) -> int:
    """Return how many agents a line can have before staggered breaks leave the shift."""
    most = 10_000
    for pause, later in zip_longest(shift.breaks, shift.breaks[1:]):
        if pause.stagger_minutes:
            begins = (pause.starts_s - shift.starts_s) % _DAY
            room = shift.length_s if later is None else (later.starts_s - shift.starts_s) % _DAY
            spare = room - begins - pause.length_s
            most = min(most, int(spare // (pause.stagger_minutes * 60)) + 1)
    return most
