"""The simulated support desk: a scenario and a seed give canonical tables."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxlab.sim.description import Description as Description
    from cxlab.sim.description import describe as describe
    from cxlab.sim.desk import run_desk as run_desk
    from cxlab.sim.engines import Engine as Engine
    from cxlab.sim.engines import play as play
    from cxlab.sim.load import bottlenecks as bottlenecks
    from cxlab.sim.load import expected_load as expected_load
    from cxlab.sim.load import load_notes as load_notes
    from cxlab.sim.plan import desk_plan as desk_plan
    from cxlab.sim.run import replication_tables as replication_tables
    from cxlab.sim.run import simulate as simulate
    from cxlab.sim.run import simulate_frames as simulate_frames
    from cxlab.sim.timeline import Timeline as Timeline
    from cxlab.sim.workload import Workload as Workload
    from cxlab.sim.workload import draw_workload as draw_workload

# Imported when first used: an engine needs neither tables nor a database.
_HOMES = {
    "Description": "description",
    "Engine": "engines",
    "Timeline": "timeline",
    "Workload": "workload",
    "bottlenecks": "load",
    "describe": "description",
    "desk_plan": "plan",
    "draw_workload": "workload",
    "expected_load": "load",
    "load_notes": "load",
    "play": "engines",
    "replication_tables": "run",
    "run_desk": "desk",
    "simulate": "run",
    "simulate_frames": "run",
}

__all__ = [
    "Description",
    "Engine",
    "Timeline",
    "Workload",
    "bottlenecks",
    "describe",
    "desk_plan",
    "draw_workload",
    "expected_load",
    "load_notes",
    "play",
    "replication_tables",
    "run_desk",
    "simulate",
    "simulate_frames",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"cxlab.sim.{_HOMES[name]}"), name)
