"""Metrics of demand and of reply: volume, first response, SLA."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.facts import is_live, opened_by_business, seconds_between
from cxlab.metrics.statistics import Count, Mean, Quantile, Share

__all__ = ["METRICS"]


def _all(rows: ir.Table) -> ir.BooleanValue:
    return ibis.literal(True)


_OUTBOUND = Exclusion(
    "opened_by_business", "the business wrote first: nobody waits for a first reply",
    opened_by_business,
)  # fmt: skip
VOLUME = Basis(
    name="volume",
    source="tickets",
    attribution=Attribution.CREATED,
    population="all tickets created in the period",
    belongs=_all,
    value=_all,
)

FIRST_RESPONSE = Basis(
    name="first_response",
    source="tickets",
    attribution=Attribution.CREATED,
    population="tickets created in the period that a customer opened",
    belongs=_all,
    value=lambda t: seconds_between(t.created_at, t.first_human_reply_at),
    exclusions=(
        _OUTBOUND,
        Exclusion(
            "no_reply", "closed without any public reply by a person: not applicable, not 0",
            lambda t: t.first_human_reply_at.isnull() & ~is_live(t),
        ),
    ),
    pending=lambda t: t.first_human_reply_at.isnull(),
    pending_meaning="open and not yet replied to",
    needs=("tickets.first_human_reply_at",),
)  # fmt: skip


def _reply_in_time(rows: ir.Table) -> ir.BooleanValue:
    replied = (rows.first_human_reply_at <= rows.sla_due_at).fill_null(False)
    return ibis.coalesce(rows.sla_met, replied)


SLA = Basis(
    name="sla",
    source="tickets",
    attribution=Attribution.CREATED,
    population="tickets created in the period",
    belongs=_all,
    value=_reply_in_time,
    exclusions=(
        Exclusion(
            "no_target", "no reply was promised and no outcome recorded",
            lambda t: t.sla_met.isnull() & t.sla_due_at.isnull(),
        ),
    ),
    pending=lambda t: t.sla_met.isnull()
    & t.first_human_reply_at.isnull()
    & (t.fact_as_of <= t.sla_due_at),
    pending_meaning="not yet replied to and not yet due",
    needs=(
        "tickets.sla_met|tickets.sla_due_at",
        "tickets.sla_met|tickets.first_human_reply_at",
    ),
)  # fmt: skip

_EMAIL = {"channel": "email", "status": "solved", "opened_by": "customer"}
_FRT_STORY = Example(
    story=(
        "Four e-mails reach the desk at 09:00. People reply to three of them at 09:10, 09:20 and "
        "11:00; the fourth was closed as answered elsewhere, without a reply. The three waits are "
        "10, 20 and 120 minutes; the fourth is not applicable."
    ),
    rows={
        "tickets": (
            {**_EMAIL, "ticket_id": "A", "created_at": "09:00", "first_human_reply_at": "09:10"},
            {**_EMAIL, "ticket_id": "B", "created_at": "09:00", "first_human_reply_at": "09:20"},
            {**_EMAIL, "ticket_id": "C", "created_at": "09:00", "first_human_reply_at": "11:00"},
            {**_EMAIL, "ticket_id": "D", "created_at": "09:00", "status": "closed"},
        )
    },
    value=1200.0,
)

_FRT_SOURCE = "Zendesk help 4408834848154 (first reply time)"

METRICS: tuple[Metric, ...] = (
    Metric(
        id="vol",
        title="Ticket volume",
        definition="Number of tickets created in the period, without those excluded by reason "
        "(spam, merged, test, warm-up).",
        formula=r"\mathrm{vol} = \left|\{ i : s \le c_i < e \}\right|",
        unit="count",
        direction="depends",
        basis=VOLUME,
        statistic=Count(),
        source="library.kpi.zone; exclusions as in Freshdesk help 50000000041",
        notes=("The count itself is exact. The interval is that of the number to be expected in "
               "such a period, were tickets to come independently of each other (Poisson).",),
        example=Example(
            story="Three tickets were created; one of them is spam. The volume is 2.",
            rows={
                "tickets": (
                    {**_EMAIL, "ticket_id": "A", "created_at": "09:00"},
                    {**_EMAIL, "ticket_id": "B", "created_at": "10:00"},
                    {**_EMAIL, "ticket_id": "C", "created_at": "11:00", "excluded_reason": "spam"},
                )
            },
            value=2.0,
        ),
    ),
    Metric(
        id="frt",
        title="First response time, median",
        definition="Time from the customer's request to the first public reply by a person "
        "(not a bot): half of the tickets were replied to faster.",
        formula=r"\mathrm{frt} = \operatorname{median}_i \left( r_i - c_i \right)",
        unit="s",
        direction="down",
        basis=FIRST_RESPONSE,
        statistic=Quantile(0.5),
        source=_FRT_SOURCE,
        example=_FRT_STORY,
    ),
    Metric(
        id="frt_p90",
        variant_of="frt",
        title="First response time, 90th percentile",
        definition="Time from the customer's request to the first public reply by a person "
        "within which nine of ten tickets were replied to.",
        formula=r"\mathrm{frt}_{90} = Q_{0.9} \left( r_i - c_i \right)",
        unit="s",
        direction="down",
        basis=FIRST_RESPONSE,
        statistic=Quantile(0.9),
        source=_FRT_SOURCE,
        example=Example(
            story=_FRT_STORY.story + " The 90th percentile lies at rank 1 + 0.9 × 2 = 2.8: "
            "20 + 0.8 × (120 − 20) = 100 minutes.",
            rows=_FRT_STORY.rows,
            value=6000.0,
        ),
    ),
    Metric(
        id="frt_mean",
        variant_of="frt",
        title="First response time, mean",
        definition="Mean time from the customer's request to the first public reply by a "
        "person. A few old tickets can dominate it: read the median beside it.",
        formula=r"\overline{\mathrm{frt}} = \frac{1}{n} \sum_{i=1}^{n} \left( r_i - c_i \right)",
        unit="s",
        direction="down",
        basis=FIRST_RESPONSE,
        statistic=Mean(),
        source=_FRT_SOURCE,
        example=Example(
            story=_FRT_STORY.story + " Their mean is 50 minutes.",
            rows=_FRT_STORY.rows,
            value=3000.0,
        ),
    ),
    Metric(
        id="sla",
        title="SLA compliance",
        definition="Share of tickets with a promise that kept it: the outcome the source system "
        "recorded or, where it recorded none, a first reply not later than promised. An overdue "
        "ticket without reply is a breach.",
        formula=r"\mathrm{sla} = \frac{n_{\mathrm{met}}}{n_{\mathrm{met}} + n_{\mathrm{breached}}}",
        unit="share",
        direction="up",
        basis=SLA,
        statistic=Share(),
        source="Zendesk's SLA metrics (overdue counts as breached)",
        example=Example(
            story="Four replies were promised by 10:00. One came at 09:30, one at exactly 10:00, "
            "one at 10:01, and one ticket is still without reply at 12:00: 2 of 4 met, 50 %.",
            rows={
                "tickets": (
                    {**_EMAIL, "ticket_id": "A", "created_at": "09:00", "sla_due_at": "10:00",
                     "first_human_reply_at": "09:30"},
                    {**_EMAIL, "ticket_id": "B", "created_at": "09:00", "sla_due_at": "10:00",
                     "first_human_reply_at": "10:00"},
                    {**_EMAIL, "ticket_id": "C", "created_at": "09:00", "sla_due_at": "10:00",
                     "first_human_reply_at": "10:01"},
                    {**_EMAIL, "ticket_id": "D", "created_at": "09:00", "sla_due_at": "10:00",
                     "status": "open"},
                )
            },
            value=0.5,
            as_of="12:00",
        ),
    ),
)  # fmt: skip
