"""Net promoter score (NPS): who would recommend, less who would not."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.answers import goodness
from cxlab.metrics.declaration import Example, Exclusion, Metric
from cxlab.metrics.nonresponse import Silence
from cxlab.metrics.statistics import Balance, WeightedBalance
from cxlab.metrics.survey_bases import answers, asked, superseded

__all__ = ["METRICS"]

_CALLED = "surveys of the likelihood to recommend"
_SILENCE = Silence("been detractors", "promoters")


def _side(rows: ir.Table) -> ir.IntegerValue:
    """Return +1 for promoters (9, 10), −1 for detractors (0 to 6), 0 for passives."""
    score = goodness(rows)
    return ibis.cases((score >= 9, 1), (score <= 6, -1), else_=0)


_NPS = {"instrument": "nps", "scale_min": 0, "scale_max": 10}
_SOURCE = "Reichheld, HBR December 2003; interval: Rocks, The American Statistician 70 (2016)"
_FORMULA = r"\mathrm{nps} = 100\, \frac{n_{9\ldots10} - n_{0\ldots6}}{n}"
_INTERVAL = "Two waves of 100 answers each differ surely from about 21 points on."
_STORY = (
    "Six customers were asked. Five answered 10, 9, 8, 6 and 0; one did not answer. A 0 is an "
    "answer. "
)
_ROWS = {"surveys": asked((10, 9, 8, 6, 0, None), _NPS)}
_BOTH = asked(
    (10, 2, 9, 3, 7), _NPS,
    subject_type=["customer", "customer", "ticket", "ticket", "order"],
    subject_id=["c1", "c2", "A", "B", "o1"], customer_id=["c1", "c2", "c1", "c1", "c3"],
)  # fmt: skip
_VOCAL = asked(
    (0, 0, 9, 10, 8), _NPS, subject_type=["ticket"] * 3 + ["customer"] * 2,
    subject_id=["A", "B", "C", "c2", "c3"], customer_id=["c1", "c1", "c1", "c2", "c3"],
    answered_at=["10:00", "11:00", "12:00", "10:00", "10:00"],
)  # fmt: skip

METRICS: tuple[Metric, ...] = (
    Metric(
        id="nps",
        title="Net promoter score (NPS)",
        definition="Share of promoters (9 and 10) less share of detractors (0 to 6), in points; "
        "the latest answer per subject counts.",
        formula=_FORMULA,
        unit="nps",
        direction="up",
        basis=answers("promotion", "nps", _side, _SILENCE, called=_CALLED),
        statistic=Balance(100.0),
        source=_SOURCE,
        notes=(
            "Answers about customers (relational) and about tickets or orders (transactional) are "
            "pooled, and the note says so: they are two surveys with an id each.",
            "Subtract before rounding: from 33.5 to 16.5 it fell by 17 points; rounded to even "
            "numbers first, 34 − 16 = 18.",
            _INTERVAL,
        ),
        example=Example(
            _STORY + "Two promoters, one passive, two detractors: 100 × (2 − 2) ÷ 5 = 0.",
            _ROWS, 0.0,
        ),
    ),
    Metric(
        id="nps_relational",
        title="Relational net promoter score",
        definition="Net promoter score of surveys about the relation (their subject is the "
        "customer); the latest answer per customer in the period counts.",
        formula=_FORMULA,
        unit="nps",
        direction="up",
        basis=answers(
            "promotion_relational", "nps", _side, _SILENCE,
            called=_CALLED + " about the customer's relation,",
            belongs=lambda t: t.subject_type == "customer",
        ),
        statistic=Balance(100.0),
        source=_SOURCE,
        variant_of="nps",
        example=Example(
            "Two customers answer the yearly survey with 10 and 7, the second after a 2 in the "
            "same week; a 0 about a ticket is no part of it: 100 × (1 − 0) ÷ 2 = 50.",
            {"surveys": asked(
                (10, 2, 7, 0), _NPS, subject_type=["customer"] * 3 + ["ticket"],
                subject_id=["c1", "c2", "c2", "A"],
                answered_at=["10:00", "10:00", "+1 10:00", "10:00"])},
            50.0,
        ),
    ),
    Metric(
        id="nps_transactional",
        title="Transactional net promoter score",
        definition="Net promoter score of surveys about a ticket or an order; the latest answer "
        "per ticket or order counts.",
        formula=_FORMULA,
        unit="nps",
        direction="up",
        basis=answers(
            "promotion_transactional", "nps", _side, _SILENCE,
            called=_CALLED + " about tickets and orders,",
            belongs=lambda t: t.subject_type != "customer",
        ),
        statistic=Balance(100.0),
        source=_SOURCE,
        variant_of="nps",
        example=Example(
            "Two tickets and an order are answered 9, 3 and 7; the yearly survey's 10 and 2 are "
            "no part of it: 100 × (1 − 1) ÷ 3 = 0.",
            {"surveys": _BOTH}, 0.0,
        ),
    ),
    Metric(
        id="nps_customer",
        title="Net promoter score, one answer per customer",
        definition="Net promoter score of the latest answer of each customer in the period, "
        "whatever it was about.",
        formula=r"\mathrm{nps} = 100\, \frac{n_{\mathrm{promoting\ customers}} - "
        r"n_{\mathrm{detracting\ customers}}}{n_{\mathrm{customers}}}",
        unit="nps",
        direction="up",
        basis=answers(
            "promotion_customer", "nps_customer", _side, _SILENCE, called=_CALLED,
            exclusions=(
                Exclusion("unknown_customer", "who was asked is not recorded",
                          lambda t: t.fact_customer.isnull()),
                superseded("the customer answered again later on"),
            ),
        ),
        statistic=Balance(100.0),
        source=_SOURCE,
        notes=("Whoever writes often is asked often: here everybody counts once.",),
        variant_of="nps",
        example=Example(
            "One customer answers about three tickets: 0, 0 and at last 9; two others answer 10 "
            "and 8. Of three customers two promote: 66.67. (By answers it is 100 × (2 − 2) ÷ 5 = "
            "0.)",
            {"surveys": _VOCAL}, 200 / 3,
        ),
    ),
    Metric(
        id="nps_weighted",
        title="Net promoter score, weighted",
        definition="Weight of the promoters less weight of the detractors, of the weight of all "
        "answers, in points; the weights are the survey's own.",
        formula=r"100\, \frac{\sum_{i: x_i \ge 9} w_i - \sum_{i: x_i \le 6} w_i}{\sum_i w_i}",
        unit="nps",
        direction="up",
        basis=answers(
            "promotion_weighted", "nps", _side,
            Silence("been detractors", "promoters", weighted=True), called=_CALLED,
            also={"weight": lambda t: t.weight}, needs=("surveys.weight",),
        ),
        statistic=WeightedBalance(),
        source=_SOURCE + "; Kish (1965), Survey Sampling, §11.7",
        variant_of="nps",
        example=Example(
            "A large account, whose answer weighs 3, answers 3; three small ones of weight 1 "
            "answer 10, 9 and 8: 100 × (2 − 3) ÷ 6 = −16.67. (By head it is +25.)",
            {"surveys": asked((3, 10, 9, 8), _NPS, weight=(3.0, 1.0, 1.0, 1.0))}, -100 / 6,
        ),
    ),
)  # fmt: skip
