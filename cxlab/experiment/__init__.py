"""Experiments on scenarios: replicate, and say how sure the answer is."""

from cxlab.experiment.replications import over_replications, replicate

__all__ = ["over_replications", "replicate"]
