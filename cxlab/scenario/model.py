"""The model of a scenario file: every key, its type, its unit and what it may hold."""

from __future__ import annotations

import hashlib
import json
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from cxlab.calendars import Schedule
from cxlab.errors import InputError, nearest
from cxlab.files import scenario_file
from cxlab.scenario.channels import Channel
from cxlab.scenario.forecast import expected_requests
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.scenario.parts import ChannelKind, Name, NotNegative, Part, Positive
from cxlab.scenario.source import changed, dotted_keys, look_up, read_scenario
from cxlab.scenario.summary import before_and_after, summary_html, summary_line, summary_text
from cxlab.scenario.surveys import Instrument, Survey
from cxlab.scenario.teams import Team
from cxlab.scenario.week import LocalDate, OpeningHours, hourly_rates
from cxlab.units import CURRENCIES
from cxlab.validation import validated

__all__ = ["BusinessHours", "Horizon", "Rules", "Scenario", "SpecialDays"]

BUSINESS_HOURS = "business_hours"
"""Name of the desk's schedule in the tables."""


@cache
def _zones() -> frozenset[str]:
    """Return every zone's name; read from disk once, for a sweep makes thousands of scenarios."""
    return frozenset(zoneinfo.available_timezones())


class Horizon(Part):
    """How long a replication lasts, and which part of it is counted.

    A `terminating` run starts empty and counts everything; a `steady` run states a warm-up,
    and tickets created in it carry `excluded_reason` = "warm_up".
    """

    type: Literal["terminating", "steady"]
    weeks: Annotated[int, Field(ge=1, le=1040)] | None = None
    days: Annotated[int, Field(ge=1, le=7280)] | None = None
    warm_up_weeks: Annotated[int, Field(ge=0)] | None = None
    warm_up_days: Annotated[int, Field(ge=0)] | None = None

    @property
    def total_days(self) -> int:
        """Length of a replication in local days."""
        return self.days if self.days is not None else 7 * (self.weeks or 0)

    @property
    def dropped_days(self) -> int:
        """Length of the warm-up in local days."""
        return self.warm_up_days if self.warm_up_days is not None else 7 * (self.warm_up_weeks or 0)

    @model_validator(mode="after")
    def _check(self) -> Horizon:
        if (self.weeks is None) == (self.days is None):
            raise ValueError("either weeks or days")
        stated = (self.warm_up_weeks is not None) + (self.warm_up_days is not None)
        if self.type == "terminating" and stated:
            raise ValueError("no warm-up: a terminating horizon counts from its start")
        if self.type == "steady" and stated != 1:
            raise ValueError("either warm_up_weeks or warm_up_days with a steady horizon")
        if self.dropped_days >= self.total_days:
            raise ValueError(
                f"a horizon longer than its warm-up (here {self.total_days} days "
                f"against {self.dropped_days})"
            )
        return self


class Rules(Part):
    """The rules of the desk that a reader must know, each stated by name.

    `shift_end`: an agent whose shift or break comes finishes the ticket in hand (`finish`) or
    gives it back to the queue, with what is left of the work, at its old place (`hand_back`).
    A channel may say otherwise. `ageing_minutes`: a contact goes before one of the next better
    class that came more than so many minutes later, before one two classes better that came
    twice as much later; without it better classes always go first.
    `unfinished = "keep_open"`: what the horizon cuts off stays in the tables, times missing.
    """

    shift_end: Literal["finish", "hand_back"] = "finish"
    ageing_minutes: Positive | None = None
    unfinished: Literal["keep_open"] = "keep_open"


class BusinessHours(Part):
    """When the desk is open: hours by day of the week, holidays, dates with other hours.

    `holidays` is a country ("DE") or a part of it ("DE-BE"), `closed` a list of dates, `special`
    gives dates their hours. Shifts skip the days that are closed; SLA clocks may run on these
    hours; channels may have them as `opening_hours`.
    """

    hours: OpeningHours
    holidays: str | None = None
    closed: list[str] = Field(default_factory=list)
    special: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _check(self) -> BusinessHours:
        if isinstance(self.hours, str):
            raise ValueError('hours such as {"Mon-Fri" = "09:00-17:00"}')
        try:
            self.schedule(BUSINESS_HOURS, "UTC")
        except InputError as error:
            raise ValueError(str(error)) from None
        return self

    def schedule(self, id: str, tz: str, hours: Mapping[str, str] | None = None) -> Schedule:
        """Return these days' schedule, with other weekly hours where `hours` are given."""
        week = hours if hours is not None else self.hours
        assert not isinstance(week, str)  # see _check
        special = self.special if hours is None else {}
        return Schedule.weekly(
            id, tz, week, closed=self.closed, special=special, holidays=self.holidays
        )


