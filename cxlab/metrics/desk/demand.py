"""Demand: what is received, what it is about, how old the open tickets are, complaints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import messages, tickets
from cxlab.metrics.desk.waits import every_row
from cxlab.metrics.facts import is_live
from cxlab.metrics.response import METRICS as BASIC
from cxlab.metrics.response import VOLUME
from cxlab.metrics.statistics import Count, Quantile, Ratio, Share, ShareOfAll

__all__ = ["METRICS"]

_VOL = next(m for m in BASIC if m.id == "vol")

RECEIVED = replace(
    VOLUME, name="received", source="received_tickets",
    population="all tickets created in the period, spam among them",
)  # fmt: skip
CONTACTS = Basis(
    name="contacts",
    source="contacts",
    attribution=Attribution.HAPPENED,
    population="contacts of customers in the period: a message after an hour of silence on its "
    "ticket, a chat session, a call",
    belongs=every_row,
    value=every_row,
    needs=("messages",),
)
CATEGORY = replace(VOLUME, name="category")
AGE = Basis(
    name="age_of_open",
    source="open_at_end",
    attribution=Attribution.PERIOD_END,
    population="tickets open at the end of the period",
    belongs=every_row,
    value=lambda t: t.fact_age_s,
)


def _per_customer(name: str, column: str, per: int, *needs: str) -> Basis:
    return Basis(
        name=name,
        source="customers_with_tickets",
        attribution=Attribution.PERIOD_START,
        population="customers won by the end of the period, with their tickets created in it",
        belongs=lambda t: t.fact_window_start.notnull(),
        value=lambda t: t[column] * per,
        exclusions=(
            Exclusion("customer_unknown", "a ticket of nobody in the table of customers",
                      lambda t: t.fact_orphan),
        ),
        pending=lambda t: ~t.fact_window_over,
        pending_meaning="the period is not over",
        needs=("tickets.customer_id", *needs),
        assumes={"customers.acquired_at": "when customers were won is not recorded: all are "
                 "taken to have been there"},
        also={"per": lambda t: ibis.literal(1.0)},
    )  # fmt: skip


_UNSTATED = Exclusion(
    "not_stated", "nobody said whether it is a complaint", lambda t: t.is_complaint.isnull()
)


def _complaint(rows: ir.Table) -> ir.BooleanValue:
    return rows.is_complaint | rows.is_complaint.isnull()


COMPLAINTS = replace(
    VOLUME,
    name="complaints",
    population="complaints received in the period",
    belongs=_complaint,
    exclusions=(_UNSTATED,),
    needs=("tickets.is_complaint",),
)


def _resolved_within(days: int) -> Basis:
    def due(rows: ir.Table) -> ir.TimestampValue:
        return rows.created_at + ibis.interval(days=days)

    return replace(
        COMPLAINTS,
        name=f"complaints_resolved_{days}d",
        population=f"complaints received in the period, at least {days} days before the cut-off",
        value=lambda t: (t.last_solved_at <= due(t)).fill_null(False),
        pending=lambda t: due(t) > t.fact_as_of,
        pending_meaning=f"received less than {days} days ago",
        needs=("tickets.is_complaint", "tickets.last_solved_at"),
    )


RESOLVED = replace(
    COMPLAINTS,
    name="complaints_resolved",
    attribution=Attribution.SOLVED,
    population="complaints resolved in the period; the others stand in the period they came",
    exclusions=(
        _UNSTATED,
        Exclusion("not_resolved", "closed without a solve that held",
                  lambda t: t.last_solved_at.isnull() & ~is_live(t)),
    ),
    pending=is_live,
    pending_meaning="open: not resolved, or reopened since",
    needs=("tickets.is_complaint", "tickets.last_solved_at"),
)  # fmt: skip

_FIVE = {
    "tickets": tickets(
        {"topic": "billing"}, {"topic": "billing"}, {"topic": "login"}, {"topic": None},
        {"topic": "billing", "excluded_reason": "spam"},
    )
}  # fmt: skip
_OPEN = {
    "tickets": tickets(
        {"created_at": "+1 09:00", "status": "open"}, {"created_at": "+4 09:00", "status": "open"},
        {"created_at": "+8 09:00", "status": "new"}, {"last_solved_at": "+2 09:00"},
        {"created_at": "+3 09:00", "last_solved_at": "+12 09:00"},
    )
}  # fmt: skip
_STILL_OPEN = {**_OPEN["tickets"][4], "status": "open", "last_solved_at": None}
_OPEN_STORY = (
    "On day 10 at 09:00 tickets that are 9, 6 and 2 days old are open; another is solved. "
)
_COMPLAINTS = {
    "tickets": tickets(
        {"is_complaint": True, "last_solved_at": "+3 09:00", "customer_id": "c1"},
        {"is_complaint": True, "last_solved_at": "+20 09:00", "customer_id": "c2"},
        {"is_complaint": True, "status": "open", "created_at": "+1 09:00", "customer_id": "c1"},
        {"is_complaint": False, "last_solved_at": "10:00", "customer_id": "c2"},
        {"is_complaint": True, "status": "open", "created_at": "+55 09:00", "customer_id": "c9"},
    ),
    "customers": tuple(
        {"customer_id": f"c{i}", "acquired_at": "2025-06-01"} for i in (1, 2, 3, 4)
    ),
}  # fmt: skip
_QUARTER: dict[str, Any] = {"period": "2026-Q1", "as_of": "+90 00:00"}
_COMPLAINED = (
    "Four complaints came among five tickets: resolved after 3 days, after 20 days, and two are "
    "open, one of them for only 5 days at the cut-off. "
)


def _metric(id: str, title: str, definition: str, **changed: Any) -> Metric:
    return replace(_VOL, id=id, title=title, definition=definition, notes=(), **changed)


METRICS: tuple[Metric, ...] = (
    _metric(
        "vol_received", "Tickets received, spam included",
        "Number of tickets created in the period, those excluded as spam among them; merged and "
        "test tickets are not.",
        basis=RECEIVED, variant_of="vol", source="Freshdesk help 50000000041 (the opposite rule)",
        example=Example("Five tickets were created, one of them spam: 5.", _FIVE, 5.0),
    ),
    _metric(
        "vol_contacts", "Contacts",
        "Number of contacts by customers: messages after an hour of silence on their ticket, chat "
        "sessions, and calls.",
        formula=r"\left|\{ k : s \le t_k < e \}\right|", basis=CONTACTS, variant_of="vol",
        source="a contact is the messages of one channel within a gap, a session is one",
        example=Example(
            "A customer writes at 09:00 and 09:20 (one contact) and again at 12:00; another calls: "
            "3 contacts on 2 tickets.",
            {
                "tickets": tickets({}, {"channel": "phone"}),
                "messages": messages("A", ("customer", "09:00"), ("customer", "09:20"),
                                     ("agent", "09:30"), ("customer", "12:00")),
            },
            3.0, by="opened_by",
        ),
    ),
    _metric(
        "vol_per_100_customers", "Tickets per 100 customers",
        "Tickets created in the period per 100 customers won by its end.",
        formula=r"100\, \frac{n_{\mathrm{tickets}}}{n_{\mathrm{customers}}}", unit="ratio",
        direction="down", basis=_per_customer("tickets_per_100", "fact_tickets", 100),
        statistic=Ratio("customer"), variant_of="vol", source="library.kpi.zone, as a contact rate",
        example=Example(
            "Four customers wrote 4 tickets in the period; a fifth ticket is of nobody known: 100.",
            _COMPLAINTS, 100.0, **_QUARTER,
        ),
    ),
    _metric(
        "mix", "Share of tickets by category",
        "Tickets of a category divided by all tickets of the period, those without one included.",
        formula=r"\frac{n_{\mathrm{category}}}{n}", unit="share", basis=CATEGORY,
        statistic=ShareOfAll(), source="library.kpi.zone (classification of tickets)",
        example=Example(
            "Two of four tickets are about billing, one about login, one about nothing known; spam "
            "does not count: 50 %.",
            _FIVE, 0.5, by="topic", group={"topic": "billing"},
        ),
    ),
    _metric(
        "backlog_age", "Age of open tickets, median",
        "Age of the tickets that are open at the end of the period: half of them are younger.",
        formula=r"\operatorname{median}_i \left( t - c_i \right)", unit="s", direction="down",
        basis=AGE, statistic=Quantile(0.5), variant_of="backlog",
        source="the project's own definition",
        example=Example(_OPEN_STORY + "A fifth, still open then, is 7: the median of 9, 7, 6 and 2 "
                        "is 6.5 days.",
                        {"tickets": (*_OPEN["tickets"][:4], _STILL_OPEN)},
                        6.5 * 86400, as_of="+10 09:00", period="2026-01"),
    ),
    _metric(
        "backlog_age_p90", "Age of open tickets, 90th percentile",
        "Age of the tickets that are open at the end of the period: nine of ten are younger.",
        formula=r"Q_{0.9} \left( t - c_i \right)", unit="s", direction="down",
        basis=AGE, statistic=Quantile(0.9), variant_of="backlog",
        source="the project's own definition",
        example=Example(_OPEN_STORY + "Rank 1 + 0.9 × 2 = 2.8: 6 + 0.8 × 3 = 8.4 days.",
                        {"tickets": _OPEN["tickets"][:4]}, 8.4 * 86400, as_of="+10 09:00",
                        period="2026-01"),
    ),
    _metric(
        "cmp_in", "Complaints received",
        "Number of complaints received in the period.",
        direction="down", basis=COMPLAINTS, statistic=Count(), source="library.kpi.zone",
        example=Example(_COMPLAINED, _COMPLAINTS, 4.0),
    ),
    _metric(
        "cmp_in_per_1000", "Complaints per 1,000 customers",
        "Complaints received in the period per 1,000 customers won by its end.",
        formula=r"1000\, \frac{n_{\mathrm{complaints}}}{n_{\mathrm{customers}}}", unit="ratio",
        direction="down",
        basis=_per_customer("complaints_per_1000", "fact_complaints", 1000,
                            "tickets.is_complaint"),
        statistic=Ratio("customer"), variant_of="cmp_in",
        source="library.kpi.zone; a rate, for comparison between periods",
        example=Example(_COMPLAINED + "Three are of the four known customers: 750.",
                        _COMPLAINTS, 750.0, **_QUARTER),
    ),
    _metric(
        "cmp_res", "Complaints resolved within 30 days",
        "Share of complaints, received at least 30 days ago, that were resolved within 30 days.",
        formula=r"\frac{\left|\{ i : s_i - c_i \le 30\,\mathrm{d} \}\right|}{n_{\mathrm{mature}}}",
        unit="share", direction="up", basis=_resolved_within(30), statistic=Share(),
        source="library.kpi.zone (complaints resolved, as a percentage)",
        example=Example(_COMPLAINED + "Two of the three old ones: 2 of 3.", _COMPLAINTS, 2 / 3),
    ),
    _metric(
        "cmp_res_7d", "Complaints resolved within 7 days",
        "Share of complaints, received at least 7 days ago, that were resolved within 7 days.",
        formula=r"\frac{\left|\{ i : s_i - c_i \le 7\,\mathrm{d} \}\right|}{n_{\mathrm{mature}}}",
        unit="share", direction="up", basis=_resolved_within(7), statistic=Share(),
        variant_of="cmp_res", source="library.kpi.zone (complaints resolved, as a percentage)",
        example=Example(_COMPLAINED + "One of the three old ones: 1 of 3.", _COMPLAINTS, 1 / 3),
    ),
    _metric(
        "cmp_res_n", "Complaints resolved, number",
        "Number of complaints resolved in the period, whenever they came.",
        direction="up", basis=RESOLVED, statistic=Count(), formula=r"\left|\{ i : s \le s_i < e "
        r"\}\right|",
        source="library.kpi.zone (complaints resolved, as a number)",
        example=Example(_COMPLAINED + "Two are resolved.", _COMPLAINTS, 2.0),
    ),
)  # fmt: skip
