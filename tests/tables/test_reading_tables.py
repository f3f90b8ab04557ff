import gzip
import json
from datetime import UTC, datetime

import duckdb
import pandas as pd
import pytest

from cxlab.errors import InputError, RunError
from cxlab.tables import Tables, load, table_spec
from cxlab.tables.at_rest import at_rest

HEADER = "ticket_id,created_at,channel,status"
ROW = "T1,2024-03-01T09:00:00Z,email,open"


def tickets(**columns):
    base = {
        "ticket_id": ["T1", "T2"],
        "created_at": ["2024-03-01T09:00:00Z", "2024-03-01T10:00:00Z"],
        "channel": ["email", "chat"],
        "status": ["open", "solved"],
    }
    return pd.DataFrame(base | columns)


def csv(folder, text, name="tickets.csv"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_declared_column_is_there_and_says_whether_it_was_given():
    t = Tables.from_frames({"tickets": tickets(region=["north", "south"])})
    assert t.names == ("tickets",)
    declared = [c.name for c in table_spec("tickets").columns]
    assert list(t["tickets"].columns) == [*declared, "region"]
    assert t.extra_columns("tickets") == ("region",)
    assert t.has("tickets", "created_at")
    assert t.has("tickets", "region")
    assert not t.has("tickets", "last_solved_at")
    assert not t.has("messages")
    with pytest.raises(InputError, match="has no table 'messages'"):
        t["messages"]
    with pytest.raises(InputError, match="did you mean 'tickets'"):
        t["ticketts"]


def test_instants_are_utc_everywhere():
    t = Tables.from_frames(
        {"tickets": tickets(created_at=["2024-03-01T10:30:00.000001+01:30", "2024-03-01 09:00Z"])}
    )
    frame = t.frame("tickets")
    assert str(frame["created_at"].dtype) == "datetime64[us, UTC]"
    assert list(frame["created_at"]) == [
        pd.Timestamp("2024-03-01T09:00:00.000001Z"),
        pd.Timestamp("2024-03-01T09:00:00Z"),
    ]
    assert t["tickets"].created_at.type().timezone is None


def test_text_becomes_the_declared_types(tmp_path):
    text = (
        f"{HEADER},n_solves,service_target_s,sla_met,is_complaint\n"
        "007,2024-03-01T09:00:00+0100,email,open,2,1.5e1,Yes,0\n"
        "008,2024-03-01 09:00:00 UTC,email,open,,,,\n"
    )
    row = Tables.read(csv(tmp_path / "a", text)).frame("tickets").iloc[0]
    assert row["ticket_id"] == "007"
    assert row["created_at"] == pd.Timestamp("2024-03-01T08:00:00Z")
    assert (row["n_solves"], row["service_target_s"]) == (2, 15.0)
    assert (row["sla_met"], row["is_complaint"]) == (True, False)


def test_numbers_used_as_ids_become_text():
    whole = Tables.from_frames({"tickets": tickets(ticket_id=[7, 8], customer_id=[1.0, None])})
    assert whole.frame("tickets")["ticket_id"].tolist() == ["7", "8"]
    assert whole.frame("tickets")["customer_id"].iloc[0] == "1"


def test_a_time_without_a_zone_is_refused_with_place_example_and_remedy(tmp_path):
    text = f"{HEADER}\n{ROW}\nT2,2024-03-01 09:00,email,open\n"
    with pytest.raises(InputError) as caught:
        Tables.read(csv(tmp_path / "a", text))
    for part in ("tickets", "created_at", "1 rows", "first: 2", "2024-03-01 09:00", "time_zone"):
        assert part in str(caught.value)
    naive = pd.to_datetime(["2024-03-01", "2024-03-02"])
    with pytest.raises(InputError, match="without a zone"):
        Tables.from_frames({"tickets": tickets(created_at=naive)})
    mixed = [datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2)]
    with pytest.raises(InputError, match="without a zone"):
        Tables.from_frames({"tickets": tickets(created_at=pd.Series(mixed, dtype=object))})
    folder = tmp_path / "p"
    folder.mkdir()
    tickets(created_at=naive).to_parquet(folder / "tickets.parquet")
    with pytest.raises(InputError, match="without a zone"):
        Tables.read(folder)


