"""Scenario files: what they say, how they extend each other, and what is refused, in words."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from cxlab.errors import InputError
from cxlab.scenario import Law, Scenario, hourly_rates, parse_days

SCENARIOS = Path(__file__).parents[2] / "scenarios"

PLAIN = """
time_zone = "Europe/Berlin"
start = 2026-01-05
seed = 3
[horizon]
type = "steady"
weeks = 3
warm_up_weeks = 1
[channels.phone]
arrivals_per_hour = 6
handle_minutes = { law = "lognormal", mean = 5, cv = 0.8 }
first_reply = "start"
[team]
[[team.shifts]]
agents = 2
days = "Mon-Fri"
from = "08:00"
to = "16:00"
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def to_file(text: str, name: str = "plain.toml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def test_what_a_file_says(write: Any) -> None:
    s = Scenario.load(write(PLAIN))
    assert s.name == "plain"  # the file's own name
    assert s.start == date(2026, 1, 5)
    assert s.starts_at == datetime(2026, 1, 4, 23, tzinfo=UTC)
    assert s.warm_up_ends_at == datetime(2026, 1, 11, 23, tzinfo=UTC)
    assert s.ends_at == datetime(2026, 1, 25, 23, tzinfo=UTC)
    assert s.channels["phone"].handle_minutes == Law(law="lognormal", mean=5.0, cv=0.8)
    assert s.channels["phone"].priority_shares == {"normal": 1.0}
    assert s.expected_tickets("phone") == 3 * 168 * 6
    assert s.rules.shift_end == "finish"


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda p: p.stem)
def test_resolved_is_plain_complete_and_leads_back(path: Path) -> None:
    s = Scenario.load(path)
    again = Scenario.of(json.loads(json.dumps(s.resolved())))
    assert again == s
    assert again.sha256 == s.sha256
    assert s.name == path.stem
    assert s.title


def test_the_fingerprint_follows_the_content(write: Any) -> None:
    a = Scenario.load(write(PLAIN))
    assert Scenario.load(write("# a comment\n" + PLAIN)).sha256 == a.sha256
    assert Scenario.load(write(PLAIN.replace("= 6", "= 6.0"))).sha256 == a.sha256
    assert a.but(seed=4).sha256 != a.sha256


def test_extends_merges_tables_and_replaces_values(write: Any) -> None:
    write(PLAIN, "base.toml")
    s = Scenario.load(
        write(
            """
            extends = "base.toml"
            [horizon]
            days = 10
            [channels.phone]
            handle_minutes = { law = "constant", mean = 4 }
            [channels.email]
            arrivals_per_hour = 1
            handle_minutes = 9
            first_reply = "end"
            """,
            "child.toml",
        )
    )
    assert s.name == "child"
    assert (s.horizon.weeks, s.horizon.days, s.horizon.warm_up_weeks) == (None, 10, 1)
    assert s.channels["phone"].arrivals_per_hour == 6
    assert s.channels["phone"].handle_minutes == Law(law="constant", mean=4.0)
    assert s.channels["email"].handle_minutes == Law(law="constant", mean=9.0)
    assert "extends" not in s.resolved()


def test_another_type_of_horizon_replaces_the_whole_table(write: Any) -> None:
    write(PLAIN, "base.toml")
    child = 'extends = "base.toml"\n[horizon]\ntype = "terminating"\nweeks = 1\n'
    s = Scenario.load(write(child, "child.toml"))
    assert s.horizon.dropped_days == 0


BASE_OF_CUSTOMERS = """
time_zone = "Europe/Berlin"
start = 2026-01-05
[horizon]
type = "terminating"
days = 200
[lifecycle]
initial_customers = 100
initial_months = { law = "gamma", mean = 8, cv = 0.5 }
[lifecycle.acquisition.search]
leads_per_week = 20
buys = 0.3
[lifecycle.segments.home]
share = 1.0
plan_shares = { basic = 0.9, pro = 0.1 }
[lifecycle.plans.basic]
price_per_month = 15
margin = 0.8
upgrade_to = "pro"
upgrade_probability = 0.01
[lifecycle.plans.pro]
price_per_month = 40
[lifecycle.onboarding]
completes = 0.9
days = { law = "gamma", mean = 10, cv = 0.7 }
[lifecycle.renewal]
law = "beta_geometric"
alpha = 0.7
beta = 9.0
payment_failure = 0.02
reasons = { price = 0.4, other = 0.6 }
"""


