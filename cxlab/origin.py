"""What cxlab itself is: its version, those of the packages it computes with, its own files."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["PACKAGES", "code_sha256", "git_commit", "version_of", "versions"]

PACKAGES = ("cxlab", "pandas", "ibis-framework", "duckdb", "simpy", "altair", "papermill",
            "nbconvert", "numba", "numpy", "scipy", "vl-convert-python")  # fmt: skip
"""Packages whose versions can change a number or a picture."""

OWN = (".py", ".css", ".js", ".j2", ".toml", ".json", ".sql")
"""Endings of the files of the package that can change a page."""


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that matter."""
    return {"python": platform.python_version()} | {name: version_of(name) for name in PACKAGES}


@cache
def version_of(name: str) -> str:
    """Return the version of a package: it is read from a file, once in a process."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@cache
def code_sha256() -> str:
    """Return the sha256 over cxlab's own files: it also knows what no commit does yet."""
    folder = Path(__file__).resolve().parent
    total = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in OWN):
        total.update(f"{path.relative_to(folder)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@cache
def git_commit() -> str | None:
    """Return the commit of the checkout that cxlab runs from, "-dirty" after it where changed.

    None when cxlab was installed from a package: a repository around it is somebody else's.
    """
    folder = Path(__file__).resolve().parent
    if _git(folder, "ls-files", "--error-unmatch", Path(__file__).name) is None:
        return None
    return _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what git prints, None where it fails or is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True, text=True, timeout=5, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