def test_missing_column_names_the_nearest_given_one():
    wrong = tickets().rename(columns={"created_at": "creatd_at"})
    with pytest.raises(InputError, match="should 'creatd_at' be called 'created_at'"):
        Tables.from_frames({"tickets": wrong})


def test_a_column_of_a_wrong_type_is_refused():
    with pytest.raises(InputError, match=r"column 'created_at' \(instant\)"):
        Tables.from_frames({"tickets": tickets(created_at=[1.5, 2.5])})
    with pytest.raises(InputError, match="none of its 2 values can be read"):
        Tables.from_frames({"tickets": tickets(n_solves=["many", "few"])})
    with pytest.raises(InputError, match="two columns of one name"):
        Tables.from_frames({"tickets": tickets(Status=["a", "b"])})


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tickets.csv", b"", "empty"),
        ("tickets.parquet", b"", "empty"),
        ("tickets.csv", bytes(range(256)) * 40, "cannot be read|lacks the column"),
        ("tickets.parquet", bytes(range(256)) * 40, "cannot be read"),
        ("tickets.csv", f"{HEADER}\nT1,2024\n".encode(), "cannot be read"),
        ("tickets.csv", f"{HEADER}\n".encode("utf-16"), "cannot be read|lacks the column"),
        ("tickets.csv.gz", gzip.compress(HEADER.encode() * 99, mtime=0)[:-20], "cannot be read"),
        ("ticket.csv", f"{HEADER}\n{ROW}\n".encode(), "did you mean 'tickets'"),
        ("readme.txt", b"hello", "holds no tables"),
    ],
)
def test_bad_files_get_one_clear_error(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        Tables.read(tmp_path)


@pytest.mark.parametrize("amount", ["1", "1,5"])
def test_a_file_of_semicolons_is_told_what_to_do(tmp_path, amount):
    text = f"{HEADER},x\n{ROW},".replace(",", ";") + amount + "\n"
    with pytest.raises(InputError, match="separated by semicolons") as caught:
        Tables.read(csv(tmp_path / "a", text))
    assert "lacks the column" in str(caught.value) or amount == "1,5"
    assert "separated by commas" in str(caught.value)
    assert "`delimiter`" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{HEADER}\n{ROW}\n".replace(",", "\t").encode(), "separated by tabs"),
        (f"{HEADER}\n{ROW}\n".replace(",", "|").encode(), "separated by bars"),
        (f"{HEADER}\n{ROW}\n".encode("utf-16"), 'not UTF-8.*`encoding`, such as "utf-16"'),
        (f"{HEADER},group\n{ROW},Zürich\n".encode("cp1252"), '`encoding`, such as "cp1252"'),
    ],
)
def test_another_separator_or_encoding_is_told_what_to_do(tmp_path, content, words):
    (tmp_path / "tickets.csv").write_bytes(content)
    with pytest.raises(InputError, match=words):
        Tables.read(tmp_path)


def test_a_file_of_the_same_size_that_another_took_the_place_of_has_changed(tmp_path):
    path = tmp_path / "tickets.csv"
    path.write_text("one")
    (tmp_path / "new").write_text("two")
    with pytest.raises(RunError, match="changed while it was read"), at_rest([path]):
        (tmp_path / "new").replace(path)


@pytest.mark.parametrize("more", [f"{ROW}\n", '"half of a row, of which the rest'])
def test_a_file_that_changes_while_it_is_read_is_no_log(tmp_path, monkeypatch, more):
    path = csv(tmp_path / "a", f"{HEADER}\n{ROW}\n") / "tickets.csv"
    whole = load.source_of_csv

    def slowly(*given):
        with path.open("a") as file:
            file.write(more)
        return whole(*given)

    monkeypatch.setattr(load, "source_of_csv", slowly)
    with pytest.raises(RunError, match=r"changed while it was read: given 'tickets\.csv'"):
        Tables.read(path.parent)


