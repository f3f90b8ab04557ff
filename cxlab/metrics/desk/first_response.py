"""First response time: from which instant, to which reply, on which clock."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import OFFICE_HOURS, changes, messages, shown_as, tickets
from cxlab.metrics.desk.waits import (
    OPEN_FORMULA,
    OURS,
    WRITTEN,
    WRITTEN_ROWS,
    between,
    variant,
    waits,
)
from cxlab.metrics.facts import opened_by_business, seconds_between
from cxlab.metrics.statistics import Mean, Quantile

__all__ = ["METRICS"]


_REPLY = ("tickets.first_human_reply_at",)
_BY_CUSTOMER = "tickets created in the period that a customer opened"

BUSINESS = waits(
    "first_response_in_hours", "tickets_in_hours", "first_human_reply_at",
    lambda t: t.fact_reply_open_s, needs=_REPLY, first=(OURS,), population=_BY_CUSTOMER,
    in_hours=True,
)  # fmt: skip
WITH_BOTS = waits(
    "first_response_with_bots", "tickets", "first_reply_at",
    between("created_at", "first_reply_at"), needs=("tickets.first_reply_at",), first=(OURS,),
    population=_BY_CUSTOMER,
)  # fmt: skip


def _since_handoff(rows: ir.Table) -> ir.FloatingValue:
    handed = (rows.handoff_at <= rows.first_human_reply_at).fill_null(False)
    start = handed.ifelse(rows.handoff_at, rows.created_at)
    return seconds_between(start, rows.first_human_reply_at)


HANDOFF = waits(
    "first_response_since_handoff", "tickets", "first_human_reply_at", _since_handoff,
    needs=(*_REPLY, "tickets.handoff_at"), first=(OURS,), population=_BY_CUSTOMER,
)  # fmt: skip
CUSTOMER_START = waits(
    "first_response_to_customer", "replied_tickets", "fact_waits_to",
    between("fact_waits_from", "fact_waits_to"), needs=("messages",),
    first=(
        Exclusion(
            "customer_never_wrote", "the business wrote and the customer never did",
            lambda t: t.fact_ours & t.fact_first_customer_at.isnull(),
        ),
    ),
)  # fmt: skip
EPISODE = waits(
    "first_response_of_episode", "reply_episodes", "fact_reply_at",
    between("fact_started_at", "fact_reply_at"), needs=("messages", "status_events"),
    first=(
        Exclusion(
            "opened_by_business", "the business wrote first: nobody waits for a first reply",
            lambda t: opened_by_business(t) & (t.fact_episode == 0),
        ),
        Exclusion(
            "episode_over", "solved again without a reply of its own",
            lambda t: t.fact_reply_at.isnull() & ~t.fact_last_episode,
        ),
    ),
    attribution=Attribution.STARTED,
    population="creations and reopens of tickets in the period",
)  # fmt: skip
_HOURS_STORY = (
    "The desk is open Monday to Friday from 09:00 to 17:00. Ticket A came on Monday at 10:00 and "
    "was replied to at 10:20. B came on Friday at 16:30, the reply on Monday at 09:30: 30 + 30 "
    "minutes. C came and was replied to on Saturday: 0 minutes, not unknown. "
)
_HOURS_ROWS: Mapping[str, Any] = {
    "tickets": tickets(
        {"created_at": "10:00", "first_human_reply_at": "10:20"},
        {"created_at": "+4 16:30", "first_human_reply_at": "+7 09:30"},
        {"created_at": "+5 10:00", "first_human_reply_at": "+5 12:00"},
    ),
    "schedules": OFFICE_HOURS,
}
_BUSINESS = (
    "Time in business hours from the customer's request to the first public reply by a person"
)
_BUSINESS_NOTE = "A ticket without a schedule of its own takes the only one there is."

METRICS: tuple[Metric, ...] = (
    variant(
        "frt_business", "First response time in business hours, median",
        _BUSINESS + ": half of the tickets were replied to faster.",
        BUSINESS, Example(_HOURS_STORY + "The median of 0, 20 and 60 minutes is 20.",
                          _HOURS_ROWS, 1200.0),
        formula=shown_as(OPEN_FORMULA), notes=(_BUSINESS_NOTE,),
        source="Zendesk help 4408834848154 (business hours); 0 outside hours: dbt_zendesk #215",
    ),
    variant(
        "frt_business_p90", "First response time in business hours, 90th percentile",
        _BUSINESS + " within which nine of ten tickets were replied to.",
        BUSINESS, Example(_HOURS_STORY + "Rank 1 + 0.9 × 2 = 2.8: 20 + 0.8 × 40 = 52 minutes.",
                          _HOURS_ROWS, 3120.0),
        statistic=Quantile(0.9), notes=(_BUSINESS_NOTE,),
        formula=r"Q_{0.9} \left( F(r_i) - F(c_i) \right)",
        source="Zendesk help 4408834848154 (business hours)",
    ),
    variant(
        "frt_business_mean", "First response time in business hours, mean",
        "Mean t" + _BUSINESS[1:] + ".",
        BUSINESS, Example(_HOURS_STORY + "Their mean is 80 ÷ 3 minutes.", _HOURS_ROWS, 1600.0),
        statistic=Mean(), notes=(_BUSINESS_NOTE,),
        formula=r"\frac{1}{n} \sum_i \left( F(r_i) - F(c_i) \right)",
        source="Zendesk help 4408834848154 (business hours)",
    ),
    variant(
        "frt_with_bots", "First response time, bots included, median",
        "Time from the customer's request to the first public reply by anybody, bots included: "
        "half of the tickets were replied to faster.",
        WITH_BOTS,
        Example(
            "A bot answers two e-mails after 2 and 4 seconds, people later; a third has only a "
            "person's reply after an hour. The median of 2 s, 4 s and 3600 s is 4 s.",
            {"tickets": tickets(
                {"first_reply_at": "09:00:02", "first_human_reply_at": "09:10"},
                {"first_reply_at": "09:00:04", "first_human_reply_at": "09:30"},
                {"first_reply_at": "10:00", "first_human_reply_at": "10:00"},
            )},
            4.0,
        ),
        source="Chatwoot issues 6409, 7679 (bots make first responses of 0 s)",
        notes=("Says how fast something answers, not how long people let wait.",),
    ),
    variant(
        "frt_handoff", "First response time since the hand-off, median",
        "Time from the bot's hand-off to people (from the request where there was none) to the "
        "first public reply by a person.",
        HANDOFF,
        Example(
            "A bot talks with a customer from 09:00 and hands over at 09:20; a person replies at "
            "09:25. Another ticket went to people at once and was replied to at 09:15. The median "
            "of 5 and 15 minutes is 10.",
            {"tickets": tickets(
                {"handoff_at": "09:20", "first_human_reply_at": "09:25"},
                {"first_human_reply_at": "09:15"},
            )},
            600.0,
        ),
        formula=shown_as("r_i - h_i"),
        source="Chatwoot issues 8477, 13417 (start at the bot's hand-off)",
    ),
    variant(
        "frt_customer_start", "First response time, since the customer wrote, median",
        "Time to the first public reply by a person, from the request; of tickets that the "
        "business opened, from the customer's first message.",
        CUSTOMER_START,
        Example(WRITTEN + "The waits are 10, 30 and 120 minutes: the median is 30.",
                WRITTEN_ROWS, 1800.0),
        formula=shown_as("r_i - m_i"),
        source="dbt_zendesk issues 32, 35 (agent-created tickets); Zendesk help 4408821871642",
    ),
    variant(
        "frt_episode", "First response time per opening, median",
        "Time from every creation or reopening of a ticket to the next public reply by a person.",
        EPISODE,
        Example(
            "A bot solves a ticket of Monday 09:00. On Saturday at 10:00 the customer reopens it, "
            "and a person replies at 10:10: that wait is 10 minutes, not five days. The bot's "
            "episode has no reply by a person and does not count.",
            {
                "tickets": tickets({}),
                "messages": messages("A", ("customer", "09:00"), ("bot", "09:01"),
                                     ("customer", "+5 10:00"), ("agent", "+5 10:10")),
                "status_events": changes("A", "status", ("09:00", "new"), ("09:01", "solved"),
                                         ("+5 10:00", "open"), ("+5 10:10", "solved")),
            },
            600.0,
        ),
        formula=shown_as("r_k - o_k"),
        source="Chatwoot issue 12058 (a reopened ticket starts a new response clock)",
    ),
)  # fmt: skip
