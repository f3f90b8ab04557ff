"""Customers at the leaves: by hand, against plain Python, and as a tree that adds up."""

import ibis
import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.decisions import decide, load_rules
from cxlab.decisions.rules import rules_from
from tests.metrics.business import AS_OF, contract, log, random_business, use
from tests.metrics.test_success import answer

RULES = """
[[rules]]
segment = "busy"
action = "solve"
when = { open_tickets = { at_least = 2 } }
[[rules]]
segment = "promoter"
action = "ask"
when = { open_tickets = { at_most = 1 }, nps = { at_least = 9 } }
[otherwise]
action = "wait"
[unknown]
segment = "silent"
action = "survey"
"""


def nps(score, at="+50 09:00", customer="c1"):
    return answer(score, at, customer, "nps", scale_min=0, scale_max=10)


def ticket(number, customer, status="open"):
    return {"ticket_id": f"T{number}", "customer_id": customer, "channel": "email",
            "status": status, "created_at": "09:00"}  # fmt: skip


@pytest.fixture
def small():
    """c1 busy without an answer, c2 promoter, c3 passive, c4 never answered, c5 excluded."""
    return log(
        customers=[{"customer_id": f"c{i}", "excluded_reason": "test" if i == 5 else None}
                   for i in range(1, 6)],
        tickets=[ticket(1, "c1"), ticket(2, "c1", "pending"), ticket(3, "c2", "solved"),
                 ticket(4, "c2")],
        surveys=[nps(9, customer="c2"), nps(3, "+40 09:00", "c2"), nps(8, customer="c3"),
                 nps(10, customer="c5")],
    )  # fmt: skip


class TestByHand:
    def test_leaves_counts_and_rates(self, small):
        found = decide(small, rules_from(RULES, "r"))
        rows = found.leaves.set_index("leaf")
        assert rows["customers"].to_dict() == {
            "busy": 1, "promoter": 1, "otherwise": 1, "unknown": 1,
        }  # fmt: skip
        assert rows.loc["unknown", ["segment", "action"]].tolist() == ["silent", "survey"]
        # Wilson for 1 of 4: 0.0456 to 0.6994 (Newcombe 1998, formula 3).
        ends = rows.loc["busy", ["share", "low", "high"]].tolist()
        assert ends == pytest.approx([0.25, 0.0456, 0.6994], abs=1e-4)
        assert (found.customers, found.excluded, found.note) == (4, {"test": 1}, "")

    def test_a_rule_that_is_certain_needs_no_answer(self, small):
        found = decide(small, rules_from(RULES, "r"))
        assert found.members("busy") == ["c1"]  # never answered, and that does not matter
        assert found.members("unknown") == ["c4"]
        with pytest.raises(cx.InputError, match="did you mean 'promoter'"):
            found.members("promotor")

    def test_old_answers_are_no_answers(self):
        tables = log(customers=[{"customer_id": "c1"}], surveys=[nps(10, "+10 09:00")],
                     tickets=[ticket(1, "c9")])  # fmt: skip
        for days, leaf in ((60, "promoter"), (30, "unknown")):
            found = decide(tables, rules_from(f"answers_within_days = {days}\n" + RULES, "r"))
            assert found.members(leaf) == ["c1"]

    def test_a_table_that_is_not_there_is_told(self):
        found = decide(log(customers=[{"customer_id": "c1"}], surveys=[nps(10)]),
                       rules_from(RULES, "r"))  # fmt: skip
        assert found.members("unknown") == ["c1"]
        assert found.note == (
            "open_tickets is unknown for everybody: the log has no tickets.customer_id"
        )

    def test_it_is_one_case_over_all_rules(self, small):
        sql = ibis.to_sql(
            decide(small, rules_from(RULES, "r")).assigned.select("customer_id", "leaf")
        )
        assert str(sql).count("'promoter'") == 1

    def test_an_earlier_state_is_asked_with_as_of(self, small):
        then = cx.metrics.examples.clock("+45 00:00")
        found = decide(small, rules_from(RULES, "r"), as_of=then)
        assert found.members("otherwise") == ["c2"]  # the answer of day 40 was 3

    def test_what_cannot_be_decided_is_refused(self):
        with pytest.raises(cx.InputError, match="about customers"):
            decide(log(surveys=[nps(3)]))
        two = [{"customer_id": "c", "replication": r} for r in (1, 2)]
        with pytest.raises(cx.InputError, match="2 simulated replications"):
            decide(log(customers=two))

    def test_no_customers_are_no_shares(self):
        early = cx.metrics.examples.clock("2020-01-01")
        found = decide(log(subscriptions=[contract()]), as_of=early)
        assert found.customers == 0
        assert found.leaves["share"].isna().all()


