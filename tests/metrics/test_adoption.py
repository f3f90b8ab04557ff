"""Visits, adoption, utilisation: edges by hand, the whole against plain pandas."""

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics import METRICS
from tests.metrics.business import AS_OF, contract, counted, log, one, random_business, use

EXPORT = {"account_id": "c1", "feature": "export", "granted_at": "09:00"}
REPORTS = {"account_id": "c1", "feature": "reports", "granted_at": "2025-01-01"}
SOURCES = {
    "user_periods", "seat_periods", "feature_users", "feature_accounts", "entitled_periods",
    "packs", "engaged", "renewals", "journeys", "related_accounts", "healthy", "advocates",
    "reviews", "reviewed_accounts", "prompts", "referrals", "referrers", "rewards", "members",
}  # fmt: skip
IDS = [name for name, m in METRICS.items() if m.basis.source in SOURCES]


@pytest.fixture(scope="module")
def frames():
    return random_business()


@pytest.fixture(scope="module")
def business(frames):
    return cx.Tables.from_frames(frames, as_of=AS_OF)


@pytest.fixture(scope="module")
def whole(business):
    return cx.measure(business, IDS).set_index("metric")


@pytest.fixture(scope="module")
def by_segment(business):
    return cx.measure(business, IDS, by="segment")


BY_MONTH = [
    m for m in IDS if METRICS[m].basis.source in
    ("renewals", "journeys", "reviews", "prompts", "referrals", "rewards", "feature_users",
     "feature_accounts", "packs")
]  # fmt: skip


@pytest.fixture(scope="module")
def by_month(business):
    return cx.measure(business, BY_MONTH, by="month", tz="America/New_York")


class TestTheWhole:
    def test_every_metric_has_a_value(self, whole):
        assert len(IDS) >= 40
        unknown = set(whole.index[whole["value"].isna()])
        # No right has ended, nobody of the random customers has a ticket, and the median of
        # those who exceed a goal is not reached.
        assert unknown <= {"util_units", "health_points", "ttev"}

    @pytest.mark.parametrize("metric", IDS)
    def test_groups_add_up_to_the_whole(self, whole, by_segment, metric):
        parts = by_segment[by_segment["metric"] == metric]
        assert sum(counted(row) for _, row in parts.iterrows()) == counted(whole.loc[metric])
        assert parts["n"].sum() == whole.loc[metric, "n"]

    @pytest.mark.parametrize("metric", BY_MONTH)
    def test_months_add_up_to_the_whole(self, by_month, whole, metric):
        parts = by_month[by_month["metric"] == metric]
        assert sum(counted(row) for _, row in parts.iterrows()) == counted(whole.loc[metric])

    def test_rows_in_are_rows_out(self, frames, whole):
        assert counted(whole.loc["refc"]) == len(frames["referrals"])
        assert counted(whole.loc["redm"]) == len(frames["campaigns"])
        assert counted(whole.loc["ttev"]) == len(frames["customers"])
        strategic = frames["referrals"]["source_tier"] == "strategic"
        # A lead of a customer that is excluded is excluded before anybody asks for its tier.
        out = frames["customers"].dropna(subset="excluded_reason")["customer_id"]
        gone = frames["referrals"]["referrer_id"].isin(out)
        assert counted(whole.loc["refw"]) == int((strategic | gone).sum())
        acts = frames["advocacy_acts"]
        assert counted(whole.loc["qbr"]) == int((acts["kind"] == "qbr_held").sum())
        assert counted(whole.loc["warm_accepted"]) == int((acts["kind"] == "intro_prompted").sum())
        renewed = frames["subscriptions"]["renewed_at"]
        assert counted(whole.loc["pr_eng"]) == int(renewed.notna().sum())

    def test_an_excluded_customer_takes_its_rows_along(self, frames, business, whole):
        out = frames["customers"].dropna(subset="excluded_reason")["customer_id"]
        assert len(out)
        mine = frames["campaigns"]["customer_id"].isin(out)
        assert whole.loc["redm", "excluded"] == {"test": int(mine.sum())}

    def test_visits_equal_a_plain_loop_over_the_events(self, frames, business):
        events = frames["usage_events"].merge(
            frames["customers"][["customer_id", "excluded_reason"]], on="customer_id",
            suffixes=("", "_customer"),
        )  # fmt: skip
        kept = events["excluded_reason"].isna() & ~events["is_automated"]
        kept &= events["excluded_reason_customer"].isna()
        month = events["at"].dt.strftime("%Y-%m")
        visits, people = 0, set()
        for user, own in events[kept].sort_values("at").groupby("user_id"):
            last = None
            for at, name in zip(own["at"], month[own.index], strict=True):
                begins = last is None or (at - last).total_seconds() >= 1800
                if begins and name == "2026-03":
                    visits += 1
                    people.add(user)
                last = at
        row = one(business, "portal", period="2026-03")
        assert row["n"] == len(people)
        assert row["numerator"] == visits

    def test_converted_leads_equal_pandas(self, frames, whole):
        leads = frames["referrals"].merge(
            frames["customers"][["customer_id", "excluded_reason"]],
            left_on="referrer_id", right_on="customer_id",
        )  # fmt: skip
        leads = leads.sort_values(["at", "referral_id"])
        leads = leads[leads["excluded_reason"].isna()]
        every = frames["referrals"].sort_values(["at", "referral_id"])
        first = every.drop_duplicates("referred_id")["referral_id"]
        leads = leads[leads["referral_id"].isin(first)]
        old = leads[leads["at"] + pd.Timedelta("90D") <= pd.Timestamp(AS_OF)]
        quick = (old["status"] == "won") & (old["closed_at"] - old["at"] <= pd.Timedelta("90D"))
        assert whole.loc["refc", "n"] == len(old)
        assert whole.loc["refc", "numerator"] == quick.sum()


