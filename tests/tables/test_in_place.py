"""Where rows lie: in place or copied; how many there are; when they go."""

import datetime as dt
import gc
import weakref

import numpy as np
import pandas as pd
import pyarrow as pa

import cxlab as cx
from cxlab.tables import Tables

AT = dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC)


def tickets(at=AT, **more):
    base = {"ticket_id": ["T1", "T2"], "created_at": [at, at], "channel": "email", "status": "open"}
    return pd.DataFrame(base | more)


def copies(tables):
    """Return how many rows the database holds itself."""
    found = tables.backend.con.execute("SELECT estimated_size FROM duckdb_tables()").fetchall()
    return sum(n for (n,) in found)


def test_an_arrow_table_with_its_types_is_not_copied():
    frame = tickets(service_target_s=[60.0, float("nan")], topic=["a", None])
    tables = Tables.from_frames({"tickets": pa.Table.from_pandas(frame)}, in_place=True)
    assert copies(tables) == 0
    found = tables.frame("tickets")
    assert found["ticket_id"].tolist() == ["T1", "T2"]
    assert found["service_target_s"].isna().tolist() == [False, True]
    assert (found["created_at"] == AT).all()


def test_texts_that_become_instants_are_read_once():
    frame = tickets(at="2024-03-01T10:00:00+01:00")
    tables = Tables.from_frames({"tickets": pa.Table.from_pandas(frame)}, in_place=True)
    assert copies(tables) == 2
    assert (tables.frame("tickets")["created_at"] == AT).all()


def test_an_arrow_table_with_a_bad_row_is_kept_without_it():
    frame = tickets(channel=["email", "fax"])
    tables = Tables.from_frames({"tickets": pa.Table.from_pandas(frame)}, in_place=True)
    assert copies(tables) == 1
    assert tables.frame("tickets")["ticket_id"].tolist() == ["T1"]
    assert tables.quarantined("tickets")["ticket_id"].tolist() == ["T2"]


def test_a_frame_that_is_changed_afterwards_changes_nothing():
    frame = tickets(service_target_s=[60.0, 90.0])
    tables = Tables.from_frames({"tickets": frame})
    frame.iloc[:, frame.columns.get_loc("service_target_s")] = 0.0
    assert tables.frame("tickets")["service_target_s"].tolist() == [60.0, 90.0]


def test_an_arrow_table_over_memory_that_is_written_to_is_copied():
    target = np.array([60.0, 90.0])
    given = pa.Table.from_pandas(tickets()).append_column("service_target_s", pa.array(target))
    tables = Tables.from_frames({"tickets": given})
    target[0] = -5.0
    assert tables.frame("tickets")["service_target_s"].tolist() == [60.0, 90.0]


def test_a_simulation_is_not_copied():
    tables = cx.simulate(cx.Scenario.load("base"), replications=1)
    assert copies(tables) == 0
    assert sum(tables.sizes().values()) == sum(len(tables.frame(name)) for name in tables)


def test_sizes_are_the_rows_that_count():
    """Two tickets of which one is bad for two reasons, and a message of a ticket that is none."""
    said = pd.DataFrame({"message_id": ["m", "n", "o"], "ticket_id": ["T1", "T1", "T9"],
                         "at": [AT, AT + dt.timedelta(hours=2), AT], "author_type": "agent",
                         "is_public": True})  # fmt: skip
    both = {"tickets": tickets(channel=["email", "fax"], n_solves=[1, -1]), "messages": said}
    tables = Tables.from_frames(both)
    assert tables.sizes() == {"tickets": 1, "messages": 2}
    before = cx.tables.complete(tables, as_of=AT + dt.timedelta(hours=1))
    assert before.sizes() == {"tickets": 1, "messages": 1}
    assert Tables.from_frames({"tickets": tickets().head(0)}).sizes() == {"tickets": 0}


def test_tables_go_when_nobody_holds_them():
    """Without a search for garbage: a loop over scenarios would hold the tables of many."""
    tables = Tables.from_frames({"tickets": tickets()})
    gc.disable()
    try:
        cx.measure(tables, ["frt", "backlog"], by="channel")
        cx.measure(tables, "frt", as_of=AT + dt.timedelta(hours=1))
        database = weakref.ref(tables.backend)
        del tables
        assert database() is None
    finally:
        gc.enable()
