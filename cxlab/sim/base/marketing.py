"""Word of mouth, campaigns, the loyalty programme, and what winning customers cost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlab.sim.base.campaigns import issue_days, redeemed_days
from cxlab.sim.base.customers import NEVER
from cxlab.sim.base.history import STAYS
from cxlab.sim.base.view import BaseView, Floats, Integers
from cxlab.sim.view import named, numbered

__all__ = ["acquisition_costs", "campaigns", "leads_by_way", "loyalty_members", "referrals"]


def referrals(view: BaseView) -> pa.Table | None:
    """Return the leads that customers named, and what became of them."""
    if view.life.referral is None:
        return None
    h = view.history
    n, segments = len(h.lead_day), view.population.segments
    strategic = np.array([view.life.segments[name].strategic for name in segments])
    source = np.where(strategic[h.customers.segment[h.lead_referrer]], 0, 1)
    closed = h.lead_decided < view.total
    status = np.where(~closed, 0, np.where(h.lead_buys, 1, 2))
    return pa.table(
        {
            "referral_id": numbered("referral", np.arange(n)),
            "referrer_id": view.who(h.lead_referrer),
            "referred_id": view.who(h.lead_customer),
            "at": view.at(h.lead_day),
            "source_tier": named(["strategic", "other"], source),
            "status": named(["open", "won", "lost"], status),
            "closed_at": view.at(np.where(closed, h.lead_decided, STAYS)),
            "excluded_reason": view.excluded(h.lead_day),
        }
    )


def campaigns(view: BaseView) -> pa.Table | None:
    """Return what campaigns issued to active customers, and when it was redeemed."""
    names = sorted(view.life.campaigns)
    if not names:
        return None
    people = view.history.customers
    everybody = np.arange(len(people))
    none = np.empty(0, dtype=np.int64)
    parts = [(none, none, none, none)]
    for number, name in enumerate(names):
        campaign = view.life.campaigns[name]
        for issue, on in enumerate(issue_days(campaign, view.total).tolist()):
            gets, redeemed = redeemed_days(name, campaign, people, issue)
            gets &= view.seen_between(everybody, np.full(len(people), on))
            who = np.flatnonzero(gets)
            # Who left redeems nothing any more, not even when back another time.
            ends = view.ends[view.spell_at(who, np.full(len(who), on + 1))]
            day_of = np.where(redeemed[who] < ends, redeemed[who], NEVER)
            parts.append((who, np.full(len(who), number), np.full(len(who), on), day_of))
    who, place, day, redeemed = (np.concatenate(column) for column in zip(*parts, strict=True))
    known = [view.life.campaigns[name] for name in names]
    valid = np.array([campaign.valid_days for campaign in known])
    return pa.table(
        {
            "campaign_id": named(list(names), place),
            "customer_id": view.who(who),
            "kind": named([str(campaign.kind) for campaign in known], place),
            "issued_at": view.at(day),
            "expires_at": view.ahead(day + valid[place]),
            "redeemed_at": view.at(np.where(redeemed < view.total, redeemed, STAYS)),
            "value": pa.array(np.array([campaign.value for campaign in known])[place]),
            "excluded_reason": view.excluded(day),
        }
    )


def loyalty_members(view: BaseView) -> pa.Table | None:
    """Return who could join the programme, and who did; membership ends with the last spell.

    Nobody becomes eligible or joins while away: that waits for the day of coming back.
    """
    programme = view.life.loyalty
    if programme is None:
        return None
    people, days = view.history.customers, view.population.days
    eligible = days.anniversary(people.born, np.full(len(people), programme.after_months))
    left = view.last_day
    who = np.flatnonzero((eligible < view.total) & (eligible < left))
    joined = np.where(people.member[who] < left[who], people.member[who], STAYS)
    joined = _when_there(view, who, joined)
    leaves = np.where((joined != STAYS) & (left[who] < view.total), left[who], STAYS)
    return pa.table(
        {
            "customer_id": view.who(who),
            "eligible_from": view.at(_when_there(view, who, eligible[who])),
            "enrolled_at": view.at(joined),
            "left_at": view.at(leaves),
        }
    )


def _when_there(view: BaseView, who: Integers, day: Integers) -> Integers:
    """Return days before customers' last one, those between two spells moved to the later one."""
    away = (day < view.total) & ~view.seen_between(who, day)
    moved = day.copy()
    moved[away] = view.history.start[view.spell_at(who[away], day[away] + 1) + 1]
    return moved


def acquisition_costs(view: BaseView) -> pa.Table | None:
    """Return what leads cost (marketing) and what looking after them cost (sales), by day."""
    spent = {"marketing": np.zeros(view.total), "sales": np.zeros(view.total)}
    for name, (aware, looked) in leads_by_way(view).items():
        way = view.life.acquisition[name]
        spent["marketing"] += way.cost_per_lead * _count(aware, view.total)
        spent["sales"] += way.cost_per_evaluation * _count(looked, view.total)
    rows = [(name, amounts) for name, amounts in spent.items() if amounts.any()]
    if not rows:
        return None
    day = np.tile(np.arange(view.total), len(rows))
    centre = np.repeat(np.arange(len(rows)), view.total)
    return pa.table(
        {
            "period_start": view.at(day),
            "period_end": view.ahead(day + 1),
            "centre": named([name for name, _ in rows], centre),
            "amount": pa.array(np.concatenate([amounts for _, amounts in rows])),
            "currency": view.currency(len(day)),
            "channel": named([], np.full(len(day), -1)),
            "excluded_reason": view.excluded(day),
        }
    )


def leads_by_way(view: BaseView) -> dict[str, tuple[Integers, Integers]]:
    """Return by way on which days leads took notice, and on which they began to look closer."""
    leads = view.population.paid()
    found = {}
    for place, name in enumerate(view.population.ways):
        mine = leads.way == place
        found[name] = leads.aware[mine], leads.evaluating[mine]
        if place == view.population.referral_way:
            found[name] = view.history.lead_day, _looked(view)
    return found


def _looked(view: BaseView) -> Integers:
    """Return the days on which referred leads began to look closer."""
    h = view.history
    parents = h.customers.take(h.lead_referrer)
    return view.population.referred(parents, h.lead_referrer, h.lead_index, h.lead_day).evaluating


def _count(days: Integers, total: int) -> Floats:
    seen = days[(days >= 0) & (days < total)]
    return np.bincount(seen, minlength=total).astype(np.float64)
