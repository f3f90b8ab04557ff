"""Why customers leave: what each cause adds, found by switching it off under the same draws."""

from __future__ import annotations

import pandas as pd

from cxlab import stats
from cxlab.experiment.companies import Progress, all_company_runs, with_customers
from cxlab.experiment.executors import Executor
from cxlab.scenario import Scenario
from cxlab.scenario.lifecycle import PAYMENT_FAILED
from cxlab.sim import Engine

__all__ = ["churn_causes"]


def churn_causes(
    scenario: Scenario,
    *,
    replications: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return by how much fewer customers would be lost without each cause.

    Causes: in a closed loop every link on churn, all of these together ("all links"; links on
    expansion and referral stay), failed payments, and each reason of the scenario's own (its share
    of the leaving probability taken off). Columns: cause, kind (link, links, involuntary, reason),
    lost (customers lost per replication with everything on), without (with the cause off),
    difference, low, high (95 %, paired over replications), share (difference ÷ lost) and
    replications. Causes overlap: who is kept from leaving for one may leave for another, so that
    the shares need not sum to 1.
    Raises InputError for a scenario without a customer base.
    """
    with_customers(scenario)
    worlds = _worlds(scenario)
    everything, *without = all_company_runs(
        [scenario, *worlds.values()], replications=replications, engine=engine,
        executor=executor, progress=progress,
    )  # fmt: skip
    rows = []
    for (cause, kind), runs in zip(worlds, without, strict=True):
        less = everything["lost"] - runs["lost"]
        difference, low, high = stats.replication_interval(less)
        lost = everything["lost"].mean()
        rows.append(
            {
                "cause": cause, "kind": kind, "lost": lost, "without": runs["lost"].mean(),
                "difference": difference, "low": low, "high": high,
                "share": difference / lost if lost else float("nan"), "replications": len(less),
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def _worlds(scenario: Scenario) -> dict[tuple[str, str], Scenario]:
    """Return the scenario with each cause switched off."""
    life = scenario.lifecycle
    assert life is not None
    worlds: dict[tuple[str, str], Scenario] = {}
    links = scenario.resolved()["lifecycle"].get("links", [])
    churning = [link["name"] for link in links if link.get("on", "churn") == "churn"]
    if life.closed_loop:
        for name in churning:
            kept = [link for link in links if link["name"] != name]
            worlds[name, "link"] = scenario.but(**{"lifecycle.links": kept})
        if churning:
            others = [link for link in links if link["name"] not in churning]
            worlds["all links", "links"] = scenario.but(**{"lifecycle.links": others})
    if life.renewal.payment_failure * (1 - life.renewal.recovery) > 0:
        paid = scenario.but(**{"lifecycle.renewal.payment_failure": 0.0})
        worlds[PAYMENT_FAILED, "involuntary"] = paid
    for name, share in life.renewal.reasons.items():
        steps = [[month, factor * (1 - share)] for month, factor in life.renewal.tenure_factors]
        worlds[name, "reason"] = scenario.but(**{"lifecycle.renewal.tenure_factors": steps})
    return worlds
