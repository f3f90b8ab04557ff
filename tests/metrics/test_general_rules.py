"""The general rules, asked of every metric of the catalogue at once.

One log holds the rows of every worked example; a few questions over it compare all declarations.
Those take minutes and run with `make validate`.
"""

import datetime as dt
import re

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics import METRICS
from cxlab.metrics.examples import MONDAY
from cxlab.metrics.sources import SOURCES
from cxlab.tables import TABLES, Kind
from tests.metrics.helpers import every_example

AS_OF = MONDAY + dt.timedelta(days=60)
FLAGS = {"ok", "small_n", "empty", "immature", "undefined"}
ALL = list(METRICS)
long = pytest.mark.long


@pytest.fixture(scope="module")
def log():
    return every_example(AS_OF)


@pytest.fixture(scope="module")
def whole(log):
    return cx.measure(log, ALL)


@long
def test_every_row_keeps_its_promises(whole):
    """No bare number: a flag, a period, an interval with its method or why there is none."""
    assert list(whole["metric"]) == ALL
    assert set(whole["flag"]) <= FLAGS
    assert np.isfinite(whole["value"].dropna()).all()
    assert (whole["interval_method"].str.len() > 3).all()
    told = whole["low"].notna() & whole["high"].notna() & whole["value"].notna()
    assert (whole.loc[told, "low"] <= whole.loc[told, "value"] + 1e-9).all()
    assert (whole.loc[told, "value"] <= whole.loc[told, "high"] + 1e-9).all()
    # A value stands only where something was counted, and counted rows without one say so (G2).
    assert (whole.loc[whole["value"].notna() & (whole["unit"] != "count"), "n"] > 0).all()
    assert set(whole.loc[whole["value"].isna(), "flag"]) <= {"empty", "immature", "undefined"}


@long
def test_small_numbers_are_flagged(whole):
    """G19: fewer than 30 cases are never "ok", unless the number is a count."""
    few = whole[(whole["flag"] == "ok") & (whole["n"] < 30)]
    kinds = {METRICS[m].statistic.zero_is_fact for m in few["metric"]}
    assert kinds <= {True}, list(few["metric"])


@long
def test_an_empty_log_is_flagged_and_no_error():
    """G1, G2: every table is there and has no row."""
    frames = {
        name: pd.DataFrame({c: pd.Series(dtype="str") for c in spec.required})
        for name, spec in TABLES.items()
    }
    rows = cx.measure(cx.Tables.from_frames(frames, as_of=AS_OF), ALL)
    assert list(rows["metric"]) == ALL
    assert (rows["n"] == 0).all()
    assert rows.loc[rows["value"].notna(), "value"].eq(0).all()
    counts = rows["metric"].map(lambda m: METRICS[m].statistic.zero_is_fact)
    assert set(rows.loc[~counts, "flag"]) <= {"empty", "undefined"}


@long
def test_a_cut_off_before_the_data_knows_nothing(log):
    """G8 at its edge: before the first row nothing was known."""
    rows = cx.measure(log, ALL, as_of=dt.datetime(1999, 1, 1, tzinfo=dt.UTC))
    # Customers without a date of acquisition were always there, and had no tickets yet.
    per_customer = {"vol_per_100_customers", "cmp_in_per_1000"}
    assert set(rows.loc[rows["n"] != 0, "metric"]) == per_customer
    assert rows.loc[rows["value"].notna(), "value"].eq(0).all()


def ended(log, then):
    """The log as its files would have been, had it ended then: cut by hand, table by table."""
    frames = {}
    for name in log.names:
        spec = TABLES[name]
        columns = [*log.given_columns(name), *log.extra_columns(name)]
        frame = log.frame(name)[[c for c in columns if c != "replication"]].copy()
        if spec.known_from:
            known = [c for c in spec.known_from if c in frame]
            first = frame[known].bfill(axis=1).iloc[:, 0]
            frame = frame[first.isna() | (first <= then)].copy()
        whole = frame.copy()
        for column in spec.columns:
            if column.known_with in frame and column.name in frame:
                later = (whole[column.known_with] > then).fillna(False)
                frame[column.name] = frame[column.name].mask(later, column.until_then or pd.NA)
        for column in (c for c in spec.columns if c.kind is Kind.INSTANT and c.name in frame):
            if name == "tickets" and column.observed:
                frame[column.name] = frame[column.name].where(frame[column.name] <= then)
        frames[name] = frame
    frames["tickets"] = frames["tickets"][frames["tickets"]["created_at"].notna()]
    return cx.Tables.from_frames(frames, as_of=then)


