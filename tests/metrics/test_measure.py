"""What every result row promises, over the whole catalogue and case by case."""

import datetime as dt
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy import stats as st

import cxlab as cx
from cxlab.metrics import METRICS
from tests.metrics.helpers import START, random_tickets, tickets

ESCALATIONS = pd.DataFrame(
    {"ticket_id": ["T00001", "T00009", "T00009"], "at": START + dt.timedelta(days=30)}
).assign(kind="functional")
# Rows of the log below that customers gave an answer or a message in, by source.
SAID = {
    "surveys": 200, "invitations": 200, "csat": 200, "csat_first": 200, "csat_sent": 200,
    "nps": 0, "nps_customer": 0, "ces_1": 0, "ces_2": 0, "customer_messages": 0,
}  # fmt: skip
IN_LINE = ("speed_of_answer", "abandonment", "service_level")
# The rows of `mix` count for every category, those of `fcr_survey` are answers of one version.
ELSEWHERE = ("backlog", "mix", "fcr_survey")
AS_OF = START + dt.timedelta(days=36)
DESK = [name for name, m in METRICS.items() if m.basis.source in ("tickets", "surveys")]


@pytest.fixture(scope="module")
def log():
    frame = random_tickets()
    surveys = pd.DataFrame(
        {
            "survey_id": [f"s{i}" for i in range(200)],
            "subject_id": frame["ticket_id"].iloc[:200].to_numpy(),
            "sent_at": frame["created_at"].iloc[:200].to_numpy(),
            "answered_at": frame["created_at"].iloc[:200] + pd.Timedelta("1h"),
            "score": [None if i % 3 == 0 else 1 + i % 5 for i in range(200)],
        }
    ).assign(instrument="csat", scale_min=1, scale_max=5, subject_type="ticket")
    surveys.loc[surveys["score"].isna(), "answered_at"] = pd.NaT
    return cx.Tables.from_frames(
        {"tickets": frame, "escalations": ESCALATIONS, "surveys": surveys}, as_of=AS_OF
    )


CONSERVED = [m for m in DESK if m not in ELSEWHERE]


@pytest.fixture(scope="module")
def whole(log):
    return cx.measure(log, CONSERVED).set_index("metric")


@pytest.fixture(scope="module")
def parts(log):
    found = cx.measure(log, CONSERVED, by="channel,week", tz="Europe/Berlin")
    return dict(iter(found.groupby("metric")))


def counted(row):
    return row["n"] + row["pending"] + sum(row["excluded"].values())


class TestConservation:
    """Every row of the population is counted, pending, or excluded for a reason."""

    @pytest.mark.parametrize("metric", [m for m in DESK if not m.startswith(ELSEWHERE)])
    def test_rows_in_are_rows_out(self, log, whole, metric):
        row = whole.loc[metric]
        basis = cx.metric(metric).basis
        if basis.source in SAID:
            expected = SAID[basis.source]
        elif not basis.name.startswith(IN_LINE):
            expected = 400
        else:  # waiting in line: phone and chat that asked for a person, and what is excluded
            frame = log.frame("tickets")
            live = frame["channel"].isin(["phone", "chat"]) & frame["queued_at"].notna()
            expected = int((live | frame["excluded_reason"].notna()).sum())
        assert counted(row) == expected

    @pytest.mark.parametrize("metric", CONSERVED)
    def test_groups_and_periods_add_up_to_the_whole(self, whole, parts, metric):
        assert sum(counted(row) for _, row in parts[metric].iterrows()) == counted(
            whole.loc[metric]
        )
        assert parts[metric]["n"].sum() == whole.loc[metric, "n"]

    def test_a_metric_asked_alone_is_the_metric_asked_with_others(self, log, whole):
        for metric in ("frt", "fcr", "esc"):
            pd.testing.assert_series_equal(
                cx.measure(log, metric).iloc[0].drop("metric"), whole.loc[metric],
                check_names=False,
            )  # fmt: skip


