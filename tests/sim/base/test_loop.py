"""The closed loop against the open one: the same where nothing is linked, and directions.

Draws stand at addresses, so that two runs differ only by what the links do. Random statements hold
at the level 1e-3 (paired over replications, t), with fixed seeds.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest
from scipy import stats
from small_bases import FRIENDS, alike, frames

import cxlab as cx
from cxlab.scenario import Scenario
from cxlab.sim.addresses import uniforms_at
from cxlab.sim.base.company import Company, play_company
from cxlab.sim.base.history import STAYS
from cxlab.sim.base.tables import record_company

LEVEL = 1e-3
HOURS = [0, 0, 0, 0, 0, 0, 0, 0, 4, 6, 6, 5, 3, 4, 5, 5, 3, 2, 0, 0, 0, 0, 0, 0]
WAITING = {"name": "waiting", "from": "first_reply_hours", "curve": [[2, 0.8], [8, 1.0], [30, 3]]}
UNHAPPY = {"name": "unhappy", "from": "csat", "curve": [[1, 3.0], [4, 1.0], [5, 0.7]]}
STUCK = {"name": "stuck", "from": "unresolved", "curve": [[0, 1.0], [2, 2.5]], "memory_days": 60}
DELIGHT = {"name": "delight", "from": "csat", "on": "referral", "curve": [[3, 0.3], [5, 2.0]]}
TRUST = {"name": "trust", "from": "contacts", "on": "expansion", "curve": [[1, 1.0], [3, 0.1]]}
LINKS = [WAITING, UNHAPPY, STUCK, DELIGHT, TRUST]

COMPANY: dict[str, Any] = {
    "name": "company",
    "time_zone": "Europe/Berlin",
    "start": "2026-01-05",
    "seed": 11,
    "replications": 1,
    "horizon": {"type": "terminating", "days": 180},
    "lifecycle": {
        "initial_customers": 250,
        "initial_months": {"law": "exponential", "mean": 9.0},
        "acquisition": {
            "web": {"leads_per_week": 20, "evaluates": 0.7, "buys": 0.6, "cost_per_lead": 4.0},
            "friends": {**FRIENDS["friends"], "buys": 0.7, "evaluating_days": 3},
        },
        "segments": {
            "large": {"share": 0.3, "plan_shares": {"pro": 1.0}, "patience_factor": 2.0},
            "small": {"share": 0.7, "plan_shares": {"basic": 0.8, "pro": 0.2}},
        },
        "plans": {
            "basic": {"price_per_month": 20, "upgrade_to": "pro", "upgrade_probability": 0.05},
            "pro": {"price_per_month": 70, "term_months": 3},
        },
        "renewal": {"law": "beta_geometric", "alpha": 0.8, "beta": 7.0, "payment_failure": 0.01},
        "referral": {"probability": 0.06},
        "win_back": {"probability": 0.3, "days": {"law": "exponential", "mean": 20.0}},
        "contacts": {
            "per_month": 0.7,
            "tenure_factors": [[0, 2.0], [2, 1.0]],
            "channel_shares": {"chat": 0.3, "email": 0.7},
        },
    },
    "channels": {
        "email": {
            "arrivals_per_hour": {"Mon-Fri": HOURS, "Sat-Sun": 0.5},
            "handle_minutes": {"law": "lognormal", "mean": 45.0, "cv": 1.0},
            "first_reply": "end",
            "resolution_probability": 0.8,
            "return_hours": {"law": "exponential", "mean": 20.0},
        },
        "chat": {
            "arrivals_per_hour": {"Mon-Fri": HOURS, "Sat-Sun": 0.0},
            "handle_minutes": {"law": "gamma", "mean": 15.0, "cv": 0.8},
            "first_reply": "start",
            "queue_rank": 1,
            "patience_minutes": {"law": "exponential", "mean": 15.0},
        },
    },
    "team": {"shifts": [{"agents": 1, "days": "Mon-Fri", "from": "08:00", "to": "18:00"}]},
    "surveys": {
        "csat": {
            "response_rate": 1.0,
            "cutpoints": [-2.5, -1.5, -0.6, 0.8],
            "wait_effect": 0.5,
            "wait_scale": "log_hours",
            "expected_wait_hours": 4,
        }
    },
}


def company(links: list[dict[str, Any]], *, loop: bool = True, agents: int = 1) -> Scenario:
    life = {**COMPANY["lifecycle"], "closed_loop": loop, "links": links}
    shifts = [{**COMPANY["team"]["shifts"][0], "agents": agents}]
    return Scenario.of({**COMPANY, "lifecycle": life, "team": {"shifts": shifts}})


@cache
def played(loop: bool, agents: int = 1, replication: int = 1) -> Company:
    return play_company(company(LINKS, loop=loop, agents=agents), replication)


def same(a: Company, b: Company) -> None:
    """Assert that two runs are the same in every value (categories may list unused links)."""
    assert a.history.differences(b.history) == []
    assert a.served is not None
    assert b.served is not None
    assert a.served.outcome.differences(b.served.outcome) == []
    mine, theirs = (frames(record_company(one)) for one in (a, b))
    assert list(mine) == list(theirs)
    for name, frame in mine.items():
        pd.testing.assert_frame_equal(frame, theirs[name], check_exact=True, obj=name)


LEVEL_CURVES = [
    {**link, "curve": [[x, 1.0] for x, _ in link["curve"]]} for link in LINKS
]  # fmt: skip


@pytest.mark.parametrize("engine", ["simpy", "compiled"])
def test_without_links_the_loop_is_the_open_one(engine: Any) -> None:
    whole = play_company(company([], loop=False), 1, engine=engine)
    assert len(whole.history.customers) > 400
    assert whole.served is not None
    assert len(whole.served.workload) > 500
    for links, loop in (([], True), (LEVEL_CURVES, True), (LINKS, False)):
        same(whole, play_company(company(links, loop=loop), 1, engine=engine))


def test_the_links_matter_here_and_the_engines_agree() -> None:
    """Otherwise the tests of this module would prove nothing."""
    with_links, without = played(True), played(False)
    assert with_links.history.differences(without.history) != []
    alike(with_links, play_company(company(LINKS), 1, engine="simpy"))
    subs = frames(record_company(with_links))["subscriptions"]
    assert {"waiting", "unhappy", "stuck"} <= set(subs.churn_reason.dropna())


def test_simulate_says_the_same() -> None:
    """From scenario to tables by the front door, both engines."""
    small = company(LINKS).but(**{"horizon.days": 60, "lifecycle.initial_customers": 60})
    tables = [cx.simulate(small, replications=2, engine=e) for e in ("simpy", "compiled")]
    for name in ("customers", "subscriptions", "tickets", "surveys", "transactions"):
        one, other = (t.frame(name) for t in tables)
        pd.testing.assert_frame_equal(one, other)
        assert len(one) > 0
    assert len(tables[0].quarantine) == 0


def fates(made: Company) -> dict[int, tuple[Any, ...]]:
    """What happened to each customer, by key: it does not depend on the numbering."""
    h = made.history
    keys = h.customers.key.tolist()
    told: dict[int, list[Any]] = {
        key: [born, segment, plan, leaving]
        for key, born, segment, plan, leaving in zip(
            keys, h.customers.born.tolist(), h.customers.segment.tolist(),
            h.customers.plan.tolist(), h.customers.leaving.tolist(), strict=True,
        )
    }  # fmt: skip
    for who, *spell in zip(h.customer.tolist(), h.start.tolist(), h.end.tolist(),
                           h.ending.tolist(), h.reason.tolist(), strict=True):  # fmt: skip
        told[keys[who]].append(tuple(spell))
    for who, *term in zip(h.term_customer.tolist(), h.term_day.tolist(), h.term_plan.tolist(),
                          h.term_stays.tolist(), strict=True):  # fmt: skip
        told[keys[who]].append(tuple(term))
    for who, *lead in zip(h.lead_referrer.tolist(), h.lead_day.tolist(), h.lead_index.tolist(),
                          h.lead_decided.tolist(), h.lead_buys.tolist(), strict=True):  # fmt: skip
        told[keys[who]].append(tuple(lead))
    return {key: tuple(rows) for key, rows in told.items()}


def askers(*made: Company) -> set[int]:
    """Keys of those who asked for support in any of the runs."""
    found: set[int] = set()
    for one in made:
        assert one.served is not None
        keys = one.history.customers.key[one.served.workload.customer]
        found |= set(keys.tolist())
    return found


def test_who_never_asked_fares_as_without_links() -> None:
    open_, closed = played(False), played(True)
    asked, a, b = askers(open_, closed), fates(open_), fates(closed)
    quiet = (set(a) & set(b)) - asked
    assert len(quiet) > 40
    assert all(a[key] == b[key] for key in quiet)
    changed = [key for key in set(a) & set(b) if a[key] != b[key]]
    assert changed
    # Who is there in one run only is somebody's child whose forebears asked.
    h = {True: closed.history, False: open_.history}
    for loop, only in ((True, set(b) - set(a)), (False, set(a) - set(b))):
        people = h[loop].customers
        place = {key: i for i, key in enumerate(people.key.tolist())}
        for key in only:
            line = [place[key]]
            while people.referrer[line[-1]] >= 0:
                line.append(int(people.referrer[line[-1]]))
            forebears = {int(people.key[i]) for i in line[1:]}
            assert forebears & asked


def own_draws(made: Company) -> pd.DataFrame:
    """What chance alone decides about customers."""
    c = made.history.customers
    columns = {"born": c.born, "segment": c.segment, "plan": c.plan, "leaving": c.leaving,
               "onboarded": c.onboarded, "member": c.member, "way": c.way}  # fmt: skip
    frame = pd.DataFrame(columns, index=c.key)
    for purpose in ("renewal", "reason", "payment", "referral"):
        for number in (0, 5):
            frame[f"{purpose}.{number}"] = uniforms_at(c.key, purpose, number)
    return frame


def requests(made: Company) -> pd.DataFrame:
    """What chance alone decides about requests."""
    assert made.served is not None
    w = made.served.workload
    first, step = w.first_contact[:-1], w.first_step[w.first_contact[:-1]]
    assert w.key is not None
    columns = {"created": w.created, "line": w.line, "priority": w.priority, "work": w.work[step],
               "patience": w.patience[first], "number": w.number}  # fmt: skip
    return pd.DataFrame({**columns, "who": made.history.customers.key[w.customer]}, index=w.key)


def test_two_staffings_meet_the_same_customers_with_the_same_requests() -> None:
    few, many = played(True, 1), played(True, 4)
    assert few.history.differences(many.history) != []
    for of in (own_draws, requests):
        a, b = of(few), of(many)
        both = a.index.intersection(b.index)
        assert len(both) > 0.6 * len(a)
        pd.testing.assert_frame_equal(a.loc[both], b.loc[both])
    # Nor does what they say when they are asked whether they would recommend the business.
    survey = {"every_months": 1, "response_rate": 1.0, "cutpoints": [c / 4 for c in range(10)],
              "frailty_effect": 2.0}  # fmt: skip
    a, b = (
        pd.Series(scores["score"].to_numpy(), index=scores["survey_id"])
        for scores in (_relation_scores(agents, survey) for agents in (1, 4))
    )
    both = a.index.intersection(b.index)
    assert len(both) > 400
    pd.testing.assert_series_equal(a.loc[both], b.loc[both])


def _relation_scores(agents: int, survey: dict[str, Any]) -> pd.DataFrame:
    """What initial and paid customers answer, whose numbers do not depend on the desk."""
    made = play_company(company(LINKS, agents=agents).but(lifecycle__relation_survey=survey), 1)
    people = made.history.customers
    asked = frames({"surveys": record_company(made)["surveys"]})["surveys"]
    asked = asked[asked["instrument"].eq("nps")]
    number = asked["customer_id"].str.removeprefix("customer-").astype(int) - 1
    return asked[people.referrer[number.to_numpy()] < 0]


def test_initial_and_paid_customers_do_not_depend_on_the_desk_at_all() -> None:
    few, many = played(True, 1), played(True, 4)
    a, b = few.history.customers, many.history.customers
    mine = [c.key[c.referrer < 0].tolist() for c in (a, b)]
    assert mine[0] == mine[1]


def test_more_agents_never_lower_the_mean_csat() -> None:
    """Paired over 8 replications: the difference is not below 0 at the level 1e-3."""
    small = {"horizon.days": 90, "lifecycle.initial_customers": 200}
    means = {
        agents: np.array([_mean_score(company(LINKS, agents=agents).but(**small), r)
                          for r in range(1, 9)])
        for agents in (1, 2, 3)
    }  # fmt: skip
    for fewer, more in ((1, 2), (2, 3)):
        gain = means[more] - means[fewer]
        half = stats.t.ppf(1 - LEVEL, len(gain) - 1) * gain.std(ddof=1) / len(gain) ** 0.5
        assert gain.mean() + half >= 0
    # And the second agent is worth something here: the test could see it.
    gain = means[2] - means[1]
    assert stats.ttest_1samp(gain, 0, alternative="greater").pvalue < LEVEL


def _mean_score(made: Scenario, replication: int) -> float:
    surveys = record_company(play_company(made, replication))["surveys"]
    return float(pc.mean(surveys["score"]).as_py())


# --- one link, once more, by pandas ------------------------------------------------------------


def interpolated(curve: list[list[float]], x: pd.Series) -> np.ndarray:
    return np.interp(x.to_numpy(), [a for a, _ in curve], [b for _, b in curve])


def looked_at(kind: str, tickets: pd.DataFrame, asked: pd.DataFrame, at: pd.Timestamp) -> pd.Series:
    """Return the experience of each ticket as it stood at a time, from the tables alone."""
    hour = pd.Timedelta(hours=1)
    solved = tickets.last_solved_at.where(tickets.last_solved_at < at)
    gone = tickets.abandoned_at.where(tickets.abandoned_at < at)
    if kind == "first_reply_hours":
        replied = tickets.first_reply_at.where(tickets.first_reply_at < at)
        return (replied.fillna(gone).fillna(at) - tickets.created_at) / hour
    if kind == "unresolved":
        return solved.isna().astype(float)
    told = asked.reindex(tickets.ticket_id)  # asked, and answered, when it was solved for good
    return told.score.where(told.sent_at < at).astype(float)


ONCE = {"email": {"resolution_probability": 1.0, "max_contacts": 1}, "chat": {"max_contacts": 1}}
TIERS = {"email": {"escalation_probability": 0.4, "tier2": {"handle_minutes": 60}}, "chat": {}}


@pytest.mark.parametrize(
    ("link", "keys"), [(WAITING, ONCE), (UNHAPPY, ONCE), (STUCK, ONCE), (UNHAPPY, TIERS)],
    ids=["waiting", "unhappy", "stuck", "unhappy after tiers and returns"],
)  # fmt: skip
def test_one_link_recomputed_from_the_tables(link: dict[str, Any], keys: dict[str, Any]) -> None:
    """Every decision of every customer: own probability × the factor that the tables tell.

    With one contact a request, a ticket is solved once, for good; scores are told by the survey
    anyway: everybody answers at once. Nothing else than the one link changes the probability.
    """
    made = company([link])
    life = made.resolved()["lifecycle"]
    renewal = {"law": "beta_geometric", "alpha": 0.8, "beta": 7.0}
    life |= {"renewal": renewal}
    del life["win_back"]
    channels = made.resolved()["channels"]
    for name, more in keys.items():
        channels[name] |= more
    life["initial_customers"] = 150
    data = {**made.resolved(), "lifecycle": life, "channels": channels}
    data["surveys"]["csat"] |= {"escalation_effect": 1.0, "extra_contact_effect": 0.5}
    front = data.pop("team")
    data["teams"] = (
        {"front": front, "back": {**front, "tier": 2}} if keys is TIERS else {"a": front}
    )
    made = Scenario.of(data).but(**{"horizon.days": 120})
    run = play_company(made, 1)
    h, tables = run.history, frames(record_company(run))
    tickets, surveys = tables["tickets"], tables["surveys"]
    scores = surveys.set_index("subject_id")[["score", "sent_at"]]
    number = tickets.customer_id.str.removeprefix("customer-").astype(int) - 1
    asked = tickets.groupby(number)
    own = h.customers.leaving[h.term_customer]
    left = np.zeros(len(h.term_day), dtype=bool)
    spell = {(who, end): e for who, end, e in zip(h.customer.tolist(), h.end.tolist(),
                                                  h.reason.tolist(), strict=True)}  # fmt: skip
    factor = np.ones(len(h.term_day))
    memory = pd.Timedelta(days=link.get("memory_days", 90))
    for row, (who, day) in enumerate(zip(h.term_customer.tolist(), h.term_day.tolist(),
                                         strict=True)):  # fmt: skip
        now = pd.Timestamp(made.local_midnight(day))
        mine = asked.get_group(who) if who in asked.groups else tickets[:0]
        recent = (mine.created_at >= now - memory) & (mine.created_at < now)
        mine = mine[recent].reset_index(drop=True)
        met = looked_at(link["from"], mine, scores, now).dropna()
        if len(met):
            value = met.sum() if link["from"] == "unresolved" else met.mean()
            factor[row] = interpolated(link["curve"], pd.Series([value]))[0]
        left[row] = not h.term_stays[row]
    assert (factor != 1).sum() > 50
    # The running number of the anniversary, months of the spell: counted from the history.
    index = anniversaries(h)
    u = uniforms_at(h.customers.key[h.term_customer], "renewal", index)
    expected = u < own * factor
    assert (expected == left).all()
    reasons = np.array([spell[who, day] for who, day in
                        zip(h.term_customer[left].tolist(), h.term_day[left].tolist(),
                            strict=True)])  # fmt: skip
    by_link = (u >= own)[left]
    assert (reasons == np.where(by_link, 2, 1)).all()
    assert by_link.any()
    assert (~by_link).any()


def anniversaries(h: Any) -> np.ndarray:
    """Return the number of the anniversary of each term's end, of single spells."""
    first = dict(zip(h.customer.tolist(), h.start.tolist(), strict=True))
    assert len(first) == len(h.customer)
    start = np.datetime64("2026-01-05")
    numbers = []
    for who, day in zip(h.term_customer.tolist(), h.term_day.tolist(), strict=True):
        born, today = (pd.Timestamp(start) + pd.Timedelta(days=d) for d in (first[who], day))
        months = (today.year - born.year) * 12 + today.month - born.month
        before = pd.Timestamp(start)
        behind = 0
        while born + pd.DateOffset(months=behind + 1) <= before:
            behind += 1
        numbers.append(months - behind - 1)
    return np.array(numbers)


def test_a_link_without_memory_of_the_horizon_changes_nothing_later() -> None:
    """What a link remembers ends: with a memory of a minute nobody is touched."""
    short = [{**link, "memory_days": 1e-3} for link in LINKS]
    made = play_company(company(short), 1)
    h = made.history
    assert h.end[h.end != STAYS].size > 0
    same(made, play_company(company(short, loop=False), 1))
