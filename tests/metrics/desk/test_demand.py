"""What is received, by category, how old the open tickets are, complaints; per customer."""

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics.desk.rows import changes
from tests.metrics.helpers import tickets


def test_spam_is_received_and_tests_and_merges_are_not():
    log = tickets({}, {"excluded_reason": "spam"}, {"excluded_reason": "merged"})
    found = cx.measure(log, "vol,vol_received").set_index("metric")
    assert found["value"].to_dict() == {"vol": 1, "vol_received": 2}
    assert found.loc["vol_received", "excluded"] == {"merged": 1}


class TestMix:
    def test_shares_add_up_to_one_in_every_period_with_what_has_no_category(self, desk_log):
        found = cx.measure(desk_log, "mix", by="topic,week")
        assert np.allclose(found.groupby("week")["value"].sum(), 1)
        log = tickets({"topic": "a"}, {"topic": None}, {"topic": None}, {"topic": None})
        found = cx.measure(log, "mix", by="topic")
        assert dict(zip(found["topic"], found["value"], strict=True)) == {
            "a": 0.25, "(missing)": 0.75,
        }  # fmt: skip

    def test_two_categories_share_the_whole_between_them(self):
        log = tickets(*[{"topic": t, "brand": b} for t in "ab" for b in ("x", "y")])
        assert cx.measure(log, "mix", by="topic,brand")["value"].tolist() == [0.25] * 4

    def test_wilson_interval_and_the_denominator_as_n(self):
        # Wilson for 4 of 10 (Newcombe 1998): 0.1682 to 0.6873.
        log = tickets(*[{"topic": "a" if i < 4 else "b"} for i in range(10)])
        row = cx.measure(log, "mix", by="topic").iloc[0]
        assert (row["n"], row["numerator"]) == (10, 4)
        assert (row["low"], row["high"]) == pytest.approx((0.1682, 0.6873), abs=5e-5)

    @pytest.mark.parametrize("by", ["", "week"])
    def test_without_a_category_it_is_undefined_and_says_why(self, by):
        row = cx.measure(tickets({"topic": "a"}), "mix", by=by).iloc[0]
        assert row["flag"] == "undefined"
        assert np.isnan(row["value"])
        assert "category" in row["note"]

    def test_runs_are_not_added_up(self):
        log = tickets(*[{"topic": t, "replication": k} for k in (1, 2) for t in "ab"])
        found = cx.measure(log, "mix", by="topic,replication")
        assert found["value"].tolist() == [0.5] * 4

    def test_a_period_without_tickets_has_no_shares(self):
        log = tickets({"topic": "a"}, {"topic": "a", "created_at": "+14 09:00"})
        found = cx.measure(log, "mix", by="topic,week")
        assert found["flag"].tolist() == ["small_n", "empty", "small_n"]


class TestAge:
    @pytest.mark.parametrize("by", ["week", "week,channel", "month"])
    def test_as_many_tickets_as_the_backlog_says(self, desk_log, by):
        """Two routes to what is open: a running sum of changes, and spells cut at each end."""
        keys = by.split(",")
        found = cx.measure(desk_log, "backlog,backlog_age", by=by).set_index([*keys, "metric"])
        wide = found["n"].unstack()
        last = wide.index.get_level_values(0) == max(wide.index.get_level_values(0))
        assert (wide["backlog"] == wide["backlog_age"]).all(), wide[last]
        assert wide["backlog"].max() > 10

    def test_as_many_over_the_whole_log_and_over_a_period(self, desk_log):
        for period in (None, "2026-01", "2026-W07"):
            found = cx.measure(desk_log, "backlog,backlog_age", period=period)
            assert found["n"].nunique() == 1

    def test_a_ticket_solved_between_two_ends_is_open_at_the_first_only(self):
        log = tickets({"last_solved_at": "+8 09:00"}, as_of="+21 00:00")
        found = cx.measure(log, "vol,backlog_age", by="week", period="2026-01")
        found = found[found["metric"] == "backlog_age"]
        assert found["n"].tolist() == [0, 1, 0, 0, 0]
        assert found["value"].iloc[1] == 7 * 86400 - 9 * 3600  # Monday 09:00 to Sunday midnight

    def test_a_change_at_the_very_end_of_a_week_belongs_to_the_next(self):
        events = [
            *changes("T0", "status", ("+7 00:00", "solved")),
            *changes("T1", "status", ("+1 00:00", "solved"), ("+7 00:00", "open")),
        ]
        rows = {"last_solved_at": "+7 00:00"}, {"status": "open"}, {"created_at": "+7 00:00"}
        log = tickets(*rows, status_events=events, as_of="+13 00:00")
        found = cx.measure(log, "backlog,backlog_age", by="week").set_index(["metric", "week"])["n"]
        assert found["backlog"].tolist() == found["backlog_age"].tolist() == [1, 1]

    def test_a_reopened_ticket_is_as_old_as_its_creation(self):
        events = changes("T0", "status", ("10:00", "solved"), ("+9 09:00", "open"))
        log = tickets({"status": "open"}, status_events=list(events), as_of="+10 09:00")
        assert cx.measure(log, "backlog_age").iloc[0]["value"] == 10 * 86400


