"""Metrics of what customers say: numbers published or worked out by hand, and the edges."""

import math

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics import METRICS
from cxlab.metrics.examples import clock
from cxlab.stats import difference_interval

DAY = pd.Timestamp("2026-01-05", tz="UTC")
CSAT = {"instrument": "csat", "scale_min": 1, "scale_max": 5}
NPS = {"instrument": "nps", "scale_min": 0, "scale_max": 10}
CES_1 = {"instrument": "ces", "version": "ces_1", "scale_min": 1, "scale_max": 5}
CES_2 = {"instrument": "ces", "version": "ces_2", "scale_min": 1, "scale_max": 7}
SOURCES = (
    "invitations",
    "csat",
    "csat_first",
    "csat_sent",
    "nps",
    "nps_customer",
    "ces_1",
    "ces_2",
)
SAID = [m.id for m in METRICS.values() if m.basis.source in SOURCES]


def rows(scores, base, **columns):
    """Survey rows about customers c0, c1, …, sent at 09:00 and answered at 10:00."""
    n = len(scores)
    frame = pd.DataFrame({"subject_id": [f"c{i}" for i in range(n)], "score": scores})
    frame = frame.assign(subject_type="customer", sent_at=DAY + pd.Timedelta("9h"), **base)
    frame["answered_at"] = (DAY + pd.Timedelta("10h")) + pd.to_timedelta(frame["score"] * 0)
    for name, values in columns.items():
        frame[name] = [clock(v) if name.endswith("_at") and v else v for v in values]
    return frame


def log(*frames, as_of="+90 00:00", **tables):
    """Tables from survey frames (ids are given here), and further tables."""
    surveys = pd.concat(frames, ignore_index=True)
    surveys["survey_id"] = [f"s{i:05d}" for i in range(len(surveys))]
    surveys["answered_at"] = pd.to_datetime(surveys["answered_at"], utc=True)
    return cx.Tables.from_frames({"surveys": surveys, **tables}, as_of=clock(as_of))


def one(tables, metric, **how):
    found = cx.measure(tables, metric, **how)
    assert len(found) == 1
    return found.iloc[0]


def counts(base, **how_many):
    """Answers by score: `counts(NPS, s10=3, s7=1)`."""
    return rows([float(k[1:]) for k, n in how_many.items() for _ in range(n)], base)


# help.delighted.com, article 240: 42, 32, 10, 9 and 14 answers of 5, 4, 3, 2 and 1.
DELIGHTED = {"s5": 42, "s4": 32, "s3": 10, "s2": 9, "s1": 14}
EDITS = {"subject_id": ["c0", "c0", "c0"], "answered_at": ["10:00", "12:00", "11:00"]}


