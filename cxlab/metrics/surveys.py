"""The metrics of what customers say: satisfaction, recommendation, effort, response, sentiment."""

from __future__ import annotations

from cxlab.metrics import (
    effort,
    invitations,
    promoters,
    satisfaction,
    satisfaction_vendors,
    sentiment,
)
from cxlab.metrics.declaration import Metric

__all__ = ["METRICS"]

METRICS: tuple[Metric, ...] = tuple(
    m
    for part in (satisfaction, satisfaction_vendors, promoters, effort, invitations, sentiment)
    for m in part.METRICS
)