class TestVisits:
    @pytest.mark.parametrize(
        ("events", "visits"),
        [
            (["09:00", "09:29:59", "09:59:58"], 1),  # each within 30 min of the one before
            (["09:00", "09:30:00"], 2),  # 30 min without activity end a visit
            (["23:50", "+1 00:10"], 1),  # midnight does not
        ],
    )
    def test_half_an_hour_without_activity_ends_a_visit(self, events, visits):
        tables = log(usage_events=[use(at) for at in events])
        assert one(tables, "portal")["numerator"] == visits

    def test_the_clock_runs_from_the_end_of_what_lasted(self):
        long, inside = use("09:00", duration_s=7200.0), use("09:05", duration_s=60.0)
        tables = log(usage_events=[long, inside, use("11:20")])
        assert one(tables, "portal")["numerator"] == 1

    def test_programs_do_not_keep_a_visit_alive(self):
        robot = use("09:20", is_automated=True)
        tables = log(usage_events=[use("09:00"), robot, use("09:40")])
        assert one(tables, "portal")["numerator"] == 2

    def test_people_who_share_a_name_at_two_customers_are_two(self):
        tables = log(usage_events=[use("09:00"), use("09:05", customer="c2")])
        row = one(tables, "portal")
        assert (row["n"], row["value"]) == (2, 1.0)

    def test_without_people_every_customer_is_one_and_the_note_says_so(self):
        events = [{"customer_id": "c1", "at": at, "feature": "x"} for at in ("09:00", "12:00")]
        row = one(log(usage_events=events), "portal")
        assert (row["n"], row["value"]) == (1, 2.0)
        assert "every customer is taken for one person" in row["note"]
        assert "programs are not told apart" in row["note"]

    def test_a_month_that_is_not_over_is_pending(self):
        tables = log(usage_events=[use("09:00"), use("2026-02-10")], as_of="+40 00:00")
        rows = cx.measure(tables, "portal", by="month").set_index("month")
        assert rows.loc["2026-01", "value"] == 1.0
        assert (rows.loc["2026-02", "pending"], rows.loc["2026-02", "flag"]) == (1, "immature")

    def test_months_and_days_are_those_of_the_zone(self):
        # 31 January 23:30 UTC is 1 February in Berlin; the clock change of 29 March lies inside.
        events = [use("2026-01-31T23:30"), use("2026-02-01T09:00"), use("2026-03-02T09:00")]
        tables = log(usage_events=events, as_of="2026-04-01")
        rows = cx.measure(tables, "portal_days", by="month", tz="Europe/Berlin")
        assert rows["month"].tolist() == ["2026-02", "2026-03"]
        assert rows["value"].tolist() == [1.0, 1.0]
        utc = cx.measure(tables, "portal_days", by="month").set_index("month")["value"]
        assert (utc["2026-01"], utc["2026-02"]) == (1.0, 1.0)
        march = one(tables, "portal_dau_mau", period="2026-03", tz="Europe/Berlin")
        assert march["value"] == pytest.approx(1 / 31)

    def test_a_period_that_began_before_the_clock_change_keeps_its_name(self):
        # First event on 30 October, after summer time ended; the month began in summer time.
        tables = log(usage_events=[use("2026-10-30T09:00")], as_of="2026-12-15")
        rows = cx.measure(tables, "portal", by="month", tz="Europe/Berlin")
        assert rows.loc[rows["n"] > 0, "month"].tolist() == ["2026-10"]

    def test_seats_count_for_the_time_that_they_were_there(self):
        spells = [contract(seats=10), contract("c2", "2026-02-15", seats=10),
                  contract("c3", seats=50, is_trial=True)]  # fmt: skip
        tables = log(usage_events=[use("2026-02-10")], subscriptions=spells, as_of="2026-03-05")
        row = one(tables, "portal_licensed", period="2026-02")
        assert (row["value"], row["n"]) == (pytest.approx(1 / 15), 2)


