"""What happened at the desk: when every contact and every step of it began and ended."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from cxlab.sim.rows import rows_of

if TYPE_CHECKING:
    from cxlab.sim.workload import Workload

__all__ = ["NOBODY", "Exit", "Outcome"]

NOBODY = -1

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.int32]


class Exit(IntEnum):
    """How a contact left the queue without being answered."""

    NONE = 0
    GAVE_UP = 1
    TURNED_AWAY = 2  # the waiting room was full


@dataclass(frozen=True, slots=True)
class Outcome:
    """The times of one replication, by row of the workload; computes nothing.

    Seconds since the start; NaN is what did not happen before the horizon.
    """

    # of contacts (m,)
    joined: Floats  # when it began to wait for a person
    left: Floats  # when it left unanswered
    exit: npt.NDArray[np.int8]
    # of steps (s,)
    queued: Floats  # when it began to wait at its tier
    answered: Floats  # when an agent first took it
    resumed: Floats  # when the last agent took it: later than `answered` after a hand-back
    ended: Floats  # when the work was done
    first_agent: Small
    agent: Small  # who had it last
    # work that was handed back at a shift's end, by step, then time (h,)
    handed_step: Small
    handed_agent: Small
    handed_start: Floats
    handed_end: Floats
    # stretches of duty, by agent, then time; one without end was cut by the horizon (d,)
    duty_agent: Small
    duty_start: Floats
    duty_end: Floats

    def sorted(self) -> Outcome:
        """Return the same with its two lists in order, in whatever order they were written."""
        handed = np.lexsort((self.handed_start, self.handed_step))
        duty = np.lexsort((self.duty_start, self.duty_agent))
        return replace(
            self,
            **{f.name: getattr(self, f.name)[handed] for f in fields(self) if "handed" in f.name},
            **{f.name: getattr(self, f.name)[duty] for f in fields(self) if "duty" in f.name},
        )

    def of_requests(self, workload: Workload, requests: npt.NDArray[np.int64]) -> Outcome:
        """Return the outcome of some requests of a workload, in the order in which they stand.

        Duty stays as it is; what was handed back is told by the new rows.
        """
        contacts = rows_of(workload.first_contact, requests)
        steps = rows_of(workload.first_step, contacts)
        place = np.full(len(self.ended), NOBODY, dtype=np.int32)
        place[steps] = np.arange(len(steps))
        columns = {name: getattr(self, name)[contacts] for name in ("joined", "left", "exit")}
        columns |= {
            name: getattr(self, name)[steps]
            for name in ("queued", "answered", "resumed", "ended", "first_agent", "agent")
        }
        return replace(self, **columns, handed_step=place[self.handed_step]).sorted()

    def differences(self, other: Outcome) -> list[str]:
        """Return the names of the columns in which another outcome differs, to the last bit."""
        return [
            f.name
            for f in fields(self)
            if not np.array_equal(
                getattr(self, f.name), getattr(other, f.name),
                equal_nan=getattr(self, f.name).dtype.kind == "f",
            )
        ]  # fmt: skip
