import pandas as pd
import pytest

from cxlab.tables import Tables

T = "2024-03-01T09:00:00Z"


def tables(**frames):
    return Tables.from_frames({n: pd.DataFrame(f) for n, f in frames.items()})


def tickets(n=3, **columns):
    base = {
        "ticket_id": [f"T{i + 1}" for i in range(n)],
        "created_at": [T] * n,
        "channel": ["email"] * n,
        "status": ["open"] * n,
    }
    return base | columns


def reasons(t):
    return [(r.table, r.column, r.reason, r.rows) for r in t.quarantine.itertuples()]


@pytest.mark.parametrize(
    ("columns", "column", "reason"),
    [
        ({"ticket_id": ["T1", None, "T3"]}, "ticket_id", "ticket_id is empty"),
        ({"created_at": [T, None, T]}, "created_at", "created_at is empty"),
        ({"created_at": [T, "soon", T]}, "created_at", "not an instant"),
        ({"created_at": [T, "2024-02-30T00:00:00Z", T]}, "created_at", "not an instant"),
        ({"n_solves": ["1", "1.5", None]}, "n_solves", "not a whole number"),
        ({"n_solves": [1.0, 1.5, None]}, "n_solves", "not a whole number"),
        ({"service_target_s": [1.0, float("inf"), None]}, "service_target_s", "not a finite"),
        ({"service_target_s": ["20", "5 min", None]}, "service_target_s", "not a finite"),
        ({"sla_met": ["true", "perhaps", None]}, "sla_met", "not true or false"),
        ({"n_solves": [1, -1, 2]}, "n_solves", "n_solves is negative"),
        (
            {"created_at": [T, "9999-12-31T23:59:59Z", "2199-12-31T23:59:59Z"]},
            "created_at",
            "created_at is outside the years 1900 to 2199",
        ),
        (
            {"created_at": ["1900-01-01T00:00:00Z", "1899-12-31T23:59:59Z", T]},
            "created_at",
            "created_at is outside the years 1900 to 2199",
        ),
        (
            {"last_solved_at": [T, "2024-02-01T00:00:00Z", None]},
            "last_solved_at",
            "last_solved_at is before created_at",
        ),
        ({"channel": ["email", "Email", "chat"]}, "channel", "did you mean 'email'?"),
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside_and_named(columns, column, reason):
    t = tables(tickets=tickets(**columns))
    (found,) = reasons(t)
    assert found[0] == "tickets"
    assert found[1] == column
    assert reason in found[2]
    assert found[3] == 1
    assert t.frame("tickets")["ticket_id"].tolist() == ["T1", "T3"]
    assert t.quarantine["examples"].iloc[0].startswith("row 2 (")
    bad = t.quarantined("tickets")
    assert bad["row"].tolist() == [2]
    assert reason.split("did")[0] in bad["reason"].iloc[0]


def test_the_bad_rows_are_kept_as_they_were_given():
    t = tables(tickets=tickets(n_solves=["1", "x", "3"], mine=["a", "b", "c"]))
    bad = t.quarantined("tickets").iloc[0]
    assert (bad["n_solves"], bad["mine"], bad["broken_column"]) == ("x", "b", "n_solves")


def test_a_row_counts_once_for_the_first_rule_it_breaks():
    t = tables(tickets=tickets(channel=["fax", "email", "email"], status=["?", "open", "open"]))
    assert t.quarantine["rows"].sum() == 1
    assert len(t.quarantined("tickets")) == 1


def test_duplicates_keep_the_first_good_row():
    t = tables(
        tickets=tickets(
            4, ticket_id=["T1", "T1", "T1", "T2"], channel=["fax", "email", "chat", "web"]
        )
    )
    # The first T1 is bad for its channel, so the second is the one to keep.
    assert t.frame("tickets")["channel"].tolist() == ["email", "web"]
    assert [r[3] for r in reasons(t)] == [1, 1]
    assert reasons(t)[1][2] == "duplicate of an earlier row with the same ticket_id"


def test_empty_replications_are_equal_and_different_ones_are_not():
    def left(**columns):
        return len(tables(tickets=tickets(2, ticket_id=["T", "T"], **columns)).frame("tickets"))

    assert left() == 1
    assert left(replication=[None, None]) == 1
    assert left(replication=[1, 2]) == 2
    assert left(replication=[1, 1]) == 1


def event(ids, **columns):
    n = len(ids)
    base = {"ticket_id": ids, "at": [T] * n, "field": ["status"] * n, "new": ["open"] * n}
    return base | columns


def test_rows_of_a_quarantined_or_unknown_ticket_follow_it():
    t = tables(
        tickets=tickets(channel=["email", "fax", "email"]), status_events=event(["T1", "T2", "T9"])
    )
    assert t.frame("status_events")["ticket_id"].tolist() == ["T1"]
    assert reasons(t)[1] == ("status_events", "ticket_id", "no such ticket_id in tickets", 2)


def test_references_hold_within_a_replication():
    t = tables(
        tickets=tickets(2, replication=[1, 2]),
        status_events=event(["T1", "T1", "T2"], replication=[1, 2, 2]),
    )
    assert t.frame("status_events")["replication"].tolist() == [1, 2]
    assert reasons(t) == [("status_events", "ticket_id", "no such ticket_id in tickets", 1)]


def test_without_tickets_references_are_not_judged():
    assert tables(status_events=event(["T1"])).quarantine.empty


def test_a_clean_log_has_an_empty_quarantine():
    t = tables(tickets=tickets())
    assert t.quarantine.empty
    assert list(t.quarantine.columns) == ["table", "column", "reason", "rows", "examples"]
    assert t.quarantined("tickets").empty


def test_survey_scores_outside_their_scale():
    t = tables(
        surveys={
            "survey_id": ["a", "b", "c"],
            "instrument": ["csat"] * 3,
            "scale_min": [1] * 3,
            "scale_max": [5] * 3,
            "answered_at": [T, T, None],
            "score": [5, 6, None],
            "subject_type": ["ticket"] * 3,
            "subject_id": ["T1"] * 3,
        }
    )
    assert reasons(t) == [("surveys", "score", "score is outside its scale", 1)]


def test_hostile_text_is_data_only():
    nasty = ["<script>alert(1)</script>", "=cmd()|' /C calc'!A0", "a\"b'c\n,;\r\n" + "x" * 10_000]
    t = tables(tickets=tickets(topic=nasty, status=["open", "'; DROP TABLE tickets; --", "open"]))
    assert t.frame("tickets")["topic"].tolist() == [nasty[0], nasty[2]]
    assert "DROP TABLE" in t.quarantine["reason"].iloc[0]
    assert len(t.quarantine["reason"].iloc[0]) < 300
