"""The desk's log: one flat record per thing that happens, and nothing computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import numpy.typing as npt

__all__ = ["Log", "Mark", "Records"]

NOBODY = -1


class Mark(IntEnum):
    """What a record says happened."""

    CONTACT = 0  # a customer gets in touch and begins to wait
    ANSWER = 1  # an agent takes the ticket
    SOLVE = 2  # the agent is done
    GIVE_UP = 3  # the customer's patience ends
    ON_DUTY = 4  # an agent's shift begins
    OFF_DUTY = 5  # the agent goes home, the last ticket finished


@dataclass(frozen=True, slots=True)
class Records:
    """The log as columns, in the order in which things happened."""

    time: npt.NDArray[np.float64]
    mark: npt.NDArray[np.int64]
    ticket: npt.NDArray[np.int64]  # place in the workload, −1 for duty
    contact: npt.NDArray[np.int64]  # 0 for the first
    agent: npt.NDArray[np.int64]  # place in the shift plan, −1 for nobody

    def of(self, mark: Mark) -> Records:
        """Return the records of one kind."""
        return self.where(self.mark == mark)

    def where(self, at: npt.NDArray[np.bool_]) -> Records:
        """Return the records that a mask picks."""
        return Records(
            self.time[at], self.mark[at], self.ticket[at], self.contact[at], self.agent[at]
        )

    def __len__(self) -> int:
        """Return the number of records."""
        return len(self.time)


@dataclass(slots=True)
class Log:
    """What the desk writes to while it runs."""

    rows: list[tuple[float, int, int, int, int]] = field(default_factory=list)

    def ticket(
        self, time: float, mark: Mark, ticket: int, contact: int, agent: int = NOBODY
    ) -> None:
        """Note something that happens to a ticket."""
        self.rows.append((time, mark, ticket, contact, agent))

    def duty(self, time: float, mark: Mark, agent: int) -> None:
        """Note that an agent comes or goes."""
        self.rows.append((time, mark, NOBODY, 0, agent))

    def records(self) -> Records:
        """Return everything noted so far."""
        times = np.array([row[0] for row in self.rows], dtype=np.float64)
        rest = np.array([row[1:] for row in self.rows], dtype=np.int64).reshape(-1, 4)
        return Records(times, *(np.ascontiguousarray(column) for column in rest.T))
