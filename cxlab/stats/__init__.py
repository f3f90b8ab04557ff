"""What a metric estimates and how surely: pure functions on counts and sums per group.

Intervals of shares, means, scores, rates and ratios (`intervals`, `weighted`); durations with
unfinished spells (`survival`); models of buying and leaving (`bg_nbd`, `gamma_gamma`,
`retention`); how many observations are needed (`precision`); like compared with like
(`standardise`) and ranks without noise (`shrinkage`); how much of a run to leave out (`warm_up`);
which value of a series lies beyond its own noise (`control`).
"""

from cxlab.stats.bg_nbd import BgNbd, fit_bg_nbd
from cxlab.stats.control import Limits, p_limits, signal, xmr_limits
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
    ratio_pseudovalues,
    replication_interval,
    wilson_interval,
)
from cxlab.stats.likelihood import Estimate
from cxlab.stats.precision import (
    count_half_width,
    count_needed,
    difference_half_width,
    mean_half_width,
    mean_sample_size,
    nps_half_width,
    nps_sample_size,
    quantile_half_width,
    quantile_sample_size,
    share_half_width,
    share_sample_size,
)
from cxlab.stats.retention import (
    ShiftedBetaGeometric,
    fit_shifted_beta_geometric,
    lost_by_period,
)
from cxlab.stats.shrinkage import Shrunk, shrunk_means, shrunk_shares
from cxlab.stats.standardise import standardised_mean, standardised_share
from cxlab.stats.survival import SurvivalCurve, kaplan_meier, kaplan_meier_by_group
from cxlab.stats.warm_up import mser
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
    "Limits",
    "ShiftedBetaGeometric",
    "Shrunk",
    "SurvivalCurve",
    "count_half_width",
    "count_needed",
    "customer_value",
    "difference_half_width",
    "difference_interval",
    "effective_n",
    "fit_bg_nbd",
    "fit_gamma_gamma",
    "fit_shifted_beta_geometric",
    "jackknife_ratio",
    "kaplan_meier",
    "kaplan_meier_by_group",
    "lost_by_period",
    "mean_half_width",
    "mean_interval",
    "mean_sample_size",
    "mser",
    "nonresponse_bounds",
    "nps_half_width",
    "nps_interval",
    "nps_sample_size",
    "p_limits",
    "poisson_interval",
    "quantile_half_width",
    "quantile_ranks",
    "quantile_sample_size",
    "rate_interval",
    "ratio_interval",
    "ratio_pseudovalues",
    "replication_interval",
    "share_half_width",
    "share_sample_size",
    "shrunk_means",
    "shrunk_shares",
    "signal",
    "standardised_mean",
    "standardised_share",
    "weighted_mean_interval",
    "weighted_nps_interval",
    "weighted_share_interval",
    "wilson_interval",
    "xmr_limits",
]
