"""Engagement, value, relationship, health and their settings: edges by hand."""

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics import METRICS, Settings, load_settings
from cxlab.metrics.scores import ACTIVITIES, HEALTH_MEASURES
from tests.metrics.business import AS_OF, contract, log, one, random_business, use
from tests.metrics.test_value import source_rows

DAY = 86400.0


def settings(tmp_path, text):
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def answer(score, at, customer="c1", instrument="csat", **more):
    return {"survey_id": f"{customer}{instrument}{at}", "instrument": instrument, "scale_min": 1,
            "scale_max": 5, "subject_type": "customer", "subject_id": customer, "answered_at": at,
            "score": score, **more}  # fmt: skip


class TestSettings:
    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("[engagement.weights]\nactive_days = 40", "add up to 100, not 110"),
            ("[engagement.weights]\nactive_day = 30", "did you mean 'active_days'"),
            ("[engagement.caps]\norders = 0", "greater than 0"),
            ("[health.weights]\nsupport = 10", "add up to 100, not 90"),
            ("[health.weights]\nnps = 10", "unknown key health.weights.nps"),
            ("[health]\nband_tops = [40, 20]", "rise between 0 and 100"),
            ("[health]\nband_tops = [0, 20]", "rise between 0 and 100"),
            ("[relationship.roles]\nsponsor = 60", "add up to 100, not 60"),
            ("[relationship.roles]\nsponsor = 120\nbuyer = -20", "not negative"),
            ("[relationship.weights]\nbreadth = 41", "add up to 100, not 101"),
            ("[relationships]\nhalf_life_days = 3", "did you mean 'relationship'"),
        ],
    )
    def test_what_does_not_add_up_or_has_no_such_name_is_refused(self, tmp_path, text, message):
        with pytest.raises(cx.InputError, match=message):
            settings(tmp_path, text)

    def test_the_published_weights_are_the_defaults(self):
        assert Settings().relationship.weights.model_dump() == {
            "breadth": 40, "seniority": 25, "quality": 20, "multithread": 10, "advocate": 5,
        }  # fmt: skip
        assert Settings().relationship.half_life_days == 45
        assert sum(Settings().health.weights.model_dump().values()) == 100
        assert sum(Settings().engagement.weights.model_dump().values()) == 100

    def test_changed_weights_change_the_score_and_stand_in_its_note(self, tmp_path):
        tables = log(subscriptions=[contract()], usage_events=[use("+50 09:00")])
        usual = one(tables, "eng")
        assert usual["value"] == pytest.approx((30 * 1 / 20 + 20 * 1 / 10) / 50 * 100)
        assert "setting" not in usual["note"]
        text = "[engagement.weights]\nactive_days = 0\nfeatures = 50\n[value]\nmargin_share = 0.5"
        changed = one(tables, "eng", settings=settings(tmp_path, text))
        assert changed["value"] == pytest.approx(10.0)
        assert "setting engagement.weights.features is 50.0, not 20.0" in changed["note"]
        assert "margin_share" not in changed["note"]
        assert "setting" not in one(tables, "adopt", settings=settings(tmp_path, text))["note"]

    def test_weights_name_the_measures_that_exist(self):
        assert set(ACTIVITIES) == set(type(Settings().engagement.caps).model_fields)
        assert len(HEALTH_MEASURES) == 5


