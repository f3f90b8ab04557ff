"""What a metric estimates and how surely: pure functions on counts and sums per group.

Intervals of shares, means, scores, rates and ratios (`intervals`, `weighted`); durations with
unfinished spells (`survival`); many small groups (`shrinkage`); models of buying and
leaving (`bg_nbd`, `gamma_gamma`, `retention`).
"""

from cxlab.stats.bg_nbd import BgNbd, fit_bg_nbd
from cxlab.stats.gamma_gamma import GammaGamma, customer_value, fit_gamma_gamma
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
from cxlab.stats.likelihood import Estimate
from cxlab.stats.retention import (
    ShiftedBetaGeometric,
    fit_shifted_beta_geometric,
    lost_by_period,
)
from cxlab.stats.shrinkage import Shrunk, shrunk_means
from cxlab.stats.survival import SurvivalCurve, kaplan_meier, kaplan_meier_by_group
from cxlab.stats.weighted import (
    effective_n,
    weighted_mean_interval,
    weighted_nps_interval,
    weighted_share_interval,
)

__all__ = [
    "BgNbd",
    "Estimate",
    "GammaGamma",
    "ShiftedBetaGeometric",
    "Shrunk",
    "SurvivalCurve",
    "customer_value",
    "difference_interval",
    "effective_n",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_shifted_beta_geometric",
    "jackknife_ratio",
    "kaplan_meier",
    "kaplan_meier_by_group",
    "lost_by_period",
    "mean_interval",
    "nonresponse_bounds",
    "nps_interval",
    "poisson_interval",
    "quantile_ranks",
    "rate_interval",
    "ratio_interval",
    "replication_interval",
    "shrunk_means",
    "weighted_mean_interval",
    "weighted_nps_interval",
    "weighted_share_interval",
    "wilson_interval",
]
