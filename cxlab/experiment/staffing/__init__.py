"""Staffing: the cheapest weekly shift plan that meets targets with stated confidence.

`staff` answers; `targets` and `shifts` read what is asked, `requirement` and `cover` make a first
plan, `sample` and `search` correct it by simulation, `selection` has the last word.
"""

from cxlab.experiment.staffing.plan import Plan
from cxlab.experiment.staffing.planning import staff
from cxlab.experiment.staffing.shifts import ShiftRules, load_rules, rules_of
from cxlab.experiment.staffing.targets import AIMS, Target, parse_targets

__all__ = [
    "AIMS",
    "Plan",
    "ShiftRules",
    "Target",
    "load_rules",
    "parse_targets",
    "rules_of",
    "staff",
]
