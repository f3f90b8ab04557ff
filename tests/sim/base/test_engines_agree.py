"""Random companies: both engines equal to the last bit, and what holds in every customer base."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from generated_lives import companies
from hypothesis import HealthCheck, Phase, given, settings
from small_bases import Played, play

from cxlab.scenario import Scenario
from cxlab.sim.base.history import STAYS, Ending
from cxlab.tables import Tables

FEW = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


def hold(scenario: Scenario, *, tables: bool = False) -> None:
    played = play(scenario)
    check_spells(played)
    check_money(played)
    check_desk(played)
    if tables:
        taken = Tables.from_frames(
            played.tables, as_of=scenario.ends_at, time_zone=scenario.time_zone, source="generated"
        )
        assert len(taken.quarantine) == 0, taken.quarantine.to_string()


def check_spells(played: Played) -> None:
    """Everybody has a first spell on the day of birth; spells follow each other; leads too."""
    h, total = played.company.history, played.company.population.days.total
    n = len(h.customers)
    first = np.searchsorted(h.customer, np.arange(n))
    assert (h.customer[first] == np.arange(n)).all()
    assert (h.start[first] == h.customers.born).all()
    end = np.where(h.end == STAYS, total, h.end)
    assert (end > h.start).all()
    again = np.flatnonzero(h.customer[1:] == h.customer[:-1])
    assert (h.start[again + 1] > end[again]).all()
    assert (h.ending[again] == Ending.VOLUNTARY).all()
    assert ((h.end == STAYS) == (h.ending == Ending.NONE)).all()
    assert ((h.reason == 0) == (h.ending == Ending.INVOLUNTARY)).all()
    bought = np.flatnonzero(h.lead_customer >= 0)
    who = h.lead_customer[bought]
    assert (h.customers.born[who] == h.lead_decided[bought]).all()
    assert (h.customers.referrer[who] == h.lead_referrer[bought]).all()
    assert (h.lead_decided > h.lead_day).all()
    assert sorted(who.tolist()) == np.flatnonzero(h.customers.referrer >= 0).tolist()
    assert len(np.unique(h.customers.key)) == n


def check_money(played: Played) -> None:
    """Movements add up to what is subscribed at the end; a term follows the one before it."""
    moves, subs = played.tables["mrr_movements"], played.tables["subscriptions"]
    sign = moves.kind.map(
        {"new": 1, "expansion": 1, "reactivation": 1, "contraction": -1, "churn": -1}
    ).astype(float)
    held = (sign * moves.amount).groupby(moves.customer_id).sum()
    here = subs[subs.status == "active"].groupby("customer_id").mrr.sum()
    assert np.allclose(held, here.reindex(held.index).fillna(0.0), atol=1e-9)
    renewed = subs.status == "renewed"
    following = subs.groupby("subscription_id").started_at.shift(-1)
    assert (following[renewed] == subs.ended_at[renewed]).all()
    assert following[~renewed].isna().all()
    assert (subs.due_at > subs.started_at).all()
    over = subs.ended_at.notna()
    assert (subs.due_at[over] == subs.ended_at[over]).all()
    starts = pd.Timestamp(played.company.population.scenario.starts_at)
    paid = played.tables["transactions"]
    plans = set(subs["product"])
    terms = paid[paid["product"].isin(plans) & ~paid["product"].isin(_sold(played))]
    mine = subs[(subs.started_at >= starts) & ~subs["product"].isin(_sold(played))]
    assert len(terms) == len(mine)


def _sold(played: Played) -> set[str]:
    shop = played.company.population.lifecycle.purchases
    return set() if shop is None else set(shop.products)


def check_desk(played: Played) -> None:
    """Only customers ask; who has asked may come back with the same request later on."""
    if played.company.served is None:
        return
    tickets, subs = played.tables["tickets"], played.tables["subscriptions"]
    follows = tickets.ticket_id.str.contains(".", regex=False)  # opened by a later contact
    first = tickets[~follows]
    spans = subs.groupby("subscription_id").agg(
        who=("customer_id", "first"), begins=("started_at", "min"), ends=("ended_at", "last"),
        lasts=("ended_at", lambda ends: ends.isna().any()),
    )  # fmt: skip
    pairs = first.merge(spans, left_on="customer_id", right_on="who")
    inside = (pairs.created_at >= pairs.begins) & (
        pairs.lasts.astype(bool) | (pairs.created_at < pairs.ends)
    )
    assert set(pairs.ticket_id[inside]) == set(first.ticket_id)


@settings(FEW, max_examples=15)  # test_many_companies draws 600
@given(scenario=companies())
def test_any_company(scenario: Scenario) -> None:
    hold(scenario)


@settings(FEW, max_examples=3)
@given(scenario=companies(most=40))
def test_the_tables_of_any_company_are_accepted(scenario: Scenario) -> None:
    hold(scenario, tables=True)


@pytest.mark.long
@settings(FEW, max_examples=600)
@given(scenario=companies())
def test_many_companies(scenario: Scenario) -> None:
    hold(scenario)
