"""The two engines: SimPy, which is the specification, and the compiled one, which replays it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

from cxlab.errors import InputError
from cxlab.sim.outcome import Outcome
from cxlab.sim.plan import DeskPlan
from cxlab.sim.workload import Workload

__all__ = ["Engine", "forget_stale_code", "is_compiled", "known_engine", "play"]

Engine = Literal["compiled", "simpy"]


def play(workload: Workload, plan: DeskPlan, *, engine: Engine = "compiled") -> Outcome:
    """Play a drawn workload at a desk with one of the engines, which agree to the last bit.

    Raises InputError for an engine of another name.
    """
    known_engine(engine)
    if engine == "simpy":
        from cxlab.sim.desk import run_desk

        return run_desk(workload, plan)
    if "cxlab.sim.kernel" not in sys.modules:
        forget_stale_code()
    from cxlab.sim.compiled import run_compiled  # imports Numba

    return run_compiled(workload, plan)


def known_engine(engine: str | None) -> None:
    """Raise InputError for an engine that does not exist; None leaves the choice to cxlab."""
    if engine is not None and engine not in get_args(Engine):
        raise InputError("unknown engine", given=engine, known=get_args(Engine))


def is_compiled() -> bool:
    """Return whether machine code of the present kernel lies in Numba's cache."""
    return any(_is_fresh(path) for path in _machine_code("kernel.play-*.nbi"))


def forget_stale_code() -> None:
    """Delete machine code that is older than what it was made from.

    Numba looks at the file of a compiled function alone; the kernel takes in `openings` too.
    """
    for path in _machine_code("kernel.*.nb?"):
        if not _is_fresh(path):
            with suppress(OSError):  # another process was faster, or nobody may write there
                path.unlink()


def _machine_code(pattern: str) -> list[Path]:
    own = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(own) if own else Path(__file__).with_name("__pycache__")
    return list(folder.rglob(pattern))


def _is_fresh(made: Path) -> bool:
    sources = (Path(__file__).with_name(name) for name in ("kernel.py", "openings.py"))
    try:
        return made.stat().st_mtime > max(source.stat().st_mtime for source in sources)
    except FileNotFoundError:  # another process was faster
        return False
