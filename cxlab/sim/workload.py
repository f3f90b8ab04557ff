"""The drawn world: every request with all that chance decides about it, before the run.

Nothing is drawn while the desk runs. Two scenarios that differ in staffing only therefore
meet the same requests, and another engine can replay them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from cxlab.scenario import PRIORITIES, Channel, Law, Scenario
from cxlab.sim.addresses import Keys, uniforms_at
from cxlab.sim.rows import rows_of
from cxlab.sim.streams import stream, uniforms
from cxlab.sim.timeline import RateSteps, rate_steps

__all__ = [
    "LEAST_PAUSE_S",
    "Requests",
    "Workload",
    "arrival_times",
    "demand",
    "draw_requests",
    "draw_workload",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]

LEAST_PAUSE_S = 1.0
"""Nobody comes back sooner: a contact never follows the one before it in the same instant."""


_SMALL = 100_000
"""Requests up to which a workload keeps what is derived from it."""


@dataclass(frozen=True)
class Workload:
    """The requests of one replication, in order of creation.

    A request (n of them) may take several contacts, and a contact several steps, one per tier.
    Contact k of request i stands in row `first_contact[i] + k` of the columns of contacts, step j
    of contact c in row `first_step[c] + j` of the columns of steps. Only what can happen has a
    row: a second contact where the first is not final, a second tier where the first passes on.
    Times are seconds, instants since the start.
    """

    # of requests (n,)
    created: Floats
    line: Small  # place among `lines`
    number: Integers  # place inside the line, from 0; of its customer's requests, with a key
    priority: Small  # place among PRIORITIES
    queue_class: Small  # lower is served first
    topic: Small  # place among `topics`, −1 for none
    customer: Integers
    bot_s: Floats  # how long the bot takes; NaN where there is none
    contained: Flags  # whether the bot ends the first contact
    first_contact: Integers  # (n + 1,)
    # of contacts (m,)
    patience: Floats  # inf for ever, 0 for those who leave when nobody is free
    final: Flags  # nobody comes back after this contact was solved
    return_after: Floats  # from the solve to the next contact; inf after a final one
    redial_after: Floats  # from giving up to the next contact; inf for never
    leaves_number: Flags  # stays in the queue as a callback when patience ends
    first_step: Integers  # (m + 1,)
    # of steps (s,)
    work: Floats  # handling time at speed 1, one contact at a time
    lines: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    key: Keys | None = None
    """Per request: where its draws stand, if they have addresses; else they are in streams."""

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Return what `make` gives, of a small workload made once: several desks may meet it.

        Nobody may change it.
        """
        if len(self) > _SMALL:
            return make()
        kept: dict[str, Any] = self.__dict__.setdefault("_kept", {})
        if name not in kept:
            kept[name] = make()
        return kept[name]

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.created)

    @cached_property
    def request(self) -> Small:
        """Per contact: its request."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.first_contact))

    @cached_property
    def contact(self) -> Small:
        """Per step: its contact."""
        steps = np.diff(self.first_step)
        return np.repeat(np.arange(len(steps), dtype=np.int32), steps)

    def take(self, requests: Integers) -> Workload:
        """Return some of the requests, in the order in which they are named."""
        contacts = rows_of(self.first_contact, requests)
        steps = rows_of(self.first_step, contacts)
        columns: dict[str, Any] = {name: getattr(self, name)[requests] for name in _REQUESTS}
        columns |= {name: getattr(self, name)[contacts] for name in _CONTACTS}
        columns |= {name: getattr(self, name)[steps] for name in _STEPS}
        columns["first_contact"] = _running(np.diff(self.first_contact)[requests])
        columns["first_step"] = _running(np.diff(self.first_step)[contacts])
        return replace(self, **columns, key=None if self.key is None else self.key[requests])

    @staticmethod
    def joined(parts: list[Workload]) -> Workload:
        """Return the requests of several workloads of one scenario as one; at least one of them."""
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts])
            for name in (*_REQUESTS, *_CONTACTS, *_STEPS)
        }
        for name in ("first_contact", "first_step"):
            sizes = [np.diff(getattr(part, name)) for part in parts]
            columns[name] = _running(np.concatenate(sizes))
        keys = [part.key for part in parts if part.key is not None]
        return replace(parts[0], **columns, key=np.concatenate(keys) if keys else None)


_REQUESTS = ("created", "line", "number", "priority", "queue_class", "topic", "customer", "bot_s",
             "contained")  # fmt: skip
_CONTACTS = ("patience", "final", "return_after", "redial_after", "leaves_number")
_STEPS = ("work",)


def _running(sizes: Integers) -> Integers:
    """Return where the rows of each owner begin, and the end."""
    return np.concatenate(([0], np.cumsum(sizes)))


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


_OF_NO_DEMAND = frozenset({"name", "title", "description", "replications", "currency", "team",
                           "teams", "surveys"})  # fmt: skip


def demand(scenario: Scenario) -> str:
    """Return, as text, all that the requests of a scenario depend on.

    Scenarios of one demand meet the same requests, replication by replication.
    """
    return scenario.model_dump_json(exclude=set(_OF_NO_DEMAND))


def draw_workload(scenario: Scenario, replication: int, *, seed: int | None = None) -> Workload:
    """Draw the requests of one replication (1-based) of a scenario.

    Depends on the scenario's channels, customers, time and seed; not on its teams. Every purpose
    has a stream of its own, of which number i belongs to request i of the channel.
    """
    root = scenario.seed if seed is None else seed
    created, draws = list[Floats](), list[_Draw]()
    for name in scenario.lines:
        steps = rate_steps(scenario, name, replication=replication, seed=root)
        created.append(arrival_times(stream(root, replication, f"{name}.arrivals"), steps))
        draws.append(_Draw(scenario, name, _in_stream(root, replication, name)))
    sizes = [len(times) for times in created]
    at = np.concatenate(created)
    # Equal instants: the channel's name, then the order inside the channel decide.
    order = np.argsort(at, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    places = np.split(place, np.cumsum(sizes)[:-1])
    number, customer = np.empty(len(at), dtype=np.int64), np.empty(len(at), dtype=np.int64)
    for draw, mine in zip(draws, places, strict=True):
        number[mine] = np.arange(len(mine))
        customer[mine] = draw.u("customer", len(mine)) * scenario.customers
    return _Assembly(scenario, at[order], draws, places, number, customer).workload()


@dataclass(frozen=True)
class Requests:
    """Requests of known customers, as columns (n,), in the order that they have in the workload."""

    created: Floats
    line: Small  # place among the channels
    customer: Integers
    number: Integers  # which of the customer's requests, from 0
    key: Keys
    patience_factor: Floats

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.created)

    def take(self, places: Integers) -> Requests:
        """Return some of the requests."""
        return Requests(*(getattr(self, f.name)[places] for f in fields(self)))


def draw_requests(scenario: Scenario, requests: Requests) -> Workload:
    """Draw everything about requests that come at given times, each by its own address."""
    places = [np.flatnonzero(requests.line == line) for line in range(len(scenario.lines))]
    draws = [
        _Draw(scenario, name, _at_address(requests.key[mine]))
        for name, mine in zip(scenario.lines, places, strict=True)
    ]
    made = _Assembly(
        scenario, requests.created, draws, places, requests.number, requests.customer
    ).workload()
    factor = requests.patience_factor[made.request]
    return replace(made, key=requests.key, patience=made.patience * factor)


Draws = Callable[[str, int], Floats]


def _in_stream(seed: int, replication: int, name: str) -> Draws:
    return lambda purpose, n: uniforms(seed, replication, f"{name}.{purpose}", n)


def _at_address(keys: Keys) -> Draws:
    return lambda purpose, _: uniforms_at(keys, purpose)


@dataclass(frozen=True, slots=True)
class _Contacts:
    """The k-th contacts of one channel: who has one, and what was drawn for it."""

    who: Integers  # (c,) requests of the channel
    final: Flags
    columns: dict[str, npt.NDArray[np.generic]]
    works: tuple[tuple[Integers, Floats], ...]  # per tier: places among `who`, handling times


@dataclass(frozen=True, slots=True)
class _Draw:
    """The draws of one channel."""

    scenario: Scenario
    name: str
    u: Draws  # the uniforms of a purpose, one for each of n requests

    @property
    def channel(self) -> Channel:
        return self.scenario.lines[self.name]

    def happens(self, purpose: str, n: int, who: Integers, probability: float) -> Flags:
        """Draw for some of the requests whether something happens; certainty draws nothing."""
        if not 0 < probability < 1:
            return np.full(len(who), probability >= 1)
        return np.asarray(self.u(purpose, n)[who] < probability)

    def lasts(self, purpose: str, n: int, who: Integers, law: Law | None, unit_s: float) -> Floats:
        """Draw durations in seconds for some of the requests; without a law they are endless."""
        if law is None or not len(who):
            return np.full(len(who), np.inf)
        if law.law == "constant":
            return np.full(len(who), law.average * unit_s)
        return law.quantile(self.u(purpose, n)[who]) * unit_s

    def contacts(self, n: int, bot: tuple[Floats, Flags]) -> list[_Contacts]:
        """Draw the contacts of all n requests, first contacts first."""
        who, rounds = np.arange(n), list[_Contacts]()
        _, contained = bot
        for k in range(1, self.channel.max_contacts + 1):
            if k > 1 and not len(who):
                break
            made = self._contact(k, n, who, contained if k == 1 else None)
            rounds.append(made)
            again = ~made.final | np.isfinite(made.columns["redial_after"])
            who = who[again]
        return rounds

    def _contact(self, k: int, n: int, who: Integers, contained: Flags | None) -> _Contacts:
        c = self.channel
        last = k == c.max_contacts
        patience = self.lasts(f"patience.{k}", n, who, c.patience_minutes, 60)
        balks = self.happens(f"balks.{k}", n, who, c.balk_probability)
        patience[balks] = 0.0
        final = np.ones(len(who), dtype=np.bool_)
        redial = np.full(len(who), np.inf)
        if not last:
            final = self.happens(f"resolution.{k}", n, who, c.resolution_probability)
            redials = self.happens(f"redials.{k}", n, who, c.redial_probability)
            redial[redials] = self._pause(f"redial.{k}", n, who[redials], c.redial_minutes, 60)
        back = self._pause(f"return.{k}", n, who, c.return_hours, 3600)
        back[final] = np.inf
        if contained is not None and c.bot is not None and contained.any():
            self._by_bot(n, contained, final, back, redial, last)
        columns: dict[str, npt.NDArray[np.generic]] = {
            "patience": patience,
            "final": final,
            "return_after": back,
            "redial_after": redial,
            "leaves_number": self.happens(f"callback.{k}", n, who, c.callback_probability),
        }
        return _Contacts(who, final, columns, self._works(k, n, who))

    def _pause(self, purpose: str, n: int, who: Integers, law: Law | None, unit: float) -> Floats:
        return np.maximum(self.lasts(purpose, n, who, law, unit), LEAST_PAUSE_S)

    def _by_bot(
        self, n: int, contained: Flags, final: Flags, back: Floats, redial: Floats, last: bool
    ) -> None:
        """Let the bot's answer decide the first contacts that it ends: final or bounced back."""
        bot = self.channel.bot
        assert bot is not None
        who = np.flatnonzero(contained)
        wrong = self.happens("bot.wrong", n, who, 0.0 if last else bot.wrong_answers)
        final[who], back[who], redial[who] = ~wrong, np.inf, np.inf
        hours = self._pause("bot.bounce_back", n, who[wrong], bot.bounce_back_hours, 3600)
        back[who[wrong]] = hours

    def _works(self, k: int, n: int, who: Integers) -> tuple[tuple[Integers, Floats], ...]:
        """Draw the handling time of each tier, and who is passed on to the next."""
        works, at = list[tuple[Integers, Floats]](), np.arange(len(who))
        harder = self.channel.bot.residual_handling_factor if self.channel.bot else 1.0
        for tier, step in enumerate(self.channel.tiers, start=1):
            prefix = f"tier{tier}." if tier > 1 else ""
            drawn = self.lasts(f"{prefix}handling.{k}", n, who[at], step.handle_minutes, 60)
            works.append((at, drawn * harder))
            passed = self.happens(
                f"{prefix}escalation.{k}", n, who[at], step.escalation_probability
            )
            at = at[passed]
        return tuple(works)

    def shares(
        self, purpose: str, n: int, shares: Mapping[str, float], names: tuple[str, ...]
    ) -> Integers:
        """Draw a name by its share, as its place in `names` (−1 where there are no shares)."""
        present = [name for name in names if shares.get(name)]
        places = np.array([names.index(name) for name in present], dtype=np.int64)
        if len(present) < 2:
            return np.full(n, places[0] if present else -1, dtype=np.int64)
        bounds = np.cumsum([shares[name] for name in present])[:-1]
        return places[np.searchsorted(bounds, self.u(purpose, n), side="right")]

    def bot(self, n: int) -> tuple[Floats, Flags]:
        """Draw how long the bot takes and whether it contains; NaN where there is no bot."""
        bot = self.channel.bot
        if bot is None:
            return np.full(n, np.nan), np.zeros(n, dtype=np.bool_)
        who = np.arange(n)
        lasts = self.lasts("bot.handling", n, who, bot.handle_minutes, 60)
        return lasts, self.happens("bot.containment", n, who, bot.containment)


