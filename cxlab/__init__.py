"""cxlab: customer-experience metrics from real logs and from simulated support desks.

`import cxlab as cx`, then: `cx.Tables.read(folder)`, `cx.measure(tables, "frt", by="channel")`,
`cx.metric("frt")`, `cx.Scenario.load(path).but(seed=7)`, `cx.simulate(scenario)`,
`cx.replicate(scenario)`, `cx.staff(scenario, "service_level>=80%")`,
`cx.report.report(scenario=path)`, `cx.charts.trend(rows)`.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from cxlab.imports import importing

if TYPE_CHECKING:
    from cxlab import charts as charts
    from cxlab import decisions as decisions
    from cxlab import lessons as lessons
    from cxlab import report as report
    from cxlab.calendars import Period as Period
    from cxlab.errors import CxlabError as CxlabError
    from cxlab.errors import InputError as InputError
    from cxlab.errors import RunError as RunError
    from cxlab.experiment import Precision as Precision
    from cxlab.experiment import analytic_neighbours as analytic_neighbours
    from cxlab.experiment import churn_causes as churn_causes
    from cxlab.experiment import cohort_retention as cohort_retention
    from cxlab.experiment import company_runs as company_runs
    from cxlab.experiment import company_year as company_year
    from cxlab.experiment import compare as compare
    from cxlab.experiment import customer_values as customer_values
    from cxlab.experiment import doubts as doubts
    from cxlab.experiment import over_replications as over_replications
    from cxlab.experiment import replicate as replicate
    from cxlab.experiment import run as run
    from cxlab.experiment import sensitivity as sensitivity
    from cxlab.experiment import staff as staff
    from cxlab.experiment import surrogate as surrogate
    from cxlab.experiment import sweep as sweep
    from cxlab.experiment import validate as validate
    from cxlab.experiment import value_quantiles as value_quantiles
    from cxlab.experiment import what_if as what_if
    from cxlab.experiment import without_links as without_links
    from cxlab.experiment import worth_of as worth_of
    from cxlab.ingest import import_export as import_export
    from cxlab.lessons import lesson as lesson
    from cxlab.metrics import METRICS as METRICS
    from cxlab.metrics import load_settings as load_settings
    from cxlab.metrics import measure as measure
    from cxlab.metrics import metric as metric
    from cxlab.metrics.journey import journey as journey
    from cxlab.metrics.journey_map import load_journey as load_journey
    from cxlab.scenario import Scenario as Scenario
    from cxlab.sim import describe as describe
    from cxlab.sim import expected_load as expected_load
    from cxlab.sim import simulate as simulate
    from cxlab.tables import Tables as Tables

try:
    __version__ = version("cxlab")
except PackageNotFoundError:  # pragma: no cover - run from a folder that was never installed
    __version__ = "0"

# Imported when first used: `cxlab --help` need not load pandas.
_HOMES = {
    "CxlabError": "cxlab.errors",
    "InputError": "cxlab.errors",
    "METRICS": "cxlab.metrics",
    "Period": "cxlab.calendars",
    "Precision": "cxlab.experiment",
    "RunError": "cxlab.errors",
    "Scenario": "cxlab.scenario",
    "Tables": "cxlab.tables",
    "analytic_neighbours": "cxlab.experiment",
    "churn_causes": "cxlab.experiment",
    "cohort_retention": "cxlab.experiment",
    "company_runs": "cxlab.experiment",
    "compare": "cxlab.experiment",
    "company_year": "cxlab.experiment",
    "customer_values": "cxlab.experiment",
    "value_quantiles": "cxlab.experiment",
    "what_if": "cxlab.experiment",
    "without_links": "cxlab.experiment",
    "worth_of": "cxlab.experiment",
    "describe": "cxlab.sim",
    "doubts": "cxlab.experiment",
    "expected_load": "cxlab.sim",
    "import_export": "cxlab.ingest",
    "journey": "cxlab.metrics.journey",
    "lesson": "cxlab.lessons",
    "load_journey": "cxlab.metrics.journey_map",
    "load_settings": "cxlab.metrics",
    "measure": "cxlab.metrics",
    "metric": "cxlab.metrics",
    "over_replications": "cxlab.experiment",
    "replicate": "cxlab.experiment",
    "run": "cxlab.experiment",
    "sensitivity": "cxlab.experiment",
    "simulate": "cxlab.sim",
    "surrogate": "cxlab.experiment",
    "sweep": "cxlab.experiment",
    "staff": "cxlab.experiment",
    "validate": "cxlab.experiment",
}

_PACKAGES = ("charts", "decisions", "lessons", "report")

__all__ = ["__version__", *sorted(_HOMES), *_PACKAGES]


def __getattr__(name: str) -> Any:
    if name not in _PACKAGES and name not in _HOMES:
        raise AttributeError(f"module 'cxlab' has no attribute {name!r}")
    with importing():
        if name in _PACKAGES:
            return importlib.import_module(f"cxlab.{name}")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """Return the public names alone: what the tabulator key lists after `cx.`."""
    return sorted(__all__)


def load_ipython_extension(ipython: Any) -> None:
    """Say that `%load_ext cxlab` is not needed."""
    print("cxlab needs no %load_ext: `import cxlab as cx` is all. cx.METRICS lists the metrics.")


def _complete_names() -> None:
    from cxlab.completion import add_to_session

    add_to_session()


if "IPython" in sys.modules:
    _complete_names()
