"""Experiments on scenarios: replicate, say how sure the answer is, and what makes it doubtful.

`validate` holds the model itself against queueing theory; `validation_cases` are its desks.
"""

from cxlab.experiment.case import Case, Fault, Quantity
from cxlab.experiment.causes import churn_causes
from cxlab.experiment.companies import company_runs
from cxlab.experiment.comparison import Comparison, compare
from cxlab.experiment.influences import Sensitivity, sensitivity
from cxlab.experiment.lattices import WhatIf, what_if
from cxlab.experiment.lifetimes import cohort_retention, customer_values, value_quantiles
from cxlab.experiment.neighbours import analytic_neighbours
from cxlab.experiment.replications import over_replications, replicate
from cxlab.experiment.sequential import Precision, Run, run
from cxlab.experiment.soundness import doubts, open_tickets, warm_up_of
from cxlab.experiment.staffing import staff
from cxlab.experiment.surrogates import Surrogate, surrogate
from cxlab.experiment.sweeps import Sweep, sweep
from cxlab.experiment.validation import plant, validate
from cxlab.experiment.warm_up import WarmUp
from cxlab.experiment.worth import without_links, worth_of
from cxlab.experiment.year import CompanyYear, company_year

__all__ = [
    "Case",
    "CompanyYear",
    "Comparison",
    "Fault",
    "Precision",
    "Quantity",
    "Run",
    "Sensitivity",
    "Surrogate",
    "Sweep",
    "WarmUp",
    "WhatIf",
    "analytic_neighbours",
    "churn_causes",
    "cohort_retention",
    "company_runs",
    "company_year",
    "compare",
    "customer_values",
    "doubts",
    "open_tickets",
    "over_replications",
    "plant",
    "replicate",
    "run",
    "sensitivity",
    "staff",
    "surrogate",
    "sweep",
    "validate",
    "value_quantiles",
    "warm_up_of",
    "what_if",
    "without_links",
    "worth_of",
]
