"""Many runs at once: play replications of many scenarios, and measure them in one question.

Writing the queries of a measurement takes longer than a small run of a desk. So the runs of
several scenarios are numbered through, laid into one set of tables, and measured by run. What a
run gives does not depend on what else is measured with it (a test holds that to the last bit).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxlab.experiment.companies import counted_time
from cxlab.experiment.soundness import open_tickets
from cxlab.metrics import DESK, measure
from cxlab.metrics.catalogue import METRICS, select_metrics
from cxlab.metrics.declaration import Attribution, Metric
from cxlab.metrics.possible import tables_for
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.metrics.sources import SOURCES
from cxlab.scenario import Scenario
from cxlab.sim import Engine
from cxlab.sim.engines import is_compiled
from cxlab.sim.plan import desk_plan
from cxlab.sim.roster import is_drawn
from cxlab.sim.run import SMALL, recorded
from cxlab.sim.workload import Workload, demand, draw_workload
from cxlab.tables import Tables

__all__ = ["Measured", "Question", "Runs", "batches", "completed", "measured"]

BATCH_TICKETS = 1_250_000
"""Tickets that are measured in one question: up to 3 GB of memory."""

Made = dict[str, pa.Table]


@dataclass(frozen=True, slots=True)
class Runs:
    """Replications `first` to `last` (from 1, both played) of one scenario."""

    scenario: Scenario
    first: int
    last: int

    @property
    def numbers(self) -> range:
        """The replications."""
        return range(self.first, self.last + 1)

    @property
    def tickets(self) -> float:
        """How many tickets to expect."""
        each = sum(self.scenario.expected_tickets(name) for name in self.scenario.lines)
        return each * len(self.numbers)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every run: metrics by group, as `measure` takes them.

    `daily` asks for the open tickets by day too.
    """

    metrics: tuple[str, ...] = DESK
    by: tuple[str, ...] = ()
    settings: Settings = DEFAULTS
    engine: Engine | None = None
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """What some runs of one scenario gave.

    `rows` are those of `measure`, one per metric, group and replication; `daily` the open
    tickets by day and replication (see `open_tickets`; None when not asked); `counted` what the
    simulation of each replication counted beside its rows.
    """

    rows: pd.DataFrame
    daily: pd.DataFrame | None = None
    counted: dict[int, dict[str, int]] = field(default_factory=dict)


def batches(work: Sequence[Runs], question: Question, most: int = 1) -> list[list[int]]:
    """Return which pieces of work (their places) are measured together, `most` parts at least.

    Pieces that are asked by group stay alone: a group that only one of them has would stand as
    empty in the others. So do companies, whose tables are large.
    """
    total = sum(runs.tickets for runs in work)
    limit = min(BATCH_TICKETS, total / max(most, 1))
    parts: list[list[int]] = []
    filled = np.inf
    for place, runs in enumerate(work):
        alone = bool(question.by) or runs.scenario.lifecycle is not None
        if alone or filled + runs.tickets > limit:
            parts.append([])
            filled = 0.0
        parts[-1].append(place)
        filled = np.inf if alone else filled + runs.tickets
    return parts


def measured(work: Sequence[Runs], question: Question) -> list[Measured]:
    """Play pieces of work and measure every replication; one result per piece, in their order."""
    played = list(_played(work, question))
    found: dict[int, Measured] = {}
    for _, group in groupby(sorted(played, key=lambda p: (p.likeness, p.place)),
                            key=lambda p: p.likeness):  # fmt: skip
        together = list(group)
        for piece, result in zip(together, _measured_together(together, question), strict=True):
            found[piece.place] = result
    return [found[place] for place in range(len(work))]


@dataclass(frozen=True, slots=True)
class _Played:
    """The tables of one piece of work, and what they must share with others in one question."""

    place: int
    runs: Runs
    tables: Made
    counted: dict[int, dict[str, int]]
    likeness: str


