"""What makes a run doubtful is said, and what does not is not."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import cxlab as cx
from cxlab.experiment import doubts, open_tickets
from cxlab.scenario import Scenario
from cxlab.sim import simulate
from cxlab.tables import Tables

BASE = Scenario.load(Path(__file__).parents[2] / "scenarios" / "base.toml").but(replications=4)


def test_a_sound_run_has_no_notes() -> None:
    assert doubts(BASE, simulate(BASE)) == []


def test_overload_is_said_before_and_after() -> None:
    """182 % of the work: e-mails of 45 instead of 16 minutes."""
    heavy = BASE.but(**{"channels.email.handle_minutes.mean": 45.0})
    before = doubts(heavy)
    assert len(before) == 1
    assert before[0].startswith("overload: chat, email, phone bring ")
    after = doubts(heavy, simulate(heavy))
    assert after[0] == before[0]
    assert any("open tickets grow by" in note for note in after[1:])


def test_a_short_warm_up_is_said() -> None:
    """Requests that take a week to come back fill the desk for several weeks."""
    slow = BASE.but(
        **{"horizon": {"type": "steady", "weeks": 20, "warm_up_days": 1},
           "channels.email.resolution_probability": 0.2, "channels.email.max_contacts": 8,
           "channels.email.return_hours": {"law": "exponential", "mean": 240.0},
           "channels.email.handle_minutes.mean": 3.0}
    )  # fmt: skip
    notes = doubts(slow, simulate(slow))
    assert any("the warm-up of 1 days may be too short" in note for note in notes)


def test_open_tickets_are_counted_at_local_midnights() -> None:
    """Berlin, from 5 January: midnights are 23:00 UTC.

    A is open over the first and D too, who gives up the next morning; C over all from the second
    on; B gives up after half an hour.
    """
    frame = pd.DataFrame({
        "ticket_id": ["A", "B", "C", "D"], "channel": "email", "replication": 1,
        "status": ["solved", "closed", "open", "closed"],
        "created_at": pd.to_datetime(["2026-01-05T10:00Z", "2026-01-05T11:00Z",
                                      "2026-01-06T10:00Z", "2026-01-05T12:00Z"]),
        "last_solved_at": pd.to_datetime(["2026-01-06T09:00Z", None, None, None], utc=True),
        "abandoned_at": pd.to_datetime([None, "2026-01-05T11:30Z", None, "2026-01-06T08:00Z"],
                                       utc=True),
    })  # fmt: skip
    days = BASE.but(**{"horizon": {"type": "terminating", "days": 3}})
    rows = open_tickets(Tables.from_frames({"tickets": frame}), days)
    assert rows.open.tolist() == [0, 2, 1, 1]


MONTH = BASE.but(**{"horizon": {"type": "steady", "weeks": 5, "warm_up_weeks": 1}})


def growth(*runs: dict[int, int]) -> list[str]:
    """Return what is said of runs to which so many tickets come on each day, and none is solved."""
    begun = [
        (number, day, ticket)
        for number, run in enumerate(runs, start=1)
        for day, many in run.items()
        for ticket in range(many)
    ]
    frame = pd.DataFrame({
        "ticket_id": [f"{day}.{ticket}" for _, day, ticket in begun], "channel": "email",
        "replication": [number for number, _, _ in begun], "status": "new",
        "created_at": pd.to_datetime([
            MONTH.starts_at + timedelta(days=day, hours=9) for _, day, _ in begun
        ]),
        "last_solved_at": pd.Series([None] * len(begun), dtype="datetime64[us, UTC]"),
        "abandoned_at": pd.Series([None] * len(begun), dtype="datetime64[us, UTC]"),
    })  # fmt: skip
    notes = doubts(MONTH, Tables.from_frames({"tickets": frame}))
    return [note.split(" over ")[0] for note in notes if "grow" in note]


def test_growth_is_a_week_s_and_certain() -> None:
    daily = dict.fromkeys(range(35), 1)
    # One a day is 7 a week in both runs.
    assert growth(daily, daily) == ["open tickets grow by 7.0 a week (7.0 to 7.0)"]
    # 7 a week and 0 are 3.5 on average, but two runs so different say nothing: ±12.7 · 3.5.
    assert growth(daily, {0: 30}) == []
    # What came in the warm-up is no trend.
    assert growth(dict.fromkeys(range(7), 5), dict.fromkeys(range(7), 5)) == []


def company(**changes: object) -> Scenario:
    """Return fifty customers who leave with a probability of 0.5 × 4, which counts as 1."""
    plain = {
        "name": "fifty", "time_zone": "UTC", "start": "2026-01-01", "replications": 2,
        "horizon": {"type": "steady", "days": 60, "warm_up_days": 7},
        "lifecycle": {
            "initial_customers": 50,
            "acquisition": {"search": {"leads_per_week": 70.0, "buys": 0.5}},
            "segments": {"all": {"share": 1.0, "plan_shares": {"basic": 1.0},
                                 "churn_factor": 4.0}},
            "plans": {"basic": {"price_per_month": 10.0}},
            "renewal": {"law": "geometric", "leaving_probability": 0.5},
        },
    }  # fmt: skip
    return Scenario.of(plain).but(**changes)


def test_probabilities_above_1_are_counted_and_said() -> None:
    steep = company()
    assert doubts(steep) == []
    tables = simulate(steep)
    counted = tables.counted
    # Whoever comes to the end of a term leaves; every one of these decisions was cut at 1.
    assert counted["probabilities_above_1"] == counted["terms_ended"] > 100
    assert doubts(steep, tables) == [
        f"a probability came out above 1 and counted as 1 in {counted['terms_ended']:,} decisions "
        f"({counted['terms_ended']:,} terms ended): factors or curves of links are too steep there"
    ]
    one = simulate(steep, replications=1).counted
    assert 0 < one["terms_ended"] < counted["terms_ended"]  # a sum over the replications


@pytest.mark.long
def test_a_company_without_a_desk_is_sound_and_measured() -> None:
    calm = company(**{"lifecycle.segments.all.churn_factor": 1.0})
    tables = simulate(calm)
    assert tables.counted["probabilities_above_1"] == 0
    assert doubts(calm, tables) == []
    assert cx.analytic_neighbours(calm, tables).empty
    rows = cx.replicate(calm)
    assert {"churn", "nrr"} <= set(rows["metric"])
    assert "frt" not in set(rows["metric"])
    assert rows[rows["metric"] == "churn"]["interval_method"].iloc[0].endswith("replications")


def test_doubts_of_the_scenario_come_with_the_run() -> None:
    dying = company(**{"lifecycle.acquisition": {}, "horizon": {"type": "terminating", "days": 99},
                       "lifecycle.renewal.leaving_probability": 1.0})  # fmt: skip
    before = doubts(dying)
    assert len(before) == 1
    assert "dies out: from 50 customers to 0 in 99 days" in before[0]
    assert doubts(dying, simulate(dying))[:1] == before


def test_a_desk_counts_nothing_beside_its_rows() -> None:
    assert simulate(BASE, replications=1).counted == {}


def test_the_neighbour_of_a_company_has_the_calls_of_its_customers() -> None:
    """A customer calls once a month: 1000 of them 1000 ÷ 30.44 times a day, in ten even hours."""
    hours = [0.0] * 8 + [1.0] * 10 + [0.0] * 6
    phone = {"arrivals_per_hour": hours, "handle_minutes": 3.0, "first_reply": "start"}
    shift = {"agents": 2, "days": "Mon-Sun", "from": "08:00", "to": "18:00"}
    desk = company(**{
        "lifecycle.contacts": {"per_month": 1.0, "channel_shares": {"phone": 1.0}},
        "lifecycle.initial_customers": 1000, "lifecycle.acquisition": {},
        "lifecycle.segments.all.churn_factor": 0.0, "replications": 1,
        "channels": {"phone": phone}, "team": {"shifts": [shift]},
    })  # fmt: skip
    row = cx.analytic_neighbours(desk, simulate(desk)).iloc[0]
    assert row["calls_per_hour"] == pytest.approx(1000 / 30.436875 / 10, rel=0.01)
    assert "growth and loss of customers" in row["why"]
