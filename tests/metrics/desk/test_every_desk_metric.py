"""What every metric of the desk promises: no row is lost, groups add up, nothing is an error."""

import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics.desk import METRICS
from cxlab.metrics.sources import SOURCES
from cxlab.metrics.statistics import ShareOfAll
from tests.metrics.desk.log import frames, tables_of

IDS = [m.id for m in METRICS]
PER_TICKET = {
    "tickets", "tickets_in_hours", "replied_tickets", "replied_tickets_in_hours", "ticket_clocks",
    "ticket_clocks_in_hours", "first_solves", "tickets_by_level", "credited_tickets",
    "tickets_credited_at_solve", "received_tickets", "followed_tickets", "promised_first_replies",
    "promised_resolutions", "replied_tickets_in_hours_at_start", "replied_tickets_by_schedule",
}  # fmt: skip


@pytest.fixture(scope="module")
def log(desk_log):
    return desk_log


@pytest.fixture(scope="module")
def whole(log):
    return cx.measure(log, IDS).set_index("metric")


def accounted(row):
    return row["n"] + row["pending"] + sum(row["excluded"].values())


@pytest.mark.parametrize(
    "metric", [m for m in METRICS if m.basis.source in PER_TICKET], ids=lambda m: m.id
)
def test_every_ticket_is_counted_pending_or_excluded(log, whole, metric):
    frame = log.frame("tickets")
    expected = len(frame)
    if metric.id.startswith("cmp_"):
        may_be = frame["is_complaint"].isna() | frame["is_complaint"].fillna(False).astype(bool)
        expected = (may_be | frame["excluded_reason"].notna()).sum()
    assert accounted(whole.loc[metric.id]) == expected


def by_channel(metric):
    return metric.basis.source not in ("operations", "solves_and_paid_hours", "periods_of_cost")


@pytest.fixture(scope="module")
def weekly(log):
    whole = [m for m in METRICS if not SOURCES[m.basis.source].windowed]
    split = [m.id for m in whole if by_channel(m)]
    plain = [m.id for m in whole if not by_channel(m)]
    ways = [(split, "channel,week"), (plain, "week")]
    found = [cx.measure(log, ids, by=by, tz="Europe/Berlin") for ids, by in ways]
    return dict(iter(pd.concat(found).groupby("metric")))


@pytest.mark.parametrize(
    "metric", [m for m in METRICS if not SOURCES[m.basis.source].windowed], ids=lambda m: m.id
)
def test_groups_and_periods_add_up_to_the_whole(log, whole, weekly, metric):
    parts = weekly[metric.id]
    if isinstance(metric.statistic, ShareOfAll):
        weeks = parts.groupby("week")
        assert (weeks["numerator"].sum() == weeks["n"].first()).all()
        assert parts["numerator"].sum() == (log.frame("tickets")["excluded_reason"].isna()).sum()
        return
    total = sum(accounted(row) for _, row in parts.iterrows())
    assert total == accounted(whole.loc[metric.id])
    assert parts["n"].sum() == whole.loc[metric.id, "n"]


def test_values_lie_within_their_intervals_and_units(whole):
    known = whole.dropna(subset=["value", "low", "high"])
    assert len(known) > 50
    assert (known["low"] <= known["value"] + 1e-9).all()
    assert (known["value"] <= known["high"] + 1e-9).all()


def test_the_random_log_exercises_every_metric(whole):
    asked_by_group = {"mix", "agent_art_shrunk", "agent_csat_shrunk"}
    silent = set(whole.index[whole["n"] == 0]) - asked_by_group
    assert silent == set()
    unknown = set(whole.index[whole["flag"] == "undefined"]) - asked_by_group
    assert unknown == {"art_km_p90"}  # more than a tenth are open for longer than any was solved


def test_a_period_without_anything_is_flagged(log):
    one_each = list({m.basis.source: m.id for m in METRICS}.values())
    result = cx.measure(log, one_each, period="2031-03")
    assert set(result["flag"]) <= {"empty", "undefined", "ok"}
    assert result["n"].sum() == 0


def test_a_log_without_rows_is_flagged():
    given = frames(n=20)
    given = {
        name: frame if name == "schedules" else frame.iloc[:0] for name, frame in given.items()
    }
    ids = ["frt_business", "nrt", "cpr", "vol_per_100_customers", "art_km_median", "backlog_age"]
    result = cx.measure(tables_of(given), ids)
    assert set(result["flag"]) <= {"empty", "undefined"}


@pytest.mark.long
def test_two_runs_in_one_table_are_kept_apart(whole):
    both = {
        name: frame
        if name in ("schedules", "sla_targets", "agents")
        else pd.concat([frame.assign(replication=k) for k in (1, 2)], ignore_index=True)
        for name, frame in frames().items()
    }
    # Sources in business hours look up the same tables and take most of the time.
    ids = [m.id for m in METRICS if "schedules" not in SOURCES[m.basis.source].tables]
    ids = [i for i in ids if not i.startswith("sla_")] + ["frt_business", "sla_frt"]
    runs = cx.measure(tables_of(both), ids, by="replication")
    runs = runs.set_index(["metric", "replication"])["value"]
    for metric in set(ids) - {"mix"}:
        for k in (1, 2):
            expected = pytest.approx(whole.loc[metric, "value"], rel=1e-9, nan_ok=True)
            assert runs[metric, k] == expected, metric
