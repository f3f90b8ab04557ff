"""Staffing a week: three channels, two tiers, open day and night (336 half-hours).

Phone, chat (two at a time) and e-mail reach a front team, a share goes on to experts. A shift is
eight hours on five days in a row and may begin at any full hour of any day: 168 lines for each
team, 336 in all. Asked for are a service level, a share of abandonment, a first reply to mail
and a resolution, with 95 % confidence. The time is that of `cxlab.staff` whole: requirement,
cover, simulation, the check on fresh seeds, binding hours and prices; on as many cores as it
takes itself, in a process that has its code loaded.

Run: `python benchmarks/staff.py [--json]`.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

import cxlab
from cxlab.experiment.staffing import rules_of
from cxlab.scenario import Scenario

TARGETS = ("service_level>=80%", "abandonment<=5%", "frt_p90[email]<=12h", "art_p90<=48h")
RULES = {
    "shifts": {
        "hours": {"Mon-Sun": "00:00-24:00"}, "lengths_hours": [8], "days_per_week": 5,
        "start_every_minutes": 60,
    }
}  # fmt: skip


def day(night: float, noon: float) -> list[float]:
    """Return 24 rates that rise from night to noon and fall again."""
    hours = (np.arange(24) - 13) / 24 * 2 * np.pi
    return [round(float(night + (noon - night) * (1 + np.cos(h)) / 2), 2) for h in hours]


def desk() -> Scenario:
    """Return the desk."""
    expert = {"handle_minutes": {"law": "lognormal", "mean": 20.0, "cv": 0.9}}
    again = {"resolution_probability": 0.85, "return_hours": {"law": "exponential", "mean": 20.0},
             "escalation_probability": 0.12, "tier2": expert}  # fmt: skip
    phone = {
        "arrivals_per_hour": {"Mon-Fri": day(2, 24), "Sat-Sun": day(2, 12)},
        "handle_minutes": {"law": "lognormal", "mean": 6.0, "cv": 0.8},
        "patience_minutes": {"law": "exponential", "mean": 6.0}, "first_reply": "start",
        "queue_rank": 1, "service_level_seconds": 60.0, **again,
    }  # fmt: skip
    chat = {
        "arrivals_per_hour": {"Mon-Fri": day(1, 14), "Sat-Sun": day(1, 8)},
        "handle_minutes": {"law": "gamma", "mean": 9.0, "cv": 0.7}, "concurrency": 2,
        "slowdown": 0.3, "patience_minutes": {"law": "exponential", "mean": 6.0},
        "first_reply": "start", "queue_rank": 1, "service_level_seconds": 60.0, **again,
    }  # fmt: skip
    email = {
        "arrivals_per_hour": {"Mon-Fri": day(1, 10), "Sat-Sun": 2.0},
        "handle_minutes": {"law": "lognormal", "mean": 9.0, "cv": 1.0}, "first_reply": "end",
        "queue_rank": 2, **again,
    }  # fmt: skip
    thirds = [("06:00", "14:00"), ("14:00", "22:00"), ("22:00", "06:00")]
    shifts = [
        {"agents": n, "days": "Mon-Sun", "from": start, "to": end}
        for (start, end), n in zip(thirds, (6, 6, 2), strict=True)
    ]
    return Scenario.of(
        {
            "name": "staffing_benchmark", "time_zone": "UTC", "start": "2026-01-05", "seed": 7,
            "replications": 10, "customers": 20_000,
            "horizon": {"type": "steady", "weeks": 4, "warm_up_weeks": 1},
            "channels": {"phone": phone, "chat": chat, "email": email},
            "teams": {
                "front": {"hourly_cost": 30.0, "shifts": shifts},
                "experts": {"tier": 2, "hourly_cost": 45.0,
                            "shifts": [{**s, "agents": 2} for s in shifts]},
            },
        }
    )  # fmt: skip


def warm() -> None:
    """Load the machine code and the solver."""
    small = desk().but(**{"replications": 2, "horizon.weeks": 2})
    cxlab.staff(small, "abandonment<=20%", replications=2)


def staffed() -> dict[str, Any]:
    """Staff the week and say what it took and what came of it."""
    warm()
    wall, started = time.perf_counter(), time.process_time()
    plan = cxlab.staff(desk(), TARGETS, rules=rules_of(RULES))
    return {
        "seconds": time.perf_counter() - wall, "processor_s": time.process_time() - started,
        "half_hours": int((plan.half_hours["required"] > 0).groupby(plan.half_hours["team"]).sum()
                          .max()),
        "patterns": len(plan.patterns), "plans_simulated": plan.plans,
        "confirmed": plan.confirmed, "cost": plan.cost, "hours": plan.hours,
        "cost_before": plan.cost_before, "summary": plan.summary(),
    }  # fmt: skip


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    found = staffed()
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for line in found.pop("summary"):
        print(line)
    print(
        f"{found['half_hours']} half-hours, {found['patterns']} lines: {found['seconds']:.1f} s "
        f"({found['processor_s']:.1f} s of processor), {found['plans_simulated']} plans "
        "simulated; wanted: 60 s on two cores"
    )


if __name__ == "__main__":
    main()