class TestIntervals:
    def test_quantile_interval_is_the_order_statistics_of_exact_binomial_ranks(self):
        rng = np.random.default_rng(7)
        for n in (1, 2, 5, 6, 29, 100, 400, 3001):
            waits = np.sort(rng.exponential(600, n).round(3))
            frame = pd.DataFrame(
                {"ticket_id": [f"T{i}" for i in range(n)], "created_at": START, "channel": "email",
                 "status": "solved",
                 "first_human_reply_at": START + pd.to_timedelta(waits, unit="s").round("us")}
            )  # fmt: skip
            result = cx.measure(cx.Tables.from_frames({"tickets": frame}), "frt,frt_p90")
            for (_, row), q in zip(result.iterrows(), (0.5, 0.9), strict=True):
                assert row["value"] == pytest.approx(np.quantile(waits, q), abs=2e-6)
                low = int(st.binom.ppf(0.025, n, q))
                high = int(st.binom.ppf(0.975, n, q)) + 1
                expect_low = waits[low - 1] if low >= 1 else np.nan
                expect_high = waits[high - 1] if high <= n else np.nan
                assert row["low"] == pytest.approx(expect_low, abs=2e-6, nan_ok=True)
                assert row["high"] == pytest.approx(expect_high, abs=2e-6, nan_ok=True)

    def test_the_slack_around_the_normal_rank_always_holds_the_exact_rank(self):
        from cxlab.metrics.statistics.quantile import SLACK
        from cxlab.stats import quantile_ranks

        n = np.concatenate([np.arange(1, 5000), np.geomspace(5e3, 5e7, 400).astype(int)])
        for q in (0.5, 0.9):
            low, high = quantile_ranks(n, q)
            half = 1.959963984540054 * np.sqrt(n * q * (1 - q))
            for rank, normal in ((low, n * q - half), (high, n * q + half)):
                first = np.maximum(np.floor(normal - SLACK), 0)
                inside = (rank - 1 >= first) & (rank - 1 < first + 2 * SLACK)
                assert np.all(inside | (rank < 1) | (rank > n))

    def test_share_has_wilson_and_mean_has_student(self):
        # Wilson for 4 of 10 (Newcombe 1998, formula 3): 0.1682 to 0.6873.
        rows = [{"sla_due_at": "10:00", "first_human_reply_at": "09:30" if i < 4 else "11:00"}
                for i in range(10)]  # fmt: skip
        row = cx.measure(tickets(*rows), "sla").iloc[0]
        assert (row["low"], row["high"]) == pytest.approx((0.1682, 0.6873), abs=5e-5)
        # Three resolution times of 60, 80 and 100 min: mean 80 ± 4.3027 × 20 / √3 min.
        solved = [{"last_solved_at": t} for t in ("10:00", "10:20", "10:40")]
        row = cx.measure(tickets(*solved), "art").iloc[0]
        half = 4.302653 * 1200 / np.sqrt(3)
        assert (row["low"], row["high"]) == pytest.approx((4800 - half, 4800 + half), rel=1e-6)

    def test_an_interval_does_not_leave_what_is_possible(self):
        wide = [{"last_solved_at": t} for t in ("09:01", "09:01", "+9 09:00")]
        assert cx.measure(tickets(*wide), "art").iloc[0]["low"] == 0.0
        ask = {"instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
               "answered_at": "10:00"}  # fmt: skip
        answers = [{**ask, "survey_id": s, "subject_id": s, "score": x}
                   for s, x in (("T0", 5), ("T1", 5), ("T2", 2))]  # fmt: skip
        row = cx.measure(tickets({}, {}, {}, surveys=answers), "csat_mean").iloc[0]
        assert (row["low"], row["high"]) == (1.0, 5.0)