class TestPublished:
    def test_delighteds_107_answers_in_four_readings(self):
        found = cx.measure(
            log(counts(CSAT, **DELIGHTED)), "csat,csat_mean,csat_rescaled,csat_delighted"
        ).set_index("metric")
        assert set(found["n"]) == {107}
        assert found.loc["csat", "numerator"] == 74
        assert 100 * found.loc["csat", "value"] == pytest.approx(69.16, abs=0.005)
        assert 100 * found.loc["csat_mean", "value"] / 5 == pytest.approx(74.8, abs=0.05)
        assert 100 * found.loc["csat_rescaled", "value"] == pytest.approx(68.5, abs=0.05)
        assert found.loc["csat_delighted", "value"] == 0.69
        assert found.loc["csat_delighted", "low"] == found.loc["csat", "low"]

    @pytest.mark.parametrize(
        ("good", "of", "printed"),
        [(29, 200, 0.15), (1, 200, 0.01), (57, 200, 0.29), (2, 3, 0.67)],
    )
    def test_delighted_rounds_half_a_percent_up(self, good, of, printed):
        row = one(log(counts(CSAT, s5=good, s1=of - good)), "csat_delighted")
        assert row["value"] == pytest.approx(printed, abs=1e-12)

    def test_five_of_five_is_no_certainty(self):
        row = one(log(counts(CSAT, s5=5)), "csat")
        assert (row["value"], row["high"], row["flag"]) == (1.0, 1.0, "small_n")
        assert row["low"] == pytest.approx(0.566, abs=0.0005)

    @pytest.mark.parametrize(
        ("promoters", "passives", "detractors", "low", "high"),
        [
            # Rocks (2016), (3, T): p − d = 20/103, variance (81.5/103 − (20/103)²) / 103
            # = 0.00731610: 19.4175 ± 1.959964 · 8.55342
            (50, 20, 30, 2.653, 36.182),
            # p − d = 10/13, variance (11.5/13 − (10/13)²) / 13 = 0.0225308:
            # 76.923 ± 1.959964 · 15.0103, kept within 100
            (10, 0, 0, 47.503, 100.0),
            (0, 0, 10, -100.0, -47.503),
        ],
    )
    def test_nps_has_rocks_interval_even_where_all_agree(
        self, promoters, passives, detractors, low, high
    ):
        row = one(log(counts(NPS, s9=promoters, s7=passives, s6=detractors)), "nps")
        n = promoters + passives + detractors
        assert row["value"] == pytest.approx(100 * (promoters - detractors) / n)
        assert (row["low"], row["high"]) == pytest.approx((low, high), abs=0.002)

    def test_two_waves_of_100_differ_from_21_6_points_on(self):
        # Wald: 1.96 · √(2 · (0.7 − 0.3²) / 100) = 0.2165; the adjusted interval is close to it.
        row = one(log(counts(NPS, s10=50, s8=30, s3=20)), "nps")
        same = (row["value"], row["low"], row["high"])
        low, high = difference_interval(*same, *same)
        assert -low == high == pytest.approx(21.65, abs=0.4)
        lower = one(log(counts(NPS, s10=40, s8=30, s3=30)), "nps")  # 20 points less
        ends = (lower["value"], lower["low"], lower["high"])
        assert difference_interval(*ends, *same)[1] > 0

    def test_subtract_before_rounding(self):
        first, second = counts(NPS, s10=100, s8=67, s0=33), counts(NPS, s10=66, s8=101, s0=33)
        second["answered_at"] += pd.Timedelta(days=31)
        second["sent_at"] += pd.Timedelta(days=31)
        value = cx.measure(log(first, second), "nps", by="month")["value"].tolist()
        assert value == [33.5, 16.5]
        assert value[0] - value[1] == 17
        assert round(value[0]) - round(value[1]) == 18  # what a rounding table would say


class TestScales:
    def test_scales_are_mixed_by_their_own_boxes_and_the_note_says_so(self):
        mixed = rows([3, 2, 4, 3, 9, 8, 99, 100], CSAT)
        tables = log(mixed.assign(scale_max=[3, 3, 5, 5, 10, 10, 100, 100]))
        tables.frame("surveys")
        row = one(
            tables.__class__.from_frames(
                {"surveys": tables.frame("surveys").assign(subject_id=[f"c{i}" for i in range(8)])},
                as_of=clock("+90 00:00"),
            ),
            "csat",
        )
        assert (row["numerator"], row["n"], row["excluded"]) == (3, 6, {"wide_scale": 2})
        assert "pools 3 scales" in row["note"]

    # Which answers are good on a scale of so many points; a scale missing here is left out.
    GOOD = (
        ("csat", {2: {2}, 3: {3}, 4: {4}, 5: {4, 5}, 7: {6, 7}, 10: {9, 10}}),
        ("csat_zendesk", {2: {2}, 3: {3}, 5: {4, 5}}),
        ("csat_delighted", {3: {3}, 5: {4, 5}}),
        ("csat_simplesat", {2: {2}, 3: {3}, 4: {3, 4}, 5: {4, 5}}),
    )

    def test_which_answers_are_good(self):
        every = [(scale, score) for scale in (2, 3, 4, 5, 7, 10) for score in range(1, scale + 1)]
        frame = rows([float(score) for _, score in every], CSAT)
        frame = frame.assign(scale_max=[scale for scale, _ in every], given=frame["score"])
        found = cx.measure(log(frame), [m for m, _ in self.GOOD], by="scale_max,given")
        for metric, good in self.GOOD:
            part = found[found["metric"] == metric]
            counted = part[part["n"] == 1]
            assert set(counted["scale_max"].astype(int)) == set(good)
            best = counted[counted["value"] == 1]
            pairs = set(
                zip(best["scale_max"].astype(int), best["given"].astype(float), strict=True)
            )
            assert pairs == {(scale, x) for scale, xs in good.items() for x in xs}
            left_out = part[part["n"] == 0]
            assert all(e == {"other_scale": 1} for e in left_out["excluded"])

    def test_three_and_a_half_is_not_four(self):
        assert one(log(rows([3.5, 4.0], CSAT)), "csat")["numerator"] == 1

    @pytest.mark.parametrize(
        ("metric", "base", "score", "as_if"),
        [("csat_mean", CSAT, 2, 4), ("csat_rescaled", CSAT, 2, 0.75), ("ces", CES_2, 2, 6),
         ("nps", NPS, 1, 100)],
    )  # fmt: skip
    def test_a_reversed_scale_is_mirrored(self, metric, base, score, as_if):
        assert one(log(rows([score], {**base, "direction": "down"})), metric)["value"] == as_if

    def test_effort_stays_effort_whatever_its_rows_say(self):
        down, up = {**CES_1, "direction": "down"}, {**CES_1, "direction": "up"}
        assert one(log(rows([5], down)), "ces_1")["value"] == 5
        assert one(log(rows([5], CES_1)), "ces_1")["value"] == 5
        assert one(log(rows([5], up)), "ces_1")["value"] == 1
        assert METRICS["ces_1"].direction == "down"
        assert METRICS["ces"].direction == "up"

    def test_the_two_efforts_never_meet(self):
        tables = log(rows([1, 1], CES_1), rows([7, 5, 4], CES_2))
        found = cx.measure(tables, "ces,ces_share,ces_1").set_index("metric")
        assert found["n"].to_dict() == {"ces": 3, "ces_share": 3, "ces_1": 2}
        assert found["value"].to_dict() == pytest.approx(
            {"ces": 16 / 3, "ces_share": 2 / 3, "ces_1": 1}
        )
        five = one(log(rows([4], {**CES_2, "scale_max": 5})), "ces")
        assert five["excluded"] == {"other_scale": 1}


