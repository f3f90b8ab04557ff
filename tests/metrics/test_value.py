"""Retention, revenue and value: the traps of each, with numbers worked out by hand."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

import cxlab as cx
from cxlab.metrics import METRICS, Settings
from cxlab.metrics.sources import SOURCES, value
from cxlab.metrics.sources.value.spells import stays_of
from cxlab.metrics.value import METRICS as FAMILY
from cxlab.metrics.value.acquisition import months_to
from tests.metrics.value_log import AS_OF, random_customers

JANUARY = "2026-01"
# One metric a basis; the log has no movements, and exit reasons are no groups of each other.
BASES = list({m.basis.name: m.id for m in FAMILY if m.basis.source != "booked_periods"}.values())
BASES.remove("exit")


def at(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def tables(as_of="2026-03-06", **frames):
    """Tables from rows whose instants are days in UTC."""
    made = {}
    for name, rows in frames.items():
        frame = pd.DataFrame(rows)
        for c in frame.columns:
            if c.endswith("_at") or c in ("at", "period_start", "period_end"):
                frame[c] = [None if pd.isna(v) else pd.Timestamp(v, tz="UTC") for v in frame[c]]
        made[name] = frame
    return cx.Tables.from_frames(made, as_of=at(as_of))


def spell(who, start="2025-12-01", end=None, **more):
    number = more.pop("number", 1)
    return {"subscription_id": f"{who}{number}", "customer_id": who, "started_at": start,
            "ended_at": end, **more}  # fmt: skip


def order(number, who, day, amount, **more):
    return {"transaction_id": str(number), "customer_id": who, "at": day, "amount": amount, **more}


def one(log, metric, **asked):
    return cx.measure(log, metric, **asked).iloc[0]


@pytest.fixture(scope="module")
def log():
    return random_customers()


def everybody(row):
    return row["n"] + row["pending"] + sum(row["excluded"].values())


WORTHS = ["clv_historic", "clv_simple", "gg_p", "clv_bgnbd"]


class TestEveryMetricOfTheFamily:
    def test_all_sources_are_used(self):
        used = {m.basis.source for m in FAMILY}
        assert used == {s.name for s in value.SOURCES}

    def test_groups_and_months_add_up_to_the_whole(self, log):
        """Rows that exist once per period are the same rows in whatever groups."""
        ids = [m for m in BASES if SOURCES[METRICS[m].basis.source].windowed]
        whole = cx.measure(log, ids, by="month", period="2025-Q3").set_index(["metric", "month"])
        assert (whole["n"] > 0).mean() > 0.5  # not empty months
        parts = cx.measure(log, ids, by="segment,month", period="2025-Q3")
        for (metric, month), rows in parts.groupby(["metric", "month"]):
            row = whole.loc[(metric, month)]
            assert sum(everybody(r) for _, r in rows.iterrows()) == everybody(row), metric
            assert rows["n"].sum() == row["n"], (metric, month)

    def test_cohorts_add_up_to_the_whole(self, log):
        ids = [m for m in BASES if not SOURCES[METRICS[m].basis.source].windowed]
        whole = cx.measure(log, ids).set_index("metric")
        parts = cx.measure(log, ids, by="segment")
        for metric, rows in parts.groupby("metric"):
            row = whole.loc[metric]
            assert sum(everybody(r) for _, r in rows.iterrows()) == everybody(row), metric
            assert rows["n"].sum() == row["n"], metric

    def test_an_empty_log_gives_flagged_rows_and_no_error(self):
        none = {c: pd.Series(dtype="str") for c in ("subscription_id", "customer_id", "started_at")}
        empty = cx.Tables.from_frames({"subscriptions": pd.DataFrame(none)})
        result = cx.measure(empty, [m.id for m in FAMILY])
        assert len(result) == len(FAMILY)
        assert set(result["flag"]) <= {"empty", "undefined"}

    def test_replications_are_counted_apart(self):
        rows = [spell("A", replication=1), spell("A", end="2026-01-15", replication=2)]
        result = cx.measure(tables(subscriptions=rows), "churn,ret_km_1", by="replication",
                            period=JANUARY)  # fmt: skip
        churn = result[result["metric"] == "churn"].set_index("replication")["value"]
        assert churn.to_dict() == {1: 0.0, 2: 1.0}


class TestChurn:
    def test_one_data_set_has_four_churns(self):
        """Half a year of data: 100 at the start, 10 of them lost, 190 come, 20 of these leave.

        30.0 % is 1 − (260 − 190)/100; 10.0 % the closed cohort; 5.6 % is 10 of (100 + 260)/2;
        3.0 % a month are 30 departures in 1,000 months of customers: 90 × 181 + 10 × 100 +
        20 × 19.875 + 170 × 75 = 30,437.5 days.
        """
        start = pd.Timestamp("2026-01-01")

        def day(days):
            return start + pd.Timedelta(days=days)

        rows = [spell(f"k{i}", start) for i in range(90)]
        rows += [spell(f"l{i}", start, day(100)) for i in range(10)]
        rows += [spell(f"j{i}", day(10), day(29.875)) for i in range(20)]
        rows += [spell(f"n{i}", day(181 - 75)) for i in range(170)]
        asked = "churn_all_lost,churn,churn_average,churn_rate"
        log = tables(subscriptions=rows, as_of="2026-07-01")
        result = cx.measure(log, asked).set_index("metric")["value"]
        assert result["churn_all_lost"] == pytest.approx(0.30)
        assert result["churn"] == pytest.approx(0.10)
        assert result["churn_average"] == pytest.approx(10 / 180)
        assert round(100 * result["churn_average"], 1) == 5.6
        assert result["churn_rate"] / 12 == pytest.approx(0.030)

    def test_five_per_cent_a_month_are_46_a_year(self):
        rows = [spell(f"c{i}", end="2026-01-10" if i == 0 else None) for i in range(20)]
        row = one(tables(subscriptions=rows), "churn_yearly", period=JANUARY)
        assert 100 * row["value"] == pytest.approx(45.96, abs=5e-3)  # not 60
        low, high = 0.008881, 0.236131  # Wilson of 1 in 20 (Newcombe 1998, formula 3)
        assert row["low"] == pytest.approx(1 - (1 - low) ** 12, abs=1e-4)
        assert row["high"] == pytest.approx(1 - (1 - high) ** 12, abs=1e-4)

    def test_february_is_a_month_and_a_quarter_three(self):
        rows = [spell(f"c{i}", end="2026-02-10" if i == 0 else None) for i in range(20)]
        log = tables(subscriptions=rows, as_of="2026-06-01")
        february = one(log, "churn_yearly", period="2026-02")["value"]
        assert february == pytest.approx(1 - 0.95**12)
        assert one(log, "churn_yearly", period="2026-Q1")["value"] == pytest.approx(1 - 0.95**4)

    @pytest.mark.parametrize(("end", "lost"), [("2026-01-20", 3 / 5), (None, 2 / 5)])
    def test_who_comes_back_came_in_the_period(self, end, lost):
        """Five at the start, A leaves, F comes and leaves; R, there in early 2025, is back.

        R stays: 1 − (E − N)/S = 1 − (5 − 2)/5; R leaves again: 1 − (4 − 2)/5 (A, F and R).
        """
        rows = [spell("A", end="2026-01-15"), *(spell(who) for who in "BCDE"),
                spell("F", "2026-01-10", "2026-01-20"),
                spell("R", "2025-01-10", "2025-03-10"),
                spell("R", "2026-01-10", end, number=2)]  # fmt: skip
        log = tables(subscriptions=rows)
        result = cx.measure(log, "churn_all_lost,ret_net", period=JANUARY).set_index("metric")
        assert result.loc["churn_all_lost", "value"] == pytest.approx(lost)
        assert result.loc["ret_net", "value"] == pytest.approx(1 - lost)

    @pytest.mark.parametrize(
        ("rows", "churn"),
        [
            ([spell("A", end="2026-01-10"), spell("A", "2026-01-25", number=2)], 0),  # came back
            ([spell("A", end="2026-01-10"), spell("A", "2026-02-05", number=2)], 1),  # too late
            ([spell("A", end="2026-01-10"), spell("A", "2026-01-10", number=2)], 0),  # renewed
            (
                [spell("A", end="2026-01-10"), spell("A", "2025-12-05", number=2)],
                0,
            ),  # other product
            ([spell("A", is_paused=True, status="paused")], 0),  # a pause is no loss
            ([spell("A", end="2026-02-01")], 1),  # the last instant of the period
            ([spell("A", end="2026-02-02")], 0),
            ([spell("A", "2026-01-01", "2026-01-31")], 1),  # the first instant of the period
        ],
    )
    def test_who_is_lost(self, rows, churn):
        row = one(tables(subscriptions=rows), "churn", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, churn)

    def test_a_trial_is_no_customer(self):
        rows = [spell("A", end="2026-01-10", is_trial=True), spell("B"),
                spell("C", "2026-01-02", number=1)]  # fmt: skip
        row = one(tables(subscriptions=rows), "churn", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, 0)

    def test_a_period_that_is_not_over_is_immature(self):
        row = one(tables(subscriptions=[spell("A")], as_of="2026-01-20"), "churn", period=JANUARY)
        assert (row["flag"], row["pending"]) == ("immature", 1)

    def test_months_without_customers_stand_there(self):
        rows = [spell("A", "2025-10-15", "2025-10-20"), spell("B", "2026-01-10")]
        result = cx.measure(tables(subscriptions=rows), "churn", by="month", period="2025-Q4")
        assert result["month"].tolist() == ["2025-10", "2025-11", "2025-12"]
        assert result["flag"].tolist() == ["empty"] * 3

    def test_looking_back_nobody_knows_who_will_leave(self):
        rows = [spell("A", end="2026-01-10"), spell("B"), spell("C", "2026-02-01")]
        log = tables(subscriptions=rows, customers=[{"customer_id": c} for c in "ABC"])
        assert one(log, "churn_ever")["value"] == pytest.approx(1 / 3)
        then = one(log, "churn_ever", as_of=at("2026-01-05"))
        assert (then["n"], then["value"]) == (2, 0.0)  # without a ticket in the log

    def test_excluded_customers_and_spells_are_counted_apart(self):
        log = tables(
            subscriptions=[spell("A"), spell("B"), spell("C", excluded_reason="test"),
                           spell("A", "2026-01-02", number=2, excluded_reason="test")],
            customers=[{"customer_id": c, "excluded_reason": "internal" if c == "B" else None}
                       for c in "ABC"],
        )  # fmt: skip
        row = one(log, "churn", period=JANUARY)
        assert (row["n"], row["excluded"]) == (1, {"internal": 1, "test": 2})

    def test_the_kinds_add_up_to_the_churn(self, log):
        kinds = ["churn_voluntary", "churn_involuntary", "churn_nonrenewal", "churn_kind_unknown"]
        result = cx.measure(log, ["churn", *kinds], by="month", period="2025")
        wide = result.pivot(index="month", columns="metric", values="numerator")
        assert wide["churn"].sum() > 20
        assert (wide[kinds].sum(axis=1) == wide["churn"]).all()

    def test_it_is_the_same_as_counted_by_hand(self, log):
        """A second way: the state of every customer at two instants, in pandas."""
        spells = log.frame("subscriptions")
        out = set(log.frame("customers").query("excluded_reason.notna()")["customer_id"])
        spells = spells[~spells["is_trial"] & spells["excluded_reason"].isna()]
        spells = spells[~spells["customer_id"].isin(out)]

        def there(day):
            running = (spells["started_at"] <= day) & ~(spells["ended_at"] <= day)
            return set(spells[running]["customer_id"])

        result = cx.measure(log, "churn", by="month", period="2025")
        for _, row in result.iterrows():
            before, after = there(row["period_start"]), there(row["period_end"])
            assert (row["n"], row["numerator"]) == (len(before), len(before - after))


def test_spells_that_begin_and_end_together_are_one_stay():
    """Ties on purpose, in several orders of the rows: stays of one customer never touch.

    With two threads the engine orders ties as it likes, and differently each time.
    """
    rng, n = np.random.default_rng(1), 60_000
    none = pd.Series([None] * n, dtype="string")
    start = pd.Timestamp("2025-01-01") + pd.to_timedelta(rng.integers(0, 40, n) * 10, unit="D")
    rows = pd.DataFrame({
        "customer_id": rng.integers(0, n // 20, n).astype(str), "start": start,
        "end": start + pd.to_timedelta(rng.choice([3, 10], n), unit="D"),
        "subscription_id": [f"s{i}" for i in range(n)], "mrr": 1.0,
        **dict.fromkeys(["currency", "churn_kind", "churn_reason", "excluded_reason"], none),
    })  # fmt: skip
    engine = ibis.duckdb.connect(threads=2)
    found = set()
    for seed in range(3):
        shuffled = engine.create_table(f"rows_{seed}", rows.sample(frac=1, random_state=seed))
        stays = stays_of(shuffled, ["customer_id"]).execute()
        stays = stays.sort_values(["customer_id", "start"])
        same = stays["customer_id"].eq(stays["customer_id"].shift())
        assert not (same & (stays["start"] <= stays["end"].shift())).any()
        found.add(tuple(map(tuple, stays[["customer_id", "start", "end"]].to_numpy())))
    assert len(found) == 1


class TestRetention:
    def test_survival_is_that_of_another_library(self, log):
        """First stays put together in pandas, the curve by statsmodels."""
        spells = log.frame("subscriptions")
        out = set(log.frame("customers").query("excluded_reason.notna()")["customer_id"])
        spells = spells[~spells["is_trial"] & spells["excluded_reason"].isna()]
        spells = spells[~spells["customer_id"].isin(out)].sort_values("started_at")
        days, ended = [], []
        for _, own in spells.groupby("customer_id"):
            begin, end = own.iloc[0]["started_at"], own.iloc[0]["ended_at"]
            for _, more in own.iloc[1:].iterrows():
                if pd.isna(end) or more["started_at"] > end:
                    break
                end = pd.NaT if pd.isna(more["ended_at"]) else max(end, more["ended_at"])
            ended.append(pd.notna(end))
            days.append(((end if pd.notna(end) else AS_OF) - begin).days)
        curve = SurvfuncRight(np.array(days), np.array(ended))
        result = cx.measure(log, "ret_km_3,ret_km_6,ret_median").set_index("metric")
        for months in (3, 6):
            limit = months * 365.25 / 12
            expected = curve.surv_prob[curve.surv_times <= limit][-1]
            assert result.loc[f"ret_km_{months}", "value"] == pytest.approx(expected, rel=1e-12)
        median = curve.quantile(0.5) / (365.25 / 12)
        assert result.loc["ret_median", "value"] == pytest.approx(median)
        assert result.loc["ret_median", "n"] == len(days)

    def test_a_curve_that_nobody_has_lived_says_so(self):
        row = one(tables(subscriptions=[spell("A"), spell("B", end="2026-01-05")]), "ret_km_24")
        assert row["flag"] == "undefined"
        assert row["note"] == "nobody has been observed for so long"

    def test_cohorts_by_month_of_their_start(self):
        rows = [spell("A", "2025-01-10"), spell("B", "2025-01-20", "2025-02-10"),
                spell("C", "2025-02-01"), spell("D", "2026-02-20")]  # fmt: skip
        result = cx.measure(tables(subscriptions=rows), "ret_30d", by="month").set_index("month")
        assert result.loc["2025-01", ["value", "n"]].tolist() == [0.5, 2]
        assert result.loc["2025-02", "value"] == 1.0
        assert result.loc["2026-02", ["n", "pending"]].tolist() == [0, 1]


class TestRevenue:
    def test_growth_of_one_customer_never_hides_the_loss_of_another(self):
        rows = [spell("A", end="2026-01-10", mrr=50.0),
                spell("A", "2026-01-10", mrr=90.0, number=2),
                spell("B", end="2026-01-15", mrr=50.0)]  # fmt: skip
        result = cx.measure(tables(subscriptions=rows), "grr,nrr", period=JANUARY)
        assert result["value"].tolist() == [0.5, 0.9]  # capped in total it would be 0.9 too

    def test_products_of_one_customer_are_added_before_the_cap(self):
        rows = [spell("A", end="2026-01-10", mrr=50.0),
                spell("A", "2026-01-05", mrr=60.0, number=2)]  # fmt: skip
        row = one(tables(subscriptions=rows), "grr", period=JANUARY)
        assert (row["value"], row["n"]) == (1.0, 1)

    def test_who_paid_nothing_is_not_in_the_cohort_and_the_unknown_are_counted_out(self):
        rows = [spell("A", mrr=0.0), spell("B", mrr=None), spell("C", mrr=10.0),
                spell("A", "2026-01-05", mrr=99.0, number=2)]  # fmt: skip
        row = one(tables(subscriptions=rows), "nrr", period=JANUARY)
        assert (row["value"], row["n"], row["excluded"]) == (1.0, 1, {"not_recorded": 1})

    @pytest.mark.parametrize("metric", ["grr", "grr_compounded"])
    def test_revenue_that_nobody_knows_is_not_kept(self, metric):
        """A pays 100 and then nobody knows what: left out. B goes from 100 to 50: 50 %."""
        rows = [
            spell("A", end="2026-01-15", mrr=100.0),
            spell("A", "2026-01-15", mrr=None),
            spell("B", end="2026-01-15", mrr=100.0),
            spell("B", "2026-01-15", mrr=50.0),
        ]
        row = one(tables(subscriptions=rows), metric, period=JANUARY)
        assert (row["value"], row["n"], row["excluded"]) == (0.5, 1, {"not_recorded": 1})

    def test_both_routes_to_revenue_agree(self):
        """Spells that change on the first of months, and the movements that they make."""
        rng = np.random.default_rng(5)
        months = pd.date_range("2025-01-01", "2025-12-01", freq="MS")
        spells, moves = [], []
        for i in range(40):
            who, paid = f"c{i}", 0.0
            levels = [float(v) for v in rng.choice([0, 0, 10, 20, 40], len(months))]
            for month, after, level in zip(months, [*months[1:], None], levels, strict=True):
                if level:
                    spells.append(spell(who, month, after, mrr=level, number=month.month))
                if level != paid:
                    kind = ("churn" if not level else "contraction" if level < paid else
                            "expansion" if paid else "new")  # fmt: skip
                    moves.append({"customer_id": who, "at": month, "kind": kind,
                                  "amount": abs(level - paid)})  # fmt: skip
                paid = level
        log = tables(subscriptions=spells, mrr_movements=moves, as_of="2025-12-15",
                     customers=[{"customer_id": f"c{i}"} for i in range(40)])  # fmt: skip
        spelt = cx.measure(log, "grr,nrr", by="month", period="2025")
        booked = cx.measure(log, "grr_booked,nrr_booked", by="month", period="2025")
        for metric in ("grr", "nrr"):
            a = spelt[spelt["metric"] == metric].set_index("month")["value"]
            b = booked[booked["metric"] == f"{metric}_booked"].set_index("month")["value"]
            # A change on 1 March shows in the state at February's end, which is that instant; it
            # is booked in March.
            assert a["2025-02":"2025-10"].tolist() == pytest.approx(b["2025-03":"2025-11"].tolist())

    def test_early_late_and_unknown_renewals(self):
        rows = [
            spell("A", due_at="2026-01-10", renewed_at="2025-12-05", end="2026-01-10"),  # early
            spell("B", due_at="2026-01-10", renewed_at="2026-02-09"),  # last day of the grace
            spell("C", due_at="2026-01-10", renewed_at="2026-02-20", end="2026-01-12"),  # too late
            spell("D", due_at="2026-01-10", end="2025-12-20"),  # cancelled before it was due
            spell("E", due_at="2026-01-10", is_trial=True),
            spell("F", due_at="2026-02-10", renewed_at="2026-01-15"),  # due in February
            spell("G"),
        ]
        log = tables(subscriptions=rows)
        row = one(log, "renew", period=JANUARY)
        assert (row["n"], row["numerator"]) == (4, 2)
        row = one(log, "renew", period="2026-02")
        assert (row["n"], row["pending"], row["flag"]) == (0, 1, "immature")  # grace to 12 March
        strict = Settings.model_validate({"value": {"renewal_grace_days": 0}})
        row = one(log, "renew", period=JANUARY, settings=strict)
        # Without grace C is renewed too: it ran on past its due date, if only for two days.
        assert (row["n"], row["numerator"]) == (4, 3)

    def test_a_contract_that_goes_on_without_a_due_date_was_renewed(self):
        """s1 is due on 10 January, ends then and goes on from then: 1 of 1."""
        rows = [spell("A", "2025-01-10", "2026-01-10", due_at="2026-01-10", renewed_at=None),
                spell("A", "2026-01-10")]  # fmt: skip
        row = one(tables(subscriptions=rows), "renew", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, 1)

    @pytest.mark.parametrize(("after", "renewed"), [([], 0), ([spell("A", "2026-01-10")], 1)])
    def test_a_new_price_before_the_due_date_is_no_renewal(self, after, renewed):
        """100 a month until July, then 150, due once: 0 of 1 lost, 0 of 150; or 1 of 1."""
        rows = [spell("A", "2025-01-10", "2025-07-01", due_at="2026-01-10", mrr=100.0),
                spell("A", "2025-07-01", "2026-01-10", due_at="2026-01-10", mrr=150.0),
                *after]  # fmt: skip
        log = tables(subscriptions=rows)
        row = one(log, "renew", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, renewed)
        row = one(log, "renew_value", period=JANUARY)
        assert (row["value"], row["n"]) == (renewed, 1)
        assert not renewed or one(log, "acv", period=JANUARY)["flag"] == "undefined"  # no price

    def test_a_due_date_that_one_spell_lacks_is_still_due_once(self):
        rows = [spell("A", "2025-01-10", "2025-03-01", due_at="2026-01-10"),
                spell("A", "2025-03-01", "2025-07-01"),
                spell("A", "2025-07-01", "2026-01-10", due_at="2026-01-10")]  # fmt: skip
        row = one(tables(subscriptions=rows), "renew", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, 0)

    def test_a_renewal_recorded_before_a_new_price_still_counts(self):
        rows = [spell("A", "2025-01-10", "2025-12-20", due_at="2026-01-10",
                      renewed_at="2025-12-10"),
                spell("A", "2025-12-20", "2026-01-10", due_at="2026-01-10")]  # fmt: skip
        row = one(tables(subscriptions=rows), "renew", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, 1)

    @pytest.mark.parametrize("more", [{"excluded_reason": "test"}, {"is_trial": True}])
    def test_an_excluded_spell_or_a_trial_renews_nothing(self, more):
        rows = [spell("A", "2025-01-10", "2026-01-10", due_at="2026-01-10"),
                spell("A", "2026-01-10", due_at="2027-01-10", **more)]  # fmt: skip
        row = one(tables(subscriptions=rows), "renew", period=JANUARY)
        assert (row["n"], row["numerator"]) == (1, 0)

    def test_the_price_after_renewal_is_that_of_the_next_spell(self):
        """A runs on at 10 and pays 20 since March only: 12 × 10. B's new price is unknown."""
        rows = [spell("A", "2025-01-10", "2026-03-01", due_at="2026-01-10", mrr=10.0),
                spell("A", "2026-03-01", mrr=20.0),
                spell("B", "2025-01-10", "2026-01-10", due_at="2026-01-10", mrr=10.0),
                spell("B", "2026-01-10", mrr=None)]  # fmt: skip
        row = one(tables(subscriptions=rows), "acv", period=JANUARY)
        assert (row["value"], row["n"], row["excluded"]) == (120.0, 1, {"not_recorded": 1})

    def test_arpa_counts_days_and_not_months(self):
        rows = [spell("A", "2026-01-01", "2026-01-16", mrr=62.0)]
        assert one(tables(subscriptions=rows), "arpa", period=JANUARY)["value"] == 62.0


