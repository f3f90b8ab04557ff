"""Small exports made by hand, with what must become of them."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from cxlab.errors import InputError
from cxlab.ingest import bundled_mappings, find_mapping, import_export, load_mapping

MAPPING = """
[source]
name = "desk"
file = "export.csv"
{source}

[tickets.columns]
ticket_id = "No"
created_at = "Opened"
channel = {{ from = "Channel", values = {{ Phone = "phone", Mail = "email" }}{channel} }}
status = {{ from = "State", values = {{ open = "open", done = "solved" }} }}
{columns}
"""
EXPORT = "No,Opened,Channel,State\nA,2024-03-01 09:00,Phone,done\nB,2024-03-01 10:00,Mail,open\n"


def desk(folder, export=EXPORT, *, source='time_zone = "UTC"', channel="", columns=""):
    mapping = folder / "desk.toml"
    mapping.write_text(MAPPING.format(source=source, channel=channel, columns=columns), "utf-8")
    if isinstance(export, bytes):
        (folder / "export.csv").write_bytes(export)
    else:
        (folder / "export.csv").write_text(export, encoding="utf-8", newline="")
    return mapping


def custom(folder, mapping, export):
    (folder / "m.toml").write_text(mapping, "utf-8")
    (folder / "e.csv").write_text(export, "utf-8")
    return import_export(folder / "m.toml")


def test_naive_times_are_read_in_the_zone_of_the_source(tmp_path):
    t, report = import_export(desk(tmp_path, source='time_zone = "Asia/Kolkata"'))
    assert t.frame("tickets")["created_at"].tolist() == [
        pd.Timestamp("2024-03-01T03:30Z"),
        pd.Timestamp("2024-03-01T04:30Z"),
    ]
    assert (report.rows_read, report.tickets, report.quarantined) == (2, 2, 0)
    assert len(report.files[0].sha256) == 64
    assert report.as_dict()["files"][0]["rows"] == 2


def test_times_without_a_zone_and_without_time_zone_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"'Opened' holds times without a zone.*time_zone"):
        import_export(desk(tmp_path, source=""))


def test_offsets_in_the_values_win(tmp_path):
    export = EXPORT.replace("2024-03-01 09:00", "2024-03-01T09:00:00+05:00")
    t, _ = import_export(desk(tmp_path, export))
    assert t.frame("tickets")["created_at"].iloc[0] == pd.Timestamp("2024-03-01T04:00Z")
    literal = EXPORT.replace(" 09:00", "T09:00Z").replace(" 10:00", "T10:00Z")
    form = 'time_zone = "Asia/Kolkata"\ntime_format = "%Y-%m-%dT%H:%MZ"'
    t, _ = import_export(desk(tmp_path, literal, source=form))
    assert t.frame("tickets")["created_at"].iloc[0] == pd.Timestamp("2024-03-01T09:00Z")


def test_the_hours_that_clock_changes_repeat_or_skip(tmp_path):
    """Berlin 2024: 02:30 on 31 March does not exist, 02:30 on 27 October happens twice."""
    export = EXPORT.replace("2024-03-01 09:00", "2024-03-31 02:30")
    export = export.replace("2024-03-01 10:00", "2024-10-27 02:30")
    t, report = import_export(desk(tmp_path, export, source='time_zone = "Europe/Berlin"'))
    assert t.frame("tickets")["created_at"].tolist() == [
        pd.Timestamp("2024-03-31T01:00Z"),  # forward to 03:00 summer time
        pd.Timestamp("2024-10-27T00:30Z"),  # the first of the two, still summer time
    ]
    assert (report.clock_skipped, report.clock_repeated) == (1, 1)


def test_a_wrong_column_names_the_nearest(tmp_path):
    with pytest.raises(InputError, match=r"given 'State'.*did you mean 'Status'"):
        import_export(desk(tmp_path, EXPORT.replace("State", "Status")))


@pytest.mark.parametrize(
    ("export", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (bytes(range(256)) * 50, "cannot be read|no such column"),
        (b"No,Opened\nA,2024,x,y,z\n", "cannot be read"),
        (b"No,Opened,Channel,State\nA,gestern,Phone,done\n", "none of the 1 values"),
        (EXPORT.encode("utf-16"), "cannot be read|no such column"),
        ((EXPORT + "C,2024-03-01 09:00,Gruß,open\n").encode("latin-1"), "cannot be read"),
        (b"No,No,Opened,Channel,State\nA,B,2024-03-01 09:00,Phone,open\n", "columns of one name"),
    ],
)
def test_bad_exports_get_one_clear_error(tmp_path, export, words):
    with pytest.raises(InputError, match=words):
        import_export(desk(tmp_path, export))


def test_a_wrong_encoding_names_the_one_to_try(tmp_path):
    late = EXPORT * 2000 + "C,2024-03-01 09:00,Gruß,open\n"
    with pytest.raises(InputError, match=r'expected a CSV file in utf-8.*encoding = "cp1252"'):
        import_export(desk(tmp_path, late.encode("cp1252")))
    with pytest.raises(InputError, match='try encoding = "utf-16"'):
        import_export(desk(tmp_path, EXPORT.encode("utf-16")))


def test_missing_and_truncated_files(tmp_path):
    mapping = desk(tmp_path)
    with pytest.raises(InputError, match="no such export"):
        import_export(mapping, file=tmp_path / "none.csv")
    whole = gzip.compress((EXPORT * 500).encode())
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="cut off"):
        import_export(mapping, file=tmp_path / "cut.csv.gz")
    (tmp_path / "not.csv.gz").write_bytes(b"plain text")
    with pytest.raises(InputError, match=r"not gzip|cannot be read"):
        import_export(mapping, file=tmp_path / "not.csv.gz")
    (tmp_path / "x.parquet").write_bytes(b"plain text")
    with pytest.raises(InputError, match="Parquet"):
        import_export(mapping, file=tmp_path / "x.parquet")
    with pytest.raises(InputError, match="no such mapping"):
        import_export(tmp_path / "none.toml")


def test_a_header_alone_and_a_log_in_which_all_is_open(tmp_path):
    t, report = import_export(desk(tmp_path, "No,Opened,Channel,State\n"))
    assert (report.rows_read, report.tickets) == (0, 0)
    export = EXPORT.replace("done", "open").replace("State", "State,Solved")
    export = export.replace(",open", ",open,")
    t, _ = import_export(desk(tmp_path, export, columns='last_solved_at = "Solved"'))
    assert t.frame("tickets")["last_solved_at"].isna().all()
    assert t.frame("tickets")["status"].tolist() == ["open", "open"]


def test_duplicates_and_unparsable_rows_are_set_aside_with_row_and_value(tmp_path):
    export = EXPORT + "A,2024-03-02 09:00,Phone,open\nC,yesterday,Phone,open\n"
    t, report = import_export(desk(tmp_path, export))
    assert t.frame("tickets")["ticket_id"].tolist() == ["A", "B"]
    assert report.rows_read == report.tickets + report.quarantined == 4
    by_column = report.quarantine.set_index("column")
    assert "duplicate" in by_column.loc["ticket_id", "reason"]
    assert "'yesterday'" in by_column.loc["created_at", "reason"]
    assert by_column.loc["created_at", "examples"] == "row 4"
    kept = t.quarantined("tickets")
    assert kept["Opened"].dropna().tolist() == ["yesterday"]


@pytest.mark.parametrize(
    ("unmapped", "left", "quarantined"),
    [
        ("", ["phone"], 1),
        (', unmapped = "null"', ["phone"], 1),  # empty, and a ticket needs a channel
        (', unmapped = "keep"', ["phone"], 1),  # kept, but no channel that cxlab knows
    ],
)
def test_values_that_the_map_does_not_know(tmp_path, unmapped, left, quarantined):
    export = EXPORT.replace("Mail", "Fax")
    t, report = import_export(desk(tmp_path, export, channel=unmapped))
    assert t.frame("tickets")["channel"].tolist() == left
    assert report.quarantined == quarantined
    assert report.value_misses == {"tickets.channel": {"Fax": 1}}


def test_an_unmapped_value_can_be_an_error(tmp_path):
    with pytest.raises(InputError, match=r"'Mial'.*did you mean 'Mail'"):
        import_export(
            desk(tmp_path, EXPORT.replace("Mail", "Mial"), channel=', unmapped = "error"')
        )


def test_hostile_text_stays_text(tmp_path):
    nasty = ["<script>alert(1)</script>", "=cmd()", 'say "hi",\nnext', "x" * 10_000]
    frame = pd.DataFrame({"No": nasty, "Opened": "2024-03-01 09:00", "Channel": "Mail"})
    export = frame.assign(State="open", Topic=nasty).to_csv(index=False)
    t, _ = import_export(desk(tmp_path, export, columns='topic = "Topic"'))
    assert t.frame("tickets")["ticket_id"].tolist() == nasty
    assert t.frame("tickets")["topic"].tolist() == nasty


GROUPED = """
[source]
name = "log"
file = "e.csv"
time_zone = "UTC"
missing = ["-"]
[tickets]
group_by = ["id"]
order_by = ["n"]
[tickets.columns]
ticket_id = "id"
created_at = { from = "t", take = "first" }
channel = { const = "email" }
status = { from = "state", take = "last" }
group = { from = "team", take = "last_given" }
n_solves = { from = "re", plus = 1, take = "max" }
[tickets.extra]
rows = { from = "n", take = "count", as = "number" }
first_n = { from = "n", take = "min", as = "number" }
first_team = { from = "team", take = "first_given" }
[status_events]
group_by = ["id"]
order_by = ["n"]
[status_events.columns]
ticket_id = "id"
[status_events.changes]
at = "t"
fields = { status = "state", group = "team" }
[escalations]
group_by = ["id"]
order_by = ["n"]
[escalations.columns]
ticket_id = "id"
kind = { const = "hierarchical" }
[escalations.changes]
at = "t"
falls = "prio"
"""


def test_several_rows_become_one_ticket_and_changes_become_events(tmp_path):
    export = (
        "id,n,t,state,team,re,prio\n"
        "A,10,2024-01-01 12:00,solved,-,1,2\n"  # out of order: 10 comes after 9
        "A,1,2024-01-01 10:00,new,-,0,3\n"
        "B,1,2024-01-02 10:00,open,red,0,1\n"
        "A,9,2024-01-01 11:00,new,blue,1,1\n"
    )
    t, report = custom(tmp_path, GROUPED, export)
    a, b = t.frame("tickets").to_dict("records")
    assert (a["ticket_id"], b["ticket_id"]) == ("A", "B")
    assert a["created_at"] == pd.Timestamp("2024-01-01T10:00Z")
    assert (a["status"], a["group"], a["n_solves"]) == ("solved", "blue", 2)
    assert (a["rows"], a["first_n"], a["first_team"]) == (3, 1, "blue")
    events = t.frame("status_events")[["ticket_id", "field", "old", "new", "seq"]]
    events = events.astype(object).where(events.notna(), None)
    assert events.to_numpy().tolist() == [
        ["A", "status", None, "new", 1],
        ["A", "group", None, "blue", 2],
        ["A", "status", "new", "solved", 3],
        ["B", "status", None, "open", 1],
        ["B", "group", None, "red", 2],
    ]
    assert t.frame("escalations")["at"].tolist() == [pd.Timestamp("2024-01-01T11:00Z")]
    assert report.rows == {"tickets": 2, "status_events": 5, "escalations": 1}


CLOCKS = """
[source]
name = "calls"
file = "e.csv"
time_zone = "Europe/Berlin"
[derive]
began = { date = "day", clock = "in" }
queued = { date = "day", clock = "queue", near = "began" }
out = { base = "queued", plus_seconds = "wait" }
[tickets.columns]
ticket_id = { join = ["line", "no"] }
created_at = "began"
channel = { const = "phone" }
status = { const = "solved" }
queued_at = "queued"
answered_at = { from = "out", when = [{ column = "how", in = ["served"] }] }
abandoned_at = { from = "out", when = [{ column = "how", not_in = ["served"] }] }
"""


def test_clock_times_cross_midnight_and_clock_changes(tmp_path):
    export = (
        "line,no,day,in,queue,wait,how\n"
        "L,1,2024-01-01,23:59:50,00:00:05,10,served\n"  # queue after midnight
        "L,2,2024-01-02,00:00:05,23:59:55,20,left\n"  # queue before midnight (skewed clocks)
        "L,3,2024-03-30,23:30,23:59:30,9000,served\n"  # waits across the change to summer time
    )
    t, _ = custom(tmp_path, CLOCKS, export)
    assert t.quarantine.empty
    one, two, three = t.frame("tickets").to_dict("records")
    assert one["ticket_id"] == "L-1"
    assert one["queued_at"] == pd.Timestamp("2024-01-01T23:00:05Z")
    assert one["answered_at"] == pd.Timestamp("2024-01-01T23:00:15Z")
    assert pd.isna(one["abandoned_at"])
    assert two["queued_at"] == pd.Timestamp("2024-01-01T22:59:55Z")
    # 2.5 hours later is 03:29:30 summer time: durations are elapsed time.
    assert three["answered_at"].tz_convert("Europe/Berlin").strftime("%H:%M:%S") == "03:29:30"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[source", "is not TOML"),
        ('[sauce]\nname="x"', "did you mean 'source'"),
        ('[source]\nname="x"\nfile="f"', "fills no table"),
        ('[source]\nname="x"\nfile="f"\nzone="UTC"\n[tickets.columns]', "'zone'"),
        ('[source]\nname="x"\nfile="f"\ntime_zone="Europe/Berln"\n[tickets.columns]', "Berlin"),
        ('[source]\nname="x"\nfile=3\n[tickets.columns]', "source.file"),
        ('[source]\nname="x"\nfile="f"\n[tickets.columns]\nticket_id="a"', "created_at"),
        ('[source]\nname="x"\nfile="f"\n[tickets.columns]\ntickt_id="a"', "'ticket_id'"),
        ('[source]\nname="x"\nfile="f"\n[tickets.columns]\nticket_id={form="a"}', "'from'"),
        ('[source]\nname="x"\nfile="f"\n[tickets]\ngroupby=["a"]\ncolumns={}', "'group_by'"),
        ('[source]\nname="x"\nfile="f"\n[tickets.columns]\nticket_id={}', "exactly one of"),
        ('[source]\nname="x"\nfile="f"\n[tickets.columns]\nticket_id={clock="a"}', "date"),
    ],
)
def test_bad_mappings_get_one_clear_error(tmp_path, text, words):
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        load_mapping(path)


def test_mappings_that_ship_are_found_and_valid():
    names = ("anonymous_bank", "cdnow", "sfo_survey_2017", "telco_churn", "uci_incidents")
    assert bundled_mappings() == names
    for name in bundled_mappings():
        assert load_mapping(find_mapping(name)).source.name == name
    with pytest.raises(InputError, match="did you mean 'uci_incidents'"):
        find_mapping("uci_incident")


def test_progress_goes_from_one_to_all(tmp_path):
    seen = []
    import_export(desk(tmp_path), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_the_sample_import_is_whole():
    folder = Path(__file__).parents[2] / "scenarios" / "sample_import"
    t, report = import_export(folder / "mapping.toml")
    assert (report.rows_read, report.tickets, report.quarantined) == (40, 40, 0)
    assert report.value_misses == {}
    row = t.frame("tickets").iloc[0]
    assert row["created_at"] == pd.Timestamp("2026-03-02T07:14Z")  # 08:14 in Berlin, winter
    assert t.extra_columns("tickets") == ("site",)