class TestNoAnswers:
    """Values that are no answers never reach a metric, and are never lost without a word."""

    def test_zero_is_an_answer_to_nps_only(self):
        tables = log(rows([0, 5], CSAT), rows([0, 10, 10], NPS))
        assert one(tables, "csat")["n"] == 1
        assert one(tables, "nps")["value"] == pytest.approx(100 / 3)
        assert tables.quarantine["reason"].tolist() == ["score is outside its scale"]

    def test_eleven_is_no_promoter(self):
        tables = log(rows([11, 10, 0], NPS))
        assert (one(tables, "nps")["value"], one(tables, "nps")["n"]) == (0, 2)
        assert tables.quarantine["rows"].sum() == 1

    def test_effort_without_a_version_is_set_aside(self):
        nameless = {k: v for k, v in CES_2.items() if k != "version"}
        tables = log(rows([7], nameless), rows([4], CES_2))
        assert one(tables, "ces")["n"] == 1
        assert one(tables, "ces_1")["n"] == 0
        assert tables.quarantine["reason"].tolist() == ["a ces has no version"]

    def test_nobody_answered(self):
        row = one(log(rows([math.nan, math.nan], CSAT)), "csat")
        assert row["flag"] == "undefined"
        assert row[["value", "low", "high"]].isna().all()
        assert row["note"] == ("0 of 2 answered (0.0 %); had the others all been dissatisfied or "
                               "satisfied: 0.0 % to 100.0 %")  # fmt: skip
        row = one(log(rows([math.nan], NPS)), "nps")
        assert row[["low", "high"]].isna().all()
        assert row["note"].endswith("−100.0 to 100.0")