class TestStages:
    RULES = "new_for_days = 90\ndue_within_days = 60\n" + "".join(
        f'[[rules]]\nsegment = "{s}"\naction = "x"\nwhen = {{ contract_stage = "{s}" }}\n'
        for s in ("trial", "new", "running", "due", "lapsed")
    )

    @pytest.mark.parametrize(
        ("spells", "stage"),
        [
            ([{"started": "2025-01-01"}], "running"),
            ([{"started": "2026-01-05"}], "new"),
            ([{"started": "2025-12-06T00:00"}], "running"),  # 90 days old
            ([{"started": "2025-12-06T00:00:01"}], "new"),
            ([{"is_trial": True}], "trial"),
            ([{"ended_at": "+9 00:00"}], "lapsed"),
            ([{"due_at": "2026-05-05"}], "due"),  # 60 days ahead
            ([{"due_at": "2026-05-05T00:00:01"}], "running"),
            ([{"due_at": "2026-02-01"}], "due"),  # overdue, and still running
            ([{"due_at": "2026-05-05", "renewed_at": "+5 00:00"}], "running"),
            ([{"is_trial": True}, {"started": "2025-02-01"}], "running"),
            ([{"ended_at": "+9 00:00"}, {"is_trial": True}], "trial"),
            ([{"is_trial": True, "ended_at": "+9 00:00"}], "unknown"),  # tried, never bought
        ],
    )
    def test_the_stage_of_the_contract(self, spells, stage):
        rows = [{**contract(**spell), "subscription_id": f"s{i}"} for i, spell in enumerate(spells)]
        assert decide(log(subscriptions=rows), rules_from(self.RULES, "r")).members(stage) == ["c1"]


class TestTheWhole:
    @pytest.fixture(scope="class")
    def business(self):
        frames = random_business(seed=9, customers=120)
        rng = np.random.default_rng(1)
        who = frames["customers"]["customer_id"]
        asked = pd.DataFrame(
            {
                "survey_id": [f"n{i}" for i in range(90)],
                "instrument": "nps",
                "scale_min": 0,
                "scale_max": 10,
                "subject_type": "customer",
                "subject_id": who.iloc[:90],
                "answered_at": pd.Timestamp("2026-05-01", tz="UTC"),
                "score": rng.integers(0, 11, 90),
            }
        )
        ease = asked.iloc[:60].assign(
            survey_id=[f"e{i}" for i in range(60)],
            instrument="ces",
            version="ces_2",
            scale_min=1,
            scale_max=7,
            score=rng.integers(1, 8, 60),
        )
        frames["surveys"] = pd.concat([asked, ease], ignore_index=True)
        frames["tickets"] = pd.DataFrame(
            {
                "ticket_id": [f"T{i}" for i in range(150)],
                "customer_id": rng.choice(who, 150),
                "channel": "email",
                "status": rng.choice(["open", "solved"], 150),
                "created_at": pd.Timestamp("2026-04-01", tz="UTC"),
            }
        )
        late = frames["subscriptions"]["started_at"] + pd.Timedelta("100D")
        frames["subscriptions"] = (
            frames["subscriptions"]
            .drop(columns="renewed_at")
            .assign(due_at=late.where(rng.random(120) < 0.5))
        )
        return cx.Tables.from_frames(frames, as_of=AS_OF)  # fmt: skip

    def test_leaves_equal_plain_python_on_the_features(self, business):
        rules = load_rules()
        found = decide(business, rules)
        people = found.assigned.to_pandas()
        assert len(people) == found.customers
        assert (found.leaves["customers"] > 0).sum() >= 8
        for _, row in people.iterrows():
            verdicts = {}
            for rule in rules.rules:
                parts = []
                for name, given in rule.box.items():
                    value = row[name]
                    if pd.isna(value):
                        parts.append(None)
                    elif isinstance(value, str):
                        parts.append(value in given.words)
                    else:
                        parts.append(
                            (value > given.low or (value == given.low and given.low_in))
                            and (value < given.high or (value == given.high and given.high_in))
                        )
                verdicts[rule.leaf.name] = (
                    False if False in parts else None if None in parts else True
                )
            sure = [name for name, verdict in verdicts.items() if verdict]
            assert len(sure) <= 1
            assert row["leaf"] == (sure[0] if sure else "unknown")

    def test_the_tree_adds_up(self, business):
        found = decide(business)
        nodes = {n["id"]: n for n in found.tree["nodes"]}
        root = [n for n in nodes.values() if n["parent"] is None]
        assert [n["customers"] for n in root] == [found.customers]
        for node in nodes.values():
            below = [nodes[e["target"]]["customers"] for e in found.tree["edges"]
                     if e["source"] == node["id"]]  # fmt: skip
            assert (node["kind"] == "leaf") == (not below)
            if below:
                assert sum(below) == node["customers"]
        leaves = [n for n in nodes.values() if n["kind"] == "leaf"]
        assert {n["label"]: n["customers"] for n in leaves} == (
            found.leaves.set_index("leaf")["customers"].to_dict()
        )
        # Rules that begin alike share a branch.
        stages = [n["label"] for n in nodes.values() if n["depth"] == 1]
        assert stages.count("contract_stage new or running") == 1
        assert found.leaves["share"].sum() == pytest.approx(1)

    def test_active_days_are_days_and_people(self):
        events = [use("+50 09:00"), use("+50 10:00"), use("+51 09:00"), use("+10 09:00"),
                  use("+52 09:00", is_automated=True)]  # fmt: skip
        tables = log(subscriptions=[contract()], usage_events=events)
        days = '[[rules]]\nsegment = "two"\naction = "x"\nwhen = { active_days = 2 }\n'
        assert decide(tables, rules_from(days + '[otherwise]\naction = "y"\n', "r")).members(
            "two"
        ) == ["c1"]  # fmt: skip