def _played(work: Sequence[Runs], question: Question) -> Iterator[_Played]:
    only = tables_for(question.metrics, question.by)
    engine = question.engine or _engine_for(work)
    worlds = _Worlds(work)
    for place, runs in enumerate(work):
        scenario = runs.scenario
        fixed = scenario.lifecycle is None and not is_drawn(scenario)
        plan = desk_plan(scenario, runs.first) if fixed else None
        parts = [
            recorded(scenario, number, engine, only, plan, worlds.of(place, number))
            for number in runs.numbers
        ]
        tables = _together([part.tables for part in parts])
        columns = {name: table.column_names for name, table in tables.items()}
        likeness = repr((scenario.ends_at, scenario.time_zone, scenario.currency, columns))
        counted = {n: part.counted for n, part in zip(runs.numbers, parts, strict=True)}
        yield _Played(place, runs, tables, counted, likeness)


class _Worlds:
    """The requests of some pieces of work: drawn once where several meet the same.

    Options of one desk differ in staffing, mostly; their requests are a third of a run's work.
    """

    def __init__(self, work: Sequence[Runs]) -> None:
        self._work = work
        alone = len(work) == 1
        self._demands = [
            "" if alone or runs.scenario.lifecycle is not None else demand(runs.scenario)
            for runs in work
        ]
        self._last = {each: place for place, each in enumerate(self._demands)}
        self._drawn: dict[tuple[str, int], Workload] = {}

    def of(self, place: int, replication: int) -> Workload | None:
        """Return the requests of a piece of work; None where nobody else meets them."""
        key = self._demands[place], replication
        later = bool(key[0]) and self._last[key[0]] > place
        known = self._drawn.get(key) if later else self._drawn.pop(key, None)
        if known is None and later:
            known = draw_workload(self._work[place].scenario, replication)
            self._drawn[key] = known
        return known


def _engine_for(work: Sequence[Runs]) -> Engine:
    """Return the compiled engine, or SimPy where that is done before Numba has compiled it."""
    little = all(runs.scenario.lifecycle is None for runs in work) and (
        sum(runs.tickets for runs in work) <= SMALL
    )
    return "simpy" if little and not is_compiled() else "compiled"


def _together(parts: Sequence[Made]) -> Made:
    names = dict.fromkeys(name for part in parts for name in part)  # some may cost nothing
    return {
        name: pa.concat_tables([part[name] for part in parts if name in part]) for name in names
    }


def _measured_together(pieces: Sequence[_Played], question: Question) -> Iterator[Measured]:
    """Measure pieces of like tables as if they were replications of one scenario."""
    numbers = _Numbers.of([piece.runs for piece in pieces])
    first = pieces[0].runs.scenario
    made = _together([numbers.apply(piece.tables, i) for i, piece in enumerate(pieces)])
    tables = _tables(made, first)
    parts = []
    for metrics, names in _apart(question, made, numbers.total):
        asked = tables if names is None else _tables({n: made[n] for n in names}, first)
        part = measure(
            asked, metrics, by=[*question.by, "replication"], settings=question.settings,
            # What is a state, such as who was a customer, is one where what counts begins.
            period=None if first.lifecycle is None else counted_time(first),
        )  # fmt: skip
        parts.append(pd.DataFrame(part))
    order = {metric: place for place, metric in enumerate(question.metrics)}
    rows = pd.concat(parts, ignore_index=True).sort_values(
        "metric", key=lambda ids: ids.map(order), kind="stable"
    )
    daily = open_tickets(tables, first) if question.daily and "tickets" in tables else None
    for i, piece in enumerate(pieces):
        yield Measured(
            numbers.own(rows, i, piece.runs.scenario),
            None if daily is None else numbers.own(daily, i, None),
            piece.counted,
        )


