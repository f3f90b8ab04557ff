"""How a process of a pool begins: alone in a module that imports little, as its work may."""

from __future__ import annotations

import signal

__all__ = ["begin_worker"]


def begin_worker() -> None:
    """Prepare a process: leave Ctrl-C to the one that gave the work out, which stops the workers.

    Loky replaces a process that has grown by 300 MB, and warns of a leak; a batch of a million
    tickets takes more than that.
    """
    from loky import process_executor

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process_executor._MAX_MEMORY_LEAK_SIZE = 2**33
