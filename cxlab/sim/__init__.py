"""The simulated support desk: a scenario and a seed give canonical tables."""

from cxlab.sim.desk import run_desk
from cxlab.sim.run import simulate, simulate_frames
from cxlab.sim.timeline import Timeline, shift_plan
from cxlab.sim.workload import Workload, draw_workload

__all__ = [
    "Timeline",
    "Workload",
    "draw_workload",
    "run_desk",
    "shift_plan",
    "simulate",
    "simulate_frames",
]