@long
@pytest.mark.parametrize("days", [1, 20])
def test_the_number_as_it_stood_then_does_not_change_when_more_happens(log, days):
    """G8: looking back from a later log gives what the log gave when it ended then.

    A ticket's status and counts carry no instant: they are looked back at by its events, which
    `tests/tables/test_looking_back.py` tests against shorter simulated runs. Here: every metric
    that does not rest on them, and the waits, whose instants do not change.
    """
    then = MONDAY + dt.timedelta(days=days)
    ids = [m for m in ALL if "tickets" not in SOURCES[METRICS[m].basis.source].tables]
    assert len(ids) > 100
    now = cx.measure(log, ids, as_of=then).set_index("metric")
    old = cx.measure(ended(log, then), ids).set_index("metric")
    same = ["value", "n", "numerator", "low", "high", "pending", "flag"]
    pd.testing.assert_frame_equal(now[same], old[same], rtol=1e-12)
    assert (now["n"] > 0).sum() > 60
    waits = ["vol", "frt", "frt_mean", "frt_p90", "asa"]
    now, old = (cx.measure(log, waits, as_of=then), cx.measure(ended(log, then), waits))
    pd.testing.assert_frame_equal(now[["metric", *same[:5]]], old[["metric", *same[:5]]])


@long
def test_periods_stand_there_without_holes(log):
    """G1: every period of the report has its row, with n = 0 where nothing happened."""
    rows = cx.measure(log, ALL, by="month", period="2026", tz="Asia/Tokyo")
    months = [f"2026-{m:02d}" for m in range(1, 13)]
    for metric, part in rows.groupby("metric"):
        assert list(part["period"]) == months, metric


def test_weeks_are_cut_in_the_zone_of_the_report():
    """G11: Sunday 20:00 in UTC is Monday morning in Tokyo, so another ISO week."""
    frame = pd.DataFrame({
        "ticket_id": ["A"], "channel": "email", "status": "open",
        "created_at": ["2026-01-11T20:00Z"],
    })  # fmt: skip
    tables = cx.Tables.from_frames({"tickets": frame})
    for zone, week in (("UTC", "2026-W02"), ("Asia/Tokyo", "2026-W03")):
        rows = cx.measure(tables, "vol", by="week", tz=zone)
        assert rows.loc[rows["n"] > 0, "period"].tolist() == [week]


BUSINESS = [m for m in METRICS if "_business" in m and METRICS[m].basis.needs]


def test_open_around_the_clock_business_hours_are_calendar_hours():
    """G13: under a 24/7 schedule every business variant equals the metric it is a variant of."""
    hours = pd.DataFrame([
        {"schedule_id": "s", "tz": "Europe/Berlin", "weekday": d, "start": "00:00", "end": "24:00"}
        for d in range(7)
    ])  # fmt: skip
    rng = np.random.default_rng(5)
    start = pd.Timestamp("2026-03-20", tz="UTC")  # the clock changes on 29 March
    created = start + pd.to_timedelta(rng.integers(0, 14 * 86400 * 10**6, 60), unit="us")
    reply = created + pd.to_timedelta(rng.integers(0, 5 * 86400 * 10**6, 60), unit="us")
    solved = reply + pd.to_timedelta(rng.integers(0, 5 * 86400 * 10**6, 60), unit="us")
    frame = pd.DataFrame({
        "ticket_id": [f"T{i}" for i in range(60)], "channel": "email", "status": "solved",
        "created_at": created, "first_human_reply_at": reply, "last_solved_at": solved,
        "schedule_id": "s", "opened_by": "customer",
    })  # fmt: skip
    tables = cx.Tables.from_frames({"tickets": frame, "schedules": hours})
    pairs = {m: m.replace("_business", "") for m in BUSINESS if m.replace("_business", "") in ALL}
    assert len(pairs) >= 4
    rows = cx.measure(tables, [*pairs, *dict.fromkeys(pairs.values())]).set_index("metric")
    told = [m for m in pairs if rows.loc[m, "n"] > 0]
    assert {"frt_business", "frt_business_mean", "art_business"} <= set(told)
    for metric in told:
        for column in ("value", "low", "high", "n"):
            assert rows.loc[metric, column] == rows.loc[pairs[metric], column], (metric, column)


def test_a_source_can_be_found():
    """A book, a paper, a page of a vendor, or the project itself; no file that only we have."""
    for metric in METRICS.values():
        assert metric.source.strip(), metric.id
        assert not re.search(r"\bseeds?\b|glossary \d", metric.source), (metric.id, metric.source)
