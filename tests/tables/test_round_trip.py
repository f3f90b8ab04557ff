"""Written and read back, tables are equal; rows in are rows out plus rows set aside."""

import tempfile
from dataclasses import replace
from datetime import UTC, datetime

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxlab.tables import Tables

SLOW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# CSV cannot hold NUL; every other sign of Unicode must survive.
text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
instant = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def good_rows():
    return st.lists(
        st.fixed_dictionaries(
            {
                "ticket_id": text.filter(bool),
                "created_at": instant,
                "channel": st.sampled_from(["email", "chat"]),
                "status": st.sampled_from(["open", "solved"]),
                "topic": st.none() | text.filter(bool),
                "service_target_s": st.none() | st.floats(0, 1e12),
                "n_solves": st.none() | st.integers(0, 2**62),
                "sla_met": st.none() | st.booleans(),
                "own": st.none() | text,
            }
        ),
        min_size=1,
        max_size=20,
        unique_by=lambda r: r["ticket_id"],
    )


def frame(rows):
    made = pd.DataFrame(rows)
    made["created_at"] = pd.to_datetime(made["created_at"], utc=True)
    made["n_solves"] = made["n_solves"].astype("Int64")
    made["sla_met"] = made["sla_met"].astype("boolean")
    made["service_target_s"] = made["service_target_s"].astype("float64")
    return made.astype({"topic": "str", "own": "str"})


@pytest.mark.parametrize("form", ["parquet", "csv", "duckdb"])
@SLOW
@given(rows=good_rows())
def test_written_and_read_back_tables_are_equal(form, rows):
    made = Tables.from_frames({"tickets": frame(rows)})
    assert made.quarantine.empty
    with tempfile.TemporaryDirectory() as folder:
        made.write(folder, format=form)
        back = Tables.read(folder)
        pd.testing.assert_frame_equal(back.frame("tickets"), made.frame("tickets"))
        assert back.quarantine.empty
        for column in ("created_at", "n_solves", "topic"):
            assert back.has("tickets", column) == made.has("tickets", column)


def any_rows():
    return st.lists(
        st.fixed_dictionaries(
            {
                "ticket_id": st.sampled_from(["a", "b", "c", "", None]),
                "created_at": st.sampled_from(["2024-01-01T00:00:00Z", "x", "", None]),
                "channel": st.sampled_from(["email", "fax", None]),
                "status": st.sampled_from(["open", "Open"]),
                "n_solves": st.sampled_from(["1", "-1", "", "one"]),
            }
        ),
        max_size=20,
    )


@SLOW
@given(rows=any_rows(), events=st.lists(st.sampled_from(["a", "b", "z", ""]), max_size=8))
def test_every_row_is_in_the_table_or_counted_in_quarantine(rows, events):
    # One good row keeps columns from being unreadable as a whole, which is refused.
    sure = {
        "ticket_id": "sure",
        "created_at": "2024-01-01T00:00:00Z",
        "channel": "email",
        "status": "open",
        "n_solves": "1",
    }
    tickets = pd.DataFrame([sure, *rows])
    changes = pd.DataFrame(
        {"ticket_id": pd.Series(events, dtype="str"), "at": "2024-01-01T00:00:00Z"}
    ).assign(field="status", new="open")
    t = Tables.from_frames({"tickets": tickets, "status_events": changes})
    for name, given_rows in (("tickets", tickets), ("status_events", changes)):
        aside = t.quarantine.query("table == @name")["rows"].sum()
        assert len(t.frame(name)) + aside == len(given_rows)
        assert len(t.quarantined(name)) == aside
    assert t.frame("tickets")["ticket_id"].is_unique


@pytest.mark.parametrize("form", ["parquet", "csv", "duckdb"])
def test_what_a_simulation_counted_travels_with_its_tables(form, tmp_path):
    row = {"ticket_id": ["a"], "created_at": [datetime(2026, 1, 5, tzinfo=UTC)],
           "channel": ["email"], "status": ["open"]}  # fmt: skip
    plain = Tables.from_frames({"tickets": pd.DataFrame(row)})
    assert plain.counted == {}
    counted = plain.replaced({}, replace(plain.meta, counted={"terms_ended": 7}))
    counted.write(tmp_path / "t", format=form)
    assert Tables.read(tmp_path / "t").counted == {"terms_ended": 7}
    assert "counted" not in plain.meta_json()


@pytest.mark.parametrize("form", ["parquet", "csv", "duckdb"])
def test_a_folder_may_have_any_name(form, tmp_path):
    """A quote in it ended the path once: "Anna's data" is a usual name."""
    rows = [{"ticket_id": "A", "created_at": datetime(2026, 1, 5, tzinfo=UTC), "channel": "email",
             "status": "open"}]  # fmt: skip
    folder = tmp_path / 'Anna\'s "data"; DROP TABLE tickets -- <img src=x> $HOME *[1] %20'
    Tables.from_frames({"tickets": pd.DataFrame(rows)}).write(folder, format=form)
    place = folder / "tables.duckdb" if form == "duckdb" else folder
    found = next(iter(folder.glob("*.duckdb")), place)
    assert Tables.read(found).frame("tickets")["ticket_id"].tolist() == ["A"]
