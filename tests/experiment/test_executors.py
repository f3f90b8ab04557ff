"""The same results wherever they are computed, and a dead worker costs only its work."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

import cxlab as cx
from cxlab.errors import InputError, RunError
from cxlab.experiment.executors import ATTEMPTS, Cluster, Cores, Executor, Here, executor_for
from cxlab.experiment.validation_cases import channel, desk, law
from tests.experiment.pieces import deadly, killed_once, refusing, squared


@pytest.fixture(scope="module")
def cores() -> Cores:
    return Cores(2)


def asked(executor: Executor, function: Callable[[int], int]) -> list[int]:
    found = dict(executor.results(function, list(range(12))))
    return [found[place] for place in range(12)]


def test_every_executor_gives_every_result_at_its_place(cores: Cores) -> None:
    expected = [0, 1, 4, 9, 16, 25, 36, 49, 64, 81, 100, 121]
    assert asked(Here(), squared) == expected
    assert asked(cores, squared) == expected


def test_a_dead_process_costs_only_its_work(cores: Cores, tmp_path: Path) -> None:
    found = asked(cores, partial(killed_once, folder=str(tmp_path)))
    assert (tmp_path / "killed").exists()
    assert found == [n * n for n in range(12)]
    assert asked(cores, squared) == [n * n for n in range(12)]  # the pool lives again


@pytest.mark.timeout(120)  # a count of attempts that never ends would go on killing workers
def test_work_that_kills_every_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker and two attempts here: a worker takes seconds to start."""
    cores = Cores(1)
    assert ATTEMPTS > 2
    monkeypatch.setattr("cxlab.experiment.executors.ATTEMPTS", 2)
    with pytest.raises(RunError, match="died 2 times") as told:
        asked(cores, deadly)
    assert "4" in str(told.value)  # piece 4 of 12
    assert asked(cores, squared)[5] == 25


@pytest.mark.parametrize("where", ["here", "cores:2"])
def test_an_error_of_a_piece_is_raised_as_it_is(where: str) -> None:
    with pytest.raises(InputError, match="number three"):
        asked(executor_for(where), refusing)


def test_names_of_executors() -> None:
    assert isinstance(executor_for("here"), Here)
    assert executor_for("cores:3").workers == 3
    assert isinstance(executor_for(None, pieces=1), Here)
    here = Here()
    assert executor_for(here) is here


@pytest.mark.parametrize(("cores", "kind"), [(1, Here), (4, Cores)])
def test_unless_told_all_cores_there_are(
    monkeypatch: pytest.MonkeyPatch, cores: int, kind: type[Executor]
) -> None:
    monkeypatch.setattr("cxlab.experiment.executors.cores", lambda: cores)
    for where in (executor_for(None), executor_for(None, pieces=2)):
        assert isinstance(where, kind)
        assert where.workers == cores


@pytest.mark.parametrize("name", ["corse", "cores:0", "cores:x", "", "8786"])
def test_unknown_executors_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="unknown executor"):
        executor_for(name)


def test_the_nearest_name_is_told() -> None:
    with pytest.raises(InputError, match="did you mean 'cores'"):
        executor_for("corse")


def test_a_cluster_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cxlab.experiment.executors.ANSWER_S", 0.5)
    with pytest.raises(InputError, match="does not answer"):
        executor_for("tcp://127.0.0.1:9")
    with pytest.raises(InputError, match="does not answer"):
        executor_for("nonsense://x")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Cluster(cluster.scheduler_address) as executor,
    ):
        yield executor


def test_on_a_cluster_in_this_process() -> None:
    """The same way as to many machines; on processes of their own below."""
    from distributed import LocalCluster

    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
        ) as near,
        Cluster(near.scheduler_address) as executor,
    ):
        assert executor.workers == 2
        assert asked(executor, squared) == [n * n for n in range(12)]
        with pytest.raises(InputError, match="number three"):
            asked(executor, refusing)


@pytest.mark.promised
class TestCluster:
    """On a real Dask cluster of two processes."""

    def test_results(self, cluster: Cluster) -> None:
        assert cluster.workers == 2
        assert asked(cluster, squared) == [n * n for n in range(12)]

    def test_a_killed_worker_costs_only_its_work(self, cluster: Cluster, tmp_path: Path) -> None:
        found = asked(cluster, partial(killed_once, folder=str(tmp_path)))
        assert (tmp_path / "killed").exists()
        assert found == [n * n for n in range(12)]

    def test_an_error_of_a_piece(self, cluster: Cluster) -> None:
        with pytest.raises(InputError, match="number three"):
            asked(cluster, refusing)

    def test_one_that_is_given_stays_open(self, cluster: Cluster) -> None:
        small = desk(2, channel(5.0, law(9))).but(**{"horizon.days": 2})
        cx.run(small, "asa", replications=1, executor=cluster)
        cx.run(small, "asa", replications=1, executor=cluster)
        assert asked(cluster, squared)[3] == 9

    def test_another_version_is_refused(
        self, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cx, "__version__", "99")
        with pytest.raises(InputError, match="another version"):
            executor_for(cluster._client.scheduler_info()["address"])


@pytest.mark.promised
def test_a_cluster_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster

    monkeypatch.setattr("cxlab.experiment.executors.ANSWER_S", 1.0)
    with (
        LocalCluster(n_workers=0, dashboard_address=None) as empty,
        pytest.raises(InputError, match="no workers"),
    ):
        Cluster(empty.scheduler_address)