class TestMoney:
    def test_amounts_in_several_currencies_are_no_sum(self):
        rows = [spell("A", mrr=10.0), spell("B", mrr=20.0, end="2026-01-05")]
        people = [{"customer_id": "A", "currency": "EUR"}, {"customer_id": "B", "currency": "USD"}]
        log = tables(subscriptions=rows, customers=people)
        row = one(log, "grr", period=JANUARY)
        assert (row["flag"], row["n"]) == ("undefined", 2)
        assert np.isnan(row["value"])
        assert row["note"] == "amounts in several currencies are no sum: ask by currency"
        apart = cx.measure(log, "grr,churn", by="currency", period=JANUARY)
        assert apart["value"].tolist() == [1.0, 0.0, 0.0, 1.0]
        assert one(log, "churn", period=JANUARY)["value"] == 0.5  # no money in it
        for metric in ("arpa", "clv", "churn_revenue_ever"):
            assert one(log, metric, period=None)["flag"] == "undefined", metric

    def test_a_customer_who_pays_in_two_currencies_is_left_out(self):
        rows = [spell("A", mrr=10.0, currency="EUR"),
                spell("A", mrr=10.0, currency="USD", number=2),
                spell("B", mrr=10.0, currency="EUR")]  # fmt: skip
        row = one(tables(subscriptions=rows), "nrr", period=JANUARY)
        assert (row["value"], row["excluded"]) == (1.0, {"several_currencies": 1})

    def test_an_empty_currency_is_the_tables_one(self):
        rows = [spell("A", mrr=10.0, currency="EUR"), spell("B", mrr=10.0, currency=None)]
        assert one(tables(subscriptions=rows), "nrr", period=JANUARY)["value"] == 1.0

    def test_orders_in_several_currencies(self):
        rows = [order(1, "A", "2026-01-05", 10.0, currency="EUR"),
                order(2, "B", "2026-01-05", 10.0, currency="USD")]  # fmt: skip
        row = one(tables(transactions=rows), "clv_historic")
        assert "ask by currency" in row["note"]
        apart = cx.measure(tables(transactions=rows), "clv_historic", by="currency")
        assert apart["value"].tolist() == [7.5, 7.5]

    @pytest.fixture(scope="class")
    def in_two_currencies(self):
        """100 EUR and 10,000 JPY are not 10,100 of anything."""
        rows = [order(1, "A", "2025-01-01", 100.0, currency="EUR"),
                order(2, "A", "2025-02-01", 10_000.0, currency="JPY")]  # fmt: skip
        return cx.measure(tables(transactions=rows), WORTHS).set_index("metric")

    @pytest.mark.parametrize("metric", WORTHS)
    def test_a_buyer_in_two_currencies_is_left_out(self, in_two_currencies, metric):
        row = in_two_currencies.loc[metric]
        assert (row["n"], row["excluded"]) == (0, {"several_currencies": 1})

    def test_new_products_in_two_currencies_are_no_share(self):
        """A buys for 100 EUR and 10,000 JPY in January, B x again and y for 10 EUR each.

        In December B bought in USD: the currency of January's revenue is not that.
        """
        rows = [order(1, "A", "2025-12-01", 5.0, currency="EUR", product="x"),
                order(2, "A", "2026-01-05", 100.0, currency="EUR", product="x"),
                order(3, "A", "2026-01-06", 10_000.0, currency="JPY", product="y"),
                order(4, "B", "2025-12-01", 5.0, currency="USD", product="x"),
                order(5, "B", "2026-01-05", 10.0, currency="EUR", product="x"),
                order(6, "B", "2026-01-06", 10.0, currency="EUR", product="y")]  # fmt: skip
        log = tables(transactions=rows)
        row = one(log, "xsell_revenue", period=JANUARY)
        assert (row["value"], row["excluded"]) == (0.5, {"several_currencies": 1})
        apart = cx.measure(log, "xsell_revenue", by="currency", period=JANUARY)
        assert apart[apart["n"] > 0][["currency", "n"]].to_numpy().tolist() == [["EUR", 1]]

    def test_costs_in_another_currency_than_the_revenue(self):
        rows = [spell("A", "2026-01-05", mrr=10.0, currency="EUR")]
        costs = [{"period_start": "2025-12-01", "period_end": "2026-01-01", "centre": "sales",
                  "amount": 100.0, "currency": "USD"}]  # fmt: skip
        row = one(tables(subscriptions=rows, costs=costs), "cac", period=JANUARY)
        assert (row["flag"], row["excluded"]) == ("undefined", {"other_currency": 1})


