"""What happened to the customer base: spells, changes of plan, leads; computes nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from cxlab.sim.base.customers import NEVER, Customers

__all__ = ["STAYS", "Ending", "History"]

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STAYS = NEVER
"""The end of a spell that the horizon cuts off."""


class Ending(IntEnum):
    """How a spell ended."""

    NONE = 0
    VOLUNTARY = 1
    INVOLUNTARY = 2


@dataclass(frozen=True, slots=True)
class History:
    """One replication of the customer base; days count from its start.

    Customers are numbered: who was there, who the paid ways brought, then who was referred, in
    the order in which they were named.
    """

    customers: Customers
    # spells, by customer, then day (s,)
    customer: Integers
    start: Integers
    end: Integers  # STAYS where the horizon cuts it off
    ending: npt.NDArray[np.int8]
    reason: Integers  # place among the reasons, the links behind them; −1 while it lasts
    # terms that ended, by customer, then day (t,)
    term_customer: Integers
    term_day: Integers
    term_plan: Integers  # from then on; of who left, the plan until then
    term_stays: Flags
    # referred leads, by day, referrer and running number (l,)
    lead_referrer: Integers
    lead_day: Integers
    lead_index: Integers
    lead_decided: Integers
    lead_buys: Flags
    lead_customer: Integers  # the number it has as a customer; −1 where it is none (yet)
    # how often a probability went above 1 and counted as 1
    clamped: int

    @property
    def counted(self) -> dict[str, int]:
        """What a reader of the tables must know beside them: see `cxlab.simulate`."""
        return {"terms_ended": len(self.term_day), "probabilities_above_1": self.clamped}

    def differences(self, other: History) -> list[str]:
        """Return the names of the columns in which another history differs."""
        found = []
        for holder, others, prefix in ((self, other, ""), (self.customers, other.customers, "c.")):
            for field in fields(holder):
                mine, theirs = getattr(holder, field.name), getattr(others, field.name)
                if field.name != "customers" and not np.array_equal(mine, theirs):
                    found.append(prefix + field.name)
        return found
