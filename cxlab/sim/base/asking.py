"""The question to customers whether they would recommend the business."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import special

from cxlab.scenario import INSTRUMENTS
from cxlab.sim.addresses import uniforms_at
from cxlab.sim.base.view import BaseView
from cxlab.sim.view import named

__all__ = ["relation_surveys"]

_NOON_S = 12 * 3600.0
_A_DAY_S = 86_400.0


def relation_surveys(view: BaseView) -> pa.Table | None:
    """Return one row per question; asked at noon, answered within a day or never.

    Who is asked is a customer on that day; the scores follow a proportional-odds model.
    """
    survey = view.life.relation_survey
    if survey is None:
        return None
    people, days = view.history.customers, view.population.days
    parts = []
    most = (view.total + days.reach) // 28 // survey.every_months + 1
    for time in range(1, most + 1):
        months = time * survey.every_months
        may = np.flatnonzero(people.born + 28 * months < view.total)  # the calendar ends somewhere
        day = days.anniversary(people.born[may], np.full(len(may), months))
        seen = (day >= 0) & (day < view.total)
        asked, day = may[seen], day[seen]
        there = view.seen_between(asked, day)
        parts.append((asked[there], day[there], np.full(int(there.sum()), time)))
    who, day, number = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((who, day))
    who, day, number = who[order], day[order], number[order]
    key = people.key[who]
    sent = view.seconds(day) + _NOON_S
    answered = sent + uniforms_at(key, "relation.delay", number) * _A_DAY_S
    says = uniforms_at(key, "relation.answers", number) < survey.response_rate
    says &= answered < view.timeline.horizon_s
    # Of those who come whatever happens, so that no score depends on who is referred or not.
    mean = float(people.leaving[people.referrer < 0].mean()) if len(people) else 1.0
    effect = survey.frailty_effect * (people.leaving[who] / (mean or 1.0) - 1)
    version, lowest, highest = INSTRUMENTS["nps"]
    at_most = special.expit(np.asarray(survey.cutpoints) + effect[:, None])
    u = uniforms_at(key, "relation.score", number)
    score = np.where(says, lowest + (u[:, None] > at_most).sum(axis=1), np.nan)
    same = np.zeros(len(who), dtype=np.int32)
    names = view.names.take(pa.array(who))
    return pa.table(
        {
            "survey_id": pc.binary_join_element_wise(
                names, pc.cast(pa.array(number), pa.string()), "nps", "-"
            ),
            "instrument": named(["nps"], same),
            "version": named([version], same),
            "scale_min": pa.array(same + lowest),
            "scale_max": pa.array(same + highest),
            "direction": named(["up"], same),
            "sent_at": view.timeline.instants(sent),
            "answered_at": view.timeline.instants(np.where(says, answered, np.nan)),
            "score": pa.array(score, mask=~says),
            "subject_type": named(["customer"], same),
            "subject_id": view.who(who),
            "customer_id": view.who(who),
            "excluded_reason": view.excluded(day),
        }
    )
