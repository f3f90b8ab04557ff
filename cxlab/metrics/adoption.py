"""Metrics of visits and adoption: how often people come, and whether they use what they got."""

from __future__ import annotations

from dataclasses import replace

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.sources.entitlements import ADOPTION_DAYS
from cxlab.metrics.statistics import Mean, Ratio, Share

__all__ = ["BEFORE_THE_LOG", "METRICS"]

_PEOPLE = {
    "usage_events.user_id": "people are not told apart: every customer is taken for one person",
    "usage_events.is_automated": "programs are not told apart from people",
}
_AUTOMATED = Exclusion(
    "automated", "only programs used the product in the period", lambda t: ~t.fact_human
)

BEFORE_THE_LOG = Exclusion(
    "before_the_log", "the log of use begins after the period", lambda t: ~t.fact_log_begun
)


def _open_period(rows: ir.Table) -> ir.BooleanValue:
    return ~rows.fact_window_over


_PERIOD_OPEN = "the period is not over at the cut-off"

_VISITS = Basis(
    name="visits",
    source="user_periods",
    attribution=Attribution.PERIOD_START,
    population="people who began a visit in the period",
    belongs=lambda t: (t.fact_visits > 0) | ~t.fact_human,
    value=lambda t: t.fact_visits,
    exclusions=(_AUTOMATED,),
    pending=_open_period,
    pending_meaning=_PERIOD_OPEN,
    needs=("usage_events",),
    assumes=_PEOPLE,
)
_ACTIVE = replace(
    _VISITS,
    name="days_active",
    population="people who used the product in the period",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_days,
)
_STICKY = replace(
    _ACTIVE,
    name="days_active_share",
    value=lambda t: t.fact_days.cast("float64") / t.fact_window_days,
)
_LICENSED = Basis(
    name="visits_licensed",
    source="seat_periods",
    attribution=Attribution.PERIOD_START,
    population="customers with a paid subscription in the period",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_visits,
    also={"per": lambda t: t.fact_seats},
    exclusions=(BEFORE_THE_LOG,),
    pending=_open_period,
    pending_meaning=_PERIOD_OPEN,
    needs=("usage_events", "subscriptions.seats"),
    assumes=_PEOPLE,
)


def _adopts(name: str, uses: int, source: str, population: str) -> Basis:
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.STARTED,
        population=population,
        belongs=lambda t: t.fact_started_at.notnull(),
        value=lambda t: t.fact_uses >= uses,
        exclusions=(
            Exclusion(
                "access_ended", f"access ended within {ADOPTION_DAYS} days",
                lambda t: t.fact_cut_short,
            ),
        ),
        pending=lambda t: ~t.fact_mature,
        pending_meaning=f"access is younger than {ADOPTION_DAYS} days at the cut-off",
        needs=("usage_events", "entitlements"),
        assumes=_PEOPLE,
    )  # fmt: skip


_PAIRS = "people with access to a feature, once per feature"
_ADOPT = _adopts("adopted", 1, "feature_users", _PAIRS)
_ADOPT_3 = _adopts("adopted_3", 3, "feature_users", _PAIRS)
_ADOPT_ACTIVE = replace(
    _ADOPT,
    name="adopted_active",
    exclusions=(
        *_ADOPT.exclusions,
        Exclusion(
            "inactive", f"used nothing at all in the first {ADOPTION_DAYS} days",
            lambda t: t.fact_mature & (t.fact_any == 0),
        ),
    ),
)  # fmt: skip
_ADOPT_ACCOUNT = _adopts(
    "adopted_account", 1, "feature_accounts", "accounts with access to a feature, once per feature"
)


def _event(user: str, at: str, feature: str = "reports", **more: object) -> dict[str, object]:
    return {"customer_id": "c1", "user_id": user, "at": at, "feature": feature, **more}


