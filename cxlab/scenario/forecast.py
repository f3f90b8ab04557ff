"""Roughly how many customers, requests and events a base brings, before it is simulated."""

from __future__ import annotations

from cxlab.scenario.lifecycle import Lifecycle, Renewal

__all__ = ["expected_customers", "expected_events", "expected_requests", "expected_total"]

DAYS_A_MONTH = 30.436875


def expected_customers(life: Lifecycle, days: int) -> list[float]:
    """Return the expected number of customers at the start of each month of so many days.

    A mean-field recursion: everybody leaves at the mean rate, whatever the tenure, features and
    service; who was won in a month is there at its end.
    """
    stays = 1 - _leaving_a_month(life)
    won = sum(
        (way.leads_per_week or 0.0) / 7 * DAYS_A_MONTH * way.evaluates * way.buys
        for way in life.acquisition.values()
    )
    referred = sum(
        way.evaluates * way.buys for way in life.acquisition.values() if way.kind == "referral"
    ) * (life.referral.probability if life.referral else 0.0)
    base = [float(life.initial_customers)]
    for _ in range(int(days / DAYS_A_MONTH)):
        base.append(min(base[-1] * (stays + referred) + won, 1e15))
    return base


def expected_total(life: Lifecycle, days: int) -> float:
    """Return the expected number of all who are ever customers in so many days."""
    base = expected_customers(life, days)
    left = _leaving_a_month(life)
    return base[-1] + left * sum(base[:-1])


def expected_events(life: Lifecycle, days: int) -> float:
    """Return the expected number of leads, uses of features and purchases in so many days."""
    base = expected_customers(life, days)
    uses = sum(f.adopts * f.uses_per_week / 7 * DAYS_A_MONTH for f in life.features.values())
    bought = life.purchases.per_month if life.purchases else 0.0
    leads = sum((way.leads_per_week or 0.0) / 7 * days for way in life.acquisition.values())
    return leads + sum(base) / len(base) * days / DAYS_A_MONTH * (uses + bought)


def expected_requests(life: Lifecycle, channel: str, days: int) -> float:
    """Return the expected number of requests by a channel in so many days."""
    contacts = life.contacts
    if contacts is None:
        return 0.0
    base = expected_customers(life, days)
    segment = sum(s.share * s.contact_factor for s in life.segments.values())
    rate = contacts.per_month * contacts.tenure_factors[-1][1] * segment
    months = days / DAYS_A_MONTH
    return sum(base) / len(base) * months * rate * contacts.channel_shares.get(channel, 0.0)


def _leaving_a_month(life: Lifecycle) -> float:
    own = _mean_leaving(life.renewal) * life.renewal.tenure_factors[-1][1]
    lost = life.renewal.payment_failure * (1 - life.renewal.recovery)
    return sum(
        segment.share
        * share
        * min(1.0, own * segment.churn_factor * life.plans[plan].churn_factor + lost)
        / life.plans[plan].term_months
        for segment in life.segments.values()
        for plan, share in segment.plan_shares.items()
    )


def _mean_leaving(law: Renewal) -> float:
    if law.law == "geometric":
        return law.leaving_probability or 0.0
    if law.law == "beta_geometric":
        alpha, beta = law.alpha or 0.0, law.beta or 1.0
        return alpha / (alpha + beta)
    variance, hazard = law.frailty_variance or 1.0, law.hazard or 0.0
    return float(1 - (1 + variance * hazard) ** (-1 / variance))
