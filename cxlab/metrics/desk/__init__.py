"""Metrics of the support desk beyond the basic families: variants, promises, people, costs."""

from cxlab.metrics.declaration import Metric
from cxlab.metrics.desk import (
    agents,
    costs,
    demand,
    first_contact,
    first_contact_vendors,
    first_response,
    first_response_vendors,
    levels,
    next_reply,
    promises,
    resolution_time,
)

__all__ = ["METRICS"]

METRICS: tuple[Metric, ...] = tuple(
    metric
    for family in (
        first_response,
        first_response_vendors,
        next_reply,
        resolution_time,
        first_contact,
        first_contact_vendors,
        promises,
        levels,
        agents,
        demand,
        costs,
    )
    for metric in family.METRICS
)
