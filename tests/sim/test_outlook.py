"""What a customer base lets expect, in sentences, before anything is simulated."""

from __future__ import annotations

from typing import Any

import pytest
from small_companies import LINKS, base_file, company_file
from small_desks import desk_file

from cxlab.sim import expected_load
from cxlab.sim.outlook import base_notes, base_outlook

CLOSED = {"lifecycle.closed_loop": True}


def test_what_is_modelled_is_told() -> None:
    lines = dict(line.split(": ", 1) for line in base_outlook(company_file()))
    assert lines["plans"] == "basic (EUR 19 a month), pro (EUR 59 a month, terms of 12 months)"
    assert lines["won by"] == "search (42 leads a week), friends (referral)"
    assert lines["customers"].startswith("300 at the start, by forecast about ")
    assert lines["links"].startswith("waiting (first_reply_hours on churn), delight (csat on ref")
    assert lines["links"].endswith("off, they change nothing (closed_loop = false)")
    assert "they hold" in base_outlook(company_file(**CLOSED))[-1]
    alone = dict(line.split(": ", 1) for line in base_outlook(base_file()))
    assert alone["desk"].startswith("none, because customers do not ask")
    assert alone["won by"].startswith("nothing")
    assert alone["links"] == "none"
    assert base_outlook(desk_file()) == base_notes(desk_file()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "closed_loop is off: the links (waiting, delight, trust) change nothing"),
        ({**CLOSED, "lifecycle.links": []}, "closed_loop is on, but there are no links"),
        ({**CLOSED, "surveys": {}}, "the link delight changes nothing: it looks at csat, and"),
        ({**CLOSED, "lifecycle.plans.basic.upgrade_to": None,
          "lifecycle.plans.basic.upgrade_probability": 0.0},
         "the link trust changes nothing: it is on expansion, and no plan has an upgrade"),
        ({**CLOSED, "lifecycle.referral": None, "lifecycle.acquisition.friends": None},
         "the link delight changes nothing: it is on referral, and nobody refers"),
    ],
)  # fmt: skip
def test_links_that_change_nothing_are_named(changes: dict[str, Any], says: str) -> None:
    notes = base_notes(company_file(**changes))
    assert len(notes) == 1
    assert notes[0].startswith(says)


def test_a_base_in_order_has_no_notes() -> None:
    assert base_notes(company_file(**CLOSED)) == []
    assert base_notes(company_file(**{"lifecycle.links": LINKS[:1], **CLOSED})) == []
    assert base_notes(base_file()) == []


def test_a_base_that_dies_out_or_explodes_is_said() -> None:
    dying = base_file(**{
        "horizon.days": 1000, "lifecycle.renewal": {"law": "geometric", "leaving_probability": 0.2},
        "lifecycle.plans.pro.term_months": 1,
    })  # fmt: skip
    assert base_notes(dying) == [
        "by forecast the customer base dies out: from 300 customers to 0 in 1000 days"
    ]
    exploding = base_file(**{
        "horizon.days": 1000, "lifecycle.referral": {"probability": 0.5},
        "lifecycle.acquisition": {"friends": {"kind": "referral", "buys": 0.5}},
    })  # fmt: skip
    assert len(base_notes(exploding)) == 1
    assert "explodes: word of mouth alone lets it grow by 2" in base_notes(exploding)[0]


def test_advertising_for_a_start_up_is_no_explosion() -> None:
    new = base_file(**{
        "lifecycle.initial_customers": 0, "horizon.days": 700,
        "lifecycle.acquisition": {"search": {"leads_per_week": 100.0, "buys": 0.5}},
    })  # fmt: skip
    assert base_notes(new) == []


def test_no_desk_has_no_load() -> None:
    table = expected_load(base_file())
    assert table.empty
    assert list(table.columns) == list(expected_load(desk_file()).columns)


def test_the_load_is_that_of_the_customers() -> None:
    """0.5 requests a month of 300 customers, whatever the channel's own level says."""
    from_shape, as_tall = (
        expected_load(company_file(**{"channels.chat.arrivals_per_hour": rate}))["work_h"].sum()
        for rate in (1, 50)
    )
    assert as_tall == pytest.approx(from_shape)
