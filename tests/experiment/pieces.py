"""Pieces of work for executors: a module that imports little, because each worker imports it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from cxlab.errors import InputError


def squared(n: int) -> int:
    return n * n


def killed_once(n: int, folder: str) -> int:
    """Kill the process at number 3, the first time only."""
    mark = Path(folder) / "killed"
    if n == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return n * n


def deadly(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


def refusing(n: int) -> int:
    if n == 3:
        raise InputError("number three", given=n)
    return n
