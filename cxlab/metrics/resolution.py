"""Metrics of getting things done: resolution time, first contact, reopens, escalation, backlog."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric, Repeat
from cxlab.metrics.facts import is_live, is_resolved, opened_by_business, seconds_between
from cxlab.metrics.statistics import Backlog, Mean, Quantile, Share

__all__ = ["METRICS", "OURS"]


def _all(rows: ir.Table) -> ir.BooleanValue:
    return ibis.literal(True)


RESOLUTION = Basis(
    name="resolution",
    source="tickets",
    attribution=Attribution.SOLVED,
    population="tickets solved in the period; those without a solve stand in the period of "
    "their creation, reopened ones in that of their first solve",
    belongs=_all,
    value=lambda t: seconds_between(t.created_at, t.last_solved_at),
    exclusions=(
        Exclusion(
            "not_solved", "closed without ever being solved (given up, withdrawn)",
            lambda t: t.last_solved_at.isnull() & ~is_live(t) & (t.fact_solves < 1),
        ),
        Exclusion(
            "no_lasting_solve", "done, but no time of a solve that held is known",
            lambda t: t.last_solved_at.isnull() & ~is_live(t),
        ),
    ),
    pending=is_live,
    pending_meaning="open: not solved, or reopened since",
    needs=("tickets.last_solved_at",),
)  # fmt: skip


OURS = Exclusion(
    "opened_by_business", "the business wrote first: no contact of the customer's",
    opened_by_business,
)  # fmt: skip


def _one_contact(rows: ir.Table) -> ir.BooleanValue:
    one = (ibis.coalesce(rows.n_contacts, 1) <= 1) & (rows.fact_reopens < 1)
    return one & ~rows.fact_escalated


def _first_contact(days: int) -> Basis:
    def mature(rows: ir.Table) -> ir.BooleanValue:
        return rows.created_at + ibis.interval(days=days) <= rows.fact_as_of

    return Basis(
        name=f"first_contact_{days}d",
        source="tickets",
        attribution=Attribution.CREATED,
        population=f"tickets created in the period, at least {days} days before the cut-off",
        belongs=_all,
        value=_one_contact,
        unless_repeated=Repeat(days),
        exclusions=(
            OURS,
            Exclusion(
                "unresolved", "not resolved at the cut-off", lambda t: mature(t) & ~is_resolved(t)
            ),
            Exclusion(
                "customer_unknown", "nobody can say whether the customer came back",
                lambda t: mature(t) & t.customer_id.isnull(),
            ),
        ),
        pending=lambda t: ~mature(t),
        pending_meaning=f"younger than {days} days: a repeat contact may still come",
        needs=("tickets.customer_id", "tickets.n_solves|tickets.last_solved_at"),
        assumes={
            "tickets.n_contacts": "contacts are not recorded: one per ticket assumed",
            "tickets.n_solves": "reopens are not recorded: none assumed",
            "escalations": "escalations are not recorded: none assumed",
        },
    )  # fmt: skip


REOPENED = Basis(
    name="reopened",
    source="tickets",
    attribution=Attribution.SOLVED,
    population="tickets solved in the period; those without a solve stand in the period of "
    "their creation, reopened ones in that of their first solve",
    belongs=_all,
    value=lambda t: t.fact_reopens >= 1,
    exclusions=(
        Exclusion(
            "not_solved", "closed without ever being solved (given up, withdrawn)",
            lambda t: (t.fact_solves < 1) & ~is_live(t),
        ),
    ),
    pending=lambda t: t.fact_solves < 1,
    pending_meaning="open and never solved yet",
    needs=("tickets.n_solves",),
)  # fmt: skip

ESCALATED = Basis(
    name="escalated",
    source="tickets",
    attribution=Attribution.CREATED,
    population="tickets created in the period",
    belongs=_all,
    value=lambda t: t.fact_escalated,
    exclusions=(
        Exclusion(
            "not_handled", "the customer gave up before anybody took it",
            lambda t: t.abandoned_at.notnull(),
        ),
    ),
    pending=lambda t: (t.status == "new") & ~t.fact_escalated,
    pending_meaning="nobody has taken it yet",
    needs=("escalations",),
)  # fmt: skip

OPEN_TICKETS = Basis(
    name="open_tickets",
    source="tickets",
    attribution=Attribution.POINT_IN_TIME,
    population="tickets created before the end of the period",
    belongs=_all,
    value=is_live,
)

_MAIL = {"channel": "email", "status": "solved", "customer_id": "c1"}
_ART_ROWS = {
    "tickets": (
        {**_MAIL, "ticket_id": "A", "created_at": "09:00", "last_solved_at": "10:00"},
        {**_MAIL, "ticket_id": "B", "created_at": "09:00", "last_solved_at": "11:00"},
        {**_MAIL, "ticket_id": "C", "created_at": "09:00", "last_solved_at": "+1 09:00"},
        {**_MAIL, "ticket_id": "D", "created_at": "09:00", "status": "open"},
    )
}
_ART_STORY = (
    "Three tickets created at 09:00 were solved after 1, 2 and 24 hours; a fourth is still open "
    "and stands as pending. "
)
_ART_SOURCE = "Zendesk help 4408834848154 (full resolution time)"
_FCR_SOURCE = (
    "court323.com (no follow-up, escalation or additional ticket); 30 days after SQM's "
    "call-resolution index"
)
_FCR_FORMULA = (
    r"\mathrm{fcr} = \frac{\left|\{ i : k_i = 1,\ \text{not escalated, not reopened, "
    r"no repeat within } W \}\right|}{n_{\mathrm{resolved,\ mature}}}"
)
_FCR_ROWS = {
    "tickets": (
        {**_MAIL, "ticket_id": "A", "created_at": "09:00", "last_solved_at": "10:00",
         "topic": "billing", "customer_id": "c1", "n_solves": 1, "n_contacts": 1},
        {**_MAIL, "ticket_id": "B", "created_at": "09:00", "last_solved_at": "12:00",
         "topic": "login", "customer_id": "c2", "n_solves": 2, "n_contacts": 2},
        {**_MAIL, "ticket_id": "C", "created_at": "09:00", "last_solved_at": "10:00",
         "topic": "login", "customer_id": "c3", "n_solves": 1, "n_contacts": 1},
        {**_MAIL, "ticket_id": "D", "created_at": "+3 09:00", "last_solved_at": "+3 10:00",
         "topic": "login", "customer_id": "c3", "n_solves": 1, "n_contacts": 1},
    )
}  # fmt: skip
_FCR_STORY = (
    "Ticket A was solved at the first contact. B was reopened. C was solved at once, but the "
    "same customer opened D on the same topic three days later; D held. So A and D count: "
    "2 of 4, 50 %."
)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="art",
        title="Resolution time, mean (ART)",
        definition="Mean time from a ticket's creation to the solve that held, over the tickets "
        "solved in the period.",
        formula=r"\mathrm{art} = \frac{1}{n} \sum_{i=1}^{n} \left( s_i - c_i \right)",
        unit="s",
        direction="down",
        basis=RESOLUTION,
        statistic=Mean(),
        source=_ART_SOURCE,
        notes=("Tickets still open are pending, not fast: read their number beside it.",),
        example=Example(_ART_STORY + "(1 + 2 + 24) ÷ 3 = 9 hours.", _ART_ROWS, 32400.0),
    ),
    Metric(
        id="art_median",
        variant_of="art",
        title="Resolution time, median",
        definition="Time from a ticket's creation to the solve that held: half of the tickets "
        "solved in the period took less.",
        formula=r"\operatorname{median}_i \left( s_i - c_i \right)",
        unit="s",
        direction="down",
        basis=RESOLUTION,
        statistic=Quantile(0.5),
        source=_ART_SOURCE,
        example=Example(_ART_STORY + "The middle one took 2 hours.", _ART_ROWS, 7200.0),
    ),
    Metric(
        id="art_p90",
        variant_of="art",
        title="Resolution time, 90th percentile",
        definition="Time from a ticket's creation to the solve that held within which nine of "
        "ten tickets solved in the period were done.",
        formula=r"Q_{0.9} \left( s_i - c_i \right)",
        unit="s",
        direction="down",
        basis=RESOLUTION,
        statistic=Quantile(0.9),
        source=_ART_SOURCE,
        example=Example(
            _ART_STORY + "Rank 1 + 0.9 × 2 = 2.8: 2 + 0.8 × 22 = 19.6 hours.", _ART_ROWS, 70560.0
        ),
    ),
    Metric(
        id="fcr",
        title="First contact resolution, 30 days",
        definition="Share of resolved tickets that took one contact: not escalated, not "
        "reopened, and no other ticket of the same customer on the topic within 30 days.",
        formula=_FCR_FORMULA,
        unit="share",
        direction="up",
        basis=_first_contact(30),
        statistic=Share(),
        source=_FCR_SOURCE,
        notes=(
            "W = 30 days; only tickets at least that old count.",
            "Tickets that the business opened are neither contacts nor repeats.",
        ),
        version=2,
        example=Example(_FCR_STORY, _FCR_ROWS, 0.5),
    ),
    Metric(
        id="fcr_7d",
        variant_of="fcr",
        title="First contact resolution, 7 days",
        definition="Share of resolved tickets that took one contact: not escalated, not "
        "reopened, and no other ticket of the same customer on the topic within 7 days.",
        formula=_FCR_FORMULA,
        unit="share",
        direction="up",
        basis=_first_contact(7),
        statistic=Share(),
        source=_FCR_SOURCE,
        notes=("W = 7 days: sooner known than W = 30, and higher.",),
        version=2,
        example=Example(_FCR_STORY, _FCR_ROWS, 0.5),
    ),
    Metric(
        id="reopen",
        title="Reopen rate",
        definition="Share of solved tickets that were opened again after a solve, however late "
        "(up to the cut-off).",
        formula=r"\mathrm{reopen} = \frac{\left|\{ i : \mathrm{reopens}_i \ge 1 \}\right|}"
        r"{\left|\{ i : \mathrm{solves}_i \ge 1 \}\right|}",
        unit="share",
        direction="down",
        basis=REOPENED,
        statistic=Share(),
        source="court323.com; where only solves are counted, reopens = solves − 1 (dbt_zendesk)",
        notes=("A ticket counts as reopened whether or not it was solved again.",),
        example=Example(
            "Of four tickets that were solved, one was solved twice and one is open again: 2 of 4. "
            "The fifth, never solved, is pending.",
            {
                "tickets": (
                    {**_MAIL, "ticket_id": "A", "created_at": "09:00", "n_solves": 1,
                     "last_solved_at": "10:00"},
                    {**_MAIL, "ticket_id": "B", "created_at": "09:00", "n_solves": 2,
                     "last_solved_at": "12:00"},
                    {**_MAIL, "ticket_id": "C", "created_at": "09:00", "n_solves": 1,
                     "last_solved_at": "10:00"},
                    {**_MAIL, "ticket_id": "D", "created_at": "09:00", "n_solves": 1,
                     "status": "open", "first_solved_at": "10:00"},
                    {**_MAIL, "ticket_id": "E", "created_at": "09:00", "n_solves": 0,
                     "status": "open"},
                )
            },
            0.5,
        ),
    ),
    Metric(
        id="esc",
        title="Escalation rate",
        definition="Share of handled tickets that were escalated at least once, to a specialist, "
        "a manager or a higher urgency, or because time ran out.",
        formula=r"\mathrm{esc} = \frac{n_{\mathrm{escalated}}}{n_{\mathrm{handled}}}",
        unit="share",
        direction="down",
        basis=ESCALATED,
        statistic=Share(),
        source="library.kpi.zone",
        example=Example(
            "One of four handled tickets was escalated, twice: 25 %.",
            {
                "tickets": tuple(
                    {**_MAIL, "ticket_id": i, "created_at": "09:00"} for i in ("A", "B", "C", "D")
                ),
                "escalations": (
                    {"ticket_id": "B", "at": "10:00", "kind": "functional"},
                    {"ticket_id": "B", "at": "11:00", "kind": "hierarchical"},
                ),
            },
            0.25,
        ),
    ),
    Metric(
        id="backlog",
        title="Open backlog",
        definition="Number of tickets open at the end of the period: created by then and not "
        "solved, or reopened since.",
        formula=r"\mathrm{backlog}(t) = \left|\{ i : c_i < t,\ \text{open at } t \}\right|",
        unit="count",
        direction="down",
        basis=OPEN_TICKETS,
        statistic=Backlog(),
        source="the project's own definition: openings less solves, checked against states",
        example=Example(
            "At the cut-off two of three tickets are open: one never solved, one reopened.",
            {
                "tickets": (
                    {**_MAIL, "ticket_id": "A", "created_at": "09:00", "last_solved_at": "10:00"},
                    {**_MAIL, "ticket_id": "B", "created_at": "09:00", "status": "open",
                     "first_solved_at": "09:30", "n_solves": 1},
                    {**_MAIL, "ticket_id": "C", "created_at": "09:00", "status": "new"},
                )
            },
            2.0,
        ),
    ),
)  # fmt: skip
