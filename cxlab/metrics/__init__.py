"""CX metrics: declared once, measured on any canonical tables."""

from cxlab.metrics.catalogue import COMPANY, DESK, METRICS, metric
from cxlab.metrics.declaration import Attribution, Metric
from cxlab.metrics.measurement import measure
from cxlab.metrics.settings import Settings, load_settings
from cxlab.metrics.sql import metric_sql

__all__ = [
    "COMPANY",
    "DESK",
    "METRICS",
    "Attribution",
    "Metric",
    "Settings",
    "load_settings",
    "measure",
    "metric",
    "metric_sql",
]