@dataclass(frozen=True, slots=True)
class _Assembly:
    """Puts the draws of all channels into rows, requests in their order."""

    scenario: Scenario
    created: Floats
    draws: list[_Draw]
    places: list[Integers]  # per channel: where its requests stand
    number: Integers
    customer: Integers

    @property
    def topics(self) -> tuple[str, ...]:
        return tuple(sorted({t for c in self.scenario.lines.values() for t in c.topic_shares}))

    def workload(self) -> Workload:
        requests = self._requests()
        bots = [(requests["bot_s"][at], requests["contained"][at]) for at in self.places]
        drawn = [
            (at, draw.contacts(len(at), bot))
            for draw, at, bot in zip(self.draws, self.places, bots, strict=True)
        ]
        first_contact = _starts(len(self.created), [at[c.who] for at, cs in drawn for c in cs])
        rows = [(first_contact[at[c.who]] + k, c) for at, cs in drawn for k, c in enumerate(cs)]
        m = int(first_contact[-1])
        first_step = _starts(m, [row[places] for row, c in rows for places, _ in c.works])
        work = np.empty(int(first_step[-1]))
        for row, contacts in rows:
            for tier, (places, lasts) in enumerate(contacts.works):
                work[first_step[row[places]] + tier] = lasts
        return Workload(
            created=self.created, **requests, first_contact=first_contact, **_columns(m, rows),
            first_step=first_step, work=work, lines=tuple(self.scenario.lines), topics=self.topics,
        )  # fmt: skip

    def _requests(self) -> dict[str, npt.NDArray[Any]]:
        n, topics = len(self.created), self.topics
        columns: dict[str, npt.NDArray[Any]] = {
            name: np.empty(n, dtype=np.int32)
            for name in ("line", "priority", "queue_class", "topic")
        }
        columns |= {"number": self.number, "customer": self.customer}
        columns |= {"bot_s": np.empty(n), "contained": np.empty(n, dtype=np.bool_)}
        for line, (draw, at) in enumerate(zip(self.draws, self.places, strict=True)):
            channel, size = draw.channel, len(at)
            shares = {str(name): share for name, share in channel.priority_shares.items()}
            priority = draw.shares("priority", size, shares, PRIORITIES)
            columns["line"][at] = line
            columns["priority"][at] = priority
            columns["queue_class"][at] = (channel.queue_rank - 1) * len(PRIORITIES) + priority
            columns["topic"][at] = draw.shares("topic", size, channel.topic_shares, topics)
            columns["bot_s"][at], columns["contained"][at] = draw.bot(size)
        return columns


def _starts(n: int, owners: list[Integers]) -> Integers:
    """Return where the rows of each of n owners begin, and the end (n + 1,)."""
    counts = np.zeros(n, dtype=np.int64)
    for owner in owners:
        counts[owner] += 1  # nobody stands twice in one list
    return np.concatenate(([0], np.cumsum(counts)))


def _columns(m: int, rows: list[tuple[Integers, _Contacts]]) -> dict[str, npt.NDArray[Any]]:
    columns: dict[str, npt.NDArray[Any]] = {
        name: np.empty(m) for name in ("patience", "return_after", "redial_after")
    }
    columns |= {name: np.empty(m, dtype=np.bool_) for name in ("final", "leaves_number")}
    for row, contacts in rows:
        for name, values in contacts.columns.items():
            columns[name][row] = values
    return columns
