"""A page that takes the place of one with other settings says so."""

from __future__ import annotations

import json

import pytest

from cxlab.cli import pages
from cxlab.forking import Outcome
from cxlab.report import many
from cxlab.report.run import _publish

SETTINGS = {"data": "log", "period": "last", "by": ["channel", "group"], "targets": "goals.toml"}


def _made(out, missed=(), alerts=(), **settings):
    used = SETTINGS | settings
    data = {
        "input_id": "1", "notebook": {"name": "periodic.ipynb"}, "parameters": used,
        "period": "2026-W09", "scenario": None, "summary": [], "missed_targets": list(missed),
        "alerts": list(alerts), "restated": [],
    }  # fmt: skip
    return _publish("<p>page</p>", data, used, out)


@pytest.fixture
def out(tmp_path):
    _made(tmp_path, missed=["sla"], alerts=[{}, {}])
    return tmp_path


def test_other_settings_are_named_with_what_was_lost(out):
    assert _made(out, by=["team"], targets=None).replaced == (
        "this replaces an earlier page of other settings: by = channel,group (now team), "
        "targets = goals.toml (now none); its 1 missed target and 2 alerts left the index with it; "
        "another --out keeps both"
    )
    assert "note: this replaces an earlier page" in repr(_made(out))


def test_a_page_made_again_is_not_told(out):
    assert _made(out).replaced == ""
    assert _made(out, period="2026-W09").replaced == ""


def test_what_is_no_manifest_is_left_alone(tmp_path):
    _made(tmp_path)
    (tmp_path / "log-2026-W09.json").write_text(json.dumps(
        {"notebook": {"name": "periodic.ipynb"}, "parameters": [1], "input_id": "1"}
    ))  # fmt: skip
    assert _made(tmp_path).replaced == ""


def test_the_command_line_prints_it(out, monkeypatch, capsys):
    def reports(periods, done, **_):
        done(_made(out, by=["team"]))

    monkeypatch.setattr("cxlab.report.series.reports", reports)
    pages.make_pages(["last"], out, with_index=False)
    assert "note: this replaces an earlier page of other settings" in capsys.readouterr().err


def test_where_the_page_itself_is_gone_nothing_is_replaced(out):
    (out / "log-2026-W09.html").unlink()
    assert _made(out, by=["team"]).replaced == ""


def test_a_report_made_in_a_process_of_its_own_says_it_too(out, monkeypatch):
    found = _made(out, by=["team"])
    assert found.replaced
    monkeypatch.setattr(many, "report", lambda **_: found)
    told = json.loads(json.dumps(many._work({}, lambda *_: None)))
    assert many._made(Outcome(0, told)).result == found
