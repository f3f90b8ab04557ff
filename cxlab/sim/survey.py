"""What customers answer to the survey after their ticket is settled."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from cxlab.scenario import Survey
from cxlab.sim.log import Mark
from cxlab.sim.view import Floats, Integers, View

__all__ = ["csat_scores", "surveys"]


def csat_scores(survey: Survey, u: Floats, wait_s: Floats, contacts: Integers) -> Floats:
    """Return scores 1 to 5 from a proportional-odds model, for uniforms `u`.

    `wait_s` is the time to the first reply in seconds, `contacts` how often the customer got
    in touch. A longer wait with a positive effect lowers every score or leaves it.

    >>> from cxlab.scenario import Survey
    >>> model = Survey(response_rate=1.0, cutpoints=[-2.0, -1.0, 0.0, 1.0], wait_effect=1.0)
    >>> csat_scores(model, np.array([0.6, 0.6]), np.array([0.0, 7200.0]), np.array([1, 1]))
    array([4., 2.])
    """
    hours = wait_s / 3600
    wait = np.log1p(hours) if survey.wait_scale == "log_hours" else hours
    effect = survey.wait_effect * wait + survey.extra_contact_effect * (contacts - 1)
    at_most = special.expit(np.asarray(survey.cutpoints) + effect[:, None])  # P(score ≤ 1..4)
    return np.asarray(1.0 + np.sum(u[:, None] > at_most, axis=1), dtype=np.float64)


def surveys(view: View) -> pd.DataFrame:
    """Return one row per invitation sent before the horizon, with its answer if there is one.

    Customers are asked once, after the solve that nobody comes back from.
    """
    survey = view.scenario.survey
    sent, at = np.full(len(view.workload), np.inf), view.timeline.instants
    if survey is not None:
        settled_at = _finally_solved(view)
        sent = np.where(np.isnan(settled_at), np.inf, settled_at + survey.delay_hours * 3600)
    ticket = np.flatnonzero(sent < view.timeline.horizon_s)
    answered, score = _answers(view, survey, ticket, sent[ticket])
    return pd.DataFrame(
        {
            "survey_id": view.ticket_ids[ticket] + "-csat",
            "instrument": "csat",
            "version": "csat_5",
            "scale_min": 1,
            "scale_max": 5,
            "direction": "up",
            "sent_at": at(sent[ticket]),
            "answered_at": at(answered),
            "score": score,
            "subject_type": "ticket",
            "subject_id": view.ticket_ids[ticket],
            "customer_id": view.customer_ids[ticket],
            "agent_id": view.agent_ids[view.last(view.marks[Mark.SOLVE])[1][ticket]],
            "channel": view.channel_names[ticket],
            "excluded_reason": view.excluded[ticket],
        }
    )


def _finally_solved(view: View) -> Floats:
    """Return per ticket when it was solved for good; NaN where it was not, or not yet."""
    solves = view.marks[Mark.SOLVE]
    last = view.workload.final[solves.ticket, solves.contact]
    times = np.full(len(view.workload), np.nan)
    times[solves.ticket[last]] = solves.time[last]
    return times


def _answers(
    view: View, survey: Survey | None, ticket: Integers, sent: Floats
) -> tuple[Floats, Floats]:
    """Return when and what the asked customers answered; NaN where not before the horizon."""
    if survey is None:
        return np.empty(0), np.empty(0)
    who, what, when = view.workload.survey[ticket].T
    delay = survey.answer_hours.quantile(when) * 3600 if survey.answer_hours else 0.0
    answered = np.where(who < survey.response_rate, sent + delay, np.nan)
    answered[~(answered < view.timeline.horizon_s)] = np.nan
    wait = view.first(view.replies)[ticket] - view.workload.created[ticket]
    contacts = view.count(view.marks[Mark.CONTACT])[ticket]
    score = csat_scores(survey, what, wait, contacts)
    return answered, np.where(np.isnan(answered), np.nan, score)
