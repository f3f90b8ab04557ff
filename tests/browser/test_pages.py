"""Both pages in a real browser: drawn, silent, offline, on every screen; and payloads stay text."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import cxlab as cx
from cxlab.charts.theme import config
from cxlab.report.html import Html, join, table
from cxlab.report.page import build_plain_page
from tests.opening import assert_drawn_in_silence
from tests.report.helpers import EVIL, hostile_scenario, hostile_tables

pytestmark = pytest.mark.browser

SCREENS = [
    (1280, "light"),
    (390, "dark"),
    pytest.param(1280, "dark", marks=pytest.mark.long),
    pytest.param(390, "light", marks=pytest.mark.long),
]
PAGES = ["scenario", "periodic", "customers", "lifecycle", "loop", "compare"]
DEAR = ("customers", "lifecycle", "loop")


def kinds(*names):
    """Return pages as parameters; those of customers are dear, and left to `make promised`."""
    return [pytest.param(n, marks=[pytest.mark.promised] if n in DEAR else []) for n in names]


@pytest.mark.parametrize("name", kinds(*PAGES))
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_chart_is_drawn_without_network_and_without_complaint(
    pages, open_page, name, width, scheme
):
    path, charts = pages[name]
    opened = open_page(path, width=width, scheme=scheme)
    assert opened.value("document.documentElement.dataset.charts") == "ready"
    assert assert_drawn_in_silence(opened, path, width=width, scheme=scheme) >= charts


@pytest.mark.parametrize("name", kinds(*PAGES))
def test_page_is_small_named_and_readable_without_eyes(pages, open_page, name):
    path, _ = pages[name]
    assert path.stat().st_size <= 500_000
    opened = open_page(path)
    figures = opened.value(
        """[...document.querySelectorAll('figure')].map(f => [
            f.querySelector('h3').textContent, f.querySelector('.plot').ariaLabel,
            f.querySelector('figcaption')?.textContent, f.querySelectorAll('details td').length])"""
    )
    for title, label, caption, cells in figures:
        assert title
        assert re.search(r"\d", label)  # the numbers, for whoever cannot see the drawing
        assert caption is None or caption.strip()
        assert cells > 0
    assert opened.value("document.querySelectorAll('table:not(:has(caption))').length") == 0
    assert opened.value("document.querySelectorAll('th:not([scope])').length") == 0
    assert opened.value("document.querySelectorAll('h1').length") == 1
    assert opened.value("document.querySelectorAll('.toc a').length") >= 6
    globals_ = opened.value(
        "['vega', 'vegaEmbed', 'vegaLite', 'cxVegaEmbed'].filter(n => n in window)"
    )
    assert globals_ == []


def test_charts_stay_light_on_paper(pages, open_page):
    opened = open_page(pages["periodic"][0], scheme="dark")
    opened.page.emulate_media(media="print", color_scheme="light")
    seen = opened.value(
        """[...document.querySelectorAll('.vis')].filter(v =>
            getComputedStyle(v).display !== 'none' && getComputedStyle(v).visibility === 'visible')
            .map(v => v.className)"""
    )
    assert seen
    assert all("vis-light" in names for names in seen)


@pytest.mark.promised
def test_on_paper_a_high_tree_is_a_table_and_folded_things_are_gone(pages, open_page):
    opened = open_page(pages["customers"][0])
    opened.value("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    shown = """(s) => [...document.querySelectorAll(s)].map(e => e.checkVisibility())"""
    tall = opened.page.evaluate(shown, "figure.tall .plot, figure.tall details, figure.tall td")
    assert tall[:2] == [False, True]
    assert all(tall[2:])
    assert opened.page.evaluate(shown, "figure:not(.tall) .plot") == [True]
    assert not any(opened.page.evaluate(shown, "details:not([open])"))


def test_the_appendix_is_on_paper(pages, open_page):
    opened = open_page(pages["scenario"][0])
    opened.value("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    assert opened.page.get_by_text("1.1 Purpose").is_visible()


@pytest.mark.parametrize("name", kinds(*PAGES))
def test_a_table_says_what_it_is_within_the_screen(pages, open_page, name):
    """Also where its columns are wider: they are scrolled, the caption is not."""
    opened = open_page(pages[name][0], width=390)
    widths = opened.value("[...document.querySelectorAll('caption')].map(c => c.offsetWidth)")
    assert widths
    assert max(widths) <= 390


def test_a_table_of_many_columns_is_a_list_on_a_phone(pages, open_page):
    """Each cell names its column, and nothing has to be scrolled to the side."""
    opened = open_page(pages["periodic"][0], width=390)
    first = """(() => { const box = document.querySelector('main .table');
        const cell = box.querySelector('tbody td');
        return [box.scrollWidth - box.clientWidth, box.querySelectorAll('thead th').length,
                getComputedStyle(cell, '::before').content] })()"""
    assert opened.value(first) == [0, 6, '"Value"']


@pytest.mark.parametrize("name", kinds("loop", "compare", "scenario"))
@pytest.mark.parametrize("width", [1280, 800])
def test_options_beside_each_other_need_no_scrolling(pages, open_page, name, width):
    opened = open_page(pages[name][0], width=width)
    over = "[...document.querySelectorAll('main .table')].map(t => t.scrollWidth - t.clientWidth)"
    assert max(opened.value(over)) == 0


def _printed_pages(opened, path):
    """Return the lines of each page on paper."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    opened.value("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.pdf(path=path, prefer_css_page_size=True)
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    sheets = [[" ".join(line.split()) for line in sheet.splitlines()] for sheet in text.split("\f")]
    return [[line for line in sheet if line] for sheet in sheets if any(sheet)]


