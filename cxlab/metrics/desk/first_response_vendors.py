"""First response time as Zendesk, dbt_zendesk, Intercom and Chatwoot read it."""

from __future__ import annotations

from cxlab.metrics.declaration import Attribution, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import OFFICE_HOURS, messages, shown_as, tickets
from cxlab.metrics.desk.waits import OPEN_FORMULA, WRITTEN, WRITTEN_ROWS, between, variant, waits
from cxlab.metrics.statistics import Mean

__all__ = ["METRICS"]

ZENDESK = waits(
    "first_response_zendesk", "replied_tickets", "fact_zendesk_to",
    between("created_at", "fact_zendesk_to"), needs=("messages",),
)  # fmt: skip
ZENDESK_HOURS = waits(
    "first_response_zendesk_in_hours", "replied_tickets_in_hours_at_start", "fact_zendesk_to",
    lambda t: t.fact_zendesk_open_s, needs=("messages",), in_hours=True,
)  # fmt: skip
DBT = waits(
    "first_response_dbt", "replied_tickets", "fact_dbt_to",
    between("fact_dbt_from", "fact_dbt_to"), needs=("messages",),
)  # fmt: skip
DBT_HOURS = waits(
    "first_response_dbt_in_hours", "replied_tickets_by_schedule", "fact_dbt_to",
    lambda t: t.fact_dbt_open_s, needs=("messages",), in_hours=True,
)  # fmt: skip
INTERCOM = waits(
    "first_response_intercom", "replied_tickets_in_hours", "fact_intercom_to",
    lambda t: t.fact_intercom_open_s, needs=("messages",), in_hours=True,
    first=(
        Exclusion(
            "customer_never_wrote", "the business wrote and the customer never did",
            lambda t: t.fact_ours & t.fact_first_customer_at.isnull(),
        ),
    ),
)  # fmt: skip
_EVENT = "tickets first replied to in the period; those without a reply stand in the period of "\
    "their creation"  # fmt: skip
CHATWOOT = waits(
    "first_response_chatwoot", "replied_tickets", "fact_first_to",
    between("created_at", "fact_first_to"), needs=("messages|tickets.first_human_reply_at",),
    attribution=Attribution.ANSWERED, population=_EVENT,
)  # fmt: skip
CHATWOOT_HOURS = waits(
    "first_response_chatwoot_in_hours", "replied_tickets_in_hours", "fact_first_to",
    lambda t: t.fact_chatwoot_open_s, needs=("messages",), attribution=Attribution.ANSWERED,
    population=_EVENT, in_hours=True,
)  # fmt: skip


_ZENDESK = "Zendesk help 4408834848154, 4408821871642 (first reply time)"
_DBT = "dbt_zendesk, int_zendesk__ticket_reply_times and its decision log"
_CHATWOOT = "Chatwoot, reporting_event_listener.rb at 067d585"

METRICS: tuple[Metric, ...] = (
    variant(
        "frt_zendesk", "First reply time (Zendesk), median",
        "Time from creation to the first public comment by an agent; of a ticket that an agent "
        "opened with a public comment, to the second.",
        ZENDESK,
        Example(WRITTEN + "Zendesk counts 10, 90 (B's second comment) and 120 minutes: 90.",
                WRITTEN_ROWS, 5400.0),
        source=_ZENDESK, preset="zendesk",
    ),
    variant(
        "frt_zendesk_business", "First reply time in business hours (Zendesk), median",
        "Time from creation to the first public comment by an agent (the second, if an agent "
        "opened the ticket with one) in the business hours in force at creation.",
        ZENDESK_HOURS,
        Example(
            "Open Monday to Friday from 09:00 to 17:00. The ticket comes on Friday at 16:30 and is "
            "replied to on Monday at 09:30: 60 minutes.",
            {
                "tickets": tickets({"created_at": "+4 16:30"}),
                "messages": messages("A", ("customer", "+4 16:30"), ("agent", "+7 09:30")),
                "schedules": OFFICE_HOURS,
            },
            3600.0,
        ),
        formula=shown_as(OPEN_FORMULA), preset="zendesk",
        source=_ZENDESK + "; 5654110765338 (the schedule at the event)",
    ),
    variant(
        "frt_dbt_zendesk", "First reply time (dbt_zendesk), median",
        "Time from the ticket's first public comment to the next public comment by an agent; where "
        "an agent wrote the first one, from creation to that one.",
        DBT,
        Example(WRITTEN + "dbt_zendesk counts 10, 1 (B's first comment) and 115 minutes: 10.",
                WRITTEN_ROWS, 600.0),
        source=_DBT, preset="dbt_zendesk",
    ),
    variant(
        "frt_dbt_zendesk_business", "First reply time in business hours (dbt_zendesk), median",
        "As frt_dbt_zendesk, adding up the open time of every schedule that the ticket had.",
        DBT_HOURS,
        Example(
            "A ticket of Monday 16:00 moves at 17:00 from a desk that closes then to one that is "
            "open from 17:00 to 20:00, and is replied to at 18:00: 60 + 60 minutes.",
            {
                "tickets": tickets({"created_at": "16:00", "schedule_id": "late"}),
                "messages": messages("A", ("customer", "16:00"), ("agent", "18:00")),
                "status_events": ({"ticket_id": "A", "at": "17:00", "field": "schedule",
                                   "old": "desk", "new": "late"},),
                "schedules": (*OFFICE_HOURS, {"schedule_id": "late", "tz": "UTC", "weekday": 0,
                                              "start": "17:00", "end": "20:00"}),
            },
            7200.0,
        ),
        formula=shown_as(r"\sum_k F_k(r_i) - F_k(c_i)"), source=_DBT, preset="dbt_zendesk",
    ),
    variant(
        "frt_intercom", "First response time (Intercom), median",
        "Time in business hours from the customer's first message to the first visible reply by a "
        "person after it, over the conversations started in the period.",
        INTERCOM,
        Example(
            WRITTEN + "Intercom counts from the customer: 10, 30 and 115 minutes, all within "
            "hours: 30.",
            {**WRITTEN_ROWS, "schedules": OFFICE_HOURS}, 1800.0,
        ),
        formula=shown_as(r"F(r_i) - F(m_i)"), preset="intercom",
        source="Intercom help 3653556, 6762778, 7022438 (bots left out, out-of-office time left "
        "out, filtered by start)",
    ),
    variant(
        "frt_chatwoot", "First response time (Chatwoot), mean",
        "Mean time from creation to the first reply by a person, over the tickets replied to in "
        "the period, whoever opened them.",
        CHATWOOT,
        Example(WRITTEN + "Chatwoot counts 10, 1 and 120 minutes: 131 ÷ 3.",
                WRITTEN_ROWS, 2620.0),
        statistic=Mean(), formula=r"\frac{1}{n} \sum_i \left( r_i - c_i \right)",
        source=_CHATWOOT, preset="chatwoot",
        notes=("Later versions start at a bot's hand-off: see frt_handoff.",),
    ),
    variant(
        "frt_chatwoot_business", "First response time in business hours (Chatwoot), mean",
        "As frt_chatwoot, in business hours.",
        CHATWOOT_HOURS,
        Example(
            WRITTEN + "All of it lies within hours: 10, 1 and 120 minutes, 131 ÷ 3.",
            {**WRITTEN_ROWS, "schedules": OFFICE_HOURS}, 2620.0,
        ),
        statistic=Mean(), formula=r"\frac{1}{n} \sum_i \left( F(r_i) - F(c_i) \right)",
        source=_CHATWOOT + ", value_in_business_hours", preset="chatwoot",
    ),
)  # fmt: skip
