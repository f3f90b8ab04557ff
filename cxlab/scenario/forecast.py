"""Roughly how many customers and requests a customer base brings, before anything is simulated.

Expected numbers by months since the purchase, month by month, for each segment and plan: who is
there leaves at the mean rate of those who have stayed so long (survivors of a heterogeneous law
leave less often), by the mean of every factor at that tenure. Campaigns, links, changes of plan
and the time that a lead takes to decide are left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cxlab.scenario.customers import Acquisition, Renewal
from cxlab.scenario.laws import Law
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.scenario.parts import Pair

__all__ = [
    "expected_customers",
    "expected_events",
    "expected_requests",
    "expected_total",
    "own_growth",
]

Floats = npt.NDArray[np.float64]

DAYS_A_MONTH = 30.436875
MOST = 1e15
"""Nothing is expected to grow beyond this."""

_SHARES = (np.arange(32) + 0.5) / 32


def expected_customers(life: Lifecycle, days: int) -> list[float]:
    """Return the expected number of customers at the start of each month of so many days."""
    return _Forecast(life, days).base


def expected_total(life: Lifecycle, days: int) -> float:
    """Return the expected number of all who are ever customers in so many days."""
    forecast = _Forecast(life, days)
    part = forecast.months - int(forecast.months)
    return life.initial_customers + sum(forecast.won[:-1]) + part * forecast.won[-1]


def expected_requests(life: Lifecycle, channel: str, days: int) -> float:
    """Return the expected number of requests by a channel in so many days."""
    contacts = life.contacts
    if contacts is None:
        return 0.0
    return _Forecast(life, days).requests * contacts.channel_shares.get(channel, 0.0)


def expected_events(life: Lifecycle, days: int) -> float:
    """Return the expected number of leads, uses, purchases and campaign issues in so many days."""
    base = expected_customers(life, days)
    uses = sum(f.adopts * f.uses_per_week / 7 * DAYS_A_MONTH for f in life.features.values())
    bought = life.purchases.per_month if life.purchases else 0.0
    leads = sum((way.leads_per_week or 0.0) / 7 * days for way in life.acquisition.values())
    issued = sum(c.share / c.every_days * DAYS_A_MONTH for c in life.campaigns.values())
    return leads + sum(base) / len(base) * days / DAYS_A_MONTH * (uses + bought + issued)


def own_growth(life: Lifecycle, days: int) -> float:
    """Return the share by which the base grows a month in the last year, but for the paid ways."""
    forecast = _Forecast(life, days)
    return float(forecast.referred.sum()) - float(np.mean(forecast.leaving[-12:]))


@dataclass
class _Forecast:
    """The recursion over the months; a row for each segment and plan, a column for each age."""

    life: Lifecycle
    days: int

    def __post_init__(self) -> None:
        self.months = self.days / DAYS_A_MONTH
        self.base: list[float] = []
        self.won: list[float] = []
        self.leaving: list[float] = []
        self.requests = 0.0
        self._run()

    def _run(self) -> None:
        there = np.zeros((len(self.cells), self.ages))
        ages, counts = np.unique(self._initial, return_counts=True)
        there[:, ages] = self.life.initial_customers * np.outer(
            self._weights({}), counts / len(_SHARES)
        )
        for month in range(int(self.months) + 1):
            now = float(there.sum())
            if now > MOST:
                there, now = there * (MOST / now), MOST
            stay = there[:, :-1] * (1 - self.hazard[:, 1:])
            left = now - float(stay.sum())
            come = self.paid + self.referred * float(stay.sum())
            won = float(come.sum())
            self.leaving.append(left / now if now else 0.0)
            self.base.append(now)
            self.won.append(won)
            part = min(1.0, self.months - month)
            new = come * part / 2  # there for half of the time
            self.requests += part * float((there * self.rate).sum() + new @ self.rate[:, 0])
            there = np.hstack([come[:, None], stay])

    @cached_property
    def cells(self) -> list[tuple[str, str]]:
        """Every segment with every plan that its customers buy."""
        return [(s, p) for s, segment in self.life.segments.items() for p in segment.plan_shares]

    def _weights(self, own: dict[str, float]) -> Floats:
        """Return the share of customers in each cell, for a way with segment shares of its own."""
        segments = self.life.segments
        shares = own or {name: segment.share for name, segment in segments.items()}
        return np.array([shares.get(s, 0.0) * segments[s].plan_shares[p] for s, p in self.cells])

    @cached_property
    def paid(self) -> Floats:
        """Customers whom the paid ways win in a month, by cell."""
        return self._won(
            lambda way: (way.leads_per_week or 0.0) / 7 * DAYS_A_MONTH if way.kind == "paid" else 0
        )

    @cached_property
    def referred(self) -> Floats:
        """Customers won in a month for each customer who may name others, by cell."""
        named = self.life.referral.probability if self.life.referral else 0.0
        return self._won(lambda way: named if way.kind == "referral" else 0)

    def _won(self, leads: Callable[[Acquisition], float]) -> Floats:
        won = np.zeros(len(self.cells))
        for way in self.life.acquisition.values():
            shares = {str(name): share for name, share in (way.segment_shares or {}).items()}
            won += leads(way) * way.evaluates * way.buys * self._weights(shares)
        return won

    @cached_property
    def _initial(self) -> npt.NDArray[np.int64]:
        """Whole months since the purchase of those who were there, at evenly spaced shares."""
        law = self.life.initial_months
        if law is None:
            return np.zeros(len(_SHARES), dtype=np.int64)
        return np.minimum(law.quantile(_SHARES), 600).astype(np.int64)

    @property
    def ages(self) -> int:
        """Number of months since the purchase that can come up, 0 included."""
        return int(self._initial.max()) + int(self.months) + 3

    @cached_property
    def hazard(self) -> Floats:
        """The share that leaves on becoming so many months old; who is won back has not left."""
        life, ages = self.life, np.arange(self.ages)
        law, back = life.renewal, life.win_back.probability if life.win_back else 0.0
        lost = law.payment_failure * (1 - law.recovery)
        common = _steps(law.tenure_factors, ages) * self._factor(lambda part: part.churn_factor)
        if life.loyalty is not None:
            joined = life.loyalty.joins * (ages > life.loyalty.after_months)
            common = common * (1 + joined * (life.loyalty.churn_factor - 1))
        rows = []
        for s, p in self.cells:
            plan = life.plans[p]
            own = _leaving(law, np.maximum(ages // plan.term_months - 1, 0))
            own = own * life.segments[s].churn_factor * plan.churn_factor * common
            own = np.minimum(own, 1.0)
            ends = (ages % plan.term_months == 0) & (ages > 0)
            rows.append(ends * (own * (1 - back) + (1 - own) * lost))
        return np.array(rows)

    @cached_property
    def rate(self) -> Floats:
        """Requests a month of customers of an age."""
        contacts = self.life.contacts
        if contacts is None:
            return np.zeros((len(self.cells), self.ages))
        ages = np.arange(self.ages) + 0.5
        common = contacts.per_month * _steps(contacts.tenure_factors, ages)
        common = common * self._factor(lambda part: part.contact_factor, 0.5)
        own = np.array([self.life.segments[s].contact_factor for s, _ in self.cells])
        return np.asarray(own[:, None] * common)

    def _factor(self, of: Callable[..., float], later: float = 0.0) -> Floats:
        """Return the mean factor of onboarding and features by age, `later` in the month."""
        days: Floats = (np.arange(self.ages, dtype=np.float64) + later) * DAYS_A_MONTH
        steps, done, wait = self.life.onboarding, np.ones(self.ages), 0.0
        factor = np.ones(self.ages)
        if steps is not None:
            done = steps.completes * _within(steps.days, days)
            wait = steps.days.average
            factor = done + (1 - done) * of(steps)
        for feature in self.life.features.values():
            known = 1.0 if steps is None else steps.completes
            adopted = feature.adopts * known * _within(feature.days, days - wait)
            factor = factor * (1 + adopted * (of(feature) - 1))
        return factor


def _steps(steps: list[Pair], ages: npt.NDArray[np.generic]) -> Floats:
    """Return the factors that hold at some months since the purchase."""
    months = np.array([month for month, _ in steps])
    factors = np.array([factor for _, factor in steps])
    return np.asarray(factors[np.searchsorted(months, ages, side="right") - 1])


def _within(law: Law | None, days: Floats) -> Floats:
    """Return which share of some durations is over within some days."""
    if law is None:
        return (days >= 0).astype(np.float64)
    ends = np.sort(law.quantile(_SHARES))
    return np.asarray(np.searchsorted(ends, days, side="right") / len(ends))


def _leaving(law: Renewal, renewed: npt.NDArray[np.int64]) -> Floats:
    """Return the mean probability of leaving of those who have renewed so often."""
    if law.law == "geometric":
        return np.full(len(renewed), law.leaving_probability or 0.0)
    if law.law == "beta_geometric":
        alpha, beta = law.alpha or 0.0, law.beta or 1.0
        return np.asarray(alpha / (alpha + beta + renewed), dtype=np.float64)
    shape, hazard = 1 / (law.frailty_variance or 1.0), law.hazard or 0.0
    rate = shape + hazard * renewed
    return np.asarray(-np.expm1(-shape * np.log1p(hazard / rate)))
