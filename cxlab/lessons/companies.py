"""What an analyst would read off a company's log who takes what goes together for a cause."""

from __future__ import annotations

import pandas as pd

from cxlab.errors import InputError
from cxlab.lessons.figures import figures
from cxlab.stats import wilson_interval
from cxlab.tables import Tables

__all__ = ["leavers_by_csat", "leavers_by_requests"]

KEYS = ["replication", "customer_id"]

UNHAPPY = 3
"""Scores up to this one, of 1 to 5, are those of unhappy customers."""


def leavers_by_csat(tables: Tables) -> pd.DataFrame:
    """Return what share of the customers left later, by what they had said of the support before.

    The observed time is cut in two halves. Counted are customers there in the middle; the groups
    are by their mean CSAT score of the first half: "unhappy" (3 or less), "happy", and "said
    nothing". Tidy rows as `figures` makes them, the runs pooled. Raises InputError for tables
    without surveys or contracts.
    """
    people, middle = _there(tables, "surveys")
    said = tables.frame("surveys")
    said = said[said["instrument"].astype(str).eq("csat") & (said["answered_at"] <= middle)]
    score = said.groupby(KEYS, observed=True)["score"].mean().rename("score").reset_index()
    people = people.merge(score, on=KEYS, how="left")
    mood = people["score"].le(UNHAPPY).map({True: "unhappy", False: "happy"})
    mood = mood.where(people["score"].notna(), "said nothing")
    return _shares(people["left"], mood, ["unhappy", "happy", "said nothing"])


def leavers_by_requests(tables: Tables) -> pd.DataFrame:
    """Return what share of the customers left later, by how often they had asked for support.

    As `leavers_by_csat`; the groups are by the tickets of the first half: none, 1 to 4, 5 or more.
    """
    people, middle = _there(tables, "tickets")
    asked = tables.frame("tickets")
    asked = asked[asked["created_at"] <= middle]
    count = asked.groupby(KEYS, observed=True).size().rename("asked").reset_index()
    times = people.merge(count, on=KEYS, how="left")["asked"].fillna(0)
    names = ["never asked", "asked 1 to 4 times", "asked 5 times or more"]
    group = pd.cut(times, [-1, 0, 4, float("inf")], labels=names).astype(str)
    return _shares(people["left"], group, names)


def _there(tables: Tables, needed: str) -> tuple[pd.DataFrame, pd.Timestamp]:
    """Return the customers there in the middle of the time, and whether they left after it."""
    for name in (needed, "tickets", "subscriptions"):
        if not tables.has(name):
            raise InputError("who left, by service, asks for a table", given=name)
    if tables.as_of is None:
        raise InputError("tables without an end of observation", expected="as_of")
    began, end = tables.frame("tickets")["created_at"].min(), pd.Timestamp(tables.as_of)
    middle = began + (end - began) / 2
    terms = tables.frame("subscriptions")
    there = terms[(terms["started_at"] <= middle) & ~(terms["ended_at"] <= middle)]
    lost = terms[terms["ended_at"].gt(middle) & terms["churn_kind"].notna()]
    people = there[KEYS].drop_duplicates()
    people = people.merge(lost[KEYS].drop_duplicates().assign(left=1), on=KEYS, how="left")
    return people.assign(left=people["left"].fillna(0)), middle


def _shares(left: pd.Series, group: pd.Series, order: list[str]) -> pd.DataFrame:
    found = left.groupby(group).agg(["sum", "size"])
    found = found.reindex([name for name in order if name in found.index])
    lost, size = found["sum"].astype(int), found["size"].astype(int)
    low, high = wilson_interval(lost.to_numpy(), size.to_numpy())
    return figures(
        "Left in the second half", "share", {str(k): v for k, v in (lost / size).items()},
        low=low.tolist(), high=high.tolist(), n=size.tolist(),
    )  # fmt: skip
