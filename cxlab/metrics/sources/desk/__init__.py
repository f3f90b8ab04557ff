"""Sources of the support desk beyond tickets and answers: replies, clocks, promises, costs, …"""

from cxlab.metrics.sources.desk import costs, demand, messages, people, promises, states

__all__ = ["SOURCES"]

SOURCES = tuple(
    source
    for module in (messages, states, promises, people, demand, costs)
    for source in module.SOURCES
)
