"""The page of a shift plan: the answer, its tables and charts, and what it refuses."""

from __future__ import annotations

import json
import re

import pytest

import cxlab as cx

DESK = """
name = "calls"
time_zone = "UTC"
start = 2026-01-05
seed = 3
horizon = { type = "steady", days = 15, warm_up_days = 1 }

[channels.phone]
arrivals_per_hour = 60
handle_minutes = { law = "exponential", mean = 3 }
patience_minutes = { law = "exponential", mean = 2 }
first_reply = "start"
service_level_seconds = 20

[team]
hourly_cost = 20
shifts = [{ agents = 3, days = "Mon-Sun", from = "00:00", to = "24:00" }]
"""


@pytest.fixture
def desk(tmp_path):
    path = tmp_path / "calls.toml"
    path.write_text(DESK, encoding="utf-8")
    return path


def made(desk, **parameters):
    return cx.report.report(
        scenario=desk, notebook="staffing", out=desk.parent / "out", parameters=parameters
    )


def test_page(desk):
    result = made(desk, targets=["service_level>=75%", "abandonment<=20%"])
    page = result.path.read_text(encoding="utf-8")
    for words in (
        "paid hours a week",
        "with 95 % confidence",
        "Hands planned against required: support",
        "service_level&gt;=76%",
        "Mon–Sun",
    ):
        assert words in page, words
    assert not re.search(r"<(?:td|th|p|li)\b[^>]*>\s*(nan|None|inf)\s*<", page)
    assert len(page.encode()) < 500_000
    # Three agents cost 3 × 168 × 20.
    assert "so far 10,080 EUR" in result.summary[0]
    assert result.missed_targets == ()
    manifest = json.loads(result.manifest_path.read_text(encoding="utf-8"))
    assert manifest["notebook"]["name"] == "staffing.ipynb"


def test_what_is_out_of_reach_leaves_no_page(desk):
    with pytest.raises(cx.InputError, match="did you mean 'service_level'"):
        made(desk, targets=["servicelevel>=75%"])
    assert not list((desk.parent / "out").glob("*.html"))