_VISIT_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "usage_events": (
        _event("ann", "09:00"),
        _event("ann", "09:29:59"),
        _event("ann", "09:59:59"),
        _event("ann", "+1 09:00", duration_s=3600.0),
        _event("ann", "+1 10:20"),
        _event("bob", "09:00"),
        _event("bob", "+1 09:00"),
        _event("bob", "+2 09:00"),
        _event("api", "09:00", is_automated=True),
    ),
    "subscriptions": (
        {"subscription_id": "s1", "customer_id": "c1", "started_at": "2025-01-01", "seats": 10},
    ),
}
_VISIT_STORY = (
    "In the week from Monday Ann clicks at 9:00, 9:29:59 and 9:59:59: the last click comes 30 min "
    "after the one before, so it begins a second visit. On Tuesday she is active from 9:00 to "
    "10:00 and again at 10:20, which is one visit. Bob comes once on each of three days; a program "
    "called once. "
)
_VISIT_EXAMPLE = Example(_VISIT_STORY, _VISIT_ROWS, 3.0, as_of="+7 00:00", period="2026-W02")
_VISIT_NOTES = (
    "A visit ends after 30 min without activity and counts in the period in which it began; it "
    "is not cut at midnight. A log of daily totals gives at most one visit a day.",
    "Longer periods hold more visits: compare periods of one length.",
)

