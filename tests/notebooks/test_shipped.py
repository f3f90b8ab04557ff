"""Every notebook that ships opens without a complaint, and the first one leads to all of them."""

from __future__ import annotations

import json
import re
import shutil
import warnings
from pathlib import Path

import nbformat
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.files import bundled, lay_out
from cxlab.lessons import lessons

FOLDER = bundled("notebooks")
ALL = sorted(
    p.relative_to(FOLDER).as_posix() for p in FOLDER.rglob("*.ipynb") if ".ipynb_" not in str(p)
)
LINK = re.compile(r"\]\(([^)]+\.ipynb)\)")


@pytest.mark.parametrize("name", ALL)
def test_a_shipped_notebook_opens_without_a_complaint(name):
    """Whole ids and kernel, nothing run: what JupyterLab would ask about or change on saving."""
    raw = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nbformat.validate(raw)
    assert (raw["nbformat"], raw["nbformat_minor"]) >= (4, 5)
    assert raw["metadata"]["kernelspec"]["name"] == "python3"
    assert raw["metadata"]["language_info"]["name"] == "python"
    ids = [cell["id"] for cell in raw["cells"]]
    assert len(set(ids)) == len(ids)
    for cell in raw["cells"]:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def _start() -> str:
    cells = json.loads((FOLDER / "start.ipynb").read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def test_start_leads_to_every_notebook_and_no_other():
    assert sorted([*LINK.findall(_start()), "start.ipynb"]) == ALL


def test_start_says_the_question_of_every_lesson():
    text = _start()
    for each in lessons().values():
        assert f"| [{each.title}](lessons/{each.name}.ipynb) | {each.question} |" in text


def test_a_changed_scenario_goes_before_the_shipped_one_in_a_notebook_too(tmp_path, monkeypatch):
    lay_out(tmp_path)
    base = tmp_path / "scenarios" / "base.toml"
    base.write_text(base.read_text(encoding="utf-8").replace("seed = 20260105", "seed = 99"))
    for folder in (tmp_path, tmp_path / "scenarios", tmp_path / "notebooks"):
        monkeypatch.chdir(folder)
        assert cx.Scenario.load("base").seed == 99
    shutil.rmtree(tmp_path / "scenarios")
    assert cx.Scenario.load("base").seed == 20260105
    with pytest.raises(InputError, match="no such scenario.*did you mean 'base'"):
        cx.Scenario.load("bas")
    with pytest.raises(InputError, match="no scenario file"):
        cx.Scenario.load(Path("scenarios") / "base.toml")
