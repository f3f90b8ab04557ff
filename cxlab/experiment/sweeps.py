"""Sweeps: what every combination of some keys of a scenario gives, under the same draws.

Results are kept cell by cell, so that a sweep that was stopped goes on where it was.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal

import pandas as pd

import cxlab
from cxlab import display
from cxlab.errors import InputError
from cxlab.experiment.design import Cell, Values, changed_by, grid, latin_hypercube
from cxlab.experiment.executors import Executor, cores, opened
from cxlab.experiment.kept import Kept, decoded, encoded, fingerprint
from cxlab.experiment.replications import combined
from cxlab.experiment.runs import Question, Runs, batches, measured
from cxlab.experiment.sequential import LARGE, Progress, asked_metrics, names_of
from cxlab.metrics.frame import Results
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.scenario import Scenario
from cxlab.sim import Engine
from cxlab.sim.run import check_memory

__all__ = ["Estimate", "Sweep", "cells_of", "estimated", "play_cells", "refuse_large", "sweep"]

MOST_MINUTES, MOST_CELLS = 10.0, 5_000
"""From this much work on a sweep is only begun when it was said that it is meant."""

SECONDS_PER_TICKET, SECONDS_PER_RUN = 8e-6, 8e-3
"""What a core takes for a run, measured (benchmarks/README.md), rounded up."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How much work a sweep is: cells, runs, tickets, and seconds on so many workers."""

    cells: int
    runs: int
    tickets: float
    seconds: float

    def __str__(self) -> str:
        """Return the work in words."""
        return (
            f"{self.cells:,} cells, {self.runs:,} runs, {self.tickets:,.0f} tickets, "
            f"about {_spoken(self.seconds)}"
        )


def _spoken(seconds: float) -> str:
    for size, unit in ((86_400 * 2, "days"), (5_400, "hours"), (90, "minutes")):
        if seconds >= size:
            return f"{seconds / {'days': 86_400, 'hours': 3_600, 'minutes': 60}[unit]:,.0f} {unit}"
    return f"{math.ceil(seconds)} seconds"


@dataclass(frozen=True)
class Sweep:
    """What the cells of a sweep gave.

    `cells` has a column per key that varies, its index is the number of the cell; `rows` holds
    one row per cell, metric, group and replication. `reused`: how many cells were kept from
    before.
    """

    scenario: Scenario
    cells: pd.DataFrame
    rows: pd.DataFrame
    by: tuple[str, ...]
    reused: int = 0

    @property
    def keys(self) -> list[str]:
        """The keys that vary."""
        return [str(c) for c in self.cells.columns]

    @cached_property
    def table(self) -> Results:
        """One row per cell, metric and group: the keys' values, and the columns of `measure`.

        Intervals are 95 % over replications.
        """
        parts = []
        for cell, rows in self.rows.groupby("cell", sort=True):
            own = combined(rows.drop(columns="cell"), self.by)
            values = self.cells.loc[cell]
            parts.append(own.assign(**{key: values[key] for key in self.keys}))
        return Results(pd.concat(parts, ignore_index=True))

    def wide(self, metric: str) -> pd.DataFrame:
        """Return the values of one metric beside the keys: value, low, high.

        Raises InputError for a metric that was not asked.
        """
        known = list(self.table["metric"].unique())
        if metric not in known:
            raise InputError("metric was not asked", given=metric, known=known)
        mine = pd.DataFrame(self.table[self.table["metric"] == metric])
        return mine[[*self.keys, *self.by, "value", "low", "high"]].reset_index(drop=True)

    @property
    def summary(self) -> str:
        """How large the sweep is."""
        each = self.rows.groupby("cell")["replication"].nunique()
        again = f", {self.reused:,} of them kept from before" if self.reused else ""
        return (
            f"{len(self.cells):,} cells{again}, {int(each.max())} replications each, "
            "all under the same draws"
        )

    def __repr__(self) -> str:
        """Return the numbers of the cells, and how many there are."""
        return f"{self.table!r}\n{self.summary}"

    def _repr_html_(self) -> str:
        return (self.table._repr_html_() or "") + display.shown(display.lines([self.summary]))


def sweep(
    scenario: Scenario,
    vary: Mapping[str, Sequence[Any]],
    *,
    design: Literal["grid", "latin"] = "grid",
    points: int | None = None,
    metrics: str | Sequence[str] | None = None,
    by: str | Sequence[str] = (),
    replications: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    yes: bool = False,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    settings: Settings = DEFAULTS,
    progress: Progress | None = None,
) -> Sweep:
    """Play every combination of some keys of a scenario, or points of a Latin hypercube.

    `vary` gives for each key its values (of a grid) or its two ends (of a hypercube of so many
    `points`); "x1.2" multiplies what is there. All cells meet the same draws. With a folder
    `out` the results of every cell are kept, and found again by the next sweep that asks for
    them. `yes` allows for more than ten minutes or 5,000 cells. The other arguments are those of
    `cx.run`; `progress(done, total)` counts cells.

    Raises InputError for a key or value that the scenario cannot have, before anything is played,
    for a sweep that is too large to be meant, and as `run` does.

    `cx.sweep(base, {"team.shifts.0.agents": [3, 4, 5]}, metrics="frt,csat").wide("frt")`
    """
    base = scenario if seed is None else scenario.but(seed=seed)
    runs = replications or base.replications
    found = _designed(base, vary, design, points, runs, executor, yes)
    question = Question(
        asked_metrics(base, metrics), tuple(g for g in names_of(by) if g != "replication"),
        settings, engine,
    )  # fmt: skip
    cells = cells_of(base, found)
    tickets = sum(Runs(cell.scenario, 1, runs).tickets for cell in cells)
    refuse_large(_estimate(len(cells), runs, tickets, executor), yes)
    kept = None if out is None else Kept(Path(out))
    if kept is not None:
        kept.describe(_description(base, vary, design, runs, question, len(cells)))
    rows, reused = play_cells(cells, runs, question, kept, executor, progress)
    values = pd.DataFrame([dict(cell.values) for cell in cells]).rename_axis("cell")
    return Sweep(base, values, rows, question.by, reused)


