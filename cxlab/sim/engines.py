"""The two engines: SimPy, which is the specification, and the compiled one, which replays it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, get_args

from cxlab.errors import InputError
from cxlab.sim.outcome import Outcome
from cxlab.sim.plan import DeskPlan
from cxlab.sim.workload import Workload

__all__ = ["Engine", "is_compiled", "known_engine", "play"]

Engine = Literal["compiled", "simpy"]


def play(workload: Workload, plan: DeskPlan, *, engine: Engine = "compiled") -> Outcome:
    """Play a drawn workload at a desk with one of the engines, which agree to the last bit.

    Raises InputError for an engine of another name.
    """
    known_engine(engine)
    if engine == "simpy":
        from cxlab.sim.desk import run_desk

        return run_desk(workload, plan)
    from cxlab.sim.compiled import run_compiled  # imports Numba

    return run_compiled(workload, plan)


def known_engine(engine: str | None) -> None:
    """Raise InputError for an engine that does not exist; None leaves the choice to cxlab."""
    if engine is not None and engine not in get_args(Engine):
        raise InputError("unknown engine", given=engine, known=get_args(Engine))


def is_compiled() -> bool:
    """Return whether machine code of the present kernel lies in Numba's cache."""
    kernel = Path(__file__).with_name("kernel.py")
    own = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(own) if own else kernel.parent / "__pycache__"
    made = [path.stat().st_mtime for path in folder.rglob("kernel.play-*.nbi")]
    return any(at > kernel.stat().st_mtime for at in made)
