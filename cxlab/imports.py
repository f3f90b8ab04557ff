"""Imports of much at once, when cxlab is first used."""

from __future__ import annotations

import contextlib
import gc
import importlib
from collections.abc import Iterator
from typing import Any

__all__ = ["called", "importing"]


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Import much at once: garbage, of which imports leave none, is not looked for meanwhile.

    That would take a sixth of their time.
    """
    able = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if able:
            gc.enable()


def called(module: str, name: str) -> Any:
    """Import a module and call a function of it: how a new process begins.

    >>> called("math", "hypot")
    0.0
    """
    with importing():
        function = getattr(importlib.import_module(module), name)
    return function()
