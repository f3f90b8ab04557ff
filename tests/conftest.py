"""Shared fixtures: the browser, and the real logs, where the environment says they are."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest

from tests.opening import chromium as chromium
from tests.opening import open_page as open_page

# Queries are graphs of many small objects without cycles: searching them for cycles, in a process
# that holds the whole suite, took a fifth of its time.
gc.set_threshold(100_000, 20, 100)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes minutes to `make validate` and `make spark`, unless `-m` asks for it."""
    if config.option.markexpr:
        return
    later = [i for i in items if i.get_closest_marker("long") or i.get_closest_marker("spark")]
    if later:
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if item not in later]


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
