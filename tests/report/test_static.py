"""A page without scripts: small, silent, drawn light and dark, and the same every time."""

from __future__ import annotations

import re

import nbformat
import pandas as pd
import pytest

import cxlab as cx
from cxlab.charts.renderer import MIME as CHART_MIME
from cxlab.charts.theme import config
from cxlab.errors import RunError
from cxlab.report.drawing import Colours, _without_detours
from cxlab.report.html import Html, table
from cxlab.report.lists import Lists
from cxlab.report.outputs import place_of
from cxlab.report.page import MAX_STATIC, build_static_page, check_page
from cxlab.report.room import with_drawings
from tests.report.helpers import EVIL

POLICY = re.compile(
    r"default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'; form-action 'none'"
)


def _trend(**changes):
    rows = {"metric": "frt", "title": "First response time", "unit": "s", "value": [60.0, 120.0],
            "low": [50.0, 100.0], "high": [70.0, 140.0], "n": 100, "flag": "ok",
            "period": ["2026-W01", "2026-W02"]}  # fmt: skip
    return cx.charts.trend(pd.DataFrame(rows | changes)).to_dict()


def _page(*specs):
    notebook = nbformat.v4.new_notebook()
    for spec in specs:
        cell = nbformat.v4.new_code_cell("1")
        cell.outputs = [nbformat.v4.new_output("display_data", data={CHART_MIME: spec})]
        notebook.cells.append(cell)
    return build_static_page(notebook, Html(""), version="0")


def test_it_has_drawings_and_no_script_no_style_attribute_and_no_address():
    page = _page(_trend())
    assert "<script" not in page
    assert POLICY.search(page)
    assert " style=" not in page
    assert "href=" not in re.sub(r'href="#', "", page)
    drawn = re.search(r'<div class="plot".*?</svg>', page, re.DOTALL).group(0)
    assert drawn.count("<text") >= 4
    assert 'stroke="#0b68a8"' in drawn
    assert "<summary>Data of this chart</summary>" in page
    check_page(page, MAX_STATIC)


def test_the_dark_colours_are_those_of_the_dark_look():
    """Every colour of the light drawing stands in the style sheet with its dark one."""
    light, dark = config(), config(dark=True)
    page = _page(_trend())
    for one, other in ((light["range"]["category"][0], dark["range"]["category"][0]),
                       (light["axis"]["gridColor"], dark["axis"]["gridColor"])):  # fmt: skip
        assert f'.plot [stroke="{one}"]{{stroke:{other}}}' in page
    label, night = light["axis"]["labelColor"], dark["axis"]["labelColor"]
    assert f'.plot [fill="{label}"]{{fill:{night}}}' in page


def test_one_light_colour_with_two_dark_ones_becomes_two():
    colours = Colours()
    assert colours.pair("#ffffff", "#171d26") == "#ffffff"
    assert colours.pair("#ffffff", "#ffffff") == "#fffffe"
    assert colours.pair("#ffffff", "#171d26") == "#ffffff"


def test_the_same_charts_give_the_same_bytes():
    """Also one with a gradient, which vl-convert gives another name every time."""
    shaded = _trend()
    shaded["layer"][-1]["encoding"]["color"] = {"field": "value", "type": "quantitative"}
    first = _page(_trend(), shaded)
    assert "url(#c1-" in first
    assert set(re.findall(r"url\(#([^)]+)\)", first)) <= set(re.findall(r' id="([^"]+)"', first))
    assert first == _page(_trend(), shaded)


def test_payloads_in_data_are_text():
    page = _page(_trend(period=[EVIL, f"{EVIL}2"], title=EVIL))
    assert "<img" not in page
    assert "<script" not in page


def test_the_largest_tables_give_way_when_there_is_no_room():
    large = _trend()
    large["usermeta"]["cxlab_table"]["rows"] = [["x" * 40, "y"]] * 2000
    page = _page(large, _trend())
    assert page.count("do not fit in a page without scripts") == 1
    assert page.count("<summary>Data of this chart</summary>") == 1
    check_page(page, MAX_STATIC)


def test_nothing_is_left_out_where_there_is_room_to_the_byte():
    """The words for what is left out need no room when nothing is."""
    parts = [Html("a" * 300), Html("b" * 200)]
    page = place_of("drawing", 0) + place_of("drawing", 1)
    assert with_drawings(page, parts, len(page) + 500) == parts[0] + parts[1]
    assert "not fit" in with_drawings(page, parts, len(page) + 499)


def test_charts_without_anything_to_draw_are_one_note_of_their_section():
    shown = [cx.charts.trend(pd.DataFrame(columns=["period", "value", "unit"]), title=title)
             for title in (EVIL, "Second")]  # fmt: skip
    page = _page(*(chart.to_dict() for chart in shown))
    assert page.count('class="note"') == 1
    assert "; Second:</strong> not drawn. There is no value in any of these periods." in page
    assert "<img" not in page


def test_names_of_columns_are_text_in_the_style_sheet():
    lists = Lists()
    rows = [["x", "1", "2", "3"]]
    made = lists.marked(table(["Case", EVIL, 'a"}*{', "</style>"], rows, caption="c"))
    assert '<div class="table stack s0"' in made
    rules = re.findall(r'content:"((?:[^"\\]|\\.)*)"', lists.css())
    assert len(rules) == 3
    assert not re.search(r"[<>{}\"']", "".join(rules))
    again = lists.marked(table(["Case", EVIL, 'a"}*{', "</style>"], rows, caption="d"))
    assert 'class="table stack s0"' in again  # the same head, the same rules


def test_sliders_are_told_where_they_stand():
    spec = _trend()
    spec["params"] = [{"name": "a", "value": 3.0,
                       "bind": {"input": "range", "name": "agents", "max": 4}}]  # fmt: skip
    page = _page(spec, spec)
    assert page.count("<li>agents: 3") == 1
    assert "<input" not in page


def test_an_outside_address_is_refused():
    spec = _trend()
    spec.pop("datasets")
    spec["data"] = {"url": "https://example.org/data.csv"}
    spec["layer"] = [{"mark": "point", "encoding": {}}]
    with pytest.raises(RunError, match="cannot be drawn"):
        _page(spec)


def test_points_on_the_way_are_left_out_of_a_line():
    """Steps: 0,0 → 5,0 → 9,0 is one way; the turn at 9,0 stays."""
    assert _without_detours("M0,0L5,0L9,0L9,4L9,4") == "M0,0l9,0,0,4"
    assert _without_detours("M0,0L5,1L9,0") == "M0,0l5,1,4-1"
    assert _without_detours("M0,0C1,1,2,2,3,3") == "M0,0C1,1,2,2,3,3"
