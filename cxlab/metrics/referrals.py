"""Metrics of referrals: who refers, which leads convert, which deals are won."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.sources.advocacy import CONVERSION_DAYS
from cxlab.metrics.statistics import Fitted, Point, Share

__all__ = ["METRICS"]

_DAY = 86400.0
_SELF = Exclusion("self_referral", "the referrer referred itself", lambda t: t.fact_self)
_AGAIN = Exclusion(
    "referred_before", "the lead had been referred by somebody before", lambda t: t.fact_again
)
_UNDATED = Exclusion("undated", "won, nobody knows when", lambda t: t.fact_undated)

_REFERRERS = Basis(
    name="referrers",
    source="referrers",
    attribution=Attribution.PERIOD_END,
    population="customers active at the period's end",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_referrals > 0,
    pending=lambda t: ~t.fact_window_over,
    pending_meaning="the period is not over at the cut-off",
    needs=("subscriptions|customers", "referrals"),
    assumes={"subscriptions": "who left is not recorded: every customer acquired counts as active"},
)
_CONVERTED = Basis(
    name="converted",
    source="referrals",
    attribution=Attribution.CREATED,
    population="leads referred in the period",
    belongs=lambda t: t.created_at.notnull(),
    value=lambda t: t.fact_won & (t.fact_duration <= CONVERSION_DAYS * _DAY),
    exclusions=(_SELF, _AGAIN, _UNDATED),
    pending=lambda t: ~t.fact_mature,
    pending_meaning=f"referred less than {CONVERSION_DAYS} days before the cut-off",
    needs=("referrals.status", "referrals.closed_at"),
)
_WATCHED = replace(
    _CONVERTED,
    name="converted_watched",
    value=lambda t: t.fact_duration,
    pending=None,
    pending_meaning="",
    also={"won": lambda t: t.fact_won},
)
_CLOSED = Basis(
    name="won_closed",
    source="referrals",
    attribution=Attribution.HAPPENED,
    population="leads from strategic customers by when they were won or lost; open ones stand "
    "in the period they were referred",
    belongs=lambda t: t.source_tier == "strategic",
    value=lambda t: t.fact_won,
    exclusions=(
        _SELF, _AGAIN,
        Exclusion("unknown_status", "nobody knows what became of it", lambda t: t.status.isnull()),
    ),
    pending=lambda t: t.status == "open",
    pending_meaning="neither won nor lost at the cut-off",
    needs=("referrals.status", "referrals.source_tier"),
)  # fmt: skip
_CREATED = replace(
    _CLOSED,
    name="won_created",
    attribution=Attribution.CREATED,
    population="leads from strategic customers referred in the period, open ones included",
    pending=None,
    pending_meaning="",
)


def conversion_at_horizon(cells: pd.DataFrame) -> Point:
    """Return the share converted within the horizon from cells (value, won, rows).

    Lost leads stay among those watched until the cut-off, because they are known not to
    convert; Kaplan–Meier on them gives the share converted, not the share that would be if no
    lead were lost. NaN where no lead was watched so long.
    """
    won = cells["won"].astype(bool)
    curve = stats.kaplan_meier(
        cells["value"].to_numpy(dtype=float),
        cells["rows"].where(won, 0).to_numpy(dtype=float),
        cells["rows"].where(~won, 0).to_numpy(dtype=float),
    )
    left, low, high = (float(np.ravel(a)[0]) for a in curve.at([CONVERSION_DAYS * _DAY]))
    why = "no lead has been watched for so long" if math.isnan(left) else ""
    return Point(1 - left, 1 - high, 1 - low, why)


def _contract(customer: str, **more: object) -> dict[str, object]:
    return {
        "subscription_id": f"s-{customer}", "customer_id": customer, "started_at": "2024-01-01",
        **more,
    }  # fmt: skip


def _lead(number: int, referrer: str, at: str, **more: object) -> dict[str, object]:
    return {
        "referral_id": f"r{number}", "referrer_id": referrer, "referred_id": f"n{number}",
        "at": at, "status": "open", "source_tier": "strategic", **more,
    }  # fmt: skip


_WON, _LOST = {"status": "won"}, {"status": "lost"}
_LEADS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (
        _contract("c1"), _contract("c2"), _contract("c3"), _contract("c4"),
    ),
    "referrals": (
        _lead(1, "c1", "2025-10-01", closed_at="2025-12-01", **_WON),
        _lead(2, "c1", "2025-10-01", closed_at="2026-01-15", **_WON),
        _lead(3, "c1", "2025-10-01", closed_at="2025-10-20", **_LOST),
        _lead(4, "c2", "2025-11-01"),
        _lead(5, "c2", "2026-02-20", closed_at="2026-02-25", **_WON),
        _lead(6, "c2", "2025-11-01", referred_id="n1", closed_at="2025-12-01", **_WON),
        _lead(7, "c3", "2025-11-01", referred_id="c3", closed_at="2025-12-01", **_WON),
        _lead(8, "c3", "2024-06-01", closed_at="2024-07-01", source_tier="other", **_WON),
    ),
}  # fmt: skip
_STORY = (
    "Customer 1 refers three leads in October: won after 61 days, won after 106 days, lost. "
    "Customer 2 refers one in November that is still open, one in February that is won within "
    "five days, and customer 1's lead once more. Customer 3 refers itself, and in June 2024 one "
    "that is won after 30 days, its only one that is not strategic. The cut-off is 6 March. "
)
_EXAMPLE = Example(_STORY, _LEADS, 0.5)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="refr",
        title="Customer referral rate",
        definition="Share of customers active at the period's end who referred somebody else in "
        "the 12 months before it.",
        formula=r"\mathrm{refr} = \frac{n_{\mathrm{distinct\ referrers}}}{n_{\mathrm{active}}}",
        unit="share",
        direction="up",
        basis=_REFERRERS,
        statistic=Share(),
        source="library.kpi.zone",
        example=replace(
            _EXAMPLE,
            story=_STORY + "Of four customers active at the end of February, 1 and 2 referred "
            "somebody within 12 months; 3 only itself: 2 ÷ 4 = 50 %.",
            period="2026-02",
        ),
    ),
    Metric(
        id="refc",
        title="Referral conversion rate",
        definition="Share of referred leads, at least 90 days old, that were won within 90 days.",
        formula=r"\mathrm{refc} = \frac{n_{\mathrm{won\ within\ 90\,d}}}"
        r"{n_{\mathrm{leads\ older\ than\ 90\,d}}}",
        unit="share",
        direction="up",
        basis=_CONVERTED,
        statistic=Share(),
        source="library.kpi.zone",
        notes=("A lead that two customers refer is one lead, the first one's.",),
        example=replace(
            _EXAMPLE,
            story=_STORY + "Older than 90 days are October's three, the open one and the one "
            "of 2024; two were won in time: 2 ÷ 5 = 40 %. February's lead is pending, won or not.",
            value=0.4,
        ),
    ),
    Metric(
        id="refc_km",
        title="Referral conversion within 90 days, all leads",
        definition="Share of referred leads won within 90 days, leads younger than that counted "
        "as long as they were watched (Kaplan–Meier).",
        formula=r"1 - \hat S(90\,\mathrm{d})",
        unit="share",
        direction="up",
        basis=_WATCHED,
        statistic=Fitted(
            label="Kaplan–Meier at 90 days",
            method="Greenwood, log(−log)",
            cells=("value", "won"),
            fit=conversion_at_horizon,
        ),
        source="Kaplan & Meier (1958); lost leads stay at risk until the cut-off, as Fine & Gray, "
        "JASA 94 (1999), weigh competing events",
        variant_of="refc",
        example=replace(
            _EXAMPLE,
            story=_STORY + "Six leads are watched. Won after 5, 30 and 61 days with 6, 5 and 4 "
            "still watched: 1 − 5/6 × 4/5 × 3/4 = 50 %; the February lead counts.",
            value=0.5,
        ),
    ),
    Metric(
        id="refw",
        title="Strategic referral win rate",
        definition="Share won of the leads from strategic customers that were won or lost.",
        formula=r"\mathrm{refw} = \frac{n_{\mathrm{won}}}{n_{\mathrm{won}} + n_{\mathrm{lost}}}",
        unit="share",
        direction="up",
        basis=_CLOSED,
        statistic=Share(),
        source="library.kpi.zone; ÷ closed",
        example=replace(
            _EXAMPLE,
            story=_STORY + "Of the strategic leads that are closed, three were won and one lost: "
            "75 %; the open one is pending.",
            value=0.75,
        ),
    ),
    Metric(
        id="refw_created",
        title="Strategic referral win rate, of all referred",
        definition="Share won of all leads from strategic customers referred in the period, open "
        "ones included.",
        formula=r"\frac{n_{\mathrm{won}}}{n_{\mathrm{created}}}",
        unit="share",
        direction="up",
        basis=_CREATED,
        statistic=Share(),
        source="library.kpi.zone; ÷ created",
        notes=("Biased downwards by leads that are still open, most of all in recent periods.",),
        variant_of="refw",
        example=replace(
            _EXAMPLE, story=_STORY + "Three of five strategic leads: 60 %.", value=0.6
        ),
    ),
)  # fmt: skip
