"""Rebuilt ticket columns and looking back, worked by hand on small logs."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from cxlab.errors import InputError
from cxlab.tables import Tables, agreement, complete


def at(clock, day=1):
    return f"2024-03-{day:02d}T{clock}:00Z"


def ts(clock, day=1):
    return pd.Timestamp(at(clock, day))


def log(n=1, *, messages=None, events=None, **columns):
    tickets = {
        "ticket_id": [f"T{i + 1}" for i in range(n)],
        "created_at": [at("09:00")] * n,
        "channel": ["email"] * n,
        "status": ["open"] * n,
    }
    frames = {"tickets": pd.DataFrame(tickets | columns)}
    if messages is not None:
        names = ["ticket_id", "at", "author_type", "is_public", "session_id"]
        made = pd.DataFrame([(*m, *[None] * (5 - len(m))) for m in messages], columns=names)
        made["message_id"] = [str(i) for i in range(len(made))]
        frames["messages"] = made.astype({"session_id": "str"})
    if events is not None:
        made = pd.DataFrame(events, columns=["ticket_id", "at", "new"]).assign(field="status")
        frames["status_events"] = made.assign(seq=range(len(made)))
    return Tables.from_frames(frames)


def first(tables):
    return tables.frame("tickets").iloc[0]


def test_replies_and_contacts_from_messages():
    row = first(
        complete(
            log(
                messages=[
                    ("T1", at("09:00"), "customer", True),
                    ("T1", at("09:00"), "bot", True),
                    ("T1", at("09:10"), "agent", False),  # an internal note is no reply
                    ("T1", at("09:30"), "agent", True),
                    ("T1", at("10:29"), "customer", True),  # 59 min after the reply: same contact
                    ("T1", at("11:29"), "customer", True),  # 60 min after: a new contact
                    ("T1", at("14:00"), "system", True),
                ]
            )
        )
    )
    assert row["first_reply_at"] == ts("09:00")
    assert row["first_human_reply_at"] == ts("09:30")
    assert (row["n_public_agent_replies"], row["n_customer_messages"]) == (1, 3)
    assert row["n_contacts"] == 2


def test_a_session_is_one_contact_however_long_it_pauses():
    row = first(
        complete(
            log(
                messages=[
                    ("T1", at("09:00"), "customer", True, "chat-1"),
                    ("T1", at("12:00"), "customer", True, "chat-1"),
                    ("T1", at("15:00"), "customer", True, "chat-2"),
                ]
            )
        )
    )
    assert row["n_contacts"] == 2


def test_when_the_business_writes_first_the_reply_comes_after_the_customer():
    messages = [("T1", at("09:00"), "agent", True)]
    alone = first(complete(log(messages=messages, opened_by=["agent"])))
    assert pd.isna(alone["first_human_reply_at"])
    messages += [("T1", at("10:00"), "customer", True), ("T1", at("10:05"), "agent", True)]
    answered = first(complete(log(messages=messages, opened_by=["agent"])))
    assert answered["first_human_reply_at"] == ts("10:05")


@pytest.mark.parametrize(
    ("states", "first_solved", "last_solved", "solves"),
    [
        (["open", "solved", "closed"], 1, 1, 1),
        (["open", "solved", "open"], 1, None, 1),
        (["open", "solved", "open", "solved"], 1, 3, 2),
        (["open", "closed"], None, None, 0),
        (["open", "closed", "solved"], 2, 2, 1),
        (["open", "solved", "closed", "open", "closed"], 1, None, 1),
        (["open", "solved", "closed", "solved"], 1, 1, 1),
        (["solved", "solved"], 0, 0, 1),
        (["open", "pending", "hold"], None, None, 0),
    ],
)
def test_solves_from_status_events(states, first_solved, last_solved, solves):
    events = [("T1", at(f"{10 + i}:00"), s) for i, s in enumerate(states)]
    row = first(complete(log(events=events)))

    def hour(value):
        return None if pd.isna(value) else value.hour - 10

    assert hour(row["first_solved_at"]) == first_solved
    assert hour(row["last_solved_at"]) == last_solved
    assert row["n_solves"] == solves


@pytest.mark.parametrize(
    ("states", "reopens"),
    [
        (["open", "solved", "closed"], 0),
        (["open", "solved", "open"], 1),
        (["open", "solved", "pending", "solved", "hold"], 2),
        (["open", "solved", "closed", "open", "closed"], 1),
        (["open", "closed", "solved"], 0),
        (["open", "closed", "open"], 0),  # never solved, so nothing to reopen
        (["solved", "solved"], 0),
        (["open", "pending"], 0),
    ],
)
def test_reopens_from_status_events(states, reopens):
    events = [("T1", at(f"{10 + i}:00"), s) for i, s in enumerate(states)]
    assert first(complete(log(events=events)))["n_reopens"] == reopens
    compared = agreement(log(events=events, n_reopens=[1])).set_index("column")
    assert compared.loc["n_reopens", "differ"] == (reopens != 1)


def test_a_log_that_begins_with_a_reopen_knows_it_by_the_old_value():
    t = log(events=[("T1", at("10:00"), "open")])
    changed = t.frame("status_events")[["ticket_id", "at", "field", "new"]].assign(old="solved")
    frames = {"tickets": t.frame("tickets").dropna(axis=1), "status_events": changed}
    assert first(complete(Tables.from_frames(frames)))["n_reopens"] == 1


def test_changes_at_one_instant_follow_their_seq():
    events = [("T1", at("10:00"), s) for s in ("open", "solved", "open", "solved")]
    assert first(complete(log(events=events)))["n_solves"] == 2


def test_recorded_columns_stay_and_are_compared():
    t = log(
        3,
        events=[(f"T{i}", at("10:00"), "solved") for i in (1, 2, 3)],
        last_solved_at=[at("10:00"), at("11:00"), None],
    )
    done = complete(t)
    assert done.frame("tickets")["last_solved_at"].tolist()[:2] == [ts("10:00"), ts("11:00")]
    assert done.has("tickets", "n_solves")
    (row,) = agreement(t).to_dict("records")
    assert row["column"] == "last_solved_at"
    assert (row["tickets"], row["differ"]) == (3, 2)
    assert (row["only_recorded"], row["only_rebuilt"]) == (0, 1)
    assert row["examples"] == "T2, T3"


def test_tickets_without_events_are_unknown_or_never_solved():
    t = log(
        3,
        status=["solved", "open", "solved"],
        events=[("T3", at("10:00"), "solved")],
        messages=[("T3", at("09:00"), "customer", True)],
    )
    solves = complete(t).frame("tickets")["n_solves"]
    assert pd.isna(solves[0])
    assert solves.tolist()[1:] == [0, 1]
    reopens = complete(t).frame("tickets")["n_reopens"]
    assert pd.isna(reopens[0])
    assert reopens.tolist()[1:] == [0, 0]
    # A call leaves no messages; that does not make its contacts none.
    contacts = complete(t).frame("tickets")["n_contacts"]
    assert contacts.isna().tolist() == [True, True, False]


def test_nothing_to_build_changes_nothing():
    t = log(2)
    assert complete(t) is t
    assert agreement(t).empty


def test_replications_do_not_mix():
    tickets = pd.DataFrame(
        {"ticket_id": ["T", "T"], "created_at": at("09:00"), "replication": [1, 2]}
    ).assign(channel="email", status="solved")
    events = pd.DataFrame(
        {"ticket_id": ["T", "T"], "at": [at("10:00"), at("12:00")], "replication": [1, 2]}
    ).assign(field="status", new="solved")
    done = complete(Tables.from_frames({"tickets": tickets, "status_events": events}))
    assert done.frame("tickets")["last_solved_at"].tolist() == [ts("10:00"), ts("12:00")]
    assert len(done.frame("tickets")) == 2


def back(tables, clock):
    return complete(tables, datetime.fromisoformat(at(clock)))


def test_looking_back_rebuilds_from_the_events_known_then():
    events = [
        ("T1", at("10:00"), "solved"),
        ("T1", at("12:00"), "open"),
        ("T1", at("14:00"), "solved"),
    ]
    t = log(events=events, status=["solved"], last_solved_at=[at("14:00")], n_solves=[2])
    seen = {}
    for clock in ("09:30", "11:00", "13:00", "14:00"):
        row = first(back(t, clock))
        seen[clock] = (row["status"], row["n_solves"], row["last_solved_at"])
    assert seen["09:30"][:2] == ("new", 0)
    assert seen["11:00"] == ("solved", 1, ts("10:00"))
    assert seen["13:00"][:2] == ("open", 1)
    assert pd.isna(seen["13:00"][2])
    assert seen["14:00"] == ("solved", 2, ts("14:00"))
    assert len(back(t, "11:00").frame("status_events")) == 1
    assert back(t, "11:00").as_of == datetime(2024, 3, 1, 11, tzinfo=UTC)


def test_looking_back_without_events_empties_what_came_later():
    t = log(
        3,
        status=["solved"] * 3,
        created_at=[at("09:00"), at("09:00"), at("13:00")],
        first_human_reply_at=[at("09:30"), at("12:30"), at("13:30")],
        last_solved_at=[at("10:00"), at("12:45"), at("14:00")],
        n_solves=[1, 1, 1],
        sla_met=[True, False, True],
    )
    one, two = back(t, "11:00").frame("tickets").to_dict("records")  # T3 is not created yet
    assert (one["status"], one["n_solves"], one["sla_met"]) == ("solved", 1, True)
    assert (two["status"], two["n_solves"]) == ("open", 0)
    assert pd.isna(two["last_solved_at"])
    assert pd.isna(two["first_human_reply_at"])
    assert pd.isna(two["sla_met"])


def test_looking_back_hides_later_answers_to_surveys():
    surveys = pd.DataFrame(
        {"survey_id": ["a"], "sent_at": [at("10:00")], "answered_at": [at("12:00")], "score": [5]}
    ).assign(instrument="csat", scale_min=1, scale_max=5, subject_type="ticket", subject_id="T1")
    tickets = log().frame("tickets")[["ticket_id", "created_at", "channel", "status"]]
    t = Tables.from_frames({"tickets": tickets, "surveys": surveys})
    asked = back(t, "11:00").frame("surveys")
    assert asked["score"].isna().all()
    assert asked["answered_at"].isna().all()
    assert back(t, "12:00").frame("surveys")["score"].tolist() == [5]
    assert back(t, "09:59").frame("surveys").empty


def test_looking_back_needs_a_zone():
    with pytest.raises(InputError, match="no time zone"):
        complete(log(), datetime(2024, 3, 1))
