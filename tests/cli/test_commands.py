"""The command line: results, JSON, exit codes, and errors without tracebacks."""

import json
import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from cxlab.cli.app import run
from cxlab.files import bundled, scenario_file
from cxlab.lessons import lessons_on
from cxlab.metrics import METRICS
from tests.report.helpers import lone_company, served_company

TICKETS = """ticket_id,created_at,channel,status,first_human_reply_at,last_solved_at
A,2026-01-05T09:00:00Z,email,solved,2026-01-05T09:10:00Z,2026-01-05T10:00:00Z
B,2026-01-05T09:00:00Z,chat,solved,2026-01-05T09:30:00Z,2026-01-05T11:00:00Z
"""
CONTRACT = {
    "metric", "definition_version", "value", "unit", "n", "numerator", "low", "high",
    "interval_method", "excluded", "pending", "flag", "as_of",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "tickets.csv").write_text(TICKETS)
    return tmp_path / "log"


def fails(capsys, *arguments, code=2):
    """Run, expect the exit code and one clear line on stderr; return that line."""
    assert run([str(a) for a in arguments]) == code
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    assert streams.out == ""
    return streams.err


def succeeds(capsys, *arguments):
    assert run([str(a) for a in arguments]) == 0
    return capsys.readouterr().out


class TestMetrics:
    def test_the_catalogue_as_json(self, capsys):
        entries = json.loads(succeeds(capsys, "metrics", "--json"))
        keys = {"id", "title", "definition", "formula", "unit", "direction", "source", "example"}
        assert all(keys <= set(entry) for entry in entries)
        assert {"vol", "frt", "art", "fcr", "reopen", "sla", "esc", "backlog", "csat"} <= {
            e["id"] for e in entries
        }

    def test_the_catalogue_fits_80_columns_and_names_every_id(self, capsys):
        lines = succeeds(capsys, "metrics").splitlines()
        assert max(map(len, lines)) <= 80
        assert set(METRICS) <= set(re.findall(r"\w+", " ".join(lines)))

    def test_search_looks_into_id_title_and_other_names(self, capsys):
        def found(*asked):
            lines = succeeds(capsys, "metrics", *asked).splitlines()
            return {line.split()[0] for line in lines if line.startswith("  ")}

        assert found("--search", "SPEED of answer") == {"asa"}
        assert found("--search", "queue time") == {"asa"}  # another name of it
        assert found("--search", "loya", "--family", "rewards") == {"loyp", "loyp_enrolled"}

    def test_a_search_that_finds_nothing_names_the_nearest(self, capsys):
        assert "first reply time (frt)" in fails(capsys, "metrics", "--search", "frst reply")
        assert "did you mean 'waiting'" in fails(capsys, "metrics", "--family", "waitng")
        assert "found in: value" in fails(
            capsys, "metrics", "--search", "ltv", "--family", "surveys"
        )

    def test_one_metric_shows_definition_formula_example_and_sql(self, capsys):
        text = succeeds(capsys, "metrics", "frt")
        for part in ("definition", r"\operatorname{median}", "worked example", "SELECT"):
            assert part in text

    def test_an_unknown_metric(self, capsys):
        assert "did you mean 'frt'" in fails(capsys, "metrics", "ftr")


