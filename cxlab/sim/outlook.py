"""What a scenario's customer base lets expect, before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterator

from cxlab.scenario import Scenario
from cxlab.scenario.forecast import (
    DAYS_A_MONTH,
    expected_customers,
    expected_total,
    own_growth,
)
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.scenario.links import Curve, Link

__all__ = ["base_notes", "base_outlook", "curve_told", "links_told"]

GONE = 0.05
"""A base that falls to such a share of its largest size dies out."""

MANIFOLD = 10.0
"""A base that grows to so many times its size by word of mouth alone explodes."""


def base_outlook(scenario: Scenario) -> list[str]:
    """Return what is modelled of customers and how much of it to expect, in lines; may be none."""
    life, days = scenario.lifecycle, scenario.horizon.total_days
    if life is None:
        return []
    base = expected_customers(life, days)
    found = [
        f"customers: {life.initial_customers:,} at the start, by forecast about "
        f"{expected_total(life, days):,.0f} in all and {base[-1]:,.0f} at the end of {days} days",
        f"plans: {', '.join(_plans(life, scenario.currency))}",
        f"won by: {', '.join(_ways(life)) or 'nothing, only those of the start are there'}",
    ]
    if life.contacts is None:
        found.append("desk: none, because customers do not ask for support (no contacts)")
    else:
        tickets = {name: scenario.expected_tickets(name) for name in scenario.lines}
        told = ", ".join(f"{name} {n:,.0f}" for name, n in tickets.items())
        found.append(f"tickets: by forecast about {sum(tickets.values()):,.0f} ({told})")
    return [*found, f"links: {links_told(life)}"]


def _plans(life: Lifecycle, currency: str) -> Iterator[str]:
    for name, plan in life.plans.items():
        term = f", terms of {plan.term_months} months" if plan.term_months > 1 else ""
        yield f"{name} ({currency} {plan.price_per_month:g} a month{term})"


def _ways(life: Lifecycle) -> Iterator[str]:
    for name, way in life.acquisition.items():
        leads = "referral" if way.kind == "referral" else f"{way.leads_per_week:g} leads a week"
        yield f"{name} ({leads})"


def links_told(life: Lifecycle) -> str:
    """Return which links there are, and whether they hold.

    >>> from cxlab.scenario.customers import Plan, Renewal, Segment
    >>> links_told(Lifecycle(
    ...     initial_customers=9, plans={"a": Plan(price_per_month=1.0)},
    ...     segments={"all": Segment(share=1.0, plan_shares={"a": 1.0})},
    ...     renewal=Renewal(law="geometric", leaving_probability=0.1)))
    'none'
    """
    if not life.links:
        return "none"
    names = ", ".join(f"{link.name} ({link.from_} on {link.on})" for link in life.links)
    return f"{names}: " + (
        "they hold (closed_loop = true)" if life.closed_loop
        else "off, they change nothing (closed_loop = false)"
    )  # fmt: skip


def curve_told(curve: Curve | None) -> str:
    """Return the points of a curve, experience and factor.

    >>> curve_told([[1.0, 0.9], [24.0, 2.0]])
    '1: 0.9, 24: 2'
    """
    return "–" if curve is None else ", ".join(f"{x:g}: {factor:g}" for x, factor in curve)


def base_notes(scenario: Scenario) -> list[str]:
    """Return what makes the customer base of a scenario doubtful, in sentences; may be none."""
    life = scenario.lifecycle
    if life is None:
        return []
    return [*_loop(life), *_idle(scenario, life), *_size(life, scenario.horizon.total_days)]


def _loop(life: Lifecycle) -> Iterator[str]:
    if life.closed_loop and not life.links:
        yield "closed_loop is on, but there are no links: service changes nothing"
    if life.links and not life.closed_loop:
        names = ", ".join(link.name for link in life.links)
        yield f"closed_loop is off: the links ({names}) change nothing"


def _idle(scenario: Scenario, life: Lifecycle) -> Iterator[str]:
    """Say which links find nothing to look at, or nothing to change."""
    for link in life.links if life.closed_loop else []:
        why = _why_idle(scenario, life, link)
        if why:
            yield f"the link {link.name} changes nothing: {why}"


def _why_idle(scenario: Scenario, life: Lifecycle, link: Link) -> str:
    if link.from_ == "csat" and "csat" not in scenario.surveys:
        return "it looks at csat, and there is no surveys.csat"
    if link.on == "referral" and life.referral is None:
        return "it is on referral, and nobody refers anybody"
    if link.on == "expansion" and not any(plan.upgrade_to for plan in life.plans.values()):
        return "it is on expansion, and no plan has an upgrade"
    return ""


def _size(life: Lifecycle, days: int) -> Iterator[str]:
    """Say that the base nearly vanishes, or grows many times over, by forecast."""
    base = expected_customers(life, days)
    most, last, growth = max(base), base[-1], own_growth(life, days)
    if last < GONE * most:
        yield (
            f"by forecast the customer base dies out: from {most:,.0f} customers to {last:,.0f} "
            f"in {days} days"
        )
    elif (1 + growth) ** (days / DAYS_A_MONTH) > MANIFOLD:
        yield (
            f"by forecast the customer base explodes: word of mouth alone lets it grow by "
            f"{growth:.0%} a month, to {last:,.0f} customers after {days} days"
        )
