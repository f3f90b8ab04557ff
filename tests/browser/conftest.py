"""The pages that several files of this folder open, each made once, when it is first asked for."""

from pathlib import Path

import pytest

import cxlab as cx
from tests.report.helpers import small_company, small_scenario, small_steady

CHARTS = {
    "static": 6, "compare": 5, "scenario": 3, "periodic": 6, "customers": 2, "lifecycle": 8,
    "loop": 7,
}  # fmt: skip
"""The least number of charts on one small page of each kind."""


class Pages(dict[str, tuple[Path, int]]):
    """Path, and the least number of charts, of a page by its kind."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder in which they are made."""
        super().__init__()
        self.folder = folder

    def __missing__(self, name: str) -> tuple[Path, int]:
        """Make the page."""
        out = self.folder / "out"
        made = cx.report.report(out=out, **getattr(self, f"_{name}")())
        self[name] = made.path, CHARTS[name]
        return self[name]

    def _scenario(self):
        return {"scenario": small_scenario(self.folder)}

    def _periodic(self):
        log = self.folder / "log"
        if not log.is_dir():
            desk = cx.Scenario.load(small_scenario(self.folder))
            cx.simulate(desk, replications=1).write(log)
        return {"data": log}

    def _static(self):
        return {**self._periodic(), "static": True}

    def _customers(self):
        return {"notebook": "customers", "data": "sample_customers"}

    def _lifecycle(self):
        company = small_company(self.folder, "company", days=100)
        return {"scenario": company, "parameters": {"replications": 2}}

    def _loop(self):
        return {**self._lifecycle(), "notebook": "loop"}

    def _compare(self):
        scenario = small_steady(self.folder)
        return {"scenario": scenario, "notebook": "compare", "parameters": {"replications": 3}}


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    return Pages(tmp_path_factory.mktemp("pages"))
