"""Metrics of success: time to exceed value, and depth of the relationship."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd

from cxlab import stats
from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.statistics import Fitted, Mean, Point

__all__ = ["METRICS"]

_STAYS = {"subscriptions": "who left is not recorded: every customer acquired counts as active"}

_VALUE = Basis(
    name="time_to_value",
    source="journeys",
    attribution=Attribution.STARTED,
    population="customers by when they began; those who did not exceed a goal yet count as long "
    "as they were seen, until they left or the cut-off",
    belongs=lambda t: t.fact_started_at.notnull(),
    value=lambda t: t.fact_duration,
    exclusions=(
        Exclusion(
            "before_start", "exceeded a goal before the start on record",
            lambda t: t.fact_duration < 0,
        ),
    ),
    needs=("subscriptions|customers.acquired_at", "milestones"),
    assumes=_STAYS,
    also={"reached": lambda t: t.fact_reached},
)  # fmt: skip
_REACHED = replace(
    _VALUE,
    name="time_to_value_reached",
    population="customers who exceeded a goal, by when they began",
    pending=lambda t: ~t.fact_reached,
    pending_meaning="has not exceeded a goal at the cut-off",
    also={},
)


def median_survival(cells: pd.DataFrame) -> Point:
    """Return the Kaplan–Meier median of cells (value, reached, rows), NaN if not reached."""
    reached = cells["reached"].astype(bool)
    curve = stats.kaplan_meier(
        cells["value"].to_numpy(dtype=float),
        cells["rows"].where(reached, 0).to_numpy(dtype=float),
        cells["rows"].where(~reached, 0).to_numpy(dtype=float),
    )
    value, low, high = curve.quantile(0.5)
    why = "half have not got there within the time observed" if math.isnan(value) else ""
    return Point(value, low, high, why)


def _related(name: str, column: str) -> Basis:
    return Basis(
        name=name,
        source="related_accounts",
        attribution=Attribution.POINT_IN_TIME,
        population="accounts active at the cut-off",
        belongs=lambda t: t.created_at.notnull(),
        value=lambda t: t[column],
        exclusions=(
            Exclusion(
                "no_stakeholders", "nobody at the account is on record",
                lambda t: t.fact_roles_named.isnull(),
            ),
            Exclusion(
                "roles_not_named",
                "nobody in the log has a role that the settings require: adapt the settings",
                lambda t: ~t.fact_roles_named,
            ),
        ),
        needs=("subscriptions|customers", "stakeholders.role", "stakeholders.last_contact_at"),
        assumes=_STAYS,
        settings=("relationship",),
    )  # fmt: skip


def _contract(customer: str, started: str = "2025-01-01", **more: object) -> dict[str, object]:
    return {
        "subscription_id": f"s-{customer}", "customer_id": customer, "started_at": started, **more,
    }  # fmt: skip


def _goal(customer: str, at: str, kind: str = "exceeded") -> dict[str, object]:
    return {"customer_id": customer, "name": "savings", "kind": kind, "at": at}


_DAY = 86400.0
_GOALS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (
        _contract("c1", "00:00"), _contract("c2", "00:00"), _contract("c3", "00:00"),
        _contract("c4", "00:00", ended_at="+15 00:00"), _contract("c5", "00:00"),
        _contract("c6", "00:00"),
    ),
    "milestones": (
        _goal("c1", "+10 00:00"), _goal("c1", "+50 00:00"), _goal("c2", "+20 00:00"),
        _goal("c3", "+40 00:00"), _goal("c5", "+5 00:00", "met"),
    ),
}  # fmt: skip
_GOALS_STORY = (
    "Six customers begin on Monday. Three exceed their goal after 10 (and again 50), 20 and 40 "
    "days; one leaves after 15 days without; one has met its goal, not exceeded it, and one "
    "neither, at the cut-off after 60 days. "
)


def _person(
    person: str, role: str | None, at: str | None, seniority: str = "other", **more: object
) -> dict[str, object]:
    return {
        "account_id": "c1", "person_id": person, "role": role, "seniority": seniority,
        "last_contact_at": at, **more,
    }  # fmt: skip


_PEOPLE: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (_contract("c1"), _contract("c2")),
    "stakeholders": (
        _person("ann", "sponsor", "+15 00:00", "vp"),
        _person("bob", "sponsor", "2025-06-01", "director", is_champion=True),
        _person("cyd", "user", "+60 00:00", is_champion=True),
        _person("dan", "buyer", None),
    ),
}
_PEOPLE_STORY = (
    "The account's sponsor (weight 40) was spoken with 45 days ago, which is one half-life; "
    "another sponsor seven months ago; a user (30), who speaks for the product, at the cut-off; "
    "the buyer (30) never. Of a second account nobody is on record: it is left out, not 0. "
)


METRICS: tuple[Metric, ...] = (
    Metric(
        id="ttev",
        title="Time to exceed value",
        definition="Median time from a customer's start to the first goal exceeded; customers who "
        "have not exceeded one yet are counted as long as they were seen (Kaplan–Meier).",
        formula=r"\inf\{ t : \hat S(t) \le \tfrac{1}{2} \}, \quad "
        r"\hat S(t) = \prod_{t_i \le t} \left( 1 - \frac{d_i}{n_i} \right)",
        unit="s",
        direction="down",
        basis=_VALUE,
        statistic=Fitted(
            label="Kaplan–Meier median",
            method="Brookmeyer–Crowley, log(−log)",
            cells=("value", "reached"),
            fit=median_survival,
        ),
        source="Kaplan & Meier, JASA 53 (1958); library.kpi.zone",
        notes=(
            "Undefined where fewer than half have exceeded a goal: the log is too young to tell.",
        ),
        example=Example(
            _GOALS_STORY + "S falls to 5 ÷ 6 at 10 days, 5 ÷ 6 × 3 ÷ 4 = 0.625 at 20 and "
            "0.625 × 2 ÷ 3 = 0.417 at 40 days, the first time below one half: 40 days.",
            _GOALS, 40 * _DAY,
        ),
    ),
    Metric(
        id="ttev_reached",
        title="Time to exceed value, of those who did",
        definition="Mean time from a customer's start to the first goal exceeded, over the "
        "customers who have exceeded one.",
        formula=r"\overline{t} = \frac{1}{n_{\mathrm{reached}}} \sum_{i:\ \mathrm{reached}} t_i",
        unit="s",
        direction="down",
        basis=_REACHED,
        statistic=Mean(),
        source="library.kpi.zone, as most reports compute it",
        notes=("Biased downwards: the slow ones are not in it yet. Prefer ttev.",),
        variant_of="ttev",
        example=Example(
            _GOALS_STORY + "(10 + 20 + 40) ÷ 3 = 23.3 days, though half of the customers take 40 "
            "or more.",
            _GOALS, 70 / 3 * _DAY,
        ),
    ),
    Metric(
        id="rel",
        title="Relationship depth score",
        definition="Mean over active accounts of the weight of each required role times the worth "
        "of the freshest contact in it; contact loses half its worth in 45 days.",
        formula=r"\mathrm{rel} = 100\, \frac{\sum_r w_r \max_{p \in r} "
        r"2^{-a_p / 45\,\mathrm{d}}}{\sum_r w_r}",
        unit="score",
        direction="up",
        basis=_related("relationship", "fact_depth"),
        statistic=Mean(),
        source="library.kpi.zone (breadth × strength across roles); half-life of 45 days as in the "
        "Pedowitz Group's playbook",
        notes=(
            "Roles, weights and half-life are settings; changed ones stand in the result's note.",
            "The log knows only the last contact: a past state is asked with `as_of`.",
        ),
        example=Example(
            _PEOPLE_STORY + "40 × ½ + 30 × 0 + 30 × 1 = 50.", _PEOPLE, 50.0
        ),
    ),
    Metric(
        id="rel_components",
        title="Relationship depth, five components",
        definition="Mean over active accounts of 40 % breadth (required roles spoken with in 90 "
        "days), 25 % seniority (share of senior people among those), 20 % quality (their mean "
        "worth of contact), 10 % multithreading (three people are full marks), 5 % advocate.",
        formula=r"40\, b + 25\, s + 20\, q + 10\, \min(1, m / 3) + 5\, a",
        unit="score",
        direction="up",
        basis=_related("relationship_components", "fact_components"),
        statistic=Mean(),
        source="Pedowitz Group, How Do I Measure Relationship Depth Within Accounts?",
        notes=(
            "Quality is recency here: the log does not tell two-way contact from one-way.",
        ),
        variant_of="rel",
        example=Example(
            _PEOPLE_STORY + "Two of three roles are engaged, one of the two people is senior, "
            "their worths are ½ and 1, one of them speaks for the product: 40 × 2 ÷ 3 + 25 × ½ + "
            "20 × ¾ + 10 × 2 ÷ 3 + 5 = 65.83.",
            _PEOPLE, 40 * 2 / 3 + 12.5 + 15 + 20 / 3 + 5,
        ),
    ),
)  # fmt: skip
