"""The closed loop of customers and desk: both engines on one company, and paired replications.

`lifecycle.toml` is about 100,000 customers at a time for three years, who ask for support and
whom the support they get keeps or drives away. The compiled engine plays it whole, in a process
of its own, and tells processor time and peak memory. The SimPy model plays a part of it
(`--part`, a twentieth of the customers by default, `--part 1` for all) side by side with the
compiled engine in one process; the two histories must be equal. `--paired` times 30 paired
replications of two staffing plans for 5,000 customers and a year (`cxlab.worth_of`).

Run: `make bench`, or `python benchmarks/lifecycle.py --json`.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cxlab
from cxlab.scenario import Scenario
from cxlab.sim.base.company import play_company

COMPANY = Path(__file__).with_name("lifecycle.toml")


def company(part: float = 1.0, days: int | None = None) -> Scenario:
    """Return the company with a part of its customers, leads and agents."""
    whole = Scenario.load(COMPANY)
    life, teams = whole.lifecycle, whole.all_teams
    assert life is not None
    agents = {name: teams[name].shifts[0].agents for name in teams}
    return whole.but(
        **{
            "lifecycle.initial_customers": round(life.initial_customers * part),
            "lifecycle.acquisition.search.leads_per_week": 2200 * part,
            **{f"teams.{n}.shifts.0.agents": max(1, round(a * part)) for n, a in agents.items()},
            "horizon.days": days or whole.horizon.total_days,
        }
    )


def warm(scenario: Scenario) -> None:
    """Load the machine code."""
    play_company(scenario.but(**{"lifecycle.initial_customers": 50, "horizon.days": 40}), 1)


def large() -> dict[str, Any]:
    """Play the whole company on the compiled engine."""
    scenario = company()
    warm(scenario)
    wall, started = time.perf_counter(), time.process_time()
    made = play_company(scenario, 1)
    assert made.served is not None
    return {
        "seconds": time.perf_counter() - wall,
        "processor_s": time.process_time() - started,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
        "customers": len(made.history.customers),
        "at_the_end": int((made.history.ending == 0).sum()),
        "tickets": len(made.served.workload),
    }


def against_simpy(part: float) -> dict[str, Any]:
    """Play a part of the company with both engines, which must agree."""
    scenario = company(part)
    warm(scenario)
    took, made = {}, {}
    for engine in ("compiled", "simpy"):
        started = time.process_time()
        made[engine] = play_company(scenario, 1, engine=engine)
        took[engine] = time.process_time() - started
    different = made["simpy"].history.differences(made["compiled"].history)
    if different:
        raise SystemExit(f"the engines differ in {', '.join(different)}")
    return {
        "part": part, "compiled_s": took["compiled"], "simpy_s": took["simpy"],
        "ratio": took["simpy"] / took["compiled"],
        "customers": len(made["simpy"].history.customers),
    }  # fmt: skip


def paired(replications: int = 30) -> dict[str, Any]:
    """Compare two staffing plans for 5,000 customers and a year."""
    scenario = company(0.05, 365)
    warm(scenario)
    base = cxlab.company_runs(scenario.but(**{"horizon.days": 30}), replications=1)
    started = time.perf_counter()
    runs = [
        cxlab.company_runs(one, replications=replications)
        for one in (scenario, scenario.but(**{"teams.first.shifts.0.agents": 2}))
    ]
    took = time.perf_counter() - started
    change = runs[1]["margin"] - runs[0]["margin"]
    return {
        "replications": replications, "seconds": took, "runs": 2 * replications,
        "margin_difference": float(change.mean()), "warm_customers": float(base["customers"].sum()),
    }  # fmt: skip


def _alone(flag: str) -> dict[str, Any]:
    """Run a part of this script in a process of its own: its memory is its own too."""
    done = subprocess.run(
        [sys.executable, __file__, flag, "--json"], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Run what was asked for, or everything, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="the whole company, compiled")
    parser.add_argument("--paired", action="store_true", help="30 paired replications")
    parser.add_argument("--part", type=float, default=0.05, help="of the customers, for SimPy")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.large:
        found = large()
    elif given.paired:
        found = paired()
    else:
        found = {"large": _alone("--large"), "engines": against_simpy(given.part),
                 "paired": _alone("--paired")}  # fmt: skip
    print(json.dumps(found, indent=None if given.json else 2))


if __name__ == "__main__":
    main()
