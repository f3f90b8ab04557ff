"""The mail says what the page says, in lines of 72, and no data can add a header."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

from cxlab.report.mail import WIDTH, mail_text, one_line

DATA = {
    "title": "desk: 2016-W15",
    "missed_targets": ["sla"],
    "alerts": [{"text": "beyond noise: CSAT 71.0 % is below the lower limit 74.2 % of the 12 "
                        "periods before", "side": "worse"}],
    "restated": [{"title": "First response time", "period": "2016-W14", "was": "3.1 h",
                  "published": "2016-04-11", "now": "3.4 h"}],
    "kpis": [
        {"metric": "frt", "title": "First response time, 90th percentile", "value": 1.0,
         "shown": "3.3 h", "target": None,
         "before": {"period": "2016-W14", "shown": "4.2 h", "change": "−20.7 %",
                    "told": "better, beyond chance"}},
        {"metric": "sla", "title": "SLA compliance", "value": 0.6, "shown": "60.0 %",
         "target": "at least 65.0 %", "met": False, "before": None},
        {"metric": "csat", "title": "Customer satisfaction", "value": None, "shown": "–",
         "target": None},
    ],
}  # fmt: skip


def test_a_mail_word_for_word() -> None:
    assert (
        mail_text([(DATA, Path("/srv/reports/desk.html"))])
        == """\
Subject: desk: 2016-W15 - 1 target missed, 1 alert
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

desk: 2016-W15

Key figures (change against 2016-W14)
  3.3 h   -20.7 %  better  First response time, 90th percentile
  60.0 %                   SLA compliance
  - no value: Customer satisfaction

Alerts
  - beyond noise: CSAT 71.0 % is below the lower limit 74.2 % of the 12
    periods before (worse)

Targets
  - MISSED: SLA compliance 60.0 %, target at least 65.0 %

Changes beyond chance
  - First response time, 90th percentile: 4.2 h to 3.3 h (better)

Restated
  - First response time of 2016-W14 was published as 3.1 h on
    2016-04-11, is 3.4 h now

The page
  /srv/reports/desk.html
"""
    )


def test_a_target_that_waits_for_cases_is_told_as_on_the_page() -> None:
    kpi = {
        "metric": "frt",
        "title": "FRT",
        "shown": "1.0 h",
        "target": "at most 2.0 h",
        "met": None,
    }
    kpi["target"] = "at most 2.0 h"
    data = {**DATA, "kpis": [{**kpi, "value": 1.0}, {**kpi, "value": None, "shown": "–"}]}
    text = mail_text([(data, Path("p.html"))])
    assert "too early to judge: FRT 1.0 h, target at most 2.0 h" in text
    assert "cannot be judged: FRT –, target at most 2.0 h" in text


def test_what_a_reader_must_know_of_the_log_is_a_note() -> None:
    data = {**DATA, "summary": ["note: a third was set aside", "SLA compliance: 60.0 %"]}
    text = mail_text([(data, Path("p.html"))])
    assert "\nNotes\n  - a third was set aside\n\nAlerts" in text
    assert "SLA compliance: 60.0 %" not in text


def test_no_data_adds_a_header_or_a_long_line() -> None:
    for end in ("\n", "\r\n", "\r", "\u2028", "\x0b", "\x85", "\x00", "\x1b", "\u202e"):
        evil = f"Büro{end}Bcc: all@example.org{end}{end}body " + "x " * 200
        data = {**DATA, "title": evil, "alerts": [{"text": evil, "side": evil}]}
        data["kpis"] = [{**k, "title": evil, "shown": evil} for k in DATA["kpis"]]
        text = mail_text([(data, Path("p.html"))])
        read = email.message_from_string(text, policy=email.policy.default)
        assert read.keys() == ["Subject", "MIME-Version", "Content-Type",
                               "Content-Transfer-Encoding"]  # fmt: skip
        assert read["Subject"].startswith("Büro Bcc: all@example.org body x")
        head = text.partition("\n\n")[0]
        assert head.isascii()
        assert max(map(len, head.split("\n"))) <= 76  # RFC 2047: so long an encoded line may be
        lines = text.split("\n\n", 1)[1].split("\n")
        assert all(line.isprintable() for line in lines)
        assert max(len(line) for line in lines if "p.html" not in line) <= WIDTH


def test_a_change_without_a_better_is_told_without_a_judgement() -> None:
    volume = {
        "title": "Volume",
        "value": 1,
        "shown": "194",
        "before": {"period": "W14", "shown": "421", "change": "", "told": "beyond chance"},
    }
    text = mail_text([({**DATA, "kpis": [volume]}, Path("p.html"))])
    assert "Changes beyond chance\n  - Volume: 421 to 194\n" in text


def test_each_change_has_its_verdict() -> None:
    told = {"+1.0 %": "worse, beyond chance", "+2.0 %": "beyond chance",
            "+3.0 %": "too early to judge: 48 cases are pending",
            "+4.0 %": "no difference shown", "+5.0 %": ""}  # fmt: skip
    kpis = [
        {"title": "KPI", "value": 1, "shown": "1",
         "before": {"period": "W14", "shown": "1", "change": change, "told": words}}
        for change, words in told.items()
    ]  # fmt: skip
    text = mail_text([({**DATA, "kpis": kpis}, Path("p.html"))])
    assert (
        "Key figures (change against W14)\n"
        "  1  +1.0 %  worse       KPI\n"
        "  1  +2.0 %  changed     KPI\n"
        "  1  +3.0 %  too early   KPI\n"
        "  1  +4.0 %  none shown  KPI\n"
        "  1  +5.0 %              KPI\n"
    ) in text


def test_a_page_without_figures_has_its_summary() -> None:
    text = mail_text([({"title": "Validation", "summary": ["all agree"]}, Path("v.html"))])
    assert "\nValidation\n\n  - all agree\n\nThe page\n" in text
    assert text.startswith("Subject: Validation\n")


def test_several_pages_are_one_mail() -> None:
    first, second = {**DATA, "title": "W14"}, {**DATA, "title": "W15"}
    text = mail_text([(first, Path("a.html")), (second, Path("b.html"))])
    assert text.startswith("Subject: W15 and 1 more - 2 targets missed, 2 alerts\n")
    assert text.index("\nW14\n") < text.index("\n---") < text.index("\nW15\n")


def test_one_line_is_cut() -> None:
    assert one_line("a" * 300) == "a" * 199 + "…"
