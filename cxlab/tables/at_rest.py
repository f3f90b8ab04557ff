"""Files that are read must not change meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from cxlab.errors import InputError, RunError

__all__ = ["at_rest"]


@contextlib.contextmanager
def at_rest(files: Sequence[Path]) -> Iterator[None]:
    """Refuse files that change while they are read: half of an export looks like a quiet week.

    Raises RunError, whatever else is wrong with such files: they may be fine in a moment.
    """
    before = _stamps(files)
    try:
        yield
    except InputError:
        if _stamps(files) == before:
            raise
    changed = [f.name for f, was, now in zip(files, before, _stamps(files), strict=True)
               if was != now]  # fmt: skip
    if changed:
        raise RunError(
            "a file changed while it was read", given=", ".join(changed),
            hint="try again when its writer has finished, or have it renamed into place",
        )  # fmt: skip


def _stamps(files: Sequence[Path]) -> list[tuple[int, int, int] | None]:
    found: list[tuple[int, int, int] | None] = []
    for file in files:
        try:
            about = file.stat()
            found.append((about.st_mtime_ns, about.st_size, about.st_ino))
        except OSError:
            found.append(None)
    return found
