"""Business hours of the tickets: which schedule holds, and open time between two instants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from cxlab.calendars import (
    Calendar,
    Hours,
    Schedule,
    SpecialDay,
    with_open_seconds,
    with_open_seconds_by_schedule,
)
from cxlab.metrics.sources.desk.spells import field_spells
from cxlab.metrics.view import View

__all__ = ["ROUND_THE_CLOCK", "calendar_for", "with_open", "with_open_by_schedule", "with_schedule"]

ROUND_THE_CLOCK = "__round_the_clock"
"""Id of the schedule under which business time is calendar time."""

Spans = Mapping[str, tuple[str, str]]


def with_schedule(rows: ir.Table, view: View) -> ir.Table:
    """Return the rows with `fact_schedule`: the ticket's own schedule, or the only one there is."""
    known = sorted(s.id for s in _schedules(view))
    only = ibis.literal(known[0] if len(known) == 1 else None, type="string")
    return rows.mutate(fact_schedule=ibis.coalesce(rows.schedule_id, only))


def calendar_for(rows: ir.Table, instants: list[str], view: View) -> Calendar:
    """Return the calendar of all schedules (and of round the clock) over these columns."""
    always = Schedule.always(id=ROUND_THE_CLOCK)
    rows = view.inlined(rows.select(*instants))
    return Calendar.covering(rows, instants, [*_schedules(view), always])


def with_open(rows: ir.Table, spans: Spans, view: View, *, at_event: bool = False) -> ir.Table:
    """Return the rows with the open seconds of each span under `fact_schedule`."""
    calendar = calendar_for(rows, _ends(spans), view)
    return with_open_seconds(rows, spans, calendar, schedule="fact_schedule", at_event=at_event)


def with_open_by_schedule(rows: ir.Table, spans: Spans, view: View) -> ir.Table:
    """Return the rows with open seconds added up over all schedules that a ticket had.

    `rows` are tickets with facts and `fact_schedule`.
    """
    held = field_spells(view, "schedule", rows)
    held = view.kept(
        held.select(fact_key="spell_key", start="start", end="end", schedule_id="value")
    )
    calendar = calendar_for(rows, _ends(spans), view)
    return with_open_seconds_by_schedule(rows, spans, calendar, held, key="fact_key")


def _ends(spans: Spans) -> list[str]:
    return list(dict.fromkeys(at for span in spans.values() for at in span))


def _schedules(view: View) -> list[Schedule]:
    """Return the schedules that the tables hold, each once whatever the replication."""
    if "schedules" not in view.tables:
        return []
    hours: dict[tuple[str, str], dict[Hours, None]] = {}
    for row in _rows(view, "schedules"):
        weekly = Hours(
            row["weekday"], row["start"], row["end"], _day(row["valid_from"]), _day(row["valid_to"])
        )
        hours.setdefault((row["schedule_id"], row["tz"]), {})[weekly] = None
    special: dict[str, dict[SpecialDay, None]] = {}
    for row in _rows(view, "schedule_exceptions"):
        day = _day(row["date"])
        assert day is not None
        exception = SpecialDay(day, row["kind"], row["start"], row["end"], row["name"])
        special.setdefault(row["schedule_id"], {})[exception] = None
    return [
        Schedule(name, zone, tuple(weekly), tuple(special.get(name, {})))
        for (name, zone), weekly in sorted(hours.items())
    ]


def _rows(view: View, name: str) -> list[dict[str, Any]]:
    table = view.table(name)
    if table is None:
        return []
    counted = table.filter(table.excluded_reason.isnull())
    found: list[dict[str, Any]] = counted.to_pyarrow().to_pylist()
    return found


def _day(value: object) -> dt.date | None:
    if isinstance(value, dt.datetime):
        return value.date()
    return value if isinstance(value, dt.date) else None