class TestLifetime:
    def test_without_a_loss_the_discount_alone_bounds_the_value(self):
        rows = [spell(f"c{i}", "2024-12-01", mrr=100 / 12 / 0.75) for i in range(5)]
        result = cx.measure(tables(subscriptions=rows), "clv,clv_undiscounted", period="2025")
        assert result["value"].iloc[0] == pytest.approx(1100)  # 100 × 1.1 ÷ 0.1
        assert result["flag"].iloc[1] == "undefined"
        assert "nobody leaves" in result["note"].iloc[1]

    def test_discount_and_margin_are_settings_per_year(self):
        rows = [spell(f"c{i}", "2024-12-01", "2026-01-10" if i == 0 else None, mrr=10.0)
                for i in range(4)]  # fmt: skip
        mine = Settings.model_validate({"value": {"margin_share": 0.5, "discount_per_year": 0.2}})
        row = one(tables(subscriptions=rows), "clv", period=JANUARY, settings=mine)
        monthly = 1.2 ** (1 / 12)
        assert row["value"] == pytest.approx(5 * monthly / (monthly - 0.75))
        assert row["note"] == (
            "setting value.margin_share is 0.5, not 0.75; "
            "setting value.discount_per_year is 0.2, not 0.1"
        )

    def test_the_interval_is_the_delta_methods(self):
        """Equal margins: only the share kept varies; slope m q ÷ (1 − q r)² of the sum."""
        rows = [spell(f"c{i}", "2024-12-01", "2025-03-01" if i < 20 else None,
                      mrr=100 / 12 / 0.75) for i in range(100)]  # fmt: skip
        row = one(tables(subscriptions=rows), "clv", period="2025")
        q = 1 / 1.1
        half = 1.959964 * 100 * q / (1 - 0.8 * q) ** 2 * np.sqrt(0.8 * 0.2 / 99)
        assert row["high"] - row["value"] == pytest.approx(half, rel=1e-5)
        assert row["value"] - row["low"] == pytest.approx(half, rel=1e-5)

    def test_unlike_customers_keep_more_than_the_mean_rate_says(self):
        """Survivors of Fader & Hardie (2007), high end: S(12) by the model, 0.869¹² by the rate."""
        survivors = [1000, 869, 743, 653, 593, 551, 517, 491]
        ends = [pd.Timestamp("2025-01-01") + pd.DateOffset(months=k + 1)
                for k in range(7) for _ in range(survivors[k] - survivors[k + 1])]  # fmt: skip
        rows = [spell(f"c{i}", "2025-01-01", ends[i] if i < len(ends) else None)
                for i in range(1000)]  # fmt: skip
        log = tables(subscriptions=rows, as_of="2025-08-01")
        result = cx.measure(log, "sbg_alpha,sbg_beta,ret_sbg_12").set_index("metric")["value"]
        assert result["sbg_alpha"] == pytest.approx(0.668, abs=5e-4)
        assert result["sbg_beta"] == pytest.approx(3.806, abs=5e-4)
        assert result["ret_sbg_12"] > 0.36 > 0.869**12


