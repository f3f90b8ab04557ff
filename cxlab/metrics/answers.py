"""Facts of survey invitations and their answers, as Ibis expressions: which of several counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ibis
import ibis.expr.types as ir

__all__ = [
    "Answers",
    "Standing",
    "Wave",
    "answer_facts",
    "goodness",
    "points",
    "runs",
    "top_box",
    "with_standing",
]

_WHO = "who__"
_NO_RUN = -1  # replication of real data, so that keys can be compared without nulls

Wave = Callable[[ir.TimestampValue], list[ir.Value]]


@dataclass(frozen=True, eq=False)
class Answers:
    """Survey rows with the tables behind them: tickets with facts, customers (None: no table)."""

    surveys: ir.Table
    tickets: ir.Table | None
    customers: ir.Table | None
    as_of: dt.datetime


def points(rows: ir.Table) -> ir.IntegerValue:
    """Return how many answers the scale offers (5 for a scale from 1 to 5)."""
    return rows.scale_max - rows.scale_min + 1


def runs(rows: ir.Table, meant: str | ir.StringValue = "up") -> ir.StringValue:
    """Return which way each row's scale runs: "up" where its top is the best answer, or "down".

    A row without `direction` is taken to be as the instrument is `meant`.
    """
    return ibis.coalesce(rows.direction, meant)


def goodness(rows: ir.Table, better: str = "up") -> ir.FloatingValue:
    """Return the score with the end that `better` names up: rows of the other way are mirrored."""
    mirrored = rows.scale_min + rows.scale_max - rows.score
    return (runs(rows, better) != better).ifelse(mirrored, rows.score)


def top_box(rows: ir.Table) -> ir.BooleanValue:
    """Return whether the answer is good: the top two of five or more, the top one of fewer."""
    boxes = ibis.cases((points(rows) >= 5, 2), else_=1)
    return goodness(rows) >= rows.scale_max - boxes + 1


def answer_facts(answers: Answers) -> ir.Table:
    """Return the survey rows with the columns of their tickets and customers, and with facts.

    `fact_given_at`: when it was answered, or sent where it was not; `fact_sent_at`: when it was
    sent, or answered where nobody knows; an answer without either falls to its ticket's
    creation. `fact_solved_at`: when its ticket was solved. A survey of an excluded ticket or
    customer is excluded with it.
    """
    own = answers.surveys.rename(survey_channel="channel").mutate(
        fact_run=answers.surveys.replication.fill_null(_NO_RUN),
        fact_as_of=ibis.timestamp(answers.as_of),
    )
    rows = _with_tickets(own, answers.tickets)
    rows = _with_customers(rows, answers.customers, own.columns)
    late = (rows.created_at, rows.fact_as_of)
    rows = rows.mutate(
        fact_given_at=ibis.coalesce(rows.answered_at, rows.sent_at, *late),
        fact_sent_at=ibis.coalesce(rows.sent_at, rows.answered_at, *late),
    )
    return rows.mutate(fact_solved_at=ibis.coalesce(rows.fact_solved_at, rows.fact_given_at))


def _with_tickets(own: ir.Table, tickets: ir.Table | None) -> ir.Table:
    """Add the columns of the ticket that a survey is about; its channel is the `channel`."""
    if tickets is None:
        nothing = ibis.null("timestamp(6)")
        return own.mutate(
            channel=own.survey_channel,
            created_at=nothing,
            fact_solved_at=nothing,
            fact_agent=own.agent_id,
            fact_ticket=ibis.null("string"),
            fact_customer=_asked(own),
        )
    taken = {*own.columns, "ticket_id", "excluded_reason", "fact_agent"}
    about = tickets.select(
        *[c for c in tickets.columns if c not in taken],
        fact_ticket=tickets.ticket_id,
        about_run=tickets.replication.fill_null(_NO_RUN),
        about_agent=tickets.fact_agent,
        about_customer=tickets.customer_id,
        about_excluded=tickets.excluded_reason,
    )
    # One key to look up by: with a condition on the survey alone beside it, the database would
    # compare every survey with every ticket.
    ticket = (own.subject_type == "ticket").ifelse(own.subject_id, ibis.null("string"))
    own = own.mutate(about_id=ticket)
    joined = own.left_join(
        about, [own.about_id == about.fact_ticket, own.fact_run == about.about_run]
    )
    return joined.mutate(
        excluded_reason=ibis.coalesce(joined.excluded_reason, joined.about_excluded),
        fact_agent=ibis.coalesce(joined.agent_id, joined.about_agent),
        fact_customer=ibis.coalesce(_asked(joined), joined.about_customer),
    ).drop("about_id", "about_run", "about_agent", "about_customer", "about_excluded")


def _asked(rows: ir.Table) -> ir.StringValue:
    """Return who was asked as far as the survey itself tells."""
    about_customer = (rows.subject_type == "customer").ifelse(rows.subject_id, ibis.null("string"))
    return ibis.coalesce(rows.customer_id, about_customer)


def _with_customers(
    rows: ir.Table, customers: ir.Table | None, own_names: Sequence[str]
) -> ir.Table:
    """Add the customer's columns (segment, tier, region, the user's own), where one is known.

    Of columns with one name the survey's own is kept; after it the ticket's, then the customer's.
    """
    rows = rows.mutate(customer_id=rows.fact_customer)
    if customers is None:
        return rows
    used = {*own_names, "customer_id", "excluded_reason", "replication"}
    names = [c for c in customers.columns if c not in used]
    who = customers.select(
        **{_WHO + c: customers[c] for c in names},
        who_id=customers.customer_id,
        who_run=customers.replication.fill_null(_NO_RUN),
        who_excluded=customers.excluded_reason,
    )
    joined = rows.left_join(who, [rows.fact_customer == who.who_id, rows.fact_run == who.who_run])
    added: dict[str, ir.Value] = {}
    for name in names:
        theirs = joined[_WHO + name]
        both = name in rows.columns and rows[name].type() == theirs.type()
        if both or name not in rows.columns:
            added[name] = ibis.coalesce(joined[name], theirs) if both else theirs
    reason = ibis.coalesce(joined.excluded_reason, joined.who_excluded)
    gone = ["who_id", "who_run", "who_excluded", *(_WHO + n for n in names)]
    return joined.mutate(excluded_reason=reason, **added).drop(*gone)


class Standing(StrEnum):
    """Which of several rows about one subject, in one instrument and version, stands for them.

    It is the latest answer, or the latest invitation where none was answered; or the first
    answer. A subject that is a customer is asked in waves: there one row stands per period of
    the report, by answer or by sending. `OF_CUSTOMER` leaves one row per customer and period,
    whatever it is about. Rows sent at one instant about one subject are one `INVITATION`.
    """

    LATEST = "latest"
    FIRST = "first"
    LATEST_SENT = "latest by sending"
    OF_CUSTOMER = "latest of the customer"
    INVITATION = "invitation"


def with_standing(rows: ir.Table, standing: Standing, wave: Wave) -> ir.Table:
    """Add `fact_latest`: whether the row stands for those like it, by the rule given.

    Excluded rows stand for no other. `wave(instant)` gives columns that are equal within one
    period of the report.
    """
    alike = [rows.fact_run, rows.excluded_reason.isnull(), rows.instrument]
    if standing == Standing.OF_CUSTOMER:
        alike += [rows.fact_customer, *wave(rows.fact_given_at)]
    else:
        alike += [rows.version, rows.subject_type, rows.subject_id]
        alike += _within(rows, standing, wave)
    answered = rows.score.notnull().desc()
    if standing == Standing.FIRST:
        order = [answered, rows.answered_at, rows.sent_at, rows.survey_id]
    else:
        order = [answered, *(rows[c].desc() for c in ("answered_at", "sent_at", "survey_id"))]
    place = ibis.row_number().over(group_by=alike, order_by=order)
    return rows.mutate(fact_latest=place == 0)


def _within(rows: ir.Table, standing: Standing, wave: Wave) -> list[ir.Value]:
    """Return what else must be equal: the sending, or the wave in which a customer was asked."""
    if standing == Standing.INVITATION:
        return [rows.sent_at]
    at = rows.fact_sent_at if standing == Standing.LATEST_SENT else rows.fact_given_at
    lasting = rows.subject_type == "customer"
    return [lasting.ifelse(w, ibis.null(w.type())) for w in wave(at)]
