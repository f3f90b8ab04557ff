"""What customers met with, for the compiled engine: the rules of `service`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Scenario
from cxlab.sim.base import books
from cxlab.sim.base.growing import Growing
from cxlab.sim.survey import score_draws, scores
from cxlab.sim.workload import Requests, Workload

__all__ = ["Requested"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_REQUEST = np.dtype(
    [("created", "f8"), ("bot_s", "f8"), ("first", "i8"), ("end", "i8"), ("contained", "b1"),
     ("at_start", "b1")],
    align=True,
)  # fmt: skip


class Requested:
    """The requests that customers made, and how each stands; updated at midnights."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self._at_start = np.array(
            [c.first_reply == "start" for c in scenario.lines.values()], dtype=np.bool_
        )
        links = scenario.lifecycle.links if scenario.lifecycle else []
        self._scores = any(link.from_ == "csat" for link in links) and "csat" in scenario.surveys
        self.rows = Growing({
            "request": np.empty(0, dtype=_REQUEST),
            "customer": np.empty(0, dtype=np.int64),
            "previous": np.empty(0, dtype=np.int64),
            "created": np.empty(0),
            "csat_u": np.empty(0),
            "met": np.empty((0, len(books.EXPERIENCES))),
        })  # fmt: skip
        self.contacts = 0
        self._last = np.empty(0, dtype=np.int64)  # by customer: the request made last, or −1
        self._open, self._n_open = np.empty(16, dtype=np.int64), 0

    def expect(self, requests: Requests, workload: Workload) -> None:
        """Make room for requests that may be made."""
        n = len(requests)
        rows = np.empty(n, dtype=_REQUEST)
        rows["created"], rows["bot_s"] = requests.created, workload.bot_s
        rows["first"] = workload.first_contact[:-1] + self.contacts
        rows["end"] = workload.first_contact[1:] + self.contacts
        rows["contained"] = workload.contained
        rows["at_start"] = self._at_start[requests.line]
        self.contacts += len(workload.patience)
        u = score_draws(requests.key, "csat") if self._scores else np.zeros(n)
        self.rows.add({
            "request": rows, "customer": requests.customer, "previous": np.full(n, -1),
            "created": requests.created, "csat_u": u,
            "met": np.full((n, len(books.EXPERIENCES)), np.nan),
        })  # fmt: skip

    def made(self, requests: Integers, customers: int) -> None:
        """Note requests that are made on a day, in order of time."""
        if customers > len(self._last):
            more = np.full(2 * customers - len(self._last), -1)
            self._last = np.concatenate((self._last, more))
        books.chain(requests, self.rows.whole("customer"), self.rows.whole("previous"), self._last)
        n = self._n_open + len(requests)
        if n > len(self._open):
            wider = np.empty(2 * n, dtype=np.int64)
            wider[: self._n_open] = self._open[: self._n_open]
            self._open = wider
        self._open[self._n_open : n] = requests
        self._n_open = n

    def look(self, contacts: Any, steps: Any, now: float) -> None:
        """Look at all requests that are not over."""
        n = self._n_open
        solved, tiers = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
        self._n_open, count = books.look(
            self.rows.whole("request"), self.rows.whole("met"), contacts, steps, self._open, n,
            now, solved, tiers,
        )  # fmt: skip
        if self._scores and count:
            self._score(solved[:count], tiers[:count])

    def _score(self, solved: Integers, tiers: Integers) -> None:
        """Let customers judge what was solved for good."""
        met = self.rows["met"]
        wait, lasted, contacts = (
            met[solved, place] for place in (books.REPLY, books.RESOLUTION, books.CONTACTS)
        )
        survey = self.scenario.surveys["csat"]
        met[solved, books.CSAT] = scores(
            survey, self.rows["csat_u"][solved], wait * 3600, lasted * 3600, contacts, tiers
        )

    @property
    def memory(self) -> books.Memory:
        """What the closing of the books may ask."""
        return books.Memory(
            self._last, self.rows.whole("previous"), self.rows.whole("created"),
            self.rows.whole("met"),
        )  # fmt: skip
