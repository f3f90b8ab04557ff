"""Queries written once for tables of the same columns: tables of other columns have their own."""

import json

import pandas as pd

from cxlab.tables import Tables, texts

T = "2024-03-01T09:00:00Z"


def tickets(**columns):
    base = {"ticket_id": ["T1", "T2"], "created_at": [T, T], "channel": "email", "status": "open"}
    return pd.DataFrame(base | columns)


def set_aside(**frames):
    found = Tables.from_frames(frames).quarantine
    return found[["table", "column", "rows"]].values.tolist()


def test_a_table_is_checked_as_it_is_whatever_was_checked_before():
    """Clean, bad, bad in another way, of another type, with a column more; and once again."""
    for _ in range(2):
        assert set_aside(tickets=tickets()) == []
        assert set_aside(tickets=tickets(channel=["email", "fax"])) == [["tickets", "channel", 1]]
        assert set_aside(tickets=tickets(ticket_id="T1")) == [["tickets", "ticket_id", 1]]
        assert set_aside(tickets=tickets(n_solves=[1, -1])) == [["tickets", "n_solves", 1]]
        assert set_aside(tickets=tickets(n_solves=["1", "-1"])) == [["tickets", "n_solves", 1]]
        assert set_aside(tickets=tickets(n_solves=["1", "one"])) == [["tickets", "n_solves", 1]]


def test_references_are_looked_up_in_the_tables_that_are_there():
    said = pd.DataFrame({"message_id": ["m", "n"], "ticket_id": ["T1", "T3"], "at": T,
                         "author_type": "agent", "is_public": True})  # fmt: skip
    for _ in range(2):
        assert set_aside(messages=said) == []
        assert set_aside(tickets=tickets(), messages=said) == [["messages", "ticket_id", 1]]
        other = tickets(ticket_id=["T1", "T3"])
        assert set_aside(tickets=other, messages=said) == []


def test_a_query_is_written_once(monkeypatch):
    frame = tickets(own_column_of_this_test=["a", "b"])
    Tables.from_frames({"tickets": frame})
    kept = dict(texts._TEXTS)
    again = Tables.from_frames({"tickets": frame.assign(ticket_id=["T3", "T4"])})
    assert again.frame("tickets")["ticket_id"].tolist() == ["T3", "T4"]
    assert kept == texts._TEXTS
    monkeypatch.setattr(texts, "MOST", 2)
    Tables.from_frames({"tickets": frame.assign(another=1)})
    assert len(texts._TEXTS) == 2


def test_what_one_process_wrote_another_one_takes():
    frame = tickets(told_to_another="a")
    Tables.from_frames({"tickets": frame})
    told = [text for text in texts.known_texts() if "told_to_another" in text[2]]
    assert {purpose for purpose, *_ in told} == {"counts", "rows"}
    for purpose, name, columns, _ in told:
        del texts._TEXTS[purpose, name, columns]
    texts.learn_texts(json.loads(json.dumps(told)))
    assert [text for text in texts.known_texts() if "told_to_another" in text[2]] == told


def test_two_columns_are_not_taken_for_one_with_their_names():
    """A name may hold what stands between two columns in a key."""
    plain, quoted = tickets(**{"a string, b": "x"}), tickets(**{"a' string, 'b": "x"})
    two = tickets(a="x", b="y")
    for frame in (plain, quoted, two, plain, quoted):
        found = Tables.from_frames({"tickets": frame})
        assert list(found.extra_columns("tickets")) == list(frame.columns[4:])
        assert found.frame("tickets")["ticket_id"].tolist() == ["T1", "T2"]
