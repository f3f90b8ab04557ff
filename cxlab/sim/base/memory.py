"""What customers met with, for all that are asked about at once: the rules of `service`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Scenario
from cxlab.scenario.links import Experience
from cxlab.sim.base.arrays import Growing
from cxlab.sim.survey import score_draws, scores
from cxlab.sim.workload import Requests, Workload

__all__ = ["Desk", "Memory"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_LOOKS = ("first_reply_hours", "resolution_hours", "contacts", "unresolved", "csat")


@dataclass(frozen=True, slots=True)
class Desk:
    """What the desk has noted so far, by contact and by step."""

    joined: Floats
    left: Floats
    answered: Floats
    ended: Floats
    agent: npt.NDArray[np.int32]


class Memory:
    """The requests that customers made, and how each stands; updated at midnights."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        channels = list(scenario.lines.values())
        self._at_start = np.array([c.first_reply == "start" for c in channels], dtype=np.bool_)
        whole, real = np.empty(0, dtype=np.int64), np.empty(0)
        self.requests = Growing(
            dict.fromkeys(("customer", "line", "first", "end", "previous"), whole)
            | dict.fromkeys(("created", "bot_s", "csat_u", *_LOOKS), real)
            | {"contained": np.empty(0, dtype=np.bool_)}
        )
        self.contacts = Growing(
            {"first_step": whole, "end_step": whole} | {"return_after": real, "redial_after": real}
        )
        self.steps = 0
        self.last = np.empty(0, dtype=np.int64)  # by customer: the request made last, or −1
        self.open = np.empty(0, dtype=np.int64)  # requests made that are not over yet

    def expect(self, requests: Requests, workload: Workload) -> None:
        """Make room for requests that may be made."""
        n, contacts = len(requests), self.contacts.size
        blank = {name: np.full(n, np.nan) for name in _LOOKS}
        self.requests.add({
            "customer": requests.customer, "line": requests.line.astype(np.int64),
            "first": workload.first_contact[:-1] + contacts,
            "end": workload.first_contact[1:] + contacts, "previous": np.full(n, -1),
            "created": requests.created, "bot_s": workload.bot_s,
            "csat_u": score_draws(requests.key, "csat"), "contained": workload.contained, **blank,
        })  # fmt: skip
        self.contacts.add({
            "first_step": workload.first_step[:-1] + self.steps,
            "end_step": workload.first_step[1:] + self.steps,
            "return_after": workload.return_after, "redial_after": workload.redial_after,
        })  # fmt: skip
        self.steps += len(workload.work)

    def made(self, requests: Integers, customers: int) -> None:
        """Note requests that are made on a day, in order of time."""
        if customers > len(self.last):
            more = np.full(2 * customers - len(self.last), -1)
            self.last = np.concatenate((self.last, more))
        who, previous = self.requests["customer"][requests], self.requests["previous"]
        # Several of one customer on one day: each has the one before it.
        order = np.argsort(who, kind="stable")
        mine, by = requests[order], who[order]
        first = np.append(True, by[1:] != by[:-1])[: len(by)]
        previous[mine[first]] = self.last[by[first]]
        previous[mine[~first]] = mine[:-1][~first[1:]]
        self.last[by] = mine  # in order: the last one stays
        self.open = np.concatenate((self.open, requests))

    def look(self, desk: Desk, now: float) -> None:
        """Look at all requests that are not over."""
        open_ = self.open
        if not len(open_):
            return
        rows = self.requests
        first, end, created = rows["first"][open_], rows["end"][open_], rows["created"][open_]
        last = self._last_contacts(desk, first, end)
        solved = desk.ended[self.contacts["end_step"][last] - 1]
        bot = created + rows["bot_s"][open_]
        by_bot = (last == first) & rows["contained"][open_]
        solved = np.where(by_bot, np.where(bot < now, bot, np.nan), solved)
        settled = ~np.isnan(solved) & np.isposinf(self.contacts["return_after"][last])
        left = desk.left[last]
        gone = ~np.isnan(left) & np.isposinf(self.contacts["redial_after"][last])
        until = np.where(settled, solved, np.where(gone, left, now))
        replied = self._replied(desk, open_, first, last)
        waited = np.where(np.isnan(replied), np.where(gone, until, now), replied)
        waited = np.where(np.isnan(rows["bot_s"][open_]), waited, created)
        contacts = last - first + 1
        rows["first_reply_hours"][open_] = (waited - created) / 3600
        rows["resolution_hours"][open_] = (until - created) / 3600
        rows["contacts"][open_] = contacts
        rows["unresolved"][open_] = ~settled
        self._score(desk, settled, waited - created, until - created, contacts, first, last)
        self.open = open_[~(settled | gone)]

    def _last_contacts(self, desk: Desk, first: Integers, end: Integers) -> Integers:
        """Return the last contact of each request that happened."""
        last, k = first.copy(), 1
        while True:
            more = np.flatnonzero(first + k < end)
            if not len(more):
                return last
            happened = more[~np.isnan(desk.joined[first[more] + k])]
            last[happened] = first[happened] + k
            k += 1

    def _replied(self, desk: Desk, requests: Integers, first: Integers, last: Integers) -> Floats:
        """Return when the first reply of a person went out."""
        at_start = self._at_start[self.requests["line"][requests]]
        replied = np.full(len(first), np.nan)
        for k in range(int((last - first).max()), -1, -1):  # backwards: the earliest one stays
            has = np.flatnonzero(first + k <= last)
            step = self.contacts["first_step"][first[has] + k]
            at = np.where(at_start[has], desk.answered[step], desk.ended[step])
            known = ~np.isnan(at)
            replied[has[known]] = at[known]
        return replied

    def _score(
        self, desk: Desk, settled: npt.NDArray[np.bool_], wait: Floats, lasted: Floats,
        contacts: Integers, first: Integers, last: Integers,
    ) -> None:  # fmt: skip
        survey, at = self.scenario.surveys.get("csat"), np.flatnonzero(settled)
        if survey is None or not len(at):
            return
        tier = self._tiers(desk, first[at], last[at])
        request = self.open[at]
        u = self.requests["csat_u"][request]
        self.requests["csat"][request] = scores(survey, u, wait[at], lasted[at], contacts[at], tier)

    def _tiers(self, desk: Desk, first: Integers, last: Integers) -> Integers:
        """Return the highest tier that took each request, 1 at least."""
        tier = np.ones(len(first), dtype=np.int64)
        for k in range(int((last - first).max()) + 1):
            has = np.flatnonzero(first + k <= last)
            start = self.contacts["first_step"][first[has] + k]
            end = self.contacts["end_step"][first[has] + k]
            for place in range(int((end - start).max())):
                step = np.minimum(start + place, end - 1)
                took = (start + place < end) & (desk.agent[step] >= 0)
                tier[has[took]] = np.maximum(tier[has[took]], place + 1)
        return tier

    def met(self, who: Integers, kind: Experience, since: float) -> Floats:
        """Return what customers met with in requests since a time; NaN for who made none."""
        total, count = np.zeros(len(who)), np.zeros(len(who), dtype=np.int64)
        known = who < len(self.last)
        at = np.full(len(who), -1)
        at[known] = self.last[who[known]]
        created, previous, values = (self.requests[name] for name in ("created", "previous", kind))
        while True:
            rows = np.flatnonzero(at >= 0)
            rows = rows[created[at[rows]] >= since]
            if not len(rows):
                break
            value = values[at[rows]]
            has = ~np.isnan(value)
            total[rows[has]] += value[has]
            count[rows[has]] += 1
            following = np.full(len(who), -1)
            following[rows] = previous[at[rows]]
            at = following
        if kind != "unresolved":
            with np.errstate(invalid="ignore"):
                total = total / count
        return np.where(count > 0, total, np.nan)
