"""The catalogue: every metric by its id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cxlab.errors import InputError
from cxlab.metrics import (
    adoption,
    advocacy,
    desk,
    engagement,
    health,
    referrals,
    resolution,
    response,
    rewards,
    success,
    surveys,
    utilisation,
    value,
    waiting,
)
from cxlab.metrics.declaration import Metric

__all__ = [
    "COMPANY",
    "DESK",
    "FAMILIES",
    "METRICS",
    "metric",
    "preset_metrics",
    "select_metrics",
    "variants",
]

_FAMILIES = (
    response,
    waiting,
    resolution,
    desk,
    surveys,
    adoption,
    utilisation,
    engagement,
    success,
    health,
    advocacy,
    referrals,
    rewards,
    value,
)
FAMILIES: dict[str, tuple[str, ...]] = {
    module.__name__.rpartition(".")[2]: tuple(m.id for m in module.METRICS) for module in _FAMILIES
}
"""The ids of every family, by its name, in the order in which catalogues list them."""


class UnknownMetricError(InputError, KeyError):
    """No metric has this id; a KeyError too, since `METRICS` is a dictionary."""

    def __str__(self) -> str:
        """Return the message as it is: KeyError would put it in quotes."""
        return self._message()


class Catalogue(dict[str, Metric]):
    """The metrics by id; in a notebook a table of them, and `METRICS["` lists the ids."""

    def __missing__(self, metric_id: str) -> Metric:
        """Raise an error that names the nearest id."""
        raise UnknownMetricError("unknown metric", given=metric_id, known=self)

    def __repr__(self) -> str:
        """Return how many there are, and of which families."""
        return f"<{len(self)} metrics: {', '.join(FAMILIES)}>"

    def _repr_html_(self) -> str:
        from cxlab.metrics.display import catalogue_html

        return catalogue_html(self, FAMILIES)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


METRICS = Catalogue({m.id: m for family in _FAMILIES for m in family.METRICS})
"""Every metric by id, in the order in which catalogues list them."""

DESK: tuple[str, ...] = (
    "vol", "frt", "frt_p90", "frt_mean", "sla", "asa", "abandonment", "service_level",
    "service_level_served", "service_level_no_short", "art", "art_median", "art_p90", "fcr",
    "fcr_7d", "reopen", "esc", "backlog", "csat", "csat_mean",
)  # fmt: skip
"""What the report of a support desk shows."""

COMPANY: tuple[str, ...] = (
    "churn", "churn_voluntary", "churn_involuntary", "ret", "grr", "nrr", "arpa", "nps",
)  # fmt: skip
"""What is asked of a customer base where nobody chose."""


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


def variants(metric_id: str) -> tuple[str, ...]:
    """Return the id of a concept and those of all its other readings, vendors' included.

    Of a variant's id the whole concept is returned. Raises InputError for an unknown id.

    >>> variants("frt_business_p90") == variants("frt")
    True
    >>> variants("sla")
    ('sla', 'sla_frt', 'sla_nrt', 'sla_resolution')
    """
    of = metric(metric_id).variant_of or metric_id
    return (of, *(m.id for m in METRICS.values() if m.variant_of == of))


def preset_metrics(preset: str) -> tuple[str, ...]:
    """Return the ids of one vendor's readings; InputError with the known vendors otherwise.

    >>> preset_metrics("freshdesk")
    ('fcr_freshdesk',)
    """
    known = dict.fromkeys(m.preset for m in METRICS.values() if m.preset)
    if preset not in known:
        raise InputError("unknown preset", given=preset, known=known)
    return tuple(m.id for m in METRICS.values() if m.preset == preset)