class TestTheStart:
    """Use, orders and contracts older than the first ticket are no less counted for it."""

    def log(self, first_use="2026-01-02", **more):
        uses = [use(first_use), use("2026-02-02")]
        return log(as_of="2026-03-01", usage_events=uses, **more)

    def tickets(self):
        return [{"ticket_id": "T", "channel": "email", "status": "open", "customer_id": "c1",
                 "created_at": "2026-02-01"}]  # fmt: skip

    def test_a_ticket_takes_no_visit_away(self):
        for more in ({}, {"tickets": self.tickets()}):
            row = one(self.log(**more), "portal")
            assert (row["value"], row["n"]) == (2.0, 1)
            assert row["period_start"] == pd.Timestamp("2026-01-02", tz="UTC")
            months = cx.measure(self.log(**more), "portal", by="month")
            assert months.set_index("month")["value"].to_dict() == {"2026-01": 1, "2026-02": 1}

    def test_nor_an_order(self):
        orders = [{"transaction_id": at, "customer_id": "c1", "at": at, "amount": 1.0}
                  for at in ("2026-01-02", "2026-02-02")]  # fmt: skip
        tables = log(as_of="2026-03-01", transactions=orders, tickets=self.tickets())
        months = cx.measure(tables, "loyal", by="month").set_index("month")
        assert {"2026-01", "2026-02"} <= set(months.index)

    def test_the_periods_of_the_desk_begin_with_its_first_ticket(self):
        people = [{"customer_id": "c1", "acquired_at": "2020-01-01"}]
        tables = log(as_of="2026-03-01", tickets=self.tickets(), customers=people)
        months = cx.measure(tables, "vol_per_100_customers", by="month")
        assert months["month"].tolist()[0] == "2026-02"

    def test_months_of_a_zone_know_its_clock_long_before_the_first_ticket(self):
        # 22:30 UTC on 31 July 2024 is 00:30 on 1 August in Berlin, a year and a half before.
        tables = self.log("2024-07-31 22:30", tickets=self.tickets())
        months = cx.measure(tables, "portal", by="month", tz="Europe/Berlin")
        assert months["month"].tolist()[0] == "2024-08"


