"""The main job: both engines agree, pages appear whole or not at all, errors are clear."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import nbformat
import pandas as pd
import pytest

import cxlab as cx
from cxlab.files import notebook_file
from cxlab.report import engines
from cxlab.report.engines import run_notebook
from cxlab.report.manifest import input_id
from cxlab.report.place import file_name
from cxlab.report.run import _publish
from tests.report.helpers import (
    EVIL,
    hostile_tables,
    lone_company,
    served_company,
    small_scenario,
)
from tests.report.test_many import notebook


def _prepared(name):
    from papermill.iorw import load_notebook_node

    return load_notebook_node(str(notebook_file(name)))


def _outputs(notebook):
    kept = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == "stderr":
                continue
            data = dict(output.get("data", {}))
            kept.append((output.output_type, output.get("text"), json.dumps(data, sort_keys=True)))
    return kept


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("scenario", marks=pytest.mark.promised),  # odd cells of both engines: below
        pytest.param("periodic", marks=pytest.mark.long),
    ],
)
def test_both_engines_give_the_same_outputs(name, tmp_path):
    if name == "scenario":
        given = {"scenario": str(small_scenario(tmp_path))}
    else:
        desk = cx.Scenario.load(small_scenario(tmp_path))
        cx.simulate(desk, replications=1).write(tmp_path / "log")
        given = {"data": str(tmp_path / "log")}
    here = run_notebook(_prepared(name), given, engine="inprocess")
    there = run_notebook(_prepared(name), given, engine="kernel")
    assert _outputs(here) == _outputs(there)
    assert len(_outputs(here)) >= 8
    counts = [[c.execution_count for c in n.cells if c.cell_type == "code"] for n in (here, there)]
    assert counts[0] == counts[1]
    nbformat.validate(here)


def _notebook(*cells):
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    first = nbformat.v4.new_code_cell("data: str = 'sample'")
    first.metadata["tags"] = ["parameters"]
    notebook.cells = [first]
    for source in cells:
        markdown = source.startswith("#")
        make = nbformat.v4.new_markdown_cell if markdown else nbformat.v4.new_code_cell
        notebook.cells.append(make(source))
    return notebook


def _written(tmp_path, *cells):
    path = tmp_path / "own.ipynb"
    nbformat.write(_notebook(*cells), path)
    return path


ODD_CELLS = [
    "print('one'); print('two')",
    "import sys; print('warned', file=sys.stderr); 7 * 6",
    "from IPython.display import display, HTML\ndisplay('a', {'b': 1})",
    "import pandas as pd; pd.DataFrame({'a<b': ['<b>']})",
    "get_ipython().execution_count",
    "print(__name__)",
    "None",
    "1;",
    "pd.DataFrame(0, index=[0], columns=range(30))",
    "import matplotlib.pyplot as plt\nplt.figure(figsize=(1, 1)); plt.plot([1, 2]); plt.show()",
    "plt.figure(figsize=(1, 1)).subplots().plot([2, 1]);",
]


def test_both_engines_agree_on_odd_cells(tmp_path):
    path = _written(tmp_path, *ODD_CELLS)
    from papermill.iorw import load_notebook_node

    runs = [
        run_notebook(load_notebook_node(str(path)), {}, engine=engine) for engine in engines.ENGINES
    ]
    assert _outputs(runs[0]) == _outputs(runs[1])


def test_the_notebook_that_is_given_is_left_as_it_is(tmp_path):
    from papermill.iorw import load_notebook_node

    given = load_notebook_node(str(_written(tmp_path, "print('x')")))
    for name in ("kernelspec", "language_info"):
        given.metadata.pop(name, None)
    before = json.dumps(given)
    done = run_notebook(given, {"n": 2})
    assert "n = 2" in json.dumps(done)
    assert json.dumps(given) == before


def test_the_process_is_left_as_it_was(tmp_path, capsys):
    import builtins

    main, hook, shown = sys.modules["__main__"], sys.displayhook, hasattr(builtins, "display")
    cx.report.report(notebook=_written(tmp_path, "print('x')"), out=tmp_path)
    assert sys.modules["__main__"] is main
    assert sys.displayhook is hook
    assert hasattr(builtins, "display") == shown
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("engine", engines.ENGINES)
def test_a_failing_cell_leaves_the_last_good_page(tmp_path, engine):
    out = tmp_path / "out"
    good = cx.report.report(notebook=_written(tmp_path, "print('good')"), out=out)
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    bad = _written(tmp_path, "1 / 0")
    with pytest.raises(cx.RunError, match=r"cell .* failed .*ZeroDivisionError: division by zero"):
        cx.report.report(notebook=bad, out=out, engine=engine)
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert good.path.name in before


# Errors of both engines are told by the same code: the kernel's here once, else in the long run.
BOTH = [pytest.param(e, marks=pytest.mark.long if e == "kernel" else []) for e in engines.ENGINES]


@pytest.mark.parametrize("engine", BOTH)
def test_an_input_error_in_a_cell_stays_one(tmp_path, engine):
    bad = _written(tmp_path, "import cxlab as cx\ncx.metric('frtt')")
    told = r"did you mean 'frt'.*\(code cell 2 of the notebook\)"  # the first has the parameters
    with pytest.raises(cx.InputError, match=told):
        cx.report.report(notebook=bad, out=tmp_path / "out", engine=engine)
    with pytest.raises(cx.InputError, match=told):  # one more cell is run, which nobody wrote
        cx.report.report(notebook=bad, out=tmp_path / "out", engine=engine,
                         parameters={"data": "sample"})  # fmt: skip
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("engine", BOTH)
def test_a_chart_that_cannot_be_shown_fails_the_run(tmp_path, engine):
    """Without care it becomes the text `alt.Chart(...)` on the page."""
    source = (
        "import altair as alt, cxlab as cx\ncx.charts.enable()\nalt.Chart().mark_bar(nonsense=1)"
    )
    with pytest.raises(cx.RunError, match="nonsense"):
        cx.report.report(notebook=_written(tmp_path, source), out=tmp_path / "out", engine=engine)


LOG = "log"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "nothing to report on"),
        ({"scenario": "base", "data": "x"}, "either of a scenario or of data"),
        ({"scenario": "bsae"}, "no such scenario"),
        ({"data": "no-such-folder"}, "no such folder"),
        ({"data": LOG, "period": "2016-13"}, "not a period"),
        ({"data": LOG, "period": "1999-W01"}, "no ticket of that period"),
        ({"data": "sample", "parameters": {"targest": "x"}}, "did you mean 'targets'"),
        ({"data": "sample", "parameters": {"period": 7}}, "wrong type"),
        ({"data": "sample", "period": "last", "parameters": {"period": "last"}}, "given twice"),
        ({"data": "sample", "parameters": {"targets": "none.toml"}}, "no such file of targets"),
        ({"scenario": "base", "notebook": "scenari"}, "no such notebook"),
        ({"data": "sample", "engine": "rocket"}, "unknown engine"),
    ],
)  # fmt: skip
def test_bad_input_is_one_clear_error_and_nothing_written(tmp_path, given, words):
    if given.get("data") == LOG:
        _open_log().write(tmp_path / LOG)
        given = given | {"data": str(tmp_path / LOG)}
    with pytest.raises(cx.InputError, match=words):
        cx.report.report(out=tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def _open_log(**more):
    created = pd.date_range("2026-01-05", periods=30, freq="5h", tz="UTC")
    frame = pd.DataFrame({"ticket_id": [f"T{i}" for i in range(30)], "created_at": created,
                          "channel": "email", "status": "open"})  # fmt: skip
    return cx.Tables.from_frames({"tickets": frame.assign(**more)})


def test_a_log_in_which_all_is_open_gives_a_page_that_says_so(tmp_path):
    _open_log().write(tmp_path / "log")
    done = cx.report.report(data=tmp_path / "log", out=tmp_path / "out")
    text = done.path.read_text(encoding="utf-8")
    assert "do not record first responses, waits for an agent, when tickets were solved" in text
    assert "No ticket has a first response" in text
    assert "No value" in text
    assert "nan" not in re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL).lower().split()


def test_an_empty_log_is_refused(tmp_path):
    empty = {
        "ticket_id": [],
        "created_at": pd.to_datetime([], utc=True),
        "channel": [],
        "status": [],
    }
    cx.Tables.from_frames({"tickets": pd.DataFrame(empty)}).write(tmp_path / "log")
    with pytest.raises(cx.InputError, match="the log is empty"):
        cx.report.report(data=tmp_path / "log", out=tmp_path / "out")


def test_manifest_tells_what_the_page_was_made_from(tmp_path):
    goals = tmp_path / "goals.toml"
    goals.write_text("[targets.vol]\nat_most = 1\n[targets.frt]\nat_most_hours = 9\n")
    path = small_scenario(tmp_path)
    given = {"replications": 3, "seed": 9, "targets": str(goals)}
    done = cx.report.report(path, parameters=given, out=tmp_path / "out")
    data = json.loads(done.manifest_path.read_text(encoding="utf-8"))
    assert done.path.name == "small.html"
    assert done.manifest_path.name == "small.json"
    assert data["parameters"] == {"scenario": str(path), **given}
    assert data["seed"] == 9
    assert data["scenario"] == cx.Scenario.load(path).resolved()
    assert data["scenario_sha256"] == cx.Scenario.load(path).sha256
    assert set(data["versions"]) >= {"python", "cxlab", "pandas", "duckdb", "simpy", "altair"}
    assert done.missed_targets == tuple(data["missed_targets"]) == ("vol",)
    assert any("MISSED" in line for line in done.summary)
    page = done.path.read_text(encoding="utf-8")
    assert data["scenario_sha256"] in page
    assert data["versions"]["pandas"] in page


def test_a_company_says_in_its_manifest_which_links_hold_and_what_was_cut(tmp_path):
    for on in (False, True):
        done = cx.report.report(served_company(tmp_path, closed_loop=on), out=tmp_path / "out")
        base = json.loads(done.manifest_path.read_text(encoding="utf-8"))["customer_base"]
        assert base["closed_loop"] is on
        assert [link["name"] for link in base["assumed_links"]] == ["waiting"]
        # Everybody leaves after the first month, with 0.5 × 3 and more.
        assert (base["probabilities_above_1"], base["terms_ended"]) == (80, 80)
        page = done.path.read_text(encoding="utf-8")
        assert "counted as 1 in 80 decisions" in page
        assert "80 (80 terms ended)" in page
        assert "1: 1, 24: 4.5" in page
        assert ("assumptions, in force" in page) is on
        assert ("waiting changed nothing" in page) is not on


@pytest.mark.parametrize(
    ("notebook", "word"),
    [(None, "churn"), pytest.param("scenario", "Customer churn", marks=pytest.mark.long)],
)
def test_a_company_without_a_desk_has_a_page(tmp_path, notebook, word):
    """Also in the notebook of a desk, which finds no tickets and says so."""
    path = lone_company(tmp_path)
    given = {} if notebook is None else {"parameters": {"scenario": str(path)}}
    done = cx.report.report(
        path if notebook is None else None, notebook=notebook, out=tmp_path / "out", **given
    )
    page = done.path.read_text(encoding="utf-8")
    assert "There are no tickets." in page
    assert word in page
    assert "one customer base, without a desk" in page
    manifest = json.loads(done.manifest_path.read_text(encoding="utf-8"))
    assert manifest["customer_base"]["assumed_links"] == []


def test_a_desk_has_no_customer_base_in_its_manifest(tmp_path):
    done = cx.report.report(small_scenario(tmp_path), out=tmp_path / "out")
    assert json.loads(done.manifest_path.read_text(encoding="utf-8"))["customer_base"] is None


def test_a_page_is_named_in_its_folder_and_its_inputs_by_their_sha256(tmp_path):
    import hashlib

    log = tmp_path / "..evil dir; $x"
    hostile_tables().write(log)
    done = cx.report.report(data=log, period="2026-W02", out=tmp_path / "out")
    assert done.path.parent == tmp_path / "out"
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.html", done.path.name)
    data = json.loads(done.manifest_path.read_text(encoding="utf-8"))
    file = log / "tickets.parquet"
    assert hashlib.sha256(file.read_bytes()).hexdigest() in {f["sha256"] for f in data["inputs"]}
    assert data["period"] == "2026-W02"


def _name(out, path):
    """The name of a page about the log at `path`, beside what is in `out` already."""
    used = {"data": str(path)}
    data = {"notebook": {"name": "own.ipynb"}, "input_id": input_id("own.ipynb", used, {})}
    found = file_name(used, data, out)
    (out / f"{found}.json").write_text(json.dumps(data))
    return found, data["input_id"]


def test_no_page_replaces_that_of_another_input(tmp_path):
    first, second, foreign = (tmp_path / p for p in ("a/tables", "b/tables", "東京"))
    assert _name(tmp_path, first)[0] == "tables-own"
    name, short = _name(tmp_path, second)
    assert name == f"tables-own-{short}"
    assert _name(tmp_path, first)[0] == "tables-own"
    assert _name(tmp_path, second)[0] == name
    name, short = _name(tmp_path, foreign)
    assert name == f"report-{short}-own"
    assert _name(tmp_path, tmp_path / "Büro")[0] == "Buro-own"


@pytest.mark.parametrize("name", ["index", "INDEX"])
def test_no_page_takes_the_place_of_the_index(tmp_path, name):
    data = {"notebook": {"name": "scenario.ipynb"}, "input_id": "1f", "scenario": {"name": name}}
    assert file_name({}, data, tmp_path) == f"{name}-1f"


def test_the_pdf_of_an_older_page_goes_with_it(tmp_path):
    """Printed, made anew without --pdf: the index, or --only-if-changed, would take it as this."""
    data = {"notebook": {"name": "scenario.ipynb"}, "input_id": "1f", "scenario": {"name": "desk"},
            "summary": [], "missed_targets": [], "alerts": [], "restated": []}  # fmt: skip
    printed = tmp_path / "desk.pdf"
    _publish("the page", data, {}, tmp_path)
    printed.write_text("printed")
    _publish("the page", data, {}, tmp_path)
    assert printed.read_text() == "printed"
    _publish("another page", data, {}, tmp_path)
    assert not printed.exists()


def test_ctrl_c_in_a_cell_ends_the_report(tmp_path):
    book = notebook(tmp_path / "stops.ipynb", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        cx.report.report(notebook=book, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_pooled_replications_are_refused_as_a_log(tmp_path):
    cx.simulate(cx.Scenario.load(small_scenario(tmp_path)), replications=2).write(tmp_path / "log")
    with pytest.raises(cx.InputError, match=r"2 simulated replications.*report SCENARIO"):
        cx.report.report(data=tmp_path / "log", out=tmp_path / "out")


def test_html_of_a_notebook_reaches_no_page(tmp_path):
    """Only our own blocks are markup; every other way to show HTML ends as text."""
    cells = [
        f"## Title {EVIL}\n\nText {EVIL} [link](javascript:alert(1))",
        f"from IPython.display import HTML, Markdown\ndisplay(HTML({EVIL!r}), Markdown({EVIL!r}))",
        f"import pandas as pd\npd.DataFrame({{{EVIL!r}: [{EVIL!r}]}})",
        f"pd.DataFrame({{'a': [{EVIL!r}]}}).style",
        f"HTML(pd.DataFrame({{'a': [{EVIL!r}]}}).to_html(escape=False))",
        f"print({EVIL!r})",
    ]
    done = cx.report.report(notebook=_written(tmp_path, *cells), out=tmp_path / "out")
    text = done.path.read_text(encoding="utf-8")
    assert "<img" not in text
    assert "<script>window" not in text
    assert "javascript:" not in re.sub(r"<pre.*?</pre>", "", text, flags=re.DOTALL)
    assert "&lt;img src=x" in text


@pytest.mark.promised
def test_stdout_is_left_to_the_caller(tmp_path):
    program = "import cxlab as cx, sys; cx.report.report(sys.argv[1], out=sys.argv[2])"
    arguments = [str(small_scenario(tmp_path)), str(tmp_path / "out")]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == ""


def test_a_default_that_names_a_file_beside_the_notebook_is_found_from_anywhere(
    tmp_path, monkeypatch
):
    """As JupyterLab finds it, which runs a notebook in its folder."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "else" / "where").mkdir(parents=True)
    small_scenario(tmp_path)
    cells = _notebook("import cxlab as cx; cx.Scenario.load(scenario).name")
    cells.cells[0].source = 'scenario: str = "../small.toml"'
    path = tmp_path / "notebooks" / "own.ipynb"
    nbformat.write(cells, path)
    monkeypatch.chdir(tmp_path / "else" / "where")
    made = cx.report.report(notebook=path, out=tmp_path / "out")
    data = json.loads(made.manifest_path.read_text(encoding="utf-8"))
    assert data["parameters"]["scenario"] == str((tmp_path / "small.toml").resolve())
    # So the page is made again when that file changes.
    assert str(tmp_path / "small.toml") in [f["path"] for f in data["request"]["files"]]