class TestEngagement:
    def test_the_cap_is_full_marks_and_no_more(self):
        events = [use(f"+{40 + i % 18} {i:02d}:00", feature=f"f{i}") for i in range(18)]
        tables = log(subscriptions=[contract()], usage_events=events)
        # 18 of 20 days and 18 features of 10, which are 10 of 10.
        assert one(tables, "eng")["value"] == pytest.approx((30 * 0.9 + 20) / 50 * 100)

    def test_who_did_nothing_counts_as_0_and_what_nobody_records_does_not(self):
        orders = [{"transaction_id": "t", "customer_id": "c1", "at": "+50 09:00", "amount": 9.0}]
        none = pd.DataFrame({c: pd.Series(dtype="str") for c in ("customer_id", "at", "feature")})
        tables = log(
            subscriptions=[contract(), contract("c2")], transactions=orders, usage_events=none
        )
        rows = cx.measure(tables, "eng", by="customer").set_index("customer")["value"]
        assert rows.to_dict() == {"c1": 25.0, "c2": 0.0}  # 1 of 4 orders; use weighs nothing
        assert "orders" not in one(tables, "eng")["note"]
        assert "messages are not recorded" in one(tables, "eng")["note"]

    def test_an_order_is_a_day_of_purchases_that_were_kept(self):
        line = {"customer_id": "c1", "at": "+50 09:00", "amount": 9.0}
        lines = [{**line, "transaction_id": f"t{i}"} for i in range(4)]
        sent_back = [
            {**line, "transaction_id": "u", "customer_id": "c2"},
            {**line, "transaction_id": "v", "customer_id": "c2", "at": "+51 09:00",
             "is_refund": True, "refers_to": "u"},
        ]  # fmt: skip
        tables = log(subscriptions=[contract(), contract("c2")], transactions=lines + sent_back)
        rows = cx.measure(tables, "eng", by="customer").set_index("customer")["value"]
        # Four lines of one day are 1 of 4 orders; what went back altogether is none.
        assert rows.to_dict() == {"c1": 25.0, "c2": 0.0}

    def test_acts_count_for_the_customers_of_the_account(self):
        tables = log(
            customers=[{"customer_id": c, "account_id": "a"} for c in ("c1", "c2")],
            advocacy_acts=[{"account_id": "a", "at": "+50 09:00", "kind": "reference"},
                           {"account_id": "a", "at": "+50 09:00", "kind": "qbr_held"}],
        )  # fmt: skip
        row = one(tables, "eng")
        assert (row["value"], row["n"]) == (100.0, 2)
        assert "every customer acquired counts as active" in row["note"]

    def test_messages_are_the_customers_own(self):
        ticket = {"ticket_id": "T", "customer_id": "c1", "channel": "email", "status": "open",
                  "created_at": "+50 08:00"}  # fmt: skip
        said = {"ticket_id": "T", "channel": "email", "is_public": True}
        messages = [{**said, "message_id": str(i), "at": "+50 09:00", "author_type": who}
                    for i, who in enumerate(["customer", "agent", "customer"])]  # fmt: skip
        tables = log(subscriptions=[contract()], tickets=[ticket], messages=messages)
        assert one(tables, "eng")["value"] == pytest.approx(40.0)  # 2 of 5 messages

    def test_ranks_and_standard_scores_of_segments(self):
        # Active on 4, 2, 2 and 0 days: ranks 3.5, 2, 2 and 0.5 of 4; z of 4, 2, 2, 0 with mean 2
        # and standard deviation √2 are √2, 0, 0 and −√2. Features 1, 1, 1, 0: ranks 2.5, 2.5, 2.5
        # and 0.5; z (1 − ¾) ÷ √(3/16) = 0.5774 three times and −1.7321.
        days = {"c1": 4, "c2": 2, "c3": 2, "c4": 0}
        tables = log(
            customers=[{"customer_id": c, "acquired_at": "2025-01-01", "segment": c} for c in days],
            usage_events=[use(f"+{40 + i} 09:00", customer=c) for c, n in days.items()
                          for i in range(n)],
        )  # fmt: skip
        rows = cx.measure(tables, "eng_rank,eng_z", by="segment")
        ranks, zs = (rows[rows["metric"] == m].set_index("segment")["value"]
                     for m in ("eng_rank", "eng_z"))  # fmt: skip
        assert ranks["c1"] == pytest.approx((30 * 87.5 + 20 * 62.5) / 50)
        assert ranks["c4"] == pytest.approx(12.5)
        third = 1 / 3**0.5
        assert zs["c1"] == pytest.approx(50 + 10 * (30 * 2**0.5 + 20 * third) / 50)
        assert zs["c4"] == pytest.approx(50 - 10 * (30 * 2**0.5 + 20 * 3**0.5) / 50)

    def test_where_nobody_does_anything_nothing_is_scored(self):
        tables = log(subscriptions=[contract()], usage_events=[use("2025-01-01")])
        rows = cx.measure(tables, "eng,eng_rank,eng_z")
        assert rows["value"].isna().all()
        assert rows["excluded"].tolist() == [{"not_recorded": 1}] * 3

    def test_months_see_their_own_last_30_days(self):
        tables = log(
            subscriptions=[contract()], usage_events=[use("2026-01-20"), use("2026-01-21")],
            as_of="2026-04-01",
        )  # fmt: skip
        rows = cx.measure(tables, "eng", by="month", period="2026-Q1").set_index("month")["value"]
        assert rows["2026-01"] == pytest.approx((30 * 0.1 + 20 * 0.1) / 50 * 100)
        # 30 days before 1 March begin on 30 January: nothing is left.
        assert (rows["2026-02"], rows["2026-03"]) == (0.0, 0.0)


