"""The catalogue: every metric by its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxlab.errors import InputError
from cxlab.metrics import resolution, response, surveys, waiting
from cxlab.metrics.declaration import Metric

__all__ = ["DESK", "METRICS", "metric", "select_metrics"]

METRICS: dict[str, Metric] = {
    m.id: m for family in (response, waiting, resolution, surveys) for m in family.METRICS
}
"""Every metric by id, in the order in which catalogues list them."""

DESK: tuple[str, ...] = (
    "vol", "frt", "frt_p90", "frt_mean", "sla", "asa", "abandonment", "service_level",
    "service_level_served", "service_level_no_short", "art", "art_median", "art_p90", "fcr",
    "fcr_7d", "reopen", "esc", "backlog", "csat", "csat_mean",
)  # fmt: skip
"""What the report of a support desk shows."""


def metric(metric_id: str) -> Metric:
    """Return the metric with this id; InputError with the nearest id otherwise.

    >>> metric("frt").unit
    's'
    """
    if metric_id not in METRICS:
        raise InputError("unknown metric", given=metric_id, known=METRICS)
    return METRICS[metric_id]


def select_metrics(ids: str | Sequence[str] | None) -> list[Metric]:
    """Return the metrics named by one id, several, or a comma-separated text; all for None."""
    if ids is None:
        return list(METRICS.values())
    names: Iterable[str] = ids.split(",") if isinstance(ids, str) else ids
    chosen = {name.strip(): metric(name.strip()) for name in names if name.strip()}
    if not chosen:
        raise InputError("no metric named", given=ids, known=METRICS)
    return list(chosen.values())