class TestPayback:
    def test_ten_per_cent_a_month_never_pay_back(self):
        point = months_to(1200, 112.5, 0.1)
        assert point.value == np.inf
        assert point.note == "never: at this churn the margin adds up to 1,125 of 1,200"
        assert months_to(1120, 112.5, 0.1).value == 52  # 1 − 0.9^k ≥ 1120 ÷ 1125: k = 51.4
        assert months_to(1200, 112.5, 0.0).value == 11  # the 11th monthly payment

    def test_a_cohort_that_left_before_never_pays_back_one_that_is_there_not_yet(self):
        cost = [{"period_start": "2024-12-01", "period_end": "2025-01-01", "centre": "sales",
                 "amount": 1000.0}]  # fmt: skip
        for end, expected, word in (("2025-03-01", np.inf, "never"), (None, np.nan, "not yet")):
            rows = [spell("A", "2025-01-01", end, mrr=100.0)]
            log = tables(subscriptions=rows, costs=cost, as_of="2025-07-01")
            row = one(log, "cac_cohort", period="2025-01")
            np.testing.assert_equal(row["value"], expected)
            assert row["note"].startswith(word)

    def test_without_costs_or_newcomers_there_is_no_number(self):
        rows = [spell("A", "2026-01-05", mrr=100.0), spell("B", mrr=100.0)]
        costs = [{"period_start": "2025-11-01", "period_end": "2025-12-01", "centre": "sales",
                  "amount": 10.0}]  # fmt: skip
        log = tables(subscriptions=rows, costs=costs)
        row = one(log, "cac", period=JANUARY)  # nothing was spent in December, or not noted
        assert (row["flag"], row["excluded"]) == ("undefined", {"not_recorded": 1})
        assert one(log, "cac", period="2026-02")["flag"] == "empty"

    def test_a_customer_is_won_when_it_begins_to_pay(self):
        """A pays since 5 January, after months for free; B is new on the 20th: 1,200 ÷ 2.

        A pays until 10 March, then has it for free: it is gone from those who pay.
        """
        rows = [spell("A", "2025-06-01", "2026-01-05", mrr=0.0),
                spell("A", "2026-01-05", "2026-03-10", mrr=100.0),
                spell("A", "2026-03-10", mrr=0.0),
                spell("B", "2026-01-20", mrr=100.0)]  # fmt: skip
        costs = [{"period_start": "2025-12-01", "period_end": "2026-01-01", "centre": "sales",
                  "amount": 1200.0}]  # fmt: skip
        log = tables(subscriptions=rows, costs=costs, as_of="2026-06-01")
        row = one(log, "cac_cost", period=JANUARY)
        assert (row["value"], row["n"]) == (600.0, 2)
        view = source_rows(log, "new_customers").set_index("customer_id")
        assert view["fact_gone"].to_dict() == {"A": True, "B": False}
        assert view["fact_paid_months"].to_dict() == {"A": 3, "B": 5}  # 64 and 132 days

    def test_the_period_before_is_as_long_as_the_reports(self):
        months = pd.date_range("2025-07-01", "2026-03-01", freq="MS")
        costs = [{"period_start": m, "period_end": m + pd.DateOffset(months=1),
                  "centre": "marketing", "amount": 100.0 + m.month} for m in months]  # fmt: skip
        rows = [spell("A", "2026-02-05", mrr=1.0), spell("B", "2025-10-02", mrr=1.0)]
        log = tables(subscriptions=rows, costs=costs, as_of="2026-06-01")
        assert one(log, "cac_cost", period="2026-02")["value"] == 101  # January, 31 days
        assert one(log, "cac_cost", period="2025-Q4")["value"] == 324  # July to September

    def test_every_replication_has_its_own_costs(self):
        rows = [
            spell(f"{run}{i}", "2026-01-10", mrr=1.0, replication=run)
            for run in (1, 2)
            for i in range(run)
        ]
        costs = [
            {"period_start": "2025-12-01", "period_end": "2026-01-01", "centre": "sales",
             "amount": amount, "replication": run}
            for run, amount in ((1, 30.0), (2, 80.0))
        ]  # fmt: skip
        result = cx.measure(tables(subscriptions=rows, costs=costs), "cac_cost", by="replication",
                            period=JANUARY)  # fmt: skip
        assert dict(zip(result["replication"], result["value"], strict=True)) == {1: 30.0, 2: 40.0}


