"""Where runs are played: here, on all cores, or on a cluster; the results are the same.

A piece of work is a picklable argument of a function of a module; which worker does it, how
many there are and in which order they finish changes no bit of a result.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any, Self, TypeVar

from cxlab.errors import InputError, RunError
from cxlab.imports import called
from cxlab.workers import begin_worker

__all__ = ["Cluster", "Cores", "Executor", "Here", "end_workers", "executor_for", "opened"]

Task = TypeVar("Task")
Result = TypeVar("Result")

ATTEMPTS = 3
"""How often a piece of work is tried whose worker died."""

ANSWER_S = 10.0
"""How long a cluster may take to answer, in seconds."""

IDLE_S = 300
"""How long processes wait for the next call, in seconds."""


class Executor(ABC):
    """Plays pieces of work somewhere; close it, or use it in a `with` statement."""

    workers: int

    @abstractmethod
    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (place of the task, result) as they come, in any order.

        An error of a task is raised when it comes; RunError when its worker died three times.
        """

    def close(self) -> None:  # noqa: B027 - most have nothing to close
        """Let the workers go."""

    def __enter__(self) -> Self:
        """Return the executor itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Let the workers go."""
        self.close()


class Here(Executor):
    """Plays one piece of work after the other in this process.

    >>> list(Here().results(abs, [-1, 2]))
    [(0, 1), (1, 2)]
    """

    workers = 1

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (place of the task, result), in order."""
        for place, task in enumerate(tasks):
            yield place, function(task)


class Cores(Executor):
    """Plays on the cores of this machine, one process each.

    The processes are kept for the next call for some minutes: the first one pays for starting
    them. A process that dies (out of memory, killed) costs what it had in hand, which another
    takes up.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (place of the task, result) as they come; see `Executor`."""
        attempts = dict.fromkeys(range(len(tasks)), 0)
        while attempts:
            try:
                for place, result in self._pass(function, tasks, attempts):
                    del attempts[place]
                    yield place, result
            except _DeadWorkerError as died:
                for place in died.in_hand:
                    attempts[place] += 1
                often = [place + 1 for place in died.in_hand if attempts[place] >= ATTEMPTS]
                if often:
                    raise RunError(
                        f"the worker of a piece of work died {ATTEMPTS} times",
                        given=f"one of {often} of {len(tasks)} pieces",
                        hint="it may need more memory than there is; fewer workers help",
                    ) from None

    def _pass(
        self, function: Callable[[Task], Result], tasks: Sequence[Task], left: dict[int, int]
    ) -> Iterator[tuple[int, Result]]:
        """Yield what can be had until all is done or a worker dies."""
        from concurrent.futures import FIRST_COMPLETED, Future, wait
        from concurrent.futures.process import BrokenProcessPool

        from loky import get_reusable_executor

        pool = get_reusable_executor(
            max_workers=self.workers,
            timeout=IDLE_S,
            initializer=called,
            initargs=(begin_worker.__module__, begin_worker.__name__),
        )
        _KEPT[:] = [pool]
        waiting = iter(list(left))
        in_hand: dict[Future[Result], int] = {}
        try:
            while True:
                # Few at a time: what is in hand when a worker dies is what may have killed it.
                for place in islice(waiting, 2 * self.workers - len(in_hand)):
                    in_hand[pool.submit(function, tasks[place])] = place
                if not in_hand:
                    return
                done, _ = wait(in_hand, return_when=FIRST_COMPLETED)
                for future in done:
                    result = future.result()
                    yield in_hand.pop(future), result
        except BrokenProcessPool:
            raise _DeadWorkerError(sorted(in_hand.values())) from None
        except BaseException:
            for future in in_hand:
                future.cancel()
            if any(future.running() for future in in_hand):
                pool.shutdown(wait=False, kill_workers=True)
            raise


def end_workers() -> None:
    """End the processes that this one keeps for its next question, before it ends by itself."""
    while _KEPT:
        _KEPT.pop().shutdown(wait=True, kill_workers=True)


_KEPT: list[Any] = []
"""The pool of processes that is kept for the next question."""


class _DeadWorkerError(Exception):
    """A process of the pool is gone; `in_hand` is the work that was given out."""

    def __init__(self, in_hand: list[int]) -> None:
        super().__init__()
        self.in_hand = in_hand


class Cluster(Executor):
    """Plays on a Dask cluster, by the address of its scheduler or on a cluster object.

    Needs the extra `dask`. The workers must have this version of cxlab. A worker that dies costs
    what it had in hand, which others take up. Raises InputError when nobody answers within ten
    seconds, or workers are missing or of another version.
    """

    def __init__(self, address: Any, *, owned: bool = False) -> None:
        self._owned = address if owned else None
        try:
            from distributed import Client
        except ImportError:
            raise InputError("a cluster needs Dask", expected="pip install 'cxlab[dask]'") from None
        try:
            self._client = Client(address, timeout=ANSWER_S, set_as_default=False)
        except (OSError, ValueError) as error:
            raise InputError(
                "the cluster does not answer",
                given=str(address),
                expected="the address of a Dask scheduler, such as tcp://host:8786",
                hint=str(error).splitlines()[0][:200] if str(error) else None,
            ) from None
        try:
            self.workers = self._counted()
        except BaseException:
            self._client.close()
            raise

    def _counted(self) -> int:
        """Return how many threads of workers there are; refuse other versions of cxlab."""
        with suppress(TimeoutError):
            self._client.wait_for_workers(1, timeout=ANSWER_S)
        threads = self._client.nthreads()
        if not threads:
            raise InputError(
                "the cluster has no workers", given=str(self._client.scheduler_info()["address"]),
                expected="dask worker ADDRESS on at least one machine",
            )  # fmt: skip
        own = version()
        others = {v for v in self._client.run(_version_there).values() if v != own}
        if others:
            raise InputError(
                "workers of the cluster have another version of cxlab",
                given=", ".join(sorted(map(str, others))), expected=own,
            )  # fmt: skip
        return sum(threads.values())

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (place of the task, result) as they come; see `Executor`."""
        from distributed import KilledWorker, as_completed

        futures = {
            self._client.submit(function, task, pure=False): place
            for place, task in enumerate(tasks)
        }
        try:
            for future in as_completed(list(futures), loop=self._client.loop):
                try:
                    result = future.result()
                except KilledWorker:
                    place = futures[future]
                    raise RunError(
                        "workers of the cluster died again and again at one piece of work",
                        given=f"piece {place + 1} of {len(tasks)}",
                        hint="it may need more memory than a worker has",
                    ) from None
                yield futures[future], result
                future.release()
        finally:
            self._client.cancel(list(futures), force=True)

    def close(self) -> None:
        """Close the connection; a cluster that was there before stays."""
        self._client.close()
        if self._owned is not None:
            self._owned.close()