class TestSeveralAnswers:
    def test_the_latest_stands_or_the_first(self):
        tables = log(rows([1, 5, 2], CSAT, **EDITS))
        found = cx.measure(tables, "csat_mean,csat,csat_first").set_index("metric")
        assert found["value"].to_dict() == {"csat_mean": 5, "csat": 1, "csat_first": 0}
        assert all(e == {"superseded": 2} for e in found["excluded"])

    def test_a_reminder_without_answer_does_not_take_the_answers_place(self):
        tables = log(rows([4, math.nan], CSAT, subject_id=["c0", "c0"],
                          sent_at=["09:00", "+3 09:00"], answered_at=["10:00", None]))  # fmt: skip
        row = one(tables, "csat")
        assert (row["n"], row["excluded"]) == (1, {"superseded": 1})
        assert row["note"] == "1 of 1 answered (100.0 %)"

    def test_an_excluded_answer_supersedes_nothing(self):
        tables = log(rows([4, 1], CSAT, subject_id=["c0", "c0"], answered_at=["10:00", "11:00"],
                          excluded_reason=[None, "test"]))  # fmt: skip
        row = one(tables, "csat")
        assert (row["value"], row["n"], row["excluded"]) == (1, 1, {"test": 1})

    def test_other_questions_and_instruments_about_one_subject_all_count(self):
        tables = log(
            rows([5, 1], CSAT, subject_id=["c0", "c0"], version=["overall", "shops"]),
            rows([9], NPS),
        )
        row = one(tables, "csat")
        assert row["n"] == 2
        assert "pools 2 versions of the question (group by version)" in row["note"]
        split = cx.measure(tables, "csat", by="version").set_index("version")
        assert split.loc["overall", "value"] == 1
        assert "pools" not in " ".join(split["note"])
        assert one(tables, "nps")["n"] == 1

    def test_a_customer_is_asked_in_waves(self):
        tables = log(rows([9, 0], NPS, subject_id=["c0", "c0"], sent_at=["09:00", "+40 09:00"],
                          answered_at=["10:00", "+40 10:00"]))  # fmt: skip
        by_month = cx.measure(tables, "nps,nps_customer", by="month")
        assert by_month["value"].tolist() == [100, -100, 100, -100]
        assert one(tables, "nps")["value"] == -100
        assert one(tables, "nps", period="2026-01")["value"] == 100
        edited = rows([9, 0], NPS, subject_id=["A", "A"], answered_at=["10:00", "+40 10:00"])
        edited["subject_type"] = "ticket"
        found = cx.measure(log(edited), "nps", by="month")
        assert found["n"].tolist() == [0, 1]  # one ticket, one answer: the later one

    def test_waves_are_cut_in_the_reports_time_zone(self):
        # 31 January 23:30 UTC is 1 February in Berlin, the month of the second answer.
        when = ["2026-01-31 23:30", "2026-02-01 10:00"]
        tables = log(rows([9, 0], NPS, subject_id=["c0", "c0"], sent_at=when, answered_at=when))
        assert cx.measure(tables, "nps", by="month", tz="UTC")["n"].tolist() == [1, 1]
        berlin = cx.measure(tables, "nps", by="month", tz="Europe/Berlin")
        assert (berlin["n"].tolist(), berlin["value"].tolist()) == ([1], [-100])

    def test_replications_do_not_supersede_each_other(self):
        tables = log(rows([1, 5], CSAT, subject_id=["c0", "c0"], replication=[1, 2]))
        found = cx.measure(tables, "csat", by="replication")
        assert found["value"].tolist() == [0, 1]


class TestAttribution:
    def test_by_answer_by_sending_by_solve(self):
        tickets = pd.DataFrame({
            "ticket_id": list("ABC"), "channel": "email", "status": ["solved", "solved", "closed"],
            "created_at": clock("09:00"),
            "last_solved_at": [clock("10:00"), clock("+40 10:00"), None],
        })  # fmt: skip
        surveys = rows([5, 1, 5], CSAT, subject_id=list("ABC"),
                       sent_at=["11:00", "+41 11:00", "11:00"],
                       answered_at=["+60 10:00", "+60 10:00", "12:00"])  # fmt: skip
        surveys["subject_type"] = "ticket"
        tables = log(surveys, tickets=tickets)
        for metric, months in {
            "csat": {"2026-01": (1, 1), "2026-02": (0, None), "2026-03": (2, 0.5)},
            "csat_sent": {"2026-01": (2, 1), "2026-02": (1, 0)},
            "csat_solved": {"2026-01": (1, 1), "2026-02": (1, 0)},
        }.items():
            found = cx.measure(tables, metric, by="month")
            got = {r["month"]: (r["n"], r["value"]) for _, r in found.iterrows()}
            assert {m: (n, None if np.isnan(v) else v) for m, (n, v) in got.items()} == months
        assert one(tables, "csat_solved")["excluded"] == {"unsolved": 1}

    def test_the_invitations_of_a_month_keep_answers_given_after_the_next_invitation(self):
        tables = log(rows([5, 1], CSAT, subject_id=["c0", "c0"], sent_at=["09:00", "+27 09:00"],
                          answered_at=["+28 10:00", "+29 10:00"]))  # fmt: skip
        assert cx.measure(tables, "csat_sent", by="month")["value"].tolist() == [1, 0]

    def test_without_tickets_there_is_no_day_of_the_solve(self):
        assert one(log(rows([5], CSAT)), "csat_solved")["flag"] == "undefined"


