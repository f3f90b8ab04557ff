"""Survey answers by customer, on one scale with the better end up."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.answers import runs
from cxlab.metrics.sources.population import counted, matching, run_of
from cxlab.metrics.view import View

__all__ = ["survey_scores"]

_ANSWER = (
    "run", "survey_id", "customer_id", "subject_type", "subject_id", "instrument", "version",
    "direction", "scale_min", "scale_max", "score", "answered_at",
)  # fmt: skip


def survey_scores(view: View) -> ir.Table | None:
    """Return every counted answer with `run`, its customer and `goodness` from 0 to 100.

    Scales whose top is the worst answer are mirrored: 100 is always best. CES 1.0 asks for effort
    and is meant that way, unless the row says otherwise. The customer is who was asked, else the
    subject, else the customer of the ticket.
    """
    surveys = view.table("surveys")
    if surveys is None:
        return None
    asked = counted(surveys.filter(surveys.score.notnull(), surveys.answered_at.notnull()))
    asked = asked.select(*_ANSWER)
    about = ibis.cases((asked.subject_type == "customer", asked.subject_id))
    asked = asked.mutate(owner=ibis.coalesce(asked.customer_id, about))
    tickets = view.table("tickets")
    if tickets is not None:
        own = tickets.select(
            run=run_of(tickets), subject_id=tickets.ticket_id, ticket_customer=tickets.customer_id,
            ticket_excluded=tickets.excluded_reason.notnull(), subject_type=ibis.literal("ticket"),
        )  # fmt: skip
        asked = matching(asked, own, ("run", "subject_id", "subject_type"))
        asked = asked.filter(~asked.ticket_excluded.fill_null(False))
        asked = asked.mutate(owner=ibis.coalesce(asked.owner, asked.ticket_customer))
    share = (asked.score - asked.scale_min) / (asked.scale_max - asked.scale_min).cast("float64")
    meant = (asked.version == "ces_1").fill_null(False).ifelse("down", "up")
    mirrored = runs(asked, meant) == "down"
    return asked.mutate(goodness=100 * mirrored.ifelse(1 - share, share), customer_id=asked.owner)
