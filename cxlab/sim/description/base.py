"""The customer base in words: how customers are won, stay and leave, and what of it is assumed."""

from __future__ import annotations

from collections.abc import Iterator

from cxlab.scenario import Law, Scenario
from cxlab.scenario.customers import Campaign, Plan, Renewal, Steps
from cxlab.scenario.forecast import expected_total
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.scenario.links import EXPERIENCES
from cxlab.sim.description.document import Grid
from cxlab.sim.description.words import law_told, numbered_rules, shares_told
from cxlab.sim.outlook import curve_told, links_told

__all__ = [
    "assumptions",
    "base_rules",
    "components",
    "expected",
    "initialisation",
    "inputs",
    "logic",
    "stages",
    "tables",
]

_PAYMENTS = {
    "advance": "in advance, the first one included",
    "renewals": "in advance, the first one left out",
    "arrears": "in arrears",
    "undiscounted": "not discounted",
}


def base_rules() -> tuple[str, ...]:
    """Return the numbered rules of the customer base, as the SimPy model states them.

    >>> base_rules()[0]
    'The base lives in local calendar days. Everything about it happens at midnights, when the \
books are closed, before anything else of that instant. What the desk did before then is known.'
    """
    from cxlab.sim.base import lifecycle

    return numbered_rules(lifecycle.__doc__)


def tables(life: Lifecycle) -> str:
    """Return the canonical tables that the base leaves, in words."""
    given = {
        "customers": True, "subscriptions": True, "MRR movements": True, "transactions": True,
        "milestones": True, "usage events": life.features, "entitlements": life.features,
        "referrals": life.referral, "campaigns": life.campaigns, "loyalty members": life.loyalty,
        "surveys of the relation": life.relation_survey, "acquisition costs": life.acquisition,
    }  # fmt: skip
    return ", ".join(name for name, there in given.items() if there)


def stages(life: Lifecycle) -> str:
    """Return the stages of a customer, those that the scenario has."""
    ends = ["churned"]
    if any(plan.upgrade_to for plan in life.plans.values()):
        ends.insert(0, "expanded")
    if life.win_back is not None:
        ends.append("won back")
    path = ["aware", "evaluating", "purchased"]
    path += ["onboarding"] if life.onboarding is not None else []
    return " → ".join([*path, "active", "renewing", " | ".join(ends)])


def components(s: Scenario, life: Lifecycle) -> Iterator[str]:
    """Yield entities, activities, resources, entry and exit of the base."""
    word = "; while there they may refer others" if life.referral is not None else ""
    yield f"Entities: leads and customers. Stages: {stages(life)}{word}."
    yield "Activities: the closing of the books at every local midnight."
    if not s.has_desk:
        yield "Resources and queues: none; there is no desk."
    ways = [*life.acquisition, *(["there at the start"] if life.initial_customers else [])]
    yield (
        f"Entry: {', '.join(ways)}. Exit: a spell ends because the customer leaves or a payment "
        "fails for good, or the horizon cuts it off (then it stays in the tables as active)."
    )


def logic(life: Lifecycle) -> Iterator[str]:
    """Yield what this base does that others do not."""
    yield f"Renewal: {_renewal(life.renewal)}"
    for name, plan in life.plans.items():
        told = "; ".join(_moves(plan))
        if told:
            yield f"{name}: at the end of a term {told}."
    if life.onboarding is not None:
        yield (
            f"Onboarding: {life.onboarding.completes:.4g} complete it; until then (the others "
            f"for ever) leaving × {life.onboarding.churn_factor:g}, contacts × "
            f"{life.onboarding.contact_factor:g}."
        )
    if life.referral is not None:
        yield f"Word of mouth: {life.referral.probability:.4g} name somebody after a month."
    if life.win_back is not None:
        times = "once" if life.win_back.most == 1 else f"up to {life.win_back.most} times"
        yield (
            f"Win-back: {life.win_back.probability:.4g} of those who left of their own will "
            f"come back, {times}."
        )
    if life.loyalty is not None:
        yield (
            f"Loyalty programme: {life.loyalty.joins:.4g} join, from month "
            f"{life.loyalty.after_months} on; leaving × {life.loyalty.churn_factor:g}."
        )
    if life.contacts is None:
        yield "Customers do not ask for support."
    else:
        yield (
            f"Requests: {life.contacts.per_month:g} a month × the factors, by channel "
            f"{shares_told(dict(life.contacts.channel_shares))}."
        )
    yield f"Links from service to customers: {links_told(life)}."


def _moves(plan: Plan) -> Iterator[str]:
    if plan.upgrade_to:
        yield f"{plan.upgrade_probability:.4g} move up to {plan.upgrade_to}"
    if plan.downgrade_to:
        yield f"{plan.downgrade_probability:.4g} (of the others) move down to {plan.downgrade_to}"


