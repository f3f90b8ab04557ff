"""Pages that are there already: their manifests, and whether one still stands for what is asked.

Nothing heavy is imported here: that a page need not be made again is known in a moment.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import json
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cxlab.errors import InputError, RunError
from cxlab.files import notebook_file, scenario_file
from cxlab.origin import code_sha256, git_commit, versions

__all__ = ["Broken", "Kept", "holding", "kept_page", "manifests", "notebooks_for", "request_of",
           "sha256_of"]  # fmt: skip

MOST_BYTES = 20_000_000
"""A file larger than this is no manifest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A manifest, with the page that lies beside it."""

    path: Path
    data: dict[str, Any]

    @property
    def page(self) -> Path:
        """The page that the manifest is about."""
        return self.path.with_suffix(".html")


@dataclass(frozen=True, slots=True)
class Broken:
    """A file that looks like a manifest and is none, and why."""

    path: Path
    reason: str


def manifests(folder: Path) -> tuple[list[Kept], list[Broken]]:
    """Return the manifests in a folder by name, and the JSON files that are none.

    A folder that is not there has none.
    """
    kept: list[Kept] = []
    broken: list[Broken] = []
    for path in sorted(folder.glob("*.json")):
        if path.name.startswith(".") or not path.is_file():
            continue
        try:
            path.name.encode("utf-8")
            kept.append(Kept(path, _manifest(path)))
        except UnicodeEncodeError:
            broken.append(Broken(path, "its name is not UTF-8"))
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            broken.append(Broken(path, reason.splitlines()[0] if reason else "not readable"))
    return kept, broken


def _manifest(path: Path) -> dict[str, Any]:
    if path.stat().st_size > MOST_BYTES:
        raise ValueError("too large")
    text = path.read_text(encoding="utf-8")
    data = json.loads(text, parse_constant=_no_number)
    if "\\ud" in text.lower() and not _is_text(data):
        raise ValueError("holds half of a character")
    if not isinstance(data, dict) or not isinstance(data.get("notebook"), dict):
        raise ValueError("not a manifest of a report")
    lists = ("missed_targets", "summary", "kpis", "alerts", "restated", "inputs")
    if any(not isinstance(data.get(name, []), list) for name in lists):
        raise ValueError("not a manifest that cxlab wrote")
    if any(not isinstance(k, dict) for name in lists[2:] for k in data.get(name, [])):
        raise ValueError("not a manifest that cxlab wrote")
    ids = [*data.get("missed_targets", []), *(k.get("metric", "") for k in data.get("kpis", []))]
    if any(not isinstance(each, str) for each in ids):
        raise ValueError("not a manifest that cxlab wrote")
    return data


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _is_text(data: Any) -> bool:
    """Return whether all text in plain data can be written: JSON may hold half a surrogate pair."""
    try:
        json.dumps(data, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def request_of(
    scenario: str | Path | None,
    data: str | Path | None,
    notebook: str | Path | None,
    period: str | None,
    parameters: Mapping[str, Any] | None,
    out: Path,
    *,
    static: bool = False,
) -> dict[str, Any]:
    """Return what a report is asked from: a key, and the files behind it with their sha256.

    The key covers the arguments, the notebook, every file that a parameter names (of a folder those
    in it, as tables are read; of a scenario those it extends), cxlab's version, commit and own
    files, and the versions of the packages it computes with. Pages in `out` are no input.
    """
    books = notebooks_for(scenario, data, notebook)
    given = {"scenario": scenario, "data": data, "period": period, **(parameters or {})}
    texts = {name: str(value) for name, value in given.items() if value is not None}
    base = Path(texts["scenario"]).parent if "scenario" in texts else Path()
    defaults = [(text, book.parent) for book in books for text in _defaults(book)]
    named = [(text, base) for text in [*texts.values(), *(text for text, _ in defaults)]]
    files = {path: None for each in [*named, *defaults] for path in _files(*each, out.resolve())}
    shown = [{"path": str(p), "sha256": sha256_of(p)} for p in [*books, *sorted(files)]]
    asked = [sorted(texts.items()), [Path(b).name for b in books], shown, static]
    own = [versions(), git_commit(), code_sha256()]
    key = hashlib.sha256(json.dumps([asked, own]).encode("utf-8")).hexdigest()
    return {"key": key, "files": shown}


def kept_page(request: Mapping[str, Any], out: Path) -> Kept | None:
    """Return the page in `out` that was made from this very request and is as it was made."""
    for kept in manifests(out)[0]:
        asked = kept.data.get("request")
        if isinstance(asked, dict) and asked.get("key") == request["key"]:
            with contextlib.suppress(OSError):
                if sha256_of(kept.page) == kept.data.get("page_sha256"):
                    return kept
    return None


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file; one that has not changed is read once in a process."""
    about = path.stat()
    return _sha256(str(path), about.st_size, about.st_mtime_ns, about.st_ino)


