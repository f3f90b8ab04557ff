"""`cxlab validate` and `cxlab describe`."""

import json

import pytest

from cxlab.cli.app import run
from cxlab.files import scenario_file


def test_validate_makes_a_page_with_a_verdict(capsys, tmp_path):
    assert run(["validate", "--replications", "3", "--out", str(tmp_path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["differs"] == []
    assert "numbers of 31 cases agree with theory" in told["summary"][0]
    page = (tmp_path / "validation.html").read_text()
    for words in ("Erlang C", "Pollaczek", "Cobham", "planted faults", "False alarms"):
        assert words in page


@pytest.mark.parametrize(("form", "words"), [("md", "### 2.1 Base model"),
                                             ("html", "<h4>2.1 Base model</h4>")])  # fmt: skip
def test_describe(capsys, form, words):
    assert run(["describe", str(scenario_file("base")), "--format", form]) == 0
    assert words in capsys.readouterr().out


def test_describe_as_json_and_in_an_unknown_form(capsys):
    assert run(["describe", "base", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["sections"][0]["title"] == "Objectives"
    assert run(["describe", "base", "--format", "pdf"]) == 2
