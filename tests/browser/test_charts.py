"""Every chart function, drawn by the Vega-Lite of the page."""

from __future__ import annotations

import nbformat
import pytest

from cxlab.charts.renderer import MIME
from cxlab.report.html import Html
from cxlab.report.page import build_page
from cxlab.report.vega import BundleJob
from tests.charts.examples import chart_functions, gallery
from tests.opening import MARKS, STATES

pytestmark = pytest.mark.browser


def test_the_page_draws_every_chart_in_silence(tmp_path, open_page):
    bundles = gallery(tmp_path)
    assert list(bundles) == chart_functions()
    outputs = [nbformat.v4.new_output("display_data", data=b) for b in bundles.values()]
    cells = [nbformat.v4.new_code_cell("", outputs=[o]) for o in outputs]
    job = BundleJob()
    notebook = nbformat.v4.new_notebook(cells=cells)
    path = tmp_path / "gallery.html"
    path.write_text(build_page(notebook, Html(""), job.result(), version="0"), encoding="utf-8")
    opened = open_page(path)
    states = opened.value(STATES)
    assert states == ["drawn"] * len(bundles)
    marks = dict(zip(bundles, opened.value(MARKS.replace("THEME", "light")), strict=True))
    assert {name: n for name, n in marks.items() if n == 0} == {}
    assert {name: n for name, n in marks.items() if n > 1000} == {}
    assert opened.complaints == []
    assert opened.requests == [path.as_uri()]
    assert opened.value("document.querySelectorAll('.plot b').length") == 0
    assert all(MIME in b for b in bundles.values())