@pytest.mark.parametrize("name", kinds("lifecycle", "loop", "compare"))
def test_on_paper_no_heading_stands_alone_at_the_foot_of_a_page(pages, open_page, tmp_path, name):
    """Nor with its introduction, or a part of it, while the chart is on the next page."""
    opened = open_page(pages[name][0])
    leading = opened.value(
        """[...document.querySelectorAll('main :is(h2, h3, h4, summary, caption), main h2 + p')]
            .map(e => e.textContent.replace(/\\s+/g, ' ').replace(/^CSV ?/, '').trim())"""
    )
    sheets = _printed_pages(opened, tmp_path / "page.pdf")
    assert len(sheets) > 3
    for *_, last in sheets:
        part = len(last) > 30  # a shorter line may stand in any sentence
        assert not [words for words in leading if words == last or (part and last in words)]


SHEETS = {"A4": 688, "Letter": 710}
"""Paper, and the pixels that it has between its margins of 14 mm."""

WIDER = """(w) => [...document.querySelectorAll('main *')]
    .filter(e => e.checkVisibility() && !e.closest('svg, math, .said'))
    .filter(e => e.getBoundingClientRect().right > w + 1
        || (e.matches('.table, .formula, figure, pre') && e.scrollWidth > e.clientWidth + 1))
    .map(e => e.className + ' ' + e.textContent.slice(0, 60))"""


@pytest.mark.promised
@pytest.mark.parametrize(("width", "media"), [(390, "screen"), (800, "screen"), (688, "print")])
def test_no_value_of_a_tile_breaks(pages, open_page, width, media):
    """Nor does a unit stand on the next line."""
    opened = open_page(pages["lifecycle"][0], width=width)
    opened.page.emulate_media(media=media)
    lines = """[...document.querySelectorAll('.tile .value:not(.none)')].map(v => {
        const range = document.createRange();
        range.selectNodeContents(v);
        return new Set([...range.getClientRects()].map(r => Math.round(r.top))).size })"""
    assert set(opened.value(lines)) == {1}


