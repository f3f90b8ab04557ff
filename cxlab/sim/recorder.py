"""What the SimPy desk writes to while it runs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from cxlab.sim.outcome import NOBODY, Exit, Outcome
from cxlab.sim.workload import Workload

__all__ = ["Recorder"]


class Recorder:
    """Notes times by row of the workload; plain lists, for NumPy is slow number by number."""

    def __init__(self, workload: Workload) -> None:
        m, s = len(workload.patience), len(workload.work)
        self._first_step = workload.first_step.tolist()
        self._joined, self._left, self._exit = [math.nan] * m, [math.nan] * m, [0] * m
        self._queued, self._answered = [math.nan] * s, [math.nan] * s
        self._resumed, self._ended = [math.nan] * s, [math.nan] * s
        self._first_agent, self._agent = [NOBODY] * s, [NOBODY] * s
        self._handed: list[tuple[int, int, float, float]] = []
        self._duty: list[tuple[int, float, float]] = []
        self._came: dict[int, float] = {}

    def joins(self, contact: int, now: float) -> None:
        """A customer gets in touch and needs a person."""
        self._joined[contact] = now
        self._queued[self._first_step[contact]] = now

    def goes(self, contact: int, exit: Exit, now: float) -> None:
        """A customer leaves unanswered."""
        self._left[contact], self._exit[contact] = now, exit

    def queues(self, step: int, now: float) -> None:
        """A contact is passed on to the next tier."""
        self._queued[step] = now

    def answers(self, step: int, agent: int, now: float) -> None:
        """An agent takes a contact, for the first time or after a hand-back."""
        if self._first_agent[step] == NOBODY:
            self._first_agent[step], self._answered[step] = agent, now
        self._agent[step], self._resumed[step] = agent, now

    def ends(self, step: int, now: float) -> None:
        """An agent is done with a contact."""
        self._ended[step] = now

    def hands_back(self, step: int, agent: int, since: float, now: float) -> None:
        """An agent gives a contact back to its queue."""
        self._handed.append((step, agent, since, now))

    def comes(self, agent: int, now: float) -> None:
        """An agent's duty begins."""
        self._came[agent] = now

    def leaves(self, agent: int, now: float) -> None:
        """An agent's duty ends."""
        self._duty.append((agent, self._came.pop(agent), now))

    def outcome(self) -> Outcome:
        """Return everything noted so far; who is on duty still has a duty without end."""
        duty = self._duty + [(agent, came, math.nan) for agent, came in sorted(self._came.items())]
        times = {
            "joined": self._joined, "left": self._left, "queued": self._queued,
            "answered": self._answered, "resumed": self._resumed, "ended": self._ended,
            "handed_start": [row[2] for row in self._handed],
            "handed_end": [row[3] for row in self._handed],
            "duty_start": [row[1] for row in duty], "duty_end": [row[2] for row in duty],
        }  # fmt: skip
        places = {
            "first_agent": self._first_agent, "agent": self._agent,
            "handed_step": [row[0] for row in self._handed],
            "handed_agent": [row[1] for row in self._handed],
            "duty_agent": [row[0] for row in duty],
        }  # fmt: skip
        columns: dict[str, Any] = {
            name: np.array(values, dtype=np.float64) for name, values in times.items()
        }
        columns |= {name: np.array(values, dtype=np.int32) for name, values in places.items()}
        return Outcome(**columns, exit=np.array(self._exit, dtype=np.int8)).sorted()