class TestMeasure:
    def test_json_rows_have_the_names_of_the_contract(self, capsys, folder):
        rows = json.loads(succeeds(capsys, "measure", folder, "--metrics", "frt,art", "--json"))
        assert [r["metric"] for r in rows] == ["frt", "art"]
        assert all(set(r) >= CONTRACT for r in rows)
        assert (rows[0]["value"], rows[0]["n"], rows[0]["flag"]) == (1200.0, 2, "small_n")
        assert rows[0]["low"] is None  # two values bound no median at 95 %

    def test_groups_and_table(self, capsys, folder):
        text = succeeds(capsys, "measure", folder, "--metrics", "frt", "--by", "channel")
        assert "10.0 min" in text
        assert "30.0 min" in text

    def test_a_note_stands_once_below_the_table(self, capsys, folder):
        text = succeeds(capsys, "measure", folder, "--metrics", "frt,art_median", "--by", "channel")
        lines = text.splitlines()
        assert [line.split()[-1] for line in lines[1:5]] == ["[1]"] * 4
        assert lines[5:] == ["[1] too few for a whole interval: a median takes 6 cases"]

    def test_the_last_week_is_named(self, capsys, folder):
        # The log ends on Monday 5 January at 11:00: no week of it has ended.
        assert run(["measure", str(folder), "--metrics", "vol", "--period", "last"]) == 0
        told = capsys.readouterr().err
        assert told == "period 2026-W02, of which the log covers 2026-01-05 to 2026-01-05\n"

    def test_precision_of_a_share_is_in_points(self, capsys, folder):
        text = succeeds(capsys, "precision", folder, "--metrics", "frt,reopen,sla")
        assert text.splitlines() == [
            "frt: 2 cases: too few to say how many ± 2.0 min takes",
            "reopen: the data lack tickets.n_solves",
            "sla: the data lack tickets.sla_met or tickets.sla_due_at",
        ]

    def test_as_of_looks_back(self, capsys, folder):
        rows = json.loads(succeeds(
            capsys, "measure", folder, "--metrics", "frt", "--as-of", "2026-01-05T09:20Z", "--json"
        ))  # fmt: skip
        assert (rows[0]["value"], rows[0]["n"]) == (600.0, 1)

    @pytest.mark.parametrize(
        ("extra", "message"),
        [
            (["--metrics", "frtt"], "did you mean 'frt'"),
            (["--by", "chanel"], "did you mean 'channel'"),
            (["--tz", "Europe/Berln"], "Europe/Berlin"),
            (["--period", "2016-W99"], "not a period"),
            (["--as-of", "2026-01-05T09:20"], "no time zone"),
            (["--as-of", "yesterday"], "not an instant"),
            (["--as-of", "9999-12-31T23:00-05:00"], "1900 to 2199"),
            (["--period", "9999"], "not a period"),
            (["--by", "metric"], "own column"),
            (["--metrics", ","], "no metric named"),
        ],
    )
    def test_bad_arguments(self, capsys, folder, extra, message):
        assert message in fails(capsys, "measure", folder, *extra)

    def test_missing_folder_and_wrong_files(self, capsys, tmp_path):
        assert "nowhere" in fails(capsys, "measure", tmp_path / "nowhere")
        (tmp_path / "empty").mkdir()
        fails(capsys, "measure", tmp_path / "empty")
        for content in (b"", b"\x00\x01\x02garbage", b"PAR1"):
            (tmp_path / "bad").mkdir(exist_ok=True)
            (tmp_path / "bad" / "tickets.parquet").write_bytes(content)
            fails(capsys, "measure", tmp_path / "bad")

    def test_a_wrong_column_names_the_nearest(self, capsys, folder):
        (folder / "tickets.csv").write_text(TICKETS.replace("channel", "chanel"))
        assert "channel" in fails(capsys, "measure", folder)

    def test_a_time_without_zone(self, capsys, folder):
        (folder / "tickets.csv").write_text(TICKETS.replace("Z", ""))
        message = fails(capsys, "measure", folder)
        assert "created_at" in message
        assert "zone" in message

    def test_hostile_text_in_data_is_only_text(self, capsys, folder):
        hostile = TICKETS.replace("A,", '"<script>alert(1)</script>[bold]x[/bold]",')
        (folder / "tickets.csv").write_text(hostile)
        text = succeeds(capsys, "measure", folder, "--metrics", "vol", "--by", "ticket_id")
        assert "<script>alert(1)</script>[bold]x[/bold]" in text.replace("\n", "")

    def test_an_empty_log_and_one_in_which_all_is_open(self, capsys, folder):
        header, *_ = TICKETS.splitlines()
        (folder / "tickets.csv").write_text(header + "\n")
        rows = json.loads(succeeds(capsys, "measure", folder, "--json"))
        assert {r["flag"] for r in rows} <= {"empty", "undefined", "ok"}
        (folder / "tickets.csv").write_text(f"{header}\nA,2026-01-05T09:00:00Z,email,open,,\n")
        rows = {r["metric"]: r for r in json.loads(succeeds(capsys, "measure", folder, "--json"))}
        assert rows["frt"]["flag"] == "immature"
        assert rows["frt"]["value"] is None
        assert rows["backlog"]["value"] == 1.0


