"""Open time and due times as columns of an Ibis query, by equality joins on any database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from cxlab.calendars.calendar import EPOCH, IN_FORCE, STRIDE, Calendar, epoch_micros
from cxlab.calendars.open_time import NEVER
from cxlab.calendars.stretches import MICRO
from cxlab.errors import InputError

__all__ = ["with_due", "with_open_seconds"]

Spans = Mapping[str, tuple[str, str]]
"""New column → (column of the start, column of the end)."""

_PREFIX = "__open_"
_SCHEDULE, _ID, _BASE, _VERSION_BASE = (
    _PREFIX + name for name in ("schedule", "id", "base", "version_base")
)
_FEW = 12
"""Up to so many schedules are told apart in the query itself, more of them by one more join."""


def with_open_seconds(
    rows: ir.Table,
    spans: Spans,
    calendar: Calendar,
    *,
    schedule: str | ir.StringValue = "schedule_id",
    at_event: bool = False,
) -> ir.Table:
    """Return the rows with the open seconds of each span as a new column, to the microsecond.

    `spans` maps the new column to the columns of its start and end (plain timestamps in UTC);
    `schedule` is the column of the schedule's id, or an expression such as
    `ibis.literal("desk")`. The rules are those of `open_seconds`: 0 outside hours, the versions
    of a schedule added up or, with `at_event`, the one in force at the start. Null where an
    instant is missing, the end lies before the start, the row has no schedule or an unknown one, or
    an instant lies outside the calendar or the schedule's validity. No row is lost or doubled.

    >>> import pandas as pd
    >>> from cxlab.calendars import Schedule
    >>> desk = Schedule.weekly("desk", "Europe/Berlin", {"Mon-Fri": "09:00-17:00"})
    >>> rows = ibis.memtable(pa.table({
    ...     "asked": pa.array([pd.Timestamp("2026-03-27T15:30")], pa.timestamp("us")),
    ...     "answered": pa.array([pd.Timestamp("2026-03-30T07:30")], pa.timestamp("us")),
    ... }))
    >>> calendar = Calendar.covering(rows, ["asked", "answered"], [desk])
    >>> spans = {"reply_s": ("asked", "answered")}
    >>> timed = with_open_seconds(rows, spans, calendar, schedule=ibis.literal("desk"))
    >>> timed.reply_s.to_pyarrow().to_pylist()
    [3600.0]
    """
    _check(rows, [name for span in spans.values() for name in span], spans)
    work, counted = _scheduled(rows, schedule, calendar), dict[tuple[str, str | None], str]()
    for start, end in spans.values():
        anchor = start if at_event else None
        work = _under_version(work, anchor, calendar)
        for at in (start, end):
            if (at, anchor) not in counted:
                name = counted[at, anchor] = f"{_PREFIX}until_{len(counted)}"
                work = _with_until(work, name, at, calendar)
    columns: dict[str, ir.Value] = {}
    for name, (start, end) in spans.items():
        anchor = start if at_event else None
        spent = work[counted[end, anchor]] - work[counted[start, anchor]]
        seconds = spent.cast("float64") / MICRO
        columns[name] = (work[start] <= work[end]).ifelse(seconds, ibis.null("float64"))
    return _bare(work.mutate(**columns), rows, columns)


def with_due(
    rows: ir.Table,
    targets: Mapping[str, tuple[str, str | float]],
    calendar: Calendar,
    *,
    schedule: str | ir.StringValue = "schedule_id",
    at_event: bool = False,
) -> ir.Table:
    """Return the rows with the instant at which each target of open time is used up.

    `targets` maps the new column to the column of the start and the target in seconds: a number
    or the name of a column. The conventions are those of `due`: the earliest instant, and for a
    target of 0 outside hours the next opening. Null where start, target or schedule is missing or
    unknown, the target is negative, or the due time lies beyond the calendar: build this with
    the longest target.
    """
    starts = [start for start, _ in targets.values()]
    named = [target for _, target in targets.values() if isinstance(target, str)]
    _check(rows, [*starts, *named], targets)
    work = _scheduled(rows, schedule, calendar)
    for number, (name, (start, target)) in enumerate(targets.items()):
        until = f"{_PREFIX}start_{number}"
        work = _under_version(work, start if at_event else None, calendar)
        work = _with_until(work, until, start, calendar)
        seconds = work[target] if isinstance(target, str) else ibis.literal(float(target))
        micros = (seconds.cast("float64") * MICRO).round().cast("int64")
        work = work.mutate(**{f"{_PREFIX}target": (micros >= 0).ifelse(micros, ibis.null("int64"))})
        work = _with_reached(work, name, until, calendar)
    return _bare(work, rows, targets)


def _check(rows: ir.Table, needed: Sequence[str], new: Mapping[str, object]) -> None:
    for name in needed:
        if name not in rows.columns:
            raise InputError("unknown column", given=name, known=rows.columns)
    for name in new:
        if name in rows.columns:
            raise InputError("a new column has a name that is taken", given=name)


def _scheduled(rows: ir.Table, schedule: str | ir.StringValue, calendar: Calendar) -> ir.Table:
    """Add where the keys of the row's schedule begin; null for none and for unknown ones."""
    if isinstance(schedule, str):
        _check(rows, [schedule], {})
        schedule = rows[schedule]
    work = rows.mutate(**{_SCHEDULE: schedule.cast("string")})
    numbers = {id: n for (id, version), n in calendar.numbers.items() if version == IN_FORCE}
    if len(numbers) <= _FEW:
        branches = [(work[_SCHEDULE] == id, _base(number)) for id, number in numbers.items()]
        return work.mutate(**{_BASE: ibis.cases(*branches, else_=ibis.null("int64"))})
    bases = [number * STRIDE for number in numbers.values()]
    known = pa.table(
        {_ID: pa.array(list(numbers), pa.string()), _BASE: pa.array(bases, pa.int64())}
    )
    other = ibis.memtable(known)
    return work.left_join(other, work[_SCHEDULE] == other[_ID]).drop(_ID)


