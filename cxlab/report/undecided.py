"""What the cases that are still pending can do to a number; what they could turn is not said.

The newest period leaves out what still waits, and that is the slowest: its times look better than
they will be. So a claim (better, target met, beyond noise) is made only where it would hold as
well once every pending case is decided.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import replace

from cxlab.calendars import Period
from cxlab.errors import InputError
from cxlab.metrics.catalogue import METRICS
from cxlab.metrics.statistics import Quantile
from cxlab.report.kpis import Kpi
from cxlab.report.targets import Target

__all__ = ["NOT_YET", "decided", "ends", "known_from", "reach", "target_met"]

NOT_YET = "too early to judge"
"""What is said of a number that its pending cases could turn."""

_Z = 1.96
"""Half the width of a 95 % interval, in standard errors."""

_FEW = 0.01
"""Up to this share of pending cases a mean moves within its interval."""


def reach(kpi: Kpi) -> tuple[float, float]:
    """Return between which values a number can come to lie once its pending cases are decided.

    A share: none or all of them count. A time: each of them may take longer than any that is known
    (Kaplan and Meier's censoring at its worst); a quantile then moves up by q × pending ranks,
    which its own interval holds up to 1.96 √(n q (1 − q)) ranks; beyond that it has no bound.

    >>> from cxlab.report.kpis import rows_of
    >>> import pandas as pd
    >>> row = {"metric": "sla", "title": "SLA", "unit": "share", "value": 0.9, "low": 0.8,
    ...        "high": 0.95, "n": 90, "pending": 10, "flag": "ok", "period": "2026-W02"}
    >>> reach(next(rows_of(pd.DataFrame([row]))))
    (0.81, 0.91)
    """
    n, pending = kpi.n, kpi.pending
    if not pending or kpi.kind != "cases" or not kpi.known:
        return kpi.value, kpi.value
    if kpi.unit == "share":
        met = kpi.value * n
        return met / (n + pending), (met + pending) / (n + pending)
    if kpi.unit != "s":
        return kpi.value, kpi.value
    known = METRICS.get(kpi.metric)
    if known is not None and isinstance(known.statistic, Quantile):
        q = known.statistic.q
        bounded = q * pending <= _Z * math.sqrt(n * q * (1 - q))
    else:
        bounded = pending <= _FEW * (n + pending)
    bounded = bounded and not math.isnan(kpi.high)
    return kpi.value, kpi.high if bounded else math.inf


def ends(kpi: Kpi) -> Iterable[Kpi]:
    """Return the number as it could come to lie: at both ends of its `reach`."""
    for end in dict.fromkeys(reach(kpi)):
        shift = end - kpi.value if math.isfinite(end) else _VERY_LONG
        yield replace(kpi, value=kpi.value + shift, low=kpi.low + shift, high=kpi.high + shift)


_VERY_LONG = 1e9
"""In place of no bound, in seconds: some thirty years."""


def decided(claims: Iterable[str]) -> bool:
    """Return whether a claim is the same at both ends: "better, …" and "worse, …" are two."""
    return len({claim.partition(",")[0] for claim in claims}) == 1


def target_met(kpi: Kpi, target: Target | None) -> bool | None:
    """Return whether a number meets its target; None where that cannot be said, or not yet."""
    if target is None or not kpi.known:
        return None
    found = {target.met(end) for end in reach(kpi)}
    return found.pop() if len(found) == 1 else None


def known_from(kpi: Kpi) -> dt.date | None:
    """Return the day on which every case of a period has had its time; None where none is set.

    So long after the period's end a contact can still repeat one of its last day.

    >>> from cxlab.report.kpis import rows_of
    >>> import pandas as pd
    >>> row = {"metric": "fcr_7d", "title": "FCR", "unit": "share", "period": "2016-04"}
    >>> known_from(next(rows_of(pd.DataFrame([row])))).isoformat()
    '2016-05-08'
    """
    metric = METRICS.get(kpi.metric)
    window = metric.basis.unless_repeated if metric is not None else None
    if window is None:
        return None
    try:
        end = Period.parse(kpi.period).shift(1).first_day
    except InputError:  # a whole log, or a run
        return None
    return end + dt.timedelta(days=window.days)