class TestSimulate:
    def test_tables_of_every_replication(self, capsys, tmp_path):
        out = json.loads(succeeds(
            capsys, "simulate", scenario_file("base"), "--out", tmp_path / "run",
            "--replications", "2", "--json",
        ))  # fmt: skip
        tickets = pd.read_parquet(tmp_path / "run" / "tickets.parquet")
        assert len(tickets) == out["rows"]["tickets"]
        assert set(tickets["replication"]) == {1, 2}
        rows = json.loads(succeeds(
            capsys, "measure", tmp_path / "run", "--metrics", "vol,frt", "--json"
        ))  # fmt: skip
        assert {r["n"] for r in rows} == {2}  # runs, not tickets
        counted = tickets[tickets["excluded_reason"].isna()]
        assert rows[0]["value"] == len(counted) / 2

    def test_another_logs_tables_are_not_replaced_unasked(self, capsys, tmp_path):
        mapping = bundled("scenarios") / "sample_import" / "mapping.toml"
        assert run(["import", str(mapping), "--out", str(tmp_path / "t")]) == 0
        assert run(["import", str(mapping), "--out", str(tmp_path / "t")]) == 0  # its own: fine
        capsys.readouterr()
        before = (tmp_path / "t" / "tickets.parquet").read_bytes()
        message = fails(capsys, "simulate", "base", "--out", tmp_path / "t", "--replications", "1")
        assert "--force" in message
        assert (tmp_path / "t" / "tickets.parquet").read_bytes() == before

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (("arrivals_per_hour", "arrivals_per_hours"), "did you mean 'arrivals_per_hour'"),
            (("handle_minutes", "handle_hours"), "handle_minutes"),
            ((r"mean = [\d.]+", "mean = -1"), "mean"),
            ((r"mean = [\d.]+", "mean = nan"), "mean"),
            (("start = 2026-01-05", "start = 2026-01-05T09:00:00"), "start"),
            (('time_zone = "Europe/Berlin"', 'time_zone = "Europe/Berln"'), "Europe/Berlin"),
            (("seed = 20260105", "seed = 1\nseed = 2"), "each key once"),
        ],
    )
    def test_a_scenario_with_a_fault_is_refused_before_anything_runs(
        self, capsys, tmp_path, change, message
    ):
        text = scenario_file("base").read_text()
        path = tmp_path / "faulty.toml"
        path.write_text(re.sub(*change, text, count=1))
        assert message in fails(capsys, "simulate", path, "--out", tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_missing_scenario(self, capsys, tmp_path):
        fails(capsys, "simulate", tmp_path / "none.toml", "--out", tmp_path / "out")
        fails(capsys, "simulate", tmp_path, "--out", tmp_path / "out")

    def test_unknown_format(self, capsys, tmp_path):
        message = fails(
            capsys, "simulate", scenario_file("base"), "--out", tmp_path / "o",
            "--format", "parket",
        )  # fmt: skip
        assert "did you mean 'parquet'" in message


class TestCompanies:
    @pytest.fixture
    def alone(self, tmp_path):
        return lone_company(tmp_path)

    @pytest.fixture
    def served(self, tmp_path):
        return served_company(tmp_path)

    def test_check_says_what_is_modelled_and_what_is_doubtful(self, capsys, alone, served):
        # 40 customers, of whom everybody leaves after a month: 0.5 × 3 counts as 1.
        assert run(["check", str(alone), str(served)]) == 0
        streams = capsys.readouterr()
        out, err = (" ".join(text.split()) for text in (streams.out, streams.err))
        assert "customers: 40 at the start, by forecast about 40 in all and 0 at the end" in out
        assert "plans: basic (EUR 10 a month)" in out
        assert "desk: none, because customers do not ask for support" in out
        assert "tickets: by forecast about 40 (chat 40)" in out  # a month and no more
        assert "links: waiting (first_reply_hours on churn): off, they change nothing" in out
        assert "alone.toml: by forecast the customer base dies out: from 40 customers to 0" in err
        assert "served.toml: closed_loop is off: the links (waiting) change nothing" in err
        (found,) = json.loads(succeeds(capsys, "check", alone, "--json"))
        assert found["about"][-1] == "links: none"

    def test_links_of_its_own_replace_those_it_extends(self, capsys, served):
        child = served.parent / "child.toml"
        child.write_text(
            'extends = "served.toml"\n[lifecycle]\nclosed_loop = true\n[[lifecycle.links]]\n'
            'name = "calls"\nfrom = "contacts"\ncurve = [[1, 1.0]]\n'
        )
        assert run(["check", str(child)]) == 0
        assert "the 1 links in served.toml are replaced by its own 1" in capsys.readouterr().err

    @pytest.mark.parametrize("name", ["alone", "served"])
    def test_simulate_says_what_was_cut(self, capsys, request, tmp_path, name):
        path = request.getfixturevalue(name)
        out = json.loads(succeeds(capsys, "simulate", path, "--out", tmp_path / "t", "--json"))
        assert out["counted"] == {"terms_ended": 80, "probabilities_above_1": 80}
        assert ("tickets" in out["rows"]) == (name == "served")
        assert json.loads((tmp_path / "t" / "_cxlab.json").read_text())["counted"] == out["counted"]
        succeeds(capsys, "simulate", path, "--out", tmp_path / "t")
        assert run(["simulate", str(path), "--out", str(tmp_path / "t")]) == 0
        assert "counted as 1 in 80 decisions (80 terms ended)" in capsys.readouterr().err

    @pytest.mark.parametrize("format", ["md", "html", "json"])
    def test_describe(self, capsys, alone, served, format):
        for path in (alone, served):
            text = succeeds(capsys, "describe", path, "--format", format)
            assert "the same probability 0.5 a term" in text
            assert ("empty desk" in text) == (path == served)


class TestInitAndCheck:
    def test_init_lays_out_a_folder_and_never_overwrites(self, capsys, tmp_path):
        assert run(["init", str(tmp_path / "work")]) == 0
        told, wrote = capsys.readouterr()
        files = [p for p in (tmp_path / "work").rglob("*") if p.is_file()]
        assert wrote.count("\n") == 1
        assert f"wrote {len(files)} files" in wrote
        assert "jupyter lab notebooks/start.ipynb" in told
        for name in re.findall(r"(?:notebooks|scenarios)/[\w/.]+", told):
            assert (tmp_path / "work" / name).is_file(), name
        for name in ("notebooks/scenario.ipynb", "notebooks/periodic.ipynb", "scenarios/base.toml"):
            assert (tmp_path / "work" / name).is_file()
        (tmp_path / "work/scenarios/base.toml").write_text("mine")
        assert "already there" in fails(capsys, "init", tmp_path / "work")
        assert (tmp_path / "work/scenarios/base.toml").read_text() == "mine"
        (tmp_path / "file").write_text("")
        fails(capsys, "init", tmp_path / "file")

    def test_every_shipped_file_passes_the_check(self, capsys):
        scenarios = sorted(bundled("scenarios").glob("*.toml"))
        assert len(scenarios) >= 3
        assert run(["check", *map(str, scenarios)]) == 0

    def test_check_says_what_is_wrong_with_each_file(self, capsys, tmp_path, folder):
        shutil.copy(scenario_file("base"), tmp_path / "good.toml")
        (tmp_path / "bad.toml").write_text("horizon = 3")
        (folder / "tickets.csv").write_text(TICKETS.replace("chat", "fax"))
        files = [tmp_path / "good.toml", tmp_path / "bad.toml", folder]
        assert run(["check", *map(str, files), "--json"]) == 2
        good, bad, tables = json.loads(capsys.readouterr().out)
        assert good["ok"]
        assert not bad["ok"]
        assert not tables["ok"]
        assert "channel" in tables["problems"][0]

    def test_check_says_what_tables_hold_and_make_possible(self, capsys, folder):
        (folder / "tickets.csv").write_text(
            "region,ticket_id,created_at,channel,status,first_reply_at,last_solvd_at\n"
            "north,A,2026-01-05T09:00:00Z,email,solved,2026-01-05T09:10:00Z,2026-01-05T10:00:00Z\n"
        )
        told = " ".join(succeeds(capsys, "check", folder).split())
        assert "known columns: ticket_id, created_at, channel, status, first_reply_at" in told
        assert "your own, groups for --by: region, last_solvd_at" in told
        assert "last_solvd_at is not known: did you mean last_solved_at?" in told
        assert "tickets.first_human_reply_at (there is first_reply_at): 3 (frt," in told
        assert f"of {len(METRICS)} possible, among them vol, backlog" in told
        (found,) = json.loads(succeeds(capsys, "check", folder, "--json"))
        assert found["tables"][0]["near"] == {"last_solvd_at": "last_solved_at"}
        assert found["lacking"]["vol"] == ""
        assert found["lacking"]["nps"] == "surveys"

    def test_check_knows_shift_rules_and_says_what_is_no_scenario(self, capsys, tmp_path):
        rules = tmp_path / "rules.toml"
        rules.write_text("[shifts]\nmax_agents = 12\n[teams.front]\nmax_agents = 4\n")
        assert run(["check", str(rules)]) == 0
        assert "shift rules of all teams, front" in capsys.readouterr().err
        assert run(["simulate", str(rules), "--out", str(tmp_path / "o")]) == 2
        assert "this is shift rules, not a scenario" in capsys.readouterr().err.replace("\n", " ")

    def test_check_knows_the_rules_and_stages_that_init_lays_out(self, capsys, tmp_path):
        run(["init", str(tmp_path)])
        capsys.readouterr()
        assert run(["check", *map(str, sorted((tmp_path / "rules").iterdir()))]) == 0
        told = capsys.readouterr().err
        assert "rules 'After the purchase': 10 rules" in told
        assert "stages 'From purchase to advocacy': purchase, first use" in told
        rules = tmp_path / "rules" / "post_purchase.toml"
        rules.write_text(rules.read_text().replace("at_least = 3", "at_leest = 3", 1))
        assert run(["check", str(rules)]) == 2
        (tmp_path / "settings.toml").write_text("[value]\nmargin_share = 0.5\n")
        (tmp_path / "targets.toml").write_text("[targets.sla]\nat_least_percent = 65\n")
        capsys.readouterr()
        assert run(["check", *(str(tmp_path / f"{n}.toml") for n in ("settings", "targets"))]) == 0
        for text, words in (("", "no targets in targets.toml"),
                            ('frt = "<= 1h"\n', "[targets.frt]")):  # fmt: skip
            (tmp_path / "targets.toml").write_text(text)
            assert run(["check", str(tmp_path / "targets.toml")]) == 2
            assert words in capsys.readouterr().err


class TestLesson:
    def test_the_list_has_titles_and_metrics(self, capsys):
        text = succeeds(capsys, "lesson", "--list")
        assert "fcr_eight_definitions   First contact resolution, eight times" in text
        assert max(map(len, text.splitlines())) <= 80
        assert "metrics: frt, frt_p90, frt_mean" in text

    def test_of_a_metric_it_says_which_lesson_and_which_others(self, capsys, tmp_path):
        assert run(["lesson", "fcr_7d", "--out", str(tmp_path)]) == 0
        told = capsys.readouterr().err
        assert "fcr_7d is taught in the lesson 'fcr_eight_definitions'" in told
        assert run(["lesson", "--list", "fcr"]) == 2
        assert [each.name for each in lessons_on("fcr_7d")] == ["fcr_eight_definitions"]


class TestFrame:
    def test_no_arguments_show_the_commands(self, capsys):
        run([])
        shown = capsys.readouterr()
        for command in ("init", "report", "simulate", "import", "measure", "metrics", "check"):
            assert command in shown.out + shown.err

    def test_the_version(self, capsys):
        assert succeeds(capsys, "--version").startswith("cxlab ")

    def test_an_unknown_command_or_option_is_bad_input(self, capsys):
        assert run(["mesure", "x"]) == 2
        assert run(["metrics", "--jsn"]) == 2


@pytest.mark.skipif(os.name != "posix", reason="locales are named otherwise here")
def test_a_locale_without_letters_ends_no_command(tmp_path):
    text = TICKETS.replace("status,", "status,topic,").replace(",solved,", ",solved,Größe שלום,")
    (tmp_path / "tickets.csv").write_text(text, encoding="utf-8")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "cxlab", "measure", str(tmp_path), "--metrics=frt", "--by=topic"],
        env={**os.environ, **plain}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Größe שלום" in done.stdout.decode("utf-8")
