"""The kinds of numbers a metric can be: one class a kind, each with its own interval.

A statistic says what the database aggregates per group (`measures`) and how value and interval
follow from these sufficient statistics (`estimate`).
"""

from cxlab.metrics.statistics.balance import Balance
from cxlab.metrics.statistics.base import Estimate, Statistic, column
from cxlab.metrics.statistics.fitted import Fitted, Point
from cxlab.metrics.statistics.quantile import Quantile, order_statistics
from cxlab.metrics.statistics.ratio import Ratio, UnitCost
from cxlab.metrics.statistics.rounded import RoundedShare
from cxlab.metrics.statistics.simple import Backlog, Count, Mean, Share
from cxlab.metrics.statistics.weighted import WeightedBalance, WeightedShare
from cxlab.metrics.statistics.whole import ShareOfAll, ShrunkMean, ShrunkShare, Total

__all__ = [
    "Backlog",
    "Balance",
    "Count",
    "Estimate",
    "Fitted",
    "Mean",
    "Point",
    "Quantile",
    "Ratio",
    "RoundedShare",
    "Share",
    "ShareOfAll",
    "ShrunkMean",
    "ShrunkShare",
    "Statistic",
    "Total",
    "UnitCost",
    "WeightedBalance",
    "WeightedShare",
    "column",
    "order_statistics",
]
