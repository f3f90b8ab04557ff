"""What a metric estimates and how surely: pure functions on counts and sums per group.

Intervals of shares, means, scores, rates and ratios (`intervals`, `weighted`); durations with
unfinished spells (`survival`).
"""

from cxlab.stats.intervals import (
    difference_interval,
    jackknife_ratio,
    mean_interval,
    nonresponse_bounds,
    nps_interval,
    poisson_interval,
    quantile_ranks,
    rate_interval,
    ratio_interval,
    replication_interval,
    wilson_interval,
)
from cxlab.stats.survival import SurvivalCurve, kaplan_meier, kaplan_meier_by_group
from cxlab.stats.weighted import (
    effective_n,
    weighted_mean_interval,
    weighted_nps_interval,
    weighted_share_interval,
)

__all__ = [
    "SurvivalCurve",
    "difference_interval",
    "effective_n",
    "jackknife_ratio",
    "kaplan_meier",
    "kaplan_meier_by_group",
    "mean_interval",
    "nonresponse_bounds",
    "nps_interval",
    "poisson_interval",
    "quantile_ranks",
    "rate_interval",
    "ratio_interval",
    "replication_interval",
    "weighted_mean_interval",
    "weighted_nps_interval",
    "weighted_share_interval",
    "wilson_interval",
]
