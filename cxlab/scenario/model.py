"""The model of a scenario file: every key, its type, its unit and what it may hold."""

from __future__ import annotations

import hashlib
import json
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from cxlab.errors import nearest
from cxlab.scenario.laws import Duration
from cxlab.scenario.source import changed, read_scenario
from cxlab.scenario.week import ClockTime, Days, LocalDate, Rates, hourly_rates, parse_days
from cxlab.scenario.week import seconds_of_day as _seconds_of_day
from cxlab.validation import validated

__all__ = ["Channel", "Horizon", "Rules", "Scenario", "Shift", "Survey", "Team"]

LARGEST_EXPECTED_TICKETS = 5_000_000

ChannelName = Literal["email", "chat", "phone", "web", "portal", "social", "other"]
PriorityName = Literal["urgent", "high", "normal", "low"]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, serialize_by_alias=True)


class Horizon(_Part):
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


class Rules(_Part):
    """The rules of the desk that a reader must know, each stated by name.

    `shift_end = "finish"`: an agent finishes the ticket in hand after the shift's end.
    `unfinished = "keep_open"`: what the horizon cuts off stays in the tables, times missing.
    """

    shift_end: Literal["finish"] = "finish"
    unfinished: Literal["keep_open"] = "keep_open"


class Channel(_Part):
    """One way by which customers reach the desk.

    `first_reply` says when the reply goes out: at the `start` of the handling (phone, chat) or
    at its `end` (email). A channel with a lower `queue_rank` is served first; inside a rank
    the priority decides, then the time of queueing. Without `patience_minutes` customers wait
    for ever. With probability 1 − `resolution_probability` a solved customer comes back on
    the same ticket after `return_hours`, until `max_contacts` is reached.
    """

    arrivals_per_hour: Rates
    handle_minutes: Duration
    patience_minutes: Duration | None = None
    first_reply: Literal["start", "end"]
    queue_rank: Annotated[int, Field(ge=1, le=99)] = 1
    priority_shares: dict[PriorityName, Share] = Field(default={"normal": 1.0})
    topic_shares: dict[str, Share] = Field(default_factory=dict)
    resolution_probability: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    return_hours: Duration | None = None
    max_contacts: Annotated[int, Field(ge=1, le=20)] = 3
    service_level_seconds: Positive | None = None
    first_reply_target_minutes: Positive | None = None
    first_reply_target_hours: Positive | None = None

    @field_validator("priority_shares", "topic_shares")
    @classmethod
    def _check_shares(cls, shares: dict[str, float]) -> dict[str, float]:
        total = sum(shares.values())
        if shares and abs(total - 1) > 1e-9:
            raise ValueError(f"shares that sum to 1 (these sum to {total:.6g})")
        return shares

    @field_validator("priority_shares")
    @classmethod
    def _check_some_priority(cls, shares: dict[str, float]) -> dict[str, float]:
        if not shares:
            raise ValueError("at least one priority, such as {normal = 1}")
        return shares

    @model_validator(mode="after")
    def _check(self) -> Channel:
        if self.returns and self.return_hours is None:
            raise ValueError("return_hours, because resolution_probability is below 1")
        if self.first_reply_target_minutes and self.first_reply_target_hours:
            raise ValueError("first_reply_target_minutes or first_reply_target_hours, not both")
        return self

    @property
    def returns(self) -> bool:
        """Whether customers of this channel can come back on a ticket."""
        return self.resolution_probability < 1 and self.max_contacts > 1

    @property
    def first_reply_target_s(self) -> float | None:
        """The promised time to the first reply in seconds, on the clock of the calendar."""
        if self.first_reply_target_hours is not None:
            return self.first_reply_target_hours * 3600
        if self.first_reply_target_minutes is not None:
            return self.first_reply_target_minutes * 60
        return None


class Shift(_Part):
    """A line of the weekly shift plan: so many agents of its own, on these days, [from, to).

    Times are local. A shift whose `to` is not after its `from` ends on the next day; the whole
    day is "00:00" to "24:00".
    """

    agents: Annotated[int, Field(ge=0, le=10_000)]
    days: Days
    from_: Annotated[ClockTime, Field(alias="from")]
    to: ClockTime
    hourly_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Shift:
        if self.from_ == self.to or self.from_ == "24:00":
            raise ValueError('a shift with a length; the whole day is from "00:00" to "24:00"')
        days = sorted(parse_days(self.days))
        starts = [day * 86_400 + self.starts_s for day in days]
        for first, second in zip(starts, [*starts[1:], starts[0] + 7 * 86_400], strict=True):
            if first + self.length_s > second:
                raise ValueError("a shift that ends before its next day's shift begins")
        return self

    @property
    def starts_s(self) -> int:
        """Start in seconds after local midnight."""
        return _seconds_of_day(self.from_)

    @property
    def length_s(self) -> int:
        """Planned length in seconds of the local clock."""
        length = _seconds_of_day(self.to) - self.starts_s
        return length if length > 0 else length + 86_400