_ACCESS: dict[str, tuple[dict[str, object], ...]] = {
    "entitlements": (
        {"account_id": "c1", "feature": "export", "granted_at": "09:00", "quantity": 10.0},
        {"account_id": "c2", "feature": "export", "granted_at": "09:00", "quantity": 10.0},
    ),
    "usage_events": (
        _event("ann", "08:00", "export"),
        _event("flo", "08:00"),
        _event("ann", "+1 09:00", "export", n=3),
        _event("bob", "09:00", "reports"),
        _event("bob", "+2 09:00", "export"),
        _event("cyd", "09:00", "reports"),
        _event("dan", "+20 09:00", "reports"),
        _event("dan", "+55 09:00", "export"),
        _event("eve", "+50 09:00", "export"),
    ),
}
_ACCESS_STORY = (
    "Two accounts get the export on Monday; the other one never uses anything. Ann, whose use an "
    "hour before does not count, exports three times on Tuesday, Bob once on Wednesday. Cyd only "
    "reads reports, Flo did so before the grant and is not seen again. Dan is first seen on day "
    "20 and exports 35 days later, too late. Eve is first seen on day 50, ten days before the "
    "cut-off: pending. "
)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="portal",
        title="Portal usage frequency",
        definition="Visits per active person in the period; a visit ends after 30 minutes without "
        "activity, programs are left out.",
        formula=r"\mathrm{portal} = \frac{n_{\mathrm{visits}}}{n_{\mathrm{active\ people}}}",
        unit="ratio",
        direction="up",
        basis=_VISITS,
        statistic=Mean(),
        source="30 minutes of inactivity as Google Analytics ends a session; court323.com",
        notes=_VISIT_NOTES,
        example=replace(
            _VISIT_EXAMPLE, story=_VISIT_STORY + "Ann 3 visits, Bob 3: (3 + 3) ÷ 2 = 3."
        ),
    ),
    Metric(
        id="portal_licensed",
        title="Portal visits per seat",
        definition="Visits in the period per paid seat, whether anybody sat on it or not; seats "
        "added within the period count for the time that they were there.",
        formula=r"\frac{\sum_i \mathrm{visits}_i}{\sum_i \overline{\mathrm{seats}}_i}",
        unit="ratio",
        direction="up",
        basis=_LICENSED,
        statistic=Ratio(unit="customer"),
        source="court323.com; ÷ all licensed instead of ÷ active",
        variant_of="portal",
        example=replace(
            _VISIT_EXAMPLE, story=_VISIT_STORY + "The customer pays for 10 seats: 6 ÷ 10 = 0.6.",
            value=0.6,
        ),
    ),
    Metric(
        id="portal_days",
        title="Days active per person",
        definition="Days of the period on which an active person used the product, on average.",
        formula=r"\overline{d} = \frac{1}{n} \sum_{i=1}^{n} d_i",
        unit="count",
        direction="up",
        basis=_ACTIVE,
        statistic=Mean(),
        source="court323.com; days in the zone of the report",
        variant_of="portal",
        example=replace(
            _VISIT_EXAMPLE, story=_VISIT_STORY + "Ann was there on 2 days, Bob on 3: 2.5.",
            value=2.5,
        ),
    ),
    Metric(
        id="portal_dau_mau",
        title="Stickiness (daily ÷ period's active people)",
        definition="People active on an average day of the period ÷ people active in the period: "
        "asked by month it is DAU/MAU.",
        formula=r"\frac{\overline{\mathrm{DAU}}}{\mathrm{MAU}} = "
        r"\frac{1}{n} \sum_{i=1}^{n} \frac{d_i}{d_{\mathrm{period}}}",
        unit="share",
        direction="up",
        basis=_STICKY,
        statistic=Mean(),
        source="DAU/MAU as product analytics use it, over calendar months; court323.com",
        notes=("Asked by week it is DAU/WAU, which is a larger number: name the period.",),
        variant_of="portal",
        example=replace(
            _VISIT_EXAMPLE,
            story=_VISIT_STORY + "On the seven days 2, 2, 1, 0, 0, 0 and 0 people were active, "
            "5 ÷ 7 a day; in the week 2 people were: 5 ÷ 7 ÷ 2 = 35.7 %.",
            value=5 / 14,
        ),
    ),
    Metric(
        id="adopt",
        title="Feature adoption rate",
        definition="Share of people with access to a feature who used it at least once within 30 "
        "days after getting access; each feature counts apart.",
        formula=r"\mathrm{adopt} = \frac{\left|\{ i : u_i \ge 1 \}\right|}"
        r"{n_{\mathrm{access\ older\ than\ 30\,d}}}",
        unit="share",
        direction="up",
        basis=_ADOPT,
        statistic=Share(),
        source="court323.com (after it became available)",
        notes=(
            "Access begins with the account's grant, or with the person's first event where that "
            "is later. People who never appear in the log are not known: adopt_account sees "
            "accounts without any use.",
        ),
        example=Example(
            _ACCESS_STORY + "Ann and Bob of Ann, Bob, Cyd, Dan and Flo: 2 ÷ 5 = 40 %.", _ACCESS, 0.4
        ),
    ),
    Metric(
        id="adopt_3",
        title="Feature adoption rate, three uses",
        definition="As adopt, with at least three uses within the 30 days.",
        formula=r"\frac{\left|\{ i : u_i \ge 3 \}\right|}{n_{\mathrm{access\ older\ than\ 30\,d}}}",
        unit="share",
        direction="up",
        basis=_ADOPT_3,
        statistic=Share(),
        source="court323.com; trying once is not yet using",
        variant_of="adopt",
        example=Example(_ACCESS_STORY + "Ann alone used it three times: 1 ÷ 5.", _ACCESS, 0.2),
    ),
    Metric(
        id="adopt_active",
        title="Feature adoption rate among active people",
        definition="As adopt, only of people who used anything at all within the 30 days.",
        formula=r"\frac{\left|\{ i : u_i \ge 1 \}\right|}{n_{\mathrm{active\ with\ access}}}",
        unit="share",
        direction="up",
        basis=_ADOPT_ACTIVE,
        statistic=Share(),
        source="court323.com; ÷ active users as product analytics tools do",
        notes=("It cannot fall when people stop coming altogether: read it beside adopt.",),
        variant_of="adopt",
        example=Example(
            _ACCESS_STORY + "All but Flo used something: Ann and Bob of four are 50 %.",
            _ACCESS, 0.5,
        ),
    ),
    Metric(
        id="adopt_account",
        title="Feature adoption rate of accounts",
        definition="Share of accounts with access to a feature in which anybody used it within 30 "
        "days after the grant; each feature counts apart.",
        formula=r"\frac{\left|\{ a : u_a \ge 1 \}\right|}{n_{\mathrm{accounts\ with\ access}}}",
        unit="share",
        direction="up",
        basis=_ADOPT_ACCOUNT,
        statistic=Share(),
        source="court323.com, at the level of accounts",
        variant_of="adopt",
        example=Example(
            _ACCESS_STORY + "One of the two accounts used it: 50 %.", _ACCESS, 0.5
        ),
    ),
)  # fmt: skip
