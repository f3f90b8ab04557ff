"""A page still stands while nothing it was made from has changed; pages appear one by one."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from cxlab import origin, pages
from cxlab.errors import RunError
from cxlab.files import notebook_file
from cxlab.pages import holding, kept_page, manifests, request_of


@pytest.fixture
def work(tmp_path):
    """A folder with a log, targets, two scenarios and a notebook that has parameters."""
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "tickets.csv").write_text("a")
    (tmp_path / "log" / "more.csv").write_text("b")
    (tmp_path / "goals.toml").write_text("[targets]")
    (tmp_path / "first.toml").write_text('name = "first"')
    (tmp_path / "second.toml").write_text('extends = "first.toml"')
    (tmp_path / "out").mkdir()
    return tmp_path


def _key(work, **given):
    asked = {"scenario": None, "data": None, "notebook": None, "period": None, "parameters": None}
    return request_of(**asked | given, out=work / "out")["key"]


def _periodic(work, **given):
    return _key(work, data=work / "log", period="last",
                parameters={"targets": str(work / "goals.toml")}, **given)  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        lambda work: (work / "log" / "tickets.csv").write_text("aa"),
        lambda work: (work / "log" / "more.csv").write_text("bb"),
        lambda work: (work / "log" / "surveys.csv").write_text(""),
        lambda work: (work / "log" / "more.csv").unlink(),
        lambda work: (work / "goals.toml").write_text("[targets] # new"),
    ],
)
def test_every_input_counts(work, change):
    before = _periodic(work)
    assert _periodic(work) == before
    change(work)
    assert _periodic(work) != before


def test_arguments_versions_and_commit_count(work, monkeypatch):
    before = _periodic(work)
    assert _key(work, data=work / "log", period="2016-W15") != before
    for name in ("versions", "git_commit", "code_sha256"):
        with monkeypatch.context() as patch:
            patch.setattr(pages, name, lambda: "another")
            assert _periodic(work) != before
    assert _periodic(work) == before


def test_what_a_scenario_extends_counts(work):
    before = _key(work, scenario=work / "second.toml")
    beside = _key(work, scenario=work / "first.toml", notebook="compare",
                  parameters={"others": "second"})  # fmt: skip
    (work / "first.toml").write_text('name = "changed"')
    assert _key(work, scenario=work / "second.toml") != before
    (work / "first.toml").write_text('name = "first"')
    assert _key(work, scenario=work / "second.toml") == before
    (work / "second.toml").write_text('extends = "second.toml"')  # a circle ends
    assert _key(work, scenario=work / "first.toml", notebook="compare",
                parameters={"others": "second"}) != beside  # fmt: skip


def test_a_scenario_that_extends_another_by_now_is_read_again(work):
    third = work / "third.toml"
    third.write_text('name = "third"')
    _key(work, scenario=work / "second.toml")
    (work / "second.toml").write_text('extends = "third.toml"')
    before = _key(work, scenario=work / "second.toml")
    third.write_text('name = "changed"')
    assert _key(work, scenario=work / "second.toml") != before


def test_the_notebook_and_the_files_of_its_defaults_count(work):
    book = json.loads(notebook_file("periodic").read_text())
    book["cells"] = [{"cell_type": "code", "metadata": {"tags": ["parameters"]},
                      "source": [f"data: str = {str(work / 'log')!r}"]}]  # fmt: skip
    own = work / "own.ipynb"
    own.write_text(json.dumps(book))
    before = _key(work, notebook=own)
    (work / "log" / "tickets.csv").write_text("other")
    after = _key(work, notebook=own)
    assert after != before
    own.write_text(json.dumps(book, indent=1))
    assert _key(work, notebook=own) != after


def test_pages_in_the_folder_of_the_log_are_no_input(work):
    for data in (work, work / "out"):
        before = request_of(None, data, None, None, None, work / "out")
        (work / "out" / f"{data.name}.html").write_text("x")
        assert request_of(None, data, None, None, None, work / "out") == before


def test_a_page_stands_only_as_it_was_made(work):
    page = work / "out" / "p.html"
    page.write_text("the page")
    manifest = {"notebook": {}, "request": {"key": "k"}, "page_sha256": pages.sha256_of(page)}
    page.with_suffix(".json").write_text(json.dumps(manifest))
    assert kept_page({"key": "k"}, work / "out").page == page
    assert kept_page({"key": "other"}, work / "out") is None
    page.write_text("the page, changed")
    assert kept_page({"key": "k"}, work / "out") is None
    page.unlink()
    assert kept_page({"key": "k"}, work / "out") is None
    assert kept_page({"key": "k"}, work / "nowhere") is None


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", '{"notebook": 1}', '{"notebook": {}, "kpis": [1]}', "[" * 100_000,
        '{"notebook": {}, "kpis": [{"metric": []}]}', '{"notebook": {}, "missed_targets": [{}]}',
        '{"notebook": {}, "kpis": [{"value": NaN}]}', '{"notebook": {}, "title": "\\ud800"}',
    ],
)  # fmt: skip
def test_a_broken_manifest_is_named(work, text):
    (work / "out" / "x.json").write_text(text)
    kept, broken = manifests(work / "out")
    assert kept == []
    assert [b.path.name for b in broken] == ["x.json"]
    assert broken[0].reason


def test_a_folder_is_held_by_one_at_a_time(tmp_path):
    order = []

    def second():
        with holding(tmp_path / "new"):
            order.append("second")

    with holding(tmp_path / "new"):
        waiting = threading.Thread(target=second)
        waiting.start()
        waiting.join(0.2)
        order.append("first")
    waiting.join()
    assert order == ["first", "second"]
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_is_held_for_ever_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "HELD_S", 0.1)
    with (
        holding(tmp_path),
        pytest.raises(RunError, match="another job holds the folder"),
        holding(tmp_path),
    ):
        pass


def test_a_folder_that_cannot_be_held_holds_nobody_up(tmp_path):
    (tmp_path / "file").write_text("")
    with holding(tmp_path / "file" / "below"):
        pass


def test_the_code_itself_is_known(monkeypatch):
    assert len(origin.code_sha256()) == 64
    assert Path(origin.__file__).suffix in origin.OWN