class TestTimeToValue:
    def goal(self, customer, at, kind="exceeded"):
        return {"customer_id": customer, "name": "g", "kind": kind, "at": at}

    def test_it_is_undefined_while_fewer_than_half_have_exceeded(self):
        spells = [contract(f"c{i}", "00:00") for i in range(5)]
        goals = [self.goal("c0", "+3 00:00"), self.goal("c1", "+4 00:00")]
        rows = cx.measure(log(subscriptions=spells, milestones=goals), "ttev,ttev_reached")
        assert rows["flag"].tolist() == ["undefined", "small_n"]
        assert rows["n"].tolist() == [5, 2]
        assert rows["value"].tolist()[1] == 3.5 * DAY
        assert rows["pending"].tolist() == [0, 3]

    def test_goals_before_the_start_are_told_not_averaged(self):
        spells = [contract(f"c{i}", "+10 00:00") for i in range(3)]
        goals = [self.goal("c0", "+3 00:00"), self.goal("c1", "+20 00:00"),
                 self.goal("c2", "+20 00:00")]  # fmt: skip
        row = one(log(subscriptions=spells, milestones=goals), "ttev")
        assert (row["value"], row["excluded"]) == (10 * DAY, {"before_start": 1})

    def test_an_excluded_spell_hides_no_departure(self):
        """c0 left on day 10 without a goal, whatever its test spell does; c1 had one on day 5."""
        spells = [contract(f"c{i}", "00:00", ended_at="+10 00:00") for i in range(2)]
        spells += [contract("c0", "+01 00:00", excluded_reason="test")]
        goals = [self.goal("c1", "+5 00:00")]
        rows = source_rows(log(subscriptions=spells, milestones=goals), "journeys")
        seen = rows.set_index("customer_id")["fact_duration"]
        assert seen.to_dict() == {"c0": 10 * DAY, "c1": 5 * DAY}

    def test_it_equals_a_plain_product_over_random_customers(self):
        frames = random_business(seed=11, customers=60)
        goals = frames["milestones"]
        goals = pd.concat([goals, goals.assign(customer_id=[f"c{i:02d}" for i in range(25, 50)])])
        frames["milestones"] = goals.assign(kind="exceeded", at=goals["at"] + pd.Timedelta("60D"))
        frames["milestones"] = frames["milestones"][frames["milestones"]["at"] < AS_OF]
        row = one(cx.Tables.from_frames(frames, as_of=AS_OF), "ttev")
        own = frames["subscriptions"].merge(
            frames["customers"][["customer_id", "excluded_reason"]], on="customer_id"
        )
        own = own[own["excluded_reason"].isna()]
        reached = own["customer_id"].map(frames["milestones"].groupby("customer_id")["at"].min())
        end = reached.fillna(own["ended_at"]).fillna(pd.Timestamp(AS_OF))
        spent = (end - own["started_at"]).dt.total_seconds()
        left, survival, median = len(own), 1.0, np.nan
        assert (spent >= 0).all()
        for t, event in sorted(
            zip(spent, reached.notna(), strict=True), key=lambda p: (p[0], not p[1])
        ):
            if event:
                survival *= 1 - 1 / left
            left -= 1
            if survival <= 0.5 and np.isnan(median):
                median = t
        assert row["value"] == pytest.approx(median)


class TestRelationship:
    def people(self, *rows):
        return [{"account_id": "c1", "person_id": f"p{i}", "role": role, "last_contact_at": at}
                for i, (role, at) in enumerate(rows)]  # fmt: skip

    @pytest.mark.parametrize(
        ("people", "depth"),
        [
            ([("sponsor", "+60 00:00")], 40.0),
            ([("sponsor", "+60 00:00"), ("sponsor", "+60 00:00")], 40.0),  # breadth, not heads
            ([("user", "+15 00:00"), ("buyer", "+15 00:00")], 30.0),  # 45 days halve each
            ([("guest", "+60 00:00"), ("user", None)], 0.0),
        ],
    )
    def test_roles_by_weight_and_freshness(self, people, depth):
        tables = log(subscriptions=[contract()], stakeholders=self.people(*people))
        assert one(tables, "rel")["value"] == pytest.approx(depth)

    def test_a_log_with_other_roles_is_told_so_not_scored_0(self):
        people = self.people(("Sponsorin", "+60 00:00"))
        row = one(log(subscriptions=[contract()], stakeholders=people), "rel")
        assert (row["flag"], row["excluded"]) == ("undefined", {"roles_not_named": 1})

    def test_accounts_that_left_are_not_in_it(self):
        spells = [contract(ended_at="+10 00:00"), contract("c2")]
        row = one(log(subscriptions=spells, stakeholders=self.people(("user", "09:00"))), "rel")
        assert (row["n"], row["excluded"]) == (0, {"no_stakeholders": 1})


