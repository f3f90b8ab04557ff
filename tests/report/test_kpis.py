"""Tiles, tables and targets say in words and signs what the numbers mean."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.metrics.examples import example_tables
from cxlab.report import definitions, drill_table, kpi_table, load_targets, tiles
from cxlab.report.html import element, json_for_script, table
from cxlab.report.references import settled
from cxlab.report.targets import Target, parse_targets
from cxlab.stats import difference_interval, wilson_interval
from tests.report.helpers import EVIL


def _rows(**changes):
    row = {
        "metric": "frt", "title": "First response time", "unit": "s", "direction": "down",
        "period": "2026-W02", "value": 7200.0, "low": 6000.0, "high": 8000.0, "n": 120,
        "excluded": {"no_reply": 4}, "pending": 2, "flag": "ok", "interval_method": "t",
    }  # fmt: skip
    return pd.DataFrame([row | changes])


def _read(body):
    """Return what a reader sees of markup."""
    return re.sub(r"<[^>]*>", "", body).replace("\u00a0", " ")


def test_a_tile_says_value_interval_cases_change_and_target():
    before = _rows(period="2026-W01", value=3600.0, low=3000.0, high=4000.0)
    words = tiles(_rows(), before, {"frt": Target("frt", "s", at_most=3600.0)})
    text = _read(words.body)
    for part in ("2.0 h", "95 % interval 1.7 h to 2.2 h", "n = 120, 4 excluded, 2 still pending",
                 "▲ +100.0 % against 2026-W01 (1.0 h); worse",
                 "Target at most 1.0 h: ✗ missed"):  # fmt: skip
        assert part in text
    assert words.page["missed_targets"] == ["frt"]


def test_difference_of_shares_is_newcombes():
    """Newcombe 1998, method 10: 56/70 against 48/80 gives 0.0524 to 0.3339."""
    shares = np.array([56, 48]), np.array([70, 80])
    low, high = wilson_interval(*shares)
    found = difference_interval(0.8, low[0], high[0], 0.6, low[1], high[1])
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_change_is_judged_by_the_interval_of_the_difference():
    """The intervals 0 to 2 and 1.8 to 3.8 overlap; the difference 0.39 to 3.2 leaves out 0."""
    near = tiles(_rows(), _rows(value=7300.0, low=6100.0, high=8100.0))
    assert "; no difference shown" in near.words
    far = tiles(_rows(value=2.8, low=1.8, high=3.8), _rows(value=1.0, low=0.0, high=2.0))
    assert ">worse</span>, beyond chance" in far.body
    assert "; worse, beyond chance" in far.words
    bare = tiles(_rows(), _rows(value=1.0, low=float("nan"))).words
    assert "worse" not in bare
    assert "shown" not in bare


def test_a_tile_mostly_pending_says_so():
    assert "Most are not decided: 130 cases still pending." in tiles(_rows(pending=130)).body
    assert "Most are" not in tiles(_rows(pending=120)).body


def _words(block):
    return re.sub(r"<[^>]*>", "", block.body)


def test_a_share_that_waits_for_repeat_contacts_says_when_it_will_be_known():
    """April ends with 30 April; a contact of the last ticket can be repeated to 7 May."""
    fcr = {"metric": "fcr_7d", "unit": "share", "period": "2016-04", "excluded": {}, "pending": 130}
    none = tiles(_rows(**fcr, value=float("nan"), n=0, flag="immature"))
    told = "Too early to tell: none is decided, 130 cases still pending; known from 2016-05-08."
    assert told in _words(none)
    assert "no value (too early to tell: no case is decided yet; known from 2016-05-08)" in (
        none.words
    )
    some = _words(tiles(_rows(**fcr, value=0.5, n=100)))
    assert "Most are not decided: 130 cases still pending; known in full from 2016-05-08." in some
    week = tiles(_rows(**(fcr | {"metric": "fcr", "period": "2016-W15"}), n=100, value=0.5))
    assert "known in full from 2016-05-18." in _words(week)  # Sunday 17 April, and 30 days


def test_a_period_before_the_log_is_not_compared():
    note = "no comparison: the log begins in 2026-W02"
    block = tiles(_rows(), _rows(value=float("nan"), note=note))
    assert "No comparison: the log begins in 2026-W02." in block.body
    assert note in block.words
    begun = _rows(value=3600.0, period="2026-W01", note="the log begins within it")
    assert "2026-W01 (1.0 h) (the log begins within it)" in _read(tiles(_rows(), begun).body)


@pytest.mark.parametrize(
    ("direction", "verdict"), [("down", "worse"), ("up", "better"), ("depends", None)]
)
def test_better_and_worse_follow_the_direction(direction, verdict):
    before = _rows(value=3600.0, low=3000.0, high=4000.0)
    body = tiles(_rows(direction=direction), before).body
    assert [v for v in ("better", "worse") if f">{v}<" in body] == ([verdict] if verdict else [])


def test_shares_change_in_points():
    now, before = _rows(unit="share", value=0.60), _rows(unit="share", value=0.65)
    assert "−5.0 points" in tiles(now, before).body.replace("\u00a0", " ")


@pytest.mark.parametrize("flag", ["empty", "immature"])
def test_no_value_is_said_not_hidden(flag):
    block = tiles(_rows(value=float("nan"), flag=flag), _rows())
    assert "No value" in block.body
    assert "no value" in block.words
    assert "nan" not in block.body


def test_undefined_kpis_are_named_together():
    block = tiles(_rows(value=float("nan"), flag="undefined"))
    assert "the data lack what it needs: First response time." in block.body
    assert block.words == "No value, because the data lack what it needs: First response time."


@pytest.mark.parametrize("flag", ["undefined", "empty", "immature"])
def test_a_target_on_what_has_no_value_is_told_and_not_met(flag):
    """`--fail-on-target` lets it pass: the summary, and so the mail, must not be silent then."""
    target = Target("frt", "s", at_most=3600.0)
    block = tiles(_rows(value=float("nan"), flag=flag), targets={"frt": target})
    assert "target at most 1.0 h cannot be judged" in block.words.replace("\u00a0", " ")
    assert block.page["missed_targets"] == []


def test_markup_in_groups_and_titles_is_text():
    rows = _rows(title=EVIL, channel=EVIL, period=EVIL)
    for block in (tiles(rows, rows), kpi_table(rows), drill_table(rows, "channel")):
        assert "<img" not in block.body
        assert "<script" not in block.body


def test_a_dimension_nobody_recorded_is_said():
    assert "do not record" in drill_table(_rows(channel="(missing)"), "channel").body


def test_targets_are_read_in_their_unit(tmp_path):
    file = tmp_path / "t.toml"
    file.write_text(
        "[targets.art_median]\nat_most_hours = 24\n[targets.sla]\nat_least_percent = 65"
    )
    found = load_targets(file)
    assert found["art_median"].at_most == 86400
    assert found["sla"].at_least == pytest.approx(0.65)
    assert load_targets(None) == {}
    for text in ("", "# nothing yet\n", "[targets]\n"):
        file.write_text(text)
        with pytest.raises(cx.InputError, match=rf"no targets in {file.name}: given"):
            load_targets(file)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"targets": {"frtt": {"at_most_hours": 1}}}, "did you mean 'frt'"),
        ({"targets": {"first_reply": {"at_most_hours": 1}}}, r"frt \(First response time"),
        ({"targets": {"xyzzy": {"at_most_hours": 1}}}, "`cxlab metrics` lists them"),
        ({"frt": "<= 1h"}, r"given '<= 1h'; expected a table \[targets.frt\]"),
        ({"targets": {"frt": {"at_most_hour": 1}}}, "at_most_hours"),
        ({"targets": {"frt": {"at_most": 1}}}, "unknown key or unit"),
        ({"targets": {"frt": {"at_most_hours": "1"}}}, "must be a number"),
        ({"targets": {"frt": {"at_most_hours": True}}}, "must be a number"),
        ({"targets": {"frt": {}}}, "has no limit"),
        ({"targets": {"frt": {"at_most_hours": 1, "at_most_days": 1}}}, "two limits"),
        ({"target": {}}, "did you mean 'targets'"),
        ({"targets": {"csat": {"at_least_percent": 180}}}, "out of reach.*0 to 100"),
        ({"targets": {"frt": {"at_most_hours": 1, "at_least_hours": 2}}}, "at least and at most"),
        ({"targets": {"frt": {"at_most_percent": 5}}}, "target of frt: unknown key or unit"),
    ],
)
def test_wrong_targets_are_refused(data, words):
    with pytest.raises(InputError, match=words):
        parse_targets(data)


def test_every_definition_has_a_formula_in_mathml():
    body = definitions(["frt", "sla", "art"]).body
    assert body.count("<math ") == 3
    assert "Source: " in body


def test_helpers_escape_all_that_is_text():
    made = table([EVIL], [[EVIL]], caption=EVIL) + element("p", EVIL, title=EVIL)
    assert "<img" not in made
    assert "<script" not in made
    assert json_for_script({"a": "</script>\u2028"}) == '{"a":"\\u003c/script>\\u2028"}'


def test_a_tile_of_a_survey_says_how_many_answered():
    # The catalogue's example: five asked, four answered, two of them satisfied.
    rows = cx.measure(example_tables(cx.metric("csat")), "csat")
    words = tiles(rows).body.replace("\u00a0", " ")
    assert "4 of 5 answered (80.0 %)" in words
    assert "40.0 % to 60.0 %" in words  # had the fifth been dissatisfied, or satisfied


def _trend(*values):
    """Return one metric over weeks, with an interval of ±10 around every value."""
    frame = pd.DataFrame({"period": [f"W{i}" for i in range(1, len(values) + 1)], "value": values})
    limits = {"low": frame["value"] - 10, "high": frame["value"] + 10}
    return (
        _rows()
        .drop(columns=["period", "value", "low", "high"])
        .merge(frame.assign(**limits), how="cross")
    )


def test_a_tile_draws_its_course_to_scale_with_a_gap_where_there_is_no_value():
    """0, 100, none, 50, 50 with ±10: the picture is 160 × 36 with a margin of 5.

    Across: 5 to 155 in steps of 37.5. Down: −10 to 110 on 31 to 5, so 0 is at 28.8, 100 at 7.2,
    50 at 18.
    """
    trend = _trend(0.0, 100.0, float("nan"), 50.0, 50.0)
    body = tiles(_rows(value=50.0), trends={"frt": trend}).body
    lines = re.findall(r'<path d="(M[^"]*)" class="trend"/>', body)
    assert lines == ["M5.0 28.8L42.5 7.2", "M117.5 18.0L155.0 18.0"]
    assert body.count('class="band"') == 2
    label = re.search(r'role="img" aria-label="([^"]*)"', body).group(1).replace("\u00a0", " ")
    assert label == (
        "5 periods: 0.0 s in W1, 50.0 s in W5; lowest 0.0 s in W1, highest 1.7 min in W2; "
        "1 without a value"
    )


def test_a_course_shows_the_target_where_it_is_near_and_no_course_of_one_value():
    """Of 0 to 100 ± 10 a target of 150 is within reach: the scale ends there, at 5 from the top."""
    near = tiles(_rows(value=50.0), None, {"frt": Target("frt", "s", at_most=150.0)},
                 trends={"frt": _trend(0.0, 100.0)})  # fmt: skip
    assert '<path d="M0 5.0H160" class="target"/>' in near.body
    far = tiles(_rows(value=50.0), None, {"frt": Target("frt", "s", at_most=9000.0)},
                trends={"frt": _trend(0.0, 100.0)})  # fmt: skip
    assert 'class="target"' not in far.body
    assert "<svg" not in tiles(_rows(), trends={"frt": _trend(50.0, float("nan"))}).body


def test_a_tile_of_runs_has_a_dot_for_each():
    """Runs 0, 50, 100 with mean 50 and interval 25 to 75, across 5 to 155."""
    runs = pd.DataFrame({"metric": "frt", "value": [100.0, 0.0, 50.0, float("nan")]})
    row = _rows(value=50.0, low=25.0, high=75.0, n=3, interval_method="t over replications")
    body = tiles(row, runs=runs).body
    assert '<path d="M5.0 18h0M80.0 18h0M155.0 18h0" class="dot run"/>' in body
    assert 'd="M42.5 6H117.5V30H42.5Z" class="band"' in body
    assert 'aria-label="3 runs: 0.0 s to 1.7 min, mean 50.0 s"' in body.replace("\u00a0", " ")


def test_no_tile_stands_alone_in_a_row_if_that_can_be_helped():
    """Fifteen are five threes on a middling screen, ten five twos; seven are four and three."""

    def classes(count):
        rows = pd.concat([_rows(metric=f"m{i}") for i in range(count)])
        return re.search(r'class="tiles ([^"]*)"', tiles(rows).body).group(1)

    assert [classes(n) for n in (10, 15, 8, 7, 6)] == [
        "wide-5 mid-2", "wide-5 mid-3", "wide-4 mid-2", "wide-4 mid-2", "wide-3 mid-3"]  # fmt: skip


def test_links_between_tiles_and_definitions_lead_somewhere():
    row, other = _rows(), _rows(metric="own_number")
    parts = [tiles(pd.concat([row, other])).body, definitions(["frt", "sla"]).body, tiles(row).body]
    first, second, third = settled(parts)
    assert '<a href="#def-frt">' in first
    assert 'id="kpi-frt"' in first
    assert '<a href="#def-own_number">' not in first
    assert 'id="def-frt"' in second
    assert '<a href="#kpi-frt">' in second
    assert "#kpi-sla" not in second
    assert 'id="kpi-frt"' not in third  # a name stands once on a page
