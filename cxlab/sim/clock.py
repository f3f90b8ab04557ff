"""A SimPy environment that keeps absolute times and the order of things inside an instant."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from heapq import heappush
from typing import Any

import simpy

__all__ = ["Clock", "Turn"]


class Turn(IntEnum):
    """Who comes first among the things of one instant; SimPy's event priorities.

    Everything that happens (arrivals, completions, returns, shift starts and ends) has SimPy's
    own urgent and normal priorities 0 and 1. Then waiting tickets are given to idle agents,
    and only then does patience end.
    """

    HAPPEN = 1
    DISPATCH = 2
    GIVE_UP = 3


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

    def call(self, time: float, turn: Turn, what: Callable[[], Any]) -> None:
        """Have `what` called at the given time and turn."""
        event = self.at(time, turn)
        assert event.callbacks is not None  # a new event has them
        event.callbacks.append(lambda _: what())
