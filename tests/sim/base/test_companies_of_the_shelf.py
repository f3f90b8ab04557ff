"""The sample companies: the whole catalogue on one of them, and service under more staff."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics import METRICS
from cxlab.scenario import Scenario

SAMPLES = ("saas_startup", "consumer_subscription", "telco")
ROOT = Path(__file__).parents[3] / "scenarios"


def sample(name: str) -> Scenario:
    """Return a sample company."""
    return Scenario.load(ROOT / f"{name}.toml")


@pytest.mark.long
def test_every_metric_has_a_value_or_says_why_not() -> None:
    company = sample("saas_startup").but(replications=1, **{"lifecycle.initial_customers": 400})
    rows = pd.DataFrame(cx.measure(cx.simulate(company), list(METRICS), period="2026-10"))
    assert set(rows["metric"]) == set(METRICS)
    silent = rows[rows["value"].isna() & rows["note"].eq("")]
    assert set(silent["flag"]) <= {"empty", "immature"}  # no rows, or too young: the flag says it
    assert rows["value"].notna().sum() > 150


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLES)
def test_one_more_agent_never_lowers_csat(name: str) -> None:
    # Paired over 10 replications: a lower mean shows itself with 97.5 % in each of three tests.
    company = sample(name)
    team, first = next(iter(company.all_teams.items()))
    key = f"teams.{team}.shifts.0.agents" if company.teams else "team.shifts.0.agents"
    table = cx.worth_of(company, **{key: first.shifts[0].agents + 1})
    csat = table[table["quantity"] == "csat"].set_index("loop")
    assert set(csat.index) == {"closed", "control"}
    assert (csat["high"] >= 0).all()
    assert (csat["difference"] > -0.01).all()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_week_of_every_sample_is_the_same_on_both_engines(name: str) -> None:
    week = sample(name).but(**{"horizon.weeks": 6, "lifecycle.initial_customers": 300})
    one, other = (cx.simulate(week, replications=1, engine=e) for e in ("simpy", "compiled"))
    assert one.names == other.names
    for table in one.names:
        pd.testing.assert_frame_equal(one.frame(table), other.frame(table), check_exact=True)
