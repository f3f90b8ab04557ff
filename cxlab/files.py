"""The notebooks, scenarios and sample import that ship with cxlab, in a checkout or a wheel."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from cxlab.errors import InputError, RunError, nearest
from cxlab.temporary import clear_stale, prefix

__all__ = ["bundled", "lay_out", "lesson_file", "no_file", "notebook_file", "place_for",
           "scenario_file", "shipped", "write_whole"]  # fmt: skip

FOLDERS = ("notebooks", "scenarios")
RULES = ("decisions/post_purchase.toml", "metrics/journeys/purchase_to_advocacy.toml")
"""cxlab's own rules and stages, which stand in the package and are laid out to be changed."""


def bundled(folder: str) -> Path:
    """Return a shipped folder such as "notebooks": inside the wheel, or the checkout's.

    Raises InputError when cxlab was installed without its files.
    """
    package = Path(__file__).resolve().parent
    for path in (package / "_files" / folder, package.parent / folder):
        if path.is_dir():
            return path
    raise InputError("cxlab's own files are missing", given=folder, hint="install cxlab again")


def notebook_file(name: str | Path) -> Path:
    """Return a notebook by path, or by the name of one that ships with cxlab."""
    return _file(name, "notebooks", ".ipynb", "notebook")


def lesson_file(name: str | Path) -> Path:
    """Return the notebook of a lesson by path, or by the name of one that ships with cxlab."""
    return _file(name, "notebooks/lessons", ".ipynb", "lesson")


def scenario_file(name: str | Path) -> Path:
    """Return a scenario file by path, or by a name: in this folder, in `scenarios`, or shipped.

    Whoever changed a scenario that `cxlab init` laid out means that one, also in a notebook: in a
    folder `notebooks` the `scenarios` beside it are looked through too.

    >>> scenario_file("base").name
    'base.toml'
    """
    return _file(name, "scenarios", ".toml", "scenario")


def _file(name: str | Path, folder: str, suffix: str, what: str) -> Path:
    path = Path(name)
    if path.is_file():
        return path
    if path.name == str(name):
        stem = path.stem if path.suffix == suffix else path.name
        for here in _near(folder) if what == "scenario" else ():
            if (here / f"{stem}{suffix}").is_file():
                return here / f"{stem}{suffix}"
        own = bundled(folder) / f"{path.stem if path.suffix == suffix else name}{suffix}"
        if own.is_file():
            return own
    known = shipped(folder, suffix)
    expected = f"a {suffix} file, or one of {', '.join(known)}"
    hint = "tables are reported with --data" if what == "scenario" and path.is_dir() else None
    raise no_file(f"no such {what}", name, known=known, expected=expected, hint=hint)


def shipped(folder: str, suffix: str) -> list[str]:
    """Return the names of what ships in a folder, without their suffix."""
    return sorted(p.stem for p in bundled(folder).glob(f"*{suffix}"))


MOST_BESIDE = 1000
"""Among so many names in a folder the nearest is looked for."""


def no_file(
    what: str,
    given: str | Path,
    *,
    known: Iterable[str] = (),
    expected: str | None = None,
    hint: str | None = None,
) -> InputError:
    """Return the error of a file that is not there, with the nearest name.

    Looked for among the `known` names that stand for a file, and among those in its folder. A
    folder in its place is called one.
    """
    path = Path(given)
    if path.is_dir():
        return InputError(f"{what}: that is a folder", given=str(given), expected=expected,
                          hint=hint)  # fmt: skip
    stand = list(known)
    guess = nearest(path.name, [*stand, *_beside(path)]) or nearest(path.stem, stand)
    if guess and guess not in stand:
        guess = str(path.with_name(guess))
    return InputError(what, given=str(given), expected=expected,
                      hint=f"did you mean {guess!r}?" if guess else hint)  # fmt: skip


def _beside(path: Path) -> list[str]:
    """Return names in the folder of a path; none where it cannot be read."""
    try:
        found = (each.name for each in path.parent.iterdir())
        return [name for name in islice(found, MOST_BESIDE) if not name.startswith(".")]
    except OSError:
        return []


def _near(folder: str) -> list[Path]:
    """Return where files of a kind are looked for before the shipped ones."""
    beside = [Path("..") / folder] if Path.cwd().name == "notebooks" else []
    return [Path(), Path(folder), *beside]


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
    own = Path(__file__).resolve().parent
    copies += [(own / shipped, directory / "rules" / Path(shipped).name) for shipped in RULES]
    taken = [str(target) for _, target in copies if target.exists()]
    if taken and not force:
        raise InputError(
            "files are already there", given=", ".join(taken[:3]), hint="--force overwrites them"
        )
    for path, target in copies:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    return [target for _, target in copies]


def place_for(folder: Path) -> None:
    """Refuse a folder that cannot be made or written into, before minutes are spent on its content.

    Raises InputError where a file is in its way, RunError where this user may not write.
    """
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not there.is_dir():
        raise InputError("not a folder", given=str(folder), hint=f"{there} is a file")
    if not os.access(there, os.W_OK | os.X_OK):
        raise RunError("cannot write into the folder", given=str(there), hint="Permission denied")


def write_whole(files: Mapping[Path, str]) -> None:
    """Write text files so that each appears whole: all are written before any is put in place.

    Folders are made. Raises RunError when the disk refuses; then no file has changed and nothing
    half-written is left.
    """
    waiting: list[tuple[Path, Path]] = []
    for folder in {path.parent for path in files}:
        clear_stale(folder)
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=prefix(hidden=True), dir=path.parent)
            waiting.append((Path(temporary), path))
            os.close(handle)
            Path(temporary).write_text(content, encoding="utf-8", newline="\n")
        for written, path in waiting:
            written.chmod(0o644)
            written.replace(path)
    except OSError as error:
        where = ", ".join(dict.fromkeys(str(p.parent) for p in files))
        reason = error.strerror or str(error)
        raise RunError("cannot write the report", given=where, hint=reason) from None
    finally:
        for written, _ in waiting:
            written.unlink(missing_ok=True)
