"""A sweep of 200 scenarios × 30 replications of a week with 4,000 tickets, with metrics.

The desk is the shipped one, five times as busy; ten staffings × twenty loads vary. Told are the
seconds on all cores, what two workers gain over one (beside what two processes gain that only
count, which is what the machine has to give), threads instead of processes, a local Dask cluster
instead of the local processes, and what common random numbers save for one agent more.

Run: `make bench`, or `python benchmarks/sweep.py --json`; `--cells 20` plays a part.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

import cxlab
from cxlab.experiment.design import changed_by
from cxlab.experiment.executors import Cores, Executor, Here, Result, Task, executor_for
from cxlab.experiment.runs import Question, Runs, batches, measured
from cxlab.scenario import Scenario

BASE = Path(__file__).parent.parent / "scenarios" / "base.toml"
REPLICATIONS = 30
HEADLINE = ("vol", "frt", "frt_p90", "sla", "abandonment", "service_level", "art", "fcr", "csat",
            "backlog")  # fmt: skip


class Threads(Executor):
    """Plays in threads of this process."""

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def results(
        self, function: Callable[[Task], Result], tasks: Sequence[Task]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (place of the task, result) as they come."""
        with ThreadPoolExecutor(self.workers) as pool:
            futures = {pool.submit(function, task): place for place, task in enumerate(tasks)}
            for future in as_completed(futures):
                yield futures[future], future.result()


def desk() -> Scenario:
    """Return the shipped desk for one week, five times as large: 4,000 tickets."""
    week = Scenario.load(BASE).but(horizon={"type": "terminating", "weeks": 1})
    shifts = week.resolved()["team"]["shifts"]
    rates = {f"channels.{name}.arrivals_per_hour": "x4.71" for name in week.channels}
    larger = [{**shift, "agents": 5 * shift["agents"]} for shift in shifts]
    return changed_by(week, {**rates, "team.shifts": larger})


def work(cells: int) -> list[Runs]:
    """Return so many cells: staffings × loads."""
    base = desk()
    points = [
        {"team.shifts.0.agents": 11 + place % 10,
         "channels.phone.arrivals_per_hour": f"x{0.8 + 0.02 * (place // 10):g}"}
        for place in range(cells)
    ]  # fmt: skip
    return [Runs(changed_by(base, point), 1, REPLICATIONS) for point in points]


def timed(executor: Executor, pieces: Sequence[Runs], question: Question) -> float:
    """Return the seconds that an executor takes, warm."""
    parts = batches(pieces, question, 4 * executor.workers)
    tasks = [[pieces[place] for place in part] for part in parts]
    small = [[Runs(piece.scenario, 1, 1)] for piece in pieces[: 2 * executor.workers]]
    play = partial(measured, question=question)
    for _ in executor.results(play, small):
        pass
    started = time.perf_counter()
    for _ in executor.results(play, tasks):
        pass
    return time.perf_counter() - started


def burn(_: int) -> float:
    """Count for about a second of processor time."""
    total = 0.0
    for i in range(12_000_000):
        total += i
    return total


def machine(cores: Executor) -> float:
    """Return how many times faster two processes count than one."""
    started = time.perf_counter()
    list(Here().results(burn, [0, 1, 2, 3]))
    alone = time.perf_counter() - started
    list(cores.results(burn, [0, 1]))
    started = time.perf_counter()
    list(cores.results(burn, [0, 1, 2, 3]))
    return alone / (time.perf_counter() - started)


def common_draws() -> dict[str, float]:
    """Return how many times the replications independent streams need, for one agent more."""
    base = Scenario.load(BASE)
    found = cxlab.compare(
        base, options={"one more": base.but(**{"team.shifts.0.agents": 4})}, replications=30
    )
    table = found.table.set_index("metric")
    gain = (table["independent"] / table["replications"]).dropna()
    return {str(name): round(float(value), 1) for name, value in gain.items() if value < 1e6}


def figures(cells: int, dask: bool) -> dict[str, Any]:
    """Return every figure."""
    pieces, question = work(cells), Question()
    part = pieces[: max(2, cells // 2)]
    cores = Cores(2)
    found: dict[str, Any] = {"cells": cells, "tickets": sum(p.tickets for p in pieces)}
    found["two_processes_s"] = timed(cores, pieces, question)
    found["ten_metrics_s"] = timed(cores, pieces, Question(HEADLINE))
    one, two = timed(Cores(1), part, question), timed(cores, part, question)
    found["part"] = {"cells": len(part), "one_process_s": one, "two_processes_s": two,
                     "gain": one / two, "machine_gain": machine(cores)}  # fmt: skip
    found["part"]["two_threads_s"] = timed(Threads(2), part, question)
    if dask:
        with executor_for("dask") as cluster:
            found["part"]["dask_s"] = timed(cluster, part, question)
        found["part"]["dask_against_local"] = two / found["part"]["dask_s"]
    found["common_random_numbers"] = common_draws()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=200)
    parser.add_argument("--no-dask", action="store_true")
    parser.add_argument("--json", action="store_true", help="only the figures, as JSON")
    given = parser.parse_args()
    print(json.dumps(figures(given.cells, not given.no_dask), indent=2))


if __name__ == "__main__":
    main()
