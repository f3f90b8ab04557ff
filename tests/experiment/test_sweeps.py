"""Sweeps: every cell is the scenario it says, a stopped sweep goes on, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.experiment.design import Range, changed_by, grid, latin_hypercube
from cxlab.experiment.executors import Cluster
from cxlab.experiment.sweeps import Sweep, estimated
from cxlab.experiment.validation_cases import channel, desk, law
from cxlab.scenario import Scenario

AGENTS, CALLS = "team.shifts.0.agents", "channels.phone.arrivals_per_hour"


@pytest.fixture(scope="module")
def small() -> Scenario:
    found = desk(4, channel(20.0, law(9), service_level_seconds=180))
    return found.but(**{"horizon.days": 4, "replications": 3})


def same(one: Sweep, other: Sweep) -> None:
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)
    pd.testing.assert_frame_equal(pd.DataFrame(one.table), pd.DataFrame(other.table))


def test_every_cell_is_the_scenario_it_says(small: Scenario) -> None:
    found = cx.sweep(small, {AGENTS: [4, 5], CALLS: [15, "x1.1"]}, metrics="asa,vol")
    assert found.cells.to_numpy().tolist() == [[4, 15], [4, "x1.1"], [5, 15], [5, "x1.1"]]
    wide = found.wide("asa")
    for place, (agents, calls) in enumerate([(4, 15), (4, 22), (5, 15), (5, 22)]):
        alone = cx.replicate(small.but(**{AGENTS: agents, CALLS: calls}), "asa").iloc[0]
        assert wide.loc[place, "value"] == alone["value"]
        assert wide.loc[place, "high"] == alone["high"]
    assert found.summary.startswith("4 cells, 3 replications each")
    assert "team.shifts.0.agents" in repr(found)


def test_a_sweep_goes_on_where_it_was(small: Scenario, tmp_path: Path) -> None:
    vary = {AGENTS: [3, 4, 5], CALLS: [15, 20]}
    whole = cx.sweep(small, vary, metrics="asa", out=tmp_path / "a")
    assert whole.reused == 0
    cells = sorted((tmp_path / "a" / "cells").iterdir())
    assert len(cells) == 6
    cells[0].unlink()
    cells[1].write_bytes(cells[1].read_bytes()[:100])  # half-written by something else
    cells[2].write_bytes(b"")
    again = cx.sweep(small, vary, metrics="asa", out=tmp_path / "a")
    assert again.reused == 3
    same(whole, again)
    assert cx.sweep(small, vary, metrics="asa", out=tmp_path / "a").reused == 6
    assert cx.sweep(small, {AGENTS: [4, 6]}, metrics="asa", out=tmp_path / "a").reused == 1
    for other in ({"metrics": "frt"}, {"seed": 2}, {"replications": 2}, {"by": "channel"}):
        asked = {"metrics": "asa", **other}
        assert cx.sweep(small, {AGENTS: [4]}, out=tmp_path / "a", **asked).reused == 0
    renamed = small.but(name="renamed", title="The same desk")
    assert cx.sweep(renamed, {AGENTS: [4]}, metrics="asa", out=tmp_path / "a").reused == 1


KILLED = """
import signal
import sys
import cxlab as cx
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from tests.experiment.test_sweeps import AGENTS
cx.sweep(
    cx.Scenario.load(sys.argv[1]), {AGENTS: list(range(3, 15))}, metrics="asa", by="priority",
    out=sys.argv[2], executor="here",
)
"""


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.promised)]
)
def test_a_killed_sweep_loses_only_what_was_in_hand(
    small: Scenario, tmp_path: Path, how: signal.Signals
) -> None:
    import tomllib

    path, out = tmp_path / "case.toml", tmp_path / "sweep"
    path.write_text(_toml(small))
    assert tomllib.loads(path.read_text())
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(path), str(out)],
                               stderr=subprocess.DEVNULL)  # fmt: skip
    while process.poll() is None and len(list(out.glob("cells/*.arrow"))) < 3:
        time.sleep(0.02)
    process.send_signal(how)
    assert process.wait(timeout=30) != 0
    done = len(list(out.glob("cells/*.arrow")))
    assert 3 <= done < 12
    loaded, vary = Scenario.load(path), {AGENTS: list(range(3, 15))}
    asked = {"metrics": "asa", "by": "priority"}
    rest = cx.sweep(loaded, vary, out=out, executor="here", **asked)
    assert rest.reused == done
    same(rest, cx.sweep(loaded, vary, executor="here", **asked))


def _toml(scenario: Scenario) -> str:
    """The small desk as a file: every table of its plain data on one line."""

    def value(given: object) -> str:
        if isinstance(given, dict):
            return "{" + ", ".join(f'"{k}" = {value(v)}' for k, v in given.items()) + "}"
        if isinstance(given, list):
            return "[" + ", ".join(map(value, given)) + "]"
        if isinstance(given, bool):
            return str(given).lower()
        return f'"{given}"' if isinstance(given, str) else repr(given)

    return "\n".join(f"{key} = {value(v)}" for key, v in scenario.resolved().items())


@pytest.mark.promised  # test_executors kills a worker of a cluster too
def test_workers_that_die_cost_only_their_cells(small: Scenario, tmp_path: Path) -> None:
    """On a Dask cluster of two processes, one of which is killed in mid-sweep."""
    from distributed import LocalCluster

    vary = {AGENTS: list(range(3, 15))}
    asked = {"metrics": "asa", "by": "priority"}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Cluster(cluster.scheduler_address) as executor,
    ):
        victim = next(iter(cluster.workers.values())).pid
        out = tmp_path / "sweep"

        def kill() -> None:
            while not list(out.glob("cells/*.arrow")):
                time.sleep(0.01)
            os.kill(victim, signal.SIGKILL)

        thread = threading.Thread(target=kill)
        thread.start()
        found = cx.sweep(small, vary, out=out, executor=executor, **asked)
        thread.join()
        pids = {worker.pid for worker in cluster.workers.values()}
        assert victim not in pids
    same(found, cx.sweep(small, vary, executor="here", **asked))


def test_every_executor_gives_the_same_bits(small: Scenario) -> None:
    vary = {AGENTS: [3, 4, 5], CALLS: ["x0.9", "x1.1"]}
    one, two = (cx.sweep(small, vary, metrics="asa,frt", executor=e) for e in ("here", "cores:2"))
    same(one, two)


def test_a_factor_multiplies_what_is_there(small: Scenario) -> None:
    base = Scenario.load("scenarios/base.toml")
    busier = changed_by(base, {"channels.chat.arrivals_per_hour": "x1.5"}).resolved()
    monday = busier["channels"]["chat"]["arrivals_per_hour"]["Mon-Fri"]
    assert monday[8:12] == [4.5, pytest.approx(6.3), pytest.approx(7.2), pytest.approx(7.2)]
    twice = changed_by(small, {AGENTS: "x2"})
    assert twice.all_teams["support"].shifts[0].agents == 8


def test_a_latin_hypercube_has_one_point_in_every_part() -> None:
    points = pd.DataFrame(
        list(latin_hypercube({"a": [0.0, 10.0], "b": [1, 10], "c": ["x0.5", "x1.5"]}, 10, seed=3))
    )
    assert sorted(np.floor(points["a"])) == list(range(10))
    assert sorted(points["b"]) == list(range(1, 11))
    factors = points["c"].str.removeprefix("x").astype(float)
    assert sorted(np.floor((factors - 0.5) * 10)) == list(range(10))


def test_ranges() -> None:
    assert [Range(2, 5, whole=True).at(s) for s in (0, 0.24, 0.26, 0.99, 1)] == [2, 2, 3, 5, 5]
    assert Range.of("k", ["x0.8", "x1.2"]).at(0.5) == "x1"
    assert Range.of("k", [1, 2.5]).at(1) == 2.5
    assert list(grid({"a": [1], "b": []})) == []


@pytest.mark.parametrize(
    ("vary", "asked", "message"),
    [
        ({}, {}, "nothing varies"),
        ({AGENTS: []}, {}, "no list of values"),
        ({AGENTS: "34"}, {}, "no list of values"),
        ({"team.shift.0.agents": [3]}, {}, "did you mean 'shifts'"),
        ({"team.shifts.7.agents": [3]}, {}, "a position from 0 to 0"),
        ({"channels.phoen.arrivals_per_hour": ["x2"]}, {}, "did you mean"),
        ({"name": ["x2"]}, {}, "holds no number"),
        ({AGENTS: [3, -1]}, {}, "agents"),
        ({AGENTS: [3, 5]}, {"design": "latn"}, "did you mean 'latin'"),
        ({AGENTS: [5, 3]}, {"design": "latin", "points": 4}, "lower end first"),
        ({AGENTS: [3, 4, 5]}, {"design": "latin", "points": 4}, "two ends"),
        ({AGENTS: [3, 5]}, {"design": "latin", "points": 1}, "2 or more"),
        ({AGENTS: [3, 5]}, {"points": 4}, "a grid has no number of points"),
        ({AGENTS: [3]}, {"metrics": "frtt"}, "did you mean 'frt'"),
        ({AGENTS: [3], CALLS: range(1, 9000)}, {}, "a large sweep.*--yes"),
        ({"seed": range(1, 1001), AGENTS: range(1, 1001)}, {}, "1,000,000 cells"),
    ],
)
def test_bad_sweeps_are_refused_before_anything_runs(
    small: Scenario, vary: dict[str, list[object]], asked: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        cx.sweep(small, vary, **asked)


def test_folders_of_something_else_are_left_alone(small: Scenario, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    for name, message in (("mine", "something else"), ("file", "no folder")):
        with pytest.raises(InputError, match=message):
            cx.sweep(small, {AGENTS: [3]}, out=tmp_path / name)
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    with pytest.raises(InputError, match="was not asked"):
        cx.sweep(small, {AGENTS: [3]}, metrics="asa").wide("frt")


def test_the_estimate_is_said(small: Scenario) -> None:
    work = estimated(small, 10, 3, "here")
    assert (work.cells, work.runs) == (10, 30)
    assert work.tickets == pytest.approx(30 * 4 * 24 * 20, rel=0.01)
    assert "10 cells, 30 runs, 57,600 tickets, about" in str(work)
