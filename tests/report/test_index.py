"""The index tells every report of a folder, whatever else lies there."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest

from cxlab.errors import InputError
from cxlab.report.index import index_pages
from cxlab.report.page import MAX_BYTES
from cxlab.report.series_svg import series_line
from tests.report.helpers import EVIL


def _kpis(value=0.8, met=None):
    return [
        {"metric": "sla", "title": "SLA compliance", "unit": "share", "value": value,
         "shown": f"{100 * value:.1f} %", "target": None if met is None else "at least 75.0 %",
         "met": met},
        {"metric": "csat", "title": "CSAT", "unit": "share", "value": None, "shown": "–"},
    ]  # fmt: skip


def _report(folder, name, *, page=True, **data):
    made = {"notebook": {"name": "periodic.ipynb"}, "title": name, "input_id": "a", "source": "log",
            "period": None, "kpis": _kpis(), "made_at": "2016-04-18T06:30:00+00:00"}  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(made | data))
    if page:
        (folder / f"{name}.html").write_text("page")


def _rows(folder):
    text = index_pages(folder).read_text(encoding="utf-8")
    return text, re.findall(r"<tr>(.*?)</tr>", text)


def test_a_series_has_its_reports_and_its_figures_over_time(tmp_path):
    _report(tmp_path, "w14", period="2016-W14", kpis=_kpis(0.8, True), judged={"sla": 9})
    _report(tmp_path, "w15", period="2016-W15", kpis=_kpis(0.7, False), missed_targets=["sla"],
            alerts=[{"side": "worse", "text": "x"}, {"side": "better", "text": "y"}])  # fmt: skip
    _report(tmp_path, "month", period="2016-04")
    text, rows = _rows(tmp_path)
    assert "log by week" in text
    assert "log by month" in text
    newest = next(r for r in rows if ">w15<" in r)
    for part in ('href="w15.html"', "2016-04-18 06:30", "✗ missed: SLA compliance", "▼ 1 worse",
                 "▲ 1 better"):  # fmt: skip
        assert part in newest
    assert "✓ met" in next(r for r in rows if ">w14<" in r)
    assert text.index(">w15<") < text.index(">w14<")
    label = ("SLA compliance from 2016-W14 to 2016-W15: first 80.0 %, lowest 70.0 %, "
             "highest 80.0 %, last 70.0 %")  # fmt: skip
    assert f'role="img" aria-label="{label}"' in text
    assert text.count("<svg") == 1  # CSAT has no value, the month stands alone
    assert "Latest reports that missed a target</dt><dd>1<" in text


def test_one_period_says_why_there_are_no_lines_and_a_static_page_is_marked(tmp_path):
    _report(tmp_path, "w14", title="log: week 14", period="2016-W14")
    _report(tmp_path, "w14-static", title="log: week 14", period="2016-W14")
    text, rows = _rows(tmp_path)
    assert "One period so far" in text
    assert "<svg" not in text
    told = {('href="w14-static.html"' in r): "static: without scripts" in r for r in rows[1:]}
    assert told == {True: True, False: False}
    _report(tmp_path, "w15", period="2016-W15")
    assert "One period so far" not in _rows(tmp_path)[0]


def test_two_logs_of_one_name_are_two_series(tmp_path):
    _report(tmp_path, "a14", period="2016-W14")
    _report(tmp_path, "b14", period="2016-W14", input_id="b")
    text, _ = _rows(tmp_path)
    assert "log by week (2)" in text
    assert "<svg" not in text


def test_hostile_names_and_titles_are_text(tmp_path):
    name = 'javascript:x"><img src=x>'
    _report(tmp_path, name, title=EVIL, source=EVIL, period="2016-W14",
            kpis=[{"metric": EVIL, "title": EVIL, "shown": EVIL, "target": EVIL}],
            missed_targets=[EVIL], made_at=EVIL, input_id=EVIL)  # fmt: skip
    (tmp_path / f"{name}2.json").write_text(EVIL.replace("/", ""))
    text, _ = _rows(tmp_path)
    assert "<img" not in text
    (script,) = re.findall(r"<script[^>]*>(.*?)</script", text, flags=re.DOTALL)
    assert "hacked" not in script  # the page's own
    assert 'href="javascript%3Ax%22%3E%3Cimg%20src%3Dx%3E.html"' in text


def test_what_is_no_manifest_is_named_and_a_missing_page_is_no_link(tmp_path):
    _report(tmp_path, "gone", page=False)
    (tmp_path / "other.json").write_text('{"a": 1}')
    (tmp_path / "half.json").write_text('{"notebook": {"na')
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "index.html").write_text("")
    text, rows = _rows(tmp_path)
    assert "gone (the page is missing)" in rows[1]
    assert "<code>other.json</code>: not a manifest of a report" in text
    assert "<code>half.json</code>: Unterminated string" in text
    assert 'href="lessons/index.html"' in text


def test_a_pdf_beside_a_page_is_linked(tmp_path):
    _report(tmp_path, "w14", period="2016-W14")
    (tmp_path / "w14.pdf").write_text("")
    assert 'href="w14.pdf" aria-label="w14 as PDF"' in _rows(tmp_path)[0]


def test_the_same_manifests_give_the_same_bytes(tmp_path):
    _report(tmp_path, "w14", period="2016-W14")
    assert index_pages(tmp_path).read_bytes() == index_pages(tmp_path).read_bytes()


def test_five_hundred_reports_fit(tmp_path):
    years = [f"{2000 + i // 50}-W{i % 50 + 1:02d}" for i in range(250)]
    for i, period in enumerate(years):
        _report(tmp_path, f"r{i}", period=period, kpis=_kpis(i / 250) * 5)
        _report(tmp_path, f"s{i}", period="2016-W14", input_id=str(i), kpis=_kpis() * 5)
    text, rows = _rows(tmp_path)
    assert len(text.encode("utf-8")) <= MAX_BYTES
    assert sum('scope="row"><a ' in r for r in rows) == 500


def test_a_page_of_somebody_else_is_not_replaced(tmp_path):
    _report(tmp_path, "w14")
    (tmp_path / "index.html").write_text("my own")
    with pytest.raises(InputError, match="no index of reports is there"):
        index_pages(tmp_path)
    assert (tmp_path / "index.html").read_text() == "my own"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_in_the_place_of_the_index_holds_nobody_up(tmp_path):
    _report(tmp_path, "w14")
    os.mkfifo(tmp_path / "index.html")
    with pytest.raises(InputError, match="no index of reports is there"):
        index_pages(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are text elsewhere")
def test_a_file_whose_name_is_no_text_is_named_as_well_as_can_be(tmp_path):
    _report(tmp_path, "w14")
    for ending in (b".json", b".html"):
        os.mknod(os.fsencode(tmp_path) + b"/\xff" + ending)
    assert "\ufffd.json</code>: its name is not UTF-8" in _rows(tmp_path)[0]


@pytest.mark.parametrize("number", [10**400, "1e999"])
def test_a_number_beyond_all_floats_is_a_gap(tmp_path, number):
    for week, value in ((14, 0.8), (15, number), (16, 0.7)):
        _report(tmp_path, f"w{week}", period=f"2016-W{week}", kpis=_kpis())
        path = tmp_path / f"w{week}.json"
        path.write_text(path.read_text().replace('"value": 0.8', f'"value": {value}'))
    text, _ = _rows(tmp_path)
    assert "first 80.0 %, lowest 70.0 %, highest 80.0 %, last 70.0 %" in text
    assert text.count("<polyline") == 0


@pytest.mark.parametrize(("made", "words"), [(False, "no such folder"), (True, "no report in")])
def test_a_folder_without_reports_is_refused(tmp_path, made, words):
    folder = tmp_path / "empty"
    if made:
        folder.mkdir()
    with pytest.raises(InputError, match=words):
        index_pages(folder)
    assert not (folder / "index.html").exists()


def test_a_line_by_hand() -> None:
    # 90 × 28 with an edge of 3: x = 3, 45, 87; the least lies at y = 25, the greatest at 3.
    drawn = series_line([1.0, 3.0, 2.0], ["a", "b", "c"], "points", "Score")
    assert 'points="3.0,25.0 45.0,3.0 87.0,14.0"' in drawn
    assert 'cx="87.0" cy="14.0"' in drawn
    flat = series_line([2.0, 2.0], ["a", "b"], "points", "Score")
    assert 'points="3.0,14.0 87.0,14.0"' in flat  # all alike: halfway
    gap = series_line([1.0, 1.0, None, 2.0], list("abcd"), "points", "Score")
    assert gap.count("<polyline") == 1
    assert 'cx="87.0"' in gap
    assert series_line([None, 1.0], ["a", "b"], "points", "Score") == ""
