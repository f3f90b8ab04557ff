"""The notebooks, scenarios and sample import that ship with cxlab, in a checkout or a wheel."""

from __future__ import annotations

import shutil
from pathlib import Path

from cxlab.errors import InputError

__all__ = ["bundled", "lay_out"]

FOLDERS = ("notebooks", "scenarios")


def bundled(folder: str, name: str = "") -> Path:
    """Return the path of a shipped folder ("notebooks", "scenarios") or of a file in it.

    Raises InputError, naming the nearest file, when there is no such file.
    """
    package = Path(__file__).resolve().parent
    roots = (package / "_files", package.parent)
    found = next((root / folder for root in roots if (root / folder).is_dir()), None)
    if found is None:
        raise InputError("cxlab was installed without its files", given=folder)
    path = found / name
    if not path.exists():
        known = [p.name for p in found.iterdir() if not p.name.startswith(".")]
        raise InputError(f"no such file in {folder}", given=name, known=known)
    return path


def lay_out(directory: Path, *, force: bool = False) -> list[Path]:
    """Copy notebooks, scenarios and the sample import into `directory`; return what was written.

    Raises InputError, before anything is written, when a file is already there (unless `force`)
    or `directory` is a file.
    """
    if directory.exists() and not directory.is_dir():
        raise InputError("not a folder", given=str(directory))
    copies = [
        (path, directory / folder / path.relative_to(bundled(folder)))
        for folder in FOLDERS
        for path in sorted(bundled(folder).rglob("*"))
        if path.is_file() and not any(part.startswith(".") for part in path.parts[-2:])
    ]
    taken = [str(target) for _, target in copies if target.exists()]
    if taken and not force:
        raise InputError(
            "files are already there", given=", ".join(taken[:3]), hint="--force overwrites them"
        )
    for path, target in copies:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return [target for _, target in copies]
