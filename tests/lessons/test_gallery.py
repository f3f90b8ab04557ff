"""A gallery has every page that was asked, and both indexes; one that fails is named."""

from __future__ import annotations

import pytest

import cxlab as cx
from cxlab.files import bundled
from cxlab.lessons.gallery import EXHIBITS, gallery


def test_shows_every_notebook():
    """Of a scenario and a log the notebook is chosen by what they are."""
    chosen = {"data": "periodic", "base": "scenario", "saas_startup": "lifecycle"}
    shown = {
        each.get("notebook") or chosen["data" if "data" in each else str(each["scenario"])]
        for each in EXHIBITS
    }
    assert shown == {path.stem for path in bundled("notebooks").glob("*.ipynb")} - {"start"}


@pytest.mark.promised  # .ci/run also makes the whole one
def test_pages_and_indexes(tmp_path):
    told = []
    made = gallery(
        tmp_path, exhibits=[{"notebook": "customers", "data": "sample_customers"}],
        lessons=["three_clv_formulas"], at_once=1, progress=lambda *said: told.append(said),
    )  # fmt: skip
    assert told == [(1, 2), (2, 2)]
    index = made.index.read_text(encoding="utf-8")
    assert 'href="sample_customers-customers.html"' in index
    assert 'href="lessons/index.html"' in index
    assert 'href="three_clv_formulas.html"' in made.lessons.read_text(encoding="utf-8")
    assert all(result.path.is_file() for result in made.results)


def test_one_that_fails_is_named(tmp_path):
    wrong = [{"scenario": "base", "notebook": "compare", "parameters": {"replications": 1}}]
    with pytest.raises(cx.RunError, match=r"pages of the gallery failed.*base compare"):
        gallery(tmp_path, exhibits=wrong, lessons=["three_clv_formulas"], at_once=1)
    assert (tmp_path / "lessons" / "three_clv_formulas.html").is_file()
    assert not (tmp_path / "index.html").exists()
    with pytest.raises(cx.InputError, match="did you mean 'three_clv_formulas'"):
        gallery(tmp_path, lessons=["three_clv_formula"])
