"""Metrics of waiting in line: speed of answer, abandonment, three service levels."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.facts import DEFAULT_SERVICE_TARGET_S, seconds_between
from cxlab.metrics.statistics import Mean, Share

__all__ = ["METRICS"]

LIVE_CHANNELS = ("phone", "chat")
_LIVE = (
    "tickets created in the period whose customer waited in line for a person: phone and chat, "
    "and any ticket with a promised time to answer"
)


def _queued(rows: ir.Table) -> ir.BooleanValue:
    live = rows.channel.isin(LIVE_CHANNELS) | rows.service_target_s.notnull()
    return rows.queued_at.notnull() & live


def _answered(rows: ir.Table) -> ir.BooleanValue:
    return rows.answered_at.notnull()


def _waiting(rows: ir.Table) -> ir.BooleanValue:
    return rows.answered_at.isnull() & rows.abandoned_at.isnull()


def _wait(rows: ir.Table) -> ir.FloatingValue:
    """Seconds from joining the queue to leaving it, or until now while still waiting."""
    left = ibis.coalesce(rows.answered_at, rows.abandoned_at, rows.fact_as_of)
    return seconds_between(rows.queued_at, left)


def _within_target(rows: ir.Table) -> ir.BooleanValue:
    return _wait(rows) <= ibis.coalesce(rows.service_target_s, DEFAULT_SERVICE_TARGET_S)


def _answered_in_time(rows: ir.Table) -> ir.BooleanValue:
    return _answered(rows) & _within_target(rows)


_ABANDONED = Exclusion(
    "abandoned", "the customer gave up waiting", lambda t: t.abandoned_at.notnull()
)

_ANSWERS = ("tickets.queued_at", "tickets.answered_at")
_QUEUE_COLUMNS = (*_ANSWERS, "tickets.abandoned_at")

SPEED_OF_ANSWER = Basis(
    name="speed_of_answer",
    source="tickets",
    attribution=Attribution.CREATED,
    population=_LIVE,
    belongs=_queued,
    value=_wait,
    exclusions=(_ABANDONED,),
    pending=_waiting,
    pending_meaning="still waiting",
    needs=_ANSWERS,
)

ABANDONMENT = Basis(
    name="abandonment",
    source="tickets",
    attribution=Attribution.CREATED,
    population=_LIVE,
    belongs=_queued,
    value=lambda t: t.abandoned_at.notnull(),
    pending=_waiting,
    pending_meaning="still waiting",
    needs=_QUEUE_COLUMNS,
)

_WAITING_IN_TIME = "still waiting, target not yet passed"

OFFERED = Basis(
    name="service_level_offered",
    source="tickets",
    attribution=Attribution.CREATED,
    population=_LIVE,
    belongs=_queued,
    value=_answered_in_time,
    pending=lambda t: _waiting(t) & _within_target(t),
    pending_meaning=_WAITING_IN_TIME,
    needs=_QUEUE_COLUMNS,
)

SERVED = Basis(
    name="service_level_served",
    source="tickets",
    attribution=Attribution.CREATED,
    population=OFFERED.population,
    belongs=_queued,
    value=_answered_in_time,
    exclusions=(_ABANDONED,),
    pending=_waiting,
    pending_meaning="still waiting",
    needs=_ANSWERS,
)

NO_SHORT_ABANDONS = Basis(
    name="service_level_no_short",
    source="tickets",
    attribution=Attribution.CREATED,
    population=OFFERED.population,
    belongs=_queued,
    value=_answered_in_time,
    exclusions=(
        Exclusion(
            "short_abandon", "gave up within the target time: had no chance to be late",
            lambda t: t.abandoned_at.notnull() & _within_target(t),
        ),
    ),
    pending=OFFERED.pending,
    pending_meaning=_WAITING_IN_TIME,
    needs=_QUEUE_COLUMNS,
)  # fmt: skip


_CALL = {"channel": "phone", "status": "solved"}
_QUEUE_ROWS = (
    {**_CALL, "ticket_id": "A", "created_at": "09:00", "queued_at": "09:00",
     "answered_at": "09:00:10"},
    {**_CALL, "ticket_id": "B", "created_at": "09:01", "queued_at": "09:01",
     "answered_at": "09:01:20"},
    {**_CALL, "ticket_id": "C", "created_at": "09:02", "queued_at": "09:02",
     "answered_at": "09:03:00"},
    {**_CALL, "ticket_id": "D", "created_at": "09:03", "queued_at": "09:03",
     "abandoned_at": "09:03:05", "status": "closed"},
    {**_CALL, "ticket_id": "E", "created_at": "09:04", "queued_at": "09:04",
     "abandoned_at": "09:05:30", "status": "closed"},
)  # fmt: skip
_QUEUE_STORY = (
    "Five callers want a person. Three are answered after 10, 20 and 60 seconds; one hangs up "
    "after 5 seconds, one after 90. The promise is 20 seconds, and exactly 20 keeps it. "
)


def _queue_example(ending: str, value: float) -> Example:
    return Example(_QUEUE_STORY + ending, {"tickets": _QUEUE_ROWS}, value)


_SERVICE_SOURCE = (
    "COPC: transactions offered, not answered, are the base; the readings compared in "
    "Gans, Koole & Mandelbaum (2003), Telephone call centers, M&SOM 5(2)"
)
_TARGET_NOTE = "The target is the ticket's own (service_target_s), 20 s where it names none."

METRICS: tuple[Metric, ...] = (
    Metric(
        id="asa",
        title="Average speed of answer",
        definition="Mean time that customers who were answered by a person had waited for it.",
        formula=r"\mathrm{asa} = \frac{1}{n} \sum_{i \in \mathrm{answered}} "
        r"\left( a_i - q_i \right)",
        unit="s",
        direction="down",
        basis=SPEED_OF_ANSWER,
        statistic=Mean(),
        source="ASA = wait of answered ÷ answered, as COPC-based vendor documents define it",
        example=_queue_example("(10 + 20 + 60) ÷ 3 = 30 seconds.", 30.0),
    ),
    Metric(
        id="abandonment",
        title="Abandonment rate",
        definition="Share of customers waiting for a person who gave up before they were "
        "answered for the first time.",
        formula=r"\mathrm{abandonment} = \frac{n_{\mathrm{abandoned}}}"
        r"{n_{\mathrm{answered}} + n_{\mathrm{abandoned}}}",
        unit="share",
        direction="down",
        basis=ABANDONMENT,
        statistic=Share(),
        source="Brown et al. (2005), JASA 100(469): customers who sought an agent are the base",
        notes=("Leaving a voice menu or bot before asking for a person is not abandonment.",),
        example=_queue_example("Two of five gave up: 40 %.", 0.4),
    ),
    Metric(
        id="service_level",
        title="Service level, of all offered",
        definition="Share of all customers waiting for a person who were answered within the "
        "target time; whoever gave up counts as not answered.",
        formula=r"\mathrm{sl} = \frac{\left|\{ i \in \mathrm{answered} : w_i \le T \}\right|}"
        r"{n_{\mathrm{answered}} + n_{\mathrm{abandoned}}}",
        unit="share",
        direction="up",
        basis=OFFERED,
        statistic=Share(),
        source=_SERVICE_SOURCE,
        notes=(_TARGET_NOTE,),
        example=_queue_example("Two of five offered were answered in time: 40 %.", 0.4),
    ),
    Metric(
        id="service_level_served",
        title="Service level, of the served",
        definition="Share of the answered customers who were answered within the target time; "
        "whoever gave up is left out.",
        formula=r"\mathrm{sl}_{\mathrm{served}} = "
        r"\frac{\left|\{ i \in \mathrm{answered} : w_i \le T \}\right|}{n_{\mathrm{answered}}}",
        unit="share",
        direction="up",
        basis=SERVED,
        statistic=Share(),
        source=_SERVICE_SOURCE,
        notes=(_TARGET_NOTE,),
        example=_queue_example("Two of the three answered: 66.7 %.", 2 / 3),
    ),
    Metric(
        id="service_level_no_short",
        title="Service level, short abandons left out",
        definition="Share answered within the target time, of all customers waiting for a "
        "person except those who gave up within that time.",
        formula=r"\mathrm{sl}_{\mathrm{no\,short}} = "
        r"\frac{\left|\{ i \in \mathrm{answered} : w_i \le T \}\right|}"
        r"{n_{\mathrm{answered}} + \left|\{ i \in \mathrm{abandoned} : w_i > T \}\right|}",
        unit="share",
        direction="up",
        basis=NO_SHORT_ABANDONS,
        statistic=Share(),
        source=_SERVICE_SOURCE,
        notes=(_TARGET_NOTE,),
        example=_queue_example("The 5-second hang-up is left out: two of four, 50 %.", 0.5),
    ),
)  # fmt: skip