def test_bad_places_get_one_clear_error(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        Tables.read(tmp_path / "nowhere")
    (tmp_path / "a.duckdb").write_bytes(b"\x00garbage" * 100)
    with pytest.raises(InputError, match="DuckDB"):
        Tables.read(tmp_path / "a.duckdb")
    duckdb.connect(str(tmp_path / "b.duckdb")).execute("CREATE TABLE tikets (a INT)")
    with pytest.raises(InputError, match="did you mean 'tickets'"):
        Tables.read(tmp_path / "b.duckdb")
    both = csv(tmp_path / "c", f"{HEADER}\n{ROW}\n")
    csv(both, f"{HEADER}\n{ROW}\n", "tickets.csv.gz")
    with pytest.raises(InputError, match="given twice"):
        Tables.read(both)


def test_a_header_alone_is_an_empty_table(tmp_path):
    t = Tables.read(csv(tmp_path / "a", f"{HEADER}\n"))
    assert len(t.frame("tickets")) == 0
    assert t.as_of is None
    assert t.quarantine.empty


def test_as_of_is_given_or_the_latest_observed_instant():
    due = ["2030-01-01T00:00:00Z"] * 2
    derived = Tables.from_frames({"tickets": tickets(sla_due_at=due)})
    # A promise for 2030 is no observation.
    assert derived.as_of == datetime(2024, 3, 1, 10, tzinfo=UTC)
    given = Tables.from_frames({"tickets": tickets()}, as_of=datetime(2024, 4, 1, tzinfo=UTC))
    assert given.as_of == datetime(2024, 4, 1, tzinfo=UTC)
    with pytest.raises(InputError, match="no time zone"):
        Tables.from_frames({"tickets": tickets()}, as_of=datetime(2024, 4, 1))


@pytest.mark.parametrize("form", ["parquet", "csv", "duckdb"])
def test_metadata_quarantine_and_given_columns_survive_writing(tmp_path, form):
    made = Tables.from_frames(
        {"tickets": tickets(channel=["email", "Email"], site=["a", "b"])},
        as_of=datetime(2024, 4, 1, tzinfo=UTC),
        source="demo",
        time_zone="Europe/Berlin",
    )
    made.write(tmp_path / "out", format=form)
    back = Tables.read(tmp_path / "out")
    assert (back.as_of, back.source, back.time_zone) == (made.as_of, "demo", "Europe/Berlin")
    pd.testing.assert_frame_equal(back.quarantine, made.quarantine)
    pd.testing.assert_frame_equal(back.frame("tickets"), made.frame("tickets"))
    assert not back.has("tickets", "last_solved_at")
    assert back.extra_columns("tickets") == ("site",)
    assert [i.rows for i in back.inputs] == [1]
    assert len(back.inputs[0].sha256) == 64
    assert not [p for p in (tmp_path / "out").iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize("form", ["parquet", "csv", "duckdb"])
def test_quarantined_rows_survive_reading_and_writing_again(tmp_path, form):
    bad = tickets(channel=["email", "fax"], note=["a", 'two\nlines, "quoted"'])
    events = pd.DataFrame(
        {"ticket_id": ["T9"], "at": "2024-03-01T09:00:00Z", "kind": "timeout", "reason": ["late"]}
    )
    Tables.from_frames({"tickets": bad, "escalations": events}).write(tmp_path / "a", format=form)
    for old, new in (("a", "b"), ("b", "b"), ("b", "c")):
        Tables.read(tmp_path / old).write(tmp_path / new, format=form)
    back = Tables.read(tmp_path / "c")
    (row,) = back.quarantined("tickets").to_dict("records")
    assert (row["row"], row["broken_column"], row["channel"]) == (2, "channel", "fax")
    assert row["note"] == 'two\nlines, "quoted"'
    # A column of the table's own called `reason` gives way to why the row was set aside.
    (row,) = back.quarantined("escalations").to_dict("records")
    assert (row["reason"], row["given_reason"]) == ("no such ticket_id in tickets", "late")
    assert back.quarantine["rows"].tolist() == [1, 1]
    files = {p.name for p in (tmp_path / "c").iterdir()}
    assert ("_quarantine_tickets.csv" in files) == (form != "duckdb")


def test_rows_set_aside_by_an_earlier_run_go_with_it(tmp_path):
    Tables.from_frames({"tickets": tickets(channel=["email", "fax"])}).write(tmp_path / "a")
    Tables.from_frames({"tickets": tickets()}).write(tmp_path / "a")
    assert not (tmp_path / "a" / "_quarantine_tickets.csv").exists()
    assert Tables.read(tmp_path / "a").quarantined("tickets").empty


def test_broken_quarantined_rows_are_an_input_error(tmp_path):
    Tables.from_frames({"tickets": tickets(channel=["email", "fax"])}).write(tmp_path / "a")
    (tmp_path / "a" / "_quarantine_tickets.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"quarantined rows in _quarantine_tickets\.csv"):
        Tables.read(tmp_path / "a")


def test_writing_renews_cxlabs_own_folder_and_spares_a_foreign_one(tmp_path):
    agents = pd.DataFrame({"agent_id": ["A"], "team": ["x"], "kind": ["human"]})
    Tables.from_frames({"tickets": tickets(), "agents": agents}).write(tmp_path / "o", format="csv")
    Tables.from_frames({"tickets": tickets()}).write(tmp_path / "o")
    assert Tables.read(tmp_path / "o").names == ("tickets",)
    mine = csv(tmp_path / "mine", f"{HEADER}\n{ROW}\n")
    with pytest.raises(InputError, match="did not write"):
        Tables.from_frames({"tickets": tickets()}).write(mine)
    assert (mine / "tickets.csv").read_text() == f"{HEADER}\n{ROW}\n"
    with pytest.raises(InputError, match="did you mean 'parquet'"):
        Tables.from_frames({"tickets": tickets()}).write(tmp_path / "q", format="parket")


def test_broken_metadata_is_an_input_error(tmp_path):
    folder = csv(tmp_path / "a", f"{HEADER}\n{ROW}\n")
    (folder / "_cxlab.json").write_text("{")
    with pytest.raises(InputError, match="metadata"):
        Tables.read(folder)
    (folder / "_cxlab.json").write_text(json.dumps({"as_of": "2024-01-01T00:00:00"}))
    with pytest.raises(InputError, match="no time zone"):
        Tables.read(folder)


def test_a_folder_with_glob_signs_and_quotes_in_its_name(tmp_path):
    folder = tmp_path / "a[b]'*"
    Tables.from_frames({"tickets": tickets()}).write(folder)
    assert len(Tables.read(folder).frame("tickets")) == 2
    Tables.from_frames({"tickets": tickets()}).write(folder / "x.duckdb", format="duckdb")
    assert len(Tables.read(folder / "x.duckdb").frame("tickets")) == 2


def test_pandas_types_of_all_kinds():
    frame = tickets(
        created_at=pd.to_datetime(["2024-01-01", "2024-07-01"]).tz_localize("Europe/Berlin"),
        channel=pd.Categorical(["email", "chat"]),
        last_solved_at=[None, None],
        n_solves=pd.array([1, None], dtype="Int64"),
        n_contacts=[1.0, None],
        sla_met=[True, None],
        replication=pd.Series([1, 2], dtype="int16"),
    )
    frame.index = [5, 5]
    got = Tables.from_frames({"tickets": frame}).frame("tickets")
    assert list(got["created_at"].dt.hour) == [23, 22]
    assert got["n_solves"].tolist() == [1, pd.NA]
    assert got["n_contacts"].tolist() == [1, pd.NA]
    assert got["sla_met"].tolist() == [True, pd.NA]
    assert got["last_solved_at"].isna().all()
