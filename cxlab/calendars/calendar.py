"""The business calendar as tables that any database can join: F(t), and its inverse.

Time is cut into slots, long ones as long as no slot holds more than one open stretch. A row per
slot says how much was open before it and where its stretch lies, so F(t) takes one equality
join on floor(t / slot), to the microsecond. The inverse cuts open time itself into buckets that
hold at most one closing each.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from cxlab.calendars.hours import Schedule
from cxlab.calendars.open_time import NEVER, OpenTime, covering, micros, version_ends
from cxlab.calendars.stretches import DAY, MICRO
from cxlab.errors import InputError

__all__ = ["EPOCH", "IN_FORCE", "STRIDE", "Calendar", "epoch_micros"]

IN_FORCE = -1
"""Version number of the rows in which each version holds in its own time."""

STRIDE = 2**36
"""Keys of one schedule and version begin at its number times this: more than it has slots."""

_SLOTS = [seconds for seconds in range(DAY, 0, -1) if DAY % seconds == 0]

EPOCH = dt.datetime(1970, 1, 1)
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Calendar:
    """Business hours of several schedules between two instants, ready to be joined.

    `slots` has one row per schedule, version and slot of `slot_us` microseconds; `buckets` one per
    schedule, version and `bucket_us` microseconds of open time. Both are joined by one integer
    `key`, the number in `numbers` times STRIDE plus the slot or bucket. `first` and `last` are
    the instants (microseconds since 1970) between which every answer is known where the schedule
    is valid. `changes` says for schedules that change when their validity begins, when each
    version ends, and so when the validity does.

    >>> desk = Schedule.weekly("desk", "Europe/Berlin", {"Mon-Fri": "09:00-17:00"})
    >>> ends = pd.Timestamp("2026-01-01", tz="UTC"), pd.Timestamp("2026-12-31", tz="UTC")
    >>> calendar = Calendar.of([desk], *ends)
    >>> calendar.slot_us // 3_600_000_000, len(calendar.slots)
    (24, 365)
    """

    slots: pa.Table
    buckets: pa.Table
    slot_us: int
    bucket_us: int
    first: int
    last: int
    numbers: dict[tuple[str, int], int]
    changes: dict[str, tuple[int, ...]]

    @classmethod
    def of(
        cls,
        schedules: Iterable[Schedule],
        first: dt.datetime,
        last: dt.datetime,
        *,
        longest_target_s: float = 0,
    ) -> Calendar:
        """Build the calendar for instants from `first` to `last` (aware, both included).

        It reaches on until every schedule has been open for `longest_target_s` after `last`, so
        that due times are in it. Raises InputError for two schedules of one id, and where a
        schedule does not open for so long in a century.
        """
        begin, end = int(micros(first)[0]), int(micros(last)[0])
        if not begin <= end:
            raise InputError("a calendar ends before it begins", given=f"{first} to {last}")
        if not 0 <= longest_target_s <= 100 * 366 * DAY:
            raise InputError("not a target", given=longest_target_s, expected="seconds, 0 or more")
        target = round(longest_target_s * MICRO)
        parts: dict[tuple[str, int], OpenTime] = {}
        changes: dict[str, tuple[int, ...]] = {}
        for schedule in schedules:
            if (schedule.id, IN_FORCE) in parts:
                raise InputError("two schedules have one id", given=schedule.id)
            whole = covering(schedule, begin, end, target)
            parts[schedule.id, IN_FORCE] = whole
            if len(schedule.versions) > 1:
                valid = whole.stretches.valid_first, whole.stretches.valid_last
                changes[schedule.id] = (valid[0], *version_ends(schedule).tolist(), valid[1])
                for number in range(len(schedule.versions)):
                    parts[schedule.id, number] = covering(schedule, begin, end, target, number)
        if not parts:
            raise InputError("a calendar without schedules", expected="at least one")
        found = list(parts.values())
        slot, bucket = _slot_length(found, begin, end), _bucket_length(found)
        slots = [_slots(part, slot, begin, end) for part in found]
        goals = [_buckets(part, bucket, end, target) for part in found]
        numbers = {key: number for number, key in enumerate(parts)}
        return cls(_stacked(slots), _stacked(goals), slot, bucket, begin, end, numbers, changes)

    @classmethod
    def covering(
        cls,
        rows: ir.Table,
        instants: Sequence[str],
        schedules: Iterable[Schedule],
        *,
        longest_target_s: float = 0,
    ) -> Calendar:
        """Build the calendar that reaches over every instant in these columns of `rows`.

        It asks the database for the earliest and the latest. Columns hold plain timestamps in
        UTC. Empty columns give a calendar of the day 1970-01-01.
        """
        first, last = _span(rows, instants) or (0, 0)
        ends = (pd.Timestamp(at, unit="us", tz="UTC") for at in (first, last))
        return cls.of(schedules, *ends, longest_target_s=longest_target_s)

    def require(self, rows: ir.Table, instants: Sequence[str]) -> None:
        """Raise InputError where an instant in these columns lies outside the calendar.

        A query gives no value there (never a shortened one); this tells why beforehand.
        """
        span = _span(rows, instants)
        if span and not self.first <= span[0] <= span[1] <= self.last:
            raise InputError(
                "instants outside the business calendar", given=_told(*span),
                expected=_told(self.first, self.last), hint="build it with Calendar.covering",
            )  # fmt: skip


def epoch_micros(at: ir.TimestampValue) -> ir.IntegerValue:
    """Return plain UTC timestamps as microseconds since 1970."""
    return at.delta(ibis.timestamp(EPOCH), unit="microsecond")


def _span(rows: ir.Table, instants: Sequence[str]) -> tuple[int, int] | None:
    """Return the least and the greatest instant in the columns; None where there is none."""
    columns = {f"{f}_{i}": getattr(epoch_micros(rows[name]), f)()
               for i, name in enumerate(instants) for f in ("min", "max")}  # fmt: skip
    found = rows.aggregate(**columns).to_pyarrow().to_pylist()[0].values()
    known = [int(at) for at in found if at is not None]
    return (min(known), max(known)) if known else None


def _told(first: int, last: int) -> str:
    return f"{np.datetime64(first, 'us')} to {np.datetime64(last, 'us')} UTC"


def _within(part: OpenTime, first: int, last: int) -> tuple[Ints, Ints]:
    """Return the stretches that touch [first, last]."""
    opens, closes = part.stretches.opens, part.stretches.closes
    kept = (closes > first) & (opens <= last)
    return opens[kept], closes[kept]


def _slot_length(parts: Sequence[OpenTime], first: int, last: int) -> int:
    """Return the longest slot that holds at most one stretch, and no edge of a validity."""
    found = [_within(part, first, last) for part in parts]
    edges = {e for p in parts for e in (p.stretches.valid_first, p.stretches.valid_last)}
    inside = np.array([edge for edge in edges if first < edge <= last], dtype=np.int64)
    for seconds in _SLOTS:
        slot = seconds * MICRO
        alone = all(
            (opens[1:] // slot > (closes[:-1] - 1) // slot).all() for opens, closes in found
        )
        if alone and not (inside % slot).any():
            return slot
    raise AssertionError("boundaries are whole seconds")


def _slots(part: OpenTime, slot: int, first: int, last: int) -> dict[str, Ints]:
    """Return the slots in which the schedule is valid, and what is open before and in them."""
    begin = np.arange(first // slot, last // slot + 1) * slot
    begin = begin[part.knows(begin)]
    opens, closes = part.stretches.opens, part.stretches.closes
    opens, closes = np.append(opens, NEVER), np.append(closes, NEVER)
    index = np.searchsorted(closes, begin, side="right")  # the first stretch that ends later
    start = np.clip(opens[index], begin, begin + slot)
    length = np.clip(closes[index], begin, begin + slot) - start
    return {
        "key": begin // slot, "before_us": part.until(begin), "start_us": start,
        "length_us": length,
    }  # fmt: skip


def _bucket_length(parts: Iterable[OpenTime]) -> int:
    """Return the length of the shortest stretch: no bucket then holds two closings."""
    lengths = [np.diff(part.before).min() for part in parts if len(part.before) > 1]
    return int(min(lengths, default=DAY * MICRO))


def _buckets(part: OpenTime, bucket: int, last: int, target: int) -> dict[str, Ints]:
    """Return per bucket of open time the closing in it, and what to add before and after that."""
    most = min(int(part.until(np.array([last]))[0]) + target, int(part.before[-1]))
    level = np.arange(most // bucket + 1) * bucket
    if not len(part.stretches.opens):
        level = level[:0]
    shift = np.append(part.stretches.opens - part.before[:-1], [NEVER, NEVER])
    closing = np.append(part.before[1:], NEVER)
    index = np.searchsorted(closing, level, side="left")
    return {
        "key": level // bucket, "closing_us": closing[index], "shift_us": shift[index],
        "later_us": shift[index + 1],
    }  # fmt: skip


def _stacked(parts: Sequence[dict[str, Ints]]) -> pa.Table:
    """Return the parts below each other, the keys of each moved to where its number begins."""
    names = list(parts[0])
    columns = {name: np.concatenate([part[name] for part in parts]) for name in names}
    number = np.repeat(np.arange(len(parts)), [len(part["key"]) for part in parts])
    columns["key"] = columns["key"] + number * STRIDE
    return pa.table({name: pa.array(values, pa.int64()) for name, values in columns.items()})
