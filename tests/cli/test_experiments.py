"""cxlab run, compare and sweep: what they print, JSON, and errors without tracebacks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxlab.cli.app import run
from cxlab.cli.changes import varied
from cxlab.errors import InputError
from cxlab.scenario.changes import changes

SMALL = """
extends = "{base}"
horizon = {{ type = "terminating", weeks = 1 }}
replications = 2
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("case") / "small.toml"
    path.write_text(SMALL.format(base=Path("scenarios/base.toml").resolve()))
    return str(path)


def printed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert run(list(arguments)) == code
    streams = capsys.readouterr()
    assert "Traceback" not in streams.err
    return streams.out, streams.err


def test_run(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, "run", small, "--metrics", "frt,csat", "--replications", "3")
    assert "frt" in out
    assert "95 % interval" in out
    assert "small: 3 replications, as asked" in err
    assert "tickets per run: " in err
    assert "Erlang A" in out
    rows = json.loads(
        printed(capsys, "run", small, "-m", "frt", "--replications", "2", "--json")[0]
    )
    assert (rows[0]["metric"], rows[0]["n"]) == ("frt", 2)


def test_run_to_a_precision(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, err = printed(capsys, "run", small, "-m", "csat_mean", "--precision", "20%", "--cap", "30")
    assert "small: 15 replications, after which csat_mean are known to ± 20 %" in err


def test_compare(small: str, capsys: pytest.CaptureFixture[str]) -> None:
    option = "team.shifts.0.agents=9"
    asked = ["compare", small, "--set", option, "-m", "asa", "--replications", "4"]
    out, err = printed(capsys, *asked)
    assert option in out
    assert "falls by" in out
    assert "4 pairs of replications" in err
    rows = json.loads(printed(capsys, *asked, "--json")[0])
    assert [row["metric"] for row in rows] == ["asa"]
    out, err = printed(capsys, "compare", small, "base", "-m", "vol", code=2)
    assert "no pairs" in err  # the shipped scenario has another horizon


def test_sweep(small: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments = ["sweep", small, "--vary", "team.shifts.0.agents=3..4", "-m", "frt", "-o",
                 str(tmp_path / "s")]  # fmt: skip
    out, err = printed(capsys, *arguments)
    assert "team.shifts.0.agents" in out
    assert "2 cells, 2 replications each" in err
    assert len((tmp_path / "s" / "results.csv").read_text().splitlines()) == 3
    rows = json.loads(printed(capsys, *arguments, "--json")[0])
    assert [row["team.shifts.0.agents"] for row in rows] == [3, 4]
    assert "2 of them kept from before" in printed(capsys, *arguments)[1]
    arguments[3] = "team.shifts.0.agents=4"
    printed(capsys, *arguments)
    lines = [len((tmp_path / "s" / n).read_text().splitlines()) for n in
             ("results-1.csv", "results.csv")]  # fmt: skip
    assert lines == [3, 2]
    assert "3" in (tmp_path / "s" / "sweep-1.json").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "SMALL", "--precision", "7"], "a share between 0 and 1"),
        (["run", "SMALL", "--precision", "5%%"], "a share between 0 and 1"),
        (["run", "MAPPING"], "this is the mapping of an import, not a scenario"),
        (["compare", "SMALL", "--set", "a.b=1, c.d=2"], "key=value; key=value"),
        (["run", "SMALL", "--on", "corse"], "did you mean 'cores'"),
        (["run", "SMALL", "--on", "here", "--cluster", "tcp://a:1"], "one of them"),
        (["run", "SMALL", "--metrics", "frtt"], "did you mean 'frt'"),
        (["run", "nowhere.toml"], "nowhere"),
        (["compare", "SMALL"], "nothing to compare"),
        (["compare", "SMALL", "--set", "agents"], "a key has no value"),
        (["compare", "SMALL", "--set", "team.shfts=1"], "did you mean 'shifts'"),
        (["sweep", "SMALL", "--vary", "seed="], "a key has no value"),
        (["sweep", "SMALL", "--vary", "seed=1..9000", "--vary", "customers=1..9000"], "--yes"),
        (["sweep", "SMALL", "--vary", "seed=5..1"], "the lower end first"),
        (["sweep", "SMALL", "--vary", "seed=1", "--vary", "seed=2"], "varied twice"),
        (["sweep", "SMALL", "--vary", "<script>=1"], "unknown key"),
    ],
)
def test_bad_input(
    small: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own = {"SMALL": small, "MAPPING": str(Path("scenarios/sample_import/mapping.toml").resolve())}
    filled = [own.get(a, a) for a in arguments]
    monkeypatch.chdir(tmp_path)
    assert message in printed(capsys, *filled, code=2)[1].replace("\n", " ")
    assert not list(tmp_path.iterdir())


def test_values_on_the_command_line() -> None:
    assert changes(["a.b=[1, 2]", "c=x", "d=true", 'e="t,u"']) == {
        "a.b": [1, 2], "c": "x", "d": True, "e": "t,u",
    }  # fmt: skip
    assert varied(['k=[1, 2],[3],x1.5,"a,b",-1..1']) == {
        "k": [[1, 2], [3], "x1.5", "a,b", -1, 0, 1]
    }
    with pytest.raises(InputError, match="no value"):
        changes(["=3"])


def test_a_hypercube_takes_stretches(
    small: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ["sweep", small, "--vary", "channels.phone.arrivals_per_hour=x0.8..x1.2", "--latin",
             "2", "-m", "vol", "-o", str(tmp_path / "s")]  # fmt: skip
    rows = json.loads(printed(capsys, *asked, "--replications", "1", "--json")[0])
    factors = sorted(float(r["channels.phone.arrivals_per_hour"][1:]) for r in rows)
    assert 0.8 <= factors[0] < 1 <= factors[1] <= 1.2


def test_a_scenario_of_this_folder_goes_before_a_shipped_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: str
) -> None:
    (tmp_path / "scenarios").mkdir()
    text = f'extends = "{small}"\nname = "mine"\n'
    (tmp_path / "scenarios" / "base.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert (
        "mine: 1 replications"
        in printed(capsys, "run", "base", "-m", "vol", "--replications", "1")[1]
    )
