"""What of a chart goes into a page: data, names, digits, words."""

from __future__ import annotations

import json
import re

import altair as alt
import pandas as pd
import pytest

from cxlab.charts.base import finish
from cxlab.report import page
from cxlab.report.drawing import Colours
from cxlab.report.outputs import Collected, _chart


@pytest.fixture
def kept(monkeypatch):
    """Return a function that gives the charts and datasets that a page would hold."""
    monkeypatch.setattr(page, "packed", lambda text: text)

    def made(**datasets):
        collected = Collected()
        collected.datasets |= datasets
        collected.charts += [{"data": {"name": name}, "datasets": [name]} for name in datasets]
        whole = json.loads(page._chart_data(collected))
        return whole["charts"], whole["datasets"]

    return made


def test_names_of_altair_are_shortened(kept):
    names = [f"data-{digit * 32}" for digit in "0a"]
    charts, datasets = kept(**{name: [{"x": 1}] for name in names})
    assert charts == [{"data": {"name": d}, "datasets": [d]} for d in ("d0", "d1")]
    assert datasets == {"d0": {"x": [1]}, "d1": {"x": [1]}}


@pytest.mark.parametrize("name", ["data", "x", "d0"])
def test_a_name_of_ones_own_may_be_a_word_of_the_chart(kept, name):
    charts, datasets = kept(**{name: [{"x": 1}], "data-" + "a" * 32: [{"x": 2}]})
    assert charts[0] == {"data": {"name": name}, "datasets": [name]}
    assert datasets[name] == {"x": [1]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456789012, 0.1234568),
        (1234.56789012, 1234.568),
        (123456789.5678, 123456789.57),
        (-98765432.25, -98765432.25),
        (1456789012345.5, 1456789012345.5),
        (1456789012345.0, 1456789012345.0),
        (12345678901, 12345678901),
        ("0.123456789012", "0.123456789012"),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_fractions_have_the_digits_that_are_seen(kept, value, shown):
    assert kept(it=[{"x": value}])[1] == {"it": {"x": [shown]}}


@pytest.mark.parametrize("colours", [None, Colours()])
@pytest.mark.parametrize(
    ("caption", "printed"),
    [(None, "All the numbers."), ("Lines: intervals.", "Lines: intervals."), ("", None)],
)
def test_a_page_prints_the_caption_and_reads_out_the_words(caption, printed, colours):
    drawn = alt.Chart(pd.DataFrame({"a": [1]})).mark_point().encode(x="a:Q")
    spec = finish(drawn, "Title", "All the numbers.", caption=caption).to_dict()
    collected = Collected(colours=colours)
    figure = _chart(spec, collected)
    found = re.search("<figcaption[^>]*>(.*?)</figcaption>", figure)
    assert (found and found[1]) == printed
    whole = figure + "".join(collected.drawings)
    assert 'aria-label="All the numbers."' in whole or printed == "All the numbers."
