"""When customers would ask for support, for as long as they are customers, and which way.

A customer's requests are a Poisson process. Its rate depends on tenure, onboarding and features,
which change on midnights, and on the hour of the week, whose shape the channels give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Scenario, hourly_rates
from cxlab.scenario.customers import Contacts
from cxlab.sim.addresses import child_keys, uniforms_at
from cxlab.sim.base.customers import Customers, Population
from cxlab.sim.timeline import rate_steps
from cxlab.sim.workload import Requests

__all__ = ["DAYS_A_MONTH", "WeekShape", "requests_of"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAYS_A_MONTH = 30.436875


@dataclass(frozen=True)
class WeekShape:
    """How busy every hour of the horizon is for customers, 1 on average, and by which channel.

    `passed` is a clock that runs fast in busy hours: the sum of weight × hours up to each edge.
    """

    edges: Floats  # (h + 1) seconds
    by_channel: Floats  # (channels, h) running sums over the channels
    passed: Floats  # (h + 1)

    @classmethod
    def of(cls, scenario: Scenario, contacts: Contacts, replication: int, seed: int) -> WeekShape:
        """Return the shape that the channels of a scenario give."""
        weights, edges = [], np.zeros(1)
        for name, channel in scenario.lines.items():
            steps = rate_steps(scenario, name, replication=replication, seed=seed)
            mean = float(hourly_rates(channel.arrivals_per_hour).mean())
            weights.append(contacts.channel_shares[name] / mean * steps.per_hour)
            edges = steps.edges
        by_channel = np.cumsum(weights, axis=0)
        hours = np.diff(edges) / 3600
        return cls(edges, by_channel, np.concatenate(([0.0], np.cumsum(by_channel[-1] * hours))))

    def at(self, passed: Floats) -> tuple[Floats, Integers]:
        """Return the seconds at which the clock shows some values, and in which hour that is."""
        hour = np.searchsorted(self.passed, passed, side="left") - 1
        hour = np.clip(hour, 0, len(self.edges) - 2)
        into = (passed - self.passed[hour]) / self.by_channel[-1, hour] * 3600
        time = np.minimum(self.edges[hour] + into, np.nextafter(self.edges[hour + 1], 0))
        return time, hour

    def shown(self, seconds: Floats) -> Floats:
        """Return what the clock shows at some seconds."""
        return np.interp(seconds, self.edges, self.passed)


def requests_of(
    population: Population, shape: WeekShape, customers: Customers, first: int
) -> Requests:
    """Return all requests that customers would make if they stayed, in order of time.

    The customers have the numbers from `first` on.
    """
    contacts = population.lifecycle.contacts
    assert contacts is not None
    edges, per_hour = _rates(population, contacts, customers)
    shown = shape.shown(population.days.midnights[edges])
    hazard = np.concatenate(
        (np.zeros((len(customers), 1)), np.cumsum(per_hour * np.diff(shown, axis=1), axis=1)),
        axis=1,
    )
    who, number, passed = _moments(customers, hazard, shown, per_hour)
    created, hour = shape.at(passed)
    order = np.argsort(created, kind="stable")
    who, number, hour = who[order], number[order], hour[order]
    key = child_keys(customers.key[who] ^ _REQUEST, number)
    weights = shape.by_channel[:, hour]
    line = (uniforms_at(key, "channel") * weights[-1] >= weights).sum(axis=0)
    factor = np.array([population.lifecycle.segments[s].patience_factor
                       for s in population.segments])  # fmt: skip
    return Requests(
        created=created[order], line=line.astype(np.int32), customer=who + first, number=number,
        key=key, patience_factor=factor[customers.segment[who]],
    )  # fmt: skip


_REQUEST = np.uint64(0x5EED_0F_0A5C)  # tells a customer's requests from those whom it refers


def _rates(
    population: Population, contacts: Contacts, customers: Customers
) -> tuple[Integers, Floats]:
    """Return per customer the days on which the contact rate changes, and the rates between.

    Days are (n, b + 1) from the first to the last of the replication, rates (n, b) per hour.
    """
    life, total = population.lifecycle, population.days.total
    born, onboarded = customers.born, customers.onboarded
    steps = np.array([np.rint(month * DAYS_A_MONTH) for month, _ in contacts.tenure_factors])
    factors = np.array([factor for _, factor in contacts.tenure_factors])
    changes = [born[:, None] + steps.astype(np.int64), onboarded[:, None], customers.adopted]
    ends = np.zeros((len(customers), 1), dtype=np.int64)
    edges = np.sort(np.clip(np.hstack([ends, *changes, ends + total]), 0, total), axis=1)
    edges = np.maximum(edges, np.clip(born, 0, total)[:, None])
    day = edges[:, :-1]
    tenure = np.maximum(day - born[:, None], 0)
    rate = factors[np.searchsorted(steps, tenure, side="right") - 1]
    segment = np.array([life.segments[name].contact_factor for name in population.segments])
    rate = rate * segment[customers.segment][:, None]
    if life.onboarding is not None:
        rate = rate * np.where(day < onboarded[:, None], life.onboarding.contact_factor, 1.0)
    for place, name in enumerate(population.features):
        factor = life.features[name].contact_factor
        rate = rate * np.where(day >= customers.adopted[:, place, None], factor, 1.0)
    return edges, rate * (contacts.per_month / (DAYS_A_MONTH * 24))


def _moments(
    customers: Customers, hazard: Floats, shown: Floats, per_hour: Floats
) -> tuple[Integers, Integers, Floats]:
    """Return who asks, for which time, and what the busy clock shows then.

    Running sums of unit exponentials are sent through the inverse of the cumulative rate.
    """
    found: list[tuple[Integers, Integers, Floats]] = []
    who, number = np.arange(len(customers)), 0
    total = np.zeros(len(customers))
    while len(who):
        total = total - np.log1p(-uniforms_at(customers.key[who], "contact", number))
        comes = total < hazard[who, -1]
        who, total = who[comes], total[comes]
        mine = hazard[who]
        piece = (mine <= total[:, None]).sum(axis=1) - 1
        row = np.arange(len(who))
        passed = shown[who, piece] + (total - mine[row, piece]) / per_hour[who, piece]
        found.append((who, np.full(len(who), number), passed))
        number += 1
    if not found:
        none = np.empty(0, dtype=np.int64)
        return none, none, np.empty(0)
    a, b, c = zip(*found, strict=True)
    return np.concatenate(a), np.concatenate(b), np.concatenate(c)
