"""Shared fixtures: the browser, and the real logs, where the environment says they are."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Tests run side by side already. With threads of their own small matrices took three times the
# processor time. numpy looks at this when it is imported, which nothing above does.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

pytest_plugins = ["tests.opening"]

# Drawn cases are the same in every run: none fails by chance, and none is kept on the disk.
settings.register_profile("fixed", derandomize=True, database=None)
settings.load_profile("fixed")

# Queries are graphs of many small objects without cycles: searching them for cycles, in a process
# that holds the whole suite, took a fifth of its time; every 100,000 objects still 5 %.
gc.set_threshold(500_000, 20, 100)


def pytest_collection_finish() -> None:
    """Leave what stays until the end, modules and tests, out of every further search."""
    gc.collect()
    gc.freeze()


LATER = ("long", "promised", "spark")
"""Markers of tests that are asked for by name only."""

LONGEST = (
    "tests/browser/pages", "tests/metrics/test_examples.py", "tests/report/test_run.py",
    "tests/experiment/test_staffing.py", "tests/experiment/test_sweeps.py",
    "tests/experiment/test_runs.py", "tests/docs/test_readme.py",
    "tests/experiment/test_executors.py", "tests/tables/test_every_table.py",
    "tests/metrics/test_value.py",
)  # fmt: skip
"""Files that take longest begin first, so that no worker is left alone with one at the end.

While the first compiles the engines, the second asks for nothing that needs them.
"""

TOGETHER = {
    "tests/browser/test_pages.py": "tests/browser/pages",
    "tests/browser/test_accessibility.py": "tests/browser/pages",
}
"""Files that share what is dear to make go to one worker."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes long to `make validate` and `make spark`, unless `-m` asks for it."""
    if not config.option.markexpr:
        later = [i for i in items if any(map(i.get_closest_marker, LATER))]
        if later:
            config.hook.pytest_deselected(items=later)
            items[:] = [item for item in items if item not in later]
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.timeout(3600))
    items.sort(key=lambda item: _place(item.nodeid))


def _group(nodeid: str) -> str:
    file = nodeid.split("::")[0]
    return TOGETHER.get(file, file)


def _place(nodeid: str) -> int:
    group = _group(nodeid)
    return LONGEST.index(group) if group in LONGEST else len(LONGEST)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give workers whole files (`--dist loadfile`) in the order above, not by number of tests."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return _group(nodeid)

    config.option.loadscopereorder = False
    return ByGroup(config, log)


@pytest.fixture(scope="session", autouse=True)
def _one_core() -> Iterator[None]:
    """Let a run that names no executor stay in its process: the other core has tests of its own.

    Each process of a pool takes seconds to start; those that are asked for by name do.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cxlab.experiment.executors.cores", lambda: 1)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of the real logs; the test is skipped, with the reason, where it is not set."""
    folder = os.environ.get("CXLAB_DATA")
    if not folder:
        pytest.skip("the environment variable CXLAB_DATA does not name the folder of real logs")
    path = Path(folder)
    if not path.is_dir():
        pytest.fail(f"CXLAB_DATA names no folder: {folder}")
    return path