class TestCustomers:
    def test_tickets_of_nobody_known_are_counted_as_left_out(self):
        log = tickets(
            {"customer_id": "a"}, {"customer_id": "a"}, {"customer_id": "z"}, {},
            customers=[{"customer_id": c} for c in "ab"],
        )  # fmt: skip
        row = cx.measure(log, "vol_per_100_customers").iloc[0]
        assert (row["value"], row["n"]) == (100.0, 2)
        assert row["excluded"] == {"customer_unknown": 2}
        assert "all are taken to have been there" in row["note"]

    def test_customers_count_from_when_they_were_won(self):
        log = tickets(
            {"customer_id": "a"}, {"customer_id": "b", "created_at": "+8 09:00"},
            customers=[{"customer_id": "a", "acquired_at": "+0 00:00"},
                       {"customer_id": "b", "acquired_at": "+7 00:00"}],
            as_of="+21 00:00",
        )  # fmt: skip
        found = cx.measure(log, "vol_per_100_customers", by="week")
        # The cut-off is the first instant of a fourth week, in which nothing is over yet.
        assert found["n"].tolist() == [1, 2, 2, 0]
        assert found["value"].iloc[:3].tolist() == [100, 50, 0]

    def test_a_period_that_is_not_over_is_pending(self):
        log = tickets({"customer_id": "a"}, customers=[{"customer_id": "a"}], as_of="+2 00:00")
        row = cx.measure(log, "vol_per_100_customers", by="week").iloc[0]
        assert (row["n"], row["pending"], row["flag"]) == (0, 1, "immature")

    def test_customers_are_grouped_by_what_they_are(self):
        log = tickets(
            {"customer_id": "a"}, {"customer_id": "a"}, {"customer_id": "b"},
            customers=[{"customer_id": c, "segment": s} for c, s in
                       (("a", "home"), ("b", "shop"), ("c", "shop"))],
        )  # fmt: skip
        found = cx.measure(log, "vol_per_100_customers", by="segment")
        assert dict(zip(found["segment"], found["value"], strict=True)) == {
            "home": 200, "shop": 50,
        }  # fmt: skip


class TestComplaints:
    def test_what_nobody_stated_is_neither_a_complaint_nor_none(self):
        log = tickets({"is_complaint": True}, {"is_complaint": False}, {"is_complaint": None})
        row = cx.measure(log, "cmp_in").iloc[0]
        assert (row["value"], row["excluded"]) == (1, {"not_stated": 1})

    def test_without_the_column_it_is_undefined_not_zero(self):
        assert cx.measure(tickets({}), "cmp_in").iloc[0]["flag"] == "undefined"

    @pytest.mark.parametrize(("solved", "good"), [("+30 09:00", 1), ("+30 09:00:01", 0)])
    def test_resolved_at_the_end_of_the_time_is_in_time(self, solved, good):
        log = tickets({"is_complaint": True, "last_solved_at": solved})
        assert cx.measure(log, "cmp_res").iloc[0]["numerator"] == good

    def test_young_complaints_wait_even_if_resolved(self):
        """Counting the fast ones of a young cohort would flatter it."""
        log = tickets({"is_complaint": True, "last_solved_at": "10:00"}, as_of="+5 00:00")
        row = cx.measure(log, "cmp_res").iloc[0]
        assert (row["n"], row["pending"]) == (0, 1)

    def test_number_and_share_attribute_to_different_periods(self):
        log = tickets({"is_complaint": True, "last_solved_at": "+8 09:00"}, as_of="+60 00:00")
        found = cx.measure(log, "cmp_res,cmp_res_n", by="week").set_index(["metric", "week"])
        assert found.loc[("cmp_res", "2026-W02"), "n"] == 1
        assert found.loc[("cmp_res_n", "2026-W03"), "value"] == 1


def test_a_ticket_at_the_very_cut_off_is_in_the_log():
    """The cut-off defaults to the latest instant, so that something always lies on it."""
    log = tickets({"customer_id": "a"}, customers=[{"customer_id": "a"}], as_of="09:00")
    assert cx.measure(log, "vol_per_100_customers").iloc[0]["value"] == 100
    assert cx.measure(log, "vol").iloc[0]["value"] == 1


def test_error_rates_by_check_and_by_unit(desk_log):
    rows = desk_log.frame("operations")
    found = cx.measure(desk_log, "err,err_unit").set_index("metric")
    assert found.loc["err", "value"] == pytest.approx(rows["failed"].astype(bool).mean())
    units = rows.groupby("unit_id")["failed"].any()
    assert found.loc["err_unit", "numerator"] == units.sum()
    assert found.loc["err_unit", "n"] == len(units)
    by_agent = cx.measure(desk_log, "err", by="agent").set_index("agent")["numerator"]
    expected = rows[rows["failed"].astype(bool)].groupby("agent_id").size()
    pd.testing.assert_series_equal(
        by_agent[by_agent > 0].astype("int64"), expected, check_names=False
    )
