"""Response rate: how many of those who were asked answered."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.nonresponse import POOLED
from cxlab.metrics.statistics import Share
from cxlab.metrics.survey_bases import asked

__all__ = ["METRICS"]

WINDOW_DAYS = 14
"""How long an invitation of the mature response rate has for its answer."""

_EXCLUSIONS = (
    Exclusion("uninvited", "no sending is recorded: it came without an invitation",
              lambda t: t.sent_at.isnull()),
    Exclusion("same_invitation", "sent at the same instant about the same subject",
              lambda t: ~t.fact_latest),
)  # fmt: skip


def _answered_in_time(rows: ir.Table) -> ir.BooleanValue:
    limit = rows.sent_at + ibis.interval(days=WINDOW_DAYS)
    return rows.score.notnull() & (rows.answered_at <= limit).fill_null(False)


def _young(rows: ir.Table) -> ir.BooleanValue:
    return rows.sent_at > rows.fact_as_of - ibis.interval(days=WINDOW_DAYS)


_CSAT = {"instrument": "csat", "scale_min": 1, "scale_max": 5}
_RATE = r"\frac{n_{\mathrm{answered}}}{n_{\mathrm{delivered}}}"
_SOURCE = "AAPOR, Standard Definitions"
_DELIVERED = "What was not delivered carries an `excluded_reason` (bounced) and is not counted."

METRICS: tuple[Metric, ...] = (
    Metric(
        id="resp",
        title="Survey response rate",
        definition="Share of the delivered survey invitations that were answered with a score.",
        formula=rf"\mathrm{{resp}} = {_RATE}",
        unit="share",
        direction="up",
        basis=Basis(
            name="responded",
            source="invitations",
            attribution=Attribution.SENT,
            population="survey invitations sent in the period, of all instruments",
            belongs=lambda t: t.survey_id.notnull(),
            value=lambda t: t.score.notnull(),
            exclusions=_EXCLUSIONS,
            needs=("surveys.sent_at",),
            remark=POOLED,
        ),
        statistic=Share(),
        source=_SOURCE,
        notes=(
            _DELIVERED,
            "A log of answers alone has no response rate: it would be 100 %.",
            "Invitations sent lately are still being answered: resp_14d waits for them.",
        ),
        example=Example(
            "Six invitations: one bounced, two were answered, one of these exported twice (the "
            "answer was edited), two were not. Of four invitations two were answered: 50 %.",
            {"surveys": asked(
                (5, 4, 3, None, None, None), _CSAT,
                subject_id=["c1", "c2", "c2", "c3", "c4", "c5"],
                answered_at=["10:00", "10:00", "11:00", None, None, None],
                excluded_reason=[None, None, None, None, None, "bounced"])},
            0.5,
        ),
    ),
    Metric(
        id="resp_14d",
        title="Survey response rate within 14 days",
        definition="Share of the delivered survey invitations that were answered with a score "
        "within 14 days; younger invitations are pending.",
        formula=rf"\mathrm{{resp}}_{{14}} = {_RATE}, \quad a_i - s_i \le 14\ \mathrm{{d}}",
        unit="share",
        direction="up",
        basis=Basis(
            name="responded_in_time",
            source="invitations",
            attribution=Attribution.SENT,
            population="survey invitations sent in the period, of all instruments",
            belongs=lambda t: t.survey_id.notnull(),
            value=_answered_in_time,
            exclusions=_EXCLUSIONS,
            pending=_young,
            pending_meaning=f"sent less than {WINDOW_DAYS} days ago, answered or not",
            needs=("surveys.sent_at",),
            remark=POOLED,
        ),
        statistic=Share(),
        source=_SOURCE,
        notes=(_DELIVERED,),
        variant_of="resp",
        example=Example(
            "Of three invitations of Monday one is answered after a day, one after 20 days, one "
            "never; a fourth was sent a week before the cut-off and answered at once. It is too "
            "young to count either way: 1 of 3.",
            {"surveys": asked(
                (5, 4, None, 5), _CSAT, sent_at=["09:00", "09:00", "09:00", "+53 09:00"],
                answered_at=["+1 10:00", "+20 10:00", None, "+53 10:00"])},
            1 / 3,
        ),
    ),
)  # fmt: skip
