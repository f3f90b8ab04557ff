"""The probabilities of a customer base as tables of factors, and the order of their product."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cxlab.scenario.customers import Campaign
from cxlab.scenario.lifecycle import PAYMENT_FAILED, Lifecycle
from cxlab.scenario.links import Curve, Effect, Link
from cxlab.sim.base.contacts import DAYS_A_MONTH
from cxlab.sim.base.customers import Population

__all__ = ["FAILED", "Odds", "Steps", "on_curve"]

MOST_MONTHS = 12 * 10_000
"""As many as nobody ever is a customer."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Steps:
    """A factor that depends on the time since the purchase: `factors[i]` from a day on.

    It is the anniversary of so many whole `months`, and so many `days` more.
    """

    months: Integers
    days: Integers
    factors: Floats

    @classmethod
    def of(cls, steps: list[list[float]]) -> Steps:
        """Return factors that the scenario states by months."""
        whole = [min(int(month), MOST_MONTHS) for month, _ in steps]
        rest = [round(month % 1 * DAYS_A_MONTH) for month, _ in steps]
        return cls(np.array(whole), np.array(rest), np.array([factor for _, factor in steps]))


def on_curve(curve: Curve, x: float) -> float:
    """Return the factor at an experience: straight lines between the points, level beyond.

    >>> on_curve([[0.0, 1.0], [10.0, 2.0]], 2.5), on_curve([[0.0, 1.0], [10.0, 2.0]], 99.0)
    (1.25, 2.0)
    """
    if x <= curve[0][0]:
        return curve[0][1]
    for (left, low), (right, high) in itertools.pairwise(curve):
        if x <= right:
            return low + (high - low) * ((x - left) / (right - left))
    return curve[-1][1]


FAILED = 0
"""The place of failed payments among the reasons."""


@dataclass(frozen=True)
class Odds:
    """The factors of a scenario, by place of segment, plan and feature."""

    population: Population

    @property
    def life(self) -> Lifecycle:
        """The customer base of the scenario."""
        return self.population.lifecycle

    @cached_property
    def segment(self) -> Floats:
        """Leaving factors by segment."""
        segments = self.life.segments
        return np.array([segments[name].churn_factor for name in self.population.segments])

    @cached_property
    def plan(self) -> Floats:
        """Leaving factors by plan."""
        return np.array([self.life.plans[name].churn_factor for name in self.population.plans])

    @cached_property
    def term(self) -> Integers:
        """Months of a term by plan."""
        return np.array([self.life.plans[name].term_months for name in self.population.plans])

    @cached_property
    def moves(self) -> tuple[tuple[Floats, Integers], tuple[Floats, Integers]]:
        """By plan: the probability and the plan of an upgrade, then of a downgrade."""
        plans = [self.life.plans[name] for name in self.population.plans]
        place = {name: i for i, name in enumerate(self.population.plans)}

        def to(names: list[str | None]) -> Integers:
            return np.array([place[name] if name is not None else 0 for name in names])

        return (
            (np.array([p.upgrade_probability for p in plans]), to([p.upgrade_to for p in plans])),
            (np.array([p.downgrade_probability for p in plans]),
             to([p.downgrade_to for p in plans])),
        )  # fmt: skip

    @cached_property
    def tenure(self) -> Steps:
        """Leaving factors by time since the purchase."""
        return Steps.of(self.life.renewal.tenure_factors)

    @property
    def onboarding(self) -> float:
        """Leaving factor of those who have not finished the first steps."""
        return 1.0 if self.life.onboarding is None else self.life.onboarding.churn_factor

    @cached_property
    def feature(self) -> Floats:
        """Leaving factors by feature."""
        return np.array([self.life.features[f].churn_factor for f in self.population.features])

    @property
    def member(self) -> float:
        """Leaving factor of members of the loyalty programme."""
        return 1.0 if self.life.loyalty is None else self.life.loyalty.churn_factor

    @cached_property
    def campaigns(self) -> list[tuple[str, Campaign]]:
        """The campaigns that keep customers, in order of name."""
        known = self.life.campaigns
        return [(name, known[name]) for name in sorted(known) if known[name].churn_factor != 1]

    def links(self, on: Effect) -> list[Link]:
        """Return the links on one probability; none in an open loop."""
        return [x for x in self.life.links if x.on == on] if self.life.closed_loop else []

    # --- reasons -----------------------------------------------------------------------------

    @cached_property
    def reasons(self) -> list[str]:
        """All reasons to leave: a failed payment, those of the scenario, the links."""
        links = [link.name for link in self.life.links if link.on == "churn"]
        return [PAYMENT_FAILED, *self.life.renewal.reasons, *links]

    @cached_property
    def reason_bounds(self) -> Floats:
        """Running sums of the shares of the scenario's own reasons, the last one unbounded."""
        bounds = np.cumsum(list(self.life.renewal.reasons.values()))
        bounds[-1] = np.inf
        return bounds

    @property
    def first_link_reason(self) -> int:
        """The place of the first link among the reasons."""
        return 1 + len(self.life.renewal.reasons)
