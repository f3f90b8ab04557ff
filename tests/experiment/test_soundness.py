"""What makes a run doubtful is said, and what does not is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

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
    """Berlin, from 5 January: midnights are 23:00 UTC. A is open over one, C over all after it."""
    frame = pd.DataFrame({
        "ticket_id": ["A", "B", "C"], "channel": "email", "replication": 1,
        "status": ["solved", "closed", "open"],
        "created_at": pd.to_datetime(["2026-01-05T10:00Z", "2026-01-05T11:00Z",
                                      "2026-01-06T10:00Z"]),
        "last_solved_at": pd.to_datetime(["2026-01-06T09:00Z", None, None], utc=True),
        "abandoned_at": pd.to_datetime([None, "2026-01-05T11:30Z", None], utc=True),
    })  # fmt: skip
    days = BASE.but(**{"horizon": {"type": "terminating", "days": 3}})
    rows = open_tickets(Tables.from_frames({"tickets": frame}), days)
    assert rows.open.tolist() == [0, 1, 1, 1]
