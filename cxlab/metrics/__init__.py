"""CX metrics: declared once, measured on any canonical tables."""

from cxlab.metrics.catalogue import METRICS, metric
from cxlab.metrics.declaration import Attribution, Metric
from cxlab.metrics.measurement import measure
from cxlab.metrics.sql import metric_sql

__all__ = ["METRICS", "Attribution", "Metric", "measure", "metric", "metric_sql"]
