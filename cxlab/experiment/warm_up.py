"""How long a desk takes to settle: open tickets by day, the chosen warm-up, and MSER's.

Source: Welch, The statistical analysis of simulation results (1983), for the picture; White
(1997) for the rule (see `cxlab.stats.mser`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats
from cxlab.scenario import Scenario

__all__ = ["FEWEST_DAYS", "WarmUp", "by_whole_weeks"]

Floats = npt.NDArray[np.float64]

FEWEST_DAYS = 20
"""Below so many days nothing is said about trends: a week is no steady state."""


@dataclass(frozen=True)
class WarmUp:
    """Open tickets at each local midnight of a scenario's replications, as Welch looks at them.

    `daily`: from `cxlab.experiment.open_tickets` (day, replication, open). Days are counted from
    the start, 0 being the midnight at which the desk is empty.
    """

    scenario: Scenario
    daily: pd.DataFrame

    @property
    def steady(self) -> bool:
        """Whether the scenario leaves a warm-up out: a terminating one counts from its start."""
        return self.scenario.horizon.type == "steady"

    @property
    def chosen(self) -> int:
        """How many days are not counted."""
        return self.scenario.horizon.dropped_days

    @cached_property
    def runs(self) -> Floats:
        """Open tickets, days × replications."""
        wide = self.daily.pivot(index="day", columns="replication", values="open")
        return wide.to_numpy(float)

    @cached_property
    def by_day(self) -> pd.DataFrame:
        """The mean over replications by day: day, mean, and week.

        `week` is the mean of the seven days around the day, missing for the first and last three:
        it has no weekend in it that the next one has not.
        """
        days = self.runs.shape[0]
        week = np.full(days, np.nan)
        if days >= 7:
            week[3 : days - 3] = by_whole_weeks(self.runs)
        return pd.DataFrame({"day": np.arange(days), "mean": self.runs.mean(axis=1), "week": week})

    @property
    def too_short(self) -> bool:
        """Whether there are too few days for the rule."""
        return len(self.runs) < FEWEST_DAYS

    @cached_property
    def suggested(self) -> int | None:
        """After how many days the marginal standard error rule calls the desk settled.

        By whole weeks: the weekend's backlog is no warm-up. None where the rule cannot say, which
        is also so for less than twenty days.
        """
        if self.too_short:
            return None
        return stats.mser(by_whole_weeks(self.runs), batch=1)


def by_whole_weeks(runs: Floats) -> Floats:
    """Return the mean over runs (days × runs) of each stretch of seven days, by its first day.

    >>> by_whole_weeks(np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0], [6.0], [14.0]]))
    array([3., 5.])
    """
    return np.array([runs[day : day + 7].mean() for day in range(len(runs) - 6)])
