"""Mappings that fill tables other than tickets, on exports made by hand."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from cxlab.cli.app import run
from cxlab.errors import InputError
from cxlab.ingest import bundled_mapping, import_export, load_mapping
from cxlab.tables import Tables

SOURCE = '[source]\nname = "s"\nfile = "e.csv"\n'


def imported(folder, mapping, export, source=SOURCE):
    (folder / "m.toml").write_text(source + mapping, "utf-8")
    (folder / "e.csv").write_text(export, "utf-8", newline="")
    return import_export(folder / "m.toml")


def plain(frame):
    return frame.astype(object).where(frame.notna(), None).to_dict("records")


SPELLS = """
[derive]
snapshot = { const = "2024-03-31T10:00:00+02:00", as = "instant" }
[subscriptions.columns]
subscription_id = { row = "S" }
customer_id = "who"
started_at = { base = "snapshot", minus_months = "months" }
due_at = { base = "snapshot", plus_months = "months" }
"""


def test_calendar_months_before_and_after_an_instant(tmp_path):
    """Ends of months are clipped; the clock time stays on the local clocks across the change."""
    source = SOURCE + 'time_zone = "Europe/Berlin"\nas_of = "2024-03-31T10:00:00+02:00"\n'
    t, report = imported(tmp_path, SPELLS, "who,months\na,0\nb,1\nc,13\n", source)
    assert t.as_of == datetime(2024, 3, 31, 8, tzinfo=UTC)
    spells = t.frame("subscriptions")
    assert spells["subscription_id"].tolist() == ["S1", "S2", "S3"]
    assert [str(v) for v in spells["started_at"]] == [
        "2024-03-31 08:00:00+00:00",  # 10:00 in summer
        "2024-02-29 09:00:00+00:00",  # 10:00 in winter, last day of a leap February
        "2023-02-28 09:00:00+00:00",
    ]
    assert [str(v)[:10] for v in spells["due_at"]] == ["2024-03-31", "2024-04-30", "2025-04-30"]
    assert report.rows == {"subscriptions": 3}


@pytest.mark.parametrize("months", ["1.5", "many", "1e9", "-99999999999999999999", "inf"])
def test_months_that_are_no_whole_number_are_set_aside(tmp_path, months):
    source = SOURCE + 'time_zone = "UTC"\n'
    t, report = imported(tmp_path, SPELLS, f"who,months\na,2\nb,{months}\n", source)
    assert t.frame("subscriptions")["customer_id"].tolist() == ["a"]
    (row,) = report.quarantine.to_dict("records")
    assert "not a whole number of months" in row["reason"]
    assert months in row["reason"]
    assert row["examples"] == "row 2"


WIDE = """
[derive]
on = { from = "day", as = "instant" }
[[surveys.unpivot]]
items = ["likely"]
set = { instrument = "nps", scale_min = 0, scale_max = 10 }
codes = { 11 = "blank" }
[[surveys.unpivot]]
items = ["food", "wifi"]
set = { instrument = "csat", scale_min = 1, scale_max = 5 }
codes = { 0 = "blank", 6 = "n/a", "" = "not asked" }
[surveys]
where = [{ column = "who", not_in = ["test"] }, { column = "item", not_in = ["wifi"] }]
[surveys.columns]
survey_id = { join = ["who", "item"] }
instrument = "instrument"
version = "item"
scale_min = "scale_min"
scale_max = "scale_max"
sent_at = "on"
answered_at = { from = "on", when = [{ column = "answer", empty = false }] }
score = "answer"
subject_type = { const = "customer" }
subject_id = "who"
[surveys.extra]
code = "code"
"""
LOCAL = SOURCE + 'time_zone = "Europe/Berlin"\n'


def test_questions_side_by_side_become_rows_below_each_other(tmp_path):
    export = (
        "who,day,likely,food,wifi\n"
        "a,2024-03-31 02:30,11,6,1\n"  # an hour that the clock skips
        "test,2024-05-01 00:00,1,1,1\n"
        "b,2024-05-02 00:00,0,,2\n"
        "c,2024-05-03 00:00,6,0,3\n"
        "d,2024-05-04 00:00,12,5,9\n"
        "e,2024-05-05 00:00,x,3,9\n"
    )
    t, report = imported(tmp_path, WIDE, export, LOCAL)
    got = [(r["survey_id"], r["score"], r["code"]) for r in plain(t.frame("surveys"))]
    assert got == [
        ("a-likely", None, "blank"),
        ("a-food", None, "n/a"),
        ("b-likely", 0, None),  # 0 and 6 are answers to the one question, codes of the other
        ("b-food", None, "not asked"),
        ("c-likely", 6, None),
        ("c-food", None, "blank"),
        ("d-food", 5, None),
        ("e-food", 3, None),
    ]
    surveys = t.frame("surveys")
    assert surveys["answered_at"].notna().tolist() == surveys["score"].notna().tolist()
    assert surveys["sent_at"].notna().all()
    assert surveys["scale_max"].tolist() == [10, 5] * 3 + [5, 5]
    assert report.clock_skipped == 1  # counted once, not once per question
    assert report.quarantined == 2
    aside = t.quarantined("surveys")
    assert report.quarantine["reason"].str.contains("not a number|score is outside").all()
    by_import = aside[aside["who"].notna()].iloc[0]
    assert (by_import["row"], by_import["who"], by_import["likely"]) == (6, "e", "x")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('items = ["likely"]', 'items = ["likly"]'), "did you mean 'likely'"),
        (('items = ["likely"]', 'items = ["food"]'), "unpivoted twice"),
        (('items = ["likely"]', "items = []"), "at least 1 item"),
        (('items = ["likely"]', 'itms = ["likely"]'), "did you mean 'items'"),
        (("scale_max = 5 }", "scale_max = 5, item = 1 }"), "name that is taken: given 'item'"),
        (("scale_max = 5 }", "scale_max = 5, who = 1 }"), "name that is taken: given 'who'"),
        (("[surveys]", '[surveys]\ngroup_by = ["who"]'), "unpivot makes several rows of one"),
    ],
)
def test_bad_unpivots_get_one_clear_error(tmp_path, change, words):
    export = "who,day,likely,food,wifi\na,2024-05-01 00:00,1,1,1\n"
    with pytest.raises(InputError, match=words):
        imported(tmp_path, WIDE.replace(*change), export, LOCAL)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('as_of = "2024-03-01"\n[customers.columns]\ncustomer_id = "a"', "as_of in"),
        ('as_of = "March"\n[customers.columns]\ncustomer_id = "a"', "as_of in"),
        ('[customers.columns]\ncustomer_id = { base = "a" }', "belong together"),
        ('[customers.columns]\ncustomer_id = { from = "a", plus_months = "b" }', "belong together"),
        ('[subscriptions.columns]\nsubscription_id = "a"', "customer_id, started_at"),
        ('[customer.columns]\ncustomer_id = "a"', "did you mean 'customers'"),
    ],
)
def test_bad_mappings_get_one_clear_error(tmp_path, text, words):
    (tmp_path / "m.toml").write_text(SOURCE + text)
    with pytest.raises(InputError, match=words):
        load_mapping(tmp_path / "m.toml")


def test_days_of_the_calendar_are_read_in_the_form_of_the_source(tmp_path):
    mapping = """
    [schedule_exceptions.columns]
    schedule_id = { const = "desk" }
    date = { from = "day", time_format = "%d.%m.%Y" }
    kind = { const = "closed" }
    name = "name"
    """
    export = "day,name\n26.12.2024,Boxing Day\n31.02.2024,never\n"
    t, report = imported(tmp_path, mapping, export)
    assert t.frame("schedule_exceptions")["date"].tolist() == [pd.Timestamp("2024-12-26")]
    assert report.quarantine["reason"].tolist() == ["day is not a day: given '31.02.2024'"]


HEADERS = {
    "telco_churn": "customerID,gender,SeniorCitizen,Partner,Dependents,tenure,PhoneService,"
    "MultipleLines,InternetService,OnlineSecurity,OnlineBackup,DeviceProtection,TechSupport,"
    "StreamingTV,StreamingMovies,Contract,PaperlessBilling,PaymentMethod,MonthlyCharges,"
    "TotalCharges,Churn",
    "cdnow": "customer_id,date,number_of_cds,dollar_value",
}
GOOD = {
    "telco_churn": "{id},Male,0,Yes,No,{number},Yes,No,DSL,No,No,No,No,No,No,One year,No,"
    "Mailed check,{money},12,{flag}",
    "cdnow": "{id},1997-01-0{number},1,{money}",
}


@pytest.mark.parametrize("name", list(HEADERS))
class TestShipped:
    """The mappings that ship, on good, bad and hostile files."""

    def given(self, folder, name, *rows, header=None):
        path = folder / "given.csv"
        made = [GOOD[name].format(**{"number": 3, "money": 9.5, "flag": "No"} | r) for r in rows]
        path.write_text("\n".join([header or HEADERS[name], *made]) + "\n", "utf-8")
        return path

    def test_good_rows_and_hostile_text(self, tmp_path, name):
        nasty = ["<script>alert(1)</script>", "=cmd()", "'; DROP TABLE customers; --", "x" * 9_999]
        file = self.given(tmp_path, name, *[{"id": n} for n in nasty])
        t, report = import_export(bundled_mapping(name), file=file)
        assert report.quarantined == 0
        assert sorted(t.frame("customers")["customer_id"]) == sorted(nasty)

    def test_rows_that_cannot_be_read_are_set_aside(self, tmp_path, name):
        bad = [{"id": "b", "number": "soon"}, {"id": "c", "money": "free"}]
        file = self.given(tmp_path, name, {"id": "a"}, *bad)
        t, report = import_export(bundled_mapping(name), file=file)
        money = t.frame("subscriptions" if name == "telco_churn" else "transactions")
        assert money["customer_id"].tolist() == ["a"]
        assert report.rows_read == 3
        said = " ".join(report.quarantine["reason"])
        assert "soon'" in said
        assert "'free'" in said

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "empty"),
            (b"\n\n", "empty"),
            (bytes(range(256)) * 50, "cannot be read|no such column"),
            (b"name,age\nann,3\n", "no such column"),
        ],
    )
    def test_bad_files_get_one_clear_error(self, tmp_path, name, content, words):
        (tmp_path / "x.csv").write_bytes(content)
        with pytest.raises(InputError, match=words):
            import_export(bundled_mapping(name), file=tmp_path / "x.csv")

    def test_a_missing_column_is_named(self, tmp_path, name):
        gone = HEADERS[name].rpartition(",")[2]
        file = self.given(tmp_path, name, header=HEADERS[name].replace(gone, "Other"))
        with pytest.raises(InputError, match=f"no such column: given '{gone}'"):
            import_export(bundled_mapping(name), file=file)

    def test_a_header_alone_makes_empty_tables(self, tmp_path, name):
        t, report = import_export(bundled_mapping(name), file=self.given(tmp_path, name))
        assert set(report.rows.values()) == {0}
        assert t.as_of is not None

    def test_the_command_line_imports_and_checks_without_tickets(self, tmp_path, name, capsys):
        file = self.given(tmp_path, name, {"id": "a"}, {"id": "b"})
        out = tmp_path / "t"
        assert run(["import", name, "--file", str(file), "--out", str(out), "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        assert (said["rows"]["customers"], said["quarantined"], said["tickets"]) == (2, 0, 0)
        assert run(["check", str(out)]) == 0
        assert "tables: customers 2, " in "".join(capsys.readouterr())
        assert "tickets" not in Tables.read(out)
        assert run(["import", name, "--file", str(tmp_path / "no.csv"), "--out", str(out)]) == 2


def test_the_airport_survey_refuses_another_file(tmp_path):
    (tmp_path / "x.csv").write_text("name,age\nann,3\n")
    with pytest.raises(InputError, match="no such column: given 'INTDATE'"):
        import_export(bundled_mapping("sfo_survey_2017"), file=tmp_path / "x.csv")


def test_mappings_that_ship_say_what_they_assume():
    for name in ("telco_churn", "cdnow", "sfo_survey_2017"):
        rule = load_mapping(bundled_mapping(name)).source
        assert rule.observed_until is not None
        assert rule.time_zone in ("UTC", "America/Los_Angeles")
        assert Path(rule.file).suffix == ".gz"