def _renewal(law: Renewal) -> str:
    if law.law == "geometric":
        return f"everybody leaves with the same probability {law.leaving_probability:.4g} a term."
    if law.law == "beta_geometric":
        alpha, beta = law.alpha or 0.0, law.beta or 0.0
        return (
            f"everybody has a leaving probability of their own, beta({alpha:g}, {beta:g}), mean "
            f"{alpha / (alpha + beta):.4g} a term (shifted beta-geometric)."
        )
    return (
        f"everybody has a hazard of their own, {law.hazard:g} × Z a term, Z gamma distributed with "
        f"mean 1 and variance {law.frailty_variance:g} (gamma frailty)."
    )


def inputs(s: Scenario, life: Lifecycle) -> Iterator[Grid]:
    """Yield the tables of the base's input parameters."""
    if life.acquisition:
        yield _ways(s, life)
    yield _segments(life)
    yield _plans(s, life)
    if life.features:
        yield _features(life)
    if life.campaigns:
        yield _campaigns(s, life)
    laws = tuple(_laws(life))
    if laws:
        yield Grid("Laws of the customers' durations", ("What", "Law"), laws)
    yield Grid("Probabilities, rates and conventions of the customer base", ("What", "Value"),
               tuple(_numbers(s, life)))  # fmt: skip
    if life.links:
        yield _links(life)


def _ways(s: Scenario, life: Lifecycle) -> Grid:
    rows = tuple(
        (name, way.kind, "–" if way.leads_per_week is None else f"{way.leads_per_week:g}",
         f"{way.evaluates:.4g}", f"{way.buys:.4g}",
         f"{way.cost_per_lead:g}", f"{way.cost_per_evaluation:g}",
         shares_told(dict(way.segment_shares or {})))
        for name, way in life.acquisition.items()
    )  # fmt: skip
    return Grid(f"Ways of acquisition (paid leads: Poisson; costs in {s.currency})",
                ("Way", "Kind", "Leads per week", "Evaluate", "Buy, of these", "Cost per lead",
                 "Cost per evaluation", "Segments of its own"), rows)  # fmt: skip


def _segments(life: Lifecycle) -> Grid:
    rows = tuple(
        (name, f"{one.share:.4g}", shares_told(dict(one.plan_shares)), f"{one.churn_factor:g}",
         f"{one.contact_factor:g}", f"{one.patience_factor:g}")
        for name, one in life.segments.items()
    )  # fmt: skip
    return Grid("Segments", ("Segment", "Share", "First plan", "Leaving ×", "Contacts ×",
                             "Patience ×"), rows)  # fmt: skip


def _plans(s: Scenario, life: Lifecycle) -> Grid:
    rows = tuple(
        (name, f"{plan.price_per_month:g}", f"{plan.margin:.4g}", str(plan.term_months),
         f"{plan.churn_factor:g}", "; ".join(_moves(plan)) or "–")
        for name, plan in life.plans.items()
    )  # fmt: skip
    return Grid(f"Plans (a term is paid in advance; prices in {s.currency})",
                ("Plan", "Price per month", "Margin (share)", "Term in months", "Leaving ×",
                 "Changes of plan"), rows)  # fmt: skip


def _features(life: Lifecycle) -> Grid:
    rows = tuple(
        (name, f"{one.adopts:.4g}", f"{one.uses_per_week:g}", f"{one.churn_factor:g}",
         f"{one.contact_factor:g}")
        for name, one in life.features.items()
    )  # fmt: skip
    return Grid("Features (adopted after the onboarding, for good)",
                ("Feature", "Adopt (share)", "Uses per week", "Leaving ×", "Contacts ×"),
                rows)  # fmt: skip


def _campaigns(s: Scenario, life: Lifecycle) -> Grid:
    rows = tuple(
        (name, one.kind, f"day {one.first_day}, then every {one.every_days} days", _to_whom(one),
         f"{one.value:g}", f"{one.valid_days} days", f"{one.redeems:.4g}",
         f"{one.churn_factor:g} for {one.effect_days:g} days")
        for name, one in life.campaigns.items()
    )  # fmt: skip
    return Grid(f"Campaigns (value in {s.currency})",
                ("Campaign", "Kind", "Issued", "To", "Value", "Valid", "Redeem (share)",
                 "Leaving ×"), rows)  # fmt: skip


def _to_whom(campaign: Campaign) -> str:
    who = "members" if campaign.members_only else "active customers"
    return f"{campaign.share:.4g} of the {who}"


def _laws(life: Lifecycle) -> Iterator[tuple[str, str]]:
    given: list[tuple[str, Law | None, str]] = [
        ("tenure of the customers at the start", life.initial_months, "months")
    ]
    for name, way in life.acquisition.items():
        given += [(f"{name}: first notice to evaluation", way.aware_days, "days"),
                  (f"{name}: evaluation to decision", way.evaluating_days, "days")]  # fmt: skip
    if life.onboarding is not None:
        given.append(("onboarding", life.onboarding.days, "days"))
    given += [(f"adoption of {name}", one.days, "days") for name, one in life.features.items()]
    if life.win_back is not None:
        given.append(("win-back after", life.win_back.days, "days"))
    if life.loyalty is not None:
        given.append(("joining the programme after", life.loyalty.days, "days"))
    given += [
        (f"redeeming {name} after", one.redeem_days, "days") for name, one in life.campaigns.items()
    ]
    yield from ((what, law_told(law, unit)) for what, law, unit in given if law is not None)