class TestHealth:
    def test_a_missing_measure_is_not_0(self):
        tables = log(subscriptions=[contract()], surveys=[answer(5, "+50 09:00")])
        row = one(tables, "health")
        # The answer is also the only activity there is: engagement 1 of 1.
        assert row["value"] == 100.0
        assert "support is left out" in row["note"]

    @pytest.mark.parametrize(
        ("more", "goodness"),
        [
            ({"instrument": "ces", "version": "ces_1"}, 0.0),  # effort: 5 of 5 is worst
            ({"instrument": "ces", "version": "ces_1", "direction": "down"}, 0.0),
            # A form whose labels run the other way: 5 of 5 is very little effort, the best.
            ({"instrument": "ces", "version": "ces_1", "direction": "up"}, 100.0),
            ({"instrument": "ces", "version": "ces_2"}, 100.0),
            ({"instrument": "ces", "version": "ces_2", "direction": "down"}, 0.0),
            ({"direction": "down"}, 0.0),
            ({"instrument": "nps", "scale_min": 0, "scale_max": 10}, 50.0),
        ],
    )
    def test_answers_have_the_better_end_up(self, more, goodness, tmp_path):
        only = settings(
            tmp_path,
            "[health.weights]\nsatisfaction = 50\neffort = 50\nengagement = 0\nsupport = 0\n"
            "relationship = 0",
        )
        tables = log(subscriptions=[contract()], surveys=[answer(5, "+50 09:00", **more)])
        assert one(tables, "health", settings=only)["value"] == goodness

    def test_the_latest_answer_counts_for_a_year(self):
        answers = [answer(1, "+50 09:00"), answer(5, "+49 09:00"), answer(5, "2025-01-01", "c2")]
        tables = log(subscriptions=[contract(), contract("c2")], surveys=answers)
        rows = cx.measure(tables, "health", by="customer").set_index("customer")["value"]
        # c1: satisfaction 0 (weight 20), engagement 100 (22); c2: engagement 0 alone.
        assert rows["c1"] == pytest.approx(22 * 100 / 42)
        assert rows["c2"] == 0.0

    def test_open_tickets_of_who_ever_had_one(self):
        ticket = {"channel": "email", "created_at": "09:00", "customer_id": "c1"}
        tickets = [{**ticket, "ticket_id": f"T{i}", "status": "open" if i < 2 else "solved"}
                   for i in range(4)]  # fmt: skip
        tables = log(subscriptions=[contract(), contract("c2")], tickets=tickets)
        row = one(tables, "health")
        assert (row["value"], row["n"]) == (pytest.approx(60.0), 1)  # 2 of 5 open
        assert row["excluded"] == {"no_measures": 1}

    @pytest.mark.parametrize(
        ("score", "points"), [(0, 0), (20, 0), (21, 25), (40, 25), (60, 50), (80, 75), (81, 100)]
    )
    def test_the_top_of_a_band_belongs_to_it(self, tmp_path, score, points):
        """ChurnZero: the top of a range is inclusive, the bottom is not."""
        only = settings(
            tmp_path,
            "[health.weights]\nsatisfaction = 100\neffort = 0\nengagement = 0\nsupport = 0\n"
            "relationship = 0",
        )
        ticket = {"channel": "email", "created_at": "09:00", "customer_id": "c1", "ticket_id": "T",
                  "status": "open"}  # fmt: skip
        hundred = {"scale_min": 0, "scale_max": 100}
        tables = log(
            subscriptions=[contract()], tickets=[ticket],
            surveys=[answer(score, "+50 09:00", **hundred),
                     answer(50, "+50 09:00", instrument="ces", version="ces_2", **hundred)],
            stakeholders=[{"account_id": "c1", "person_id": "p", "role": "user",
                           "last_contact_at": "09:00"}],
        )  # fmt: skip
        assert one(tables, "health_points", settings=only)["value"] == pytest.approx(points)

    def test_a_state_is_asked_with_as_of(self):
        tables = log(subscriptions=[contract()], surveys=[answer(1, "+10 09:00"),
                                                          answer(5, "+50 09:00")])  # fmt: skip
        then = pd.Timestamp("2026-01-20", tz="UTC").to_pydatetime()
        assert one(tables, "health", as_of=then)["value"] == pytest.approx(22 * 100 / 42)
        assert one(tables, "health")["value"] == 100.0


def test_scores_say_that_they_are_states_at_the_cut_off():
    for name in ("rel", "rel_components", "health", "health_points"):
        assert METRICS[name].attribution.value == "point in time"