class TestGroups:
    CUSTOMERS = pd.DataFrame({"customer_id": ["c0", "c1"], "segment": ["large", "small"],
                              "plan": ["gold", None]})  # fmt: skip

    def test_customers_columns_and_the_surveys_own_are_groups(self):
        tables = log(rows([5, 1, 5], CSAT, method=["post", "web", "web"]),
                     customers=self.CUSTOMERS)  # fmt: skip
        by_segment = cx.measure(tables, "csat", by="segment").set_index("segment")["value"]
        assert by_segment.to_dict() == {"(missing)": 1, "large": 1, "small": 0}
        assert len(cx.measure(tables, "csat", by="plan,region,tier")) == 2
        by_method = cx.measure(tables, "csat", by="method").set_index("method")["value"]
        assert by_method.to_dict() == {"post": 1, "web": 0.5}

    def test_the_customer_of_a_ticket_is_who_answered_about_it(self):
        tickets = pd.DataFrame({"ticket_id": ["A"], "channel": "chat", "status": "solved",
                                "created_at": clock("09:00"), "customer_id": "c0"})  # fmt: skip
        surveys = rows([5], CSAT, subject_id=["A"])
        surveys["subject_type"] = "ticket"
        tables = log(surveys, tickets=tickets, customers=self.CUSTOMERS)
        row = one(tables, "csat", by="segment,channel,customer")
        assert (row["segment"], row["channel"], row["customer"]) == ("large", "chat", "c0")

    def test_answers_of_excluded_customers_and_tickets_are_excluded_with_them(self):
        tickets = pd.DataFrame(
            {"ticket_id": ["A"], "channel": "chat", "status": "solved",
             "created_at": clock("09:00"), "excluded_reason": "spam"}
        )  # fmt: skip
        surveys = rows([5, 4, 3], CSAT, subject_id=["A", "c0", "c1"])
        surveys["subject_type"] = ["ticket", "customer", "customer"]
        customers = self.CUSTOMERS.assign(excluded_reason=["internal", None])
        row = one(log(surveys, tickets=tickets, customers=customers), "csat")
        assert (row["n"], row["excluded"]) == (1, {"spam": 1, "internal": 1})

    def test_the_ways_of_recommending_are_told_apart(self):
        surveys = rows([10, 0, 0], NPS, subject_id=["c0", "A", "o1"])
        surveys["subject_type"] = ["customer", "ticket", "order"]
        surveys["customer_id"] = ["c0", "c0", None]
        found = cx.measure(
            log(surveys), "nps,nps_relational,nps_transactional,nps_customer"
        ).set_index("metric")
        assert found["n"].to_dict() == {
            "nps": 3, "nps_relational": 1, "nps_transactional": 2, "nps_customer": 1,
        }  # fmt: skip
        assert "answers about customers with answers about tickets" in found.loc["nps", "note"]
        assert "pools" not in found.loc["nps_relational", "note"]
        assert found.loc["nps_customer", "excluded"]["unknown_customer"] == 1


