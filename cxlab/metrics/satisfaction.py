"""Customer satisfaction (CSAT): the share of good answers, and the readings that differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.answers import goodness, points, top_box
from cxlab.metrics.declaration import Attribution, Example, Exclusion, Metric
from cxlab.metrics.facts import is_live
from cxlab.metrics.nonresponse import Silence
from cxlab.metrics.statistics import Mean, Share, WeightedShare
from cxlab.metrics.survey_bases import SUPERSEDED, answers, asked, superseded

__all__ = ["CALLED", "CSAT", "METRICS", "SHARE_FORMULA", "SILENCE"]

MOST_BOXES = 11
"""A scale with more answers than this (0 to 100) has no two top boxes worth the name."""

CALLED = "satisfaction surveys"
SILENCE = Silence("been dissatisfied", "satisfied")
_SCORES = Silence("given the worst answer", "the best")


def _position(rows: ir.Table) -> ir.FloatingValue:
    """Where the answer stands between the scale's ends, 0 to 1."""
    span = (rows.scale_max - rows.scale_min).cast("float64")
    return (goodness(rows) - rows.scale_min) / span


_WIDE = Exclusion(
    "wide_scale", f"its scale has more than {MOST_BOXES} answers, so that boxes mean little",
    lambda t: points(t) > MOST_BOXES,
)  # fmt: skip
_SATISFIED = answers(
    "satisfied", "csat", top_box, SILENCE, called=CALLED, exclusions=(_WIDE, SUPERSEDED)
)
_FIRST = answers(
    "satisfied_first", "csat_first", top_box, SILENCE, called=CALLED,
    exclusions=(
        _WIDE, superseded("the customer had answered before about the same subject")
    ),
)  # fmt: skip
_SENT = answers(
    "satisfied_sent", "csat_sent", top_box, SILENCE, called=CALLED, attribution=Attribution.SENT,
    exclusions=(
        _WIDE,
        Exclusion("sending_unknown", "when it was sent is not recorded",
                  lambda t: t.sent_at.isnull()),
        superseded("another one about the same subject stands"),
    ),
    needs=("surveys.sent_at",),
)  # fmt: skip
_SOLVED = answers(
    "satisfied_solved", "csat", top_box, SILENCE, called=CALLED, attribution=Attribution.SOLVED,
    belongs=lambda t: t.subject_type == "ticket",
    exclusions=(
        _WIDE, SUPERSEDED,
        Exclusion("unknown_ticket", "its ticket is not in the log",
                  lambda t: t.fact_ticket.isnull()),
        Exclusion("unsolved", "its ticket was closed without a solve",
                  lambda t: (t.fact_solves == 0) & ~is_live(t)),
    ),
    pending=lambda t: is_live(t),
    pending_meaning="answered, its ticket is open",
    needs=("tickets",),
)  # fmt: skip
_WEIGHTED = answers(
    "satisfied_weighted", "csat", top_box,
    Silence("been dissatisfied", "satisfied", weighted=True), called=CALLED,
    exclusions=(_WIDE, SUPERSEDED), also={"weight": lambda t: t.weight},
    needs=("surveys.weight",),
)  # fmt: skip

