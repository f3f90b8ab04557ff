"""Lets the tests of this folder import `small_desks`, however pytest imports them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest

from cxlab.scenario import Scenario

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.fixture(scope="session")
def scenarios() -> dict[str, Scenario]:
    """The shipped scenarios by name."""
    return {path.stem: Scenario.load(path) for path in SCENARIOS.glob("*.toml")}
