"""The channels of a scenario: who comes, what the work is, how it may end."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from cxlab.scenario.laws import Duration, Patience
from cxlab.scenario.parts import ChannelKind, Money, NotNegative, Part, Positive, Share
from cxlab.scenario.week import OpeningHours, Rates

__all__ = ["PRIORITIES", "TIERS", "Bot", "Channel", "PriorityName", "Tier"]

TIERS = 3

PriorityName = Literal["urgent", "high", "normal", "low"]
PRIORITIES: tuple[str, ...] = get_args(PriorityName)
"""The priorities of tickets, the most urgent first, as the canonical tables name them."""
MoreThanNever = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


class Tier(Part):
    """Work that was passed on: its handling time, and how often it is passed on once more."""

    handle_minutes: Duration
    escalation_probability: Share = 0.0


class Bot(Part):
    """A bot that answers every new request of a channel at once, without a queue.

    It is done after `handle_minutes`. With probability `containment` it solves the request, else
    it hands over to people, and the customer waits from then on. A share `wrong_answers` of what
    it solved was not: these customers come back after `bounce_back_hours` and ask for a person.
    What a bot leaves is harder: people's handling times are `residual_handling_factor` as long.
    """

    handle_minutes: Duration
    containment: Share
    wrong_answers: Share = 0.0
    bounce_back_hours: Duration | None = None
    residual_handling_factor: Positive = 1.0
    cost_per_conversation: Money = 0.0

    @model_validator(mode="after")
    def _check(self) -> Bot:
        if self.containment > 0 and self.wrong_answers > 0 and self.bounce_back_hours is None:
            raise ValueError("bounce_back_hours, because wrong_answers is above 0")
        return self


class Channel(Part):
    """One way by which customers reach the desk; the table's name names it.

    `kind` is what it is in the tables (email, chat, phone, …); it may be left out where the name
    says it. `first_reply` says when the reply goes out: at the `start` of the handling (phone,
    chat) or at its `end` (email). A channel with a lower `queue_rank` is served first; inside a
    rank the priority decides, then the time of queueing.

    Without `patience_minutes` customers wait for ever. `balk_probability` is the share who leave
    at once when nobody is free, `room` how many can wait: more are turned away. Of those whose
    patience ends a share `callback_probability` leaves a number and keeps the place; of those who
    leave, a share `redial_probability` tries again after `redial_minutes`, which makes a new
    ticket. With probability 1 − `resolution_probability` a solved customer comes back after
    `return_hours`: on the same ticket (`returns_as` = "reopen") or with a new one ("new_ticket").
    `max_contacts` bounds the contacts of one request, redials included.

    `concurrency` is how many contacts of such channels an agent holds at once; each lasts
    1 + `slowdown` × (contacts held − 1) times as long. A share `escalation_probability` of the
    contacts is passed on to `tier2` (and from there to `tier3`), with queues of their own.
    Outside `opening_hours` customers wait or, with `when_closed` = "turn_away", hear that nobody
    is there; who comes back then does so in the first hour of the next opening.
    """

    kind: ChannelKind | None = None
    arrivals_per_hour: Rates
    handle_minutes: Duration
    patience_minutes: Patience | None = None
    balk_probability: Share = 0.0
    room: Annotated[int, Field(ge=0)] | None = None
    callback_probability: Share = 0.0
    redial_probability: Share = 0.0
    redial_minutes: Duration | None = None
    first_reply: Literal["start", "end"]
    queue_rank: Annotated[int, Field(ge=1, le=99)] = 1
    priority_shares: dict[PriorityName, Share] = Field(default={"normal": 1.0})
    topic_shares: dict[str, Share] = Field(default_factory=dict)
    resolution_probability: MoreThanNever = 1.0
    return_hours: Duration | None = None
    returns_as: Literal["reopen", "new_ticket"] = "reopen"
    max_contacts: Annotated[int, Field(ge=1, le=20)] = 3
    escalation_probability: Share = 0.0
    tier2: Tier | None = None
    tier3: Tier | None = None
    concurrency: Annotated[int, Field(ge=1, le=20)] = 1
    slowdown: NotNegative = 0.0
    bot: Bot | None = None
    opening_hours: OpeningHours | None = None
    when_closed: Literal["wait", "turn_away"] = "wait"
    shift_end: Literal["finish", "hand_back"] | None = None
    service_level_seconds: Positive | None = None
    first_reply_target_minutes: Positive | None = None
    first_reply_target_hours: Positive | None = None
    target_clock: Literal["calendar", "business"] = "calendar"
    cost_per_contact: Money = 0.0

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
        for wanted, given, why in (
            (self.returns, self.return_hours, "return_hours, because resolution_probability is"
             " below 1"),
            (self.redial_probability > 0, self.redial_minutes, "redial_minutes, because"
             " redial_probability is above 0"),
            (self.callback_probability > 0, self.patience_minutes, "patience_minutes, because"
             " callback_probability is above 0"),
            (self.when_closed == "turn_away", self.opening_hours, 'opening_hours, because'
             ' when_closed is "turn_away"'),
            (self.slowdown > 0, self.concurrency > 1 or None, "concurrency above 1 beside a"
             " slowdown"),
        ):  # fmt: skip
            if wanted and given is None:
                raise ValueError(why)
        if self.first_reply_target_minutes and self.first_reply_target_hours:
            raise ValueError("first_reply_target_minutes or first_reply_target_hours, not both")
        return self._check_tiers()

    def _check_tiers(self) -> Channel:
        passed_on, below = self.escalation_probability, "the channel"
        for number, tier in ((2, self.tier2), (3, self.tier3)):
            if tier is None and passed_on > 0:
                raise ValueError(f"tier{number}, because {below} escalates to it")
            if tier is not None and not passed_on > 0:
                raise ValueError(f"an escalation_probability above 0 below tier{number}, which "
                                 "nothing reaches")  # fmt: skip
            passed_on, below = (tier.escalation_probability if tier else 0.0), f"tier{number}"
        if passed_on > 0:
            raise ValueError("no escalation_probability at tier3: there is no tier above it")
        return self

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The work of each tier that this channel reaches, tier 1 first."""
        first = Tier(
            handle_minutes=self.handle_minutes, escalation_probability=self.escalation_probability
        )
        return tuple(tier for tier in (first, self.tier2, self.tier3) if tier is not None)

    @property
    def returns(self) -> bool:
        """Whether customers of this channel can come back after a solve."""
        return self.resolution_probability < 1 and self.max_contacts > 1

    @property
    def comes_again(self) -> bool:
        """Whether a request of this channel can take a second contact, for whatever reason."""
        return self.max_contacts > 1 and (
            self.returns
            or self.redial_probability > 0
            or (self.bot is not None and self.bot.containment * self.bot.wrong_answers > 0)
        )

    @property
    def first_reply_target_s(self) -> float | None:
        """The promised time to the first reply in seconds, on the clock of `target_clock`."""
        if self.first_reply_target_hours is not None:
            return self.first_reply_target_hours * 3600
        if self.first_reply_target_minutes is not None:
            return self.first_reply_target_minutes * 60
        return None
