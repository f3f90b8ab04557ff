"""The customer base of a scenario: how customers are won, what they pay, why they ask and leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from cxlab.errors import nearest
from cxlab.scenario.customers import (
    Acquisition,
    Campaign,
    Contacts,
    Feature,
    LoyaltyProgramme,
    Onboarding,
    Plan,
    Purchases,
    Referral,
    RelationSurvey,
    Renewal,
    Segment,
    WinBack,
    check_shares,
)
from cxlab.scenario.laws import Duration
from cxlab.scenario.links import Link
from cxlab.scenario.parts import Name, NotNegative, Part

__all__ = ["PAYMENT_FAILED", "Lifecycle", "Payments"]

Payments = Literal["advance", "renewals", "arrears", "undiscounted"]
"""Which payments a lifetime value counts, and when: see `cxlab.theory.lifetime_value`."""


class Lifecycle(Part):
    """The customer base: acquisition, plans, use, contacts, renewal, referral, value.

    `initial_customers` are there at the start, for as long as `initial_months` says; of those who
    have renewed before, the likely leavers are gone already, and their laws know it. With
    `closed_loop` the `links` hold: the service that customers get changes what they do; without
    it they are known and change nothing. `discount_per_year` and `payments` are the conventions
    of lifetime values. Without `contacts` nobody asks for support, and no desk is needed.
    """

    closed_loop: bool = False
    initial_customers: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    initial_months: Duration | None = None
    discount_per_year: NotNegative = 0.1
    payments: Payments = "advance"
    acquisition: dict[Name, Acquisition] = Field(default_factory=dict)
    segments: Annotated[dict[Name, Segment], Field(min_length=1)]
    plans: Annotated[dict[Name, Plan], Field(min_length=1)]
    onboarding: Onboarding | None = None
    features: Annotated[dict[Name, Feature], Field(max_length=20)] = Field(default_factory=dict)
    contacts: Contacts | None = None
    renewal: Renewal
    referral: Referral | None = None
    win_back: WinBack | None = None
    loyalty: LoyaltyProgramme | None = None
    campaigns: Annotated[dict[Name, Campaign], Field(max_length=20)] = Field(default_factory=dict)
    purchases: Purchases | None = None
    relation_survey: RelationSurvey | None = None
    links: Annotated[list[Link], Field(max_length=20)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _check(self) -> Lifecycle:
        check_shares({name: segment.share for name, segment in self.segments.items()})
        for name, segment in self.segments.items():
            _all_known(segment.plan_shares, self.plans, f"segments.{name}.plan_shares", "plan")
        for name, way in self.acquisition.items():
            shares = way.segment_shares or {}
            _all_known(shares, self.segments, f"acquisition.{name}.segment_shares", "segment")
        for name, plan in self.plans.items():
            moves = [to for to in (plan.upgrade_to, plan.downgrade_to) if to is not None]
            _all_known(moves, self.plans, f"plans.{name}", "plan to move to")
        if PAYMENT_FAILED in self.renewal.reasons:
            raise ValueError(f"reasons other than {PAYMENT_FAILED}, which failed payments have")
        self._check_ways()
        self._check_links()
        return self

    def _check_ways(self) -> None:
        referred = [name for name, way in self.acquisition.items() if way.kind == "referral"]
        if len(referred) > 1:
            raise ValueError(f"one way of the kind referral, not {', '.join(referred)}")
        if (self.referral is not None) != bool(referred):
            raise ValueError("both a table referral and an acquisition of that kind, or neither")
        won = any(
            min(way.leads_per_week or 0.0, way.evaluates, way.buys) > 0
            for way in self.acquisition.values()
        )
        if won or self.initial_customers:
            return
        if referred:
            raise ValueError("somebody who refers: initial_customers or a paid way that wins some")
        raise ValueError(
            "a way to win customers (leads_per_week, evaluates and buys above 0), or "
            "initial_customers"
        )

    def _check_links(self) -> None:
        names = [link.name for link in self.links]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"links of different names (here is {name} twice)")
            if name in self.renewal.reasons or name == PAYMENT_FAILED:
                raise ValueError(f"a link named otherwise than the reasons to leave ({name})")
        if self.links and self.contacts is None:
            raise ValueError("contacts, because links look at the service that customers get")


PAYMENT_FAILED = "payment_failed"
"""The reason of those who are lost because a payment failed."""


def _all_known(names: Iterable[str], known: Mapping[str, object], where: str, what: str) -> None:
    for name in names:
        if name not in known:
            guess = nearest(name, known)
            raise ValueError(
                f"a known {what} in {where}, not {name!r}: one of {', '.join(known)}"
                + (f"; did you mean {guess!r}?" if guess else "")
            )
