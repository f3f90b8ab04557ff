"""Canonical tables left on the database they live in: what fits, what is refused or left out."""

import datetime as dt

import ibis
import pandas as pd
import pytest

import cxlab as cx
from cxlab.tables.dialects import plain_utc

TICKETS = """
    SELECT * FROM (VALUES
      ('A', 'email', 'open', TIMESTAMP '2026-01-05 09:00:00', 7),
      ('B', 'chat', 'open', TIMESTAMP '2026-01-05 10:00:00', 8)
    ) AS t(ticket_id, channel, status, created_at, shop)
"""


@pytest.fixture
def warehouse():
    connection = ibis.duckdb.connect()
    connection.raw_sql("CREATE SCHEMA support")
    connection.raw_sql(f"CREATE TABLE support.calls AS {TICKETS}")
    return connection


def view(warehouse, columns, where="true"):
    warehouse.raw_sql(
        f"CREATE OR REPLACE VIEW given AS SELECT {columns} FROM support.calls WHERE {where}"
    )
    return cx.Tables.on(warehouse, {"tickets": "given"})


def test_a_table_is_measured_where_it_is_with_absent_columns_empty(warehouse):
    tables = cx.Tables.on(warehouse, {"tickets": "support.calls"}, time_zone="Europe/Berlin")
    assert tables.backend is warehouse
    assert tables.given_columns("tickets") == ("ticket_id", "created_at", "channel", "status")
    assert tables.extra_columns("tickets") == ("shop",)
    assert tables.frame("tickets")["first_human_reply_at"].isna().all()
    assert tables.as_of == dt.datetime(2026, 1, 5, 10, tzinfo=dt.UTC)
    assert tables.quarantine.empty
    found = cx.measure(tables, "vol", by="shop")
    assert found[["shop", "value"]].values.tolist() == [["7", 1.0], ["8", 1.0]]


def test_nothing_is_written_to_the_database(warehouse):
    before = warehouse.list_tables(database="support"), warehouse.list_tables()
    cx.Tables.on(warehouse, {"tickets": "support.calls"})
    assert (warehouse.list_tables(database="support"), warehouse.list_tables()) == before


def test_a_row_that_appears_later_is_measured(warehouse):
    tables = cx.Tables.on(warehouse, {"tickets": "support.calls"})
    warehouse.raw_sql("INSERT INTO support.calls VALUES ('C', 'chat', 'open', '2026-01-05', 7)")
    assert tables["tickets"].count().execute() == 3


def test_an_ibis_table_with_renamed_columns_is_taken(warehouse):
    calls = warehouse.table("calls", database="support").rename(store="shop")
    assert cx.Tables.on(warehouse, {"tickets": calls}).extra_columns("tickets") == ("store",)


def test_zone_aware_times_are_converted_whatever_the_session_says(warehouse):
    warehouse.raw_sql("SET TimeZone='America/New_York'")
    tables = view(
        warehouse,
        "* REPLACE (TIMESTAMPTZ '2026-01-05 09:00:00.123456+01' AS created_at)",
        "ticket_id = 'A'",
    )
    assert tables.frame("tickets")["created_at"].tolist() == [
        pd.Timestamp("2026-01-05 08:00:00.123456Z")
    ]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ("* EXCLUDE (status)", "table tickets lacks the column 'status'"),
        ("* REPLACE ('2026-01-05' AS created_at)", "column 'created_at' .instant.*given 'string'"),
        ("* REPLACE (created_at::DATE AS created_at)", "'created_at' .instant.*given 'date"),
        ("*, 1.5 AS n_contacts", "'n_contacts' .integer.*expected whole numbers"),
        ("*, 'x' AS sla_met", "'sla_met' .boolean.*expected booleans"),
        ("* REPLACE (true AS ticket_id)", "'ticket_id' .id.*given 'boolean"),
    ],
)
def test_what_cannot_hold_the_declared_column_is_refused(warehouse, columns, message):
    with pytest.raises(cx.InputError, match="(?s)" + message):
        view(warehouse, columns)


def test_a_table_that_is_not_there_is_refused_with_the_names_that_are(warehouse):
    warehouse.raw_sql(f"CREATE TABLE tickets AS {TICKETS}")
    with pytest.raises(cx.InputError, match=r"(?s)ticket_s.*did you mean 'tickets'"):
        cx.Tables.on(warehouse, {"tickets": "ticket_s"})
    with pytest.raises(cx.InputError, match=r"support\.no"):
        cx.Tables.on(warehouse, {"tickets": "support.no"})
    with pytest.raises(cx.InputError, match="did you mean 'tickets'"):
        cx.Tables.on(warehouse, {"tickts": "tickets"})


@pytest.mark.parametrize("table", [ibis.memtable({"a": [1]}), ibis.table({"a": "int"}, name="t")])
def test_a_table_of_no_or_another_connection_is_refused(warehouse, table):
    with pytest.raises(cx.InputError, match="another connection"):
        cx.Tables.on(warehouse, {"tickets": table})


def test_what_breaks_a_rule_is_left_out_as_it_is_of_a_frame(warehouse):
    tickets = pd.DataFrame(
        {
            "ticket_id": ["A", "A", "B", "C", "", "D"],
            "channel": ["chat", "chat", "fax", "fax", "chat", "chat"],
            "status": "open",
            "created_at": pd.to_datetime("2026-01-05 09:00Z"),
            "service_target_s": [1.0, 2.0, 3.0, 4.0, 5.0, float("inf")],
            "n_contacts": [1, 1, 1, 1, 1, 1],
        }
    )
    messages = pd.DataFrame(
        {
            "message_id": ["1", "2", "3", "4"],
            "ticket_id": ["A", "B", "Z", "A"],
            "at": pd.to_datetime("2026-01-05 09:00Z"),
            "author_type": "customer",
            "channel": "chat",
            "is_public": True,
            "replication": pd.array([None, None, None, 3], dtype="Int64"),
        }
    )
    frames = {"tickets": tickets, "messages": messages}
    ours = cx.Tables.from_frames(frames)
    for name, frame in frames.items():
        warehouse.create_table(name, frame)
    theirs = cx.Tables.on(warehouse, {"tickets": "tickets", "messages": "messages"})
    for name in frames:
        assert theirs[name].count().execute() == ours[name].count().execute() == 1
    known = ["table", "column", "rows"]
    both = [t.quarantine[known].sort_values(known).values.tolist() for t in (ours, theirs)]
    assert both[0] == both[1]
    told = theirs.quarantine.set_index("reason")["examples"].to_dict()
    assert "B, C" in told.values()
    assert "2, 3, 4" in told.values()


@pytest.mark.parametrize(
    ("backend", "dialect", "sql"),
    [
        ("postgres", "postgres", 'TIMEZONE(\'UTC\', "t0"."at")'),
        ("snowflake", "snowflake", 'CONVERT_TIMEZONE(\'UTC\', "t0"."at")'),
        ("bigquery", "bigquery", "datetime(`t0`.`at`)"),
    ],
)
def test_other_databases_convert_by_a_function_that_knows_no_session(backend, dialect, sql):
    rows = ibis.table({"at": "timestamp('UTC')"}, name="t")
    text = str(ibis.to_sql(rows.select(at=plain_utc(rows["at"], backend)), dialect=dialect))
    assert sql.lower() in text.lower()
