"""The pages that several files of this folder open, made once."""

import pytest

import cxlab as cx
from tests.report.helpers import small_company, small_scenario, small_steady


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Path, and the least number of charts, of one small page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    scenario = cx.report.report(small_scenario(folder), out=folder / "out")
    tables = cx.simulate(cx.Scenario.load(small_scenario(folder)), replications=1)
    tables.write(folder / "log")
    periodic = cx.report.report(data=folder / "log", out=folder / "out")
    customers = cx.report.report(notebook="customers", data="sample_customers", out=folder / "out")
    company, few = small_company(folder, "company", days=100), {"replications": 2}
    lifecycle = cx.report.report(company, parameters=few, out=folder / "out")
    loop = cx.report.report(company, notebook="loop", parameters=few, out=folder / "out")
    compare = cx.report.report(
        small_steady(folder), notebook="compare", parameters={"replications": 3},
        out=folder / "out",
    )  # fmt: skip
    static = cx.report.report(data=folder / "log", out=folder / "out", static=True)
    return {
        "static": (static.path, 6),
        "compare": (compare.path, 5),
        "scenario": (scenario.path, 3),
        "periodic": (periodic.path, 6),
        "customers": (customers.path, 2),
        "lifecycle": (lifecycle.path, 8),
        "loop": (loop.path, 7),
    }
