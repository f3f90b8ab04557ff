"""What every first response time is made of: a start, a reply, a clock; and shared examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric, Value
from cxlab.metrics.desk.rows import messages, shown_as, tickets
from cxlab.metrics.facts import is_live, opened_by_business, seconds_between
from cxlab.metrics.statistics import Quantile, Statistic

__all__ = [
    "MEDIAN", "OPEN_FORMULA", "OURS", "WRITTEN", "WRITTEN_ROWS", "between",
    "every_row", "variant", "waits",
]  # fmt: skip

MEDIAN = Quantile(0.5)


def every_row(rows: ir.Table) -> ir.BooleanValue:
    """Take every ticket."""
    return rows.ticket_id.notnull()


OURS = Exclusion(
    "opened_by_business", "the business wrote first: nobody waits for a first reply",
    opened_by_business,
)  # fmt: skip


def waits(
    name: str,
    source: str,
    to: str,
    value: Value,
    *,
    needs: tuple[str, ...],
    first: tuple[Exclusion, ...] = (),
    attribution: Attribution = Attribution.CREATED,
    population: str = "tickets created in the period",
    in_hours: bool = False,
) -> Basis:
    """Return the basis of waits that end with the instant in column `to`."""

    def unanswered(rows: ir.Table) -> ir.BooleanValue:
        return rows[to].isnull()

    def untimed(rows: ir.Table) -> ir.BooleanValue:
        return rows[to].notnull() & value(rows).isnull()

    closed = Exclusion(
        "no_reply", "closed without such a reply: not applicable, not 0",
        lambda t: unanswered(t) & ~is_live(t),
    )  # fmt: skip
    no_hours = Exclusion("no_schedule", "no business hours are known for it", untimed)
    return Basis(
        name=name,
        source=source,
        attribution=attribution,
        population=population,
        belongs=every_row,
        value=value,
        exclusions=(*first, closed, *((no_hours,) if in_hours else ())),
        pending=unanswered,
        pending_meaning="open and not yet replied to",
        needs=needs,
    )


def between(start: str, end: str) -> Value:
    """Return the value of the seconds from one column to another."""
    return lambda t: seconds_between(t[start], t[end])


WRITTEN_ROWS: Mapping[str, Any] = {
    "tickets": tickets({}, {"opened_by": "agent"}, {}),
    "messages": (
        *messages("A", ("customer", "09:00"), ("bot", "09:00:05"), ("note", "09:05"),
                  ("agent", "09:10")),
        *messages("B", ("agent", "09:01"), ("customer", "10:00"), ("agent", "10:30")),
        *messages("C", ("customer", "09:05"), ("agent", "11:00")),
    ),
}  # fmt: skip
WRITTEN = (
    "A customer wrote A at 09:00; a bot answered at once, an agent noted something privately at "
    "09:05 and replied at 09:10. An agent opened B at 09:00 and wrote at 09:01; the customer "
    "answered at 10:00, the agent at 10:30. C was created at 09:00, its customer's message is "
    "dated 09:05, and the reply came at 11:00. "
)


def variant(
    id: str,
    title: str,
    definition: str,
    basis: Basis,
    example: Example,
    *,
    statistic: Statistic = MEDIAN,
    formula: str = shown_as("r_i - c_i"),
    source: str,
    notes: tuple[str, ...] = (),
    preset: str = "",
) -> Metric:
    """Return a reading of the first response time."""
    return Metric(
        id=id,
        title=title,
        definition=definition,
        formula=formula,
        unit="s",
        direction="down",
        basis=basis,
        statistic=statistic,
        source=source,
        example=example,
        notes=notes,
        variant_of="frt",
        preset=preset,
    )


OPEN_FORMULA = r"F(r_i) - F(c_i),\ F(t) = \text{open time until } t"
