"""The notebooks and scenarios that ship with cxlab, in a checkout and in a wheel."""

from __future__ import annotations

from pathlib import Path

import cxlab
from cxlab.errors import InputError

__all__ = ["bundled_folder", "notebook_file", "scenario_file"]


def bundled_folder(name: str) -> Path:
    """Return the folder "notebooks" or "scenarios": inside the wheel, or of the checkout."""
    package = Path(cxlab.__file__).parent
    for folder in (package / "_files" / name, package.parent / name):
        if folder.is_dir():
            return folder
    raise InputError("cxlab's own files are missing", given=name, hint="install cxlab again")


def notebook_file(name: str | Path) -> Path:
    """Return a notebook by path, or by the name of one that ships with cxlab."""
    return _file(name, "notebooks", ".ipynb", "notebook")


def scenario_file(name: str | Path) -> Path:
    """Return a scenario file by path, or by the name of one that ships with cxlab."""
    return _file(name, "scenarios", ".toml", "scenario")


def _file(name: str | Path, folder: str, suffix: str, what: str) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    if path.name == str(name):
        own = bundled_folder(folder) / f"{path.stem if path.suffix == suffix else name}{suffix}"
        if own.is_file():
            return own
    known = {p.stem for p in bundled_folder(folder).glob(f"*{suffix}")}
    expected = f"a {suffix} file, or one of {', '.join(sorted(known))}"
    raise InputError(f"no such {what}", given=str(name), expected=expected)
