"""What objects show in a notebook: text stays text, numbers stand right, any theme's ground."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pandas as pd
import pytest

import cxlab as cx
from cxlab import display
from cxlab.lessons import lessons
from cxlab.report.outputs import Collected, show_output
from tests.report.helpers import EVIL, hostile_scenario, small_scenario


class Page(HTMLParser):
    """The elements of a piece of markup, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


ALLOWED = {
    "div", "style", "h4", "code", "p", "table", "caption", "thead", "tbody", "tr", "th", "td", "a",
}  # fmt: skip


@pytest.fixture(scope="module")
def things(tmp_path_factory):
    """One of everything, its texts hostile where a user writes them."""
    folder = tmp_path_factory.mktemp("display")
    desk = cx.Scenario.load(hostile_scenario(folder))
    run = cx.run(desk, "frt,vol", by="topic", replications=2)
    more = desk.but(**{"team.shifts.0.agents": 3})
    sweep = cx.sweep(
        desk, {"team.shifts.0.agents": [1, 2, 3, 4, 5, 6]}, metrics="frt", replications=2
    )
    tables = cx.simulate(desk, replications=1)
    return {
        "scenario": desk,
        "changed scenario": desk.but(title="<b>other</b>", description=EVIL),
        "run": run,
        "comparison": cx.compare(
            desk, options={"<b>more</b>": more}, metrics="frt", by="topic", replications=2
        ),
        "sweep": sweep,
        "surrogate": cx.surrogate(sweep, "frt", kind="quadratic"),
        "sensitivity": cx.sensitivity(
            desk, {"team.shifts.0.agents": (1, 3)}, "frt", replications=2
        ),
        "tables": tables,
        "measurement": cx.measure(tables, "vol", by="topic,replication"),
        "report": cx.report.ReportResult(
            folder / '"><b>.html', folder / "<b>.json", ("<b>FRT</b>: 3",), ("<b>",)
        ),
        "lesson": lessons()["adoption"],
        "catalogue": cx.METRICS,
    }


NAMES = [
    "scenario", "changed scenario", "run", "comparison", "sweep", "surrogate", "sensitivity",
    "tables", "measurement", "report", "lesson", "catalogue",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_markup_is_whole_and_text_stays_text(things, name):
    page = Page(things[name]._repr_html_())
    assert page.open == []
    assert set(page.tags) <= ALLOWED
    assert "nan" not in re.split(r"\W+", page.text)


@pytest.mark.parametrize("name", NAMES)
def test_no_ground_and_no_colour_of_its_own(things, name):
    """Whatever the theme: colours come from it, and where there is none from the page."""
    html = things[name]._repr_html_()
    assert "background" not in html
    style = html.partition("<style>")[2].partition("</style>")[0]
    colours = re.findall(r"(?<![-\w])color:([^;}]+)", style)
    assert colours
    assert all(c.startswith("var(--jp-") for c in colours)
    assert ' style="' not in html


@pytest.mark.parametrize("name", ["scenario", "tables", "lesson", "catalogue"])
def test_repr_is_one_short_line(things, name):
    text = repr(things[name])
    assert "\n" not in text
    assert len(text) < 300


def test_a_scenario_says_what_comes_in_who_works_and_what_changed():
    desk = cx.Scenario.load("base")
    text = Page(desk.but(seed=7, **{"team.shifts.0.agents": 4})._repr_html_()).text
    # 5 days of 3 agents from 8 to 13 and from 13 to 18, 2 from 9 to 17, and 2 on 4 hours of
    # Saturday: 75 + 75 + 80 + 8 = 238; one agent more makes 25 hours more.
    assert "238" in Page(desk._repr_html_()).text
    assert "263" in text
    assert "Changed from base" in text
    assert "team.shifts.0.agents34" in text
    assert "Changed from" not in Page(desk._repr_html_()).text


def test_a_change_leaves_no_trace_in_what_a_scenario_is(tmp_path):
    desk = cx.Scenario.load(small_scenario(tmp_path))
    there_and_back = desk.but(seed=7).but(seed=desk.seed)
    assert there_and_back.made_from == ("small", (("seed", "7", "5"),))
    assert there_and_back == desk
    assert hash(there_and_back.sha256) == hash(desk.sha256)
    assert "made_from" not in there_and_back.resolved()


def test_numbers_stand_to_the_right_and_long_frames_are_cut():
    data = pd.DataFrame({"name": ["a", "<b>", "c", "d"], "value": ["1", "2", "3", "4"]})
    html = display.frame(data, most=2)
    assert '<td>a</td><td class="num">1</td>' in html
    assert '<th scope="col" class="num">value</th>' in html
    assert Page(html).text == "namevaluea1……d4"


def test_a_page_builds_the_table_anew(things):
    """A page trusts no markup of a cell: it takes the table's text."""
    run = things["run"]
    output = {"output_type": "execute_result", "data": {"text/html": run._repr_html_()}}
    shown = show_output(output, Collected())
    assert "<style" not in shown
    assert "20" not in shown or "<table" in shown
    assert "95 % interval" in shown


def test_a_path_becomes_a_link_from_here(things, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    there = tmp_path / "out" / "a b.html"
    made = cx.report.ReportResult(there, there, (), ())
    assert '<a href="out/a%20b.html" target="_blank" rel="noopener">a b.html</a>' in (
        made._repr_html_()
    )


def test_tab_completion_knows_keys_and_ids(tmp_path):
    desk = cx.Scenario.load(small_scenario(tmp_path))
    keys = desk._ipython_key_completions_()
    assert "channels.phone.arrivals_per_hour" in keys
    assert "team.shifts.0.agents" in keys
    assert desk["team.shifts.0.agents"] == desk["team__shifts__0__agents"] == 2
    with pytest.raises(cx.InputError, match=r"did you mean 'team\.shifts\.0\.agents'"):
        desk["team.shifts.0.agent"]
    assert "frt" in cx.METRICS._ipython_key_completions_()


def test_the_tabulator_lists_public_names_alone():
    assert dir(cx) == sorted(cx.__all__)
    assert {"Scenario", "METRICS", "measure", "charts"} <= set(dir(cx))
    assert all(hasattr(cx, name) for name in dir(cx))


def test_load_ext_says_that_it_is_not_needed(capsys):
    cx.load_ipython_extension(None)
    assert "import cxlab as cx" in capsys.readouterr().out
