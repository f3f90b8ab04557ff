"""The rows that metrics are stated on, by name: tickets, survey answers, …"""

from cxlab.metrics.sources import support, surveys
from cxlab.metrics.view import Source

__all__ = ["SOURCES"]

SOURCES: dict[str, Source] = {s.name: s for module in (support, surveys) for s in module.SOURCES}
"""Every source by the name that bases use."""