class TestFlags:
    def test_an_empty_log_gives_flagged_rows_and_no_error(self):
        none = {c: pd.Series(dtype="str") for c in ("ticket_id", "channel", "status", "created_at")}
        result = cx.measure(cx.Tables.from_frames({"tickets": pd.DataFrame(none)}), list(METRICS))
        assert len(result) == len(METRICS)
        assert set(result["flag"]) <= {"empty", "undefined", "ok"}
        assert result.set_index("metric").loc["vol", "value"] == 0
        assert np.isnan(result.set_index("metric").loc["frt", "value"])

    def test_a_log_in_which_everything_is_open_is_immature_not_fast(self):
        result = cx.measure(
            tickets({"status": "open", "first_human_reply_at": None, "last_solved_at": None},
                    {"status": "new", "first_human_reply_at": None, "last_solved_at": None}),
        ).set_index("metric")  # fmt: skip
        assert result.loc["frt", "pending"] == 2
        assert result.loc["frt", "flag"] == "immature"
        assert result.loc["art", "flag"] == "immature"
        assert np.isnan(result.loc["art", "value"])
        assert result.loc["backlog", "value"] == 2

    def test_a_column_the_log_does_not_have_is_undefined_with_the_reason(self):
        row = cx.measure(tickets({}), "frt").iloc[0]
        assert row["flag"] == "undefined"
        assert row["excluded"] == {"not_recorded": 1}
        assert np.isnan(row["value"])

    def test_few_rows_are_small_n_and_zero_of_zero_has_none(self):
        rows = [{"first_human_reply_at": "09:10"}] * 5
        assert cx.measure(tickets(*rows), "frt").iloc[0]["flag"] == "small_n"
        assert cx.measure(tickets(*rows * 6), "frt").iloc[0]["flag"] == "ok"
        row = cx.measure(tickets({"channel": "email"}, surveys=[{
            "survey_id": "s", "instrument": "csat", "scale_min": 1, "scale_max": 5,
            "answered_at": None, "score": None, "subject_type": "ticket", "subject_id": "T0",
        }]), "csat").iloc[0]  # fmt: skip
        assert row["n"] == 0
        assert row[["low", "high"]].isna().all()
        assert row["excluded"] == {"no_answer": 1}

    def test_a_value_without_an_interval_says_what_it_takes(self):
        # Both ends of a median of n: 1 − 2 × 0.5^n ≥ 0.95 from n = 6 on; of a p90 the upper one
        # needs 0.9^n ≤ 0.025, which is n ≥ log 0.025 ÷ log 0.9 = 35.01.
        rows = [{"first_human_reply_at": "09:10"}] * 5
        found = cx.measure(tickets(*rows), "frt,frt_p90,frt_mean").set_index("metric")["note"]
        assert found["frt"] == "too few for a whole interval: a median takes 6 cases"
        assert found["frt_p90"] == "too few for a whole interval: a p90 takes 36 cases"
        assert found["frt_mean"] == ""
        assert cx.measure(tickets(*rows, rows[0]), "frt").iloc[0]["note"] == ""
        one = cx.measure(tickets(rows[0]), "frt_mean").iloc[0]
        assert one["note"] == "too few for a whole interval: it takes 2 cases"

    def test_nothing_decided_yet_says_how_many_wait(self):
        row = cx.measure(tickets(*[{"status": "open", "last_solved_at": None}] * 2), "art").iloc[0]
        assert (row["flag"], row["note"]) == ("immature", "nothing is decided yet: 2 pending")


class TestPeriodsOfTheLog:
    """The log has tickets from Monday 5 January to Tuesday 20 January 2026."""

    LOG = ({"created_at": "09:00"}, {"created_at": "+8 09:00"}, {"created_at": "+15 09:00"})

    @pytest.mark.parametrize(
        ("period", "by", "label", "n"),
        [
            ("last", "", "2026-W03", 1),
            ("last", "day", "2026-01-19", 0),
            ("last-day", "", "2026-01-19", 0),
            ("last-month", "", "2026-01", 3),
        ],
    )
    def test_last_is_the_last_that_has_ended(self, period, by, label, n):
        found = cx.measure(tickets(*self.LOG, as_of="+15 09:00"), "vol", by=by, period=period)
        assert (found["period"].item(), found["n"].item()) == (label, n)

    @pytest.mark.parametrize("period", ["2025-12", "2026-02"])
    def test_a_period_outside_the_log_says_what_the_log_covers(self, period):
        rows = cx.measure(tickets(*self.LOG, as_of="+15 09:00"), "vol,frt", period=period)
        assert set(rows["note"]) <= {
            "the log covers 2026-01-05 to 2026-01-20", "the data lack tickets.first_human_reply_at"
        }  # fmt: skip
        assert rows["note"].iloc[0] == "the log covers 2026-01-05 to 2026-01-20"

    def test_a_quiet_week_inside_the_log_says_nothing(self):
        log = tickets({"created_at": "09:00"}, {"created_at": "+15 09:00"})
        assert cx.measure(log, "vol", period="2026-W03").iloc[0]["note"] == ""


