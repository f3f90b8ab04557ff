"""How a sweep would scale to 1,000 cores: the costs are measured here, the queue is simulated.

A scheduler hands out pieces of work (a batch of cells) one after the other, workers play them, and
one process takes the results, keeps each cell on disk and goes on: two queues with one server
each, and many workers between them. Measured are the seconds of a piece, how they vary, and those
that the receiving process needs for its results; a Dask scheduler takes about a millisecond per
task (its documentation). A SimPy model of that plays sweeps on 1 to 1,000 workers.

Run: `python benchmarks/scaling.py`.
"""

from __future__ import annotations

import argparse
import json
import pickle
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from statistics import mean, stdev

import numpy as np
import simpy
from sweep import work

from cxlab.experiment.kept import Kept, encoded, fingerprint
from cxlab.experiment.runs import Question, Runs, measured

SCHEDULER_S = 1e-3


def piece_seconds(pieces: Sequence[Sequence[Runs]], question: Question) -> list[float]:
    """Return the seconds of processor that each piece takes, warm."""
    measured([Runs(pieces[0][0].scenario, 1, 1)], question)
    found = []
    for piece in pieces:
        started = time.process_time()
        measured(piece, question)
        found.append(time.process_time() - started)
    return found


def receiving_seconds(piece: Sequence[Runs], question: Question) -> float:
    """Return what the receiving process spends on the results of a piece."""
    sent = pickle.dumps([encoded(result.rows) for result in measured(piece, question)])
    with tempfile.TemporaryDirectory() as folder:
        kept = Kept(Path(folder) / "sweep")
        names = [fingerprint(runs, question) for runs in piece]
        started = time.process_time()
        for name, cell in zip(names, pickle.loads(sent), strict=True):  # noqa: S301 - our own
            kept.write(name, cell)
        return time.process_time() - started


def makespan(
    workers: int, pieces: int, law: tuple[float, float], receiving: float, rng: np.random.Generator
) -> float:
    """Return how long so many workers take for so many pieces, in seconds."""
    world = simpy.Environment()
    scheduler, receiver = simpy.Resource(world), simpy.Resource(world)
    left = iter(range(pieces))

    def worker() -> Generator[simpy.Event, None, None]:
        for _ in left:
            with scheduler.request() as turn:
                yield turn
                yield world.timeout(SCHEDULER_S)
            yield world.timeout(max(rng.normal(*law), law[0] / 10))
            world.process(receive())

    def receive() -> Generator[simpy.Event, None, None]:
        with receiver.request() as turn:
            yield turn
            yield world.timeout(receiving)

    for _ in range(workers):
        world.process(worker())
    world.run()
    return float(world.now)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=8, help="cells of a piece")
    given = parser.parse_args()
    question, cells = Question(), work(4 * given.cells)
    pieces = [cells[i : i + given.cells] for i in range(0, len(cells), given.cells)]
    seconds = piece_seconds(pieces, question)
    law, receiving = (mean(seconds), stdev(seconds)), receiving_seconds(pieces[0], question)
    rng = np.random.default_rng(1)
    rows = []
    for workers in (1, 2, 8, 32, 128, 512, 1000):
        count = 20 * workers  # pieces per worker: the end of a sweep waits for the last piece
        took = makespan(workers, count, law, receiving, rng)
        rows.append({"workers": workers, "cells": count * given.cells, "hours": took / 3600,
                     "efficiency": count * law[0] / workers / took})  # fmt: skip
    print(json.dumps({"piece_s": law, "receiving_s": receiving, "sweeps": rows}, indent=2))


if __name__ == "__main__":
    main()
