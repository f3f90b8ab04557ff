"""Metrics of retention, revenue and value: contracts, purchases, costs of acquisition."""

from cxlab.metrics.value import (
    acquisition,
    buyers,
    churn,
    departures,
    lifetime,
    loyalty,
    per_account,
    renewal,
    retention,
    revenue,
)

__all__ = ["METRICS"]

_MODULES = (
    churn,
    retention,
    renewal,
    revenue,
    per_account,
    lifetime,
    acquisition,
    loyalty,
    buyers,
    departures,
)
METRICS = tuple(m for module in _MODULES for m in module.METRICS)
"""Every metric of this family."""
