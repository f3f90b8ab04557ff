"""What active customers do at random times: uses and purchases at a rate of their own."""

from __future__ import annotations

import numpy as np

from cxlab.sim.addresses import Keys, uniforms_at
from cxlab.sim.base.view import BaseView, Floats, Integers

__all__ = ["moments_of"]


def moments_of(
    view: BaseView, customers: Integers, since: Integers, rate: Floats, key: Keys, purpose: str
) -> tuple[Integers, Integers, Floats]:
    """Return who does something, its running number, and when, in seconds of the replication.

    Customers do it `rate` times a day from their day `since` on; what falls before the start of
    the replication, behind its end or into a time in which they are no customers, does not
    happen.
    """
    start = np.clip(since, 0, view.total).astype(np.float64)
    found: list[tuple[Integers, Integers, Floats]] = []
    rows, day, number = np.flatnonzero(rate > 0), start, 0
    while len(rows):
        gap = -np.log1p(-uniforms_at(key[rows], purpose, number)) / rate[rows]
        day = (day[rows] if number == 0 else day) + gap
        seen = day < view.total
        rows, day = rows[seen], day[seen]
        found.append((rows, np.full(len(rows), number), day))
        number += 1
    if not found:
        none = np.empty(0, dtype=np.int64)
        return none, none, np.empty(0)
    place, numbers, days = (np.concatenate(column) for column in zip(*found, strict=True))
    who, on = customers[place], np.floor(days).astype(np.int64)
    there = view.seen_between(who, on)
    place, numbers, days, on = place[there], numbers[there], days[there], on[there]
    midnights = view.population.days.midnights
    seconds = midnights[on] + (days - on) * (midnights[on + 1] - midnights[on])
    return customers[place], numbers, seconds
