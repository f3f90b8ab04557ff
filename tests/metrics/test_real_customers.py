"""Public customer data through the program: import, measure.

Expected values: the descriptions of the data, the papers of Fader and Hardie (BG/NBD and
gamma-gamma on the CDNOW sample), and counts of the raw files.
"""

import gzip
import json

import pandas as pd
import pytest

from cxlab.cli.app import run

pytestmark = pytest.mark.real


def measured(capsys, folder, metrics, *more):
    capsys.readouterr()
    assert run(["measure", str(folder), "--metrics", metrics, "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


def by_metric(rows):
    return {row["metric"]: row for row in rows}


def raw(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return pd.read_csv(file)


@pytest.fixture(scope="module")
def telco(tmp_path_factory, real_data):
    folder = tmp_path_factory.mktemp("telco")
    source = real_data / "telco_churn" / "telco_customer_churn.csv.gz"
    assert run(["import", "telco_churn", "--file", str(source), "--out", str(folder)]) == 0
    return folder, raw(source)


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory, real_data):
    folder = tmp_path_factory.mktemp("cdnow")
    source = real_data / "cdnow" / "cdnow_sample.csv.gz"
    assert run(["import", "cdnow", "--file", str(source), "--out", str(folder)]) == 0
    return folder


def test_telco_churn_is_cumulative(capsys, telco):
    rows = by_metric(measured(capsys, telco[0], "churn_ever,churn_revenue_ever,ret_km_12"))
    assert (rows["churn_ever"]["numerator"], rows["churn_ever"]["n"]) == (1_869, 7_043)
    assert 100 * rows["churn_ever"]["value"] == pytest.approx(26.537, abs=5e-4)
    assert 100 * rows["churn_revenue_ever"]["value"] == pytest.approx(30.50, abs=5e-3)
    assert rows["ret_km_12"]["value"] == pytest.approx(0.8432, abs=5e-5)


def test_telco_last_month_by_contract(capsys, telco):
    """The customers there on 1 December 2017 and lost in it, of those with a tenure above 0."""
    folder, raw = telco
    rows = measured(capsys, folder, "churn,arpa", "--by", "product", "--period", "2017-12")
    there = raw[raw["tenure"] > 0]
    lost = there.assign(lost=there["Churn"] == "Yes").groupby("Contract")["lost"]
    churn = {row["product"]: row for row in rows if row["metric"] == "churn"}
    assert {k: (r["numerator"], r["n"]) for k, r in churn.items()} == {
        name: (own.sum(), len(own)) for name, own in lost
    }


def test_buying_at_cdnow_as_published(capsys, cdnow):
    names = "bgnbd_r,bgnbd_alpha,bgnbd_a,bgnbd_b,gg_p,gg_q,gg_gamma,loyal"
    rows = by_metric(measured(capsys, cdnow, names, "--as-of", "1997-10-01T00:00Z"))
    expected = {
        "bgnbd_r": 0.2426, "bgnbd_alpha": 4.4136, "bgnbd_a": 0.7929, "bgnbd_b": 2.4259,
        "gg_p": 6.2496, "gg_q": 3.7442, "gg_gamma": 15.4435,
    }  # fmt: skip
    for name, value in expected.items():
        assert rows[name]["value"] == pytest.approx(value, abs=6e-5), name
    assert rows["bgnbd_r"]["n"] == 2_357
    assert rows["gg_p"]["n"] == rows["loyal"]["numerator"] == 946  # bought on another day


def test_buying_at_cdnow_to_the_end(capsys, cdnow):
    """Nothing is looked back: the whole sample to June 1998, counted from the raw days."""
    rows = by_metric(measured(capsys, cdnow, "loyal,clv_historic,xsell"))
    assert rows["loyal"]["n"] == 2_357
    assert rows["clv_historic"]["note"].startswith("costs of goods are not recorded")
    assert rows["xsell"]["flag"] == "undefined"
