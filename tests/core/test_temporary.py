"""What a killed process left is cleared away, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cxlab.files import write_whole
from cxlab.temporary import STALE_S, _machine, clear_stale, prefix


@pytest.fixture(scope="module")
def gone():
    """The id of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def _aged(path, seconds):
    then = time.time() - seconds
    os.utime(path, (then, then), follow_symlinks=False)


def test_what_dead_processes_left_goes_and_all_else_stays(tmp_path, gone):
    own = prefix()
    machine = own.split("-")[1]
    dead, other = f"cxlab-{machine}-{gone}-", f"cxlab-{'0' * 6}-{gone}-"
    for name in (f".{dead}a", f"{dead}b", f"{own}c", f"{other}d", f"{other}e", "cxlab-notes",
                 f"my-{dead}f", f".cxlab-{machine}-x-g"):  # fmt: skip
        (tmp_path / name).write_text("x")
    (tmp_path / f"{dead}folder" / "inner").mkdir(parents=True)
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("x")
    (tmp_path / f"{dead}link").symlink_to(tmp_path / "kept")
    _aged(tmp_path / f"{other}d", STALE_S + 60)  # of another machine, but of the day before
    _aged(tmp_path / "cxlab-notes", 9 * STALE_S)
    clear_stale(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(
        [f"{own}c", f"{other}e", "cxlab-notes", f"my-{dead}f", f".cxlab-{machine}-x-g", "kept"]
    )
    assert (tmp_path / "kept" / "file").is_file()
    clear_stale(tmp_path / "not there")


def test_containers_of_one_name_are_machines_of_their_own(monkeypatch):
    """Each counts its processes from 1: what the other's have in a shared folder is not theirs."""
    signs = []
    for space in ("pid:[4026531836]", "pid:[4026532500]", "pid:[4026531836]"):
        monkeypatch.setattr(Path, "readlink", lambda _, space=space: Path(space))
        _machine.cache_clear()
        signs.append(prefix())
    _machine.cache_clear()
    assert signs[0] == signs[2] != signs[1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no signal kills at once here")
def test_a_file_that_was_half_written_when_killed_goes_with_the_next(tmp_path):
    code = f"""
import os, pathlib
from cxlab.files import write_whole
pathlib.Path.replace = lambda *_: os.kill(os.getpid(), 9)
write_whole({{pathlib.Path({str(tmp_path)!r}) / "page.html": "half"}})
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".cxlab-")
    write_whole({tmp_path / ("p" * 250 + ".html"): "whole"})  # as long as names may be
    assert [p.name for p in tmp_path.iterdir()] == ["p" * 250 + ".html"]
