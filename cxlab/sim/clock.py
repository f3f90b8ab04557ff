"""A SimPy environment that keeps absolute times and the order of things inside an instant."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heappop, heappush
from typing import Any

import simpy

__all__ = ["Clock", "Turn"]


class Turn(IntEnum):
    """Who comes first among the things of one instant; SimPy's event priorities.

    At midnight the books of a customer base are closed and who came is registered. Shifts start,
    then everything else that happens by itself does (arrivals, returns, completed work). Then
    shifts end, waiting contacts are given to free agents, a full room turns customers away, and
    only then does patience end.
    """

    BOOKS = -2
    REGISTER = -1
    COME = 0
    HAPPEN = 1
    LEAVE = 2
    DISPATCH = 3
    TURN_AWAY = 4
    GIVE_UP = 5


class Clock(simpy.Environment):
    """An environment in which events can be set at an absolute time.

    SimPy adds a delay to the present, and `now + (t - now)` may miss `t` by one rounding:
    enough to turn a tie into a difference. `at` puts the event at `t` itself.
    """

    def at(self, time: float, turn: Turn = Turn.HAPPEN) -> simpy.Event:
        """Return an event of the given time, which must not be in the past."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        entry: tuple[float, Any, int, simpy.Event] = (time, turn, next(self._eid), event)
        heappush(self._queue, entry)
        return event

    def call(self, time: float, turn: Turn, what: Callable[[simpy.Event], Any]) -> None:
        """Have `what` called at the given time and turn, with the event."""
        self.at(time, turn).callbacks = [what]

    def run_until(self, end: float) -> None:
        """Let everything before `end` happen: `run`, without its costs for each event."""
        queue = self._queue
        while queue and queue[0][0] < end:
            self._now, _, _, event = heappop(queue)
            callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
            for callback in callbacks:
                callback(event)
            if not event._ok and not event.defused:
                raise event._value
