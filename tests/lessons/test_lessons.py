"""Every lesson makes its page; its notebook is thin, in order, and without outputs."""

import ast
import html
import json
import os
import re
from pathlib import Path

import pytest

import cxlab as cx
from cxlab.cli.app import run
from cxlab.lessons.shelf import DESK, TRAPS
from cxlab.metrics import METRICS

LESSONS = cx.lessons.lessons()
LOGIC = (ast.For, ast.While, ast.If, ast.IfExp, ast.Try, ast.With, ast.FunctionDef, ast.ClassDef,
         ast.Lambda)  # fmt: skip


def sections(name):
    """Return a lesson's headings: a metric has a query, a desk is simulated."""
    shown = "Simulated" if LESSONS[name].family == DESK else "The query"
    return ["What it means", "Worked by hand, and by cxlab", shown, "What it hides", "Your turn"]


def notebook(name):
    return json.loads(LESSONS[name].path.read_text(encoding="utf-8"))


def code_of(cells):
    return [c for c in cells if c["cell_type"] == "code"]


def page_of(name, out):
    """Return a lesson's page: that of the gallery where CXLAB_GALLERY names one, else made here."""
    gallery = os.environ.get("CXLAB_GALLERY")
    made = Path(gallery, "lessons", f"{name}.html") if gallery else cx.lesson(name, out=out).path
    return made.read_text(encoding="utf-8")


# One of a family of metrics, of the desk and of traps here; every one with `make check-gallery`, of
# the pages that were made, and with `make validate`, which also runs each in a kernel (nbval).
FEW = [] if os.environ.get("CXLAB_GALLERY") else ["waiting", "full_occupancy", "open_tickets"]
LATER = [n for n in LESSONS if FEW and n not in FEW]


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.long] if n in LATER else []) for n in LESSONS]
)
def test_makes_its_page(name, tmp_path):
    # A cell that fails, an example or exercise where hand and cxlab differ: each raises.
    page = page_of(name, tmp_path)
    headings = [html.unescape(h) for h in re.findall(r"<h2[^>]*>(.*?)</h2>", page)]
    assert [h for h in headings if h in sections(name)] == sections(name)
    assert "Solution" in page
    assert not re.search(r"<(?:td|th|p|li|dd)\b[^>]*>\s*(nan|NaN|None|inf)\s*<", page)


@pytest.mark.parametrize("name", LESSONS)
def test_notebook_is_thin_and_in_order(name):
    cells = notebook(name)["cells"]
    assert len(cells) < 15
    assert [c["id"] for c in cells] == [f"cell-{i:02d}" for i in range(1, len(cells) + 1)]
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code_of(cells))
    words = [c["source"] for c in cells if c["cell_type"] == "markdown"]
    assert words[0].startswith(f"# {LESSONS[name].title}\n")
    assert [w.split("\n")[0][3:] for w in words[1:] if w.startswith("## ")] == sections(name)
    assert cells[1]["metadata"]["tags"] == ["parameters"]
    assert cells[1]["source"] == "my_answer: float | None = None"
    assert "cx.lessons.opening(" in cells[2]["source"]
    assert "cx.lessons.exercise(" in cells[-1]["source"]


@pytest.mark.parametrize("name", LESSONS)
def test_notebook_has_no_logic(name):
    for cell in code_of(notebook(name)["cells"]):
        found = [n for n in ast.walk(ast.parse(cell["source"])) if isinstance(n, LOGIC)]
        assert not found, cell["source"]


@pytest.mark.parametrize("name", LESSONS)
def test_describes_itself(name):
    each = LESSONS[name]
    assert set(each.metrics) <= set(METRICS)
    assert each.question.endswith("?")
    assert each.family == "Traps" or each.metrics


def test_a_metrics_own_lesson_comes_before_the_desks():
    teaching = [each.family for each in LESSONS.values() if "asa" in each.metrics]
    assert teaching[0] == "Waiting"
    assert DESK in teaching


def test_lists_metrics_then_the_desk_then_traps():
    places = [{DESK: 1, TRAPS: 2}.get(each.family, 0) for each in LESSONS.values()]
    assert places == sorted(places)
    assert set(places) == {0, 1, 2}


@pytest.mark.parametrize(("answer", "verdict"), [(480.0, "Right."), (2160.0, "Not yet")])
def test_judges_the_answer(answer, verdict, tmp_path):
    # first_response asks for the middle one of 4, 6, 8, 10 and 152 minutes: 480 seconds.
    made = cx.report.report(
        notebook=LESSONS["first_response"].path, parameters={"my_answer": answer}, out=tmp_path
    )
    page = made.path.read_text(encoding="utf-8")
    other = {"Right.": "Not yet", "Not yet": "Right."}[verdict]
    assert f">{verdict}" in page
    assert f">{other}" not in page


def test_command_makes_a_lesson(tmp_path):
    assert run(["lesson", "three_clv_formulas", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "three_clv_formulas.html").is_file()


def test_command_lists_the_lessons(capsys):
    assert run(["lesson", "--json"]) == 0
    assert [each["name"] for each in json.loads(capsys.readouterr().out)] == list(LESSONS)
