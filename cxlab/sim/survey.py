"""What customers answer to the surveys after their ticket is settled."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import special

from cxlab.scenario import INSTRUMENTS, Survey
from cxlab.sim.addresses import Keys, uniforms_at
from cxlab.sim.view import Floats, Integers, View, named

__all__ = ["score_draws", "scores", "surveys"]


def scores(
    survey: Survey, u: Floats, wait_s: Floats, resolution_s: Floats, contacts: Integers,
    tier: Integers, lowest: int = 1,
) -> Floats:  # fmt: skip
    """Return scores from a proportional-odds model, for uniforms `u`, `lowest` the worst.

    `wait_s` is the time to the first reply in seconds, `resolution_s` that to the last solve,
    `contacts` how often the customer got in touch, `tier` the highest tier reached. A longer wait
    with a positive effect lowers every score or leaves it. Source: P. McCullagh, Regression
    models for ordinal data, JRSS B 42 (1980).

    >>> from cxlab.scenario import Survey
    >>> model = Survey(response_rate=1.0, cutpoints=[-2.0, -1.0, 0.0, 1.0], wait_effect=1.0)
    >>> one = np.array([1, 1])
    >>> scores(model, np.array([0.6, 0.6]), np.array([0.0, 7200.0]), np.zeros(2), one, one)
    array([4., 2.])
    """
    log = survey.wait_scale == "log_hours"

    def beyond(seconds: Floats, expected: float) -> Floats:
        hours = seconds / 3600
        return np.log1p(hours) - np.log1p(expected) if log else hours - expected

    effect = survey.extra_contact_effect * (contacts - 1) + survey.escalation_effect * (tier - 1)
    effect = effect + survey.wait_effect * beyond(wait_s, survey.expected_wait_hours)
    if survey.resolution_effect:
        late = beyond(resolution_s, survey.expected_resolution_hours)
        effect = effect + survey.resolution_effect * late
    at_most = special.expit(np.asarray(survey.cutpoints) + np.asarray(effect)[:, None])
    return np.asarray(lowest + np.sum(u[:, None] > at_most, axis=1), dtype=np.float64)


def score_draws(keys: Keys, instrument: str) -> Floats:
    """Return the uniforms that decide on the scores of requests that have addresses."""
    return uniforms_at(keys, f"survey.{instrument}.score")


def surveys(view: View) -> pa.Table:
    """Return one row per invitation sent before the horizon, with its answer if there is one.

    Customers are asked once per instrument, after the solve that nobody comes back from.
    """
    parts = [_asked(view, name, survey) for name, survey in view.scenario.surveys.items()]
    return pa.concat_tables(parts) if parts else _asked(view, "csat", None)


def _asked(view: View, instrument: str, survey: Survey | None) -> pa.Table:
    at = view.timeline.instants
    contact = view.latest_place(~np.isnan(view.solved) & view.workload.final)
    delay = np.inf if survey is None else survey.delay_hours * 3600
    sent = np.where((contact >= 0) & view.settled, view.solved[contact] + delay, np.inf)
    ticket = np.flatnonzero(sent < view.timeline.horizon_s)
    answered, score = np.full(len(ticket), np.nan), np.full(len(ticket), np.nan)
    if survey is not None and len(ticket):
        answered, score = _answers(view, instrument, survey, ticket, sent[ticket])
    n, (version, lowest, highest) = len(ticket), INSTRUMENTS[instrument]
    same = np.zeros(n, dtype=np.int32)
    return pa.table(
        {
            "survey_id": pc.binary_join_element_wise(
                view.ticket_ids.take(pa.array(ticket)), instrument, "-"
            ),
            "instrument": named([instrument], same),
            "version": named([version], same),
            "scale_min": pa.array(same + lowest),
            "scale_max": pa.array(same + highest),
            "direction": named(["up"], same),
            "sent_at": at(sent[ticket]),
            "answered_at": at(answered),
            "score": pa.array(score, mask=np.isnan(score)),
            "subject_type": named(["ticket"], same),
            "subject_id": view.tickets(ticket),
            "customer_id": view.customers(ticket),
            "agent_id": named(view.who, _about(view, contact[ticket])),
            "channel": view.kind_of(view.ticket_line[ticket]),
            "excluded_reason": view.excluded(ticket),
        }
    )


def _about(view: View, contact: Integers) -> Integers:
    """Return whose work a survey is about: who solved the ticket, or the bot."""
    agent = view.outcome.agent[view.workload.first_step[contact + 1] - 1]
    return np.where(agent < 0, view.bot_of_line[view.line[contact]], agent)


def _answers(
    view: View, instrument: str, survey: Survey, ticket: Integers, sent: Floats
) -> tuple[Floats, Floats]:
    """Return when and what the asked customers answered; NaN where not before the horizon."""
    who, what, when = (
        view.u(f"survey.{instrument}.{purpose}", ticket)
        for purpose in ("answered", "score", "delay")
    )
    delay = survey.answer_hours.quantile(when) * 3600 if survey.answer_hours else 0.0
    answered = np.where(who < survey.response_rate, sent + delay, np.nan)
    answered[~(answered < view.timeline.horizon_s)] = np.nan
    work, created = view.workload, view.created[ticket]
    reply = view.earliest(view.replied[work.first_step[:-1]])[ticket]
    # Whom a bot met had the first reply at once.
    wait = np.where(np.isnan(reply) | view.has_bot[ticket], 0.0, reply - created)
    lasted = sent - survey.delay_hours * 3600 - created
    contacts = view.count(view.happened)[ticket]
    score = scores(survey, what, wait, lasted, contacts, _tier(view)[ticket],
                   INSTRUMENTS[instrument][1])  # fmt: skip
    return answered, np.where(np.isnan(answered), np.nan, score)


def _tier(view: View) -> Integers:
    """Return per ticket the highest tier that took it, 1 at least."""
    work = view.workload
    step = np.flatnonzero(view.outcome.agent >= 0)
    contact = work.contact[step]
    tier = np.ones(len(view.opening), dtype=np.int64)
    np.maximum.at(tier, view.ticket[contact], step - work.first_step[contact] + 1)
    return tier
