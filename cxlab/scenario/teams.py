"""The teams of a scenario: who answers what, and when they are on duty."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cxlab.scenario.parts import Money, NotNegative, Part, Positive
from cxlab.scenario.week import ClockTime, Days, LocalDate, parse_days
from cxlab.scenario.week import seconds_of_day as _seconds_of_day

__all__ = ["Break", "Shift", "Team"]

MissedShare = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


class ClockSpan(Part):
    """A span of a day's local clock, [from, to); past midnight where `to` is not after `from`."""

    from_: Annotated[ClockTime, Field(alias="from")]
    to: ClockTime

    @property
    def starts_s(self) -> int:
        """Start in seconds after local midnight."""
        return _seconds_of_day(self.from_)

    @property
    def length_s(self) -> int:
        """Planned length in seconds of the local clock."""
        length = _seconds_of_day(self.to) - self.starts_s
        return length if length > 0 else length + 86_400


class Break(ClockSpan):
    """A pause inside a shift: [from, to), local time.

    With `stagger_minutes` each further agent of the line pauses so much later.
    """

    stagger_minutes: NotNegative = 0.0
    paid: bool = False


class Shift(ClockSpan):
    """A line of the weekly shift plan: so many agents of its own, on these days, [from, to).

    Times are local. A shift whose `to` is not after its `from` ends on the next day; the whole
    day is "00:00" to "24:00". On the dates that the business hours close, nobody works, unless
    `works_on_holidays`. New people begin on the day `hired` and work at `ramp_up_speed` first,
    evenly faster until they reach `speed` after `ramp_up_weeks`; a speed of 0.5 takes twice as
    long. `last_day` is the last day of the line.
    """

    agents: Annotated[int, Field(ge=0, le=10_000)]
    days: Days
    breaks: list[Break] = Field(default_factory=list)
    hourly_cost: Money | None = None
    speed: Positive | None = None
    hired: LocalDate | None = None
    last_day: LocalDate | None = None
    ramp_up_weeks: Positive | None = None
    ramp_up_speed: Positive = 0.5
    works_on_holidays: bool = False

    @model_validator(mode="after")
    def _check(self) -> Shift:
        if self.from_ == self.to or self.from_ == "24:00":
            raise ValueError('a shift with a length; the whole day is from "00:00" to "24:00"')
        days = sorted(parse_days(self.days))
        starts = [day * 86_400 + self.starts_s for day in days]
        for first, second in zip(starts, [*starts[1:], starts[0] + 7 * 86_400], strict=True):
            if first + self.length_s > second:
                raise ValueError("a shift that ends before its next day's shift begins")
        if self.ramp_up_weeks is not None and self.hired is None:
            raise ValueError("the day on which the line was hired, because it has ramp_up_weeks")
        if self.hired and self.last_day and self.last_day < self.hired:
            raise ValueError("a last_day that is not before hired")
        return self._check_breaks()

    def _check_breaks(self) -> Shift:
        ends = 0.0
        for pause in self.breaks:
            begins = (pause.starts_s - self.starts_s) % 86_400
            last = begins + pause.length_s + pause.stagger_minutes * 60 * max(self.agents - 1, 0)
            if begins < ends or last > self.length_s:
                raise ValueError(
                    "breaks inside the shift, in order, that do not overlap (the last agent's, "
                    "staggered, included)"
                )
            ends = begins + pause.length_s
        return self


class Overflow(Part):
    """Who helps out: a contact that waited `after_minutes` for this team is `to`'s too."""

    to: str
    after_minutes: NotNegative


class Team(Part):
    """People of one tier who answer the same channels (`skills`; without them: all channels).

    A channel that several teams of a tier answer goes to the team that stands first in the file,
    if somebody there is free. `absence_probability` is the chance that an agent misses a shift,
    `shrinkage` the share of each shift lost in one piece (meetings, coaching) at a random time;
    both are paid.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    tier: Literal[1, 2, 3] = 1
    skills: list[str] | None = None
    hourly_cost: Money | None = None
    speed: Positive = 1.0
    absence_probability: MissedShare = 0.0
    shrinkage: MissedShare = 0.0
    overflow: Overflow | None = None
    shifts: list[Shift]

    @model_validator(mode="after")
    def _check(self) -> Team:
        if self.skills is not None and len(set(self.skills)) != len(self.skills):
            raise ValueError("skills named once each")
        return self

    @property
    def agents(self) -> int:
        """How many people the shift plan has."""
        return sum(shift.agents for shift in self.shifts)
