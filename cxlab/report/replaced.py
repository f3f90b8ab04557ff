"""What a page takes the place of: one of the same log and period that was asked for otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["replaced"]

Row = Mapping[str, Any]


def replaced(manifest: Path, data: Row) -> str:
    """Return what is said of the page that `data` replaces, whose manifest lies there.

    "" where none does, or where both were asked for alike: a page made again replaces itself.
    """
    try:
        old = json.loads(manifest.read_text(encoding="utf-8"))
        settings = dict(old["parameters"])
        lost = {"missed target": len(old.get("missed_targets", [])),
                "alert": len(old.get("alerts", []))}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    changed = [
        f"{name} = {_told(settings.get(name))} (now {_told(value)})"
        for name, value in data["parameters"].items()
        if name not in _NAMED and settings.get(name) != json.loads(json.dumps(value, default=str))
    ]
    if not changed:
        return ""
    gone = " and ".join(f"{n} {what}{'s' if n > 1 else ''}" for what, n in lost.items() if n)
    words = f"this replaces an earlier page of other settings: {', '.join(changed)}"
    words += f"; its {gone} left the index with it" if gone else ""
    return f"{words}; another --out keeps both"


_NAMED = ("data", "period")
"""What a page's name tells apart: "last" and 2016-W15 may be the same week."""


def _told(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