def completed(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return rows of pieces of one scenario with those of groups that a piece did not meet.

    What is measured together has a row for every group and run: 0 of a count, else no value. A
    group that came up in one piece only would otherwise be averaged over its runs alone.
    """
    keys, runs = ["metric", "period", *by], np.sort(rows["replication"].unique())
    heads = rows.drop_duplicates(keys)
    if len(rows) == len(heads) * len(runs):
        return rows
    grid = heads[keys].merge(pd.DataFrame({"replication": runs}), how="cross")
    known = rows[[*keys, "replication"]]
    lacking = grid.merge(known, how="left", on=[*keys, "replication"], indicator="found")
    lacking = lacking[lacking.pop("found") == "left_only"]
    empty = lacking.merge(heads.drop(columns="replication"), on=keys)[list(rows.columns)]
    of_count = np.array([METRICS[m].statistic.zero_is_fact for m in empty["metric"]])
    shares = (empty["statistic"] == "share").to_numpy()
    empty["value"] = np.where(of_count, 0.0, np.nan)
    empty["numerator"] = np.where(shares, 0.0, np.nan)
    empty["low"] = empty["high"] = np.nan
    empty["n"] = empty["pending"] = 0
    empty["excluded"] = pd.Series([{} for _ in range(len(empty))], index=empty.index, dtype=object)
    empty["flag"], empty["note"] = "empty", ""
    order = pd.concat([rows, empty], ignore_index=True)
    order["place"] = order.groupby(keys, sort=False, dropna=False).ngroup()
    return order.sort_values(["place", "replication"], ignore_index=True).drop(columns="place")


def _tables(made: Made, scenario: Scenario) -> Tables:
    return Tables.trusted(
        made, as_of=scenario.ends_at, time_zone=scenario.time_zone, source=scenario.name,
        asked_once=scenario.lifecycle is None,
    )  # fmt: skip


def _apart(
    question: Question, made: Made, runs: int
) -> list[tuple[list[str], tuple[str, ...] | None]]:
    """Return metrics that are asked together, and the tables they need (None: all).

    A survey of a simulated desk says itself what excludes it: asked without the tickets, nobody
    looks each one's ticket up, which is a tenth of the work. A run without any survey would be
    missing then, and so they are asked together where there is one.
    """
    alone = [m.id for m in select_metrics(question.metrics) if _of_surveys(m)]
    others = [name for name in question.metrics if name not in alone]
    possible = alone and others and not question.by and "customers" not in made
    if not possible or "surveys" not in made or _runs_in(made["surveys"]) < runs:
        return [(list(question.metrics), None)]
    return [(others, None), (alone, ("surveys",))]


def _of_surveys(metric: Metric) -> bool:
    """Return whether the table of surveys alone tells the metric."""
    basis = metric.basis
    needs = {need.partition(".")[0] for text in (*basis.needs, *basis.assumes)
             for need in text.split("|")}  # fmt: skip
    own = basis.attribution in (Attribution.ANSWERED, Attribution.SENT)
    return own and SOURCES[basis.source].tables == ("surveys",) and needs <= {"surveys"}


def _runs_in(table: pa.Table) -> int:
    return int(pc.count_distinct(table["replication"]).as_py())


@dataclass(frozen=True, slots=True)
class _Numbers:
    """Replications of several pieces of work, numbered through from 1."""

    runs: Sequence[Runs]
    before: list[int]

    @property
    def total(self) -> int:
        """How many replications there are."""
        return sum(len(piece.numbers) for piece in self.runs)

    @classmethod
    def of(cls, runs: Sequence[Runs]) -> _Numbers:
        """Number the replications of pieces of work through."""
        sizes = [len(piece.numbers) for piece in runs]
        return cls(runs, [sum(sizes[:i]) for i in range(len(sizes))])

    def apply(self, tables: Made, piece: int) -> Made:
        """Return the tables with the numbers that the replications have here."""
        shift = self.before[piece] + 1 - self.runs[piece].first
        made = {}
        for name, table in tables.items():
            at = table.column_names.index("replication")
            moved = pa.chunked_array(
                [pa.array(chunk.to_numpy() + shift) for chunk in table["replication"].chunks],
                type=pa.int64(),
            )
            made[name] = table.set_column(at, "replication", moved)
        return made

    def own(self, rows: pd.DataFrame, piece: int, scenario: Scenario | None) -> pd.DataFrame:
        """Return the rows of one piece of work, with its own replication numbers."""
        start, size = self.before[piece], len(self.runs[piece].numbers)
        inside = rows["replication"].between(start + 1, start + size)
        mine = rows[inside].reset_index(drop=True)
        mine["replication"] = (
            mine["replication"].astype("int64") - start - 1 + self.runs[piece].first
        )
        if scenario is not None and (mine["period"] == "all").all():
            mine["period_start"] = pd.Timestamp(scenario.starts_at).tz_convert("UTC")
        return mine
