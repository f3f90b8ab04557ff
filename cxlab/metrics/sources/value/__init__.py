"""Sources of retention, revenue and value: customers by period, contracts, purchases, costs."""

from cxlab.metrics.sources.value import (
    acquisition,
    contracts,
    departures,
    features,
    lives,
    orders,
    windows,
)

__all__ = ["SOURCES"]

_MODULES = (windows, lives, contracts, orders, acquisition, departures, features)
SOURCES = tuple(s for module in _MODULES for s in module.SOURCES)
"""Every source of this family."""
