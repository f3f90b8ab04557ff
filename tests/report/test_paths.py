"""A page names files and folders; where they lie is not published, and changes no byte."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

import cxlab as cx
from cxlab.report.customers import customers_heading
from cxlab.report.paths import shown_file, shown_parameters


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "2026, spring" / "log").mkdir(parents=True)
    for name in ("a.toml", "b.toml"):
        (tmp_path / "scenarios" / name).write_text("")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("{home}/scenarios/a.toml", "a.toml"),
        ("scenarios/a.toml, scenarios/b.toml", "a.toml,b.toml"),
        ("scenarios/../scenarios/a.toml", "a.toml"),
        ("{home}/not/there", "there"),
        ("{home}/not/a.toml,{home}/not/b.toml", "a.toml,b.toml"),
        ("{home}/2026, spring/log", "log"),
        ("/", "/"),
        ("/\0", "/\0"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("team.shifts.0.agents=1..4", "team.shifts.0.agents=1..4"),
        ("sample", "sample"),
        ("x" * 5000 + "/", "x" * 5000 + "/"),
        (7, 7),
        (None, None),
        (["channel", "{home}/scenarios"], ["channel", "scenarios"]),
    ],
)
def test_what_is_a_path_is_shown_by_its_name(home, given, shown):
    def filled(value):
        if isinstance(value, list):
            return [filled(each) for each in value]
        return value.replace("{home}", str(home)) if isinstance(value, str) else value

    assert shown_parameters({"it": filled(given)}) == {"it": shown}


def test_here_has_a_name(home):
    assert shown_parameters({"data": "."}) == {"data": home.name}
    assert shown_file("tickets.csv") == f"{home.name}/tickets.csv"
    assert shown_file("/tickets.csv") == "tickets.csv"


def test_a_page_is_the_same_from_wherever_it_is_made(tmp_path, monkeypatch):
    work = tmp_path / "home" / "ada"
    work.mkdir(parents=True)
    created = pd.date_range("2026-01-05 08:00", periods=60, freq="6h", tz="UTC")
    frame = pd.DataFrame({"ticket_id": [f"T{i}" for i in range(60)], "created_at": created,
                          "channel": "email", "status": "open"})  # fmt: skip
    cx.Tables.from_frames({"tickets": frame}, source="desk").write(work / "log")
    (work / "goals.toml").write_text("[targets.vol]\nat_most = 1000\n")

    def page(folder: Path, data: str, goals: str, out: str) -> bytes:
        monkeypatch.chdir(folder)
        made = cx.report.report(data=data, period="2026-W02", parameters={"targets": goals},
                                out=tmp_path / out, static=True)  # fmt: skip
        return made.path.read_bytes()

    near = page(work, "log", "goals.toml", "near")
    far = page(tmp_path, str(work / "log"), "home/ada/goals.toml", "far")
    assert near == far
    assert b"ada" not in near
    assert b"goals.toml" in near


def test_what_was_read_is_named_in_a_notebook_too(home):
    (home / "log").mkdir()
    (home / "log" / "tickets.csv").write_text(
        "ticket_id,created_at,channel,status\n1,2026-01-05T09:00:00Z,email,open\n"
    )
    told = cx.report.provenance(cx.Tables.read(home / "log"))
    assert repr(told).startswith("log/tickets.csv: 1 rows, sha256 ")
    assert str(home) not in repr(told) + told.body
    assert told.page["inputs"][0]["path"] == str(home / "log" / "tickets.csv")


def test_the_head_of_a_page_of_customers_names_the_log_alone():
    told = customers_heading("rules", 3, "/home/ada/log", None)
    assert ["Data", "log"] in told.page["facts"]
    assert "ada" not in repr(told) + json.dumps(told.page)
