"""One replication, looked at ticket by ticket: names, first and last times, counts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Channel, Scenario
from cxlab.sim.log import Mark, Records
from cxlab.sim.timeline import AgentPlan, Timeline
from cxlab.sim.workload import Workload

__all__ = ["Floats", "Integers", "Texts", "View", "texts"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Texts = npt.NDArray[np.object_]

WARM_UP = "warm_up"


def texts(values: list[str] | list[str | None]) -> Texts:
    """Return texts as an array of objects, None staying None."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


@dataclass(frozen=True)
class View:
    """What the tables of one replication are made of; computes no metric."""

    scenario: Scenario
    plan: tuple[AgentPlan, ...]
    workload: Workload
    records: Records

    @cached_property
    def timeline(self) -> Timeline:
        """Where seconds of the replication lie in time."""
        return Timeline.of(self.scenario)

    @cached_property
    def marks(self) -> dict[Mark, Records]:
        """The records by kind."""
        return {mark: self.records.of(mark) for mark in Mark}

    @cached_property
    def channels(self) -> list[Channel]:
        """The channels in the workload's order."""
        by_name = {str(name): channel for name, channel in self.scenario.channels.items()}
        return [by_name[name] for name in self.workload.channels]

    @cached_property
    def channel_names(self) -> Texts:
        """Per ticket: its channel."""
        return texts(list(self.workload.channels))[self.workload.channel]

    @cached_property
    def ticket_ids(self) -> Texts:
        """Per ticket: its name, the same in every scenario that has the channel."""
        numbers = self.workload.number.tolist()
        return texts([f"{c}-{n + 1:06d}" for c, n in zip(self.channel_names, numbers, strict=True)])

    @cached_property
    def customer_ids(self) -> Texts:
        """Per ticket: who asked."""
        return texts([f"customer-{c + 1:06d}" for c in self.workload.customer.tolist()])

    @cached_property
    def agent_ids(self) -> Texts:
        """Names of the agents; the last place, which −1 finds, is nobody."""
        return texts([*(agent.agent_id for agent in self.plan), None])

    @cached_property
    def excluded(self) -> Texts:
        """Per ticket: why it is not counted; None where it is."""
        return self.excluded_at(self.workload.created)

    def excluded_at(self, seconds: Floats) -> Texts:
        """Return "warm_up" where a time lies in the warm-up, None where it counts."""
        reasons = texts([None, WARM_UP])
        return reasons[(seconds < self.timeline.warm_up_s).astype(np.int64)]

    @cached_property
    def replies(self) -> Records:
        """The records that send a public reply out: answers or solves, as the channel says."""
        by_channel = np.array(
            [Mark.ANSWER if c.first_reply == "start" else Mark.SOLVE for c in self.channels]
        )
        wanted = by_channel[self.workload.channel[self.of_tickets.ticket]]
        return self.of_tickets.where(self.of_tickets.mark == wanted)

    @cached_property
    def of_tickets(self) -> Records:
        """The records about tickets."""
        return self.records.where(self.records.ticket >= 0)

    @cached_property
    def settled(self) -> npt.NDArray[np.bool_]:
        """Per ticket: every contact so far ended with a solve."""
        solves, contacts = (self.count(self.marks[m]) for m in (Mark.SOLVE, Mark.CONTACT))
        return np.equal(solves, contacts)

    def count(self, records: Records) -> Integers:
        """Return how many of the records each ticket has."""
        return np.bincount(records.ticket, minlength=len(self.workload)).astype(np.int64)

    def first(self, records: Records) -> Floats:
        """Return per ticket the time of its first contact's record; NaN where there is none."""
        times = np.full(len(self.workload), np.nan)
        first = records.contact == 0
        times[records.ticket[first]] = records.time[first]
        return times

    def last(self, records: Records) -> tuple[Floats, Integers]:
        """Return per ticket time and agent of its last record (NaN, −1 where there is none)."""
        times = np.full(len(self.workload), np.nan)
        agents = np.full(len(self.workload), -1, dtype=np.int64)
        times[records.ticket] = records.time  # in order: the last one stays
        agents[records.ticket] = records.agent
        return times, agents

    def per_channel(self, attribute: str) -> Floats:
        """Return a number of each ticket's channel; NaN where the channel states none."""
        values = [getattr(channel, attribute) for channel in self.channels]
        return np.array([np.nan if v is None else v for v in values])[self.workload.channel]

    def contact_ids(self, ticket: Integers, contact: Integers) -> Texts:
        """Return a name for each contact of a ticket."""
        suffixes = texts([f"-{number + 1}" for number in range(self.workload.final.shape[1])])
        return np.asarray(self.ticket_ids[ticket] + suffixes[contact], dtype=object)
