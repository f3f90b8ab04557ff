"""A figure that was published with another value says so, on the page and in the manifest."""

from __future__ import annotations

import json

import nbformat
import pytest

from cxlab.report.blocks import BLOCK_MIME, PAGE_MIME
from cxlab.report.restated import restated, tell_restated
from tests.report.helpers import EVIL


def _kpi(shown, before=None, value=1.0):
    row = {"metric": "frt", "title": "First response time", "value": value, "shown": shown}
    then = {"period": "2016-W14", "value": 1.0, "shown": before} if before else None
    return {**row, "before": then}


def _published(folder, name, period, shown, *, input_id="abc", day="2016-04-18", rows=()):
    data = {"notebook": {"name": "periodic.ipynb"}, "input_id": input_id, "period": period,
            "made_at": f"{day}T06:00:00+00:00", "kpis": [_kpi(shown)],
            "restated": list(rows)}  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(data))


@pytest.fixture
def facts():
    return {"period": "2016-W15", "kpis": [_kpi("2.0 h", "3.4 h")]}


def test_the_period_before_was_published_with_another_value(tmp_path, facts):
    _published(tmp_path, "a", "2016-W14", "3.1 h")
    assert restated(facts, "abc", tmp_path) == [
        {"metric": "frt", "title": "First response time", "period": "2016-W14", "was": "3.1 h",
         "published": "2016-04-18", "now": "3.4 h"}
    ]  # fmt: skip


def test_the_page_that_is_replaced_counts_and_its_first_value_stays(tmp_path, facts):
    _published(tmp_path, "a", "2016-W15", "1.9 h")
    (first,) = restated(facts, "abc", tmp_path)
    assert (first["period"], first["was"], first["now"]) == ("2016-W15", "1.9 h", "2.0 h")
    # The page is there with its own restatement: made once more it says the same.
    _published(tmp_path, "a", "2016-W15", "2.0 h", day="2016-04-20", rows=[first])
    assert restated(facts, "abc", tmp_path) == [first]
    # Back at what was published first, there is nothing to tell.
    facts["kpis"] = [_kpi("1.9 h")]
    assert restated(facts, "abc", tmp_path) == []


def test_what_is_shown_alike_or_is_of_another_source_is_not_restated(tmp_path, facts):
    _published(tmp_path, "a", "2016-W14", "3.4 h")
    _published(tmp_path, "b", "2016-W14", "9.9 h", input_id="other")
    _published(tmp_path, "c", "2016-W13", "9.9 h")
    (tmp_path / "d.json").write_text("{")
    assert restated(facts, "abc", tmp_path) == []
    assert restated(facts, "abc", tmp_path / "none") == []
    assert restated({"period": None, "kpis": facts["kpis"]}, "abc", tmp_path) == []


def test_the_box_stands_below_the_alerts_and_is_text(tmp_path, facts):
    notebook = nbformat.v4.new_notebook()
    for name in ("title", "alerts"):
        cell = nbformat.v4.new_code_cell("x")
        cell.outputs = [nbformat.v4.new_output("display_data", data={PAGE_MIME: {name: []}})]
        notebook.cells.append(cell)
    _published(tmp_path, "a", "2016-W14", EVIL)
    tell_restated(notebook, restated(facts, "abc", tmp_path))
    box = notebook.cells[1].outputs[1]["data"][BLOCK_MIME]
    assert "Restated: 1" in box
    assert "First response time of 2016-W14 was published as &lt;/script&gt;" in box
    assert "<img" not in box
