"""From what happened at the desk to the canonical tables of one replication."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import pyarrow as pa

from cxlab.scenario.model import BUSINESS_HOURS
from cxlab.sim.conversation import escalations, messages, status_events
from cxlab.sim.people import agents, costs, shifts
from cxlab.sim.survey import surveys
from cxlab.sim.tickets import tickets
from cxlab.sim.view import View

__all__ = ["record"]


def record(view: View, only: Collection[str] | None = None) -> dict[str, pa.Table]:
    """Return the canonical tables of one replication, by name: all, or `only` those named."""
    makers: dict[str, Callable[[View], pa.Table | None]] = {
        "tickets": tickets,
        "messages": messages,
        "status_events": status_events,
        "escalations": escalations,
        "surveys": surveys,
        "agents": agents,
        "shifts": shifts,
        "costs": costs,
    }
    made = {n: make(view) for n, make in makers.items() if only is None or n in only}
    made |= _business_hours(view)
    return {name: table for name, table in made.items() if table is not None}


def _business_hours(view: View) -> dict[str, pa.Table]:
    """Return the desk's schedule and the days on which it does not hold."""
    scenario, schedule = view.scenario, view.scenario.schedule
    if schedule is None:
        return {}
    hours = sorted(schedule.hours, key=lambda h: (h.weekday, h.start))
    first, last = (at.astimezone(scenario.zone).date() for at in (scenario.starts_at,
                                                                  scenario.ends_at))  # fmt: skip
    special = {row.date for row in schedule.special}
    days = [(row.date, row.kind, row.start, row.end, row.name) for row in schedule.special]
    days += [
        (day, "closed", None, None, name)
        for day, name in schedule.holidays(first, last).items()
        if day not in special
    ]
    weekly = [(BUSINESS_HOURS, schedule.tz, h.weekday, h.start, h.end) for h in hours]
    exceptions = [(BUSINESS_HOURS, *day) for day in sorted(days, key=lambda d: (d[0], d[2] or ""))]
    text = pa.string()
    clock = {"start": text, "end": text}
    return {
        "schedules": _of_rows(
            weekly, {"schedule_id": text, "tz": text, "weekday": pa.int64(), **clock}
        ),
        "schedule_exceptions": _of_rows(
            exceptions,
            {"schedule_id": text, "date": pa.date32(), "kind": text, **clock, "name": text},
        ),
    }


def _of_rows(rows: Sequence[tuple[object, ...]], kinds: dict[str, pa.DataType]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(kinds)
    return pa.table(
        {name: pa.array(column, type=kind)
         for (name, kind), column in zip(kinds.items(), columns, strict=True)}
    )  # fmt: skip