class TestSilence:
    def test_four_hundred_and_fifteen_of_a_thousand(self):
        # 341 satisfied: (341 + 0) / 1000 and (341 + 585) / 1000.
        scores = [5.0] * 341 + [2.0] * 74 + [math.nan] * 585
        assert one(log(rows(scores, CSAT)), "csat")["note"] == (
            "415 of 1,000 answered (41.5 %); had the others all been dissatisfied or satisfied: "
            "34.1 % to 92.6 %"
        )

    @pytest.mark.parametrize(
        ("metric", "base", "scores", "ends"),
        [
            ("csat_mean", CSAT, [5, 3], "2.50 to 4.50"),  # (8 + 2·1) / 4, (8 + 2·5) / 4
            ("csat_rescaled", CSAT, [5, 3], "37.5 % to 87.5 %"),  # (1.5 + 0) / 4, (1.5 + 2) / 4
            ("nps", NPS, [10, 8], "−25.0 to 75.0"),  # (1 − 2) / 4, (1 + 2) / 4
            ("ces", CES_2, [7, 6], "3.75 to 6.75"),  # (13 + 2) / 4, (13 + 14) / 4
            ("ces_1", CES_1, [1, 2], "1.25 to 3.25"),  # (3 + 2) / 4, (3 + 10) / 4
        ],
    )
    def test_bounds_of_every_kind_of_number(self, metric, base, scores, ends):
        row = one(log(rows([*scores, math.nan, math.nan], base)), metric)
        assert row["note"].startswith("2 of 4 answered (50.0 %); had the others all ")
        assert row["note"].endswith(": " + ends)

    def test_the_silent_weigh_what_their_weights_say(self):
        # Weights: good 3, bad 1, silent 4: 3/8 and 7/8; by head it would be 1/3 and 2/3.
        tables = log(rows([5, 1, math.nan], CSAT, weight=[3.0, 1.0, 4.0]))
        assert one(tables, "csat_weighted")["note"].endswith(": 37.5 % to 87.5 %")
        assert one(tables, "csat")["note"].endswith(": 33.3 % to 66.7 %")

    def test_each_row_says_its_own(self):
        tables = log(rows([5, math.nan, 5], CSAT, shop=["A", "A", "B"]))
        notes = cx.measure(tables, "csat", by="shop")["note"].tolist()
        assert notes[0].startswith("1 of 2 answered")
        assert notes[1] == "1 of 1 answered (100.0 %)"

    def test_a_log_of_answers_does_not_pretend_that_everybody_answered(self):
        surveys = rows([5, 4], CSAT).drop(columns="sent_at")
        tables = log(surveys)
        assert one(tables, "csat")["note"] == "how many were asked is not recorded"
        assert one(tables, "resp")["flag"] == "undefined"

    def test_a_ratio_has_no_bounds_to_state(self):
        tickets = pd.DataFrame(
            {"ticket_id": ["A", "B"], "channel": "chat", "status": "solved", "resolver_id": "Ann",
             "created_at": clock("09:00"), "last_solved_at": clock("10:00")}
        )  # fmt: skip
        surveys = rows([5, math.nan], CSAT, subject_id=["A", "B"])
        surveys["subject_type"] = "ticket"
        row = one(log(surveys, tickets=tickets), "agent_csat_adjusted", by="agent")
        assert "; 1 of 2 answered (50.0 %); too few" in row["note"]

    def test_no_rows_no_words(self):
        empty = log(rows([5], {**CSAT, "instrument": "other"}))
        found = cx.measure(empty, ["csat", "nps", "ces", "ces_1", "csat_solved"])
        assert dict(zip(found["metric"], found["note"], strict=True)) == {
            "csat": "", "nps": "", "ces": "", "ces_1": "", "csat_solved": "the data lack tickets",
        }  # fmt: skip


class TestWeights:
    def test_equal_weights_of_any_size_change_nothing(self):
        frame = counts(NPS, s10=50, s8=20, s3=30)
        plain = one(log(frame), "nps")
        weighted = one(log(frame.assign(weight=7.5)), "nps_weighted")
        for end in ("value", "low", "high"):
            assert weighted[end] == pytest.approx(plain[end], rel=1e-8)

    def test_weights_cost_precision(self):
        # Kish: (3 + 1 + 1 + 1)² / (9 + 1 + 1 + 1) = 3 answers' worth.
        tables = log(rows([5, 1, 1, 1], CSAT, weight=[3.0, 1, 1, 1]))
        row = one(tables, "csat_weighted")
        assert (row["value"], row["n"]) == (0.5, 4)
        z = 1.959963984540054
        half = z / (1 + z * z / 3) * math.sqrt(0.25 / 3 + z * z / 36)
        assert (row["low"], row["high"]) == pytest.approx((0.5 - half, 0.5 + half), rel=1e-8)

    def test_an_answer_without_weight_is_not_recorded_and_a_log_without_weights_undefined(self):
        row = one(log(rows([10, 0], NPS, weight=[2.0, None])), "nps_weighted")
        assert (row["value"], row["excluded"]) == (100, {"not_recorded": 1})
        assert one(log(rows([10], NPS)), "nps_weighted")["flag"] == "undefined"


