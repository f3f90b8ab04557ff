"""Temporary files by a name that says whose they are, so that what a killed process left goes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import shutil
import tempfile
import time
from functools import cache
from pathlib import Path

__all__ = ["STALE_S", "clear_stale", "prefix"]

STALE_S = 86_400.0
"""After so many seconds a temporary file is nobody's any more, whoever made it."""

_NAME = re.compile(r"\.?cxlab-([0-9a-f]{6})-(\d{1,10})-")


def prefix(*, hidden: bool = False) -> str:
    """Return what the name of a temporary file or folder of this process begins with."""
    return f"{'.' * hidden}cxlab-{_machine()}-{os.getpid()}-"


@cache
def _machine() -> str:
    """Return a short sign of this machine: process ids of another one mean nothing here.

    Containers of one name that share a folder are machines of their own: each counts its processes.
    """
    space = ""
    with contextlib.suppress(OSError):  # where the system has no such thing
        space = str(Path("/proc/self/ns/pid").readlink())
    sign = f"{platform.node()} {space}"
    return hashlib.sha256(sign.encode("utf-8", "replace")).hexdigest()[:6]


def clear_stale(folder: Path | None = None) -> None:
    """Remove temporary files that processes of cxlab left in a folder when they were killed.

    Those of a process of this machine that is gone, and any that is older than a day; only by the
    name that `prefix` gives, and only this user's own. Without a folder that of the system for
    temporary files is cleared. What cannot be removed stays.
    """
    try:
        with os.scandir(folder or tempfile.gettempdir()) as entries:
            found = [entry for entry in entries if _NAME.match(entry.name)]
    except OSError:
        return
    for entry in found:
        if _is_stale(entry):
            _remove(Path(entry.path))


def _is_stale(entry: os.DirEntry[str]) -> bool:
    import psutil  # here: most runs find nothing

    told = _NAME.match(entry.name)
    try:
        about = entry.stat(follow_symlinks=False)
    except OSError:
        return False
    if told is None or (hasattr(os, "getuid") and about.st_uid != os.getuid()):
        return False
    gone = told[1] == _machine() and not psutil.pid_exists(int(told[2]))
    return gone or time.time() - about.st_mtime > STALE_S


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return
