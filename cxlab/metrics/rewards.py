"""Metrics of rewards: taking part in the loyalty programme, and redemption."""

from __future__ import annotations

from dataclasses import replace

from cxlab.metrics.declaration import Attribution, Basis, Example, Metric
from cxlab.metrics.sources.rewards import REDEEM_DAYS
from cxlab.metrics.statistics import Ratio, Share

__all__ = ["METRICS"]

_MEMBERS = Basis(
    name="members_active",
    source="members",
    attribution=Attribution.PERIOD_END,
    population="customers who could be members at the period's end",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_active,
    pending=lambda t: ~t.fact_window_over,
    pending_meaning="the period is not over at the cut-off",
    needs=("loyalty_members", "campaigns"),
)
_ENROLLED = replace(
    _MEMBERS,
    name="members_enrolled",
    value=lambda t: t.fact_enrolled,
    needs=("loyalty_members.enrolled_at",),
)
_REDEEMED = Basis(
    name="redeemed",
    source="rewards",
    attribution=Attribution.CREATED,
    population="coupons, points and offers issued in the period",
    belongs=lambda t: t.created_at.notnull(),
    value=lambda t: t.fact_redeemed,
    pending=lambda t: ~t.fact_mature,
    pending_meaning=f"not expired at the cut-off, or without an expiry younger than "
    f"{REDEEM_DAYS} days",
    needs=("campaigns.redeemed_at",),
    assumes={
        "campaigns.expires_at": f"expiry is not recorded: all are judged after {REDEEM_DAYS} days"
    },
)
_WORTH = replace(
    _REDEEMED,
    name="redeemed_value",
    value=lambda t: t.fact_redeemed.ifelse(t["value"], 0.0),
    also={"per": lambda t: t["value"]},
    needs=("campaigns.redeemed_at", "campaigns.value"),
    currency=lambda t: t.currency,
)


def _member(customer: str, enrolled: str | None, left: str | None = None) -> dict[str, object]:
    return {
        "customer_id": customer, "eligible_from": "2025-06-01", "enrolled_at": enrolled,
        "left_at": left,
    }  # fmt: skip


def _points(customer: str, at: str, redeemed: str | None = None) -> dict[str, object]:
    return {
        "campaign_id": "p", "customer_id": customer, "kind": "points", "issued_at": at,
        "redeemed_at": redeemed,
    }  # fmt: skip


def _coupon(
    number: int, redeemed: str | None, expires: str | None, value: float, at: str = "2025-11-01"
) -> dict[str, object]:
    return {
        "campaign_id": "autumn", "customer_id": f"c{number}", "kind": "coupon", "issued_at": at,
        "redeemed_at": redeemed, "expires_at": expires, "value": value,
    }  # fmt: skip


_MEMBER_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "loyalty_members": (
        _member("c1", "2025-07-01"),
        _member("c2", "2025-07-01"),
        _member("c3", "2025-07-01", "+10 00:00"),
        _member("c4", None),
    ),
    "campaigns": (
        _points("c1", "2025-08-01", "+20 09:00"),
        _points("c2", "2025-08-01"),
        _points("c3", "+5 09:00"),
        {**_points("c4", "+5 09:00"), "kind": "coupon"},
    ),
}
_MEMBER_STORY = (
    "Four customers can be members. Two are; a third left on day 10, the fourth never joined. "
    "Of the two, one redeemed points five weeks before the end of February, the other last earned "
    "some seven months before. "
)
_COUPON_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "campaigns": (
        _coupon(1, "2025-11-10", "2025-12-01", 10.0),
        _coupon(2, None, "2025-12-01", 10.0),
        _coupon(3, "2025-12-02", "2025-12-01", 10.0),
        _coupon(4, "2025-12-01", None, 50.0),
        _coupon(5, "2026-02-20", "2026-12-31", 10.0),
        _coupon(6, "2026-02-21", None, 10.0, at="2026-02-20"),
    ),
}
_COUPON_STORY = (
    "Of three coupons worth 10 that have expired, one was redeemed in time, one not at all, and "
    "one a day late; one worth 50 that never expires was redeemed within 90 days. One that runs "
    "to the end of the year and one without an expiry that is 14 days old were redeemed too, but "
    "are pending like their neighbours that were not. "
)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="loyp",
        title="Loyalty participation",
        definition="Share of customers who could be members at the period's end that are members "
        "and earned or redeemed in the 90 days before it.",
        formula=r"\mathrm{loyp} = \frac{n_{\mathrm{active\ members}}}{n_{\mathrm{eligible}}}",
        unit="share",
        direction="up",
        basis=_MEMBERS,
        statistic=Share(),
        source="library.kpi.zone (share of eligible customers active in the programme)",
        notes=(
            "Acts are points and rewards issued or redeemed; coupons and promotions, which anybody "
            "gets, are none.",
        ),
        example=Example(_MEMBER_STORY + "1 ÷ 4 = 25 %.", _MEMBER_ROWS, 0.25, period="2026-02"),
    ),
    Metric(
        id="loyp_enrolled",
        title="Loyalty enrolment",
        definition="Share of customers who could be members at the period's end that are.",
        formula=r"\frac{n_{\mathrm{enrolled}}}{n_{\mathrm{eligible}}}",
        unit="share",
        direction="up",
        basis=_ENROLLED,
        statistic=Share(),
        source="library.kpi.zone; enrolled ÷ eligible",
        variant_of="loyp",
        example=Example(_MEMBER_STORY + "2 ÷ 4 = 50 %.", _MEMBER_ROWS, 0.5, period="2026-02"),
    ),
    Metric(
        id="redm",
        title="Redemption rate",
        definition="Share of coupons, points and offers that were redeemed before they expired "
        "(within 90 days where they do not expire), of those for which that time is over.",
        formula=r"\mathrm{redm} = \frac{n_{\mathrm{redeemed\ in\ time}}}"
        r"{n_{\mathrm{issued,\ time\ over}}}",
        unit="share",
        direction="up",
        basis=_REDEEMED,
        statistic=Share(),
        source="library.kpi.zone (share of distributed coupons and rewards redeemed)",
        example=Example(_COUPON_STORY + "2 ÷ 4 = 50 %.", _COUPON_ROWS, 0.5),
    ),
    Metric(
        id="redm_value",
        title="Redemption rate by value",
        definition="Value redeemed in time ÷ value issued, of what redm counts.",
        formula=r"\frac{\sum_{i\ \mathrm{redeemed}} v_i}{\sum_i v_i}",
        unit="share",
        direction="up",
        basis=_WORTH,
        statistic=Ratio(unit="issue"),
        source="library.kpi.zone; value redeemed ÷ issued",
        variant_of="redm",
        example=Example(_COUPON_STORY + "(10 + 50) ÷ 80 = 75 %.", _COUPON_ROWS, 0.75),
    ),
)
