"""Customer bases that cannot be: one clear error, in the file's words, before anything runs."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cxlab.cli.app import run as command
from cxlab.errors import InputError
from cxlab.scenario import Scenario
from cxlab.scenario.forecast import expected_customers, expected_events, expected_total
from cxlab.sim import run, simulate

SHIFT = {"agents": 1, "days": "Mon-Fri", "from": "08:00", "to": "16:00"}
CHAT = {"arrivals_per_hour": 6, "handle_minutes": 5, "first_reply": "start"}
GEOMETRIC = {"law": "geometric", "leaving_probability": 0.1}
LIFE: dict[str, Any] = {
    "initial_customers": 10,
    "segments": {"small": {"share": 0.7, "plan_shares": {"basic": 1.0}},
                 "large": {"share": 0.3, "plan_shares": {"basic": 0.5, "pro": 0.5}}},
    "plans": {"basic": {"price_per_month": 10}, "pro": {"price_per_month": 25}},
    "contacts": {"per_month": 1, "channel_shares": {"chat": 0.5, "email": 0.5}},
    "renewal": GEOMETRIC,
}  # fmt: skip
BASE: dict[str, Any] = {
    "name": "company",
    "time_zone": "Europe/Berlin",
    "start": "2026-01-05",
    "replications": 1,
    "horizon": {"type": "terminating", "days": 60},
    "channels": {"chat": CHAT, "email": {**CHAT, "first_reply": "end"}},
    "team": {"shifts": [SHIFT]},
    "lifecycle": LIFE,
}
FRIENDS = {"kind": "referral", "buys": 0.5}
WEB = {"leads_per_week": 5, "buys": 0.5}
LINK = {"name": "waiting", "from": "first_reply_hours", "curve": [[1, 1.0], [24, 2.0]]}
CAMPAIGN = {"every_days": 30, "redeems": 0.5}
NPS = {"response_rate": 0.5, "cutpoints": [float(c) for c in range(10)]}


def life(**keys: Any) -> dict[str, Any]:
    return {**BASE, "lifecycle": {**LIFE, **keys}}


def renewal(**keys: Any) -> dict[str, Any]:
    return life(renewal={**GEOMETRIC, **keys})


def plan(**keys: Any) -> dict[str, Any]:
    basic = {"price_per_month": 10, **keys}
    return life(plans={"basic": basic, "pro": {"price_per_month": 25}})


def segment(**keys: Any) -> dict[str, Any]:
    return life(segments={"all": {"share": 1.0, "plan_shares": {"basic": 1.0}, **keys}})


def link(**keys: Any) -> dict[str, Any]:
    return life(links=[{**LINK, **keys}])


def ways(**given: Any) -> dict[str, Any]:
    return life(acquisition=given)


def refused(data: dict[str, Any]) -> str:
    """Return what is said about a file that cannot be."""
    with pytest.raises(InputError) as caught:
        Scenario.of(data, source="company.toml")
    told = str(caught.value)
    assert told.startswith("company.toml: ")
    assert "Value error" not in told
    assert "pydantic" not in told
    assert "\n" not in told
    return told


def test_the_base_is_fine() -> None:
    made = Scenario.of(life(acquisition={"web": WEB, "friends": FRIENDS}, links=[LINK],
                            referral={"probability": 0.1}))  # fmt: skip
    assert made.lifecycle is not None
    assert not made.lifecycle.closed_loop


@pytest.mark.parametrize(
    ("data", "says"),
    [
        # probabilities and money
        (renewal(leaving_probability=1.2), "leaving_probability: given 1.2; expected less than"),
        (renewal(leaving_probability=-0.1), "renewal.leaving_probability.*or equal to 0"),
        (renewal(payment_failure=1.01), "renewal.payment_failure.*less than or equal to 1"),
        (renewal(recovery=-1), "renewal.recovery"),
        (life(renewal={"law": "gamma_frailty", "hazard": -0.1, "frailty_variance": 1.0}),
         "renewal.hazard.*greater than or equal to 0"),
        (life(renewal={"law": "gamma_frailty", "hazard": 0.1, "frailty_variance": 0.0}),
         "renewal.frailty_variance.*greater than 0"),
        (life(renewal={"law": "beta_geometric", "alpha": 0, "beta": 1}), "renewal.alpha"),
        (plan(price_per_month=-1), "plans.basic.price_per_month.*given -1; expected greater"),
        (plan(margin=1.1), "plans.basic.margin"),
        (ways(web={**WEB, "cost_per_lead": -3}), "acquisition.web.cost_per_lead"),
        (life(campaigns={"x": {**CAMPAIGN, "value": -5}}), "campaigns.x.value"),
        (life(campaigns={"x": {**CAMPAIGN, "redeems": 2}}), "campaigns.x.redeems"),
        (life(purchases={"per_month": -1, "amount": 5}), "purchases.per_month"),
        (life(purchases={"per_month": 1, "amount": -5}), "purchases.amount"),
        (life(referral={"probability": 1.5}, acquisition={"friends": FRIENDS}),
         "referral.probability"),
        (life(win_back={"probability": -0.1, "days": 5}), "win_back.probability"),
        (life(win_back={"probability": 0.1, "days": 5, "most": 0}), "win_back.most"),
        (life(discount_per_year=-0.1), "discount_per_year"),
        (segment(churn_factor=-1), "segments.all.churn_factor"),
        (segment(patience_factor=0), "segments.all.patience_factor.*greater than 0"),
        # laws that lack what they need, or have what they have not
        (life(renewal={"law": "geometric"}), "leaving_probability for the law geometric"),
        (life(renewal={"law": "beta_geometric", "alpha": 1.0}),
         "alpha and beta for the law beta_geometric, no other .here: beta"),
        (renewal(alpha=1.0), "alpha and beta for the law geometric|here: alpha"),
        (life(renewal={"law": "weibull"}), "'weibull'.*geometric"),
        (renewal(tenure_factors=[[1, 2.0]]), "beginning with month 0"),
        (renewal(tenure_factors=[[0, 2.0], [5, 1.0], [3, 1.0]]), "in order of the months"),
        (renewal(tenure_factors=[[0, 2.0], [0, 1.0]]), "in order of the months"),
        (renewal(tenure_factors=[]), "tenure_factors"),
        (renewal(tenure_factors=[[0, -2.0]]), "tenure_factors"),
        # names
        (life(segments={"all": {"share": 1.0, "plan_shares": {"basci": 1.0}}}),
         r"a known plan in segments.all.plan_shares, not 'basci': .*did you mean 'basic'"),
        (ways(web={**WEB, "segment_shares": {"smal": 1.0}}),
         r"a known segment in acquisition.web.segment_shares.*did you mean 'small'"),
        (plan(upgrade_to="prp", upgrade_probability=0.1),
         r"a known plan to move to in plans.basic, not 'prp'.*did you mean 'pro'"),
        (plan(downgrade_to="free", downgrade_probability=0.1), "not 'free': one of basic, pro"),
        (life(contacts={"per_month": 1, "channel_shares": {"chta": 0.5, "email": 0.5}}),
         r"channel_shares names the channel 'chta'.*did you mean 'chat'"),
        (life(contacts={"per_month": 1, "channel_shares": {"chat": 1.0}}),
         "a share of channels.email in lifecycle.contacts.channel_shares"),
        (link(**{"from": "frist_reply_hours"}), "links.0.from.*did you mean 'first_reply_hours'"),
        (link(on="chrun"), "links.0.on.*did you mean 'churn'"),
        (life(onbording={"days": 3}), "unknown key lifecycle.onbording.*did you mean 'onboarding'"),
        (life(features={"a b": {"adopts": 0.5}}), "features"),
        # shares
        (life(segments={"a": {"share": 0.7, "plan_shares": {"basic": 1.0}},
                        "b": {"share": 0.4, "plan_shares": {"basic": 1.0}}}),
         "shares that sum to 1 .these sum to 1.1"),
        (segment(plan_shares={"basic": 0.5, "pro": 0.4}), "these sum to 0.9"),
        (segment(plan_shares={}), "plan_shares, at least one"),
        (life(segments={}), "segments.*at least 1"),
        (life(plans={}), "plans.*at least 1"),
        (renewal(reasons={"price": 0.5}), "renewal: .*these sum to 0.5"),
        (renewal(reasons={}), "at least one reason"),
        (renewal(reasons={"payment_failed": 1.0}), "reasons other than payment_failed"),
        (life(purchases={"per_month": 1, "amount": 5, "products": {}}), "purchases.products.*sum"),
        (ways(web={**WEB, "segment_shares": {}}), "acquisition.web.*shares that sum to 1"),
        (life(purchases={"per_month": 1, "amount": 5, "products": {"a": 0.6, "b": 0.6}}), "1.2"),
        (life(contacts={"per_month": 1, "channel_shares": {"chat": 0.5, "email": 0.6}}),
         "channel_shares.*these sum to 1.1"),
        (life(contacts={"per_month": 1, "channel_shares": {}}), "channel_shares"),
        # ways that lead nowhere
        ({**BASE, "lifecycle": {**LIFE, "initial_customers": 0}}, "a way to win customers"),
        (life(initial_customers=0, acquisition={"web": {**WEB, "buys": 0}}),
         "a way to win customers .leads_per_week, evaluates and buys above 0., or initial"),
        (life(initial_customers=0, acquisition={"web": {**WEB, "evaluates": 0}}),
         "a way to win customers"),
        (life(initial_customers=0, acquisition={"friends": FRIENDS}, referral={"probability": 1}),
         "somebody who refers"),
        (life(initial_customers=0, acquisition={"web": {**WEB, "leads_per_week": 0}}),
         "a way to win customers"),
        (life(initial_customers=0, referral={"probability": 0.5},
              acquisition={"friends": FRIENDS, "web": {**WEB, "buys": 0}}),
         "somebody who refers"),
        (ways(web={"buys": 0.5}), "leads_per_week for a paid way"),
        (life(acquisition={"friends": {**FRIENDS, "leads_per_week": 3}},
              referral={"probability": 0.1}), "leads_per_week for a paid way, and for no other"),
        (life(acquisition={"a": FRIENDS, "b": FRIENDS}, referral={"probability": 0.1}),
         "one way of the kind referral, not a, b"),
        (ways(friends=FRIENDS), "both a table referral and an acquisition of that kind"),
        (life(referral={"probability": 0.1}), "both a table referral and an acquisition"),
        # plans
        (plan(upgrade_to="pro"), "both upgrade_to and a upgrade_probability above 0, or neither"),
        (plan(upgrade_probability=0.2), "both upgrade_to"),
        (plan(downgrade_to="pro"), "both downgrade_to"),
        (plan(term_months=0), "term_months"),
        (plan(term_months=61), "less than or equal to 60"),
        (plan(term_months=1.5), "term_months"),
        # links
        (life(links=[LINK, LINK]), "links of different names .here is waiting twice"),
        (link(curve=[[24, 2.0], [1, 1.0]]), "points of the curve in order of the experience"),
        (link(curve=[[1, 2.0], [1, 1.0]]), "each once"),
        (link(curve=[]), "links.0.curve"),
        (link(curve=[[1, -0.5]]), "links.0.curve.0.1"),
        (link(curve=[[1, 2, 3]]), "links.0.curve.0"),
        (link(low=[[5, 1.0], [3, 1.0]]), "points of the low in order"),
        (link(memory_days=0), "memory_days.*greater than 0"),
        (link(name="payment_failed"), "otherwise than the reasons to leave .payment_failed"),
        (link(name="unknown"), "otherwise than the reasons"),
        ({**BASE, "channels": {}, "team": None, "lifecycle": {**LIFE, "contacts": None,
                                                              "links": [LINK]}},
         "contacts, because links look at the service"),
        # the desk
        ({**BASE, "channels": {}, "lifecycle": {**LIFE, "contacts": None}},
         "channels, because there are teams"),
        ({**BASE, "lifecycle": {**LIFE, "contacts": None}}, "a share of channels.chat"),
        ({**BASE, "channels": {"chat": {**CHAT, "arrivals_per_hour": 0}, "email": CHAT}},
         "a rate above 0 in channels.chat.arrivals_per_hour"),
        ({**BASE, "team": {"shifts": []}}, "a shift with agents"),
        ({**BASE, "customers": 500}, r"no key customers: .* \[lifecycle\], .* initial_customers"),
        # what would leave the calendar
        (life(loyalty={"after_months": 121, "joins": 0.5}), "loyalty.after_months.*equal to 120"),
        (life(relation_survey={**NPS, "every_months": 121}), "every_months.*equal to 120"),
        (life(relation_survey={**NPS, "every_months": 0}), "every_months"),
        (life(relation_survey={**NPS, "cutpoints": [1.0, 0.0, *range(2, 10)]}),
         "cutpoints in increasing order"),
        (life(relation_survey={**NPS, "cutpoints": [0.0, 1.0]}), "cutpoints"),
        (life(campaigns={"x": {**CAMPAIGN, "every_days": 0}}), "every_days"),
        (life(campaigns={"x": {**CAMPAIGN, "first_day": -1}}), "first_day"),
        (life(initial_customers=-1), "initial_customers"),
        (life(initial_customers=1.5), "initial_customers"),
    ],
)  # fmt: skip
def test_refused(data: dict[str, Any], says: str) -> None:
    told = refused({key: value for key, value in data.items() if value is not None})
    assert re.search(says, told), told


NUMBERS = [
    ("renewal.leaving_probability", renewal, "leaving_probability"),
    ("plans.basic.price_per_month", plan, "price_per_month"),
    ("plans.basic.churn_factor", plan, "churn_factor"),
    ("segments.all.contact_factor", segment, "contact_factor"),
    ("links.0.memory_days", link, "memory_days"),
    ("discount_per_year", life, "discount_per_year"),
    ("initial_months", life, "initial_months"),
]


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("where", "make", "key"), NUMBERS, ids=[where for where, *_ in NUMBERS])
def test_numbers_are_finite(where: str, make: Any, key: str, wrong: float) -> None:
    told = refused(make(**{key: wrong}))
    assert f"lifecycle.{where}" in told
    assert re.search("finite|greater than|less than", told), told


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_tables_of_numbers_are_finite(wrong: float) -> None:
    for data in (
        link(curve=[[0, wrong]]),
        link(curve=[[wrong, 1.0]]),
        renewal(tenure_factors=[[0, wrong]]),
        ways(web={**WEB, "leads_per_week": wrong}),
        life(features={"a": {"adopts": 0.5, "uses_per_week": wrong}}),
        life(contacts={"per_month": wrong, "channel_shares": {"chat": 0.5, "email": 0.5}}),
        life(purchases={"per_month": 1, "rate_cv": wrong, "amount": 5}),
        life(win_back={"probability": 0.1, "days": wrong}),
        life(relation_survey={**NPS, "frailty_effect": wrong}),
    ):
        assert "lifecycle." in refused(data)


def test_customers_from_before_the_calendar() -> None:
    old = Scenario.of(life(initial_months=12 * 400))
    with pytest.raises(InputError, match=r"initial_months reaches back too far.*400 years.*1678"):
        simulate(old)


# --- memory ------------------------------------------------------------------------------------

GROWS = life(
    acquisition={"friends": {**FRIENDS, "buys": 1.0}}, referral={"probability": 1.0},
    renewal={**GEOMETRIC, "leaving_probability": 0.0},
)  # fmt: skip
LONG = {"horizon": {"type": "terminating", "weeks": 400}}


@pytest.mark.parametrize(
    "data",
    [
        {**GROWS, **LONG},  # twice as many every month, for seven years
        life(initial_customers=100_000_000) | {"replications": 100},
        ways(web={"leads_per_week": 1e12, "buys": 1.0}),
        ways(web={"leads_per_week": 1e12, "buys": 1e-9}),  # nobody buys, but there are leads
        life(contacts={"per_month": 1e12, "channel_shares": {"chat": 0.5, "email": 0.5}}),
        life(features={"api": {"adopts": 1.0, "uses_per_week": 1e12}}),
        life(purchases={"per_month": 1e12, "amount": 5}),
    ],
)
def test_a_base_beyond_memory(data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "replication_tables", None)  # nothing runs
    with pytest.raises(InputError, match=r"memory would not suffice for the customers .*GiB"):
        simulate(Scenario.of(data))


def test_little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "replication_tables", None)
    monkeypatch.setattr(run.psutil, "virtual_memory", lambda: SimpleNamespace(available=2**14))
    with pytest.raises(InputError, match=r"given .10 customers, 19 tickets.*fewer replications"):
        simulate(Scenario.of(BASE))


def test_a_base_beyond_memory_at_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "replication_tables", None)
    path, out = tmp_path / "grows.toml", tmp_path / "out"
    path.write_text(_toml({**GROWS, **LONG}))
    assert command(["simulate", str(path), "--out", str(out)]) == 2
    streams = capsys.readouterr()
    assert "memory would not suffice for the customers and tickets" in streams.err
    assert "Traceback" not in streams.err
    assert not out.exists()


def _toml(data: dict[str, Any], name: str = "") -> str:
    """Write plain data as TOML: tables as inline values of a key."""

    def value(one: Any) -> str:
        if isinstance(one, dict):
            return "{" + ", ".join(f"{json.dumps(k)} = {value(v)}" for k, v in one.items()) + "}"
        if isinstance(one, list):
            return "[" + ", ".join(map(value, one)) + "]"
        return json.dumps(one)

    return "\n".join(f"{key} = {value(one)}" for key, one in data.items()) + "\n"


def test_how_many_are_expected() -> None:
    """Worked out by hand: a tenth leaves every month, 70 leads a week of whom a half buys."""
    web = {"leads_per_week": 70, "buys": 0.5}
    made = Scenario.of(life(initial_customers=1000, acquisition={"web": web}))
    assert made.lifecycle is not None
    month = 30.436875
    base = expected_customers(made.lifecycle, 61)
    assert base == pytest.approx([1000, 900 + 5 * month, 810 + 9.5 * month])
    # All who ever come: five a day.
    assert expected_total(made.lifecycle, 61) == pytest.approx(1000 + 61 * 5)
    assert expected_events(made.lifecycle, 70) == pytest.approx(700)