def test_extends_merges_a_customer_base_down_to_its_tables(write: Any) -> None:
    write(BASE_OF_CUSTOMERS, "base.toml")
    life = Scenario.load(
        write(
            """
            extends = "base.toml"
            [lifecycle]
            closed_loop = true
            initial_months = 3
            [lifecycle.plans.basic]
            price_per_month = 9
            [lifecycle.segments.home]
            plan_shares = { basic = 1.0 }
            [lifecycle.features.reports]
            adopts = 0.5
            [lifecycle.onboarding]
            days = 4
            [lifecycle.renewal]
            alpha = 0.9
            reasons = { unknown = 1.0 }
            """,
            "child.toml",
        )
    ).lifecycle
    assert life is not None
    assert (life.closed_loop, life.initial_customers) == (True, 100)
    assert life.initial_months == Law(law="constant", mean=3.0)  # a law is replaced whole
    basic = life.plans["basic"]
    assert (basic.price_per_month, basic.margin, basic.upgrade_to) == (9, 0.8, "pro")
    assert life.plans["pro"].price_per_month == 40
    assert (life.segments["home"].share, life.segments["home"].plan_shares) == (1, {"basic": 1.0})
    assert list(life.acquisition) == ["search"]
    assert list(life.features) == ["reports"]
    assert life.onboarding is not None
    assert (life.onboarding.completes, life.onboarding.days.mean) == (0.9, 4)
    law = life.renewal
    assert (law.alpha, law.beta, law.payment_failure, law.reasons) == (
        0.9, 9.0, 0.02, {"unknown": 1.0},
    )  # fmt: skip


def test_another_law_of_renewal_leaves_the_numbers_of_the_old_one_behind(write: Any) -> None:
    write(BASE_OF_CUSTOMERS, "base.toml")
    child = (
        'extends = "base.toml"\n[lifecycle.renewal]\nlaw = "geometric"\nleaving_probability = 0.1'
    )
    law = Scenario.load(write(child, "child.toml")).lifecycle.renewal
    assert (law.law, law.leaving_probability, law.alpha, law.beta) == ("geometric", 0.1, None, None)
    assert law.payment_failure == 0.02
    frailty = {"law": "gamma_frailty", "hazard": 0.05, "frailty_variance": 2.0}
    changes = {f"lifecycle.renewal.{key}": value for key, value in frailty.items()}
    base = Scenario.load(write(BASE_OF_CUSTOMERS))
    for order in (changes, dict(reversed(changes.items()))):  # the order does not matter
        assert base.but(**order).lifecycle.renewal.frailty_variance == 2.0
    with pytest.raises(InputError, match="alpha and beta for the law beta_geometric, no other"):
        base.but(lifecycle__renewal__leaving_probability=0.1)


def test_a_way_that_becomes_word_of_mouth_has_no_leads_to_pay(write: Any) -> None:
    base = Scenario.load(write(BASE_OF_CUSTOMERS))
    word = base.but(**{"lifecycle.acquisition.search.kind": "referral",
                       "lifecycle.referral": {"probability": 0.1}})  # fmt: skip
    assert word.lifecycle.acquisition["search"].leads_per_week is None


def test_a_customer_base_leaves_the_number_of_customers_of_a_desk_behind(write: Any) -> None:
    write("customers = 700\n" + PLAIN, "desk.toml")
    asked = "[lifecycle.contacts]\nper_month = 1\nchannel_shares = { phone = 1.0 }\n"
    life = BASE_OF_CUSTOMERS[BASE_OF_CUSTOMERS.index("[lifecycle]") :] + asked
    company = Scenario.load(write('extends = "desk.toml"\n' + life, "company.toml"))
    assert "customers" not in company.resolved()
    assert Scenario.of(company.resolved()) == company
    desk = Scenario.load(write('extends = "desk.toml"\n', "same.toml"))
    grown = desk.but(name="company", lifecycle=company.resolved()["lifecycle"])
    assert grown == company
    assert desk.but(lifecycle=None).customers == 700
    with pytest.raises(InputError, match="no key customers"):  # of its own: not silently ignored
        Scenario.load(write('extends = "desk.toml"\ncustomers = 700\n' + life, "both.toml"))
    with pytest.raises(InputError, match="no key customers"):
        company.but(customers=700)


def test_plans_may_have_any_name(write: Any) -> None:
    """`days` and `weeks` exclude each other as keys, not as names."""
    text = BASE_OF_CUSTOMERS.replace("plans.pro]", "plans.weeks]").replace('"pro"', '"weeks"')
    write(text.replace("pro = 0.1", "weeks = 0.1"), "base.toml")
    child = 'extends = "base.toml"\n[lifecycle.plans.days]\nprice_per_month = 5\n'
    assert set(Scenario.load(write(child, "child.toml")).lifecycle.plans) == {
        "basic", "weeks", "days",
    }  # fmt: skip


def test_a_circle_of_extends_is_named(write: Any) -> None:
    a = write('extends = "b.toml"', "a.toml")
    write('extends = "a.toml"', "b.toml")
    with pytest.raises(InputError, match=r"circle.*a\.toml → b\.toml → a\.toml"):
        Scenario.load(a)


