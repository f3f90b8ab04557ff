"""Customer effort score (CES): how easy it was (2.0, 2013), or how much effort it took (1.0, 2010).

The two run in opposite directions and on different scales, so each has its own metric and its
own source of rows; a survey that does not say which it is never reaches them.
"""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.metrics.answers import goodness
from cxlab.metrics.declaration import Example, Metric
from cxlab.metrics.nonresponse import Silence
from cxlab.metrics.statistics import Mean, Share
from cxlab.metrics.survey_bases import SUPERSEDED, answers, asked, on_scales

__all__ = ["METRICS"]


def _ease(rows: ir.Table) -> ir.FloatingValue:
    return goodness(rows)


def _effort(rows: ir.Table) -> ir.FloatingValue:
    """Effort on CES 1.0's scale: 5 is the most, whichever way a row's labels run."""
    return goodness(rows, better="down")


_SEVEN = on_scales([7], "its scale has other than the seven answers of CES 2.0")
_FIVE = on_scales([5], "its scale has other than the five answers of CES 1.0")
_SCORES = Silence("found it hardest", "easiest")
_CES_2 = {"instrument": "ces", "version": "ces_2", "scale_min": 1, "scale_max": 7}
_CES_1 = {"instrument": "ces", "version": "ces_1", "scale_min": 1, "scale_max": 5}
_ROWS = {
    "surveys": (
        *asked((7, 6, 4, 2, None), _CES_2),
        *({**row, "survey_id": f"old{i}"} for i, row in enumerate(asked((5, 5), _CES_1))),
    )
}
_STORY = (
    "“The company made it easy”, 1 disagree to 7 agree: the answers are 7, 6, 4 and 2, one did not "
    "answer. Two answers to the older question of 2010 (5 of 5: much effort) are no part of it. "
)
_SOURCE = "CES 2.0 (CEB 2013), as the help pages of CustomerGauge and SurveyNinja describe it"

METRICS: tuple[Metric, ...] = (
    Metric(
        id="ces",
        title="Customer effort score 2.0, mean ease",
        definition="Mean agreement, 1 to 7, that the company made it easy to have the matter "
        "handled.",
        formula=r"\mathrm{ces} = \frac{1}{n} \sum_{i=1}^{n} x_i",
        unit="points_7",
        direction="up",
        basis=answers("ease", "ces_2", _ease, _SCORES, called="CES 2.0 surveys",
                      exclusions=(_SEVEN, SUPERSEDED)),
        statistic=Mean(),
        source=_SOURCE,
        notes=("CES 1.0 runs the other way and is another metric, ces_1.",),
        example=Example(_STORY + "(7 + 6 + 4 + 2) ÷ 4 = 4.75.", _ROWS, 4.75),
    ),
    Metric(
        id="ces_share",
        title="Customer effort score 2.0, share who found it easy",
        definition="Share of answers 5, 6 and 7 of 7 that the company made it easy, of all valid "
        "answers.",
        formula=r"\frac{\left|\{ i : x_i \ge 5 \}\right|}{n}",
        unit="share",
        direction="up",
        basis=answers("easy", "ces_2", lambda t: _ease(t) >= 5,
                      Silence("found it hard", "easy"), called="CES 2.0 surveys",
                      exclusions=(_SEVEN, SUPERSEDED)),
        statistic=Share(),
        source=_SOURCE,
        variant_of="ces",
        example=Example(_STORY + "Two of four found it easy: 50 %.", _ROWS, 0.5),
    ),
    Metric(
        id="ces_1",
        title="Customer effort score 1.0, mean effort",
        definition="Mean answer, 1 very low to 5 very high, to how much effort the customer had "
        "to put forth; less is better.",
        formula=r"\mathrm{ces}_1 = \frac{1}{n} \sum_{i=1}^{n} x_i",
        unit="points",
        direction="down",
        basis=answers("effort", "ces_1", _effort, Silence("found it easiest", "hardest"),
                      called="CES 1.0 surveys", exclusions=(_FIVE, SUPERSEDED)),
        statistic=Mean(),
        source="Dixon, Freeman and Toman, HBR July 2010; academy.practicalcsm.com (lower: better)",
        variant_of="ces",
        example=Example(
            "How much effort: 1, 2 and 5; a fourth answer of 5 comes from a form whose labels "
            "run the other way (direction up: 5 is very little effort), so that it means 1. "
            "(1 + 2 + 5 + 1) ÷ 4 = 2.25.",
            {"surveys": asked((1, 2, 5, 5), _CES_1, direction=("down", None, "down", "up"))}, 2.25,
        ),
    ),
)  # fmt: skip
