"""What a page is called, and which earlier page of other settings it takes the place of."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxlab.report.manifest import input_id
from cxlab.report.paths import shown_parameters

__all__ = ["file_name", "replaced"]

Row = Mapping[str, Any]


_USUAL = ("scenario", "periodic", "lifecycle")
"""What is made of a scenario or a log where nobody names a notebook: its page has no other name."""


def file_name(used: Mapping[str, Any], data: Mapping[str, Any], out: Path, ending: str = "") -> str:
    """Return a file name that stays in its folder, whatever the names in the data are.

    Where another input's page has the name already, or it is that of the folder's index, a hash of
    this input follows it.
    """
    scenario = data.get("scenario") or {}
    stem = scenario.get("name") or Path(str(used.get("data") or data["notebook"]["name"])).stem
    kind = Path(data["notebook"]["name"]).stem
    about = "" if kind in _USUAL or kind == stem else _plain(kind)
    parts = [_plain(str(stem)) or f"report-{data['input_id']}", about,
             _plain(data.get("period") or "")]  # fmt: skip
    name = "-".join(p for p in parts if p)[:120] + ending
    taken = name.lower() == "index" or _taken(out / f"{name}.json", data)
    return f"{name}-{data['input_id']}" if taken else name


def _plain(text: str) -> str:
    """Return text as letters, digits, "-" and "_" of ASCII; accents are dropped."""
    ascii_ = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9_-]+", "-", ascii_).strip("-_")


def _taken(path: Path, data: Mapping[str, Any]) -> bool:
    """Return whether a manifest is there that stems from another input than `data`."""
    if not path.is_file():
        return path.exists()  # a folder, or a pipe that nobody writes to
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        found = old.get("input_id") or input_id(old["notebook"]["name"], old["parameters"], old)
    except FileNotFoundError:
        return False
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return True
    return bool(found != data["input_id"])


def replaced(manifest: Path, data: Row) -> str:
    """Return what is said of the page that `data` replaces, whose manifest lies there.

    "" where none does, or where both were asked for alike: a page made again replaces itself.
    """
    try:
        old = json.loads(manifest.read_text(encoding="utf-8"))
        settings = shown_parameters(old["parameters"])
        lost = {"missed target": len(old.get("missed_targets", [])),
                "alert": len(old.get("alerts", []))}  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""
    changed = [
        f"{name} = {_told(settings.get(name))} (now {_told(value)})"
        for name, value in shown_parameters(data["parameters"]).items()
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
