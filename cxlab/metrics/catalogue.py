"""The catalogue: every metric by its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxlab.errors import InputError
from cxlab.metrics import resolution, response, satisfaction, waiting
from cxlab.metrics.declaration import Metric

__all__ = ["METRICS", "metric", "select_metrics"]

METRICS: dict[str, Metric] = {
    m.id: m for family in (response, waiting, resolution, satisfaction) for m in family.METRICS
}
"""Every metric by id, in the order in which catalogues list them."""


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