def _numbers(s: Scenario, life: Lifecycle) -> Iterator[tuple[str, str]]:
    law = life.renewal
    yield "customers at the start", f"{life.initial_customers:,}"
    yield "law of renewal", _renewal(law)[:-1]
    yield from _by_tenure("leaving × by months since the purchase", law.tenure_factors)
    yield "reasons to leave, where no link made the difference", shares_told(dict(law.reasons))
    if law.payment_failure:
        yield (
            "payment failure",
            f"{law.payment_failure:.4g} of the payments, of which {law.recovery:.4g} are recovered",
        )
    if life.contacts is not None:
        yield "requests per month", f"{life.contacts.per_month:g}"
        yield from _by_tenure("requests × by months since the purchase",
                              life.contacts.tenure_factors)  # fmt: skip
    if life.purchases is not None:
        extra = life.purchases
        yield (
            "purchases besides the plan",
            f"{extra.per_month:g} a month (rates gamma distributed "
            f"over customers, cv {extra.rate_cv:g}), amount {law_told(extra.amount, s.currency)}, "
            f"margin {extra.margin:.4g}, of {shares_told(dict(extra.products))}",
        )
    if life.relation_survey is not None:
        asked = life.relation_survey
        cuts = ", ".join(f"{c:g}" for c in asked.cutpoints)
        yield (
            "survey of the relation (0 to 10)",
            f"every {asked.every_months} months, "
            f"{asked.response_rate:.4g} answer, cutpoints {cuts}, effect of the own leaving "
            f"probability {asked.frailty_effect:g}",
        )
    yield (
        "lifetime value",
        f"discounted by {life.discount_per_year:.4g} a year, payments {_PAYMENTS[life.payments]}",
    )


def _by_tenure(what: str, steps: Steps) -> Iterator[tuple[str, str]]:
    if any(factor != 1 for _, factor in steps):
        yield what, ", ".join(f"from {month:g}: {factor:g}" for month, factor in steps)


def _links(life: Lifecycle) -> Grid:
    rows = tuple(
        (link.name, link.from_, link.on, f"{link.memory_days:g}", curve_told(link.curve),
         curve_told(link.low), curve_told(link.high))
        for link in life.links
    )  # fmt: skip
    how = "in force" if life.closed_loop else "not in force: closed_loop is off"
    return Grid(f"Links from service to customers: assumptions, {how} (experience: factor)",
                ("Link", "Experience", "On", "Memory in days", "Curve", "Low", "High"),
                rows)  # fmt: skip


def assumptions(life: Lifecycle) -> Iterator[str]:
    """Yield what is assumed about the base."""
    yield (
        "Customers are independent of each other given their segment, plan and own leaving "
        "probability; that probability does not change, its factors do, and they multiply."
    )
    yield "A product of factors above 1 counts as 1; how often is counted (see the manifest)."
    yield "Prices, margins and competitors stay as they are."
    if life.contacts is not None:
        yield (
            "A customer's requests are a Poisson process whose rate depends on tenure, segment, "
            "onboarding and features; it rests while the customer is none."
        )
    if not life.links:
        yield "The service that customers get changes nothing of what they do."
        return
    if life.closed_loop:
        yield "The service that customers get changes what they do by the links alone."
    else:
        yield "The loop is open: the service that customers get changes nothing of what they do."
    yield (
        "The links are assumptions, not findings: a log hardly tells how service changes what "
        "customers do, because who is served badly differs in much else. Low and high are what a "
        "cautious and a bold reader would assume."
        + ("" if any(link.low or link.high for link in life.links) else " None states them.")
    )
    for kind in dict.fromkeys(link.from_ for link in life.links):
        yield f"{kind}: {EXPERIENCES[kind]}, over the requests that a link remembers."


def initialisation(s: Scenario, life: Lifecycle) -> Iterator[str]:
    """Yield how the base begins."""
    if not life.initial_customers:
        yield f"Every replication starts without a customer on {s.start}."
        return
    tenure = (
        "bought on that day"
        if life.initial_months is None
        else f"bought before (tenure {law_told(life.initial_months, 'months')})"
    )
    yield f"{life.initial_customers:,} customers are there on {s.start} and have {tenure}."
    if life.initial_months is not None and life.renewal.law != "geometric":
        rule = ("beta + renewals" if life.renewal.law == "beta_geometric"
                else "a gamma law whose rate is higher by the hazard for each renewal")  # fmt: skip
        yield (
            "Of those who have renewed before, the own leaving probabilities follow the law given "
            f"that they are still there ({rule}, by Bayes' rule; the factors of segment, plan and "
            "features are not part of the condition)."
        )


def expected(s: Scenario, life: Lifecycle) -> str:
    """Return how many customers to expect, in a sentence."""
    total = expected_total(life, s.horizon.total_days)
    return f"Expected customers, all in all: about {total:,.0f} in a replication."
