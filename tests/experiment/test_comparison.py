"""Paired comparisons: differences, intervals and verdicts worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.experiment.comparison import Comparison
from cxlab.experiment.validation_cases import channel, desk, law
from cxlab.scenario import Scenario

ONE, OTHER = [1.0, 2.0, 3.0, 4.0], [2.0, 4.0, 3.0, 5.0]


def runs(scenario: str, values: list[float], metric: str = "frt", **more: object) -> pd.DataFrame:
    """Rows of runs as `measure` gives them, of a quantile in minutes."""
    return pd.DataFrame(
        {
            "scenario": scenario, "metric": metric, "title": metric, "statistic": "median",
            "value": [60 * v for v in values], "numerator": np.nan, "n": 9, "unit": "s",
            "direction": "down", "period": "all", "low": np.nan, "high": np.nan,
            "interval_method": "", "excluded": [{} for _ in values], "pending": 0, "flag": "ok",
            "note": "", "replication": range(1, len(values) + 1),
        }
        | more
    )  # fmt: skip


def compared(*parts: pd.DataFrame) -> Comparison:
    rows = pd.concat(parts, ignore_index=True)
    base, *others = dict.fromkeys(rows["scenario"])
    return Comparison(base, tuple(others), rows, ())


def test_a_paired_difference_by_hand() -> None:
    row = compared(runs("a", ONE), runs("b", OTHER)).table.iloc[0]
    # Differences 1, 2, 0, 1: mean 1, sd 0.816497, t(3) = 3.182446; half-width 1.299228.
    assert row["difference"] == pytest.approx(60)
    assert row["low"] == pytest.approx(60 * (1 - 1.299228), rel=1e-5)
    assert row["high"] == pytest.approx(60 * (1 + 1.299228), rel=1e-5)
    assert row["p"] == pytest.approx(0.091721, abs=1e-6)
    # t = 2.449490 with 3 degrees: 1 − 2/π (θ + sin θ cos θ), where tan θ = t/√3, is 0.091721.
    # Covariance 4/3, both variances 5/3.
    assert row["correlation"] == pytest.approx(0.8)
    # Independent: variance 10/3 against 2/3 of the pairs.
    assert row["independent"] == pytest.approx(20)
    assert row["replications"] == 4
    assert row["verdict"] == "no difference shown, and one of more than 2.3 min is excluded"


def test_a_run_without_a_value_is_no_pair() -> None:
    """10, 20 and two without a partner, against 11 and 21: one minute more in both pairs."""
    nan = math.nan
    row = compared(runs("a", [10, 20, 30, 40]), runs("b", [11, 21, nan, nan])).table.iloc[0]
    assert row["base"] == pytest.approx(15 * 60)
    assert row["difference"] == pytest.approx(60)
    assert row["replications"] == 2
    assert compared(runs("a", [10, nan]), runs("b", [nan, 11])).table.iloc[0]["replications"] == 0
    # 1 of 1 and 5 of 10 (and 9 of 9) against 1 of 2 and 6 of 10: 7/12 − 6/11.
    more = {"statistic": "share", "unit": "share", "direction": "up"}
    one = runs("a", [1.0, 0.5, 1.0], "fcr", numerator=[1.0, 5.0, 9.0], n=[1, 10, 9], **more)
    two = runs("b", [0.5, 0.6, nan], "fcr", numerator=[1.0, 6.0, 0.0], n=[2, 10, 0], **more)
    row = compared(one, two).table.iloc[0]
    assert row["difference"] == pytest.approx(7 / 12 - 6 / 11)


def test_ratios_are_compared_by_their_pseudovalues() -> None:
    """8 of 10 and 9 of 20 solved against 9 of 10 and 12 of 20: pseudo-values by leaving one out."""
    more = {"statistic": "share", "unit": "share", "direction": "up", "n": [10, 20]}
    one = runs("a", [0.8, 0.45], "fcr", numerator=[8.0, 9.0], **more)
    other = runs("b", [0.9, 0.6], "fcr", numerator=[9.0, 12.0], **more)
    row = compared(one, other).table.iloc[0]
    assert row["difference"] == pytest.approx(21 / 30 - 17 / 30)
    # 2θ − θ₋ᵢ: a: 34/30 − 9/20 = 0.683333, 34/30 − 8/10 = 0.333333; b: 1.4 − 0.6, 1.4 − 0.9.
    # Differences 0.116667 and 0.166667: sd 0.0353553, t(1) = 12.7062: ± 0.317655.
    assert row["high"] - row["low"] == pytest.approx(2 * 0.317655, rel=1e-5)


def test_holm_by_hand() -> None:
    """Of p = 0.01, 0.03, 0.04: 3 × 0.01, then 2 × 0.03, then no less than that."""
    half = {0.01: 5.840909, 0.03: 3.896046, 0.04: 3.481909}  # t(3), two-sided
    spread = np.array([-1.0, 1.0, -1.0, 1.0])  # sd 1.154701, standard error 0.577350
    parts = [runs("a", [0.0] * 4, f"m{p}") for p in half]
    parts += [runs("b", list(t * 0.577350 + spread), f"m{p}") for p, t in half.items()]
    table = compared(*parts).table
    assert table["p"].tolist() == pytest.approx([0.01, 0.03, 0.04], abs=1e-5)
    assert table["p_holm"].tolist() == pytest.approx([0.03, 0.06, 0.06], abs=1e-4)
    assert [v.startswith("rises") for v in table["verdict"]] == [True, False, False]


def test_verdicts() -> None:
    def verdict(values: list[float], **more: object) -> str:
        return str(compared(runs("a", ONE, **more), runs("b", values, **more)).verdicts[0])

    assert verdict([v + 5 for v in ONE]) == "b: frt rises by 5.0 min (worse)"
    falls = "b: frt falls by between 3.9 min and 4.1 min (better)"
    assert verdict([-3.0, -1.9, -1.1, 0.0]) == falls
    assert verdict(ONE) == "b: frt does not change at all"
    # Three tickets more in each of four pairs: all of one sign comes in one of eight by chance.
    more = verdict([v + 3 for v in ONE], unit="count")
    assert more.startswith("b: frt no difference shown")
    assert verdict([-3.0, -1.9, -1.1, 0.0], direction="depends").endswith("3.9 min and 4.1 min")
    nothing = [math.nan] * 4
    assert verdict(nothing) == "b: frt has no value in one of them"
    assert verdict(nothing, note="the data lack surveys").endswith("(the data lack surveys)")
    assert verdict([2.0, math.nan, math.nan, math.nan]) == "b: frt has too few pairs"


def test_a_small_difference_that_is_shown_is_not_told_as_0() -> None:
    """Differences 2, 3, 2 and 3 in 10,000: mean 2.5, sd 0.57735; half-width 0.91869 (t(3))."""
    base = [0.5, 0.5, 0.6, 0.6]
    other = [0.5002, 0.5003, 0.6002, 0.6003]
    share = {"unit": "share", "direction": "up"}
    found = compared(*(
        runs(name, [v / 60 for v in values], "sla", **share)
        for name, values in (("a", base), ("b", other))
    ))  # fmt: skip
    assert found.verdicts[0] == "b: sla rises by between 0.016 points and 0.034 points (better)"
    told = repr(found)
    assert "+0.025 points" in told
    assert "+0.016 points to +0.034 points" in told


def test_what_is_equal_by_nature_is_no_test() -> None:
    """The number of tickets is the same under the same draws: it makes no other p value larger."""
    found = compared(
        runs("a", ONE), runs("a", ONE, "vol"), runs("b", OTHER), runs("b", ONE, "vol")
    ).table.set_index("metric")
    assert math.isnan(found.loc["vol", "p"])
    assert found.loc["frt", "p_holm"] == found.loc["frt", "p"]


def test_nothing_is_found_where_there_is_nothing() -> None:
    """Of 60 comparisons of five metrics by chance alone, few find anything.

    At 5 % each, more than 9 of 60 come with probability 0.001.
    """
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(60):
        common = rng.normal(size=(5, 8))
        parts = [runs(who, list(common[m] + rng.normal(size=8)), f"m{m}")
                 for who in "ab" for m in range(5)]  # fmt: skip
        found += bool((compared(*parts).table["p_holm"] < 0.05).any())
    assert found <= 9


@pytest.fixture(scope="module")
def rare() -> Scenario:
    """One call in 10,000 is urgent: of twelve runs, 8 and 10 have one, no other has any."""
    data = {"channels.phone.priority_shares": {"urgent": 0.0001, "normal": 0.9999}}
    return desk(4, channel(20.0, law(9), service_level_seconds=180)).but(
        **{"horizon.days": 4, **data}
    )


@pytest.fixture(scope="module")
def busy() -> Scenario:
    return desk(4, channel(20.0, law(9), service_level_seconds=180))


def test_one_agent_more(busy: Scenario) -> None:
    found = cx.compare(busy.but(seed=2), options={"five": busy.but(**{"team.shifts.0.agents": 5})},
                       metrics="asa,vol", replications=10)  # fmt: skip
    rows = found.table.set_index("metric")
    # Erlang C: 275.1 s with four, 63.8 s with five; 5 % of seeds miss it.
    assert rows.loc["asa", "low"] < 63.8 - 275.1 < rows.loc["asa", "high"]
    assert rows.loc["asa", "verdict"].startswith("falls by")
    assert rows.loc["vol", "verdict"] == "does not change at all"
    assert rows.loc["asa", "independent"] > 10  # the same callers come in both
    assert found.tables["five"].set_index("metric").loc["asa", "value"] == rows.loc["asa", "other"]
    assert "10 pairs of replications" in found.summary[0]
    assert "falls by" in repr(found)
    assert "<table" in found._repr_html_()


def test_names_are_escaped_where_they_are_shown() -> None:
    shown = compared(runs("a", ONE), runs("<img src=x>", OTHER))._repr_html_()
    assert "<img" not in shown
    assert "&lt;img src=x&gt;</td>" in shown


@pytest.mark.promised
def test_groups_and_workers(busy: Scenario) -> None:
    five = busy.but(name="five", **{"team.shifts.0.agents": 5})
    here, cores = (
        cx.compare(busy, five, metrics="asa", by="priority", replications=3, executor=e)
        for e in ("here", "cores:2")
    )
    pd.testing.assert_frame_equal(here.table, cores.table, check_exact=True)
    assert here.table["priority"].tolist() == ["normal"]
    assert here.verdicts[0].startswith("five: asa [normal] ")


def test_a_rare_group_counts_in_every_run(rare: Scenario) -> None:
    found = cx.compare(rare, options={"five": rare.but(**{"team.shifts.0.agents": 5})},
                       metrics="vol,asa", by="priority", replications=12)  # fmt: skip
    mine = found.table[found.table["priority"] == "urgent"].set_index("metric")
    assert mine.loc["vol", "base"] == pytest.approx(2 / 12)
    assert mine["replications"].to_dict() == {"vol": 12, "asa": 2}


def test_all_meet_the_draws_of_the_base(busy: Scenario) -> None:
    other_seed = busy.but(name="other", seed=99)
    found = cx.compare(busy, other_seed, metrics="asa", replications=2)
    assert found.table["verdict"].tolist() == ["does not change at all"]


@pytest.mark.parametrize(
    ("changes", "asked", "message"),
    [
        ({}, {}, "two scenarios of one name"),
        ({"name": "b", "horizon.days": 9}, {}, "no pairs"),
        ({"name": "b"}, {"replications": 1}, "2 or more"),
        ({"name": "b"}, {"metrics": "frtt"}, "did you mean 'frt'"),
        ({"name": "b"}, {"by": "chanel"}, "did you mean 'channel'"),
    ],
)
def test_bad_questions(
    busy: Scenario, changes: dict[str, object], asked: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        cx.compare(busy, busy.but(**changes), **asked)


def test_nothing_to_compare(busy: Scenario) -> None:
    with pytest.raises(InputError, match="nothing to compare"):
        cx.compare(busy)


def test_each_scenario_is_a_run_of_its_own(busy: Scenario) -> None:
    options = {"three": busy.but(**{"team.shifts.0.agents": 3})}
    found = cx.compare(busy, options=options, metrics="asa", replications=4)
    alone = cx.run(options["three"], "asa", replications=4)
    pd.testing.assert_frame_equal(found.runs["three"].table, alone.table)
    pd.testing.assert_frame_equal(found.runs["three"].counts, alone.counts)
    assert found.counts["scenario"].tolist() == [busy.name, "three"]
    assert found.counts["opened"].nunique() == 1  # the same callers
    # 20 calls of 9 minutes an hour are a load of 3: as many as three agents can do.
    ((doubt, who),) = found.doubts.items()
    assert who == ["three"]
    assert f"note (three): {doubt}" in found.summary
