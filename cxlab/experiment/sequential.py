"""One scenario, replicated until its numbers are as sure as asked.

The number of replications is the first after which every chosen KPI has been precise enough for
five replications in a row: an interval that is narrow by chance does not end the run. It depends
on scenario, seed and question only, not on how many are played at a time. Source: Hoad, Robinson
& Davies, Automated selection of the number of replications for a discrete-event simulation,
JORS 61 (2010).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from cxlab import display, stats
from cxlab.errors import InputError
from cxlab.experiment.executors import Executor, opened
from cxlab.experiment.neighbours import analytic_neighbours
from cxlab.experiment.replications import combined, run_values
from cxlab.experiment.runs import Measured, Question, Runs, completed, measured
from cxlab.experiment.soundness import expected_doubts, seen_doubts
from cxlab.experiment.warm_up import WarmUp
from cxlab.metrics import COMPANY, DESK
from cxlab.metrics.catalogue import select_metrics
from cxlab.metrics.frame import Results
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.scenario import Scenario
from cxlab.sim import Engine
from cxlab.sim.run import check_memory, replication_tables
from cxlab.tables import Tables
from cxlab.units import format_value

__all__ = [
    "LARGE",
    "Precision",
    "Progress",
    "Run",
    "asked_metrics",
    "names_of",
    "precision_of",
    "run",
    "run_of",
    "with_counts",
]

Floats = npt.NDArray[np.float64]
Progress = Callable[[int, int], None]

KEY = ("frt", "art", "fcr", "csat", "churn", "nrr")
"""What has to be precise where nobody chose: those of it that the scenario has."""

COUNTS = {"opened": ("vol", "value"), "answered": ("frt", "n"), "resolved": ("art", "n"),
          "open": ("backlog", "value")}  # fmt: skip
"""How many tickets stand behind a time: from which metric, and which of its columns."""

_MOST_GROUPS = 12

LARGE = 150_000
"""Tickets from which on it pays to start workers."""

NEIGHBOUR_RUNS = 20
"""Replications that the wait beside a formula is taken of."""


@dataclass(frozen=True, slots=True)
class Precision:
    """When there are enough replications.

    Each KPI of `key` (None: the metrics that are named, else FRT, ART, FCR, CSAT, churn and NRR) is
    to have a 95 % interval whose half-width is at most `relative` of its value, for `look_ahead`
    replications on end; `floor` at least, `cap` at most.
    """

    relative: float = 0.05
    floor: int = 10
    cap: int = 200
    look_ahead: int = 5
    key: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Raise InputError for what can never end, or not begin."""
        if not 0 < self.relative < 1:
            raise InputError(
                "precision", given=self.relative, expected="a share between 0 and 1, such as 0.05"
            )
        if not 2 <= self.floor <= self.cap:
            raise InputError(
                "numbers of replications", given=f"floor {self.floor}, cap {self.cap}",
                expected="2 or more, and a cap that is not below the floor",
            )  # fmt: skip
        if self.look_ahead < 0:
            raise InputError(
                "replications to look ahead", given=self.look_ahead, expected="0 or more"
            )


