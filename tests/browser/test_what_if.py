"""The what-if page in a real browser: sliders move every picture, and nothing is asked for."""

from __future__ import annotations

import pytest

import cxlab as cx
from tests.report.helpers import small_scenario

pytestmark = pytest.mark.browser

VARY = ["team.shifts.0.agents=1..4", "channels.phone.arrivals_per_hour=x0.8..x1.4"]
PICTURES = """[...document.querySelectorAll('figure[data-chart]')].map(f =>
    [...f.querySelectorAll('.vis-THEME svg')].map(s => s.outerHTML).join(''))"""
SAID = "document.querySelector('.sliders .said').textContent"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("what_if")
    given = {"vary": VARY, "metrics": ["abandonment", "frt"], "replications": 2}
    report = cx.report.report(
        small_scenario(folder), notebook="what_if", parameters=given, out=folder / "out"
    )
    return report.path


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_slider_moves_every_picture_and_asks_nothing_of_the_network(
    made, open_page, width, scheme
):
    opened = open_page(made, width=width, scheme=scheme)
    assert opened.value("document.documentElement.dataset.charts") == "ready"
    pictures = PICTURES.replace("THEME", scheme)
    before = opened.value(pictures)
    assert len(before) == 5  # readings, two maps, two curves
    assert all(before)
    assert opened.value("document.querySelectorAll('.sliders input').length") == 2
    agents = opened.page.get_by_role("slider", name="team: agents, Mon–Fri 08:00 to 18:00")
    agents.focus()
    agents.press("ArrowRight")
    agents.press("ArrowRight")
    said = opened.until(SAID)
    after = opened.value(pictures)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert opened.value("document.querySelector('.sliders output').textContent") == "4"
    assert "Abandonment rate; " in said
    assert opened.requests == [made.as_uri()]
    assert opened.complaints == []
    assert opened.value("document.documentElement.scrollWidth") <= width


def test_pictures_show_what_was_simulated_there(made, open_page):
    """At a cell of the grid the readings are those of its simulation."""
    opened = open_page(made)
    for label, key in (("team: agents, Mon–Fri 08:00 to 18:00", "Home"),
                       ("phone: arrivals per hour (times)", "End")):  # fmt: skip
        slider = opened.page.get_by_role("slider", name=label)
        slider.focus()
        slider.press(key)
    said = opened.until(SAID)
    folder = made.parent.parent
    desk = cx.Scenario.load(folder / "small.toml")
    calls = "channels.phone.arrivals_per_hour"
    cell = cx.sweep(desk, {"team.shifts.0.agents": [1], calls: ["x1.4"]}, metrics="abandonment",
                    replications=2).wide("abandonment")  # fmt: skip
    assert f"{cell['value'].iloc[0] * 100:.1f} %" in said


def test_both_themes_follow_and_paper_says_where_the_sliders_stand(made, open_page):
    opened = open_page(made, scheme="dark")
    slider = opened.page.get_by_role("slider", name="team: agents, Mon–Fri 08:00 to 18:00")
    slider.focus()
    slider.press("End")
    said = opened.until(SAID)  # read from the light drawing
    dark = opened.value(
        "[...document.querySelectorAll('figure[data-live] .vis-dark text')]"
        ".map(t => t.textContent).join('; ')"
    )
    assert said == dark
    opened.page.emulate_media(media="print")
    assert opened.page.locator(".sliders output").first.is_visible()
    assert not opened.page.locator(".sliders input").first.is_visible()


def test_no_slider_stands_inside_a_picture(made, open_page):
    opened = open_page(made)
    assert opened.value("document.querySelectorAll('[role=img] input, .vis input').length") == 0
    assert opened.value(
        "[...document.querySelectorAll('.sliders input')].every(i => i.labels.length)"
    )
