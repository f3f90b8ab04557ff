"""Replicating until the numbers are precise: the rule by hand, and what a run says of itself."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.experiment.sequential import Precision, _first_lasting, _half_widths, _next
from cxlab.experiment.validation_cases import channel, desk, law
from cxlab.scenario import Scenario

RULE = Precision(relative=0.1, floor=3, cap=40, look_ahead=2)


@pytest.fixture(scope="module")
def rare() -> Scenario:
    """One call in 10,000 is urgent: of twelve runs, 8 and 10 have one, no other has any."""
    data = {"channels.phone.priority_shares": {"urgent": 0.0001, "normal": 0.9999}}
    return desk(4, channel(20.0, law(9), service_level_seconds=180)).but(
        **{"horizon.days": 4, **data}
    )


@pytest.fixture(scope="module")
def busy() -> Scenario:
    """Four agents, 20 calls an hour of 9 minutes: 3 erlangs.

    Erlang C: of all callers 27/53 wait, for 1 h ÷ (4 × 60/9 − 20) on average: 275.1 s over all.
    """
    return desk(4, channel(20.0, law(9), service_level_seconds=180))


def rows(values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {"statistic": "median", "value": values, "numerator": np.nan, "n": 1,
         "replication": range(1, len(values) + 1)}
    )  # fmt: skip


def test_half_widths_by_hand() -> None:
    # 1, 2, 3: mean 2, sd 1, t(2) = 4.302653: 2.484138 ÷ 2. After two: t(1) = 12.706205, mean 1.5,
    # sd 0.707107: 6.353102 ÷ 1.5.
    found = _half_widths(rows([1.0, 2.0, 3.0]))
    assert np.isinf(found[0])
    assert found[1:] == pytest.approx([6.353102 / 1.5, 2.484138 / 2], rel=1e-6)


def test_what_has_no_value_or_is_always_the_same_is_precise() -> None:
    assert _half_widths(rows([np.nan, np.nan, np.nan]))[2] == 0
    assert _half_widths(rows([5.0, 5.0, 5.0]))[2] == 0
    assert _half_widths(rows([0.0, 0.0, 0.0]))[2] == 0
    assert np.isinf(_half_widths(rows([-1.0, 1.0, 0.0]))[2])  # nothing is narrow beside 0


@pytest.mark.parametrize(
    ("narrow", "enough"),
    [
        ("0000111", 7),  # narrow at 5, 6 and 7: two more than the first
        ("0010111", 7),  # narrow by chance at 3
        ("0111000", 0),  # 2 to 4, but the floor is 3, and 5 is wide
        ("1111111", 5),  # not before the floor
        ("0000110", 0),
    ],
)
def test_the_first_number_that_lasts(narrow: str, enough: int) -> None:
    precise = np.array([[int(c) for c in narrow], [1] * len(narrow)], dtype=bool)
    assert _first_lasting(precise, RULE) == enough


def test_how_many_to_play_next() -> None:
    assert _next(np.array([0.2]), 10, RULE) == 20  # 4 × 10 + 2, but at most twice as many
    assert _next(np.array([0.11]), 10, RULE) == 15  # 12.1 + 2
    assert _next(np.array([0.05]), 10, RULE) == 12
    assert _next(np.array([0.3]), 30, RULE) == 40  # the cap
    assert _next(np.array([np.inf]), 10, RULE) == 12
    assert _next(np.array([np.inf]), 10, Precision(look_ahead=0)) == 11  # it goes on, all the same


def test_a_run_ends_when_it_is_precise(busy: Scenario) -> None:
    rule = Precision(relative=0.1, floor=4, cap=60, look_ahead=3)
    found = cx.run(busy, "asa", precision=rule)
    assert found.reached
    n = found.replications
    value, low, high = found.table.iloc[0][["value", "low", "high"]]
    assert (high - low) / 2 <= 0.1 * value
    assert low < 275.09 < high  # Erlang C; 5 % of seeds miss it
    before = cx.run(busy, "asa", replications=n - 4).table.iloc[0]
    assert (before["high"] - before["low"]) / 2 > 0.1 * before["value"] or n == 7
    same = cx.replicate(busy, "asa", replications=n).iloc[0]
    assert (value, low, high) == tuple(same[["value", "low", "high"]])
    assert f"{n} replications, after which asa are known to ± 10 %" in found.summary[0]


def test_where_it_is_played_changes_nothing(busy: Scenario) -> None:
    rule = Precision(relative=0.2, floor=3, cap=30, look_ahead=2)
    one, two = (cx.run(busy, "asa,frt", precision=rule, executor=e) for e in ("here", "cores:2"))
    pd.testing.assert_frame_equal(one.rows, two.rows, check_exact=True)
    assert one.daily is not None
    pd.testing.assert_frame_equal(one.daily, two.daily)


@pytest.mark.parametrize(
    "where",
    # Three workers cut the runs at other places than two, and no group is in one part only there.
    ["here", "cores:2", pytest.param("cores:3", marks=pytest.mark.long)],
)
def test_a_group_that_few_runs_have_is_0_in_the_others(rare: Scenario, where: str) -> None:
    tickets = cx.simulate(rare, replications=12).frame("tickets")
    urgent = tickets[(tickets["priority"] == "urgent") & tickets["excluded_reason"].isna()]
    assert urgent["replication"].tolist() == [8, 10]
    found = cx.run(rare, "vol,asa", by="priority", replications=12, executor=where)
    mine = found.table[found.table["priority"] == "urgent"].set_index("metric")
    assert mine.loc["vol", "value"] == pytest.approx(2 / 12)
    assert mine["n"].to_dict() == {"vol": 12, "asa": 2}
    assert found.counts.set_index("priority").loc["urgent", "opened"] == pytest.approx(2 / 12)
    rule = Precision(relative=0.5, floor=3, cap=14, look_ahead=2)
    assert cx.run(rare, "vol", by="priority", precision=rule, executor=where).replications == 5


def test_the_cap_is_said(busy: Scenario) -> None:
    found = cx.run(busy, "asa", precision=Precision(relative=0.001, floor=2, cap=6, look_ahead=2))
    assert not found.reached
    assert found.replications == 6
    assert "asa ± " in found.doubts[-1]
    assert "the cap of 6" in found.summary[0]


def test_counts_stand_beside_the_times(busy: Scenario) -> None:
    found = cx.run(busy, ["frt", "art"], replications=2)
    assert set(found.table["metric"]) == {"frt", "art"}
    tickets = cx.simulate(busy, replications=2).frame("tickets")
    counted = tickets[tickets["excluded_reason"].isna()]
    each = found.counts.iloc[0]
    assert each["opened"] == len(counted) / 2
    assert each["answered"] == counted["first_human_reply_at"].notna().sum() / 2
    assert each["resolved"] == counted["last_solved_at"].notna().sum() / 2
    assert each["open"] == counted["status"].isin(["new", "open"]).sum() / 2
    by = cx.run(busy, "frt", by="priority", replications=2).counts
    assert by["opened"].sum() == each["opened"]


def test_theory_stands_beside_it(busy: Scenario) -> None:
    theory = cx.run(busy, "asa", replications=3).neighbours.iloc[0]
    assert theory["formula"] == "Erlang C"
    assert theory["wait_theory_s"] == pytest.approx(275.09, abs=0.01)


def test_overload_is_said() -> None:
    found = cx.run(desk(3, channel(25.0, law(9))), "asa", replications=3)
    assert any("load" in doubt for doubt in found.doubts)
    assert any("grow" in doubt for doubt in found.doubts)


def test_a_company_is_asked_about_its_customers() -> None:
    small = Scenario.load("scenarios/saas_startup.toml").but(
        **{"lifecycle.initial_customers": 60, "horizon.weeks": 12}
    )
    table = cx.run(small, replications=2).table.set_index("metric")
    assert {"frt", "churn", "nrr"} <= set(table.index)
    assert table.loc["churn", "n"] == 2


def test_it_shows_itself(busy: Scenario) -> None:
    found = cx.run(busy, "asa", replications=2)
    assert "tickets per run" in repr(found)
    assert ">case: 2 replications, as asked</p>" in found._repr_html_()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"metrics": "frtt"}, "did you mean 'frt'"),
        ({"precision": 5}, "a share between 0 and 1"),
        ({"precision": 0.05, "replications": 3}, "either a number"),
        ({"replications": 0}, "replications"),
        ({"by": "chanel", "replications": 1}, "did you mean 'channel'"),
        ({"executor": "cors"}, "did you mean 'cores'"),
        ({"metrics": "frt", "precision": Precision(key=("art",))}, "not asked"),
    ],
)
def test_bad_questions(busy: Scenario, asked: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        cx.run(busy, **asked)


@pytest.mark.parametrize(
    "numbers", [{"floor": 1}, {"floor": 9, "cap": 8}, {"relative": 0}, {"look_ahead": -1}]
)
def test_rules_that_cannot_be(numbers: dict[str, float]) -> None:
    with pytest.raises(InputError):
        Precision(**numbers)
