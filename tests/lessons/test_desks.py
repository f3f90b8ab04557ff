"""The desks of lessons, and the queue by hour, on a log counted by hand."""

import math

import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.lessons import desk, queue_by_hour

CALLS = {"arrivals_per_hour": 6, "handle_minutes": 5}


def test_a_team_for_each_channel_or_one_for_all():
    apart = desk({"north": CALLS, "south": CALLS}, {"north": 1, "south": 2}, days=1)
    assert {name: (t.skills, t.agents) for name, t in apart.all_teams.items()} == {
        "north": (["north"], 1), "south": (["south"], 2),
    }  # fmt: skip
    assert desk({"north": CALLS, "south": CALLS}, 3, days=1).team.agents == 3
    with pytest.raises(InputError):
        desk({"north": CALLS}, {"west": 1}, days=1)


def test_a_warm_up_makes_the_desk_steady():
    assert desk({"phone": CALLS}, 1, days=1).horizon.type == "terminating"
    steady = desk({"phone": CALLS}, 1, days=3, warm_up_days=1)
    assert (steady.horizon.type, steady.horizon.dropped_days) == ("steady", 1)


def test_queue_by_hour_by_hand():
    # Run 1: two wait at 01:00 (one is answered at 01:00 sharp and still counts), one gives up.
    day = "2026-01-05T"
    tickets = pd.DataFrame({
        "ticket_id": list("abcd"), "channel": "phone", "replication": [1, 1, 1, 2],
        "status": ["solved", "closed", "open", "solved"],
        "created_at": [f"{day}00:10:00Z", f"{day}00:30:00Z", f"{day}01:20:00Z", f"{day}00:20:00Z"],
        "answered_at": [f"{day}01:00:00Z", None, None, f"{day}00:40:00Z"],
        "abandoned_at": [None, f"{day}01:30:00Z", None, None],
    })  # fmt: skip
    tickets["queued_at"] = tickets["created_at"]
    log = cx.Tables.from_frames({"tickets": tickets}, as_of=pd.Timestamp(f"{day}02:00:00Z"))
    rows = queue_by_hour(log)
    assert rows["x"].tolist() == [0, 1, 2]
    assert rows["value"].tolist() == [0.0, 1.0, 0.5]  # means of 0 and 0, 2 and 0, 1 and 0
    assert rows["low"].tolist() == [0.0, 0.0, 0.0]
    # Student's t for one degree of freedom times the standard error of (2, 0), which is 1
    assert math.isclose(rows["high"].iloc[1], 1 + 12.706204736, rel_tol=1e-9)
