"""First contact resolution as Zendesk, dbt_zendesk, Freshdesk, Intercom and customers count it."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.first_contact import FCR, RESOLVED
from cxlab.metrics.desk.rows import messages, tickets
from cxlab.metrics.desk.waits import every_row
from cxlab.metrics.facts import is_live
from cxlab.metrics.statistics import Share

__all__ = ["METRICS"]

ONE_TOUCH = Basis(
    name="one_touch_zendesk",
    source="replied_tickets",
    attribution=Attribution.SOLVED,
    population="tickets solved or closed in the period; those without a solve stand in the period "
    "of their creation",
    belongs=every_row,
    value=lambda t: _comments(t) < 2,
    pending=is_live,
    pending_meaning="open: not solved, or reopened since",
    needs=("messages|tickets.n_public_agent_replies",),
)


def _comments(rows: ir.Table) -> ir.IntegerValue:
    """Count public comments by agents, without the first one of a ticket that an agent opened."""
    own = (rows.fact_ours & rows.fact_agent_wrote_first.fill_null(False)).cast("int64")
    return ibis.coalesce(rows.fact_n_agent - own, rows.n_public_agent_replies)


EXACTLY_ONE = replace(
    ONE_TOUCH,
    name="one_touch_dbt",
    value=lambda t: ibis.coalesce(t.fact_n_agent_sessions, t.n_public_agent_replies) == 1,
)
FRESHDESK = replace(
    RESOLVED,
    name="no_further_customer_message",
    source="replied_tickets",
    attribution=Attribution.SOLVED,
    population="tickets resolved in the period; the others stand in the period of their creation",
    value=lambda t: _customer_messages(t) <= 1,
    exclusions=(
        *RESOLVED.exclusions,
        Exclusion("unassigned", "nobody was assigned", lambda t: t.fact_agent.isnull()),
    ),
    needs=("messages|tickets.n_customer_messages", *RESOLVED.needs),
    assumes={},
)


def _customer_messages(rows: ir.Table) -> ir.IntegerValue:
    return ibis.coalesce(rows.fact_n_customer, rows.n_customer_messages)


INTERCOM = replace(
    RESOLVED,
    name="closed_once_with_one_teammate",
    source="replied_tickets",
    population="conversations started in the period that are closed",
    value=lambda t: (t.fact_solves <= 1) & (t.fact_reopens < 1) & (t.fact_n_teammates == 1),
    exclusions=(
        Exclusion("open", "not closed at the cut-off", is_live),
        Exclusion(
            "not_recorded_who", "its messages, or their authors, are not recorded",
            lambda t: t.fact_n_teammates.isnull(),
        ),
    ),
    needs=("messages.author_id", *RESOLVED.needs),
)  # fmt: skip


def _late(rows: ir.Table) -> ir.BooleanValue:
    """Return whether the survey was sent after the end of the next working day (UTC)."""
    day = rows.created_at.truncate("D")
    weekday = rows.created_at.day_of_week.index()  # 0 = Monday
    end = ibis.cases(
        (weekday == 4, day + ibis.interval(days=4)),
        (weekday == 5, day + ibis.interval(days=3)),
        else_=day + ibis.interval(days=2),
    )
    return (rows.sent_at >= end).fill_null(False)


def _resolved_at_once(rows: ir.Table) -> ir.BooleanValue:
    mirrored = (rows.direction == "down").fill_null(False)
    return mirrored.ifelse(rows.score == rows.scale_min, rows.score == rows.scale_max)


ASKED = Basis(
    name="first_contact_asked",
    source="surveys",
    attribution=Attribution.ANSWERED,
    population="answers of the period to the question whether the first contact resolved it "
    "(instrument other, version fcr); unanswered ones stand in the period they were sent",
    belongs=lambda t: (t.instrument == "other") & (t.version == "fcr"),
    value=_resolved_at_once,
    exclusions=(
        Exclusion("no_answer", "invited, did not answer", lambda t: t.score.isnull()),
        Exclusion("superseded", "the customer answered again", lambda t: ~t.fact_latest),
        Exclusion("asked_late", "asked later than the next working day", _late),
    ),
    needs=("tickets", "surveys.version"),
)

_ROWS = {
    "tickets": tickets(*[{"last_solved_at": "+1 09:00", "n_solves": 1, "assignee_id": "Ann"}] * 4),
    "messages": (
        *messages("A", ("customer", "09:00"), ("agent Ann", "09:10")),
        *messages("B", ("customer", "09:00"), ("agent Ann", "09:10"), ("agent Ann", "09:11")),
        *messages("C", ("customer", "09:00"), ("note", "09:05")),
        *messages("D", ("customer", "09:00"), ("agent Ann", "09:10"), ("customer", "09:20"),
                  ("agent Bob", "09:30")),
    ),
}  # fmt: skip
_STORY = (
    "Four e-mails were solved: A with one reply; B with two by the same person; C without any; D "
    "with two by two people, the customer having written again between them. "
)
_ASK = {
    "instrument": "other", "version": "fcr", "scale_min": 0, "scale_max": 1,
    "subject_type": "ticket", "sent_at": "12:00", "answered_at": "13:00",
}  # fmt: skip


def _vendor(
    id: str, title: str, definition: str, formula: str, basis: Basis, source: str, preset: str,
    example: Example, notes: tuple[str, ...] = (),
) -> Metric:  # fmt: skip
    return replace(
        FCR, id=id, title=title, definition=definition, formula=formula, basis=basis,
        source=source, preset=preset, example=example, notes=notes, statistic=Share(),
        variant_of="fcr", version=1,
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _vendor(
        "fcr_zendesk", "One-touch resolution (Zendesk)",
        "Share of tickets solved or closed that took fewer than two public comments by agents; "
        "none at all counts too.",
        r"\frac{\left|\{ i : \mathrm{comments}_i < 2 \}\right|}{n_{\mathrm{solved}}}",
        ONE_TOUCH, "Zendesk help 4408820618266 (one-touch tickets)", "zendesk",
        Example(_STORY + "A and C: 2 of 4.", _ROWS, 0.5),
        ("The opening comment of a ticket that an agent opened does not count.",
         "A reopen by a thank-you that is solved again in silence is one touch still."),
    ),
    _vendor(
        "fcr_dbt_zendesk", "One-touch resolution (dbt_zendesk)",
        "Share of tickets solved or closed that took exactly one public comment by an agent; those "
        "of one chat session are one.",
        r"\frac{\left|\{ i : \mathrm{comments}_i = 1 \}\right|}{n_{\mathrm{solved}}}",
        EXACTLY_ONE, "dbt_zendesk, int_zendesk__comment_metrics and its decision log",
        "dbt_zendesk", Example(_STORY + "Only A: 1 of 4.", _ROWS, 0.25),
    ),
    _vendor(
        "fcr_freshdesk", "First contact resolution (Freshdesk)",
        "Share of assigned, resolved tickets on which the customer wrote nothing after the first "
        "message, however many replies there were.",
        r"\frac{\left|\{ i : \mathrm{messages}_i \le 1 \}\right|}{n_{\mathrm{resolved}}}",
        FRESHDESK, "Freshdesk help 50000000041, 50000004904", "freshdesk",
        Example(_STORY + "All but D: 3 of 4.", _ROWS, 0.75),
    ),
    _vendor(
        "fcr_intercom", "Closed on first contact (Intercom)",
        "Share of closed conversations that were closed once, with one teammate taking part.",
        r"\frac{\left|\{ i : \mathrm{closes}_i = 1,\ \mathrm{teammates}_i = 1 \}\right|}"
        r"{n_{\mathrm{closed}}}",
        INTERCOM, "Intercom help 7022438 (closed conversations on first contact rate)",
        "intercom",
        Example(_STORY + "A and B; C had nobody, D two: 2 of 4.", _ROWS, 0.5),
    ),
    _vendor(
        "fcr_survey", "First contact resolution as customers say (SQM, external)",
        "Share of customers, asked by the next working day, who say that their first contact "
        "resolved it.",
        r"\frac{n_{\mathrm{yes}}}{n_{\mathrm{answers}}}",
        ASKED, "SQM, external measurement: survey within one business day", "sqm",
        Example(
            "Two customers say yes (1), one no (0); a fourth was asked five days later and does "
            "not count: 2 of 3.",
            {
                "tickets": tickets({}, {}, {}, {}),
                "surveys": tuple(
                    {**_ASK, "survey_id": f"s{i}", "subject_id": i, "score": score, **late}
                    for i, score, late in (
                        ("A", 1, {}), ("B", 1, {}), ("C", 0, {}),
                        ("D", 1, {"sent_at": "+5 09:00", "answered_at": "+5 10:00"}),
                    )
                ),
            },
            2 / 3,
        ),
        ("Surveys with instrument other and version fcr; the best score of the scale means yes.",),
    ),
)  # fmt: skip
