"""Repeat contacts: whether a like row follows within so many days, in one sort of few columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Basis, Repeat
from cxlab.metrics.facts import opened_by_business
from cxlab.metrics.statistics import column

if TYPE_CHECKING:
    from cxlab.metrics.query import Cut

__all__ = ["narrowed", "next_at", "repeats_of", "with_repeats"]

_OURS = "repeat__ours"


def repeats_of(bases: Iterable[Basis]) -> list[Repeat]:
    """Return the repeats that the bases look for, each once."""
    return list(dict.fromkeys(b.unless_repeated for b in bases if b.unless_repeated is not None))


def narrowed(
    rows: ir.Table, bases: Sequence[Basis], repeats: Sequence[Repeat], cut: Cut
) -> ir.Table:
    """Keep what the sort and the aggregates need: sorting rows costs by their width."""
    kinds = {f"{kind}__{b.name}" for b in bases for kind in ("value", "state", *b.also)}
    sorted_by = {"replication", "created_at", "ticket_id", *(c for r in repeats for c in r.same)}
    wanted = kinds | sorted_by | {cut.instant, *cut.keys}
    # Whose ticket it is goes along as one flag, not as the two texts that say it.
    return rows.select(
        *[c for c in rows.columns if c in wanted and c != _OURS],
        **{_OURS: opened_by_business(rows)},
    )


def next_at(rows: ir.Table, same: Sequence[str]) -> ir.TimestampValue:
    """Return when the next like ticket was created; empty after the last."""
    return rows.created_at.lead().over(
        group_by=[rows.replication, *(rows[c] for c in same)],
        order_by=[rows.created_at, rows.ticket_id],
    )


def with_repeats(rows: ir.Table, bases: Sequence[Basis], recorded: dict[str, bool]) -> ir.Table:
    """Turn the value of every basis with `unless_repeated` false where a like ticket follows.

    The clock runs from creation to creation; the end of the time counts as within. `rows` are
    narrowed: they say which tickets the business opened, which follow nothing.
    """
    looking = [b for b in bases if recorded[b.name] and b.unless_repeated is not None]
    sames = dict.fromkeys(r.same for r in repeats_of(looking))
    if not sames:
        return rows
    rows = rows.mutate(**{column("next", *same): next_at(rows, (*same, _OURS)) for same in sames})
    values: dict[str, ir.Value] = {}
    for basis in looking:
        repeat = basis.unless_repeated
        assert repeat is not None
        limit = rows.created_at + ibis.interval(days=repeat.days)
        repeated = (rows[column("next", *repeat.same)] <= limit).fill_null(False)
        values[column("value", basis.name)] = rows[column("value", basis.name)] & ~repeated
    return rows.mutate(**values)
