"""Customer satisfaction as survey tools count it: which answers of which scales are good."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from cxlab.metrics.answers import goodness, points
from cxlab.metrics.declaration import Basis, Example, Metric
from cxlab.metrics.satisfaction import CALLED, CSAT, SHARE_FORMULA, SILENCE
from cxlab.metrics.statistics import RoundedShare, Share
from cxlab.metrics.survey_bases import SUPERSEDED, answers, asked, on_scales

__all__ = ["BOXES", "METRICS"]

BOXES: Mapping[str, Mapping[int, int]] = {
    "zendesk": {2: 1, 3: 1, 5: 2},
    "delighted": {3: 1, 5: 2},
    "simplesat": {2: 1, 3: 1, 4: 2, 5: 2},
}
"""Per vendor: how many top answers are good on a scale of so many points."""


def _basis(vendor: str) -> Basis:
    boxes = BOXES[vendor]

    def good(rows: ir.Table) -> ir.BooleanValue:
        top = ibis.cases(*[(points(rows) == many, n) for many, n in boxes.items()], else_=0)
        return goodness(rows) > rows.scale_max - top

    known = ", ".join(str(many) for many in boxes)
    other = on_scales(list(boxes), f"its scale has another number of answers than {known}")
    return answers(
        f"satisfied_{vendor}", "csat", good, SILENCE, called=CALLED, exclusions=(other, SUPERSEDED)
    )


def _on(points_: int, *scores: float) -> list[dict[str, object]]:
    """Return answers on a scale from 1 to `points_`."""
    return [{"scale_max": points_, "score": score} for score in scores]


def _mixed(*rows: dict[str, object]) -> tuple[dict[str, object], ...]:
    scores = [float(str(r["score"])) for r in rows]
    return asked(scores, CSAT, scale_max=[r["scale_max"] for r in rows])


METRICS: tuple[Metric, ...] = (
    Metric(
        id="csat_zendesk",
        title="Customer satisfaction as Zendesk counts it",
        definition="Share of good answers of all answers: 2 of 2, 3 of 3, and 4 or 5 of 5; a 3 of "
        "5 and a 2 of 3 are bad.",
        formula=SHARE_FORMULA,
        unit="share",
        direction="up",
        basis=_basis("zendesk"),
        statistic=Share(),
        source="support.zendesk.com, about CSAT: 5-point 3 = bad, 3-point only 3 = good",
        variant_of="csat",
        preset="zendesk",
        example=Example(
            "On a scale of 5 the answers are 4 and 3, on a scale of 3 they are 3 and 2, and a 10 "
            "of 10 is no Zendesk survey: 2 of 4 are good.",
            {"surveys": _mixed(*_on(5, 4, 3), *_on(3, 3, 2), *_on(10, 10))}, 0.5,
        ),
    ),
    Metric(
        id="csat_delighted",
        title="Customer satisfaction as Delighted prints it",
        definition="Share of answers 4 and 5 of 5 (3 of 3), of all answers, rounded to a whole "
        "percentage.",
        formula=r"\operatorname{round} \left( 100\, \frac{n_{4} + n_{5}}{n} \right) \%",
        unit="share",
        direction="up",
        basis=_basis("delighted"),
        statistic=RoundedShare(),
        source="help.delighted.com, article 240, How is CSAT calculated",
        notes=("Two rounded numbers can differ by a point more or less than the shares do.",),
        variant_of="csat",
        preset="delighted",
        example=Example(
            "Answers of 5, 4 and 2: 2 of 3 are satisfied, 66.67 %, printed as 67 %.",
            {"surveys": _mixed(*_on(5, 5, 4, 2))}, 0.67,
        ),
    ),
    Metric(
        id="csat_simplesat",
        title="Customer satisfaction as Simplesat counts it",
        definition="Share of positive answers of all answers: 2 of 2, 3 of 3, 3 or 4 of 4, and 4 "
        "or 5 of 5.",
        formula=SHARE_FORMULA,
        unit="share",
        direction="up",
        basis=_basis("simplesat"),
        statistic=Share(),
        source="help.simplesat.io, article 3456900, What is CSAT",
        variant_of="csat",
        preset="simplesat",
        example=Example(
            "On a scale of 4 the answers are 3 and 2, on a scale of 3 they are 3 and 2: 2 of 4 are "
            "positive. (csat counts the top answer of 4 only: 1 of 4.)",
            {"surveys": _mixed(*_on(4, 3, 2), *_on(3, 3, 2))}, 0.5,
        ),
    ),
)  # fmt: skip
