"""Charts: one function per question, each with title, units on the axes and a description.

Importing this package makes Altair charts show in JupyterLab without a network, and lets them
into notebooks that papermill runs.
"""

# First, because it makes the import of altair faster.
from cxlab.charts import quick_imports as quick_imports

# isort: split
from cxlab.charts.aggregate import first_response_times, hourly_load, hourly_waits
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
    "backlog_trend",
    "changes",
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