@pytest.mark.parametrize("name", kinds("periodic", "loop", "compare"))
def test_on_paper_nothing_is_cut(pages, open_page, name):
    """Drawings, tables and formulas end within the sheet, and a drawing fills its frame."""
    opened = open_page(pages[name][0])
    opened.value("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    for width in SHEETS.values():
        opened.page.set_viewport_size({"width": width, "height": 1000})
        opened.value("window.dispatchEvent(new Event('beforeprint'))")
        assert opened.page.evaluate(WIDER, width) == []
        drawn = opened.value(
            """[...document.querySelectorAll('.plot:not(.tall .plot) .vis-light svg')].map(s =>
                s.getBoundingClientRect().width / s.closest('.plot').clientWidth)"""
        )
        assert min(drawn) > 0.9


@pytest.mark.parametrize("paper", SHEETS)
@pytest.mark.parametrize("name", kinds("lifecycle", "compare"))
def test_on_paper_sheets_are_full(pages, open_page, tmp_path, name, paper):
    """No sheet but the last is half empty: a drawing that is kept whole is lower than that."""
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on this machine")
    opened = open_page(pages[name][0])
    opened.value("window.dispatchEvent(new Event('beforeprint'))")
    opened.page.pdf(path=tmp_path / "page.pdf", format=paper)
    command = ["pdftotext", "-bbox", tmp_path / "page.pdf", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    sheets = re.findall(r'<page [^>]*height="([\d.]+)">(.*?)</page>', text, re.DOTALL)
    margin = 14 / 25.4 * 72
    ends = [
        (max(map(float, re.findall(r'yMax="([\d.]+)"', words))) - margin)
        / (float(height) - 2 * margin)
        for height, words in sheets
    ]
    assert len(ends) > 3
    assert min(ends[:-1]) > 0.5


def test_a_browser_that_cannot_unpack_shows_the_words(pages, chromium):
    context = chromium.new_context(offline=True)
    context.add_init_script("delete window.DecompressionStream")
    page = context.new_page()
    page.goto(pages["scenario"][0].as_uri())
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.dataset.charts") == "unsupported"
    assert page.locator("figcaption").first.is_visible()
    assert not page.locator("figure .plot").first.is_visible()
    context.close()


HOSTILE_OPTION = f"{EVIL.replace('=', '')} <img src>: team.shifts.0.agents=1"


@pytest.fixture(scope="module")
def hostile_pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    hostile_tables().write(folder / "log")
    data = folder / "log"
    return [
        cx.report.report(hostile_scenario(folder), out=folder / "out").path,
        cx.report.report(data=data, period="2026-W02", out=folder / "out").path,
        cx.report.report(
            hostile_scenario(folder),
            notebook="compare",
            out=folder / "out",
            parameters={"replications": 2, "changes": [HOSTILE_OPTION]},
        ).path,
    ]


def test_payloads_in_titles_and_data_show_as_text(hostile_pages, open_page):
    for path in hostile_pages:
        opened = open_page(path)
        opened.page.wait_for_timeout(200)
        assert opened.value("window.hacked") is None
        assert opened.value("document.querySelectorAll('main img, header img').length") == 0
        assert EVIL in opened.value("document.body.textContent")
        assert opened.complaints == []
        assert opened.requests == [path.as_uri()]


def test_payload_in_a_parameter_is_refused_or_text(tmp_path):
    with pytest.raises(cx.InputError, match="time zone"):
        cx.report.report(data="sample", parameters={"time_zone": EVIL}, out=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_guard_sees_an_execution(open_page, tmp_path):
    """The payload does run where a page lets it: the tests above would notice."""
    path = tmp_path / "bad.html"
    path.write_text(f"<html data-charts=x><body>{EVIL}</body></html>")
    opened = open_page(path)
    opened.page.wait_for_timeout(200)
    assert opened.value("window.hacked") is not None


CELLS = {
    '=HYPERLINK("http://x")': '\'=HYPERLINK("http://x")',
    "+1 more": "'+1 more",
    "@SUM(A1)": "'@SUM(A1)",
    "-2+3+cmd": "'-2+3+cmd",
    "\u22120.4 points": "'-0.4 points",
    "\u22123.2": "-3.2",
    "\u22121,234.5\u00a0%": "-1,234.5 %",
    'a, "b"': 'a, "b"',
    "\tx": "x",
    "\u2013": "\u2013",
    "caf\u00e9": "caf\u00e9",
}
"""What a cell shows, and what the saved file has."""


def _saved(opened, title):
    """Return file name and bytes of what the CSV button of a table saves."""
    with opened.page.expect_download() as waiting:
        opened.page.get_by_role("button", name=f"Save as CSV: {title}").click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def test_a_saved_table_is_what_the_page_shows_and_runs_nothing_in_a_spreadsheet(
    open_page, tmp_path
):
    """Also on a page without charts, under its policy. Python's csv module reads it back."""
    lines = [[cell, join(["1", Html("<br>"), "2"])] for cell in CELLS]
    shown = table(["Cell", "Value"], lines, caption="Às told, <b>all</b>")
    path = tmp_path / "plain.html"
    path.write_text(build_plain_page({"title": "T"}, [("One", shown)], version="0"))
    opened = open_page(path, charts=False)
    name, data = _saved(opened, "Às told, <b>all</b>")
    assert name == "as-told-b-all-b.csv"
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == len(CELLS) + 1
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows == [["Cell", "Value"], *([cell, "1; 2"] for cell in CELLS.values())]
    assert opened.complaints == []


def test_the_data_of_a_chart_can_be_saved(pages, open_page):
    opened = open_page(pages["periodic"][0])
    opened.page.get_by_text("Data of this chart").first.click()
    title = opened.value("document.querySelector('details.data caption').lastChild.textContent")
    name, data = _saved(opened, title)
    assert name.endswith("-the-data.csv")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0][0] == "Period"
    assert len(rows) - 1 == opened.value(
        "document.querySelector('details.data table').tBodies[0].rows.length"
    )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_static_page_is_drawn_without_any_script(pages, open_page, width, scheme):
    """Lines have the colour of the scheme's theme; nothing is asked for; nothing overflows."""
    path, charts = pages["static"]
    assert path.name.endswith("-static.html")
    assert path.stat().st_size <= 100_000
    opened = open_page(path, width=width, scheme=scheme, charts=False)
    assert opened.value("document.scripts.length") == 0
    drawn = opened.value(
        "[...document.querySelectorAll('.plot')].map(p => p.querySelectorAll('svg path').length)"
    )
    assert len(drawn) >= charts
    assert all(drawn)
    blue = config(dark=scheme == "dark")["range"]["category"][0]
    strokes = opened.value(
        """[...document.querySelectorAll('.plot path[stroke="#0b68a8"]')]
            .map(p => getComputedStyle(p).stroke)"""
    )
    assert set(strokes) == {f"rgb({', '.join(str(int(blue[i : i + 2], 16)) for i in (1, 3, 5))})"}
    assert opened.requests == [path.as_uri()]
    assert opened.complaints == []
    assert opened.value("document.documentElement.scrollWidth") <= width
    first = """(() => { const box = document.querySelector('main .table');
        return [box.scrollWidth - box.clientWidth,
                getComputedStyle(box.querySelector('tbody td'), '::before').content] })()"""
    assert opened.value(first) == [0, '"Value"' if width < 480 else "none"]


def test_on_paper_a_static_page_prints_its_definitions(pages, open_page):
    """Without a script that opens them."""
    opened = open_page(pages["static"][0], charts=False)
    opened.page.emulate_media(media="print")
    shown = opened.value("document.querySelector('.defs details .formula').offsetHeight")
    assert shown > 0