class TestAdoption:
    @pytest.mark.parametrize(
        ("at", "adopted"), [("08:59:59", 0), ("09:00", 1), ("+30 08:59:59", 1), ("+30 09:00", 0)]
    )
    def test_thirty_days_begin_with_the_grant(self, at, adopted):
        events = [use("08:00"), use(at, feature="export")]
        tables = log(usage_events=events, entitlements=[EXPORT])
        assert one(tables, "adopt")["numerator"] == adopted
        assert one(tables, "adopt_account")["numerator"] == adopted

    def test_who_came_later_has_thirty_days_of_their_own(self):
        events = [use("+25 09:00"), use("+50 09:00", feature="export")]
        tables = log(usage_events=events, entitlements=[EXPORT])
        assert one(tables, "adopt")["numerator"] == 1
        assert one(tables, "adopt_account")["numerator"] == 0

    def test_access_that_was_taken_away_is_left_out(self):
        right = {**EXPORT, "revoked_at": "+20 09:00"}
        row = one(log(usage_events=[use("09:00")], entitlements=[right]), "adopt")
        assert (row["n"], row["excluded"]) == (0, {"access_ended": 1})

    def test_more_seats_later_are_not_a_second_grant(self):
        rights = [EXPORT, {**EXPORT, "granted_at": "+10 09:00"}]
        tables = log(usage_events=[use("09:00", feature="export")], entitlements=rights)
        assert one(tables, "adopt")["n"] == 1

    def test_an_excluded_right_gives_no_access_and_takes_none_away(self):
        """Ann uses the export on day 35, 26 days after the grant that counts.

        The test grant of day 0 neither begins the thirty days, nor does its open end hide that
        the other right was revoked on day 15, six days after it began.
        """
        test = {**EXPORT, "excluded_reason": "test"}
        late = {**EXPORT, "granted_at": "+09 09:00"}
        events = [use("09:00"), use("+35 09:00", feature="export")]
        tables = log(usage_events=events, entitlements=[test, late], as_of="+90 00:00")
        assert one(tables, "adopt")["numerator"] == 1  # within 30 days of day 9, not of day 0
        ended = {**late, "revoked_at": "+15 09:00"}
        tables = log(usage_events=events, entitlements=[test, ended], as_of="+90 00:00")
        row = one(tables, "adopt")
        assert (row["n"], row["excluded"]) == (0, {"access_ended": 1})

    def test_an_excluded_right_alone_is_counted_as_excluded(self):
        rights = [{**EXPORT, "excluded_reason": "test"}]
        row = one(log(usage_events=[use("09:00")], entitlements=rights), "adopt")
        assert (row["n"], row["excluded"]) == (0, {"test": 1})

    def test_customers_find_their_account(self):
        tables = log(
            usage_events=[use("09:00", customer="x", feature="export")],
            customers=[{"customer_id": "x", "account_id": "c1", "segment": "large"}],
            entitlements=[EXPORT],
        )
        rows = cx.measure(tables, "adopt,adopt_account", by="segment,feature")
        assert (
            rows[["segment", "feature", "value"]].values.tolist() == [["large", "export", 1.0]] * 2
        )

    def test_without_rights_nothing_can_be_said(self):
        row = one(log(usage_events=[use("09:00")]), "adopt")
        assert (row["flag"], row["n"]) == ("undefined", 0)


class TestUtilisation:
    def test_a_right_without_a_quantity_is_not_nought(self):
        rights = [{**REPORTS, "quantity": None}, {**REPORTS, "account_id": "c2",
                                                     "quantity": 2.0}]  # fmt: skip
        row = one(log(usage_events=[use("09:00", customer="c2")], entitlements=rights), "util")
        assert (row["value"], row["n"], row["excluded"]) == (0.5, 1, {"not_recorded": 1})

    def test_nothing_entitled_is_no_division_by_zero(self):
        tables = log(usage_events=[use("09:00")], entitlements=[{**REPORTS, "quantity": 0.0}])
        rows = cx.measure(tables, "util,util_mean,gap").set_index("metric")
        assert rows["value"].isna().all()
        assert set(rows["flag"]) == {"undefined"}

    def test_before_the_log_of_use_nothing_was_unused(self):
        rights = [{**REPORTS, "quantity": 2.0}]
        spells = [contract(seats=2, mrr=100.0)]
        tables = log(
            usage_events=[use("2026-01-20")], entitlements=rights, subscriptions=spells,
            as_of="2026-03-05",
        )  # fmt: skip
        rows = cx.measure(tables, "util,gap_money,portal_licensed,eng", by="month",
                          period="2025-Q4")  # fmt: skip
        assert rows["value"].isna().all()
        assert set(rows["flag"]) == {"undefined"}
        rows = cx.measure(tables, "util,gap_money,portal_licensed,eng", period="2026-01")
        assert rows["value"].tolist() == pytest.approx([0.5, 50.0, 0.5, 7.0])

    def test_money_for_unused_seats_needs_the_price(self):
        spells = [contract(seats=4, mrr=100.0), contract("c2", seats=4),
                  contract("c3", mrr=100.0)]  # fmt: skip
        row = one(log(usage_events=[use("09:00")], subscriptions=spells), "gap_money")
        assert (row["value"], row["excluded"]) == (75.0, {"not_recorded": 2})

    def test_money_in_two_currencies_is_no_sum(self):
        spells = [contract("c1", seats=2, mrr=100.0, currency="EUR"),
                  contract("c2", seats=2, mrr=100.0, currency="USD")]  # fmt: skip
        tables = log(usage_events=[use("09:00")], subscriptions=spells)
        assert np.isnan(one(tables, "gap_money")["value"])
        rows = cx.measure(tables, "gap_money", by="currency")
        assert rows["value"].tolist() == [50.0, 100.0]

    def test_gap_and_capped_utilisation_add_up_to_one(self, whole):
        total = whole.loc["gap", "value"] + whole.loc["util_capped", "value"]
        assert total == pytest.approx(1, abs=1e-9)
        assert np.isfinite(whole.loc["util", ["low", "high"]].astype(float)).all()