CSAT: Mapping[str, Any] = {"instrument": "csat", "scale_min": 1, "scale_max": 5}
_TICKET = {**CSAT, "subject_type": "ticket"}
_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "tickets": tuple(
        {"ticket_id": i, "channel": "email", "status": "solved", "created_at": "08:00"}
        for i in "ABCDE"
    ),
    "surveys": asked((5, 4, 3, 1, None), _TICKET, subject_id="ABCDE"),
}
_STORY = "Five customers were asked. Four answered 5, 4, 3 and 1; one did not answer. "
_SOURCE = "top-2 box as Delighted, Simplesat and Zendesk count 5-point scales"
_SILENT = "Of those who did not answer nothing is known: the note says how far they could move it."
_POOLS = "Versions and scales of the question are pooled, and the note says so: group by `version`."
SHARE_FORMULA = r"\mathrm{csat} = \frac{\left|\{ i : x_i \ge 4 \}\right|}{n_{\mathrm{answers}}}"
_EDITED = asked(
    (1, 5, 2), _TICKET, subject_id="AAB", answered_at=("10:00", "+1 10:00", "12:00")
)  # fmt: skip
_TWO = tuple(
    {"ticket_id": i, "channel": "email", "status": "solved", "created_at": "08:00"} for i in "AB"
)
_LATER = tuple(
    {"ticket_id": i, "channel": "email", "status": s, "created_at": "2026-01-28", **solved}
    for i, s, solved in (
        ("A", "solved", {"first_solved_at": "2026-01-30", "last_solved_at": "2026-01-30"}),
        ("B", "solved", {"first_solved_at": "2026-02-03", "last_solved_at": "2026-02-03"}),
        ("C", "open", {}),
    )
)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="csat",
        title="Customer satisfaction (CSAT)",
        definition="Share of answers in the top two boxes (4 and 5 of 5), of all valid answers; "
        "the latest answer per subject counts.",
        formula=SHARE_FORMULA,
        unit="share",
        direction="up",
        basis=_SATISFIED,
        statistic=Share(),
        source=_SOURCE,
        notes=(
            "Scales shorter than five points count the top box only; reversed scales are mirrored.",
            _SILENT,
            _POOLS,
        ),
        version=2,
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
        basis=answers("satisfaction", "csat", lambda t: 1 + 4 * _position(t), _SCORES,
                      called=CALLED),
        statistic=Mean(),
        source="academy.practicalcsm.com (average score)",
        notes=(_SILENT, _POOLS),
        variant_of="csat",
        version=2,
        example=Example(_STORY + "(5 + 4 + 3 + 1) ÷ 4 = 3.25.", _ROWS, 3.25),
    ),
    Metric(
        id="csat_rescaled",
        title="Customer satisfaction, rescaled mean",
        definition="Mean place of the answers between the worst (0 %) and the best (100 %) answer "
        "of their scale.",
        formula=r"\frac{1}{n} \sum_{i=1}^{n} \frac{x_i - x_{\min}}{x_{\max} - x_{\min}}",
        unit="share",
        direction="up",
        basis=answers("satisfaction_rescaled", "csat", _position, _SCORES, called=CALLED),
        statistic=Mean(),
        source="academy.practicalcsm.com (a score out of 10 or 100, averaged)",
        notes=(
            "It is not the mean divided by the highest answer, which gives the worst answer of a "
            "scale from 1 to 5 its 20 %.",
        ),
        variant_of="csat",
        example=Example(
            _STORY + "They stand at 4/4, 3/4, 2/4 and 0/4 of the way: 9/16 = 56.25 %. (3.25 of 5 "
            "would be 65 %.)",
            _ROWS, 0.5625,
        ),
    ),
    Metric(
        id="csat_first",
        title="Customer satisfaction, first answers",
        definition="Share of answers in the top two boxes, of all valid answers; the first answer "
        "per subject counts.",
        formula=SHARE_FORMULA,
        unit="share",
        direction="up",
        basis=_FIRST,
        statistic=Share(),
        source="as csat; for surveys whose answers are edited after somebody called back",
        variant_of="csat",
        example=Example(
            "A customer answers 1, is called back, and answers 5 the next day; another answers 2. "
            "By first answers 0 of 2 are satisfied; by latest ones it would be 1 of 2.",
            {"tickets": _TWO, "surveys": _EDITED}, 0.0,
        ),
    ),
    Metric(
        id="csat_solved",
        title="Customer satisfaction by day of the solve",
        definition="Share of answers in the top two boxes, of all valid answers about tickets "
        "last solved in the period, whenever they were given.",
        formula=SHARE_FORMULA,
        unit="share",
        direction="up",
        basis=_SOLVED,
        statistic=Share(),
        source="as csat, attributed as art is: by the last solve; ours",
        variant_of="csat",
        example=Example(
            "A was solved in January and B in February; C is open again. All three answered in "
            "February: 5, 1 and 1. January's tickets were satisfactory (1 of 1), February's not "
            "(0 of 1), both together 1 of 2; C waits for its solve.",
            {"tickets": _LATER,
             "surveys": asked((5, 1, 1), _TICKET, subject_id="ABC", sent_at=["2026-02-01"] * 3,
                              answered_at=["2026-02-04"] * 3)},
            0.5,
        ),
    ),
    Metric(
        id="csat_sent",
        title="Customer satisfaction by day of the invitation",
        definition="Share of answers in the top two boxes, of all valid answers to surveys sent "
        "in the period, whenever they were given.",
        formula=SHARE_FORMULA,
        unit="share",
        direction="up",
        basis=_SENT,
        statistic=Share(),
        source="as csat, by cohort of invitations; ours",
        notes=("The latest cohorts are incomplete: their slow answers are still to come.",),
        variant_of="csat",
        example=Example(
            "Two surveys are sent on 31 January. One is answered 5 the same day, the other 2 on "
            "1 February: both belong to January, 1 of 2 is good.",
            {"tickets": _TWO,
             "surveys": asked((5, 2), _TICKET, subject_id="AB", sent_at=["2026-01-31"] * 2,
                              answered_at=["2026-01-31", "2026-02-01"])},
            0.5,
        ),
    ),
    Metric(
        id="csat_weighted",
        title="Customer satisfaction, weighted",
        definition="Weight of the answers in the top two boxes, of the weight of all valid "
        "answers; the weights are the survey's own.",
        formula=r"\frac{\sum_i w_i \left[ x_i \ge 4 \right]}{\sum_i w_i}",
        unit="share",
        direction="up",
        basis=_WEIGHTED,
        statistic=WeightedShare(),
        source="Kish (1965), Survey Sampling, §11.7; post-stratification weights",
        variant_of="csat",
        example=Example(
            "A survey reached few of its large accounts, so that their answers weigh 3 each, the "
            "others' 1. The large one answers 2, three others 5, 5 and 1: 2 of 6 by weight are "
            "satisfied, though 2 of 4 by head.",
            {"surveys": asked((2, 5, 5, 1), CSAT, weight=(3.0, 1.0, 1.0, 1.0))}, 1 / 3,
        ),
    ),
)  # fmt: skip
