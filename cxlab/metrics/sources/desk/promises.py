"""Promises of a policy: one row per ticket (or turn) and target, with the time used of it."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from cxlab.calendars import with_open_seconds, with_running_seconds
from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.sources.desk.hours import ROUND_THE_CLOCK, calendar_for, with_schedule
from cxlab.metrics.sources.desk.messages import turns
from cxlab.metrics.sources.desk.spells import at_instant, field_spells, keyed
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]

_TARGET = ("policy_id", "target_s", "clock", "pauses_on")


def _first_reply(view: View, windows: Windows) -> ir.Table:
    rows = keyed(view.tickets)
    rows = rows.mutate(fact_started_at=rows.created_at, fact_ended_at=rows.first_human_reply_at)
    return _promised(rows, "frt", "fact_key", view)


def _next_reply(view: View, windows: Windows) -> ir.Table:
    rows = turns(view)
    rows = rows.filter(~rows.fact_first_turn)
    rows = rows.mutate(fact_ended_at=rows.fact_reply_at)
    return _promised(rows, "nrt", "fact_turn", view)


def _resolution(view: View, windows: Windows) -> ir.Table:
    rows = keyed(view.tickets)
    rows = rows.mutate(fact_started_at=rows.created_at, fact_ended_at=rows.last_solved_at)
    return _promised(rows, "resolution", "fact_key", view)


@dataclass(frozen=True)
class _Targets:
    """The targets of one metric, and what they ask to be known of a ticket."""

    rows: ir.Table
    by_priority: bool
    in_hours: bool
    pausing: bool

    @classmethod
    def of(cls, metric: str, view: View) -> _Targets:
        """Return the counted targets, each once whatever the replication."""
        targets = view.tables["sla_targets"]
        own = targets.filter((targets.metric == metric) & targets.excluded_reason.isnull())
        own = own.select(
            *_TARGET, target_priority="priority", target_from="valid_from", target_to="valid_to"
        ).distinct()
        asked = own.aggregate(
            by_priority=own.target_priority.notnull().any(),
            in_hours=(own.clock == "business").any(),
            pausing=own.pauses_on.notnull().any(),
        )
        found = asked.to_pyarrow().to_pylist()[0]
        return cls(own, **{name: bool(value) for name, value in found.items()})


def _promised(rows: ir.Table, metric: str, key: str, view: View) -> ir.Table:
    """Return the rows with the target in force at their start, and the seconds used of it.

    Adds `fact_priority_then`, the target's columns (null: nothing was promised) and
    `fact_used_s`: time on the target's clock to the end, or to now; null without a schedule.
    """
    targets = _Targets.of(metric, view)
    if targets.by_priority:
        spells = field_spells(view, "priority", keyed(view.tickets))
        rows = view.kept(at_instant(rows, spells, "fact_started_at", "fact_priority_then"))
    else:
        rows = rows.mutate(fact_priority_then=rows.priority)
    rows = _with_target(rows, targets.rows, key)
    now = ibis.timestamp(naive_utc(view.as_of))
    rows = rows.mutate(fact_until=ibis.coalesce(rows.fact_ended_at, now))
    if not targets.in_hours and not targets.pausing:
        return rows.mutate(fact_used_s=seconds_between(rows.fact_started_at, rows.fact_until))
    return _with_used(rows, targets, key, view)


def _with_target(rows: ir.Table, own: ir.Table, key: str) -> ir.Table:
    """Join the one target that holds: that of the priority before that of all, the newest first."""
    asked = rows.select(
        asked_key=rows[key], asked_at="fact_started_at", asked_priority="fact_priority_then"
    )
    holds = [
        own.target_from.isnull() | (own.target_from <= asked.asked_at),
        own.target_to.isnull() | (asked.asked_at < own.target_to),
        own.target_priority.isnull() | (own.target_priority == asked.asked_priority),
    ]
    found = asked.join(own, holds)
    place = ibis.row_number().over(
        group_by=found.asked_key,
        order_by=[
            found.target_priority.isnull(),
            found.target_from.isnull(),
            found.target_from.desc(),
            found.policy_id,
        ],
    )
    ranked = found.mutate(place=place)
    best = ranked.filter(ranked.place == 0).select("asked_key", *_TARGET)
    return rows.left_join(best, rows[key] == best.asked_key).drop("asked_key")


def _with_used(rows: ir.Table, targets: _Targets, key: str, view: View) -> ir.Table:
    rows = with_schedule(rows, view)
    business = rows.clock == "business"
    rows = view.kept(
        rows.mutate(
            fact_clock_schedule=business.ifelse(rows.fact_schedule, ibis.literal(ROUND_THE_CLOCK))
        )
    )
    calendar = calendar_for(rows, ["fact_started_at", "fact_until"], view)
    spans = {"fact_used_s": ("fact_started_at", "fact_until")}
    if not targets.pausing or view.table("status_events") is None:
        return with_open_seconds(rows, spans, calendar, schedule="fact_clock_schedule")
    pauses = view.kept(_pauses(rows, key, view))
    return with_running_seconds(
        rows, spans, calendar, pauses, key=key, schedule="fact_clock_schedule"
    )


def _pauses(rows: ir.Table, key: str, view: View) -> ir.Table:
    """Return the spells in which the target's clock stands still."""
    spells = field_spells(view, "status", keyed(view.tickets))
    listed = rows.filter(rows.pauses_on.notnull()).select(
        pause_key=rows[key],
        pause_ticket=rows.fact_key,
        pause_list="," + rows.pauses_on.replace(" ", "") + ",",
    )
    both = listed.inner_join(spells, listed.pause_ticket == spells.spell_key)
    still = both.filter(both.pause_list.contains("," + both.value + ","))
    return still.select("start", "end", **{key: still.pause_key})


FIRST_REPLY = Source("promised_first_replies", ("tickets", "sla_targets"), _first_reply)
NEXT_REPLY = Source("promised_next_replies", ("tickets", "messages", "sla_targets"), _next_reply)
RESOLUTION = Source("promised_resolutions", ("tickets", "sla_targets"), _resolution)
SOURCES = (FIRST_REPLY, NEXT_REPLY, RESOLUTION)
