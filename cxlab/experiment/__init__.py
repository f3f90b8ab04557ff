"""Experiments on scenarios: replicate, say how sure the answer is, and what makes it doubtful."""

from cxlab.experiment.replications import over_replications, replicate
from cxlab.experiment.soundness import doubts, open_tickets

__all__ = ["doubts", "open_tickets", "over_replications", "replicate"]