class TestPrinted:
    def test_value_with_unit_interval_n_flag_and_each_note_once(self):
        rows = [{"first_human_reply_at": "09:20", "channel": c} for c in ("email", "chat")]
        printed = repr(cx.measure(tickets(*rows), "frt,vol", by="channel"))
        assert printed.splitlines() == [
            "metric channel    value 95 % interval n flag    note",
            "frt    chat    20.0 min               1 small_n [1] ",
            "frt    email   20.0 min               1 small_n [1] ",
            "vol    chat           1    0.0 to 5.6 1 ok          ",
            "vol    email          1    0.0 to 5.6 1 ok          ",
            "[1] too few for a whole interval: a median takes 6 cases",
            "[4 rows, 22 columns; nothing left out or pending; "
            "durations are in seconds in the columns]",
        ]

    def test_what_is_pending_and_left_out_stands_beside_the_number(self):
        waiting = {"status": "open"}
        rows = [{"first_human_reply_at": "09:20"}, waiting, waiting, {"excluded_reason": "spam"}]
        found = cx.measure(tickets(*rows), "frt,vol")
        lines = repr(found).splitlines()
        assert lines[0].split() == ["metric", "value", "95", "%", "interval", "n", "pending",
                                    "left", "out", "flag", "note"]  # fmt: skip
        # Two have no reply yet, one is spam.
        assert lines[1].split() == ["frt", "20.0", "min", "1", "2", "spam", "1", "small_n", "[1]"]
        assert lines[2].split()[-3:] == ["spam", "1", "ok"]
        assert "nothing left out" not in lines[-1]
        shown = found._repr_html_()
        assert '<td class="num">2</td>' in shown
        assert "spam 1" in shown

    def test_it_is_a_frame_and_parts_of_it_print_as_frames_do(self):
        found = cx.measure(tickets({"first_human_reply_at": "09:20"}), "frt")
        assert isinstance(found, pd.DataFrame)
        part = found[["metric", "value"]]
        assert repr(part) == repr(pd.DataFrame({"metric": ["frt"], "value": [1200.0]}))


