"""SLA compliance against a policy's targets: first reply, next reply, resolution."""

from __future__ import annotations

from dataclasses import replace

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import OFFICE_HOURS, changes, messages, tickets
from cxlab.metrics.desk.waits import OURS, every_row
from cxlab.metrics.facts import is_live
from cxlab.metrics.response import METRICS as BASIC

__all__ = ["METRICS"]

_SLA = next(m for m in BASIC if m.id == "sla")


_UNCHANGED = {
    "status_events": "changes of status and priority are not recorded: clocks never paused, "
    "priority as it is now"
}


def _within(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_used_s <= rows.target_s


def _promise(name: str, source: str, population: str, *first: Exclusion, needs: str) -> Basis:
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.STARTED,
        population=population,
        belongs=every_row,
        value=lambda t: t.fact_ended_at.notnull() & _within(t),
        exclusions=(
            *first,
            Exclusion(
                "no_target", "no policy promised anything then", lambda t: t.target_s.isnull()
            ),
            Exclusion(
                "no_schedule", "promised in business hours, and none are known",
                lambda t: t.fact_used_s.isnull(),
            ),
        ),
        pending=lambda t: t.fact_ended_at.isnull() & _within(t),
        pending_meaning="not yet done and not yet due",
        needs=(needs, "sla_targets"),
        assumes=_UNCHANGED,
    )  # fmt: skip


FIRST_REPLY = _promise(
    "promised_first_reply", "promised_first_replies", "tickets created in the period", OURS,
    needs="tickets.first_human_reply_at",
)  # fmt: skip
NEXT_REPLY = _promise(
    "promised_next_reply", "promised_next_replies",
    "turns of customers begun in the period, after the first reply on the ticket",
    Exclusion(
        "no_reply", "the ticket was closed without a reply to it (a thank-you, say)",
        lambda t: t.fact_reply_at.isnull() & ~is_live(t),
    ),
    needs="messages",
)  # fmt: skip
RESOLUTION = _promise(
    "promised_resolution", "promised_resolutions", "tickets created in the period",
    Exclusion(
        "not_solved", "closed without a solve that held (given up, withdrawn)",
        lambda t: t.last_solved_at.isnull() & ~is_live(t),
    ),
    needs="tickets.last_solved_at",
)  # fmt: skip

_POLICY = {"policy_id": "gold", "clock": "calendar"}
_NOTES = (
    "The target is that of the priority at the start of the clock, in force then; a target for "
    "that priority goes before one for all.",
    "Used up exactly is kept. Statuses that a policy names stop its clock.",
)


def _sla(id: str, title: str, what: str, basis: Basis, example: Example, source: str) -> Metric:
    return replace(
        _SLA,
        id=id,
        title=title,
        definition=f"Share of promised {what} within the time that the policy in force promised, "
        "on its own clock. Overdue and not done is a breach.",
        formula=r"\frac{\left|\{ i : F(e_i) - F(c_i) \le T_i \}\right|}{n_{\mathrm{due}}}",
        basis=basis,
        source=source,
        example=example,
        notes=_NOTES,
        variant_of="sla",
    )


METRICS: tuple[Metric, ...] = (
    _sla(
        "sla_frt", "SLA compliance of first replies", "first replies that came", FIRST_REPLY,
        Example(
            "Gold promises urgent tickets a first reply within 1 hour, all others within 4 "
            "business hours (Monday to Friday, 09:00 to 17:00). A, urgent when it came at 09:00 "
            "and normal since 09:30, was replied to at 10:30: a breach. B, normal, came on Friday "
            "at 15:00 and was replied to on Monday at 11:00: exactly 4 hours, kept. C, normal, "
            "came on Friday at 16:00 and has no reply on Monday at 12:00: not yet due. 1 of 2.",
            {
                "tickets": tickets(
                    {"priority": "normal", "first_human_reply_at": "10:30"},
                    {"priority": "normal", "created_at": "+4 15:00",
                     "first_human_reply_at": "+7 11:00"},
                    {"priority": "normal", "created_at": "+4 16:00", "status": "open"},
                ),
                "status_events": (
                    {"ticket_id": "A", "at": "09:30", "field": "priority", "old": "urgent",
                     "new": "normal"},
                ),
                "sla_targets": (
                    {**_POLICY, "metric": "frt", "priority": "urgent", "target_s": 3600},
                    {**_POLICY, "metric": "frt", "priority": None, "target_s": 4 * 3600,
                     "clock": "business"},
                ),
                "schedules": OFFICE_HOURS,
            },
            0.5, as_of="+7 12:00",
        ),
        "Zendesk help 4408829459866 (SLA policies); priority at the event as dbt_zendesk decides",
    ),
    _sla(
        "sla_nrt", "SLA compliance of next replies", "next replies that came", NEXT_REPLY,
        Example(
            "Next replies are promised within 1 hour. After the first reply at 09:10 the customer "
            "writes at 10:00 and is answered at 10:45; writes again at 11:00 and is answered at "
            "12:30: 1 of 2.",
            {
                "tickets": tickets({}),
                "messages": messages(
                    "A", ("customer", "09:00"), ("agent", "09:10"), ("customer", "10:00"),
                    ("agent", "10:45"), ("customer", "11:00"), ("agent", "12:30"),
                ),
                "sla_targets": ({**_POLICY, "metric": "nrt", "target_s": 3600},),
            },
            0.5,
        ),
        "Zendesk help 4408829459866 (next reply time)",
    ),
    _sla(
        "sla_resolution", "SLA compliance of resolutions", "resolutions that came", RESOLUTION,
        Example(
            "Resolution is promised within 4 hours, and the clock stops while a ticket is pending. "
            "A took 6 hours, 3 of them pending: kept. B took 5 hours: a breach. 1 of 2.",
            {
                "tickets": tickets({"last_solved_at": "15:00"}, {"last_solved_at": "14:00"}),
                "status_events": changes("A", "status", ("09:00", "open"), ("10:00", "pending"),
                                         ("13:00", "open"), ("15:00", "solved")),
                "sla_targets": ({**_POLICY, "metric": "resolution", "target_s": 4 * 3600,
                                 "pauses_on": "pending, hold"},),
            },
            0.5,
        ),
        "Zendesk help 4408829459866 (requester wait time targets, paused while pending)",
    ),
)  # fmt: skip
