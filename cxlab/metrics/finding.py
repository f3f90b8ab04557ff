"""Finding a metric: families with their titles, and other names under which people know them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from cxlab.errors import InputError
from cxlab.metrics.catalogue import FAMILIES, METRICS
from cxlab.metrics.declaration import Metric

__all__ = ["FAMILY_TITLES", "SYNONYMS", "family_of", "in_family", "search"]

FAMILY_TITLES: dict[str, str] = {
    "response": "Demand, first response and promises",
    "waiting": "Waiting in line",
    "resolution": "Resolution, first contact, escalation, backlog",
    "desk": "The desk in detail: variants, people, complaints, costs",
    "surveys": "What customers say: satisfaction, recommendation, effort",
    "adoption": "Visits and adoption",
    "utilisation": "Use of what is paid for",
    "engagement": "Engagement",
    "success": "Success and relationship",
    "health": "Health",
    "advocacy": "Advocacy",
    "referrals": "Referrals",
    "rewards": "Loyalty programme",
    "value": "Churn, retention, revenue and lifetime value",
}
"""What each family is about."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "vol": ("ticket count", "inflow", "demand", "contacts", "case volume"),
    "frt": ("first reply time", "time to first response", "TTFR", "responsiveness"),
    "sla": ("service level agreement", "SLA attainment", "on time"),
    "asa": ("waiting time", "queue time", "time to answer"),
    "abandonment": ("abandon rate", "hang-ups", "lost calls"),
    "service_level": ("80/20", "answered within", "SL"),
    "art": ("time to resolution", "TTR", "MTTR", "mean time to resolve", "handling time",
            "resolution time"),
    "fcr": ("first call resolution", "one-touch", "one and done"),
    "reopen": ("reopened tickets", "bounced"),
    "esc": ("escalated tickets", "tier 2"),
    "backlog": ("open tickets", "unsolved tickets", "queue length", "work in progress"),
    "nrt": ("next response time", "follow-up replies"),
    "flr": ("first line resolution", "first tier resolution"),
    "agent_n": ("agent productivity", "tickets per agent"),
    "mix": ("contact reasons", "topics", "drivers"),
    "cmp_in": ("complaints",),
    "cpt": ("cost per contact", "unit cost"),
    "csat": ("customer satisfaction", "top box", "satisfaction score"),
    "nps": ("recommendation", "promoters", "detractors", "likelihood to recommend"),
    "ces": ("effort", "ease"),
    "resp": ("survey participation", "answer rate"),
    "sent": ("sentiment", "tone", "mood"),
    "portal": ("logins", "visits", "DAU", "MAU"),
    "adopt": ("adoption", "feature use"),
    "util": ("utilization", "licence use", "seats used", "shelfware"),
    "gap": ("unused licences", "shelfware"),
    "ttev": ("time to value", "TTV", "onboarding time"),
    "rel": ("multi-threading", "contacts per account"),
    "health": ("health score", "risk score"),
    "adv": ("advocates", "references"),
    "refr": ("word of mouth", "recommendations made"),
    "loyp": ("loyalty members", "enrolment"),
    "redm": ("coupons", "points redeemed"),
    "churn": ("attrition", "customers lost", "cancellation", "logo churn"),
    "ret": ("customers kept", "logo retention", "cohort"),
    "renew": ("renewals",),
    "acv": ("contract value",),
    "grr": ("revenue churn", "gross dollar retention", "GDR"),
    "nrr": ("net dollar retention", "NDR", "expansion", "upsell"),
    "arpx": ("expansion", "upsell"),
    "arpa": ("ARPU", "average revenue per user", "revenue per account"),
    "clv": ("LTV", "CLTV", "lifetime value"),
    "cac": ("customer acquisition cost", "payback"),
    "loyal": ("repeat customers", "repurchase"),
    "xsell": ("cross-selling",),
    "exit": ("churn reasons", "reasons for leaving"),
}  # fmt: skip
"""Other names of a concept (its variants go by them too)."""


def family_of(metric: Metric) -> str:
    """Return the name of the family that a metric's concept belongs to.

    >>> family_of(METRICS["frt_business"])
    'response'
    """
    concept = metric.variant_of or metric.id
    return next(name for name, members in FAMILIES.items() if concept in members)


def in_family(name: str) -> list[Metric]:
    """Return a family's metrics; InputError with the nearest name otherwise."""
    if name not in FAMILIES:
        raise InputError("unknown family", given=name, known=FAMILIES)
    return [m for m in METRICS.values() if family_of(m) == name]


def search(text: str) -> list[Metric]:
    """Return the metrics with `text` in their id, title or another name, in whatever case.

    Raises InputError with the nearest names when there is none.

    >>> [m.id for m in search("first REPLY time")][:2]
    ['frt', 'frt_p90']
    """
    wanted = text.strip().casefold()
    found = [m for m in METRICS.values() if any(wanted in name.casefold() for name in _names(m))]
    if found and wanted:
        return found
    near = _nearest(wanted)
    raise InputError(
        "no metric is called so", given=text,
        hint=f"nearest: {', '.join(near)}" if near else "see `cxlab metrics`",
    )  # fmt: skip


def _names(metric: Metric) -> Iterable[str]:
    return (metric.id, metric.title, *SYNONYMS.get(metric.variant_of or metric.id, ()))


def _nearest(wanted: str) -> list[str]:
    """Return up to three names, with the id of their metric, that are most like `wanted`."""
    known: dict[str, str] = {}
    for metric in METRICS.values():
        for name in _names(metric):
            told = f"{name} ({metric.id})" if name != metric.id else name
            for word in (name.casefold(), *name.casefold().replace(",", " ").split()):
                known.setdefault(word, told)
    close = difflib.get_close_matches(wanted, known, n=6, cutoff=0.6)
    return list(dict.fromkeys(known[name] for name in close))[:3]