class TestGroups:
    def test_periods_without_tickets_stand_there_with_zero(self):
        result = cx.measure(
            tickets({"created_at": "09:00"}, {"created_at": "+21 09:00"}), "vol", by="week"
        )
        assert result["week"].tolist() == ["2026-W02", "2026-W03", "2026-W04", "2026-W05"]
        assert result["value"].tolist() == [1, 0, 0, 1]
        assert result["flag"].tolist() == ["ok", "empty", "empty", "ok"]

    def test_a_group_that_only_another_metric_has_rows_of_stands_there_empty(self):
        ask = {"survey_id": "a", "instrument": "csat", "scale_min": 1, "scale_max": 5, "score": 5,
               "subject_type": "ticket", "subject_id": "T0", "answered_at": "10:00"}  # fmt: skip
        log = tickets({"channel": "chat"}, {"channel": "phone"}, surveys=[ask])
        rows = cx.measure(log, "vol,csat", by="channel").set_index(["metric", "channel"])
        assert rows["n"].tolist() == [1, 1, 1, 0]
        nobody = rows.loc[("csat", "phone")]
        assert np.isnan(nobody["value"])
        assert nobody["flag"] == "empty"

    def test_a_cut_off_before_the_data_gives_flagged_rows_and_no_error(self):
        log = tickets({"first_human_reply_at": "10:00"})
        before = dt.datetime(1999, 1, 1, tzinfo=dt.UTC)
        rows = cx.measure(log, "vol,frt", as_of=before).set_index("metric")
        assert rows["n"].tolist() == [0, 0]
        assert rows.loc["vol", "value"] == 0
        assert np.isnan(rows.loc["frt", "value"])
        assert (rows["period_start"] == pd.Timestamp(before)).all()

    def test_weeks_are_cut_at_local_midnight_across_the_clock_change(self):
        # Sunday 2026-03-29, 22:30 UTC is Monday 00:30 in Berlin (summer time since 01:00 UTC);
        # a week earlier 22:30 UTC is still Sunday 23:30 (winter time).
        frame = pd.DataFrame(
            {"ticket_id": ["winter", "summer"], "channel": "email", "status": "new",
             "created_at": ["2026-03-22T22:30Z", "2026-03-29T22:30Z"]}
        )  # fmt: skip
        tables = cx.Tables.from_frames({"tickets": frame})
        berlin = cx.measure(tables, "vol", by="week", tz="Europe/Berlin")
        assert dict(zip(berlin["week"], berlin["value"], strict=True)) == {
            "2026-W12": 1, "2026-W13": 0, "2026-W14": 1,
        }  # fmt: skip
        assert berlin["period_start"].iloc[2].isoformat() == "2026-03-29T22:00:00+00:00"
        utc = cx.measure(tables, "vol", by="week", tz="UTC")
        assert dict(zip(utc["week"], utc["value"], strict=True)) == {"2026-W12": 1, "2026-W13": 1}

    def test_any_column_groups_and_empty_values_are_named(self):
        result = cx.measure(tickets({"shop": "Köln"}, {"shop": None}), "vol", by="shop")
        assert dict(zip(result["shop"], result["value"], strict=True)) == {
            "Köln": 1, "(missing)": 1,
        }  # fmt: skip

    def test_an_unknown_group_is_refused_with_the_nearest_name(self):
        with pytest.raises(cx.InputError, match="did you mean 'channel'"):
            cx.measure(tickets({}), "vol", by="chanel")

    def test_weekday_and_hour_are_local(self):
        result = cx.measure(
            tickets({"created_at": "23:30"}), "vol", by="weekday,hour", tz="Europe/Berlin"
        )
        assert (result.loc[0, "weekday"], result.loc[0, "hour"]) == (1, 0)

    def test_a_period_counts_only_what_belongs_to_it(self, log):
        frame = log.frame("tickets")
        inside = frame["created_at"].between("2026-01-12", "2026-01-18 23:59:59.999999+00:00")
        expected = int((inside & frame["excluded_reason"].isna()).sum())
        assert cx.measure(log, "vol", period="2026-W03").iloc[0]["value"] == expected


SOLVED_AT_FIRST = ["fcr", "fcr_7d", "fcr_no_repeat", "fcr_sqm", "fcr_ocr", "fcr_km"]


@cache
def followed_up(*more):
    """Every reading of a ticket and one of the same customer five days later, asked together."""
    base = {"customer_id": "c", "topic": "login", "last_solved_at": "+6 00:00", "n_solves": 1}
    again = {**base, "created_at": "+5 09:00", **dict(more)}
    return cx.measure(tickets(base, again), SOLVED_AT_FIRST).set_index("metric")