def _version_there() -> str:
    try:
        return version()
    except ImportError:  # pragma: no cover - runs on a worker without cxlab
        return "none"


def version() -> str:
    """Return the version of cxlab in this process."""
    import cxlab

    return cxlab.__version__


def cores() -> int:
    """Return how many cores this process may use."""
    usable: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


def executor_for(where: str | Executor | None, pieces: int | None = None) -> Executor:
    """Return an executor by its name.

    "here"; "cores" or "cores:4"; the address of a Dask scheduler ("tcp://…"); "dask", a local
    cluster. None: all cores, or here where there are fewer than two `pieces` of work. Raises
    InputError for anything else.
    """
    if where is not None and not isinstance(where, str):
        return where
    if where is None:
        alone = cores() == 1 or (pieces is not None and pieces < 2)
        return Here() if alone else Cores()
    name, _, count = where.partition(":")
    if where == "here":
        return Here()
    if name == "cores" and (not count or (count.isdecimal() and int(count) > 0)):
        return Cores(int(count) if count else None)
    if "://" in where:
        return Cluster(where)
    if where == "dask":
        return _local_cluster()
    raise InputError(
        "unknown executor", given=where, known=("here", "cores", "dask"),
        expected="here, cores, cores:4, dask, or an address such as tcp://host:8786",
    )  # fmt: skip


@contextmanager
def opened(where: str | Executor | None, pieces: int | None = None) -> Iterator[Executor]:
    """Yield an executor by its name, and close it; one that was given is its owner's to close."""
    if isinstance(where, Executor):
        yield where
    else:
        with executor_for(where, pieces) as workers:
            yield workers


def _local_cluster() -> Executor:
    try:
        from distributed import LocalCluster
    except ImportError:
        raise InputError("a cluster needs Dask", expected="pip install 'cxlab[dask]'") from None
    try:
        cluster = LocalCluster(n_workers=cores(), threads_per_worker=1, dashboard_address=None)
    except RuntimeError as error:
        raise RunError(
            "the local cluster did not start", given=str(error),
            hint="a script that starts one needs `if __name__ == \"__main__\":`, as its workers "
            "import it",
        ) from None  # fmt: skip
    return Cluster(cluster, owned=True)
