"""Experiments on scenarios: replicate, say how sure the answer is, and what makes it doubtful.

`validate` holds the model itself against queueing theory; `validation_cases` are its desks.
"""

from cxlab.experiment.neighbours import analytic_neighbours
from cxlab.experiment.replications import over_replications, replicate
from cxlab.experiment.soundness import doubts, open_tickets
from cxlab.experiment.validation import Case, Fault, Quantity, plant, validate

__all__ = [
    "Case",
    "Fault",
    "Quantity",
    "analytic_neighbours",
    "doubts",
    "open_tickets",
    "over_replications",
    "plant",
    "replicate",
    "validate",
]
