"""The rows that metrics are stated on, by name: tickets, survey answers, …"""

from cxlab.metrics.sources import (
    support,
    value,
)
from cxlab.metrics.view import Source

__all__ = ["SOURCES"]

_MODULES = (
    support,
    value,
)
SOURCES: dict[str, Source] = {s.name: s for module in _MODULES for s in module.SOURCES}
"""Every source by the name that bases use."""