class TestOrders:
    def test_what_went_back_altogether_was_no_purchase(self):
        rows = [order(1, "A", "2026-01-05", 10.0), order(2, "A", "2026-01-10", 20.0),
                order(3, "A", "2026-02-15", -20.0, is_refund=True, refers_to="2"),
                order(4, "B", "2026-01-05", 10.0), order(5, "B", "2026-01-10", 20.0),
                order(6, "B", "2026-02-15", -5.0, is_refund=True, refers_to="5")]  # fmt: skip
        log = tables(transactions=rows)
        assert one(log, "loyal", period=JANUARY)["numerator"] == 1  # B keeps most of it
        then = one(log, "loyal", period=JANUARY, as_of=at("2026-02-01"))
        assert then["numerator"] == 2  # as it was known before the refunds

    def test_a_refund_is_negative_whatever_its_sign(self):
        for amount in (-4.0, 4.0):
            rows = [order(1, "A", "2026-01-05", 10.0),
                    order(2, "A", "2026-01-06", amount, is_refund=True)]  # fmt: skip
            assert one(tables(transactions=rows), "clv_historic")["value"] == 4.5  # 75 % of 6

    def test_a_refund_of_nothing_known_lowers_the_spend_and_not_the_count(self):
        rows = [order(1, "A", "2026-01-05", 10.0), order(2, "A", "2026-01-12", 30.0),
                order(3, "A", "2026-01-20", -12.0, is_refund=True)]  # fmt: skip
        view = source_rows(tables(transactions=rows), "purchase_histories")
        assert view[["fact_x", "fact_last_days", "fact_repeat_mean", "fact_spent"]].iloc[
            0
        ].tolist() == [1, 7, 18.0, 28.0]

    def test_an_excluded_purchase_is_no_repeat_and_no_first_one(self):
        """A buys for 10, and for 10 a month later as a test: one day, 0 repeats, 10 spent.

        B's test comes first: B begins in March and has 10 × 75 % = 7.50 of margin, not 0.
        """
        rows = [order(1, "A", "2025-01-01", 10.0),
                order(2, "A", "2025-02-01", 10.0, excluded_reason="test"),
                order(3, "B", "2025-02-01", 90.0, excluded_reason="test"),
                order(4, "B", "2025-03-01", 10.0)]  # fmt: skip
        log = tables(transactions=rows, as_of="2026-06-01")
        row = one(log, "loyal_365d")
        assert (row["n"], row["numerator"], row["excluded"]) == (2, 0, {"test": 2})
        found = source_rows(log, "purchase_histories")
        found = found[found["excluded_reason"].isna()].sort_values("customer_id")
        facts = ["fact_x", "fact_last_days", "fact_repeat_mean", "fact_spent", "fact_margin"]
        assert found[facts].to_numpy().tolist() == [[0, 0, 0.0, 10.0, 7.5]] * 2
        begun = cx.measure(log, "clv_historic", by="month").set_index("month")["n"]
        assert begun[begun > 0].to_dict() == {"2025-01": 1, "2025-03": 1}

    def test_days_are_those_of_the_logs_zone(self):
        """23:30 and 00:30 UTC are one morning in Tokyo and two days in London."""
        rows = [order(1, "A", "2026-01-05T23:30", 10.0), order(2, "A", "2026-01-06T00:30", 10.0)]
        frame = pd.DataFrame(rows)
        frame["at"] = pd.to_datetime(frame["at"], utc=True)
        for zone, repeats in (("Asia/Tokyo", 0), ("Europe/London", 1)):
            log = cx.Tables.from_frames(
                {"transactions": frame}, as_of=at("2026-02-01"), time_zone=zone
            )
            assert one(log, "loyal")["numerator"] == repeats

    def test_a_day_that_just_begins_is_not_observed(self):
        rows = [order(1, "A", "2026-01-05", 10.0), order(2, "A", "2026-02-01", 10.0)]
        log = tables(transactions=rows)
        then = source_rows(log, "purchase_histories", as_of=at("2026-02-01"))
        assert then[["fact_x", "fact_age_days"]].iloc[0].tolist() == [0, 26]

    def test_an_unknown_product_is_no_new_one(self):
        rows = [order(1, "A", "2025-12-05", 10.0, product="x"),
                order(2, "A", "2026-01-05", 10.0, product=None),
                order(3, "B", "2025-12-05", 10.0, product="x"),
                order(4, "B", "2026-01-05", 10.0, product="y")]  # fmt: skip
        row = one(tables(transactions=rows), "xsell", period=JANUARY)
        assert (row["value"], row["excluded"]) == (1.0, {"product_unknown": 1})