class TestDefinitions:
    def test_the_same_customer_and_topic_within_the_window_is_no_first_contact(self):
        base = {"customer_id": "c", "topic": "login", "last_solved_at": "+20 00:00"}
        again = {**base, "created_at": "+8 09:00"}
        result = cx.measure(tickets(base, again), "fcr,fcr_7d").set_index("metric")
        assert result.loc["fcr", "numerator"] == 1  # 8 days later is within 30 days
        assert result.loc["fcr_7d", "numerator"] == 2  # and not within 7
        other = {**again, "topic": "billing"}
        assert cx.measure(tickets(base, other), "fcr").iloc[0]["numerator"] == 2

    @pytest.mark.parametrize(
        ("more", "n", "kept"),
        [
            ({"opened_by": "agent", "direction": "outbound"}, 1, 1),
            ({"opened_by": "system"}, 1, 1),
            ({"direction": "outbound"}, 1, 1),
            ({"opened_by": "customer", "direction": "inbound"}, 2, 1),
            ({}, 2, 1),
        ],
    )
    @pytest.mark.parametrize("metric", SOLVED_AT_FIRST)
    def test_a_follow_up_by_the_business_is_no_contact_of_the_customer(self, metric, more, n, kept):
        row = followed_up(*more.items()).loc[metric]
        assert (row["n"], row["value"]) == (n, kept / n)
        assert row["excluded"] == ({"opened_by_business": 1} if n == 1 else {})

    def test_a_repeat_behind_a_follow_up_by_the_business_is_still_seen(self):
        base = {"customer_id": "c", "topic": "login", "last_solved_at": "+9 00:00", "n_solves": 1}
        ours = {**base, "created_at": "+5 09:00", "opened_by": "agent"}
        row = cx.measure(tickets(base, ours, {**base, "created_at": "+8 09:00"}), "fcr").iloc[0]
        assert (row["n"], row["numerator"]) == (2, 1)

    def test_a_repeat_after_the_period_still_counts_against_it(self):
        base = {"customer_id": "c", "topic": "login", "last_solved_at": "+20 00:00"}
        both = tickets(base, {**base, "created_at": "+8 09:00"})
        row = cx.measure(both, "fcr", period="2026-W02").iloc[0]
        assert (row["n"], row["numerator"]) == (1, 0)

    def test_tickets_younger_than_the_window_are_pending(self):
        row = cx.measure(
            tickets({"customer_id": "c", "last_solved_at": "10:00"}, as_of="+29 00:00"), "fcr"
        ).iloc[0]
        assert (row["n"], row["pending"], row["flag"]) == (0, 1, "immature")

    def test_one_lost_caller_counts_in_every_reading_as_its_name_says(self):
        lost = {"channel": "phone", "queued_at": "09:00", "abandoned_at": "09:02",
                "status": "closed", "answered_at": None}  # fmt: skip
        kept = {"channel": "phone", "queued_at": "09:00", "answered_at": "09:00:20"}
        result = cx.measure(tickets(lost, kept)).set_index("metric")["value"]
        assert result["abandonment"] == 0.5
        assert result["service_level"] == 0.5
        assert result["service_level_served"] == 1.0
        assert result["service_level_no_short"] == 0.5
        assert result["asa"] == 20.0

    def test_email_is_not_in_the_queue_metrics_unless_a_target_is_promised(self):
        mail = {"queued_at": "09:00", "answered_at": "12:00", "abandoned_at": None}
        assert cx.measure(tickets(mail), "service_level").iloc[0]["n"] == 0
        promised = {**mail, "service_target_s": 4 * 3600.0}
        assert cx.measure(tickets(promised), "service_level").iloc[0]["value"] == 1.0

    def test_the_latest_answer_counts_and_reversed_scales_are_mirrored(self):
        ask = {"instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
               "subject_id": "T0", "sent_at": "09:00"}  # fmt: skip
        first = {**ask, "survey_id": "a", "answered_at": "10:00", "score": 1}
        second = {**ask, "survey_id": "b", "answered_at": "11:00", "score": 5}
        row = cx.measure(tickets({}, surveys=[first, second]), "csat").iloc[0]
        assert (row["value"], row["n"], row["excluded"]) == (1.0, 1, {"superseded": 1})
        mirrored = {**first, "direction": "down"}
        assert cx.measure(tickets({}, surveys=[mirrored]), "csat").iloc[0]["value"] == 1.0
        assert cx.measure(tickets({}, surveys=[mirrored]), "csat_mean").iloc[0]["value"] == 5.0

    def test_a_three_point_scale_counts_its_top_box_only(self):
        ask = {"instrument": "csat", "scale_min": 1, "scale_max": 3, "subject_type": "ticket"}
        answers = [
            {**ask, "survey_id": str(s), "subject_id": f"T{s}", "answered_at": "10:00", "score": s}
            for s in (1, 2, 3)
        ]
        row = cx.measure(tickets({}, {}, {}, {}, surveys=answers), "csat").iloc[0]
        assert row["numerator"] == 1

    def test_surveys_are_grouped_by_their_ticket(self):
        ask = {"instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
               "answered_at": "10:00", "channel": "sms"}  # fmt: skip
        answers = [{**ask, "survey_id": "a", "subject_id": "T0", "score": 5},
                   {**ask, "survey_id": "b", "subject_id": "T1", "score": 1}]  # fmt: skip
        result = cx.measure(
            tickets({"channel": "chat"}, {"channel": "phone"}, surveys=answers),
            "csat", by="channel",
        )  # fmt: skip
        assert dict(zip(result["channel"], result["value"], strict=True)) == {"chat": 1, "phone": 0}

    def test_a_repeat_exactly_at_the_end_of_the_window_counts(self):
        base = {"customer_id": "c", "topic": "login", "last_solved_at": "+40 00:00"}
        for again, kept in (("+30 09:00:00", 1), ("+30 09:00:01", 2)):
            log = tickets(base, {**base, "created_at": again}, as_of="+90 00:00")
            assert cx.measure(log, "fcr").iloc[0]["numerator"] == kept

    def test_a_ticket_opened_again_is_reopened_even_if_never_solved_again(self):
        log = tickets(
            {"status": "open", "n_solves": 1, "n_reopens": 1},
            {"status": "closed", "n_solves": 1, "n_reopens": 1},  # came back, then gave up
            {"status": "closed", "n_solves": 1, "n_reopens": 0},
            {"n_solves": 2, "n_reopens": 1, "last_solved_at": "12:00"},
        )
        row = cx.measure(log, "reopen").iloc[0]
        assert (row["numerator"], row["n"]) == (3, 4)

    def test_who_came_back_and_gave_up_is_not_resolved(self):
        base = {"customer_id": "c", "status": "closed", "n_solves": 1}
        log = tickets({**base, "n_reopens": 1}, {**base, "n_reopens": 0, "topic": "other"})
        row = cx.measure(log, "fcr").iloc[0]
        assert (row["n"], row["numerator"], row["excluded"]) == (1, 1, {"unresolved": 1})

    def test_without_replies_or_answers_promises_are_undefined_not_broken(self):
        rows = [{"sla_due_at": "10:00", "queued_at": "09:00", "channel": "phone"}] * 40
        result = cx.measure(tickets(*rows), "sla,abandonment,service_level").set_index("metric")
        assert set(result["flag"]) == {"undefined"}
        lost = [{**rows[0], "abandoned_at": "09:01", "status": "closed"}] * 40
        assert cx.measure(tickets(*lost), "abandonment").iloc[0]["flag"] == "undefined"

    def test_first_contact_says_what_it_takes_for_granted(self):
        rows = [{"customer_id": f"c{i}", "last_solved_at": "10:00"} for i in range(40)]
        row = cx.measure(tickets(*rows), "fcr").iloc[0]
        assert "escalations are not recorded" in row["note"]
        assert cx.measure(tickets(*rows), "art").iloc[0]["note"] == ""
        unsolved = [{"customer_id": f"c{i}"} for i in range(40)]
        assert cx.measure(tickets(*unsolved), "fcr").iloc[0]["flag"] == "undefined"

    def test_an_answer_without_a_time_falls_to_its_tickets_creation(self):
        ask = {"survey_id": "a", "subject_id": "T0", "instrument": "csat", "scale_min": 1}
        ask |= {"scale_max": 5, "subject_type": "ticket", "answered_at": None, "score": 5}
        result = cx.measure(tickets({}, surveys=[ask]), "csat", by="week")
        assert dict(zip(result["week"], result["n"], strict=True)) == {"2026-W02": 1}