def _base(number: int) -> ir.IntegerScalar:
    return ibis.literal(number * STRIDE, "int64")


def _bare(work: ir.Table, rows: ir.Table, new: Mapping[str, object]) -> ir.Table:
    return work.select(*rows.columns, *new)


def _under_version(work: ir.Table, anchor: str | None, calendar: Calendar) -> ir.Table:
    """Add where the keys to join begin: the schedule's, or those of its version at the anchor."""
    base = work[_BASE]
    branches = []
    for schedule, (first, *ends) in calendar.changes.items() if anchor else ():
        at, own = epoch_micros(work[anchor]), work[_SCHEDULE] == schedule
        branches.append((own & (at < first), ibis.null("int64")))
        for version, end in enumerate(ends):
            branches.append((own & (at < end), _base(calendar.numbers[schedule, version])))
        branches.append((own, ibis.null("int64")))
    return work.mutate(**{_VERSION_BASE: ibis.cases(*branches, else_=base) if branches else base})


def _joined(work: ir.Table, table: pa.Table, at: ir.IntegerValue) -> ir.Table:
    """Join the calendar's row at `at`; its columns then begin with "__open_right_"."""
    work = work.mutate(**{f"{_PREFIX}key": work[_VERSION_BASE] + at})
    other = ibis.memtable(table)
    other = other.select(**{f"{_PREFIX}right_{name}": other[name] for name in other.columns})
    return work.left_join(other, work[f"{_PREFIX}key"] == other[f"{_PREFIX}right_key"])


def _with_until(work: ir.Table, name: str, at: str, calendar: Calendar) -> ir.Table:
    """Add F(t), the open microseconds up to the instants in `at`."""
    slot = epoch_micros(work[at]) // calendar.slot_us
    joined = _joined(work, calendar.slots, slot)
    since = epoch_micros(joined[at]) - joined[f"{_PREFIX}right_start_us"]
    length = joined[f"{_PREFIX}right_length_us"]
    until = joined[f"{_PREFIX}right_before_us"] + ibis.least(ibis.greatest(since, 0), length)
    return joined.select(*work.columns, **{name: until})


def _with_reached(work: ir.Table, name: str, until: str, calendar: Calendar) -> ir.Table:
    """Add the instant at which F reaches the start's F plus the target."""
    target = f"{_PREFIX}target"
    bucket = (work[until] + work[target]) // calendar.bucket_us
    joined = _joined(work, calendar.buckets, bucket)
    goal = joined[until] + joined[target]
    closing = joined[f"{_PREFIX}right_closing_us"]
    early = (goal < closing) | ((goal == closing) & (joined[target] > 0))
    shift = early.ifelse(joined[f"{_PREFIX}right_shift_us"], joined[f"{_PREFIX}right_later_us"])
    found = (shift < NEVER).ifelse(goal + shift, ibis.null("int64"))
    instant = ibis.timestamp(EPOCH) + found.as_interval("us")
    return joined.select(*work.drop(target).columns, **{name: instant})
