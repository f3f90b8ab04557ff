"""Metrics of advocacy: who speaks for the business, reviews, and introductions."""

from __future__ import annotations

from dataclasses import replace

from cxlab.metrics.declaration import Attribution, Basis, Example, Metric
from cxlab.metrics.sources.advocacy import ACTS, INTRO_DAYS, REVIEW_DAYS
from cxlab.metrics.statistics import Mean, Share

__all__ = ["METRICS"]

_STAYS = {"subscriptions": "who left is not recorded: every customer acquired counts as active"}
_PERIOD_OPEN = "the period is not over at the cut-off"

_ADVOCATES = Basis(
    name="advocates",
    source="advocates",
    attribution=Attribution.PERIOD_END,
    population="accounts active at the period's end",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_acts > 0,
    pending=lambda t: ~t.fact_window_over,
    pending_meaning=_PERIOD_OPEN,
    needs=("subscriptions|customers", "advocacy_acts"),
    assumes=_STAYS,
)
_ACTS = replace(_ADVOCATES, name="acts", value=lambda t: t.fact_acts)
_PROMPTED = replace(_ADVOCATES, name="prompted", value=lambda t: t.fact_prompted > 0)


def _acts_of(kind: str) -> Basis:
    return replace(_ADVOCATES, name=f"acts_{kind}", value=lambda t: t[f"fact_{kind}"])


_REVIEWS = Basis(
    name="review_intent",
    source="reviews",
    attribution=Attribution.HAPPENED,
    population="business reviews held in the period",
    belongs=lambda t: t.fact_at.notnull(),
    value=lambda t: t.fact_followed,
    pending=lambda t: ~t.fact_mature,
    pending_meaning=f"held less than {REVIEW_DAYS} days before the cut-off",
    needs=("advocacy_acts",),
)
_REVIEWED = replace(
    _REVIEWS,
    name="review_intent_accounts",
    source="reviewed_accounts",
    attribution=Attribution.PERIOD_START,
    population="accounts with a business review in the period",
    belongs=lambda t: t.fact_window_start.notnull(),
    pending=lambda t: ~t.fact_window_over | ~t.fact_mature,
    pending_meaning=f"the period, or {REVIEW_DAYS} days after a review, are not over at the "
    "cut-off",
)
_ACCEPTED = replace(
    _REVIEWS,
    name="intro_accepted",
    source="prompts",
    population="requests for an introduction in the period",
    pending_meaning=f"asked less than {INTRO_DAYS} days before the cut-off",
)


def _contract(account: str, **more: object) -> dict[str, object]:
    return {
        "subscription_id": f"s-{account}", "customer_id": account, "started_at": "2024-01-01",
        **more,
    }  # fmt: skip


def _act(account: str, at: str, kind: str) -> dict[str, object]:
    return {"account_id": account, "at": at, "kind": kind}


_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (
        _contract("c1"), _contract("c2"), _contract("c3"), _contract("c4"),
        _contract("c5", ended_at="+10 00:00"),
    ),
    "advocacy_acts": (
        _act("c1", "+1 09:00", "reference"),
        _act("c1", "+2 09:00", "reference"),
        _act("c1", "+3 09:00", "speaking"),
        _act("c1", "+3 09:00", "intro_prompted"),
        _act("c2", "+4 09:00", "intro_prompted"),
        _act("c2", "+5 09:00", "intro_prompted"),
        _act("c2", "+6 09:00", "intro_made"),
        _act("c3", "2024-12-31", "testimonial"),
        _act("c4", "+7 09:00", "qbr_held"),
        _act("c5", "+1 09:00", "case_study"),
    ),
}  # fmt: skip
_STORY = (
    "Four accounts are active at the end of February; a fifth, which had written a case study, "
    "has left. "
    "Account 1 was a reference twice and spoke once; account 2 made an introduction; account 3 "
    "gave a testimonial more than 12 months ago; account 4 only attended a review. "
)
_EXAMPLE = Example(_STORY, _ROWS, 0.5, period="2026-02")
_KIND_WORDS = {
    "reference": "references",
    "testimonial": "testimonials",
    "case_study": "case studies",
    "speaking": "talks given",
    "intro_made": "introductions made",
}
_KIND_VALUES = {"reference": 0.5, "testimonial": 0.0, "case_study": 0.0, "speaking": 0.25,
                "intro_made": 0.25}  # fmt: skip

_REVIEW_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "advocacy_acts": (
        _act("c1", "09:00", "qbr_held"),
        _act("c1", "+7 09:00", "qbr_intent"),
        _act("c1", "+9 09:00", "qbr_intent"),
        _act("c2", "09:00", "qbr_held"),
        _act("c2", "+7 09:00:01", "qbr_intent"),
        _act("c2", "+30 09:00", "qbr_held"),
        _act("c3", "+57 09:00", "qbr_held"),
    ),
}
_REVIEW_STORY = (
    "Account 1's review is followed by a note of willingness exactly 7 days later (a second note "
    "adds nothing), account 2's first by one a second too late, its second by none; account 3's "
    "was held 3 days before the cut-off: pending. "
)
_INTRO_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "advocacy_acts": (
        _act("c1", "2025-01-10", "intro_prompted"),
        _act("c1", "2025-02-10", "intro_prompted"),
        _act("c1", "2025-03-01", "intro_made"),
        _act("c2", "2025-01-10", "intro_prompted"),
        _act("c2", "2025-06-01", "intro_made"),
        _act("c3", "2025-03-01", "intro_made"),
        _act("c4", "+30 09:00", "intro_prompted"),
    ),
}