class TestRefusals:
    @pytest.mark.parametrize("name", ["metric", "value", "flag", "__period"])
    def test_a_group_named_like_a_result_column(self, name):
        with pytest.raises(cx.InputError, match="own column"):
            cx.measure(tickets({name: "x"}), "vol", by=name)

    def test_the_users_own_team_and_agent_columns_are_theirs(self):
        log = tickets({"team": "Blue", "agent": "Ann", "group": "g"}, {"team": "Red"})
        result = cx.measure(log, "vol", by="team,agent")
        assert set(result.loc[result["value"] > 0, "team"]) == {"Blue", "Red"}
        assert "Ann" in set(result["agent"])

    def test_a_backlog_has_no_hour(self):
        with pytest.raises(cx.InputError, match="no weekday or hour"):
            cx.measure(tickets({}), "backlog", by="hour")

    def test_several_replications_are_not_one_log(self):
        log = tickets({"replication": 1}, {"replication": 2})
        with pytest.raises(cx.InputError, match="2 simulated replications"):
            cx.measure(log, "vol")
        assert len(cx.measure(log, "vol", by="replication")) == 2


class TestEdgesOfTime:
    def test_a_week_at_the_edge_of_a_month_counts_its_days_in_the_month(self):
        # 2026-W05 runs from 26 January to 1 February.
        log = tickets({"created_at": "+26 09:00"}, {"created_at": "+27 09:00"})
        row = cx.measure(log, "vol", by="week", period="2026-02").iloc[0]
        assert row["week"] == "2026-W05"
        assert row["value"] == 1
        assert row["period_start"].isoformat() == "2026-02-01T00:00:00+00:00"

    def test_the_backlog_of_a_month_that_has_not_begun_is_unknown(self):
        log = tickets({"status": "open"}, as_of="+10 00:00")
        result = cx.measure(log, "backlog", by="month", period="2026").set_index("month")
        assert result.loc["2026-01", "value"] == 1
        assert np.isnan(result.loc["2026-02", "value"])
        assert result.loc["2026-02", "flag"] == "empty"

    def test_the_same_question_has_the_same_answer_to_the_last_bit(self):
        frame = random_tickets(60_000, seed=5)
        log = cx.Tables.from_frames({"tickets": frame}, as_of=AS_OF)
        first = cx.measure(log, "art,frt_mean")
        for _ in range(5):
            pd.testing.assert_frame_equal(cx.measure(log, "art,frt_mean"), first, check_exact=True)


