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

    def __init__(self) -> None:
        self._first_step: list[int] = [0]
        self.joined: list[float] = []
        self.left: list[float] = []
        self.exit: list[int] = []
        self.queued: list[float] = []
        self.answered: list[float] = []
        self.resumed: list[float] = []
        self.ended: list[float] = []
        self.first_agent: list[int] = []
        self.agent: list[int] = []
        self._handed: list[tuple[int, int, float, float]] = []
        self._duty: list[tuple[int, float, float]] = []
        self._came: dict[int, float] = {}

    def expect(self, workload: Workload) -> None:
        """Make room for what may happen to requests."""
        m, s = len(workload.patience), len(workload.work)
        self._first_step.extend((workload.first_step[1:] + self._first_step[-1]).tolist())
        for of_contacts in (self.joined, self.left):
            of_contacts.extend([math.nan] * m)
        self.exit.extend([0] * m)
        for of_steps in (self.queued, self.answered, self.resumed, self.ended):
            of_steps.extend([math.nan] * s)
        for agents in (self.first_agent, self.agent):
            agents.extend([NOBODY] * s)

    def joins(self, contact: int, now: float) -> None:
        """A customer gets in touch and needs a person."""
        self.joined[contact] = now
        self.queued[self._first_step[contact]] = now

    def goes(self, contact: int, exit: Exit, now: float) -> None:
        """A customer leaves unanswered."""
        self.left[contact], self.exit[contact] = now, exit

    def queues(self, step: int, now: float) -> None:
        """A contact is passed on to the next tier."""
        self.queued[step] = now

    def answers(self, step: int, agent: int, now: float) -> None:
        """An agent takes a contact, for the first time or after a hand-back."""
        if self.first_agent[step] == NOBODY:
            self.first_agent[step], self.answered[step] = agent, now
        self.agent[step], self.resumed[step] = agent, now

    def ends(self, step: int, now: float) -> None:
        """An agent is done with a contact."""
        self.ended[step] = now

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
            "joined": self.joined, "left": self.left, "queued": self.queued,
            "answered": self.answered, "resumed": self.resumed, "ended": self.ended,
            "handed_start": [row[2] for row in self._handed],
            "handed_end": [row[3] for row in self._handed],
            "duty_start": [row[1] for row in duty], "duty_end": [row[2] for row in duty],
        }  # fmt: skip
        places = {
            "first_agent": self.first_agent, "agent": self.agent,
            "handed_step": [row[0] for row in self._handed],
            "handed_agent": [row[1] for row in self._handed],
            "duty_agent": [row[0] for row in duty],
        }  # fmt: skip
        columns: dict[str, Any] = {
            name: np.array(values, dtype=np.float64) for name, values in times.items()
        }
        columns |= {name: np.array(values, dtype=np.int32) for name, values in places.items()}
        return Outcome(**columns, exit=np.array(self.exit, dtype=np.int8)).sorted()
