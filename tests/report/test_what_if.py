"""The what-if page: one file, small, with what it rests on; and the live sliders' table."""

from __future__ import annotations

import json
import re
import sys

import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.report.live import live_sliders, live_table
from tests.report.helpers import small_scenario, untypeset

VARY = ["team.shifts.0.agents=1..4", "channels.phone.arrivals_per_hour=x0.8..x1.4"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("what_if")
    given = {"vary": VARY, "metrics": ["abandonment", "csat"], "replications": 2}
    return cx.report.report(
        small_scenario(folder), notebook="what_if", parameters=given, out=folder / "out"
    )


def test_the_page_says_what_varies_and_how_far_to_trust_it(made):
    page = untypeset(made.path.read_text(encoding="utf-8"))
    assert len(page.encode()) <= 500_000
    for words in (
        "What if: A small desk",
        "team: agents, Mon–Fri 08:00 to 18:00, from 1 to 4; "
        "phone: arrivals per hour, from × 0.8 to × 1.4",
        "16 cells, 2 replications each, all under the same draws",
        "How far to trust it",
        "±5.0 points",
        "Left out",
        "csat: too few points with a value",
    ):
        assert words in page, words
    assert re.search(r"100 points on surfaces", page)
    assert "JupyterLab" not in re.sub(r'<section id="how".*?</section>', "", page, flags=re.S)


def test_the_manifest_knows_the_parameters(made):
    manifest = json.loads(made.path.with_suffix(".json").read_text())
    assert manifest["parameters"]["vary"] == VARY
    assert manifest["scenario"]["name"] == "small"


@pytest.mark.parametrize(
    ("vary", "words"),
    [
        (["team.shifts.0.agents=4..1"], "the lower end first"),
        (["team.shifts.0.agent=1..4"], "agents"),
        (["team.shifts.0.agents"], r"key=low\.\.high"),
    ],
)
def test_bad_ranges_are_said(tmp_path, vary, words):
    with pytest.raises(cx.CxlabError, match=words):
        cx.report.report(small_scenario(tmp_path), notebook="what_if",
                         parameters={"vary": vary, "replications": 1},
                         out=tmp_path / "out")  # fmt: skip


def test_live_numbers_are_those_of_compare(tmp_path):
    desk = cx.Scenario.load(small_scenario(tmp_path))
    shown = live_table(desk, {"team.shifts.0.agents": 4}, "abandonment", replications=2)
    other = cx.compare(desk, options={"more": desk.but(**{"team.shifts.0.agents": 4})},
                       metrics="abandonment", replications=2)  # fmt: skip
    assert other.table["verdict"].iloc[0] in shown
    assert "2 replications each" in shown


def test_live_sliders_name_their_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(InputError, match=r"cxlab\[live\]"):
        live_sliders(cx.Scenario.load(small_scenario(tmp_path)))


def test_a_moved_slider_simulates_anew(tmp_path):
    widgets = pytest.importorskip("ipywidgets")
    desk = cx.Scenario.load(small_scenario(tmp_path))
    box = live_sliders(desk, cx.report.chosen_ranges(VARY), "abandonment", replications=2)
    agents, calls, shown = box.children
    assert isinstance(agents, widgets.IntSlider)
    assert (agents.value, calls.value) == (2, 1.0)
    assert "does not change at all" in shown.value
    agents.value = 4
    assert "falls by" in shown.value or "no difference shown" in shown.value
