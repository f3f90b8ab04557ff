"""The tables of a customer base: ways to win customers, segments, plans, use, renewal, ….

`cxlab.scenario.lifecycle` puts them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from cxlab.scenario.laws import Duration
from cxlab.scenario.parts import Finite, Money, Name, NotNegative, Pair, Part, Positive, Share

__all__ = [
    "Acquisition",
    "Campaign",
    "Contacts",
    "Feature",
    "LoyaltyProgramme",
    "Onboarding",
    "Plan",
    "Purchases",
    "Referral",
    "RelationSurvey",
    "Renewal",
    "Segment",
    "Steps",
    "WinBack",
    "check_shares",
]

Steps = Annotated[list[Pair], Field(min_length=1, max_length=50)]
"""Factors that hold from a number of months on: [[0, 1.5], [6, 1.0]]."""


def _check_steps(steps: Steps) -> Steps:
    months = [month for month, _ in steps]
    if months[0] != 0 or sorted(set(months)) != months:
        raise ValueError("[months, factor] in order of the months, beginning with month 0")
    return steps


def check_shares(shares: Mapping[str, float]) -> None:
    """Raise ValueError for shares that do not sum to 1."""
    total = sum(shares.values())
    if abs(total - 1) > 1e-9:
        raise ValueError(f"shares that sum to 1 (these sum to {total:.6g})")


class Acquisition(Part):
    """One way by which people hear of the business, from first notice to purchase.

    `paid` leads come at random, `leads_per_week` of them on average, and cost `cost_per_lead`
    (marketing) and, when they evaluate, `cost_per_evaluation` (sales). Leads of the kind
    `referral` come from customers (see `referral`). A share `evaluates` of the leads looks closer
    after `aware_days`; a share `buys` of these buys after `evaluating_days` more.
    """

    kind: Literal["paid", "referral"] = "paid"
    leads_per_week: NotNegative | None = None
    cost_per_lead: Money = 0.0
    cost_per_evaluation: Money = 0.0
    evaluates: Share = 1.0
    buys: Share
    aware_days: Duration | None = None
    evaluating_days: Duration | None = None
    segment_shares: dict[Name, Share] | None = None

    @model_validator(mode="after")
    def _check(self) -> Acquisition:
        if (self.kind == "paid") != (self.leads_per_week is not None):
            raise ValueError("leads_per_week for a paid way, and for no other")
        if self.segment_shares is not None:
            check_shares(self.segment_shares)
        return self


class Segment(Part):
    """Customers of one sort: their share, the plans they take, and how they differ.

    The factors multiply the leaving probability, the contact rate, and the patience of everybody
    in the segment; `plan_shares` says which plans its customers buy first. Leads that `strategic`
    customers name count as such in the table of referrals.
    """

    share: Share
    plan_shares: dict[Name, Share]
    churn_factor: NotNegative = 1.0
    contact_factor: NotNegative = 1.0
    patience_factor: Positive = 1.0
    strategic: bool = False

    @model_validator(mode="after")
    def _check(self) -> Segment:
        if not self.plan_shares:
            raise ValueError("plan_shares, at least one")
        check_shares(self.plan_shares)
        return self


class Plan(Part):
    """What is sold: `price_per_month`, paid in advance for each term of `term_months`.

    `margin` is the share of the price that is left after what the service itself costs (not
    support, sales or marketing), `seats` for how many users it is. At the end of a term who stays
    moves to the plan `upgrade_to` with `upgrade_probability`, else to `downgrade_to` with
    `downgrade_probability`.
    """

    price_per_month: Money
    margin: Share = 1.0
    term_months: Annotated[int, Field(ge=1, le=60)] = 1
    seats: Annotated[int, Field(ge=1)] = 1
    churn_factor: NotNegative = 1.0
    upgrade_to: Name | None = None
    upgrade_probability: Share = 0.0
    downgrade_to: Name | None = None
    downgrade_probability: Share = 0.0

    @model_validator(mode="after")
    def _check(self) -> Plan:
        for way in ("upgrade", "downgrade"):
            stated = getattr(self, f"{way}_to") is not None
            if stated != (getattr(self, f"{way}_probability") > 0):
                raise ValueError(f"both {way}_to and a {way}_probability above 0, or neither")
        return self


class Onboarding(Part):
    """The first steps: a share `completes` them, `days` after the purchase.

    Until then (and for ever, where they never do) the leaving probability is multiplied by
    `churn_factor` and the contact rate by `contact_factor`.
    """

    completes: Share = 1.0
    days: Duration
    churn_factor: NotNegative = 1.0
    contact_factor: NotNegative = 1.0


class Feature(Part):
    """Something to use: a share `adopts` it, `days` after the onboarding, for good.

    Who has adopted it uses it `uses_per_week` times on average; the two factors multiply the
    leaving probability and the contact rate from then on.
    """

    adopts: Share
    days: Duration | None = None
    uses_per_week: NotNegative = 1.0
    churn_factor: NotNegative = 1.0
    contact_factor: NotNegative = 1.0


class Contacts(Part):
    """How often customers need support, and which way they come.

    `per_month` is the rate of an average month, times `tenure_factors` by months (of 30.44 days)
    since the purchase. When in the week they come is told by the `arrivals_per_hour` of the
    channels: their shape counts here, their level does not. The factors of segment, onboarding and
    features multiply the rate.
    """

    per_month: NotNegative
    tenure_factors: Steps = Field(default=[[0, 1.0]])
    channel_shares: Annotated[dict[Name, Share], Field(min_length=1)]

    @field_validator("tenure_factors")
    @classmethod
    def _check_tenure(cls, steps: Steps) -> Steps:
        return _check_steps(steps)

    @field_validator("channel_shares")
    @classmethod
    def _check_channels(cls, shares: dict[str, float]) -> dict[str, float]:
        check_shares(shares)
        return shares


class Renewal(Part):
    """The probability of leaving at the end of a term, and why.

    `geometric`: the same `leaving_probability` for all. `beta_geometric`: everybody has a
    probability of their own, beta distributed with `alpha` and `beta`. `gamma_frailty`: it is
    1 − exp(−`hazard` × Z), Z gamma distributed over customers with mean 1 and
    `frailty_variance`. It is multiplied by `tenure_factors` (by months since the purchase: from
    that anniversary on), the factors of segment, plan, onboarding, features, loyalty and campaigns,
    and those of the links; a product above 1 counts as 1, and the manifest says how often that was
    so.

    `reasons` are the shares of what leaving customers name, where no link made them leave. A
    payment fails with `payment_failure`, and is recovered with `recovery`; else the customer is
    lost, involuntarily.
    """

    law: Literal["geometric", "beta_geometric", "gamma_frailty"]
    leaving_probability: Share | None = None
    alpha: Positive | None = None
    beta: Positive | None = None
    hazard: NotNegative | None = None
    frailty_variance: Positive | None = None
    tenure_factors: Steps = Field(default=[[0, 1.0]])
    reasons: dict[Name, Share] = Field(default={"unknown": 1.0})
    payment_failure: Share = 0.0
    recovery: Share = 0.0

    @field_validator("tenure_factors")
    @classmethod
    def _check_tenure(cls, steps: Steps) -> Steps:
        return _check_steps(steps)

    @model_validator(mode="after")
    def _check(self) -> Renewal:
        wanted = {
            "geometric": ("leaving_probability",),
            "beta_geometric": ("alpha", "beta"),
            "gamma_frailty": ("hazard", "frailty_variance"),
        }
        for law, keys in wanted.items():
            for key in keys:
                if (getattr(self, key) is not None) != (law == self.law):
                    has = f"{' and '.join(wanted[self.law])} for the law {self.law}, no other"
                    raise ValueError(f"{has} (here: {key})")
        if not self.reasons:
            raise ValueError("at least one reason, such as {unknown = 1}")
        check_shares(self.reasons)
        return self


class Referral(Part):
    """Word of mouth: who is still there after a month names somebody with `probability`."""

    probability: Share


class WinBack(Part):
    """Customers who come back: a share of those who left of their own will, after `days`."""

    probability: Share
    days: Duration
    most: Annotated[int, Field(ge=1, le=20)] = 1


class LoyaltyProgramme(Part):
    """A programme that customers may join `after_months`: a share `joins`, `days` later.

    Members' leaving probability is multiplied by `churn_factor`.
    """

    after_months: Annotated[int, Field(ge=0, le=120)] = 0
    joins: Share
    days: Duration | None = None
    churn_factor: NotNegative = 1.0


class Campaign(Part):
    """Something issued to a share of the active customers, `every_days` from `first_day` on.

    It is worth `value` and runs out after `valid_days`; a share `redeems` it, `redeem_days`
    after it was issued. Who redeemed it in the last `effect_days` has a leaving probability
    `churn_factor` times as high.
    """

    kind: Literal["coupon", "points", "promo", "loyalty"] = "coupon"
    first_day: Annotated[int, Field(ge=0)] = 0
    every_days: Annotated[int, Field(ge=1)]
    share: Share = 1.0
    members_only: bool = False
    value: Money = 0.0
    valid_days: Annotated[int, Field(ge=1)] = 30
    redeems: Share
    redeem_days: Duration | None = None
    churn_factor: NotNegative = 1.0
    effect_days: NotNegative = 90.0


class Purchases(Part):
    """What customers buy besides their plan: `per_month` on average, more by some than by others.

    The rates of customers are gamma distributed with the coefficient of variation `rate_cv`, so
    that their numbers of purchases are negative binomial. Each costs `amount` and leaves `margin`.
    """

    per_month: NotNegative
    rate_cv: NotNegative = 0.0
    amount: Duration
    margin: Share = 1.0
    products: dict[Name, Share] = Field(default={"extra": 1.0})

    @field_validator("products")
    @classmethod
    def _check_products(cls, shares: dict[str, float]) -> dict[str, float]:
        check_shares(shares)
        return shares


class RelationSurvey(Part):
    """The question whether they would recommend the business, asked of customers, not tickets.

    Everybody is asked `every_months` after the purchase; a share `response_rate` answers, by a
    proportional-odds model with ten `cutpoints` for the scores 0 to 10. `frailty_effect` × (the
    own leaving probability ÷ the mean one − 1) is added: positive values make those who are
    likely to leave score lower.
    """

    every_months: Annotated[int, Field(ge=1, le=120)] = 6
    response_rate: Share
    cutpoints: Annotated[list[Finite], Field(min_length=10, max_length=10)]
    frailty_effect: Finite = 0.0

    @field_validator("cutpoints")
    @classmethod
    def _check_order(cls, cutpoints: list[float]) -> list[float]:
        if sorted(set(cutpoints)) != cutpoints:
            raise ValueError("cutpoints in increasing order")
        return cutpoints
