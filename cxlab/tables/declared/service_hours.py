"""What was promised and when the business is open: SLA targets, business hours, holidays."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.tables.declared.columns import (
    PRIORITIES,
    PROVENANCE,
    STATUSES,
    at,
    category,
    day,
    id_,
    known_zone,
    maybe,
)
from cxlab.tables.schema import Column, Kind, Rule, TableSpec

__all__ = ["SCHEDULES", "SCHEDULE_EXCEPTIONS", "SLA_TARGETS"]

_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"
_CLOCK_END = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"
_ONE_STATUS = f"({'|'.join(STATUSES)})"
_STATUS_LIST = rf"^\s*{_ONE_STATUS}(\s*,\s*{_ONE_STATUS})*\s*$"


def _no_target(rows: ir.Table) -> ir.BooleanValue:
    return rows.target_s <= 0


def _no_status_list(rows: ir.Table) -> ir.BooleanValue:
    return (rows.pauses_on != "") & ~rows.pauses_on.re_search(_STATUS_LIST)


def _no_weekday(rows: ir.Table) -> ir.BooleanValue:
    return ~rows.weekday.between(0, 6)


def _no_start(rows: ir.Table) -> ir.BooleanValue:
    return ~rows.start.re_search(_CLOCK)


def _no_end(rows: ir.Table) -> ir.BooleanValue:
    return ~rows.end.re_search(_CLOCK_END)


def _not_after_start(rows: ir.Table) -> ir.BooleanValue:
    # Clock times of five characters stand in the order of their text.
    return rows.end <= rows.start


def _never_valid(rows: ir.Table) -> ir.BooleanValue:
    return rows.valid_to <= rows.valid_from


def _half_an_interval(rows: ir.Table) -> ir.BooleanValue:
    return rows.start.isnull() != rows.end.isnull()


def _open_without_hours(rows: ir.Table) -> ir.BooleanValue:
    return (rows.kind == "open") & (rows.start.isnull() | rows.end.isnull())


_HOURS = (
    Rule("start is not a clock time HH:MM", "start", _no_start),
    Rule("end is not a clock time HH:MM up to 24:00", "end", _no_end),
    Rule("end is not after start (split hours across midnight in two)", "end", _not_after_start,
         ("start",)),
)  # fmt: skip

SLA_TARGETS = TableSpec(
    name="sla_targets",
    grain="promise of a policy: one metric, one priority, one span of validity",
    key=("replication", "policy_id", "metric", "priority", "valid_from"),
    columns=(
        id_("policy_id", "the policy"),
        category("metric", "first reply, next reply or resolution", ("frt", "nrt", "resolution")),
        category("priority", "of which tickets; empty = of all", PRIORITIES, optional=True),
        Column("target_s", Kind.INTEGER, "the time promised", unit="s"),
        category("clock", "how time is counted", ("calendar", "business")),
        maybe("pauses_on", Kind.TEXT, "statuses that stop the clock, separated by commas"),
        at("valid_from", "when it begins to hold; empty = always did", optional=True,
           observed=False),
        at("valid_to", "when it ceases to hold; empty = still does", optional=True,
           observed=False),
        *PROVENANCE,
    ),
    rules=(
        Rule("target_s is not above 0", "target_s", _no_target),
        Rule("pauses_on is not a list of statuses", "pauses_on", _no_status_list),
        Rule("valid_to is not after valid_from", "valid_to", _never_valid, ("valid_from",)),
    ),
)  # fmt: skip

SCHEDULES = TableSpec(
    name="schedules",
    grain="opening interval of a weekday, [start, end) on the clocks of the schedule's zone",
    columns=(
        id_("schedule_id", "the schedule"),
        Column("tz", Kind.TEXT, "its time zone (IANA name)"),
        Column("weekday", Kind.INTEGER, "day of the week, 0 = Monday"),
        Column("start", Kind.TEXT, "when it opens, HH:MM"),
        Column("end", Kind.TEXT, "when it closes, HH:MM, 24:00 for midnight"),
        day("valid_from", "first day on which it holds; empty = always did", optional=True),
        day("valid_to", "first day on which it no longer holds; empty = still does", optional=True),
        *PROVENANCE,
    ),
    rules=(
        known_zone("tz"),
        Rule("weekday is not 0 to 6", "weekday", _no_weekday),
        *_HOURS,
        Rule("valid_to is not after valid_from", "valid_to", _never_valid, ("valid_from",)),
    ),
)

SCHEDULE_EXCEPTIONS = TableSpec(
    name="schedule_exceptions",
    grain="day, or interval of a day, on which a schedule does not hold",
    columns=(
        id_("schedule_id", "the schedule"),
        day("date", "the day, in the schedule's zone"),
        category("kind", "closed after all, or open instead of the usual hours",
                 ("closed", "open")),
        maybe("start", Kind.TEXT, "from when, HH:MM; empty with `end`: all day closed"),
        maybe("end", Kind.TEXT, "until when, HH:MM; 24:00 for midnight"),
        maybe("name", Kind.TEXT, "why: the holiday's name"),
        *PROVENANCE,
    ),
    rules=(
        *_HOURS,
        Rule("kind is open but start or end is empty", "kind", _open_without_hours,
             expects=("start", "end")),
        Rule("only one of start and end is given", "date", _half_an_interval,
             expects=("start", "end")),
    ),
)  # fmt: skip
