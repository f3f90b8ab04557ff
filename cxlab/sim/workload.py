"""The drawn world: every ticket with all that chance decides about it, before the run.

Nothing is drawn while the desk runs. Two scenarios that differ in staffing only therefore
meet the same tickets, and another engine can replay them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Channel, Law, Scenario
from cxlab.scenario.model import PriorityName
from cxlab.sim.streams import stream, uniforms
from cxlab.sim.timeline import RateSteps, rate_steps
from cxlab.tables.catalogue import PRIORITIES

__all__ = ["Workload", "arrival_times", "draw_workload"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Workload:
    """The tickets of one replication, in order of creation; n tickets, K contacts at most.

    Times are seconds since the start. Attributes of contact k of ticket i stand at [i, k].
    Where tickets are created at the same instant, the channel's name and then the order
    inside the channel decide who is first.
    """

    created: Floats  # (n,)
    channel: Integers  # (n,) place among `channels`
    number: Integers  # (n,) place inside the channel, from 0
    queue_class: Integers  # (n,) lower is served first
    priority: Integers  # (n,) place among PRIORITIES
    topic: Integers  # (n,) place among `topics`, −1 for none
    customer: Integers  # (n,)
    handling: Floats  # (n, K) seconds
    patience: Floats  # (n, K) seconds, inf for ever
    final: npt.NDArray[np.bool_]  # (n, K) nobody comes back after this contact
    return_after: Floats  # (n, K) seconds from the solve to the next contact
    survey: Floats  # (n, 3) uniforms: whether answered, which score, when
    channels: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of tickets."""
        return len(self.created)


def arrival_times(rng: np.random.Generator, steps: RateSteps) -> Floats:
    """Return the arrivals of a Poisson process whose rate changes in steps, in seconds.

    Running sums of unit exponentials are sent through the inverse of the cumulative rate,
    which is exact: no thinning, no time step. A changed rate moves arrivals and never
    reshuffles them.
    """
    hours = np.diff(steps.edges) / 3600
    cumulative = np.concatenate(([0.0], np.cumsum(steps.per_hour * hours)))
    total = float(cumulative[-1])
    gaps = rng.standard_exponential(int(total + 6 * total**0.5) + 32)
    sums = np.cumsum(gaps)
    while sums[-1] < total:  # one in a thousand million runs
        gaps = np.concatenate((gaps, rng.standard_exponential(len(gaps))))
        sums = np.cumsum(gaps)
    sums = sums[sums < total]
    # side="left" finds the step that the sum lies inside of, never one without arrivals.
    step = np.searchsorted(cumulative, sums, side="left") - 1
    into = (sums - cumulative[step]) / steps.per_hour[step] * 3600
    return np.minimum(steps.edges[step] + into, np.nextafter(steps.edges[step + 1], 0))


def draw_workload(scenario: Scenario, replication: int, *, seed: int | None = None) -> Workload:
    """Draw the tickets of one replication (1-based) of a scenario.

    Depends on the scenario's channels, customers, time and seed; not on its team.
    """
    root = scenario.seed if seed is None else seed
    names = tuple(sorted(str(name) for name in scenario.channels))
    channels = {str(name): channel for name, channel in scenario.channels.items()}
    topics = tuple(sorted({t for c in channels.values() for t in c.topic_shares}))
    contacts = max(channel.max_contacts for channel in channels.values())
    parts = [
        _Draw(scenario, name, channels[name], root, replication, contacts).tickets(place, topics)
        for place, name in enumerate(names)
    ]
    return _in_order(parts, names, topics)


def _in_order(
    parts: list[Workload], channels: tuple[str, ...], topics: tuple[str, ...]
) -> Workload:
    columns = [f.name for f in fields(Workload) if f.name not in ("channels", "topics")]
    joined = {c: np.concatenate([getattr(part, c) for part in parts]) for c in columns}
    order = np.lexsort((joined["number"], joined["channel"], joined["created"]))
    return Workload(
        **{c: values[order] for c, values in joined.items()}, channels=channels, topics=topics
    )


def _by_text(shares: Mapping[PriorityName, float]) -> dict[str, float]:
    return {str(name): share for name, share in shares.items()}


@dataclass(frozen=True, slots=True)
class _Draw:
    """The draws of one channel in one replication."""

    scenario: Scenario
    name: str
    channel: Channel
    seed: int
    replication: int
    contacts: int  # columns per ticket, the widest channel's

    def tickets(self, place: int, topics: tuple[str, ...]) -> Workload:
        created = arrival_times(
            stream(self.seed, self.replication, f"{self.name}.arrivals"),
            rate_steps(self.scenario, self.name),
        )
        n = len(created)
        priority = self._shares("priority", n, _by_text(self.channel.priority_shares), PRIORITIES)
        return Workload(
            created=created,
            channel=np.full(n, place, dtype=np.int64),
            number=np.arange(n, dtype=np.int64),
            queue_class=(self.channel.queue_rank - 1) * len(PRIORITIES) + priority,
            priority=priority,
            topic=self._shares("topic", n, self.channel.topic_shares, topics),
            customer=np.floor(self._u("customer", n) * self.scenario.customers).astype(np.int64),
            handling=self._law("handling", n, self.channel.handle_minutes, 60),
            patience=self._law("patience", n, self.channel.patience_minutes, 60),
            final=self._final(n),
            return_after=self._law("return", n, self.channel.return_hours, 3600),
            survey=np.column_stack(
                [self._u(f"survey.{what}", n) for what in ("answered", "score", "delay")]
            ),
        )

    def _u(self, purpose: str, n: int) -> Floats:
        return uniforms(self.seed, self.replication, f"{self.name}.{purpose}", n)

    def _law(self, purpose: str, n: int, law: Law | None, unit_s: float) -> Floats:
        """Draw a duration in seconds per ticket and contact; without a law it is endless."""
        drawn = np.full((n, self.contacts), np.inf)
        if law is not None:
            for contact in range(self.channel.max_contacts):
                u = self._u(f"{purpose}.{contact + 1}", n)
                drawn[:, contact] = law.quantile(u) * unit_s
        return drawn

    def _final(self, n: int) -> npt.NDArray[np.bool_]:
        final = np.ones((n, self.contacts), dtype=np.bool_)
        for contact in range(self.channel.max_contacts - 1):
            u = self._u(f"resolution.{contact + 1}", n)
            final[:, contact] = u < self.channel.resolution_probability
        return final

    def _shares(
        self, purpose: str, n: int, shares: dict[str, float], names: tuple[str, ...]
    ) -> Integers:
        """Draw a name by its share, as its place in `names` (−1 where there are no shares)."""
        present = [name for name in names if shares.get(name)]
        if not present:
            return np.full(n, -1, dtype=np.int64)
        bounds = np.cumsum([shares[name] for name in present])[:-1]
        drawn = np.searchsorted(bounds, self._u(purpose, n), side="right")
        return np.array([names.index(name) for name in present], dtype=np.int64)[drawn]
