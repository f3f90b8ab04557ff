"""The rows that metrics are stated on, by name: tickets, survey answers, …"""

from cxlab.metrics.sources import (
    advocacy,
    desk,
    engagement,
    entitlements,
    health,
    relationship,
    rewards,
    success,
    support,
    surveys,
    usage,
    value,
)
from cxlab.metrics.view import Source

__all__ = ["SOURCES"]

_MODULES = (
    support,
    desk,
    surveys,
    usage,
    entitlements,
    engagement,
    success,
    relationship,
    health,
    advocacy,
    rewards,
    value,
)
SOURCES: dict[str, Source] = {s.name: s for module in _MODULES for s in module.SOURCES}
"""Every source by the name that bases use."""
