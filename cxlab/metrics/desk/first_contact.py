"""First contact resolution: one idea, many rules; each with its own id."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric, Repeat
from cxlab.metrics.desk.fits import share_left
from cxlab.metrics.desk.rows import tickets
from cxlab.metrics.desk.waits import every_row
from cxlab.metrics.facts import is_resolved, seconds_between
from cxlab.metrics.resolution import METRICS as BASIC
from cxlab.metrics.resolution import OURS
from cxlab.metrics.statistics import Share

__all__ = ["FCR", "METRICS", "NO_REPEAT", "RESOLVED"]

WINDOW_DAYS = 30
FCR = next(m for m in BASIC if m.id == "fcr")

_SOLVES = "tickets.n_solves|tickets.last_solved_at"
_ASSUMED = {
    "tickets.n_solves": "reopens are not recorded: none assumed",
    "escalations": "escalations are not recorded: none assumed",
}
_UNRESOLVED = Exclusion("unresolved", "not resolved at the cut-off", lambda t: ~is_resolved(t))
_UNKNOWN = Exclusion(
    "customer_unknown", "nobody can say whether the customer came back",
    lambda t: t.customer_id.isnull(),
)  # fmt: skip


def _mature(rows: ir.Table) -> ir.BooleanValue:
    return rows.created_at + ibis.interval(days=WINDOW_DAYS) <= rows.fact_as_of


def _of_mature(exclusion: Exclusion) -> Exclusion:
    return replace(exclusion, when=lambda t: _mature(t) & exclusion.when(t))


RESOLVED = Basis(
    name="resolved_without_reopen",
    source="tickets",
    attribution=Attribution.CREATED,
    population="tickets created in the period",
    belongs=every_row,
    value=lambda t: t.fact_reopens < 1,
    exclusions=(_UNRESOLVED,),
    needs=(_SOLVES,),
    assumes={"tickets.n_solves": _ASSUMED["tickets.n_solves"]},
)
NOT_ESCALATED = replace(
    RESOLVED,
    name="resolved_without_reopen_or_escalation",
    value=lambda t: (t.fact_reopens < 1) & ~t.fact_escalated,
    assumes=_ASSUMED,
)


def _no_repeat(name: str, *same: str) -> Basis:
    return Basis(
        name=name,
        source="tickets",
        attribution=Attribution.CREATED,
        population=f"tickets created in the period, at least {WINDOW_DAYS} days before the cut-off",
        belongs=every_row,
        value=every_row,
        unless_repeated=Repeat(WINDOW_DAYS, same),
        exclusions=(OURS, _of_mature(_UNRESOLVED), _of_mature(_UNKNOWN)),
        pending=lambda t: ~_mature(t),
        pending_meaning=f"younger than {WINDOW_DAYS} days: a repeat contact may still come",
        needs=("tickets.customer_id", _SOLVES),
    )


NO_REPEAT = _no_repeat("no_repeat", "customer_id", "topic")
SQM = _no_repeat("no_repeat_in_channel", "customer_id", "channel")
ONE_CONTACT = replace(
    _no_repeat("one_contact_anywhere", "customer_id"),
    value=lambda t: (ibis.coalesce(t.n_contacts, 1) <= 1) & (t.fact_reopens < 1),
    assumes={
        "tickets.n_contacts": "contacts are not recorded: one per ticket assumed",
        "tickets.n_solves": _ASSUMED["tickets.n_solves"],
    },
)
NET = replace(
    FCR.basis,
    name="first_contact_resolvable",
    exclusions=(
        Exclusion(
            "not_possible", "one contact could not have done (a part had to be ordered, say)",
            lambda t: _mature(t) & ~t.first_contact_possible.fill_null(True),
        ),
        Exclusion(
            "possible_unknown", "nobody said whether one contact could have done",
            lambda t: _mature(t) & t.first_contact_possible.isnull(),
        ),
        *FCR.basis.exclusions,
    ),
    needs=(*FCR.basis.needs, "tickets.first_contact_possible"),
)  # fmt: skip
AT_RISK = Basis(
    name="time_to_repeat",
    source="followed_tickets",
    attribution=Attribution.CREATED,
    population="tickets created in the period, the young ones with the time they were followed",
    belongs=every_row,
    value=lambda t: seconds_between(t.created_at, ibis.coalesce(t.fact_next_at, t.fact_as_of)),
    exclusions=(OURS, _UNRESOLVED, _UNKNOWN),
    needs=("tickets.customer_id", _SOLVES),
    also={"ended": lambda t: t.fact_next_at.notnull()},
)

_DONE = {"last_solved_at": "+1 09:00", "n_solves": 1}
_FOUR = {
    "tickets": tickets(
        {**_DONE, "customer_id": "c1", "topic": "billing"},
        {**_DONE, "customer_id": "c2", "topic": "login", "n_solves": 2},
        {**_DONE, "customer_id": "c3", "topic": "login"},
        {**_DONE, "customer_id": "c3", "topic": "login", "channel": "phone",
         "created_at": "+3 09:00", "last_solved_at": "+3 10:00"},
        {**_DONE, "customer_id": "c1", "topic": "address", "created_at": "+4 09:00",
         "last_solved_at": "+4 10:00"},
    ),
    "escalations": ({"ticket_id": "E", "at": "+4 09:30", "kind": "functional"},),
}  # fmt: skip
_ALL: dict[str, Any] = {"by": "opened_by"}  # one group, whatever the channel
_STORY = (
    "Five tickets were resolved. B was reopened. The customer of C called about the same topic "
    "three days later (D); the customer of A wrote about another topic four days later (E), which "
    "was escalated. "
)


def _fcr(id: str, title: str, definition: str, **changed: Any) -> Metric:
    changed = {"variant_of": "fcr", "notes": (), "statistic": Share(), "version": 1, **changed}
    return replace(FCR, id=id, title=title, definition=definition, **changed)


METRICS: tuple[Metric, ...] = (
    _fcr(
        "fcr_never_reopened", "First contact resolution, never reopened",
        "Share of resolved tickets that were never reopened.",
        formula=r"\frac{\left|\{ i : \mathrm{reopens}_i = 0 \}\right|}{n_{\mathrm{resolved}}}",
        basis=RESOLVED, source="a common reading; compared with others in the notes on FCR",
        notes=("Blind to customers who open a new ticket instead: the highest reading of all.",),
        example=Example(_STORY + "All but B: 4 of 5.", _FOUR, 0.8, **_ALL),
    ),
    _fcr(
        "fcr_no_escalation", "First contact resolution, neither reopened nor escalated",
        "Share of resolved tickets that were neither reopened nor escalated.",
        formula=r"\frac{\left|\{ i : \mathrm{reopens}_i = 0,\ \text{not escalated} \}\right|}"
        r"{n_{\mathrm{resolved}}}",
        basis=NOT_ESCALATED, source="court323.com, without its additional tickets",
        example=Example(_STORY + "All but B and E: 3 of 5.", _FOUR, 0.6, **_ALL),
    ),
    _fcr(
        "fcr_no_repeat", "First contact resolution, no repeat",
        "Share of resolved tickets at least 30 days old that no other ticket of the same customer "
        "on the topic followed within 30 days.",
        formula=r"\frac{\left|\{ i : \text{no repeat within 30 d} \}\right|}{n_{\mathrm{resolved,"
        r"\ mature}}}",
        basis=NO_REPEAT, version=2, source="court323.com (additional ticket); 30 days as SQM",
        example=Example(_STORY + "All but C: 4 of 5.", _FOUR, 0.8, **_ALL),
    ),
    _fcr(
        "fcr_km", "First contact resolution, no repeat, with young tickets",
        "Share of resolved tickets that no other ticket of the same customer on the topic follows "
        "within 30 days, the young ones counted for as long as they were followed (Kaplan–Meier).",
        formula=r"\hat S(30\,\mathrm{d}) = \prod_{t_k \le 30\,\mathrm{d}} "
        r"\left( 1 - \frac{d_k}{n_k} \right)",
        basis=AT_RISK, version=2, statistic=share_left(WINDOW_DAYS), source="Kaplan & Meier (1958)",
        notes=("Equals fcr_no_repeat where every ticket is at least 30 days old.",
               "Undefined while no ticket has been followed for 30 days."),
        example=Example(
            "Of three old tickets one was followed by a repeat after 10 days. A fourth is only 5 "
            "days old and leaves before that: 1 − 1 ÷ 3.",
            {"tickets": tickets(
                {**_DONE, "customer_id": "c1"}, {**_DONE, "customer_id": "c2"},
                {**_DONE, "customer_id": "c1", "created_at": "+10 09:00",
                 "last_solved_at": "+10 10:00"},
                {**_DONE, "customer_id": "c3", "created_at": "+45 09:00",
                 "last_solved_at": "+45 10:00"},
            )},
            2 / 3, as_of="+50 09:00",
        ),
    ),
    _fcr(
        "fcr_net", "First contact resolution, net",
        "As fcr, without the tickets that no single contact could have resolved "
        "(first_contact_possible).",
        basis=NET, version=2, source="gross and net first contact resolution: SQM, MetricNet",
        notes=("fcr is the gross reading.",),
        example=Example(
            "Three tickets were resolved: at the first contact, at the second, and at the second "
            "because a part had to be ordered. Gross it is 1 of 3; net 1 of 2.",
            {"tickets": tickets(
                {**_DONE, "customer_id": "c1", "first_contact_possible": True},
                {**_DONE, "customer_id": "c2", "first_contact_possible": True, "n_contacts": 2},
                {**_DONE, "customer_id": "c3", "first_contact_possible": False, "n_contacts": 2},
            )},
            0.5,
        ),
    ),
    _fcr(
        "fcr_sqm", "First contact resolution (SQM, internal)",
        "Share of resolved tickets at least 30 days old whose customer did not contact the "
        "business again in the same channel within 30 days, about anything.",
        formula=r"\frac{\left|\{ i : \text{no contact in the channel within 30 d} \}\right|}"
        r"{n_{\mathrm{resolved,\ mature}}}",
        basis=SQM, version=2, source="SQM, call resolution index (internal measurement, 30 days)",
        preset="sqm",
        example=Example(_STORY + "C's customer came back by phone, not e-mail; A's by e-mail: all "
                        "but A, 4 of 5.", _FOUR, 0.8, **_ALL),
    ),
    _fcr(
        "fcr_ocr", "One contact resolution (SQM)",
        "Share of resolved tickets at least 30 days old that took one contact and whose customer "
        "did not contact the business again in any channel within 30 days, about anything.",
        formula=r"\frac{\left|\{ i : k_i = 1,\ \text{no contact within 30 d} \}\right|}"
        r"{n_{\mathrm{resolved,\ mature}}}",
        basis=ONE_CONTACT, version=2, source="SQM, one contact resolution (every channel counts)",
        preset="sqm",
        example=Example(_STORY + "A and C were followed and B was reopened: D and E, 2 of 5.",
                        _FOUR, 0.4, **_ALL),
    ),
)  # fmt: skip
