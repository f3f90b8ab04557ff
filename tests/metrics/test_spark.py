"""The same declarations on Apache Spark: every result column equals DuckDB's.

Everything that the worked examples hold is one log, so that a few queries a source compare the
whole catalogue; metrics that are added take part by their example.
"""

import os
import shutil

import ibis
import pandas as pd
import pyarrow as pa
import pytest

import cxlab as cx
from cxlab.calendars import Calendar, Schedule, with_due, with_open_seconds
from cxlab.calendars.calendar import epoch_micros
from cxlab.metrics import METRICS
from cxlab.metrics.catalogue import DESK
from cxlab.metrics.sources import SOURCES
from tests.metrics.helpers import START, every_example, random_tickets

pytestmark = pytest.mark.spark
AS_OF = START + pd.Timedelta(days=60)


@pytest.fixture(scope="module")
def spark():
    """A local Spark of two cores that listens on the loopback interface only."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (cxlab[spark])")
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        pytest.skip("Spark needs Java 17: neither JAVA_HOME nor `java` is there")
    builder = sql.SparkSession.builder.master("local[2]").appName("cxlab")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.session.timeZone": "UTC",
        # Compiling the code of a query takes longer than running it on a few hundred rows.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.constraintPropagation.enabled": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


def moved(spark, tables, prefix):
    """The tables' own columns as views of Spark."""
    names = {}
    for name in tables.names:
        stored = tables.stored(name)
        rows = stored.rows.select(*stored.given, *stored.extra).to_pyarrow()
        names[name] = f"{prefix}_{name}"
        spark.createDataFrame(rows).createOrReplaceTempView(names[name])
    connection = ibis.pyspark.connect(spark)
    return cx.Tables.on(connection, names, as_of=tables.as_of, time_zone=tables.time_zone)


@pytest.fixture(scope="module")
def examples(spark):
    """Every worked example, on DuckDB and on Spark."""
    ours = every_example(AS_OF)
    return ours, moved(spark, ours, "example")


@pytest.fixture(scope="module")
def desk(spark):
    """Random tickets with everything that can happen to them, on DuckDB and on Spark."""
    ours = cx.Tables.from_frames({"tickets": random_tickets()})
    return ours, moved(spark, ours, "desk")


def same(pair, ids, **asked):
    """Measure on both; counts, reasons and texts are equal, numbers to 1e-12.

    The ends of intervals come from standard deviations kept to nine digits, of which the last
    can round either way where databases add in another order.
    """
    ours, theirs = (cx.measure(tables, ids, **asked) for tables in pair)
    ends = ["low", "high"]
    exactly, nearly = ({"check_exact": False, "rtol": r, "atol": 0} for r in (1e-12, 1e-8))
    pd.testing.assert_frame_equal(theirs.drop(columns=ends), ours.drop(columns=ends), **exactly)
    pd.testing.assert_frame_equal(theirs[ends], ours[ends], **nearly)
    return ours


def test_every_metric_by_local_week_within_a_period(examples):
    found = same(examples, list(METRICS), by="week", period="2026-Q1", tz="Europe/Berlin")
    assert found["week"].nunique() == 14
    assert list(dict.fromkeys(found["metric"])) == list(METRICS)
    assert (found.groupby("metric")["n"].sum() > 0).mean() > 0.85


def test_the_metrics_of_a_desk_without_groups(examples):
    found = same(examples, DESK)
    assert (found["n"] > 0).all()


def test_tickets_by_channel_and_week(desk):
    ids = [m.id for m in METRICS.values() if SOURCES[m.basis.source].tables == ("tickets",)]
    found = same(desk, ids, by="channel,week", tz="Europe/Berlin")
    assert found["week"].nunique() >= 5


def test_tickets_by_weekday_and_hour_looking_back(desk):
    ids = ["vol", "frt", "art", "fcr"]
    found = same(desk, ids, by="weekday,hour", as_of=START + pd.Timedelta(days=20))
    assert found["n"].sum() > 400


def test_open_time_and_due_times_by_a_calendar(desk):
    """To the microsecond as on DuckDB, across a change of the clock."""
    office = Schedule.weekly("office", "Europe/Berlin", {"Mon-Fri": "09:00-17:30"})
    spans = {"open_s": ("created_at", "first_human_reply_at")}
    found = []
    for tables in desk:
        rows = tables["tickets"].select("ticket_id", "created_at", "first_human_reply_at")
        calendar = Calendar.covering(rows, list(spans["open_s"]), [office], longest_target_s=36_000)
        desk_hours = ibis.literal("office")
        timed = with_open_seconds(rows, spans, calendar, schedule=desk_hours)
        due = with_due(timed, {"due_at": ("created_at", 36_000)}, calendar, schedule=desk_hours)
        due = due.mutate(due_us=epoch_micros(due.due_at))
        found.append(due.select("ticket_id", "open_s", "due_us").order_by("ticket_id").to_pandas())
    pd.testing.assert_frame_equal(*found, check_exact=True)
    assert found[0]["due_us"].notna().all()
    assert (found[0]["open_s"] > 0).mean() > 0.2


def test_tables_on_spark_are_not_copied_to_files(desk, tmp_path):
    with pytest.raises(cx.InputError, match="another database"):
        desk[1].write(tmp_path)


def test_status_events_beside_tickets_kept_as_they_were_then(spark):
    """A union of kept rows and others: Spark must not lose the precision of the instants."""
    tickets = random_tickets()
    solved = tickets[tickets["last_solved_at"].notna()]
    events = pd.DataFrame(
        {
            "ticket_id": solved["ticket_id"],
            "at": solved["last_solved_at"],
            "seq": range(len(solved)),
            "field": "status",
            "old": "open",
            "new": "solved",
        }
    )
    ours = cx.Tables.from_frames({"tickets": tickets, "status_events": events})
    pair = ours, moved(spark, ours, "events")
    then = START + pd.Timedelta(days=20)
    found = same(pair, ["backlog", "art"], by="channel,week", as_of=then)
    assert found.loc[found["metric"] == "backlog", "value"].max() > 5


def test_rows_that_break_a_rule_are_left_out_and_counted(spark):
    connection = ibis.pyspark.connect(spark)
    rows = pd.DataFrame(
        {
            "ticket_id": ["A", "B", "B", "C", ""],
            "channel": ["email", "chat", "chat", "fax", "chat"],
            "status": ["open"] * 5,
            "created_at": pd.to_datetime(["2026-01-05 09:00Z"] * 5),
            "n_contacts": [1, 1, 2, 1, 1],
        }
    )
    spark.createDataFrame(pa.Table.from_pandas(rows)).createOrReplaceTempView("bad_tickets")
    tables = cx.Tables.on(connection, {"tickets": "bad_tickets"})
    assert sorted(tables.frame("tickets")["ticket_id"]) == ["A", "B"]
    counted = tables.quarantine[["column", "reason", "rows", "examples"]].values.tolist()
    assert [row[0::2] for row in counted] == [
        ["ticket_id", 1], ["channel", 1], ["ticket_id", 1],
    ]  # fmt: skip
    assert "duplicate" in counted[2][1]
    assert counted[1][3] == "C"
    assert cx.measure(tables, "vol")["value"].tolist() == [2.0]
