"""Rows kept as a temporary table: the types that were promised, any names, gone when let go."""

import ibis

from cxlab.tables.dialects import kept
from cxlab.tables.sources import connect


def held(backend):
    return backend.con.execute("SELECT count(*) FROM duckdb_tables() WHERE temporary").fetchone()[0]


def test_a_kept_table_has_what_was_promised_and_goes_when_nobody_holds_it():
    backend = connect()
    backend.con.execute('CREATE TABLE given AS SELECT 1::INT AS n, \'a\' AS "x""; DROP"')
    rows = backend.table("given")
    # The database adds integers up to a type that is wider than the one that Ibis promises.
    asked = rows.mutate(total=rows["n"].sum(), at=ibis.timestamp("2026-01-05 09:00:00"))
    table = kept(asked)
    names = ["n", 'x"; DROP', "total", "at"]
    assert list(table.columns) == names
    assert [table[n].type().copy(nullable=True) for n in names] == [
        asked[n].type().copy(nullable=True) for n in names
    ]
    stored = backend.con.execute(
        "SELECT data_type FROM duckdb_columns() WHERE column_name = 'total'"
    )
    assert stored.fetchall() == [("BIGINT",)]
    found = table.to_pyarrow().to_pylist()
    assert [(r["n"], r['x"; DROP'], r["total"]) for r in found] == [(1, "a", 1)]
    built = table.filter(table["n"] > 0)
    del table
    assert held(backend) == 1  # what is built on it holds it
    assert built.count().execute() == 1
    del built
    assert held(backend) == 0


def test_a_connection_that_is_closed_holds_nothing():
    backend = connect()
    backend.con.execute("CREATE TABLE given AS SELECT 1 AS n")
    table = kept(backend.table("given"))
    backend.con.close()
    del table
