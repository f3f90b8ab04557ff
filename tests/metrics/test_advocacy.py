"""Advocacy, referrals, rewards: edges by hand."""

import pytest

import cxlab as cx
from tests.metrics.business import contract, log, one, use


def act(at, kind, account="c1"):
    return {"account_id": account, "at": at, "kind": kind}


def lead(number, at, referrer="c1", **more):
    return {"referral_id": f"r{number}", "referrer_id": referrer, "referred_id": f"n{number}",
            "at": at, "status": "open", "closed_at": None, "source_tier": "strategic",
            **more}  # fmt: skip


def won(closed):
    return {"status": "won", "closed_at": closed}


class TestAdvocacy:
    @pytest.mark.parametrize(
        ("at", "counts"), [("2025-03-06", 1), ("2025-03-05T23:59:59", 0), ("+59 23:59:59", 1)]
    )
    def test_a_year_is_365_days_before_the_end(self, at, counts):
        tables = log(subscriptions=[contract()], advocacy_acts=[act(at, "speaking")])
        assert one(tables, "adv")["numerator"] == counts

    def test_two_customers_of_one_account_are_one_account(self):
        customers = [{"customer_id": c, "account_id": "a", "segment": s}
                     for c, s in (("c1", "large"), ("c2", "small"))]  # fmt: skip
        tables = log(customers=customers, advocacy_acts=[act("09:00", "reference", "a")])
        rows = cx.measure(tables, "adv,adv_acts", by="segment,account_id")
        assert rows[["account_id", "value", "n"]].values.tolist() == [["a", 1.0, 1]] * 2
        assert set(rows["segment"]) == {"large"}

    def test_a_month_sees_who_is_active_at_its_end(self):
        spells = [contract(), contract("c2", ended_at="2026-01-31"), contract("c3", "2026-02-10")]
        acts = [act("2026-01-10", "reference", c) for c in ("c1", "c2")]
        tables = log(subscriptions=spells, advocacy_acts=acts, as_of="2026-03-02")
        rows = cx.measure(tables, "adv", by="month", period="2026-Q1").set_index("month")
        assert rows["value"].tolist()[:2] == [1.0, 0.5]
        assert rows["n"].tolist() == [1, 2, 0]
        assert rows.loc["2026-03", "flag"] == "immature"


class TestReviews:
    @pytest.mark.parametrize(
        ("acts", "held", "intent"),
        [
            ([("09:00", "qbr_held"), ("09:00", "qbr_intent")], 1, 1),  # at one instant
            ([("09:00", "qbr_intent"), ("10:00", "qbr_held")], 1, 0),  # before it
            ([("09:00", "qbr_held"), ("+3 09:00", "qbr_held"), ("+4 09:00", "qbr_intent")], 2, 1),
            ([("09:00", "qbr_held"), ("+1 09:00", "intro_made"), ("+2 09:00", "qbr_intent")], 1, 1),
        ],
    )
    def test_willingness_belongs_to_the_review_before_it(self, acts, held, intent):
        row = one(log(advocacy_acts=[act(*a) for a in acts]), "qbr")
        assert (row["n"], row["numerator"]) == (held, intent)

    def test_an_introduction_answers_the_request_before_it(self):
        asked = [act("2025-10-01", "intro_prompted"), act("2025-12-30", "intro_made")]
        assert one(log(advocacy_acts=asked), "warm_accepted")["numerator"] == 1  # 90 days
        late = [asked[0], act("2025-12-30T00:00:01", "intro_made")]
        assert one(log(advocacy_acts=late), "warm_accepted")["numerator"] == 0


class TestReferrals:
    def test_one_lead_of_two_referrers_is_one_lead_and_two_referrers(self):
        leads = [lead(1, "2025-10-02", "c2", **won("2025-11-01")),
                 lead(2, "2025-10-01", "c1", referred_id="n1", **won("2025-11-01"))]  # fmt: skip
        tables = log(subscriptions=[contract(), contract("c2")], referrals=leads)
        row = one(tables, "refc")
        assert (row["n"], row["numerator"], row["excluded"]) == (1, 1, {"referred_before": 1})
        assert one(tables, "refr")["numerator"] == 2
        rows = cx.measure(tables, "refc", by="customer").set_index("customer")["n"]
        assert rows.to_dict() == {"c1": 1, "c2": 0}

    def test_leads_without_a_name_are_not_one_another(self):
        leads = [lead(i, "2025-10-01", referred_id=None) for i in range(3)]
        assert one(log(referrals=leads), "refc")["n"] == 3

    @pytest.mark.parametrize(("closed", "converted"), [("2025-12-30", 1), ("2025-12-31", 0)])
    def test_the_ninetieth_day_counts(self, closed, converted):
        row = one(log(referrals=[lead(1, "2025-10-01", **won(closed))]), "refc")
        assert (row["n"], row["numerator"]) == (1, converted)

    def test_won_when_nobody_knows(self):
        row = one(log(referrals=[lead(1, "2025-10-01", status="won", closed_at=None),
                                 lead(2, "2025-10-01", **won("2025-10-09"))]), "refc")  # fmt: skip
        assert (row["n"], row["excluded"]) == (1, {"undated": 1})

    def test_lost_leads_lower_the_conversion_and_do_not_leave_it(self):
        # Ten leads: five won on day 10, five lost on day 5. Censoring the lost at their loss
        # would say that all convert.
        leads = [lead(i, "2025-10-01", **won("2025-10-11")) for i in range(5)]
        leads += [
            lead(i, "2025-10-01", status="lost", closed_at="2025-10-06") for i in range(5, 10)
        ]
        row = one(log(referrals=leads), "refc_km")
        assert row["value"] == pytest.approx(0.5)
        assert 0.2 < row["low"] < 0.5 < row["high"] < 0.9

    def test_young_leads_enter_as_long_as_they_are_watched(self):
        # Cut-off 6 March 2026. Four leads of 150 days: one won on day 20. Four of 10 days: one won
        # on day 5. S(90) = 7/8 × 3/4: 34.4 % convert, not 1 of 4 and not 2 of 8.
        old = [lead(i, "2025-10-07") for i in range(3)] + [
            lead(3, "2025-10-07", **won("2025-10-27"))
        ]
        young = [lead(i, "2026-02-24") for i in range(4, 7)]
        young += [lead(7, "2026-02-24", **won("2026-03-01"))]
        rows = cx.measure(log(referrals=old + young), "refc,refc_km").set_index("metric")["value"]
        assert rows["refc"] == 0.25
        assert rows["refc_km"] == pytest.approx(1 - 7 / 8 * 3 / 4)

    def test_nobody_was_watched_for_90_days(self):
        row = one(log(referrals=[lead(1, "09:00")]), "refc_km")
        assert row["flag"] == "undefined"

    def test_an_earlier_state_knows_no_later_end(self):
        tables = log(referrals=[lead(1, "2025-10-01", **won("2025-11-01"))])
        then = cx.metrics.examples.clock("2025-10-15")
        assert one(tables, "refw", as_of=then)["pending"] == 1
        assert one(tables, "refw_created", as_of=then)["value"] == 0.0
        assert one(tables, "refw")["value"] == 1.0