@lru_cache(maxsize=4096)
def _sha256(path: str, size: int, changed: int, inode: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def notebooks_for(
    scenario: str | Path | None, data: str | Path | None, notebook: str | Path | None
) -> list[Path]:
    """Return the notebooks that may make the page: which one a scenario takes is not asked here."""
    if notebook is not None:
        return [notebook_file(notebook).resolve()]
    names = ("scenario", "lifecycle") if data is None else ("periodic",)
    return [notebook_file(name).resolve() for name in names]


def _defaults(notebook: Path) -> list[str]:
    """Return the texts among the defaults of a notebook's parameters."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
        trees = [ast.parse("".join(c["source"])) for c in tagged]
    except (OSError, ValueError, KeyError, TypeError, SyntaxError):
        return []
    return [
        node.value
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _files(text: str, base: Path, out: Path) -> Iterator[Path]:
    """Yield the files that a parameter's text names: itself, or each of its parts at commas."""
    for part in dict.fromkeys([text, *(p.strip() for p in text.split(","))]):
        for path in _places(part, base):
            if path.is_dir():
                yield from (p for p in path.iterdir() if p.is_file() and p.parent != out)
            else:
                yield from _with_extended(path)


def _places(text: str, base: Path) -> Iterator[Path]:
    if not text or len(text) > 1000 or "\0" in text:
        return
    with contextlib.suppress(OSError):
        near = (Path(text), base / text, base / f"{text}.toml")
        yield from (path.resolve() for path in near if path.exists())
    with contextlib.suppress(InputError, OSError):
        yield scenario_file("base" if text == "sample" else text).resolve()


def _with_extended(path: Path) -> Iterator[Path]:
    """Yield a file and, of a scenario, those it extends."""
    seen: set[Path] = set()
    while path.is_file() and path not in seen:
        seen.add(path)
        yield path
        above = _above(path, path.stat().st_mtime_ns) if path.suffix == ".toml" else None
        if above is None:
            return
        path = (path.parent / above).resolve()


@lru_cache(maxsize=256)
def _above(path: Path, changed: int) -> str | None:
    """Return what a scenario extends, read once while the file is as it is."""
    try:
        above = tomllib.loads(path.read_text(encoding="utf-8")).get("extends")
    except (OSError, ValueError):
        return None
    return above if isinstance(above, str) else None


HELD_S = 60.0
"""Seconds that a job waits for another to put its pages in place, which takes a moment."""


@contextlib.contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold a folder while pages are put in place, so that two jobs do so one after the other.

    It is made where it is missing. Where the file system knows no locks, jobs are not kept apart.
    Raises RunError when another holds it for a minute: it is stuck.
    """
    try:
        import fcntl
        import os

        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        ends = time.monotonic() + HELD_S
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > ends:
                    hint = "is a job stopped in the middle?"
                    what = "another job holds the folder"
                    raise RunError(what, given=str(folder), hint=hint) from None
                time.sleep(0.05)
                continue
            except OSError:  # no locks here
                pass
            break
        yield
    finally:
        os.close(handle)