def _designed(
    base: Scenario,
    vary: Mapping[str, Sequence[Any]],
    design: str,
    points: int | None,
    runs: int,
    executor: str | Executor | None,
    yes: bool,
) -> list[Values]:
    """Return the points of the design; refuse what is none, and what is too large."""
    if not vary:
        raise InputError("nothing varies", expected="a key of the scenario and its values")
    if design not in ("grid", "latin"):
        raise InputError("unknown design", given=design, known=("grid", "latin"))
    empty = [key for key, values in vary.items() if isinstance(values, str) or not len(values)]
    if empty:
        raise InputError("a key has no list of values", given=empty[0], expected="[2, 3, 4]")
    if design == "latin":
        count = points or 10 * len(vary)
        refuse_large(estimated(base, count, runs, executor), yes)
        return list(latin_hypercube(vary, count, base.seed))
    if points is not None:
        raise InputError("a grid has no number of points", given=points, hint='design="latin"')
    refuse_large(estimated(base, math.prod(map(len, vary.values())), runs, executor), yes)
    return list(grid(vary))


def estimated(
    scenario: Scenario, cells: int, runs: int, executor: str | Executor | None = None
) -> Estimate:
    """Return how much work so many cells like the scenario are."""
    tickets = Runs(scenario, 1, runs).tickets * cells
    return _estimate(cells, runs, tickets, executor)


def _estimate(cells: int, runs: int, tickets: float, executor: str | Executor | None) -> Estimate:
    named = executor if isinstance(executor, str) else ""
    if isinstance(executor, Executor):
        workers = executor.workers
    elif named == "here":
        workers = 1
    else:
        workers = int(named[6:]) if named[6:].isdecimal() else cores()
    seconds = (tickets * SECONDS_PER_TICKET + cells * runs * SECONDS_PER_RUN) / workers
    return Estimate(cells, cells * runs, tickets, seconds)


def refuse_large(work: Estimate, yes: bool) -> None:
    """Raise InputError for more work than somebody means without saying so."""
    if not yes and (work.seconds > 60 * MOST_MINUTES or work.cells > MOST_CELLS):
        raise InputError(
            "a large sweep", given=str(work),
            expected=f"at most {MOST_CELLS:,} cells and {MOST_MINUTES:g} minutes",
            hint="fewer values or a Latin hypercube; --yes (yes=True) plays it all the same",
        )  # fmt: skip


def cells_of(base: Scenario, points: Sequence[Values]) -> list[Cell]:
    """Return the scenarios of the points, each checked before anything is played."""
    cells = [Cell(values, changed_by(base, values)) for values in points]
    check_memory(max(cells, key=lambda c: Runs(c.scenario, 1, 1).tickets).scenario.but(
        replications=1))  # fmt: skip
    return cells


def play_cells(
    cells: Sequence[Cell],
    runs: int,
    question: Question,
    kept: Kept | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, int]:
    """Play the cells that are not kept; return the rows of all, and how many were kept.

    The rows carry the number of their `cell`.
    """
    work = [Runs(cell.scenario, 1, runs) for cell in cells]
    names = [fingerprint(piece, question) for piece in work] if kept is not None else []
    found: dict[int, bytes] = {}
    for place, name in enumerate(names):
        before = kept.read(name) if kept is not None else None
        if before is not None:
            found[place] = before
    reused = len(found)
    left = [place for place in range(len(work)) if place not in found]
    _tell(progress, len(found), len(work))
    where = executor or (None if sum(work[p].tickets for p in left) >= LARGE else "here")
    with opened(where, len(left)) as workers:
        # Several parts per worker: what a stopped sweep keeps is what is done.
        parts = [
            [left[i] for i in part]
            for part in batches([work[p] for p in left], question, 4 * workers.workers)
        ]
        tasks = [[work[place] for place in part] for part in parts]
        for at, results in workers.results(partial(_played, question=question), tasks):
            for place, cell in zip(parts[at], results, strict=True):
                found[place] = cell
                if kept is not None:
                    kept.write(names[place], cell)
            _tell(progress, len(found), len(work))
    return decoded([found[place] for place in range(len(work))]), reused


def _played(work: Sequence[Runs], question: Question) -> list[bytes]:
    """Play pieces of work and return their rows as files.

    Whoever takes the results of a thousand workers must not take long over any.
    """
    return [encoded(result.rows) for result in measured(work, question)]


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)


def _description(
    base: Scenario, vary: Mapping[str, Sequence[Any]], design: str, runs: int,
    question: Question, cells: int,
) -> dict[str, Any]:  # fmt: skip
    return {
        "cxlab": cxlab.__version__, "scenario": base.resolved(), "seed": base.seed,
        "vary": {key: list(values) for key, values in vary.items()}, "design": design,
        "cells": cells, "replications": runs, "metrics": list(question.metrics),
        "by": list(question.by),
    }  # fmt: skip
