"""Metrics of retention, revenue and value: contracts, purchases, costs of acquisition."""

from cxlab.metrics.value import (
    buyers,
    churn,
    lifetime,
    loyalty,
    per_account,
    renewal,
    retention,
    revenue,
)

__all__ = ["METRICS"]

_MODULES = (churn, retention, renewal, revenue, per_account, lifetime, loyalty, buyers)
METRICS = tuple(m for module in _MODULES for m in module.METRICS)
"""Every metric of this family."""