def source_rows(log, name, as_of=None, by=None):
    from cxlab.metrics.view import Windows, view_of

    view = view_of(log, as_of)
    rows = view.rows(SOURCES[name], Windows(by, None, "UTC", view.as_of))
    return view.ready([rows])[0].to_pandas()


class TestDepartures:
    def test_the_reasons_of_each_segment_add_up_to_one(self, log):
        result = cx.measure(log, "exit", by="segment,reason")
        assert set(result["reason"]) == {"price", "service", "unknown"}
        assert result.groupby("segment")["value"].sum().to_numpy() == pytest.approx(1)
        assert result.groupby("segment")["n"].nunique().eq(1).all()

    def test_exits_stand_in_the_month_that_churn_loses_them_in(self):
        """A ended with January (at midnight of the 1st): January's exit, as it is its churn.

        B ended on 1 February at one o'clock, C in January at its first midnight: December's.
        """
        rows = [spell("A", end="2026-02-01", churn_reason="price"),
                spell("B", end="2026-02-01T01:00", churn_reason="price"),
                spell("C", end="2026-01-01", churn_reason=None), spell("D")]  # fmt: skip
        log = tables(subscriptions=rows)
        asked = {"by": "month", "period": "2026-Q1"}
        assert one(log, "exit", by="reason", period=JANUARY)["n"] == 1
        assert one(log, "churn", period=JANUARY)["numerator"] == 1
        for metric in ("exit_top3", "exit_unknown"):
            months = cx.measure(log, metric, **asked).set_index("month")["n"]
            assert (months["2026-01"], months["2026-02"]) == (1, 1), metric
        assert one(log, "exit_unknown", period="2025-12")["numerator"] == 1

    def test_exits_of_each_month_are_those_of_the_rate(self, log):
        """exit counts ends of stays, and so does the numerator of churn_rate."""
        ends = cx.measure(log, "exit_unknown", by="month", period="2025").set_index("month")["n"]
        left = source_rows(log, "customer_times", by="month")
        left = left[left["excluded_reason"].isna()].groupby("fact_window_start")["fact_left"].sum()
        left.index = left.index.strftime("%Y-%m")
        assert ends.to_dict() == left["2025-01":"2025-12"].to_dict()
        assert ends.sum() > 50

    def test_without_the_reason_there_is_nothing_to_say(self, log):
        row = one(log, "exit")
        assert (row["flag"], row["note"]) == (
            "undefined", "no reason is grouped by: ask by reason",
        )  # fmt: skip

    def test_feedback_that_does_nothing_looks_good_from_the_wrong_start(self):
        """Immortal time: of 60 customers one leaves every second day, whoever they are.

        From the 5th on, every fifth day, one of those still there answers, the one to leave
        last. In truth nobody stays longer for it.
        """
        leaves = [pd.Timestamp("2026-01-01") + pd.Timedelta(days=2 * i + 1) for i in range(60)]
        rows = [spell(f"c{i}", end=leaves[i]) for i in range(60)]
        rng = np.random.default_rng(1)
        answers = []
        for day in pd.date_range("2026-01-02", "2026-01-31", freq="12h"):
            there = [i for i in range(60) if leaves[i] > day]
            answers.append({"survey_id": str(day), "customer_id": f"c{rng.choice(there)}",
                            "subject_id": "t", "answered_at": day, "score": 5})  # fmt: skip
        asked = pd.DataFrame(answers).assign(
            instrument="csat", scale_min=1, scale_max=5, subject_type="ticket"
        )
        log = tables(subscriptions=rows, surveys=asked.to_dict("records"), as_of="2026-08-01",
                     customers=[{"customer_id": f"c{i}"} for i in range(60)])  # fmt: skip
        spoke = set(asked["customer_id"])
        later = pd.Timestamp("2026-02-01") + pd.Timedelta(days=20)

        def kept(ids):
            return np.mean([leaves[int(i[1:])] > later for i in ids])

        naive = kept(spoke) - kept({f"c{i}" for i in range(60)} - spoke)
        there = {f"c{i}" for i in range(60) if leaves[i] > pd.Timestamp("2026-02-01")}
        landmark = kept(spoke & there) - kept(there - spoke)
        assert naive > 2 * abs(landmark)
        row = one(log, "fb_ret", period=JANUARY)
        assert row["n"] == len(spoke & there)

    def test_the_horizon_has_to_be_over(self):
        rows = [spell("A")]
        asked = {"survey_id": "s", "instrument": "nps", "scale_min": 0, "scale_max": 10,
                 "answered_at": "2026-01-05", "score": 9, "subject_type": "customer",
                 "subject_id": "A"}  # fmt: skip
        log = tables(subscriptions=rows, surveys=[asked], as_of="2026-05-02")
        result = cx.measure(log, "fb_ret,fb_ret_180d", period=JANUARY).set_index("metric")
        assert result.loc["fb_ret", ["n", "pending"]].tolist() == [1, 0]
        assert result.loc["fb_ret_180d", ["n", "pending"]].tolist() == [0, 1]


def test_without_ends_nobody_can_say_who_left():
    rows = [{k: v for k, v in spell("A", mrr=1.0).items() if k != "ended_at"}]
    result = cx.measure(tables(subscriptions=rows), "churn,grr,ret_km_1,churn_ever", period=JANUARY)
    assert set(result["flag"]) <= {"undefined", "empty"}
    assert result["excluded"].iloc[0] == {"not_recorded": 1}
