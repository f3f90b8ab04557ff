"""Options of a comparison in words, and what they change."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.experiment import WarmUp, warm_up_of
from cxlab.experiment.options import beside, option_scenarios
from cxlab.experiment.staffing_worth import options_of
from cxlab.files import scenario_file
from cxlab.scenario import Scenario
from cxlab.scenario.changes import differences

BASE = Scenario.load(scenario_file("base"))


def test_options_in_words() -> None:
    found = option_scenarios(
        BASE,
        ["team.shifts.2.agents=1",
         "busy: channels.phone.arrivals_per_hour=x2;team.shifts.0.agents=4",
         'channels.chat.handle_minutes={ law = "exponential", mean = 5 }'],
    )  # fmt: skip
    assert list(found)[:2] == ["team.shifts.2.agents=1", "busy"]
    assert found["busy"].team.shifts[0].agents == 4
    # base.toml: from 9 to 10 on a weekday 5.5 calls.
    assert found["busy"].channels["phone"].arrivals_per_hour["Mon-Fri"][9] == 11.0
    assert list(found.values())[2].channels["chat"].handle_minutes.mean == 5


def test_staffing_options_say_no_more_than_it_takes_to_know_them() -> None:
    def names(scenario: Scenario, *asked: str) -> list[str]:
        return [option.name for option in options_of(scenario, list(asked) or None)]

    # base.toml: one team of four lines; the second one is from 13 to 18.
    assert names(BASE) == [
        "1 more agent, Mon–Fri 08:00–13:00",
        "1 fewer agent, Mon–Fri 08:00–13:00",
    ]
    assert names(BASE, "support.2+2") == ["2 more agents, Mon–Fri 13:00–18:00"]
    twice = BASE.but(**{"team.shifts.1.from": "08:00", "team.shifts.1.to": "13:00"})
    assert names(twice, "support.1+1", "support.2+1") == [
        "1 more agent, Mon–Fri 08:00–13:00 (shift 1)", "1 more agent, Mon–Fri 08:00–13:00 (shift 2)"
    ]  # fmt: skip
    # saas_startup.toml: two teams of one line each.
    company = Scenario.load(scenario_file("saas_startup"))
    assert names(company, "front.1-1", "engineers.1+1") == [
        "1 fewer agent in front", "1 more agent in engineers"
    ]  # fmt: skip
    with pytest.raises(InputError, match="twice"):
        names(company, "front.1+1", "front.1+1")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["x"], "a key has no value"),
        (["name:"], "changes nothing"),
        (["a: team.shifts.0.agents=4", "a: seed=1"], "two options of one name"),
        (["team.shfts.0.agents=4"], "did you mean 'shifts'"),
        (["team.shifts.0.agents=many"], "agents"),
    ],
)
def test_options_that_are_none(given: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        option_scenarios(BASE, given)


def test_a_name_is_looked_for_beside_the_base_first(tmp_path: Path) -> None:
    shutil.copy(scenario_file("base"), tmp_path / "base.toml")
    (tmp_path / "one_more_agent.toml").write_text('extends = "base.toml"\nseed = 3\n')
    found = beside(tmp_path / "base.toml", ["one_more_agent", "black_friday"])
    assert [s.seed for s in found] == [3, 20261123]  # black_friday as it ships
    with pytest.raises(InputError, match="did you mean 'one_more_agent'"):
        beside(tmp_path / "base.toml", ["one_more_agnt"])


def test_differences() -> None:
    changed = BASE.but(**{"team.shifts.2.agents": 1, "channels.chat.balk_probability": 0.5,
                          "seed": 1, "title": "x"})  # fmt: skip
    assert sorted(differences(BASE, changed)) == [
        ("channels.chat.balk_probability", 0.0, 0.5), ("team.shifts.2.agents", 2, 1)
    ]  # fmt: skip
    (added,) = differences(BASE, Scenario.load(scenario_file("one_more_agent")))
    assert added[:2] == ("team.shifts.4", None)
    assert added[2]["to"] == "16:00"
    assert differences(BASE, BASE) == []


def _settling(days: int) -> WarmUp:
    """Two runs that fill up to 10 tickets within 14 days, then swing by 1 from day to day."""
    day = np.arange(days)
    mean = np.where(day < 14, day * 10 / 14, 10.0 + (-1.0) ** day)
    parts = [pd.DataFrame({"day": day, "replication": r, "open": mean + s})
             for r, s in ((1, 1), (2, -1))]  # fmt: skip
    return WarmUp(BASE, pd.concat(parts, ignore_index=True))


def test_the_settling_of_a_desk() -> None:
    found = _settling(43)
    assert found.by_day["mean"].tolist()[14:] == [11.0, 9.0] * 14 + [11.0]
    # Around day 3: days 0 to 6, whose mean is that of day 3.
    assert found.by_day["week"].tolist()[3] == pytest.approx(30 / 14)
    assert found.by_day["week"].isna().tolist() == [True] * 3 + [False] * 37 + [True] * 3
    # The rule by its definition, over the means of seven days that begin on each day.
    weeks = [found.by_day["mean"][d : d + 7].mean() for d in range(37)]
    errors = [np.var(weeks[d:]) / (37 - d) for d in range(36)]
    assert found.suggested == int(np.argmin(errors))
    assert found.chosen == 7
    assert _settling(19).suggested is None


def test_a_run_knows_its_settling() -> None:
    found = cx.run(BASE.but(**{"horizon.weeks": 3}), "vol", replications=2).warm_up
    assert found is not None
    assert len(found.by_day) == 22
    assert found.steady


def test_simulated_tables_settle_as_the_run_does() -> None:
    short = BASE.but(**{"horizon.weeks": 3, "replications": 2})
    run = cx.run(short, "vol", replications=2).warm_up
    tables = warm_up_of(short, cx.simulate(short))
    assert run is not None
    assert tables is not None
    pd.testing.assert_frame_equal(tables.by_day, run.by_day)