class TestResponseRate:
    def test_distinct_answered_of_distinct_delivered(self):
        tables = log(rows(
            [5, 4, math.nan, math.nan, math.nan, 3], CSAT,
            subject_id=["c0", "c0", "c1", "c1", "c2", "c3"],
            sent_at=["09:00", "09:00", "09:00", "+30 09:00", "09:00", None],
            answered_at=["10:00", "11:00", None, None, None, "10:00"],
            excluded_reason=[None, None, None, None, "bounced", None],
        ))  # fmt: skip
        row = one(tables, "resp")
        # c0 once (answered, exported twice), c1 twice (two invitations), c2 bounced, c3 uninvited.
        assert (row["numerator"], row["n"]) == (1, 3)
        assert row["excluded"] == {"uninvited": 1, "same_invitation": 1, "bounced": 1}

    def test_instruments_are_pooled_with_a_word_and_split_on_request(self):
        tables = log(rows([5, math.nan], CSAT), rows([9], NPS))
        assert one(tables, "resp")["note"] == (
            "pools 2 instruments (group by instrument); pools 2 scales"
        )
        split = cx.measure(tables, "resp", by="instrument").set_index("instrument")
        assert split["value"].to_dict() == {"csat": 0.5, "nps": 1.0}

    def test_young_invitations_wait(self):
        tables = log(rows([5, math.nan, 4], CSAT, sent_at=["09:00", "+1 09:00", "+20 09:00"],
                          answered_at=["+14 09:00", None, "+20 10:00"]),
                     as_of="+21 00:00")  # fmt: skip
        row = one(tables, "resp_14d")
        assert (row["value"], row["n"], row["pending"]) == (0.5, 2, 1)


class TestSentiment:
    def messages(self, labels, **columns):
        n = len(labels)
        frame = pd.DataFrame({"message_id": [f"m{i}" for i in range(n)], "ticket_id": "A",
                              "sentiment": labels, "is_public": True})  # fmt: skip
        frame = frame.assign(at=clock("10:00"), author_type="customer")
        return frame.assign(**columns)

    def test_balance_and_shares_of_labelled_messages_of_customers(self):
        said = self.messages(["pos", "pos", "neg", "neu", None, "neg"],
                             author_type=["customer"] * 5 + ["agent"])  # fmt: skip
        tables = cx.Tables.from_frames({"messages": said}, as_of=clock("+9 00:00"))
        found = cx.measure(tables, "sent,sent_positive,sent_neutral,sent_negative").set_index(
            "metric"
        )
        assert found["value"].tolist() == [0.25, 0.5, 0.25, 0.25]
        assert all(e == {"unlabelled": 1} for e in found["excluded"])
        assert found.loc["sent", "note"] == (
            "4 of 5 labelled (80.0 %); had the others all been negative or positive: 0.00 to 0.40"
        )

    def test_agreement_has_a_width_and_spam_is_left_out(self):
        tickets = pd.DataFrame({"ticket_id": ["A", "B"], "channel": ["chat", "email"],
                                "status": "open", "created_at": clock("09:00"),
                                "excluded_reason": [None, "spam"]})  # fmt: skip
        said = self.messages(["pos"] * 11, ticket_id=["A"] * 10 + ["B"])
        tables = cx.Tables.from_frames({"messages": said, "tickets": tickets},
                                       as_of=clock("+9 00:00"))  # fmt: skip
        row = cx.measure(tables, "sent", by="channel").set_index("channel").loc["chat"]
        assert (row["value"], row["n"]) == (1, 10)
        assert (row["low"], row["high"]) == pytest.approx((0.47503, 1.0), abs=1e-4)
        assert one(tables, "sent")["excluded"] == {"spam": 1}

    def test_a_log_without_labels_has_no_sentiment(self):
        said = self.messages([None]).drop(columns="sentiment")
        tables = cx.Tables.from_frames({"messages": said}, as_of=clock("+9 00:00"))
        assert one(tables, "sent")["flag"] == "undefined"
        assert one(tables, "sent_polarity")["flag"] == "undefined"


