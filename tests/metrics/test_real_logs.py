"""The two public logs through the program: import, measure. Expected values are those of the
data's own descriptions, worked out from the raw files by other means."""

import json
from functools import cache

import pandas as pd
import pytest

from cxlab.cli.app import run

pytestmark = pytest.mark.real


def measured(capsys, folder, metrics):
    capsys.readouterr()
    assert run(["measure", str(folder), "--metrics", metrics, "--json"]) == 0
    return {row["metric"]: row for row in json.loads(capsys.readouterr().out)}


@pytest.fixture(scope="module")
def imported(tmp_path_factory, real_data):
    """A function that imports a log, once: the folder of its tables."""

    @cache
    def folder(mapping, source):
        out = tmp_path_factory.mktemp(mapping) / "t"
        assert run(["import", mapping, "--file", str(real_data / source), "--out", str(out)]) == 0
        return out

    return folder


def test_the_servicenow_log(capsys, imported):
    folder = imported("uci_incidents", "uci_incidents")
    rows = measured(capsys, folder, "vol,art_median,reopen,sla,esc,frt,backlog")
    assert rows["vol"]["value"] == 24_918
    assert rows["art_median"]["value"] / 3600 == pytest.approx(22.1, abs=0.05)
    assert rows["art_median"]["n"] == 23_362
    assert sum(rows["art_median"]["excluded"].values()) == 1_556
    assert 100 * rows["reopen"]["value"] == pytest.approx(1.1036, abs=5e-5)
    assert 100 * rows["sla"]["value"] == pytest.approx(63.42, abs=5e-3)
    assert rows["esc"]["numerator"] == 300
    assert rows["frt"]["flag"] == "undefined"
    assert rows["frt"]["excluded"] == {"not_recorded": 24_918}
    assert rows["backlog"]["value"] == 0  # every ticket ends closed


def test_the_bank_log(capsys, imported):
    folder = imported("anonymous_bank", "anonymous_bank_1999_02")
    names = "vol,abandonment,asa,service_level,service_level_served,service_level_no_short"
    rows = measured(capsys, folder, names)
    assert rows["vol"]["excluded"] == {"phantom": 278}
    assert rows["abandonment"]["n"] == 31_125
    assert rows["abandonment"]["numerator"] == 3_963
    for metric, percent in {
        "abandonment": 12.7325,
        "service_level_served": 59.6790,
        "service_level": 52.0803,
        "service_level_no_short": 54.2721,
    }.items():
        assert 100 * rows[metric]["value"] == pytest.approx(percent, abs=5e-5), metric
    assert rows["asa"]["value"] == pytest.approx(40.7733, abs=5e-5)


def test_looking_back_on_the_servicenow_log(capsys, imported):
    """On 2016-04-01 what was open then is pending, and nothing later is known."""
    folder = imported("uci_incidents", "uci_incidents")
    capsys.readouterr()
    names = ["--metrics", "vol,art,backlog", "--as-of", "2016-04-01T00:00Z", "--json"]
    assert run(["measure", str(folder), *names]) == 0
    rows = {row["metric"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["vol"]["value"] < 24_918
    assert rows["backlog"]["value"] == rows["art"]["pending"] > 0


def test_the_airport_survey(capsys, imported):
    """2,831 passengers; the counts of the NPS are published (1,436, 968 and 342)."""
    folder = imported("sfo_survey_2017", "sfo_survey_2017")
    rows = measured(capsys, folder, "csat,csat_mean,nps,nps_weighted,nps_transactional,resp")
    # Q7ALL, 1 to 5: 2,688 answers, 143 blank; the other items are no overall satisfaction.
    assert (rows["csat"]["n"], rows["csat"]["excluded"]) == (2688, {"no_answer": 143})
    assert 100 * rows["csat"]["value"] == pytest.approx(82.07, abs=0.005)
    assert "2,688 of 2,831 answered (94.9 %)" in rows["csat"]["note"]
    assert rows["nps"]["value"] == pytest.approx(100 * (1436 - 342) / 2746, rel=1e-12)
    assert rows["nps"]["value"] == pytest.approx(39.84, abs=0.005)
    assert rows["nps"]["excluded"] == {"no_answer": 84 + 1}
    assert rows["nps_transactional"]["flag"] == "empty"
    assert rows["resp"]["n"] == 2831 * 27 - 14_677 - 1_871
    assert "pools 3 instruments" in rows["resp"]["note"]


def test_the_airport_survey_by_weights_and_by_groups(capsys, imported, real_data):
    """Against pandas on the raw file: the weighted NPS, and satisfaction by how people answered."""
    raw = pd.read_csv(real_data / "sfo_survey_2017" / "sfo_customer_survey_2017.csv.gz")
    folder = imported("sfo_survey_2017", "sfo_survey_2017")
    said = raw[raw["NETPRO"] <= 10]
    side = (said["NETPRO"] >= 9).astype(int) - (said["NETPRO"] <= 6).astype(int)
    expected = 100 * (said["WEIGHT"] * side).sum() / said["WEIGHT"].sum()
    weighted = measured(capsys, folder, "nps_weighted")["nps_weighted"]
    assert weighted["value"] == pytest.approx(expected, rel=1e-8)
    capsys.readouterr()
    assert run(["measure", str(folder), "--metrics", "csat", "--by", "method", "--json"]) == 0
    found = {r["method"]: r for r in json.loads(capsys.readouterr().out)}
    score = pd.to_numeric(raw["Q7ALL"], errors="coerce")
    score = score.where(score.between(1, 5))
    for code, name in {1: "at the gate", 2: "by mail", 3: "online"}.items():
        part = score[raw["METHOD"] == code].dropna()
        assert found[name]["n"] == len(part)
        assert found[name]["value"] == pytest.approx((part >= 4).mean(), rel=1e-12)