METRICS: tuple[Metric, ...] = (
    Metric(
        id="adv",
        title="Customer advocacy",
        definition="Share of accounts active at the period's end that spoke for the business at "
        "least once in the 12 months before it (reference, testimonial, case study, talk, "
        "introduction).",
        formula=r"\mathrm{adv} = \frac{\left|\{ a : \mathrm{acts}_a \ge 1 \}\right|}"
        r"{n_{\mathrm{active}}}",
        unit="share",
        direction="up",
        basis=_ADVOCATES,
        statistic=Share(),
        source="academy.practicalcsm.com; 12 months as library.kpi.zone",
        notes=("Being asked and attending a review are no acts of the account.",),
        example=replace(_EXAMPLE, story=_STORY + "2 of 4 = 50 %."),
    ),
    Metric(
        id="adv_acts",
        title="Acts of advocacy per account",
        definition="Acts by which active accounts spoke for the business in the 12 months before "
        "the period's end, per account.",
        formula=r"\frac{n_{\mathrm{acts}}}{n_{\mathrm{active}}}",
        unit="ratio",
        direction="up",
        basis=_ACTS,
        statistic=Mean(),
        source="academy.practicalcsm.com; library.kpi.zone",
        variant_of="adv",
        example=replace(
            _EXAMPLE, story=_STORY + "(3 + 1 + 0 + 0) ÷ 4 = 1.", value=1.0
        ),
    ),
    *(
        Metric(
            id=f"adv_acts_{kind}",
            title=f"Acts of advocacy per account: {_KIND_WORDS[kind]}",
            definition=f"As adv_acts, {_KIND_WORDS[kind]} only.",
            formula=r"\frac{n_{\mathrm{acts\ of\ the\ kind}}}{n_{\mathrm{active}}}",
            unit="ratio",
            direction="up",
            basis=_acts_of(kind),
            statistic=Mean(),
            source="academy.practicalcsm.com; library.kpi.zone",
            variant_of="adv",
            example=replace(
                _EXAMPLE,
                story=_STORY + f"Of {_KIND_WORDS[kind]} within 12 months, "
                f"{_KIND_VALUES[kind] * 4:g} ÷ 4 = {_KIND_VALUES[kind]:g}.",
                value=_KIND_VALUES[kind],
            ),
        )
        for kind in ACTS
    ),
    Metric(
        id="warm",
        title="Warm introduction offer rate",
        definition="Share of accounts active at the period's end that were asked for an "
        "introduction at least once in the 12 months before it.",
        formula=r"\mathrm{warm} = \frac{\left|\{ a : \mathrm{prompts}_a \ge 1 \}\right|}"
        r"{n_{\mathrm{active}}}",
        unit="share",
        direction="up",
        basis=_PROMPTED,
        statistic=Share(),
        source="library.kpi.zone (number of times prompted or offered)",
        notes=("It measures the activity of the business; what came of it is warm_accepted.",),
        example=replace(
            _EXAMPLE,
            story=_STORY + "Accounts 1 and 2 were asked, account 2 twice: 2 ÷ 4 = 50 %.",
        ),
    ),
    Metric(
        id="warm_accepted",
        title="Warm introductions made ÷ asked for",
        definition="Share of requests for an introduction that were followed by one within 90 "
        "days, before the account was asked again.",
        formula=r"\frac{n_{\mathrm{followed\ by\ an\ introduction}}}"
        r"{n_{\mathrm{asked,\ older\ than\ 90\,d}}}",
        unit="share",
        direction="up",
        basis=_ACCEPTED,
        statistic=Share(),
        source="library.kpi.zone, accepted ÷ prompted",
        variant_of="warm",
        example=Example(
            "Account 1 is asked in January and again in February and makes one introduction in "
            "March, which answers the February request alone; account 2 makes one 142 days after "
            "it was asked, too late; account 3 was never asked; account 4 was asked 30 days before "
            "the cut-off: pending. 1 ÷ 3.",
            _INTRO_ROWS, 1 / 3,
        ),
    ),
    Metric(
        id="qbr",
        title="Referral intent identified in business reviews",
        definition="Share of business reviews held that were followed by a note of willingness "
        "to refer within 7 days, before the account's next review.",
        formula=r"\mathrm{qbr} = \frac{n_{\mathrm{with\ intent}}}{n_{\mathrm{held}}}",
        unit="share",
        direction="up",
        basis=_REVIEWS,
        statistic=Share(),
        source="library.kpi.zone, referral intent identified in QBRs",
        example=Example(_REVIEW_STORY + "1 of 3 reviews.", _REVIEW_ROWS, 1 / 3),
    ),
    Metric(
        id="qbr_accounts",
        title="Accounts with referral intent in business reviews",
        definition="Share of accounts with a review in the period of which at least one was "
        "followed by a note of willingness to refer.",
        formula=r"\frac{n_{\mathrm{accounts\ with\ intent}}}{n_{\mathrm{accounts\ reviewed}}}",
        unit="share",
        direction="up",
        basis=_REVIEWED,
        statistic=Share(),
        source="library.kpi.zone; customers instead of reviews",
        variant_of="qbr",
        example=Example(
            _REVIEW_STORY + "In January, of accounts 1 and 2 one: 50 %.", _REVIEW_ROWS, 0.5,
            period="2026-01",
        ),
    ),
)  # fmt: skip
