"""Small desks for the tests: a workload written by hand, agents on shifts, a log read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cxlab.scenario import Scenario
from cxlab.sim.desk import run_desk
from cxlab.sim.log import Mark, Records
from cxlab.sim.workload import Workload

ALWAYS = ((0.0, float("inf")),)


@dataclass(frozen=True)
class T:
    """A ticket: created, handling (one number per contact), and what departs from the plain."""

    created: float
    handling: float | Sequence[float]
    patience: float | Sequence[float] = float("inf")
    queue_class: int = 0
    back_after: Sequence[float] = field(default=())  # one return per number


def workload(tickets: Sequence[T]) -> Workload:
    """Return the workload of tickets given in order of creation, as one channel."""
    n = len(tickets)
    width = 1 + max((len(t.back_after) for t in tickets), default=0)
    handling, patience = np.full((n, width), np.inf), np.full((n, width), np.inf)
    final, back = np.ones((n, width), dtype=bool), np.full((n, width), np.inf)
    for i, t in enumerate(tickets):
        handling[i, : np.size(t.handling)] = t.handling
        patience[i] = t.patience if np.size(t.patience) == 1 else np.resize(t.patience, width)
        final[i, : len(t.back_after)] = False
        back[i, : len(t.back_after)] = t.back_after
    zeros = np.zeros(n, dtype=np.int64)
    return Workload(
        created=np.array([t.created for t in tickets], dtype=float),
        channel=zeros,
        number=np.arange(n),
        queue_class=np.array([t.queue_class for t in tickets], dtype=np.int64),
        priority=zeros + 2,
        topic=zeros - 1,
        customer=zeros,
        handling=handling,
        patience=patience,
        final=final,
        return_after=back,
        survey=np.zeros((n, 3)),
        channels=("chat",),
    )


def fifo(arrivals: Any, handling: Any, patience: Any) -> Workload:
    """Return the workload of one class of customers who come once."""
    columns = (np.asarray(c, dtype=float).tolist() for c in (arrivals, handling, patience))
    return workload([T(*row) for row in zip(*columns, strict=True)])


def run(
    tickets: Sequence[T], shifts: Sequence[Any] = (ALWAYS,), until: float = 1e9
) -> list[tuple[float, str, int, int]]:
    """Run a desk; return (time, what, ticket, agent) of everything about tickets, in order."""
    records = run_desk(workload(tickets), shifts, until)
    return [
        (time, Mark(mark).name, ticket, agent)
        for time, mark, ticket, agent in zip(
            records.time.tolist(),
            records.mark.tolist(),
            records.ticket.tolist(),
            records.agent.tolist(),
            strict=True,
        )
        if ticket >= 0
    ]


def outcome(records: Records, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return start and end of each customer's only contact; NaN starts for those who gave up."""
    began, left = np.full(n, np.nan), np.full(n, np.nan)
    answers, solves, gone = (records.of(m) for m in (Mark.ANSWER, Mark.SOLVE, Mark.GIVE_UP))
    began[answers.ticket] = answers.time
    left[solves.ticket] = solves.time
    left[gone.ticket] = gone.time
    return began, left


def desk_file(**changes: Any) -> Scenario:
    """Return a small scenario: chat, one agent from 9 to 17, one day in UTC."""
    plain = Scenario.of(
        {
            "name": "plain",
            "time_zone": "UTC",
            "start": "2026-01-05",
            "seed": 3,
            "replications": 1,
            "customers": 50,
            "horizon": {"type": "terminating", "days": 1},
            "channels": {
                "chat": {
                    "arrivals_per_hour": 6.0,
                    "handle_minutes": {"law": "exponential", "mean": 5.0},
                    "first_reply": "start",
                    "service_level_seconds": 60.0,
                    "first_reply_target_minutes": 5.0,
                }
            },
            "team": {"shifts": [{"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}]},
        }
    )
    return plain.but(**changes)
