"""Open time inside spells: a clock that pauses, and a ticket whose schedule changes.

Both are sums over spells, cut to the span that is measured.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from cxlab.calendars.calendar import Calendar, epoch_micros
from cxlab.calendars.in_query import Spans, with_open_seconds
from cxlab.calendars.stretches import MICRO

__all__ = ["with_open_seconds_by_schedule", "with_running_seconds"]

_KEYS = _KEY, _START, _END = "__spell_key", "__spell_start", "__spell_end"
_FROM, _TO, _SCHEDULE = "__spell_from", "__spell_to", "__spell_schedule"


def with_running_seconds(
    rows: ir.Table,
    spans: Spans,
    calendar: Calendar,
    pauses: ir.Table,
    *,
    key: str = "ticket_id",
    schedule: str | ir.StringValue = "schedule_id",
    at_event: bool = False,
) -> ir.Table:
    """Return the rows with the open seconds of each span less those in which the clock paused.

    `pauses` holds the spells of pending or on hold: `key`, `start` and `end` (plain timestamps in
    UTC; an empty end is still going on), disjoint for each key. A pause counts as far as it lies
    in the span and in the row's business hours (with `at_event`, under the version at the span's
    start). Null where `with_open_seconds` is.
    """
    rows_in = rows.mutate(
        **{_SCHEDULE: (rows[schedule] if isinstance(schedule, str) else schedule).cast("string")}
    )
    out = with_open_seconds(rows_in, spans, calendar, schedule=_SCHEDULE, at_event=at_event)
    for name, (start, end) in spans.items():
        asked = rows_in.select(**_keys(rows_in, key, start, end), **{_SCHEDULE: _SCHEDULE})
        parts = _clipped(asked.distinct(), pauses, key)
        # Both ends counted from the span's start: its version holds, also where a pause is later.
        ends = {"until_from": (_START, _FROM), "until_to": (_START, _TO)}
        parts = with_open_seconds(parts, ends, calendar, schedule=_SCHEDULE, at_event=at_event)
        paused = parts.group_by([*_KEYS, _SCHEDULE]).aggregate(
            __spell_paused=(parts.until_to - parts.until_from).sum()
        )
        joined = _looked_up(out, paused, _keys(out, key, start, end) | {_SCHEDULE: out[_SCHEDULE]})
        left = _whole_micros(joined[name] - joined.__spell_paused.fill_null(0.0))
        out = joined.mutate(**{name: left}).select(*out.columns)
    return out.drop(_SCHEDULE)


def with_open_seconds_by_schedule(
    rows: ir.Table,
    spans: Spans,
    calendar: Calendar,
    schedules: ir.Table,
    *,
    key: str = "ticket_id",
    at_event: bool = False,
) -> ir.Table:
    """Return the rows with the open seconds of each span, added up over the schedules of a ticket.

    `schedules` holds the spells of a ticket under one schedule: `key`, `start`, `end` (empty: still
    going on) and `schedule_id`. This is the rule of dbt_zendesk; with `at_event` the version in
    force when a spell (or the span) starts holds until it ends. Null where a schedule is unknown,
    or the spells leave out part of the span or overlap in it: nothing is cut short in silence.
    """
    out = rows
    for name, (start, end) in spans.items():
        asked = rows.select(**_keys(rows, key, start, end)).distinct()
        parts = _clipped(asked, schedules.mutate(**{_SCHEDULE: schedules.schedule_id}), key)
        parts = with_open_seconds(
            parts, {"spent": (_FROM, _TO)}, calendar, schedule=_SCHEDULE, at_event=at_event
        )
        sums = parts.group_by(list(_KEYS)).aggregate(
            __spell_spent=parts.spent.sum(),
            __spell_unknown=parts.spent.isnull().cast("int64").sum(),
            __spell_covered=(epoch_micros(parts[_TO]) - epoch_micros(parts[_FROM])).sum(),
        )
        joined = _looked_up(out, sums, _keys(out, key, start, end))
        length = epoch_micros(joined[end]) - epoch_micros(joined[start])
        known = (joined.__spell_unknown == 0) & (joined.__spell_covered == length)
        spent = known.ifelse(_whole_micros(joined.__spell_spent), ibis.null("float64"))
        out = joined.mutate(**{name: spent}).select(*out.columns, name)
    return out


def _keys(rows: ir.Table, key: str, start: str, end: str) -> dict[str, Any]:
    return {_KEY: rows[key], _START: rows[start], _END: rows[end]}


def _clipped(asked: ir.Table, spells: ir.Table, key: str) -> ir.Table:
    """Return each span's spells, cut to the span; one of no length keeps what it lies in."""
    own = [name for name in (_SCHEDULE,) if name in spells.columns]
    right = spells.select(
        *own, __spell_right=spells[key], __spell_begins=spells.start, __spell_ends=spells.end
    )
    both = asked.join(right, asked[_KEY] == right.__spell_right)
    begin = ibis.greatest(both[_START], both.__spell_begins)
    stop = ibis.least(both[_END], ibis.coalesce(both.__spell_ends, both[_END]))
    both = both.mutate(**{_FROM: begin, _TO: stop})
    touching = (both[_START] == both[_END]) & (both[_FROM] == both[_TO])
    return both.filter((both[_FROM] < both[_TO]) | touching)


def _looked_up(rows: ir.Table, sums: ir.Table, keys: dict[str, Any]) -> ir.Table:
    """Join the sums to the rows that asked for them."""
    named = sums.rename({f"{name}_right": name for name in keys})
    work = rows.mutate(**keys)
    return work.left_join(named, [work[name] == named[f"{name}_right"] for name in keys])


def _whole_micros(seconds: ir.FloatingValue) -> ir.FloatingValue:
    """Take the rounding of floating-point sums back: every term is whole microseconds."""
    return (seconds * MICRO).round().cast("float64") / MICRO
