"""The weekly job: several periods, nothing done twice, exit codes, the mail, the index."""

from __future__ import annotations

import json
import os
import shutil
import sys

import pandas as pd
import pytest

import cxlab as cx
from cxlab import report as reporting
from cxlab.cli.app import STOPPED, run
from cxlab.cli.failing import attention, refuse_silence
from cxlab.pages import Kept
from cxlab.report import ReportResult, many
from cxlab.report.series import distinct_periods
from tests.report.helpers import untypeset

VOLUMES = [100, 110, 100, 90, 100, 110, 100, 40]
"""Eight weeks from 2026-W02 on; 40 lies below the limits, 101 ± 3 × 10 ÷ 1.128."""


def write_log(folder, late=0):
    """Write the log; `late` tickets of the last week but one came in after it was first told."""
    first = pd.Timestamp("2026-01-05 08:00", tz="UTC")
    counts = [*VOLUMES[:-2], VOLUMES[-2] + late, VOLUMES[-1]]
    created = [
        first + pd.Timedelta(weeks=w, minutes=20 * i)
        for w, n in enumerate(counts)
        for i in range(n)
    ]
    frame = pd.DataFrame({"ticket_id": [f"T{i}" for i in range(len(created))],
                          "created_at": created, "channel": "email", "status": "open"})  # fmt: skip
    end = (first + pd.Timedelta(weeks=len(counts))).normalize().to_pydatetime()
    cx.Tables.from_frames({"tickets": frame}, as_of=end, source="desk").write(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the pages of the last two weeks, made in one call; its exit code."""
    work = tmp_path_factory.mktemp("weekly")
    write_log(work / "log")
    (work / "goals.toml").write_text("[targets.vol]\nat_most = 1000\nalert_below = 50\n")
    code = run([*_report(work), "--period", "2026-W08..2026-W09", "--fail-on-alert",
                "--fail-on-target", "--summary", str(work / "mail.txt")])  # fmt: skip
    return work, code


def _report(work):
    return ["report", "--data", str(work / "log"), "--out", str(work / "out"), "-p",
            f"targets={work / 'goals.toml'}", "--by", "channel, status"]  # fmt: skip


def _manifest(work, period):
    return json.loads((work / "out" / f"log-{period}.json").read_text(encoding="utf-8"))


def test_a_range_makes_a_page_for_each_and_an_alert_exits_with_3(made):
    work, code = made
    assert code == 3
    assert sorted(p.name for p in (work / "out").iterdir()) == [
        "index.html", "log-2026-W08.html", "log-2026-W08.json", "log-2026-W09.html",
        "log-2026-W09.json",
    ]  # fmt: skip
    kinds = [a["kind"] for a in _manifest(work, "2026-W09")["alerts"]]
    assert kinds == ["threshold", "limit"]
    assert _manifest(work, "2026-W08")["alerts"] == []


def test_the_manifest_has_the_figures_as_data(made):
    (volume,) = [k for k in _manifest(made[0], "2026-W09")["kpis"] if k["metric"] == "vol"]
    assert (volume["value"], volume["n"], volume["flag"], volume["unit"]) == (40, 40, "ok", "count")
    assert volume["low"] < 40 < volume["high"]
    assert (volume["target"], volume["met"]) == ("at most 1,000", True)
    assert volume["before"]["period"] == "2026-W08"
    assert volume["before"]["value"] == 100
    assert volume["before"]["change"] == "−60.0 %"


def test_the_page_is_broken_down_by_what_was_asked(made):
    data = _manifest(made[0], "2026-W09")
    assert data["parameters"]["by"] == ["channel", "status"]
    page = (made[0] / "out" / "log-2026-W09.html").read_text(encoding="utf-8")
    assert "By status" in page
    assert "By priority" not in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [(["--by", "chanel"], "did you mean 'channel'"),
     (["--by", "channel", "-p", "by=status"], "by is given twice")],
)  # fmt: skip
def test_groups_that_are_none_are_refused(made, capsys, asked, words):
    plain = _report(made[0])[:-2]
    assert run([*plain, "--out", str(made[0] / "none"), *asked]) == 2
    assert words in capsys.readouterr().err


def test_the_page_and_the_mail_tell_of_the_alert(made):
    words = "beyond noise: Ticket volume 40 is below the lower limit"
    page = (made[0] / "out" / "log-2026-W09.html").read_text(encoding="utf-8")
    assert words in page.replace("\u00a0", " ")
    mail = (made[0] / "mail.txt").read_text(encoding="utf-8")
    assert mail.startswith("Subject: desk: 2026-W09 and 1 more - 2 alerts\n")
    assert words in " ".join(mail.split())


def test_nothing_is_run_while_nothing_has_changed(made, monkeypatch, capsys):
    work, _ = made
    monkeypatch.setattr(many, "report", _refuse)
    before = {p: p.read_bytes() for p in (work / "out").iterdir()}
    again = [*_report(work), "--period", "2026-W08..2026-W09", "--only-if-changed"]
    assert run(again) == 0
    told = capsys.readouterr().err.replace("\n", "")
    assert told.count("unchanged since 20") == 2
    assert str(work / "out" / "log-2026-W09.html") in told
    assert {p: p.read_bytes() for p in (work / "out").iterdir()} == before
    # Another parameter, a changed page and another log are made anew.
    with pytest.raises(AssertionError, match="a page is made"):
        run([*again, "-p", "time_zone=Europe/Berlin"])
    monkeypatch.setattr("cxlab.pages.versions", dict)
    with pytest.raises(AssertionError, match="a page is made"):
        run(again)


def test_a_page_that_still_stands_fails_as_it_did_when_it_was_made(made, monkeypatch, capsys):
    work, _ = made
    monkeypatch.setattr(many, "report", _refuse)
    watched = ["--only-if-changed", "--fail-on-alert", "--fail-on-target"]
    assert run([*_report(work), "--period", "2026-W09", *watched]) == 3
    told = " ".join(capsys.readouterr().err.split())
    assert "still an alert (log-2026-W09.html): beyond noise: Ticket volume 40" in told
    assert run([*_report(work), "--period", "2026-W08", *watched]) == 0


def test_a_standing_page_that_missed_a_target_is_told(tmp_path, capsys):
    kept = Kept(tmp_path / "log.json", {"missed_targets": ["sla"], "alerts": []})
    assert attention([], [kept], fail_on_target=True, fail_on_alert=True)
    assert capsys.readouterr().err == "still missed targets (log.html): sla\n"
    assert not attention([], [kept], fail_on_target=False, fail_on_alert=True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["base", "--fail-on-alert"], "the page has no alerts: given 'scenario'"),
        (["base", "--fail-on-target"], "no targets are given: expected -p targets=FILE.toml"),
        (["base", "--notebook", "compare", "--fail-on-target"], "the page has no targets"),
        (["--data", "sample", "--fail-on-target"], "no targets are given"),
        (["--data", "sample_customers", "--notebook", "customers", "--fail-on-alert"],
         "without a period the page has no alerts"),
    ],
)  # fmt: skip
def test_what_a_page_cannot_tell_is_not_watched_for(monkeypatch, capsys, arguments, words):
    monkeypatch.setattr(many, "report", _refuse)
    assert run(["report", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_file_of_alerts_alone_has_no_target_to_miss(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(many, "report", _refuse)
    goals = tmp_path / "goals.toml"
    asked = ["report", "--data", "sample", "-p", f"targets={goals}", "--fail-on-target"]
    for text in ("", "[targets.vol]\nalert_below = 50\n"):
        goals.write_text(text)
        assert run(asked) == 2
        assert "--fail-on-target: no targets in goals.toml: given" in capsys.readouterr().err
    goals.write_text("[targets.vol]\nalert_below = 50\nat_least = 60\n")
    with pytest.raises(AssertionError, match="a page is made"):
        run([*asked, "--out", str(tmp_path)])


@pytest.mark.parametrize(
    "arguments",
    [
        ["base", "-p", "targets=sample", "--fail-on-target"],
        ["base", "--notebook", "staffing", "--fail-on-target"],
        ["--notebook", "validation", "--fail-on-target"],
        ["--data", "sample", "--fail-on-alert"],
        ["--data", "sample_customers", "--notebook", "customers", "--period", "last-month",
         "--fail-on-alert"],
    ],
)  # fmt: skip
def test_what_a_page_can_tell_is_watched_for(monkeypatch, arguments, tmp_path):
    monkeypatch.setattr(many, "report", _refuse)
    with pytest.raises(AssertionError, match="a page is made"):
        run(["report", *arguments, "--out", str(tmp_path)])


def test_a_line_for_ipython_hides_no_alerts(monkeypatch, tmp_path):
    cells = [
        {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": 'data: str = "a"'},
        {"cell_type": "code", "metadata": {}, "source": ["%matplotlib inline\n", "alerts(view)"]},
    ]
    own = tmp_path / "own.ipynb"
    own.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    asked = {"scenario": None, "data": None, "notebook": own, "parameters": {}}
    refuse_silence([None], asked, fail_on_target=False, fail_on_alert=True)


def _refuse(**_):
    raise AssertionError("a page is made")


def test_a_page_without_its_pdf_is_made_when_that_is_asked_for(made, monkeypatch):
    work, _ = made
    monkeypatch.setattr(many, "report", _refuse)
    monkeypatch.setenv("CXLAB_CHROMIUM", sys.executable)
    again = [*_report(work), "--period", "2026-W09", "--only-if-changed"]
    assert run(again) == 0
    with pytest.raises(AssertionError, match="a page is made"):
        run([*again, "--pdf"])


def test_a_limit_that_cannot_be_kept_is_told(made, monkeypatch, capsys):
    monkeypatch.delattr("os.fork")
    assert run([*_report(made[0]), "--period", "2026-W09", "--only-if-changed",
                "--time-limit", "9"]) == 0  # fmt: skip
    assert "--time-limit does nothing here" in capsys.readouterr().err


def test_an_alert_of_something_better_is_no_reason_to_fail(tmp_path, capsys):
    def asks(*sides):
        alerts = tuple({"side": side, "text": f"{side}!"} for side in sides)
        found = ReportResult(tmp_path, tmp_path, (), (), alerts)
        return attention([found], fail_on_target=True, fail_on_alert=True)

    assert not asks("better")
    assert asks("better", "worse")
    assert capsys.readouterr().err == "alert: worse!\n"
    assert asks("")


def test_late_tickets_restate_the_week_before(made, tmp_path):
    work = tmp_path / "w"
    shutil.copytree(made[0], work)
    log, pages = made[0] / "log", work / "out"
    kept = {p.name: p.read_bytes() for p in log.iterdir()}
    try:
        write_log(log, late=3)  # the same place: a source is known by it
        done = reporting.report(data=log, period="2026-W09", out=pages)
    finally:
        for name, content in kept.items():
            (log / name).write_bytes(content)
    (row,) = [r for r in done.restated if r["metric"] == "vol"]
    assert (row["period"], row["was"], row["now"]) == ("2026-W08", "100", "103")
    page = untypeset(done.path.read_text(encoding="utf-8"))
    assert "Restated: Ticket volume of 2026-W08 was published as 100 on 20" in page
    assert ", is 103 now." in page


def test_ctrl_c_leaves_the_last_good_pages(made, monkeypatch):
    work, _ = made
    before = {p: p.read_bytes() for p in (work / "out").iterdir()}

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("cxlab.report.page.build_page", stop)
    assert run([*_report(work), "--period", "2026-W09"]) == STOPPED
    assert {p: p.read_bytes() for p in (work / "out").iterdir()} == before


def test_pages_made_before_a_failure_are_in_the_index(made, tmp_path, capsys):
    asked = ["report", "--data", str(made[0] / "log"), "--out", str(tmp_path / "o"), "--period"]
    assert run([*asked, "2026-W09..2026-W11"]) == 2
    told = capsys.readouterr().err
    assert "the log has no ticket of that period" in told
    # Figures of several pages are told below the name of each.
    assert told.index("log-2026-W09:\n") < told.index("Ticket volume: 40")
    assert 'href="log-2026-W09.html"' in (tmp_path / "o" / "index.html").read_text()


def test_a_page_that_stands_is_told_as_json_too(made, capsys):
    capsys.readouterr()
    assert run([*_report(made[0]), "--period", "2026-W09", "--only-if-changed", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["unchanged"], told["path"]) == (True, str(made[0] / "out" / "log-2026-W09.html"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--period", "2026-W09..2026-W08"], "not a range of periods"),
        (["--period", "2026-W01..2026-W99"], "not a period"),
        (["--summary", "-", "--json"], "both write to stdout"),
        (["--summary", "."], "not a file for the summary"),
        (["--summary", os.devnull], "not a file for the summary"),
    ],
)
def test_bad_input_is_told_before_anything_runs(made, monkeypatch, capsys, more, words):
    monkeypatch.setattr(many, "report", _refuse)
    assert run([*_report(made[0]), *more]) == 2
    assert words in capsys.readouterr().err


def test_a_lacking_browser_is_told_before_anything_runs(made, monkeypatch, capsys):
    monkeypatch.setattr(many, "report", _refuse)
    monkeypatch.setenv("CXLAB_CHROMIUM", "no-such-browser")
    assert run([*_report(made[0]), "--pdf"]) == 2
    assert "CXLAB_CHROMIUM names no program" in capsys.readouterr().err


def test_the_index_as_a_command(made, tmp_path, capsys):
    assert run(["index", str(made[0] / "out")]) == 0
    assert capsys.readouterr().out.strip() == str(made[0] / "out" / "index.html")
    assert run(["index", str(tmp_path / "none")]) == 2
    assert run(["index", str(tmp_path)]) == 2
    assert "no report in the folder" in capsys.readouterr().err


def test_an_index_that_cannot_be_written_fails_nothing(made, tmp_path, monkeypatch, capsys):
    from cxlab.cli import pages

    (tmp_path / "index.html").write_text("my own page")
    (tmp_path / "a.json").write_text('{"notebook": {}}')
    pages._index(tmp_path)
    assert "note: no index" in capsys.readouterr().err
    assert (tmp_path / "index.html").read_text() == "my own page"


def test_a_week_that_is_asked_for_as_the_last_and_by_its_name_is_made_once(made, capsys):
    out = made[0] / "once"
    asked = ["report", "--data", str(made[0] / "log"), "--out", str(out), "--no-index"]
    assert run([*asked, "--period", "last", "--period", "2026-W09", "--period", "2026-W9"]) == 0
    assert capsys.readouterr().out.split() == [str(out / "log-2026-W09.html")]


@pytest.mark.parametrize(
    ("periods", "kept"),
    [
        (["2026-W08", "last", "2026-W09"], ["2026-W08", "last"]),
        (["2026-W09", "last", "last-week"], ["2026-W09"]),
        (["last-day", "2026-02-23", "last"], ["last-day", "last"]),  # the last day with a ticket
        (["2026-W09", None, None], ["2026-W09", None]),
    ],
)
def test_periods_of_a_log_that_are_one(made, periods, kept):
    assert distinct_periods(periods, made[0] / "log") == kept


def test_the_last_month_of_customers_is_not_that_of_the_desk():
    """The sample ends within 2026-06 by an hour: who leaves in it is not decided yet."""
    asked = ["last-month", "2026-06", "2026-05"]
    found = distinct_periods(asked, "sample_customers", notebook="customers")
    assert found == ["last-month", "2026-06"]
    assert distinct_periods(asked, "sample_customers", notebook="own.ipynb") == asked


def test_what_is_no_log_is_left_to_the_report(tmp_path):
    assert distinct_periods(["last", "2026-W09"], tmp_path) == ["last", "2026-W09"]
