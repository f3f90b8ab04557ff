"""Charts: one function per question, each with title, units on the axes and a description.

| question | function |
|---|---|
| Is it getting better, and is that more than chance? | `trend` (with interval and target) |
| How much work lies open, and how old is it? | `backlog_trend`, `backlog_age` (of `open_by_age`) |
| How long do most people wait, and the rest? | `wait_distribution` (of `first_response_times`) |
| When in the week do people wait? | `waits_by_hour` (of `hourly_waits`) |
| Are enough agents there then? | `load_against_staffing` (of `hourly_load`) |
| Which shifts does it take? | `shift_plan` |
| Which groups differ? | `interval` |
| Has the simulated desk settled before it is counted? | `warm_up` |
| What does each option change? | `changes`, `paired_differences` (forests) |
| Do the numbers agree with theory? | `standardised_differences` |
| Which assumptions does the answer hang on? | `tornado`, `influences` |
| What lies between what was simulated? | `what_if_readings`, `what_if_curve`, `what_if_map` |
| How does one number change with another? | `curves` |
| How far do customers come on their way? | `funnel` |
| Who calls for what? | `decision_tree` |
| Who stays, and for how long? | `survival_curve` (with band and numbers at risk) |
| Do newer cohorts stay longer? | `cohort_triangle` |
| Where did revenue come from and go? | `revenue_waterfall`, `revenue_moves` |
| What are customers worth? | `value_distribution` |
| Why: how much is each reason's? | `reasons` |
| What is assumed of service and churn? | `link_curve` |

Charts take tidy frames of a few hundred rows at most; the functions behind "of" make them from
any number of tickets. Importing this package makes Altair charts show in JupyterLab without a
network, and lets them into notebooks that papermill runs.
"""

# First, because it makes the import of altair faster.
from cxlab.charts import quick_imports as quick_imports

# isort: split
from cxlab.charts.aggregate import first_response_times, hourly_load, hourly_waits
from cxlab.charts.backlog import backlog_age, open_by_age
from cxlab.charts.cohorts import cohort_triangle
from cxlab.charts.curve import curves, survival_curve
from cxlab.charts.forest import changes, paired_differences, standardised_differences
from cxlab.charts.hours import load_against_staffing, waits_by_hour
from cxlab.charts.links import link_curve
from cxlab.charts.money import revenue_moves, revenue_waterfall, value_distribution
from cxlab.charts.paths import decision_tree, funnel
from cxlab.charts.reasons import reasons
from cxlab.charts.renderer import enable
from cxlab.charts.sensitivity import influences, tornado
from cxlab.charts.spread import Distribution, interval, wait_distribution
from cxlab.charts.staffing import shift_plan
from cxlab.charts.trend import backlog_trend, trend
from cxlab.charts.warm_up import warm_up
from cxlab.charts.what_if import what_if_curve, what_if_map, what_if_readings

__all__ = [
    "Distribution",
    "backlog_age",
    "backlog_trend",
    "changes",
    "cohort_triangle",
    "curves",
    "decision_tree",
    "enable",
    "first_response_times",
    "funnel",
    "hourly_load",
    "hourly_waits",
    "influences",
    "interval",
    "link_curve",
    "load_against_staffing",
    "open_by_age",
    "paired_differences",
    "reasons",
    "revenue_moves",
    "revenue_waterfall",
    "shift_plan",
    "standardised_differences",
    "survival_curve",
    "tornado",
    "trend",
    "value_distribution",
    "wait_distribution",
    "waits_by_hour",
    "warm_up",
    "what_if_curve",
    "what_if_map",
    "what_if_readings",
]

enable()
