"""The page of a comparison: what it says, and on what that rests."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.experiment.comparison import Comparison
from cxlab.report import comparison
from tests.report.helpers import (
    EVIL,
    hostile_scenario,
    lone_company,
    small_company,
    small_scenario,
)


def page_of(path, out, **parameters):
    made = cx.report.report(path, notebook="compare", out=out, parameters=parameters)
    return made, made.path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compared")
    path = small_scenario(folder)
    (folder / "trained.toml").write_text(
        'extends = "small.toml"\ntitle = "Shorter calls"\n[channels.phone]\n'
        'handle_minutes = { law = "exponential", mean = 3 }\n'
    )
    asked = {"others": ["trained"], "changes": ["one: team.shifts.0.agents=1"]}
    return (*page_of(path, folder / "out", replications=6, **asked), path)


def test_page(small):
    made, page, _ = small
    for words in ("Shorter calls (trained)", "one against small", "6 pairs of replications",
                  "channels.phone.handle_minutes.mean", "Tickets per run", "Erlang A",
                  "counts from its start", "1.1 Purpose"):  # fmt: skip
        assert words in page, words
    assert not re.search(r"<(?:td|th|p|li)\b[^>]*>\s*(nan|None|inf)\s*<", page)
    # One agent alone for 2 calls an hour of 6 minutes: more callers give up, surely.
    assert any(re.match(r"one\. Worse: .*Abandonment rate rises by", s) for s in made.summary)


def test_manifest_knows_what_was_compared(small):
    made, page, path = small
    data = json.loads(made.manifest_path.read_text(encoding="utf-8"))
    trained, one = data["compared"]
    assert (trained["label"], one["label"]) == ("trained", "one")
    assert one["changes"] == [{"key": "team.shifts.0.agents", "base": 2, "option": 1}]
    changed = cx.Scenario.load(path).but(**{"team.shifts.0.agents": 1}, replications=6)
    assert one["scenario_sha256"] == changed.sha256
    assert one["scenario_sha256"] in page
    assert one["tickets_per_run"]["opened"] == trained["tickets_per_run"]["opened"] > 0


def test_another_comparison_replaces_no_page(small):
    made, _, path = small
    again, page = page_of(path, made.path.parent, replications=2)
    assert again.path != made.path
    # Nothing was asked: one more and one fewer of the two agents.
    assert "1 more agent" in page
    assert "1 fewer agent" in page


def test_numbers_of_tiles_and_tables_are_those_of_the_comparison(small):
    _, page, path = small
    desk = cx.Scenario.load(path)
    found = cx.compare(desk, options={"one": desk.but(**{"team.shifts.0.agents": 1})},
                       metrics="abandonment", replications=6)  # fmt: skip
    row = found.table.iloc[0]
    assert f"+{100 * row['difference']:.1f}\u00a0points" in page
    assert f"<strong>one</strong>: {100 * row['other']:.1f}\u00a0%" in page


def test_payloads_in_names_stay_text(tmp_path):
    made, page = page_of(
        hostile_scenario(tmp_path), tmp_path / "out", replications=2,
        changes=[f"{EVIL.replace('=', '')}: team.shifts.0.agents=1"],
    )  # fmt: skip
    assert "<img" not in page
    assert "<script>window" not in page
    assert "&lt;img src" in page
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.html", made.path.name)


@pytest.mark.promised
def test_companies_are_compared(tmp_path):
    made, page = page_of(
        small_company(tmp_path, days=40), tmp_path / "out", replications=2,
        changes=["dearer: lifecycle.plans.starter.price_per_month=x1.1"],
        metrics=["frt", "churn", "arpa"],
    )  # fmt: skip
    assert "Customer churn" in page
    assert any("Average revenue per account" in line for line in made.summary)


@pytest.mark.long
def test_a_company_without_a_desk_has_no_agents_to_add(tmp_path):
    path = lone_company(tmp_path)
    with pytest.raises(cx.InputError, match="no desk"):
        page_of(path, tmp_path / "out", replications=2)
    _, page = page_of(path, tmp_path / "out", replications=2,
                      changes=["lifecycle.plans.basic.price_per_month=11"])  # fmt: skip
    assert "There are no tickets" in page


def test_other_horizons_are_refused(tmp_path):
    with pytest.raises(cx.InputError, match="no pairs"):
        page_of(small_scenario(tmp_path), tmp_path / "out", others=["base"])
    assert not (tmp_path / "out").exists()


def _compared(unit, base, other, direction="down"):
    def rows(label, values):
        return pd.DataFrame(
            {"scenario": label, "metric": "m", "title": "M", "statistic": "median",
             "value": values, "numerator": np.nan, "n": 9, "unit": unit, "direction": direction,
             "period": "all", "low": np.nan, "high": np.nan, "interval_method": "",
             "excluded": [{} for _ in values], "pending": 0, "flag": "ok", "note": "",
             "replication": range(1, len(values) + 1)}
        )  # fmt: skip

    parts = pd.concat([rows("a", base), rows("b", other)], ignore_index=True)
    return Comparison("a", ("b",), parts, ())


@pytest.mark.parametrize(
    ("unit", "base", "other", "axis", "value"),
    [
        ("s", [50.0, 150.0], [60.0, 180.0], "% of the base", 20.0),  # 100 to 120
        ("share", [0.5, 0.7], [0.6, 0.9], "percentage points", 15.0),  # 0.60 to 0.75
        ("points", [4.0, 4.2], [4.1, 4.4], "(points)", 0.15),
        ("nps", [-10.0, 10.0], [0.0, 30.0], "−100 to 100", 15.0),
    ],
)
def test_an_axis_has_one_unit(unit, base, other, axis, value):
    """Per cent of the base, percentage points, or points: worked out by hand."""
    (chart,) = comparison.change_pictures(_compared(unit, base, other))
    spec = chart.to_dict()
    assert axis in str(spec)
    (drawn,) = {row["value"] for rows in spec["datasets"].values() for row in rows
                if "value" in row}  # fmt: skip
    assert drawn == pytest.approx(value)


def test_of_nothing_there_is_no_per_cent():
    assert comparison.change_pictures(_compared("s", [0.0, 0.0], [1.0, 2.0])) == []
