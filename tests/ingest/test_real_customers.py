"""Customers, purchases and answers by the mappings that ship: numbers from the data's READMEs."""

import csv
import gzip
from datetime import UTC, datetime

import pandas as pd
import pytest

from cxlab.ingest import bundled_mapping, import_export
from cxlab.tables import Tables, complete

pytestmark = pytest.mark.real


def raw(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def telco(real_data):
    return import_export(bundled_mapping("telco_churn"), file=real_data / "telco_churn")


@pytest.fixture(scope="module")
def airport(real_data):
    return import_export(bundled_mapping("sfo_survey_2017"), file=real_data / "sfo_survey_2017")


@pytest.fixture(scope="module")
def master(real_data):
    return import_export(bundled_mapping("cdnow"), file=real_data / "cdnow")


@pytest.fixture(scope="module")
def sample(real_data):
    return import_export(bundled_mapping("cdnow"), file=real_data / "cdnow" / "cdnow_sample.csv.gz")


def test_telco_every_customer_and_every_churned_one(telco):
    tables, report = telco
    assert report.rows == {"customers": 7043, "subscriptions": 7043}
    assert (report.rows_read, report.quarantined, report.tickets) == (7043, 0, 0)
    assert tables.as_of == datetime(2018, 1, 1, tzinfo=UTC)
    spells = tables.frame("subscriptions")
    ended = spells["ended_at"].notna()
    assert ended.sum() == (spells["status"] == "ended").sum() == 1869
    assert round(100 * ended.mean(), 3) == 26.537
    assert (spells["tenure_months"] == 0).sum() == spells["total_charges"].isna().sum() == 11
    assert spells["tenure_months"].max() == 72
    assert (spells["internet_service"] == "No").sum() == 1526  # a level, not missing


def test_telco_tenure_and_money_are_those_of_the_file(telco, real_data):
    rows = raw(real_data / "telco_churn" / "telco_customer_churn.csv.gz")
    spells = telco[0].frame("subscriptions")
    months = (2018 - spells["started_at"].dt.year) * 12 + 1 - spells["started_at"].dt.month
    assert months.tolist() == [int(r["tenure"]) for r in rows]
    assert spells["tenure_months"].tolist() == [int(r["tenure"]) for r in rows]
    assert set(spells["started_at"].dt.day) == {1}
    assert spells["mrr"].tolist() == [float(r["MonthlyCharges"]) for r in rows]
    assert spells["product"].tolist() == [r["Contract"] for r in rows]


def test_telco_the_churned_left_within_the_last_month(telco):
    tables, _ = telco
    first, end = pd.Timestamp("2017-12-01", tz="UTC"), pd.Timestamp("2018-01-01", tz="UTC")
    spells = tables.frame("subscriptions")
    churned = spells[spells["ended_at"].notna()]
    assert (churned["started_at"] <= first).all()
    assert churned["ended_at"].between(first, end, inclusive="neither").all()
    # As seen when that month began, all of them were customers still.
    before = complete(tables, first.to_pydatetime()).frame("subscriptions")
    assert before["ended_at"].isna().all()
    assert set(before["status"]) == {"active"}
    assert len(before) == 7043 - 11


def test_cdnow_every_purchase_is_kept(master, sample):
    for (tables, report), purchases, customers in (
        (master, 69_659, 23_570),
        (sample, 6_919, 2_357),
    ):
        assert report.rows == {"customers": customers, "transactions": purchases}
        assert (report.rows_read, report.quarantined) == (purchases, 0)
        assert tables.frame("transactions")["transaction_id"].is_unique
    bought = master[0].frame("transactions")
    own = [c for c in bought.columns if c != "transaction_id"]
    assert bought.duplicated(own).sum() == 255
    assert bought.duplicated(["customer_id", "at"]).sum() == 2068
    assert (bought["amount"] == 0).sum() == 80
    assert set(bought["currency"]) == {"USD"}
    assert bought["customer_id"].str.len().eq(5).all()  # leading zeros


def test_cdnow_the_sample_is_a_subset_with_the_same_money(master, sample):
    part, whole = sample[0].frame("transactions"), master[0].frame("transactions")
    same = whole[whole["customer_id"].isin(part["customer_id"])]
    assert len(same) == len(part)
    assert round(same["amount"].sum(), 2) == round(part["amount"].sum(), 2) == 244_091.94


def test_cdnow_a_customer_is_acquired_by_the_first_purchase(master):
    acquired = master[0].frame("customers").set_index("customer_id")["acquired_at"]
    first = master[0].frame("transactions").groupby("customer_id")["at"].min()
    pd.testing.assert_series_equal(acquired.sort_index(), first.sort_index(), check_names=False)
    assert (str(acquired.min())[:10], str(acquired.max())[:10]) == ("1997-01-01", "1997-03-25")
    assert str(master[0].frame("transactions")["at"].max())[:10] == "1998-06-30"


def test_airport_nps_counts_are_the_published_ones(airport):
    tables, report = airport
    assert (report.rows_read, report.quarantined) == (2831, 0)
    assert report.rows == {"surveys": 2831 * 27}
    surveys = tables.frame("surveys")
    nps = surveys[surveys["instrument"] == "nps"]
    score = nps["score"]
    counts = ((score >= 9).sum(), score.between(7, 8).sum(), (score <= 6).sum())
    assert counts == (1436, 968, 342)
    assert score.isna().sum() == 84 + 1
    assert (nps["answer_code"] == "blank").sum() == 85
    assert nps["answered_at"].isna().sum() == 85
    assert round(nps["weight"].sum(), 1) == 2831.0


def test_airport_what_is_no_answer_keeps_its_reason(airport, real_data):
    rows = raw(real_data / "sfo_survey_2017" / "sfo_customer_survey_2017.csv.gz")
    surveys = airport[0].frame("surveys")
    csat = surveys[surveys["instrument"] == "csat"]
    assert (csat["score"].isna().sum(), (csat["answer_code"] == "blank").sum()) == (143, 143)
    for item in ("Q7ART", "Q9ALL", "Q12PRECHEKCRATE", "Q14FIND"):
        part, given = surveys[surveys["version"] == item], [r[item] for r in rows]
        assert part["subject_id"].tolist() == [r["RESPNUM"] for r in rows]
        shown = part["score"].map("{:.0f}".format).where(part["score"].notna(), None)
        shown = shown.fillna(part["answer_code"].map({"blank": "0", "n/a": "6", "not asked": ""}))
        assert shown.tolist() == given
    excluded = surveys["excluded_reason"].notna()
    assert excluded.equals(surveys["answer_code"].isin(["n/a", "not asked"]))
    assert airport[1].excluded_rows["surveys"]["not_asked"] == 1871
    assert airport[1].excluded == {}


def test_airport_days_are_those_of_san_francisco(airport, real_data):
    rows = raw(real_data / "sfo_survey_2017" / "sfo_customer_survey_2017.csv.gz")
    surveys = airport[0].frame("surveys").drop_duplicates("subject_id")
    local = surveys["sent_at"].dt.tz_convert("America/Los_Angeles")
    assert local.dt.day.tolist() == [int(r["INTDATE"]) for r in rows]
    assert set(local.dt.strftime("%Y-%m %H:%M")) == {"2017-05 00:00"}
    names = {"SAT": 5, "SUN": 6, "MON": 0, "TUE": 1, "WED": 2, "THUR": 3, "FRI": 4}
    # DAY is the file's own weekday of the interview; two rows contradict their INTDATE.
    wrong = [d for d, r in zip(local.dt.day_of_week, rows, strict=True) if d != names[r["DAY"]]]
    assert len(wrong) == 2


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_tables_without_tickets_are_written_and_read(tmp_path, telco, form):
    tables, _ = telco
    tables.write(tmp_path / "o", format=form)
    back = Tables.read(tmp_path / "o")
    assert back.names == ("customers", "subscriptions")
    assert back.as_of == tables.as_of
    assert back.quarantine.empty
    for name in back.names:
        # A CSV does not tell the types of the user's own columns.
        own = back.extra_columns(name) if form == "csv" else ()
        pd.testing.assert_frame_equal(
            back.frame(name).drop(columns=list(own)), tables.frame(name).drop(columns=list(own))
        )
        assert back.extra_columns(name) == tables.extra_columns(name)
