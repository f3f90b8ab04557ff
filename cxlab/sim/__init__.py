"""The simulated support desk: a scenario and a seed give canonical tables."""

from cxlab.sim.description import Description, describe
from cxlab.sim.desk import run_desk
from cxlab.sim.load import expected_load, load_notes
from cxlab.sim.plan import desk_plan
from cxlab.sim.run import Engine, play, replication_tables, simulate, simulate_frames
from cxlab.sim.timeline import Timeline
from cxlab.sim.workload import Workload, draw_workload

__all__ = [
    "Description",
    "Engine",
    "Timeline",
    "Workload",
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
