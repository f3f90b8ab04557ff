"""The journey map: order, waiting, leaving, durations; worked out by hand."""

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics.journey import journey
from cxlab.metrics.journey_map import load_journey
from tests.metrics.business import AS_OF, contract, log, random_business, use

DAY = 86400.0
MAP = """
[[stages]]
name = "bought"
event = "subscribed"
[[stages]]
name = "used"
event = "used"
[[stages]]
name = "asked"
ticket_stage = "onboarding"
"""


def stages(tmp_path, text=MAP):
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return load_journey(path)


def ticket(number, customer, at, stage="onboarding"):
    return {"ticket_id": f"T{number}", "customer_id": customer, "channel": "email",
            "status": "open", "created_at": at, "journey_stage": stage}  # fmt: skip


@pytest.fixture
def small():
    """Six customers buy on Monday, the cut-off is 60 days later.

    c1 uses it on day 2 and asks on day 12; c2 uses it on day 4; c3 leaves on day 3 without use; c4
    waits; c5 used it before it bought and never after; c6 asks without ever using it.
    """
    spells = [contract(f"c{i}", "00:00") for i in (1, 2, 4, 5, 6)]
    spells.append(contract("c3", "00:00", ended_at="+3 00:00"))
    return log(
        subscriptions=spells,
        usage_events=[use("+2 00:00", "c1"), use("+9 00:00", "c1"), use("+4 00:00", "c2"),
                      use("2025-12-01", "c5")],
        tickets=[ticket(1, "c1", "+12 00:00"), ticket(2, "c6", "+5 00:00"),
                 ticket(3, "c2", "+8 00:00", "renewal")],
    )  # fmt: skip


def test_the_funnel_by_hand(small, tmp_path):
    rows = journey(small, stages(tmp_path)).set_index("stage")
    assert rows["entered"].tolist() == [6, 2, 1]
    assert rows["reached_next"].tolist()[:2] == [2, 1]
    assert rows["waiting"].tolist() == [3, 1, 1]
    assert rows["left"].tolist() == [1, 0, 0]
    assert rows["out_of_order"].tolist() == [1, 1, 0]  # c5's early use; c6 asked without use
    # Wilson for 2 of 6: 0.0968 to 0.7000 (Newcombe 1998, formula 3).
    found = rows.loc["bought", ["conversion", "conversion_low", "conversion_high"]].tolist()
    assert found == pytest.approx([1 / 3, 0.0968, 0.7000], abs=1e-4)
    # Six at risk, one gone on day 2, one lost on day 3, one of four on day 4: S = 5/6 × 3/4.
    assert np.isnan(rows.loc["bought", "median_s"])
    assert rows.loc["used", "median_s"] == 10 * DAY
    last = rows.loc["asked", ["reached_next", "conversion", "median_s"]]
    assert last.isna().all()


def test_waiting_customers_count_as_long_as_they_were_seen(tmp_path):
    # Uses on days 1, 2, 3 of four customers; the fourth bought 2 days before the cut-off.
    spells = [contract(f"c{i}", "00:00") for i in (1, 2, 3)] + [contract("c4", "+58 00:00")]
    events = [use(f"+{i} 00:00", f"c{i}") for i in (1, 2, 3)]
    tables = log(subscriptions=spells, usage_events=events, tickets=[ticket(1, "c1", "+5 00:00")])
    row = journey(tables, stages(tmp_path)).iloc[0]
    # S falls to 3/4 on day 1 and, with three at risk, to 1/2 on day 2.
    assert row["median_s"] == 2 * DAY
    assert (row["entered"], row["reached_next"], row["waiting"]) == (4, 3, 1)


@pytest.mark.long
def test_signs_add_up_on_random_customers():
    frames = random_business(seed=5, customers=60)
    frames["milestones"] = pd.concat(
        [frames["milestones"], frames["milestones"].assign(kind="activated")]
    )
    tables = cx.Tables.from_frames(frames, as_of=AS_OF)
    rows = journey(tables)
    parts = journey(tables, by="segment")
    for name in ("entered", "waiting", "left", "out_of_order"):
        assert (
            parts.groupby("stage")[name].sum().to_dict() == rows.set_index("stage")[name].to_dict()
        )
    onward = rows.iloc[:-1]
    assert (onward["entered"] == onward["reached_next"] + onward["waiting"] + onward["left"]).all()
    assert onward["reached_next"].tolist() == rows["entered"].tolist()[1:]
    # Everybody seen at a stage entered it, or was out of order there.
    out = frames["customers"].dropna(subset="excluded_reason")["customer_id"]
    goals = frames["milestones"]
    for place, kind in ((2, "activated"), (3, "met")):
        seen = goals.loc[(goals["kind"] == kind) & ~goals["customer_id"].isin(out), "customer_id"]
        total = rows["entered"].iloc[place] + rows["out_of_order"].iloc[place - 1]
        assert total == seen.nunique()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MAP.replace('event = "used"', 'event = "usd"'), "did you mean 'used'"),
        (MAP.replace('event = "used"', 'evnt = "used"'), "did you mean 'event'"),
        (MAP.replace('event = "used"', 'event = "used"\nmilestone = "m"'), "not 2"),
        (MAP.replace('name = "used"', 'name = "bought"'), "not bought twice"),
        (MAP.replace('event = "used"', 'milestone_kind = "exceded"'), "did you mean 'exceeded'"),
        ('[[stages]]\nname = "x"\nevent = "used"', "at least 2"),
        ("stages = [", "not TOML"),
    ],
)
def test_a_wrong_map_is_refused(tmp_path, text, message):
    with pytest.raises(cx.InputError, match=message):
        stages(tmp_path, text)


def test_what_the_log_lacks_is_named(small, tmp_path):
    with pytest.raises(cx.InputError, match="no advocacy_acts, in which stages"):
        journey(small)
    with pytest.raises(cx.InputError, match="unknown group"):
        journey(small, stages(tmp_path), by="segmnt")
    with pytest.raises(cx.InputError, match="no such journey map"):
        load_journey(tmp_path / "none.toml")


def test_replications_are_not_one_log(tmp_path):
    spells = [{**contract(started="00:00"), "replication": r} for r in (1, 2)]
    events = [{**use("+1 00:00"), "replication": 1}]
    asked = [{**ticket(1, "c1", "+2 00:00"), "replication": 1}]
    tables = log(subscriptions=spells, usage_events=events, tickets=asked)
    with pytest.raises(cx.InputError, match="2 simulated replications"):
        journey(tables, stages(tmp_path))
    rows = journey(tables, stages(tmp_path), by="replication")
    assert rows["entered"].tolist() == [1, 1, 1, 1, 0, 0]
    assert rows["replication"].tolist() == [1, 1, 1, 2, 2, 2]


def test_an_empty_log_has_an_empty_funnel(tmp_path):
    none = {"subscriptions": [contract("c1", "2026-01-05")], "usage_events": [use("2026-01-06")],
            "tickets": [ticket(1, "c1", "2026-01-07")]}  # fmt: skip
    early = cx.metrics.examples.clock("2025-12-01")
    rows = journey(log(**none), stages(tmp_path), as_of=early)
    assert rows["entered"].tolist() == [0, 0, 0]
    assert rows["conversion"].isna().all()
