"""Whether Numba has compiled the engine on this machine before; asked without loading Numba."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["is_compiled"]


def is_compiled() -> bool:
    """Return whether machine code of the present kernel lies in Numba's cache."""
    kernel = Path(__file__).with_name("kernel.py")
    own = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(own) if own else kernel.parent / "__pycache__"
    made = [path.stat().st_mtime for path in folder.rglob("kernel.play-*.nbi")]
    return any(at > kernel.stat().st_mtime for at in made)