@pytest.fixture(scope="module")
def everything():
    """A log of every instrument in which everything happens, missing values included."""
    rng = np.random.default_rng(11)
    parts = []
    for base in (CSAT, NPS, CES_1, CES_2):
        n = 200
        scores = rng.integers(base["scale_min"], base["scale_max"] + 1, n).astype(float)
        scores[rng.random(n) < 0.4] = math.nan
        frame = rows(scores, base)
        frame["subject_id"] = rng.choice([f"T{i}" for i in range(150)], n)
        frame["subject_type"] = rng.choice(["ticket", "customer", "order"], n)
        frame["sent_at"] = DAY + pd.to_timedelta(rng.integers(0, 60 * 86400, n), unit="s")
        delay = pd.to_timedelta(rng.integers(0, 20 * 86400, n), unit="s")
        frame["answered_at"] = (frame["sent_at"] + delay).where(frame["score"].notna())
        frame["weight"] = rng.uniform(0.5, 2, n)
        frame["excluded_reason"] = rng.choice([None, "test"], n, p=[0.9, 0.1])
        parts.append(frame)
    tickets = pd.DataFrame({
        "ticket_id": [f"T{i}" for i in range(120)], "created_at": DAY, "channel": "email",
        "status": rng.choice(["open", "solved", "closed"], 120),
    })  # fmt: skip
    tickets["last_solved_at"] = pd.Series(DAY + pd.Timedelta("3D"), index=tickets.index).where(
        tickets["status"] == "solved"
    )
    tickets["customer_id"] = rng.choice(["T1", "T2", "T3"], 120)
    customers = pd.DataFrame({"customer_id": [f"T{i}" for i in range(50)], "segment": "small"})
    return log(*parts, tickets=tickets, customers=customers)


class TestConservation:
    """Every row of the instrument is counted, pending, or excluded for a reason."""

    @staticmethod
    def rows_of(row):
        return row["n"] + row["pending"] + sum(row["excluded"].values())

    def test_rows_in_are_rows_out(self, everything):
        frame = everything.frame("surveys")
        whole = cx.measure(everything, SAID).set_index("metric")
        parts = cx.measure(everything, SAID, by="week,segment,subject_type")
        for metric in SAID:
            expected = self.population(metric, frame)
            assert self.rows_of(whole.loc[metric]) == expected, metric
            here = parts[parts["metric"] == metric]
            assert sum(self.rows_of(r) for _, r in here.iterrows()) == expected, metric

    @staticmethod
    def population(metric, frame):
        """Rows of the instrument that belong, and what is left out by hand."""
        source = METRICS[metric].basis.source
        is_one = (frame["instrument"] == source.split("_")[0]) | (frame["version"] == source)
        if source.startswith("ces"):
            is_one = frame["version"] == source
        here = frame if source == "invitations" else frame[is_one]
        about = here["subject_type"]
        belongs = {
            "nps_relational": about == "customer",
            "nps_transactional": about != "customer",
            "csat_solved": about == "ticket",
        }.get(metric, about.notna())
        return (belongs | here["excluded_reason"].notna()).sum()

    def test_an_independent_count_gives_the_same(self, everything):
        rated = everything.frame("surveys")
        rated = rated[rated["excluded_reason"].isna() & rated["score"].notna()]
        rated = rated.sort_values(["answered_at", "sent_at", "survey_id"])
        rated = rated.drop_duplicates(
            ["instrument", "version", "subject_type", "subject_id"], keep="last"
        )
        score = rated.groupby(rated["version"].fillna(rated["instrument"]))["score"]
        found = cx.measure(everything, "csat,nps,ces,ces_share,ces_1").set_index("metric")
        expected = {
            "csat": (score.get_group("csat") >= 4).mean(),
            "nps": 100 * (score.get_group("nps") >= 9).mean()
            - 100 * (score.get_group("nps") <= 6).mean(),
            "ces": score.get_group("ces_2").mean(),
            "ces_share": (score.get_group("ces_2") >= 5).mean(),
            "ces_1": score.get_group("ces_1").mean(),
        }
        assert found["value"].to_dict() == pytest.approx(expected, rel=1e-12)
        sizes = {m: METRICS[m].basis.source for m in expected}
        assert found["n"].to_dict() == {m: score.size()[source] for m, source in sizes.items()}
