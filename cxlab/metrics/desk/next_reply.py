"""Next reply time: how long a customer who has written waits for a person, at every turn."""

from __future__ import annotations

from dataclasses import replace

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import OFFICE_HOURS, messages, shown_as, tickets
from cxlab.metrics.desk.waits import MEDIAN, between, every_row
from cxlab.metrics.facts import is_live
from cxlab.metrics.statistics import Quantile

__all__ = ["METRICS"]

NEXT_REPLY = Basis(
    name="next_reply",
    source="turns",
    attribution=Attribution.STARTED,
    population="turns of customers begun in the period: one or more messages that no person had "
    "answered, counted from the first",
    belongs=every_row,
    value=between("fact_started_at", "fact_reply_at"),
    exclusions=(
        Exclusion(
            "no_reply", "the ticket was closed without a reply to it (a thank-you, say)",
            lambda t: t.fact_reply_at.isnull() & ~is_live(t),
        ),
    ),
    pending=lambda t: t.fact_reply_at.isnull(),
    pending_meaning="the ticket is open and nobody has replied yet",
    needs=("messages",),
)  # fmt: skip
AFTER_FIRST = replace(
    NEXT_REPLY,
    name="next_reply_after_first",
    population="turns of customers begun in the period, after the first reply on the ticket",
    belongs=lambda t: ~t.fact_first_turn,
)
IN_HOURS = replace(
    NEXT_REPLY,
    name="next_reply_in_hours",
    source="turns_in_hours",
    value=lambda t: t.fact_reply_open_s,
    exclusions=(
        *NEXT_REPLY.exclusions,
        Exclusion(
            "no_schedule", "no business hours are known for it",
            lambda t: t.fact_reply_at.notnull() & t.fact_reply_open_s.isnull(),
        ),
    ),
)  # fmt: skip

_ROWS = {
    "tickets": tickets({}),
    "messages": messages(
        "A",
        ("customer", "09:00"), ("customer", "09:30"), ("note", "09:40"), ("agent", "10:00"),
        ("customer", "13:00"), ("bot", "13:01"), ("agent", "13:20"), ("customer", "13:30"),
    ),
}  # fmt: skip
_STORY = (
    "A customer writes at 09:00 and again at 09:30; after a private note at 09:40 an agent replies "
    "at 10:00: 60 minutes from the first. At 13:00 the customer writes again, a bot answers at "
    "once, an agent at 13:20: 20 minutes. The thank-you of 13:30 gets no reply before the ticket "
    "closes and does not count. "
)

NRT = Metric(
    id="nrt",
    title="Next reply time, median",
    definition="Time from the first message of a customer that no person has answered to the next "
    "public reply by a person, at every turn of the conversation.",
    formula=shown_as("r_k - m_k"),
    unit="s",
    direction="down",
    basis=NEXT_REPLY,
    statistic=MEDIAN,
    source="Zendesk help 4408829459866 (the clock starts with the oldest unanswered comment)",
    example=Example(_STORY + "The median of 60 and 20 is 40 minutes.", _ROWS, 2400.0),
)

METRICS: tuple[Metric, ...] = (
    NRT,
    replace(
        NRT,
        id="nrt_p90",
        title="Next reply time, 90th percentile",
        definition="Time from the first message of a customer that no person has answered to the "
        "next public reply by a person, within which nine of ten turns were replied to.",
        formula=r"Q_{0.9} \left( r_k - m_k \right)",
        statistic=Quantile(0.9),
        example=Example(_STORY + "Rank 1 + 0.9 × 1 = 1.9: 20 + 0.9 × 40 = 56 minutes.",
                        _ROWS, 3360.0),
        variant_of="nrt",
    ),
    replace(
        NRT,
        id="nrt_business",
        title="Next reply time in business hours, median",
        definition="Time in business hours from the first message of a customer that no person has "
        "answered to the next public reply by a person.",
        formula=shown_as("F(r_k) - F(m_k)"),
        basis=IN_HOURS,
        source="Zendesk help 4408829459866 (targets in business hours)",
        example=Example(
            "Open Monday to Friday from 09:00 to 17:00. A message of Friday 16:50 is answered on "
            "Monday at 09:20 (30 minutes), the answer to that of Saturday within Saturday: 0. The "
            "median of 30 and 0 is 15 minutes.",
            {
                "tickets": tickets({"created_at": "+4 16:50"}, {"created_at": "+5 10:00"}),
                "messages": (
                    *messages("A", ("customer", "+4 16:50"), ("agent", "+7 09:20")),
                    *messages("B", ("customer", "+5 10:00"), ("agent", "+5 11:00")),
                ),
                "schedules": OFFICE_HOURS,
            },
            900.0,
        ),
        variant_of="nrt",
    ),
    replace(
        NRT,
        id="nrt_zendesk",
        title="Next reply time (Zendesk), median",
        definition="Time from the oldest unanswered comment of a customer to the next public "
        "comment by an agent, after the first reply on the ticket.",
        basis=AFTER_FIRST,
        source="Zendesk help 4408829459866 (next reply time)",
        example=Example(_STORY + "The first reply is not a next one: 20 minutes.", _ROWS, 1200.0),
        variant_of="nrt",
        preset="zendesk",
    ),
)  # fmt: skip