class Team(_Part):
    """The people who answer, and when they are on duty."""

    name: Annotated[str, Field(min_length=1, max_length=80)] = "support"
    hourly_cost: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    shifts: list[Shift]


class Survey(_Part):
    """A CSAT question (1–5) after the last solve, answered by a proportional-odds model.

    P(score ≤ k) = logistic(cutpoints[k−1] + e), for k = 1..4, with
    e = `wait_effect` · w + `extra_contact_effect` · (contacts − 1), where w is the hours from
    creation to the first reply (`wait_scale` = "hours") or log(1 + hours) ("log_hours").
    Positive effects make satisfaction worse. These are assumptions, not findings.
    """

    response_rate: Share
    delay_hours: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    answer_hours: Duration | None = None
    cutpoints: Annotated[list[Finite], Field(min_length=4, max_length=4)]
    wait_effect: Finite = 0.0
    wait_scale: Literal["hours", "log_hours"] = "hours"
    extra_contact_effect: Finite = 0.0

    @field_validator("cutpoints")
    @classmethod
    def _check_order(cls, cutpoints: list[float]) -> list[float]:
        if sorted(set(cutpoints)) != cutpoints:
            raise ValueError("four cutpoints in increasing order")
        return cutpoints


class Scenario(_Part):
    """A support desk to simulate, as one TOML file states it.

    Load one with `Scenario.load(path)`, change it with `.but(...)`; a scenario never changes
    in place. `resolved()` is the whole of it as plain data, `sha256` its fingerprint.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    description: Annotated[str, Field(max_length=5000)] = ""
    time_zone: str
    start: LocalDate
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    replications: Annotated[int, Field(ge=1, le=100_000)] = 10
    customers: Annotated[int, Field(ge=1, le=100_000_000)] = 1000
    horizon: Horizon
    rules: Rules = Field(default_factory=Rules)
    channels: Annotated[dict[ChannelName, Channel], Field(min_length=1)]
    team: Team
    survey: Survey | None = None

    @field_validator("time_zone")
    @classmethod
    def _check_zone(cls, name: str) -> str:
        known = zoneinfo.available_timezones()
        if name not in known:
            guess = nearest(name, known)
            raise ValueError(
                'an IANA time zone such as "Europe/Berlin"'
                + (f"; did you mean {guess!r}?" if guess else "")
            )
        return name

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        expected = {name: self.expected_tickets(name) for name in self.channels}
        somebody = any(shift.agents for shift in self.team.shifts)
        if any(expected.values()) and not somebody:
            raise ValueError("a shift with agents, because tickets arrive and nobody ever works")
        if sum(expected.values()) > LARGEST_EXPECTED_TICKETS:
            raise ValueError(
                f"at most {LARGEST_EXPECTED_TICKETS:,} expected tickets in a replication "
                f"(here {sum(expected.values()):,.0f})"
            )
        return self

    @classmethod
    def load(cls, path: str | Path) -> Scenario:
        """Read a scenario file, with all that it `extends`.

        Raises InputError (file, key, what is expected, nearest known name) when the file is
        missing or says what cannot be.
        """
        return cls.of(read_scenario(Path(path)), source=str(path))

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
        data = changed(self.resolved(), changes)
        return type(self).of(data, source=f"{self.name} with changes")

    def resolved(self) -> dict[str, Any]:
        """Return the whole scenario, defaults filled in, as plain data that JSON can hold."""
        data: dict[str, Any] = self.model_dump(mode="json", by_alias=True, exclude_none=True)
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

    @property
    def starts_at(self) -> datetime:
        """Instant at which a replication begins."""
        return self.local_midnight(0)

    @property
    def warm_up_ends_at(self) -> datetime:
        """Instant from which tickets count."""
        return self.local_midnight(self.horizon.dropped_days)

    @property
    def ends_at(self) -> datetime:
        """Instant at which observation ends; nothing at or after it is seen."""
        return self.local_midnight(self.horizon.total_days)

    def expected_tickets(self, channel: str) -> float:
        """Return roughly how many tickets a channel brings in one replication."""
        of_channel = {str(name): c for name, c in self.channels.items()}[channel]
        return float(hourly_rates(of_channel.arrivals_per_hour).sum()) * (
            self.horizon.total_days / 7
        )
