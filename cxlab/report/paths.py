"""Paths as a page shows them: by name, so that it is the same wherever it was made from.

A page is mailed; the folder that somebody works in is nobody else's business. The manifest beside
it keeps the parameters as they were given.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["shown_file", "shown_parameters", "tell_shown_parameters"]


def shown_file(path: str | Path) -> str:
    """Return a file by its name and that of its folder.

    >>> shown_file("/home/ada/desk/tables/tickets.parquet")
    'tables/tickets.parquet'
    """
    whole = _whole(path)
    return "/".join(part for part in (whole.parent.name, whole.name) if part)


def shown_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters in which what names a file or a folder is its name.

    >>> shown_parameters({"data": "/home/ada/tables", "tz": "Europe/Berlin", "n": 3})
    {'data': 'tables', 'tz': 'Europe/Berlin', 'n': 3}
    """
    return {name: _shown(value) for name, value in parameters.items()}


def _whole(path: str | Path) -> Path:
    """Return an absolute path; a link keeps its name, unless a way back up has to be followed."""
    whole = Path(path).absolute()
    return whole.resolve() if ".." in whole.parts else whole


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_shown(each) for each in value]
    if not isinstance(value, str):
        return value
    parts = [value] if _there(value) else value.split(",")  # a folder's name may have a comma
    return ",".join(_named(part) for part in parts)


def _named(part: str) -> str:
    text = part.strip()
    if not (set(text) & {"/", os.sep} or text in (".", "..")):
        return part
    known = _there(text) or (Path(text).is_absolute() and "\0" not in text)
    return (_whole(text).name or part) if known else part


def _there(text: str) -> bool:
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # longer than a path can be, or with a zero in it
        return False


def tell_shown_parameters(executed: Any, given: Mapping[str, Any]) -> None:
    """Let the cell of parameters that papermill wrote into a notebook say them as a page does."""
    from papermill.translators import papermill_translators

    short = shown_parameters(given)
    if short == dict(given):
        return
    python = papermill_translators.find_translator("python3", "python")
    for cell in executed.cells:
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.source = python.codify(short, "Parameters")