class SpecialDays(Part):
    """Days on which more or fewer customers come: every rate times `arrivals_factor`."""

    from_: Annotated[LocalDate, Field(alias="from")]
    to: LocalDate | None = None
    arrivals_factor: NotNegative
    channels: list[str] | None = None

    @model_validator(mode="after")
    def _check(self) -> SpecialDays:
        if self.to is not None and self.to < self.from_:
            raise ValueError("a `to` (the last day) that is not before `from`")
        return self

    def holds(self, on: date, channel: str) -> bool:
        """Return whether the factor holds on a day for a channel."""
        named = self.channels is None or channel in self.channels
        return named and self.from_ <= on <= (self.to or self.from_)


class Scenario(Part):
    """A support desk to simulate, as one TOML file states it.

    Load one with `Scenario.load(path)`, change it with `.but(...)`; a scenario never changes
    in place. `resolved()` is the whole of it as plain data, `sha256` its fingerprint. A desk of
    one team has the table `team`, one of several the tables `teams.NAME`. `customers` is how many
    there are to ask, evenly, where no `lifecycle` says who they are.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=5000)] = ""
    time_zone: str
    start: LocalDate
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    replications: Annotated[int, Field(ge=1, le=100_000)] = 10
    customers: Annotated[int, Field(ge=1, le=100_000_000)] = 1000
    currency: str = "EUR"
    busyness_cv: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = 0.0
    horizon: Horizon
    rules: Rules = Field(default_factory=Rules)
    business_hours: BusinessHours | None = None
    special_days: list[SpecialDays] = Field(default_factory=list)
    channels: Annotated[dict[Name, Channel], Field(max_length=40)] = Field(default_factory=dict)
    team: Team | None = None
    teams: Annotated[dict[Name, Team], Field(max_length=60)] = Field(default_factory=dict)
    surveys: dict[Instrument, Survey] = Field(default_factory=dict)
    lifecycle: Lifecycle | None = None

    @field_validator("time_zone")
    @classmethod
    def _check_zone(cls, name: str) -> str:
        known = _zones()
        if name not in known:
            guess = nearest(name, known)
            raise ValueError(
                'an IANA time zone such as "Europe/Berlin"'
                + (f"; did you mean {guess!r}?" if guess else "")
            )
        return name

    @field_validator("currency")
    @classmethod
    def _check_currency(cls, code: str) -> str:
        if code not in CURRENCIES:
            raise ValueError('a currency in use (ISO 4217) such as "EUR"')
        return code

    @field_validator("channels")
    @classmethod
    def _check_kinds(cls, channels: dict[str, Channel]) -> dict[str, Channel]:
        kinds = get_args(ChannelKind)
        for name, channel in channels.items():
            if channel.kind is None and name not in kinds:
                guess = nearest(name, kinds)
                raise ValueError(
                    f"a kind ({', '.join(kinds)}) in channels.{name}, whose name is none of them"
                    + (f"; did you mean {guess!r}?" if guess else "")
                )
        return channels

    @field_validator("surveys")
    @classmethod
    def _check_scales(cls, surveys: dict[Instrument, Survey]) -> dict[Instrument, Survey]:
        for instrument, survey in surveys.items():
            survey.check_scale(instrument)
        return surveys

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        from cxlab.scenario.staffing import check_base, check_staffing

        if self.lifecycle is not None:
            check_base(self)
        if not self.has_desk:
            if self.lifecycle is None:
                raise ValueError("at least one channel")
            if self.team is not None or self.teams:
                raise ValueError("channels, because there are teams")
            return self
        if (self.team is None) == (not self.teams):
            raise ValueError("either team (one team for everything) or teams (several)")
        if self.team is not None and self.team.name is not None and self.team.tier != 1:
            raise ValueError("tier 1 for the only team")
        check_staffing(self)
        return self

    @property
    def has_desk(self) -> bool:
        """Whether there is a support desk: a customer base without contacts needs none."""
        return bool(self.channels)

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario file, with all that it `extends`.

        `path`: a file, or a name as on the command line: looked for in this folder, in its folder
        `scenarios`, and among those that ship with cxlab. Raises InputError (file, key, what is
        expected, nearest known name) when the file is missing or says what cannot be.

        >>> Scenario.load("base").name
        'base'
        """
        file = scenario_file(path) if len(Path(path).parts) == 1 else Path(path)
        return cls.of(read_scenario(file), source=str(file))

    @classmethod
    def of(cls, data: dict[str, Any], *, source: str = "scenario") -> Scenario:
        """Check plain data, such as `resolved()` gives, and return the scenario it states."""
        return validated(cls, data, source)

    def but(self, **changes: Any) -> Scenario:
        """Return this scenario with some keys changed, named with dots or double underscores.

        `base.but(seed=7)`, `base.but(channels__email__arrivals_per_hour=5)` and
        `base.but(**{"team.shifts.0.agents": 4})` are scenarios of their own; `base` stays as it
        is. A change to None takes an optional key away. Raises InputError as `load` does.
        """
        data = self.resolved()
        made = self.name, before_and_after(data, changes)
        found = type(self).of(changed(data, changes), source=f"{self.name} with changes")
        # As a cached property keeps its value: no field, so that equal scenarios stay equal.
        found.__dict__["made_from"] = made
        return found

    def __getitem__(self, key: str) -> Any:
        """Return what stands at a key, named as in `but`; InputError with the nearest otherwise.

        In a notebook `scenario["` and the tabulator key list all of them.

        >>> Scenario.load("base")["team.shifts.0.agents"]
        3
        """
        data = self.resolved()
        there, value = look_up(data, key)
        if not there:
            raise InputError("the scenario has no such key", given=key, known=dotted_keys(data))
        return value

    def _ipython_key_completions_(self) -> list[str]:
        return dotted_keys(self.resolved())

    @cached_property
    def made_from(self) -> tuple[str, tuple[tuple[str, str, str], ...]]:
        """The scenario that `but` made this one from, and each change: key, before, now."""
        return "", ()

    def __repr__(self) -> str:
        """Return the scenario in one line."""
        return summary_line(self)

    __str__ = __repr__

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(summary_text(self))

    def _repr_html_(self) -> str:
        return summary_html(self)

    def resolved(self) -> dict[str, Any]:
        """Return the whole scenario, defaults filled in, as plain data that JSON can hold."""
        data: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
        if self.lifecycle is not None:
            del data["customers"]
        return data

    @property
    def sha256(self) -> str:
        """Fingerprint of `resolved()`: equal where and only where the scenarios are."""
        text = json.dumps(self.resolved(), ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the desk."""
        return ZoneInfo(self.time_zone)

    def local_midnight(self, day: int) -> datetime:
        """Return the instant (UTC) of local midnight, `day` days after the start."""
        on: date = self.start + timedelta(days=day)
        return datetime(on.year, on.month, on.day, tzinfo=self.zone).astimezone(UTC)

    @cached_property
    def starts_at(self) -> datetime:
        """Instant at which a replication begins."""
        return self.local_midnight(0)

    @cached_property
    def warm_up_ends_at(self) -> datetime:
        """Instant from which tickets count."""
        return self.local_midnight(self.horizon.dropped_days)

    @cached_property
    def ends_at(self) -> datetime:
        """Instant at which observation ends; nothing at or after it is seen."""
        return self.local_midnight(self.horizon.total_days)

    @cached_property
    def lines(self) -> dict[str, Channel]:
        """The channels by name, in the order of their names."""
        return {str(name): self.channels[name] for name in sorted(self.channels)}

    @cached_property
    def all_teams(self) -> dict[str, Team]:
        """The teams by name, in the order of the file."""
        if self.team is not None:
            return {self.team.name or "support": self.team}
        return {str(name): team for name, team in self.teams.items()}

    def kind(self, channel: str) -> str:
        """Return what a channel is in the tables: email, chat, phone, …."""
        return str(self.lines[channel].kind or channel)

    @cached_property
    def schedule(self) -> Schedule | None:
        """The business hours, in the desk's zone."""
        hours = self.business_hours
        return None if hours is None else hours.schedule(BUSINESS_HOURS, self.time_zone)

    def opening(self, channel: str) -> Schedule | None:
        """Return when a channel is open; None where it always is."""
        hours = self.lines[channel].opening_hours
        if hours is None or hours == "business":
            return self.schedule if hours else None
        assert not isinstance(hours, str)
        if self.business_hours is None:
            return Schedule.weekly(channel, self.time_zone, hours)
        return self.business_hours.schedule(channel, self.time_zone, hours)

    def expected_tickets(self, channel: str) -> float:
        """Return roughly how many tickets a channel brings in one replication."""
        if self.lifecycle is not None:
            return expected_requests(self.lifecycle, channel, self.horizon.total_days)
        week = float(hourly_rates(self.lines[channel].arrivals_per_hour).sum())
        days = [self.start + timedelta(days=day) for day in range(self.horizon.total_days)]
        extra = sum(
            special.arrivals_factor - 1
            for special in self.special_days
            for day in days
            if special.holds(day, channel)
        )
        return max(0.0, week / 7 * (len(days) + extra))