class TestBacklog:
    def test_it_equals_the_count_of_open_tickets_at_each_week_end(self, log):
        frame = log.frame("tickets")
        frame = frame[frame["excluded_reason"].isna()]
        result = cx.measure(log, "backlog", by="week,channel")
        for _, row in result.iterrows():
            at = min(row["period_end"], pd.Timestamp(AS_OF))
            here = frame[(frame["channel"] == row["channel"]) & (frame["created_at"] < at)]
            left = here["last_solved_at"].fillna(here["abandoned_at"]).fillna(here["created_at"])
            done = here["status"].isin(["solved", "closed"]) & (left < at)
            assert row["value"] == (~done).sum(), (row["week"], row["channel"])

    def test_a_reopened_ticket_is_open_between_its_solves(self):
        moves = [("09:00", None, "new"), ("+1 00:00", "new", "solved"),
                 ("+9 00:00", "solved", "open"), ("+16 00:00", "open", "solved")]  # fmt: skip
        events = [{"ticket_id": "T0", "at": at, "field": "status", "old": old, "new": new}
                  for at, old, new in moves]  # fmt: skip
        result = cx.measure(
            tickets({"last_solved_at": "+16 00:00"}, status_events=events, as_of="+28 00:00"),
            "backlog", by="week",
        )  # fmt: skip
        values = dict(zip(result["week"], result["value"], strict=True))
        assert (values["2026-W02"], values["2026-W03"], values["2026-W04"]) == (0, 1, 0)


def test_an_undefined_number_says_what_the_data_lack():
    rows = cx.measure(tickets({"first_human_reply_at": "09:10"}), ["nrt", "frt_business", "frt"])
    notes = rows.set_index("metric")["note"].to_dict()
    assert notes["nrt"] == "the data lack messages"
    assert "schedules" in notes["frt_business"]
    assert "lack" not in notes["frt"]


def test_a_folder_in_place_of_tables_is_told_how_to_read_it():
    with pytest.raises(cx.InputError, match=r"not the tables of a log: given 'log'.*Tables\.read"):
        cx.measure("log", "frt")


def test_without_names_those_are_measured_that_have_the_groups(log):
    """A score is that of an answer, not of a ticket; a backlog has no hour of the day."""
    by_channel = set(cx.measure(log, by="channel")["metric"])
    assert {"frt", "csat"} <= by_channel
    answers = set(cx.measure(log, by="score")["metric"])
    assert "csat" in answers
    assert not {"frt", "backlog"} & answers
    by_hour = set(cx.measure(log, by="hour")["metric"])
    assert "frt" in by_hour
    assert "backlog" not in by_hour


def test_a_group_that_no_metric_has_is_refused_with_the_names_of_all(log):
    with pytest.raises(cx.InputError, match=r"unknown group: given 'chanel'.*mean 'channel'"):
        cx.measure(log, by="chanel")
    with pytest.raises(cx.InputError, match="no metric of these tables has all of the groups"):
        cx.measure(cx.report.read_log("sample"), by="currency,score")
    with pytest.raises(cx.InputError, match="unknown group"):
        cx.measure(log, "frt", by="score")