def test_but_changes_a_copy(write: Any) -> None:
    s = Scenario.load(write(PLAIN))
    t = s.but(**{"channels.phone.arrivals_per_hour": 5, "team.shifts.0.agents": 3, "seed": 7})
    assert (t.seed, t.team.shifts[0].agents) == (7, 3)
    assert (s.seed, s.team.shifts[0].agents) == (3, 2)
    assert s.but(channels__phone__patience_minutes=3).channels["phone"].patience_minutes
    assert t.but(horizon__days=8).horizon.weeks is None
    again = s.but(channels__phone__patience_minutes=3).but(channels__phone__patience_minutes=None)
    assert again == s


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sead": 1}, "did you mean 'seed'"),
        ({"channels.phone.arrival_per_hour": 1}, "did you mean 'arrivals_per_hour'"),
        ({"channels.fone.arrivals_per_hour": 1}, r"channels\.fone\.handle_minutes is missing"),
        ({"team.shifts.4.agents": 1}, "position from 0 to 0"),
        ({"seed.x": 1}, "no key of the scenario"),
        ({"team.shifts.0.agents": 2.5}, "valid integer"),
        ({"channels.phone.arrivals_per_hour": math.nan}, "finite"),
    ],
)
def test_but_refuses(write: Any, changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Scenario.load(write(PLAIN)).but(**changes)


HANDLE = 'handle_minutes = { law = "lognormal", mean = 5, cv = 0.8 }'


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        # unknown keys and units
        ("handle_minutes", "handle_hours", r"phone\.handle_hours.*mean 'handle_minutes'"),
        ("arrivals_per_hour", "arrivals_per_day", "did you mean 'arrivals_per_hour'"),
        ("agents = 2", "agent = 2", "did you mean 'agents'"),
        ("seed = 3", "seeed = 3", "did you mean 'seed'"),
        ("weeks = 3\nw", "month = 3\nw", "unknown key horizon.month"),
        ("[channels.phone]", "[channels.fone]", "channels.fone.*did you mean 'phone'"),
        # laws
        ("mean = 5", "mean = 0", r"handle_minutes\.mean.*greater than 0"),
        ("mean = 5", "mean = -1", "greater than 0"),
        ("mean = 5", "mean = nan", "finite"),
        ("mean = 5", "mean = inf", "finite"),
        ("mean = 5", 'mean = "5"', "valid number"),
        ("mean = 5", "mean = true", "valid number"),
        (", cv = 0.8", "", "a cv beside the mean of a lognormal law"),
        ("lognormal", "exponential", "no cv"),
        ("lognormal", "lognorm", "did you mean 'lognormal'"),
        # profiles
        ("_hour = 6", "_hour = -6", "0 or more"),
        ("_hour = 6", "_hour = inf", "finite"),
        ("_hour = 6", "_hour = [1, 2, 3]", "24 .* or 168 .*not 3"),
        ("_hour = 6", '_hour = { "Mon-Fri" = 3 }', 'add for example "Sat" = 0'),
        ("_hour = 6", '_hour = { "Mon-Sun" = 3, "Sat" = 1 }', "named twice: Sat"),
        ("_hour = 6", '_hour = { "Mon-Fry" = 3, "Sat" = 1 }', "Mon-Fri"),
        ("_hour = 6", '_hour = { "Mon-Fri" = [1, 2], "Sat-Sun" = 1 }', "24 hourly numbers"),
        ("_hour = 6", "_hour = true", "a number, 24 or 168"),
        # shares, chances, returns
        (HANDLE, HANDLE + "\npriority_shares = { urgent = 0.1, normal = 0.8 }", "sum to 0.9"),
        (HANDLE, HANDLE + "\npriority_shares = { urgnt = 1 }", "did you mean 'urgent'"),
        (HANDLE, HANDLE + "\ntopic_shares = { a = 1.5, b = -0.5 }", "less than or equal to 1"),
        (HANDLE, HANDLE + "\nresolution_probability = 0.7", "return_hours"),
        (HANDLE, HANDLE + "\nresolution_probability = 0", "greater than 0"),
        (HANDLE, HANDLE + "\nmax_contacts = 0", "greater than or equal to 1"),
        (HANDLE, HANDLE + "\npatience_minutes = 0", "greater than 0"),
        ('"start"', '"begin"', "one of end, start"),
        # time
        ("Europe/Berlin", "Europe/Berlim", "did you mean 'Europe/Berlin'"),
        ("2026-01-05", "2026-01-05T08:00:00", "a date such as"),
        ("2026-01-05", '"yesterday"', "a date such as"),
        ("weeks = 3\n", "", "either weeks or days"),
        ("weeks = 3\n", "weeks = 3\ndays = 3\n", "either weeks or days"),
        ("weeks = 3\n", "weeks = 1\n", "longer than its warm-up"),
        ("warm_up_weeks = 1\n", "", "warm_up_weeks or warm_up_days"),
        ('"steady"', '"terminating"', "no warm-up"),
        # shifts
        ("agents = 2", "agents = 0", "nobody ever works"),
        ("agents = 2", "agents = -1", "greater than or equal to 0"),
        ('"Mon-Fri"', '"Mo-Fr"', "days such as"),
        ('"08:00"', '"8 Uhr"', "time of day"),
        ('"08:00"', "8", "time of day"),
        ('"08:00"', '"25:00"', "time of day"),
        ('"08:00"', '"16:00"', "with a length"),
        # rules
        ("seed = 3", 'seed = 3\nrules = { shift_end = "drop" }', "finish"),
        ("seed = 3", "seed = -3", "greater than or equal to 0"),
        ("seed = 3", "seed = 3\nreplications = 0", "greater than or equal to 1"),
        ("time_zone = ", "# time_zone = ", "time_zone is missing"),
        # not TOML
        ("seed = 3", "seed = 3\nseed = 4", "is not TOML.*each key once"),
        ("seed = 3", "seed = no", "is not TOML"),
        ('from = "08:00"', "from = 8:00", "is not TOML"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(write: Any, old: str, new: str, says: str) -> None:
    assert old in PLAIN
    path = write(PLAIN.replace(old, new, 1))
    with pytest.raises(InputError, match=says) as caught:
        Scenario.load(path)
    assert "plain.toml" in str(caught.value)
    assert "pydantic" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("survey", "says"),
    [
        ("response_rate = 0.3", r"surveys\.csat\.cutpoints is missing"),
        ("response_rate = 3\ncutpoints = [-3, -2, -1, 0]", "less than or equal to 1"),
        ("response_rate = 0.3\ncutpoints = [-3, -2, -1]", "at least 4"),
        ("response_rate = 0.3\ncutpoints = [-3, -2, -2, 0]", "increasing order"),
        ("response_rate = 0.3\ncutpoints = [-3, -2, -1, nan]", "finite"),
    ],
)
def test_surveys_are_checked(write: Any, survey: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        Scenario.load(write(PLAIN + "[surveys.csat]\n" + survey))


def test_files_that_are_none(tmp_path: Path, write: Any) -> None:
    write(PLAIN)
    with pytest.raises(InputError, match=r"no scenario file.*plin\.toml.*plain\.toml"):
        Scenario.load(tmp_path / "plin.toml")
    with pytest.raises(InputError, match="folder is not a scenario"):
        Scenario.load(tmp_path)
    (tmp_path / "latin.toml").write_bytes(b'title = "caf\xe9"')
    with pytest.raises(InputError, match="UTF-8"):
        Scenario.load(tmp_path / "latin.toml")
    with pytest.raises(InputError, match=r"no scenario file.*nowhere\.toml"):
        Scenario.load(write('extends = "nowhere.toml"', "child.toml"))
    with pytest.raises(InputError, match="missing"):
        Scenario.load(write("", "empty.toml"))


def test_days_and_profiles() -> None:
    assert parse_days("fri–mon") == (4, 5, 6, 0)
    week = hourly_rates({"Mon-Fri": list(range(24)), "Sat": 1.5, "Sun": 0})
    assert week[4 * 24 + 23] == 23
    assert week[5 * 24] == 1.5
    assert week[6 * 24 :].sum() == 0
    assert hourly_rates(list(range(24)))[25] == 1
    assert hourly_rates(list(range(168)))[167] == 167


@pytest.mark.parametrize(
    ("law", "truth"),
    [
        (Law(law="exponential", mean=4.0), stats.expon(scale=4)),
        (Law(law="gamma", mean=6.0, cv=0.5), stats.gamma(4, scale=1.5)),
        # cv 0.8: σ² = ln 1.64; a lognormal's median is mean / √(1 + cv²)
        (
            Law(law="lognormal", mean=8.0, cv=0.8),
            stats.lognorm(math.sqrt(math.log(1.64)), scale=8 / math.sqrt(1.64)),
        ),
    ],
)
def test_laws_have_the_quantiles_of_their_textbook(law: Law, truth: Any) -> None:
    u = np.array([0.001, 0.1, 0.5, 0.9, 0.999])
    np.testing.assert_allclose(law.quantile(u), truth.ppf(u), rtol=1e-9)
    assert truth.mean() == pytest.approx(law.mean)
    assert law.cv is None or truth.std() / truth.mean() == pytest.approx(law.cv)
    assert np.isfinite(law.quantile(np.array([0.0, 1 - 2**-53]))).all()


def test_editors_get_a_schema() -> None:
    schema = Scenario.model_json_schema()
    assert schema["additionalProperties"] is False
    assert {"time_zone", "horizon"} <= set(schema["required"])
    assert json.dumps(schema)
