"""Metrics from survey answers: CSAT."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.statistics import Mean, Share

__all__ = ["METRICS"]


def _csat(rows: ir.Table) -> ir.BooleanValue:
    return rows.instrument == "csat"


def _goodness(rows: ir.Table) -> ir.FloatingValue:
    """Score with the better end up: reversed scales are mirrored."""
    mirrored = rows.scale_min + rows.scale_max - rows.score
    return (rows.direction == "down").fill_null(False).ifelse(mirrored, rows.score)


def _top_box(rows: ir.Table) -> ir.BooleanValue:
    """Top two answers of scales with five or more points, the top one of shorter scales."""
    points = rows.scale_max - rows.scale_min + 1
    boxes = ibis.cases((points >= 5, 2), else_=1)
    return _goodness(rows) > rows.scale_max - boxes


def _on_one_to_five(rows: ir.Table) -> ir.FloatingValue:
    span = (rows.scale_max - rows.scale_min).cast("float64")
    return 1 + 4 * (_goodness(rows) - rows.scale_min) / span


def _answers(name: str, value: object) -> Basis:
    assert callable(value)
    return Basis(
        name=name,
        source="surveys",
        attribution=Attribution.ANSWERED,
        population="satisfaction surveys answered in the period; unanswered ones stand in the "
        "period they were sent",
        belongs=_csat,
        value=value,
        exclusions=(
            Exclusion("no_answer", "invited, did not answer", lambda t: t.score.isnull()),
            Exclusion(
                "superseded", "the customer answered again about the same ticket",
                lambda t: ~t.fact_latest,
            ),
        ),
        needs=("surveys",),
    )  # fmt: skip


_CSAT = {
    "instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
    "sent_at": "09:00",
}  # fmt: skip
_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "tickets": tuple(
        {"ticket_id": i, "channel": "email", "status": "solved", "created_at": "08:00"}
        for i in "ABCDE"
    ),
    "surveys": tuple(
        {**_CSAT, "survey_id": f"s{i}", "subject_id": i, "score": score,
         "answered_at": "10:00" if score is not None else None}
        for i, score in zip("ABCDE", (5, 4, 3, 1, None), strict=True)
    ),
}  # fmt: skip
_STORY = "Five customers were asked. Four answered 5, 4, 3 and 1; one did not answer. "
_SOURCE = "top-2 box as Delighted, Simplesat and Zendesk count 5-point scales; seeds 1, 2, 3"

METRICS: tuple[Metric, ...] = (
    Metric(
        id="csat",
        title="Customer satisfaction (CSAT)",
        definition="Share of answers in the top two boxes (4 and 5 of 5), of all valid answers; "
        "the latest answer per ticket counts.",
        formula=r"\mathrm{csat} = \frac{\left|\{ i : x_i \ge 4 \}\right|}{n_{\mathrm{answers}}}",
        unit="share",
        direction="up",
        basis=_answers("satisfied", _top_box),
        statistic=Share(),
        source=_SOURCE,
        notes=(
            "Scales shorter than five points count the top box only; reversed scales are mirrored.",
            "People who did not answer are not in it: read it with the number of invitations.",
        ),
        example=Example(_STORY + "Two of four answers are good: 50 %.", _ROWS, 0.5),
    ),
    Metric(
        id="csat_mean",
        title="Customer satisfaction, mean score",
        definition="Mean answer on a scale from 1 to 5 (other scales are stretched to it).",
        formula=r"\overline{x} = \frac{1}{n} \sum_{i=1}^{n} "
        r"\left( 1 + 4\, \frac{x_i - x_{\min}}{x_{\max} - x_{\min}} \right)",
        unit="points",
        direction="up",
        basis=_answers("satisfaction", _on_one_to_five),
        statistic=Mean(),
        source="seed glossaries 1, 2, 3 (average score)",
        example=Example(_STORY + "(5 + 4 + 3 + 1) ÷ 4 = 3.25.", _ROWS, 3.25),
    ),
)