@dataclass(frozen=True)
class Run:
    """What a scenario's replications gave.

    `rows` holds one row per metric, group and replication. `precision` is None where the number
    of replications was given, `reached` whether every chosen KPI got as precise as asked.
    """

    scenario: Scenario
    rows: pd.DataFrame
    shown: tuple[str, ...]
    by: tuple[str, ...]
    daily: pd.DataFrame | None
    counted: dict[str, int]
    precision: Precision | None
    reached: bool

    @property
    def replications(self) -> int:
        """How many replications there are."""
        return int(self.rows["replication"].nunique())

    @cached_property
    def table(self) -> Results:
        """One row per metric and group with its interval over replications."""
        return combined(self.rows[self.rows["metric"].isin(self.shown)], self.by)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Tickets per run behind the times: opened, answered, resolved and open at the end.

        One row per group. Empty where the scenario has no desk, or the question no tickets.
        """
        known = self.rows[self.rows["metric"] == "vol"]
        if known.empty:
            return pd.DataFrame(columns=[*self.by, *COUNTS])
        keys = list(self.by)
        parts = {}
        for name, (metric, column) in COUNTS.items():
            mine = self.rows[self.rows["metric"] == metric]
            mean = mine.groupby(keys, dropna=False)[column] if keys else mine[column]
            parts[name] = mean.mean()
        return pd.DataFrame(parts).reset_index() if keys else pd.DataFrame([parts])

    @cached_property
    def doubts(self) -> list[str]:
        """What a reader must know before believing the numbers, in sentences."""
        found = expected_doubts(self.scenario)
        found += seen_doubts(self.scenario, self.daily, self.counted)
        return found + ([] if self.reached else [self._too_wide()])

    def _too_wide(self) -> str:
        assert self.precision is not None
        key = self.precision.key or ()
        widths = {name: _relative(self.rows, name, self.by)[-1] for name in key}
        wide = ", ".join(
            f"{name} ± {width * 100:.1f} %" for name, width in widths.items()
            if not width <= self.precision.relative
        )  # fmt: skip
        return (
            f"{self.replications} replications did not make every number as precise as asked "
            f"(± {self.precision.relative * 100:g} %): {wide or 'it did not last'}"
        )

    @property
    def warm_up(self) -> WarmUp | None:
        """Open tickets by day beside the warm-up; None where there are no tickets."""
        if self.daily is None or self.daily.empty:
            return None
        return WarmUp(self.scenario, self.daily)

    @cached_property
    def neighbours(self) -> pd.DataFrame:
        """What Erlang's formulas say beside the simulated waits (see `analytic_neighbours`)."""
        lines = self.scenario.lines.values()
        if not any(c.first_reply == "start" for c in lines):
            return pd.DataFrame()
        numbers = range(1, min(self.replications, NEIGHBOUR_RUNS) + 1)
        made = [replication_tables(self.scenario, n, only={"tickets"})["tickets"] for n in numbers]
        tables = Tables.trusted(
            {"tickets": pa.concat_tables(made)},
            as_of=self.scenario.ends_at, time_zone=self.scenario.time_zone,
        )  # fmt: skip
        return analytic_neighbours(self.scenario, tables)

    @property
    def summary(self) -> list[str]:
        """How many replications there are and why, what stands behind the times, the doubts."""
        said = [f"{self.scenario.name}: {self.replications} replications{self._why()}"]
        for each in self.counts.head(_MOST_GROUPS).to_dict("records"):
            group = ", ".join(str(each[key]) for key in self.by)
            said.append(f"tickets per run{f' ({group})' if group else ''}: " + ", ".join(
                f"{format_value(each[name], 'count')} {name}" for name in COUNTS
            ) + " at the end")  # fmt: skip
        return said + [f"note: {doubt}" for doubt in self.doubts]

    def _why(self) -> str:
        if self.precision is None:
            return ", as asked"
        if not self.reached:
            return f", the cap of {self.precision.cap}"
        key = ", ".join(self.precision.key or ())
        said = f", after which {key} are known to ± {self.precision.relative * 100:g} %"
        own = self.table[self.table["metric"].isin(self.precision.key or ())]
        nothing = own.loc[~(own["value"].abs() > 0), "metric"].unique()
        # Nothing is narrow beside 0, and what has no value gets none from more replications.
        return said + (f" ({', '.join(nothing)}: 0 or no value)" if len(nothing) else "")

    def __repr__(self) -> str:
        """Return the table and what is to be said of it."""
        return "\n".join([repr(self.table), *self.summary])

    def _repr_html_(self) -> str:
        return (self.table._repr_html_() or "") + display.shown(display.lines(self.summary))


def run(
    scenario: Scenario,
    metrics: str | Sequence[str] | None = None,
    *,
    by: str | Sequence[str] = (),
    replications: int | None = None,
    precision: float | Precision | None = None,
    seed: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    settings: Settings = DEFAULTS,
    progress: Progress | None = None,
) -> Run:
    """Replicate a scenario until its KPIs are precise, and return them with their intervals.

    `metrics`: ids; by default those of a desk, or of a customer base, or of both. `precision`:
    the relative half-width asked for, 5 % by default, of every metric that is named (by default
    of FRT, ART, FCR, CSAT, churn and NRR), or a `Precision`. `replications` plays so many
    instead. `executor`: "here", "cores", "cores:4", "dask", "tcp://…"; by default all cores where
    it pays. `progress(done, total)` counts replications; the total is an estimate until the end.

    Raises InputError for an unknown metric, group or executor, and for numbers that cannot be.

    `run(Scenario.load("base.toml"), ["frt", "csat"], precision=0.02)` prints a table.
    """
    chosen = scenario if seed is None else scenario.but(seed=seed)
    if replications is not None and precision is not None:
        raise InputError(
            "either a number of replications or a precision", given=[replications, precision]
        )
    if replications is not None:
        chosen = chosen.but(replications=replications)
    groups = tuple(g for g in names_of(by) if g != "replication")
    shown = asked_metrics(chosen, metrics)
    rule = None
    if replications is None:
        rule = _with_key(precision_of(precision), shown, named=metrics is not None)
    question = Question(with_counts(chosen, shown, groups), groups, settings, engine, True)
    check_memory(chosen.but(replications=1))
    with opened(_where(chosen, rule, executor)) as workers:
        found = _Replicating(chosen, question, workers, progress)
        if rule is None:
            found.play(chosen.replications)
            enough = chosen.replications
        else:
            enough = found.until(rule)
    reached = enough > 0
    return found.run(enough if reached else found.played, rule, reached, shown)


