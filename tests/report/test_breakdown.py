"""A page is broken down by what its reader asks for."""

from __future__ import annotations

import pandas as pd
import pytest

import cxlab as cx


@pytest.fixture(scope="module")
def view():
    """A week of 40 tickets with a column of its own: 30 shops, one of them big, one hostile."""
    created = pd.date_range("2026-01-05 08:00", periods=40, freq="h", tz="UTC")
    shops = ["big"] * 8 + ["<b>odd</b>"] * 4 + [f"shop {i:02}" for i in range(28)]
    frame = pd.DataFrame({"ticket_id": [f"T{i}" for i in range(40)], "created_at": created,
                          "channel": ["email", "chat"] * 20, "status": "solved", "shop": shops,
                          "first_human_reply_at": created + pd.Timedelta(minutes=5),
                          "last_solved_at": created + pd.Timedelta(hours=1)})  # fmt: skip
    tables = cx.Tables.from_frames({"tickets": frame}, as_of=pd.Timestamp("2026-01-12", tz="UTC"))
    return cx.report.choose_period(tables, "2026-W02")


def test_the_usual_groups_are_channel_priority_and_team(view):
    picture, *tables = cx.report.breakdown(view)
    assert "by channel" in picture.description
    assert len(tables) == 3
    assert "By channel" in str(tables[0].body)


def test_a_column_of_the_log_may_be_chosen(view):
    picture, table = cx.report.breakdown(view, ["shop", " shop "])
    body = str(table.body)
    assert "(the 12 largest of 30)" in body
    assert "&lt;b&gt;odd&lt;/b&gt;" in body
    assert "<b>odd" not in body
    # 12 of 30 groups are drawn too: a picture of a thousand would have no end.
    assert picture.description.count("shop ") <= 12


def test_what_the_log_does_not_have_names_the_nearest(view):
    with pytest.raises(cx.InputError, match=r"unknown group: given 'shp'.*did you mean 'shop'"):
        cx.report.breakdown(view, ["channel", "shp"])


def test_a_column_of_instants_makes_no_groups(view):
    with pytest.raises(cx.InputError, match=r"instants.*given 'created_at'.*span of time: day, we"):
        cx.report.breakdown(view, "created_at")


def test_what_was_chosen_and_the_log_does_not_have_is_refused(view):
    with pytest.raises(cx.InputError, match=r"no column 'team'.*it has: channel, status, shop$"):
        cx.report.breakdown(view, "channel,team")


def test_an_empty_column_is_told_with_those_that_hold_something():
    created = pd.date_range("2026-01-05 08:00", periods=4, freq="h", tz="UTC")
    frame = pd.DataFrame({"ticket_id": list("ABCD"), "created_at": created, "channel": "email",
                          "status": "open", "topic": [None] * 4})  # fmt: skip
    tables = cx.Tables.from_frames({"tickets": frame}, as_of=pd.Timestamp("2026-01-12", tz="UTC"))
    asked = cx.report.choose_period(tables, "2026-W02")
    picture, table, _ = cx.report.breakdown(asked, ["topic", "channel"])
    assert "do not record topic: there is nothing to break down. They record channel, status." in (
        table.words
    )
    assert "by channel" in picture.to_dict()["title"]


def test_nothing_may_be_asked_for(view):
    (words,) = cx.report.breakdown(view, [])
    assert "Nothing is broken down" in str(words.body)