class TestRewards:
    COUPON = ("campaign_id", "customer_id", "kind", "issued_at", "expires_at", "redeemed_at")

    @pytest.mark.parametrize(
        ("issued", "expires", "redeemed", "state"),
        [
            ("2025-10-01", "2025-11-01", "2025-11-01", (1, 1, 0)),  # on the last day
            ("2025-10-01", "2025-11-01", "2025-11-02", (1, 0, 0)),
            ("2025-10-01", None, "2025-12-30", (1, 1, 0)),  # 90 days
            ("2025-10-01", None, "2025-12-31", (1, 0, 0)),
            ("2026-03-01", None, "2026-03-02", (0, 0, 1)),  # redeemed, and yet too young
            ("2025-10-01", "2026-12-01", None, (0, 0, 1)),
        ],
    )
    def test_redeemed_in_time(self, issued, expires, redeemed, state):
        values = ("k", "c1", "coupon", issued, expires, redeemed)
        tables = log(campaigns=[dict(zip(self.COUPON, values, strict=True))])
        row = one(tables, "redm")
        assert (row["n"], row["numerator"], row["pending"]) == state

    def test_an_issue_without_a_value_is_in_the_count_alone(self):
        base = dict(zip(self.COUPON, ("k", "c1", "coupon", "2025-10-01", None, None), strict=True))
        rows = [{**base, "value": 5.0}, {**base, "customer_id": "c2", "value": None}]
        found = cx.measure(log(campaigns=rows), "redm,redm_value").set_index("metric")
        assert found["n"].tolist() == [2, 1]
        assert found.loc["redm_value", "excluded"] == {"not_recorded": 1}

    def test_a_member_who_left_is_eligible_and_not_a_member(self):
        member = {"customer_id": "c1", "eligible_from": "2025-01-01", "enrolled_at": "2025-02-01",
                  "left_at": "+20 00:00"}  # fmt: skip
        points = {"campaign_id": "p", "customer_id": "c1", "kind": "points", "issued_at": "09:00"}
        tables = log(loyalty_members=[member], campaigns=[points], as_of="2026-03-02")
        rows = cx.measure(tables, "loyp,loyp_enrolled", by="month", period="2026-01")
        assert rows["value"].tolist() == [0.0, 0.0]
        then = cx.metrics.examples.clock("+19 00:00")
        rows = cx.measure(tables, "loyp,loyp_enrolled", as_of=then)
        assert rows["value"].tolist() == [1.0, 1.0]

    def test_without_campaigns_nobody_knows_who_is_active(self):
        member = {"customer_id": "c1", "eligible_from": "2025-01-01", "enrolled_at": "2025-02-01"}
        rows = cx.measure(log(loyalty_members=[member]), "loyp,loyp_enrolled").set_index("metric")
        assert rows["flag"].tolist() == ["undefined", "small_n"]


def test_renewals_are_looked_at_for_30_days_after_them():
    spells = [contract(renewed_at="09:00"), contract("c2", renewed_at="+31 00:00")]
    row = one(log(subscriptions=spells, usage_events=[use("+30 09:00")]), "pr_eng")
    assert (row["n"], row["numerator"], row["pending"]) == (1, 1, 1)


def test_replications_do_not_mix():
    spells = [{**contract(), "replication": r} for r in (1, 2)]
    acts = [{**act("09:00", "reference"), "replication": 1}]
    events = [{**use("+50 09:00"), "replication": 2}]
    tables = log(subscriptions=spells, advocacy_acts=acts, usage_events=events)
    rows = cx.measure(tables, "adv,portal", by="replication")
    found = {(r["metric"], r["replication"]): r["n"] for _, r in rows.iterrows()}
    assert found == {("adv", 1): 1, ("adv", 2): 1, ("portal", 1): 0, ("portal", 2): 1}
    assert rows.loc[rows["metric"] == "adv", "value"].tolist() == [1.0, 0.0]