def names_of(given: str | Sequence[str]) -> list[str]:
    """Return names given as a list or as one text with commas."""
    return (
        [g.strip() for g in given.split(",") if g.strip()] if isinstance(given, str) else [*given]
    )


def asked_metrics(scenario: Scenario, metrics: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return the ids of the metrics that are asked, by default those the scenario is about."""
    if metrics is not None:
        return tuple(m.id for m in select_metrics(metrics))
    return (DESK if scenario.lines else ()) + (COMPANY if scenario.lifecycle is not None else ())


def with_counts(
    scenario: Scenario, shown: tuple[str, ...], groups: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the metrics to ask: those shown, and those that count tickets beside them."""
    if not scenario.lines:
        return shown
    clock = bool(set(groups) & {"weekday", "hour"})  # a backlog has neither
    counting = [m for m, _ in COUNTS.values() if m != "backlog" or not clock]
    return tuple(dict.fromkeys([*shown, *counting]))


def precision_of(relative: float | Precision | None, cap: int | None = None) -> Precision:
    """Return the rule for a relative half-width, which may be a rule already."""
    if isinstance(relative, Precision):
        return relative
    usual = Precision()
    return Precision(
        relative=usual.relative if relative is None else relative,
        floor=usual.floor if cap is None else min(usual.floor, cap),
        cap=usual.cap if cap is None else cap,
    )


def _with_key(rule: Precision, shown: tuple[str, ...], named: bool) -> Precision:
    """Return the rule with the KPIs that have to be precise."""
    if rule.key is None:
        usual = tuple(name for name in KEY if name in shown)
        return replace(rule, key=shown if named or not usual else usual)
    unknown = [name for name in rule.key if name not in shown]
    if unknown:
        raise InputError("a KPI to be precise is not asked", given=unknown[0], known=shown)
    return rule


def _where(
    scenario: Scenario, rule: Precision | None, executor: str | Executor | None
) -> str | Executor | None:
    """Return where to play: workers are worth their start only for much work."""
    if executor is not None:
        return executor
    count = scenario.replications if rule is None else rule.floor + rule.look_ahead
    return None if Runs(scenario, 1, count).tickets >= LARGE else "here"


class _Replicating:
    """Replications of one scenario, as many as have been played so far."""

    def __init__(
        self, scenario: Scenario, question: Question, workers: Executor, progress: Progress | None
    ) -> None:
        self.scenario, self.question, self.workers = scenario, question, workers
        self.progress = progress
        self.parts: list[Measured] = []
        self.played = 0

    def play(self, until: int) -> None:
        """Play replications up to that number."""
        count = until - self.played
        size = max(1, math.ceil(count / self.workers.workers))
        starts = range(self.played + 1, until + 1, size)
        work = [[Runs(self.scenario, n, min(n + size - 1, until))] for n in starts]
        found: dict[int, Measured] = {}
        done = self.played
        for place, result in self.workers.results(partial(measured, question=self.question), work):
            found[place] = result[0]
            done += len(work[place][0].numbers)
            if self.progress is not None:
                self.progress(done, until)
        self.parts += [found[place] for place in range(len(work))]
        self.played = until

    @property
    def rows(self) -> pd.DataFrame:
        """One row per metric, group and replication played, in this order."""
        return _rows(self.parts, self.question.metrics, self.question.by)

    def until(self, rule: Precision) -> int:
        """Play until the rule is kept; return the number it takes, 0 when the cap comes first."""
        self.play(min(rule.floor + rule.look_ahead, rule.cap))
        while True:
            rows = self.rows
            widths = np.array([_relative(rows, name, self.question.by) for name in rule.key or ()])
            enough = _first_lasting(widths <= rule.relative, rule)
            if enough:
                return enough
            if self.played >= rule.cap:
                return 0
            self.play(_next(widths[:, -1], self.played, rule))

    def run(self, count: int, rule: Precision | None, reached: bool, shown: tuple[str, ...]) -> Run:
        """Return the result of the first so many replications."""
        whole = run_of(self.scenario, shown, self.question.by, self.parts, self.question.metrics)
        daily = whole.daily
        return replace(
            whole,
            rows=_first(whole.rows, count),
            daily=None if daily is None else _first(daily, count),
            counted=_counted(self.parts, count),
            precision=rule,
            reached=reached,
        )


def run_of(
    scenario: Scenario,
    shown: tuple[str, ...],
    by: tuple[str, ...],
    parts: Sequence[Measured],
    metrics: Sequence[str] | None = None,
) -> Run:
    """Return the run that measured pieces of a scenario make, in the order of their replications.

    `metrics`: all that was asked, in the order of the rows; by default that of the rows.
    """
    order = metrics or list(dict.fromkeys(parts[0].rows["metric"]))
    daily = [part.daily for part in parts if part.daily is not None]
    return Run(
        scenario,
        _rows(parts, order, by),
        shown,
        by,
        pd.concat(daily, ignore_index=True) if daily else None,
        _counted(parts, math.inf),
        None,
        True,
    )


def _counted(parts: Sequence[Measured], count: float) -> dict[str, int]:
    """Return what the first so many replications counted beside their rows."""
    total: Counter[str] = Counter()
    for part in parts:
        for number, counted in part.counted.items():
            total.update(counted if number <= count else {})
    return dict(total)


def _first(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    return rows[rows["replication"] <= count].reset_index(drop=True)


def _rows(parts: Sequence[Measured], metrics: Sequence[str], by: Sequence[str]) -> pd.DataFrame:
    """Return the rows of all parts by metric (in this order), group and replication."""
    order = {metric: place for place, metric in enumerate(metrics)}
    rows = completed(pd.concat([part.rows for part in parts], ignore_index=True), by)
    keys = ["metric", *by, "replication"]
    return rows.sort_values(
        keys, key=lambda c: c.map(order) if c.name == "metric" else c, ignore_index=True
    )


def _relative(rows: pd.DataFrame, metric: str, by: Sequence[str]) -> Floats:
    """Return the widest relative half-width among the groups, after 1, 2, … replications.

    A KPI without a value is as precise as it gets: nothing is known of it.
    """
    mine = rows[rows["metric"] == metric].sort_values("replication", kind="stable")
    groups = [group for _, group in mine.groupby(list(by), dropna=False)] if by else [mine]
    widths = [_half_widths(group) for group in groups]
    return np.asarray(np.max(widths, axis=0), dtype=np.float64)


def _half_widths(runs: pd.DataFrame) -> Floats:
    """Return half-width ÷ value after each number of replications; 0 without a value."""
    found = np.zeros(len(runs))
    for n in range(2, len(runs) + 1):
        mean, low, high = stats.replication_interval(run_values(runs.iloc[:n]))
        if not math.isnan(mean):
            half = (high - low) / 2
            found[n - 1] = half / abs(mean) if mean else (math.inf if half else 0.0)
            found[n - 1] = math.inf if math.isnan(found[n - 1]) else found[n - 1]
    found[0] = math.inf
    return found


def _first_lasting(precise: npt.NDArray[np.bool_], rule: Precision) -> int:
    """Return the first number of replications from which all are precise long enough, or 0.

    The replications that were looked at ahead are part of the result.
    """
    good = np.asarray(precise.all(axis=0))
    for n in range(rule.floor, len(good) - rule.look_ahead + 1):
        if good[n - 1 : n + rule.look_ahead].all():
            return n + rule.look_ahead
    return 0


def _next(widths: Floats, played: int, rule: Precision) -> int:
    """Return how many replications to have played next: what the widest interval would need."""
    factor = float(np.nanmax(np.where(np.isfinite(widths), widths, 0.0))) / rule.relative
    needed = math.ceil(played * factor**2) + rule.look_ahead
    return min(max(needed, played + max(rule.look_ahead, 1)), 2 * played, rule.cap)
