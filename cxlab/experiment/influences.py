"""Which keys of a scenario matter: a tornado, Morris screening, Sobol indices.

All cells meet the same draws. So a difference between cells is the keys' doing, and a cell's value
is a function of its keys alone, as Morris and Sobol take it to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

import cxlab
from cxlab import display
from cxlab.errors import InputError
from cxlab.experiment import screening
from cxlab.experiment.design import Range, Values, points_of
from cxlab.experiment.executors import Executor
from cxlab.experiment.kept import Kept
from cxlab.experiment.pairing import paired
from cxlab.experiment.replications import combined
from cxlab.experiment.runs import Question
from cxlab.experiment.sequential import Progress
from cxlab.experiment.sweeps import cells_of, estimated, play_cells, refuse_large
from cxlab.metrics import metric as metric_of
from cxlab.metrics.declaration import Metric
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.scenario import Scenario
from cxlab.sim import Engine
from cxlab.units import format_margin, format_value

__all__ = ["Method", "Sensitivity", "sensitivity"]

Method = Literal["tornado", "morris", "sobol"]
Floats = npt.NDArray[np.float64]

_NUMBERS = ("at", "value", "change", "95 % interval", "mu*", "mu", "sigma", "S1", "S1, 95 %", "ST",
            "ST, 95 %")  # fmt: skip
METHODS = ("tornado", "morris", "sobol")
WALKS, SOBOL_POINTS = 10, 64
"""Walks of a screening and points of the indices where nobody says how many."""

_SAID = {
    "tornado": "one key at a time, paired differences to the scenario as it is, 95 % intervals",
    "morris": "elementary effects, what a key's whole range changes; mu* is the mean size of its "
    "effects, sigma how much they depend on the other keys; 95 % intervals by bootstrap",
    "sobol": "shares of the variance over the ranges: S1 by the key alone, ST with all that it "
    "takes part in; 95 % intervals by bootstrap",
}


@dataclass(frozen=True)
class Sensitivity:
    """How much a metric depends on each of some keys.

    `table`, most important key first, has for a tornado a row per key and end (key, end, at,
    value, base, effect, low, high, replications), for Morris a row per key (mu_star, low, high,
    mu, sigma), for Sobol (S1, ST, each with _low and _high); in all of them at_low and at_high,
    the title and the unit of the metric. `cells` holds the values of the keys, `rows` one row per
    cell and replication. `lost`: parts of the design left out as the metric has no value there.
    """

    method: Method
    scenario: Scenario
    metric: Metric
    table: pd.DataFrame
    cells: pd.DataFrame
    rows: pd.DataFrame
    reused: int = 0
    lost: int = 0

    @cached_property
    def summary(self) -> list[str]:
        """How it was found."""
        each = int(self.rows["replication"].nunique())
        kept = f", {self.reused:,} of them kept from before" if self.reused else ""
        said = [
            f"{self.metric.title} ({self.metric.id}) of {self.scenario.name}: {_SAID[self.method]}",
            f"{len(self.cells):,} cells{kept}, {each} replications each, all under the same draws",
        ]
        if self.lost:
            said.append(
                f"{self.lost:,} parts of the design left out: the metric has no value there"
            )
        return said

    def shown(self) -> pd.DataFrame:
        """Return the table as people read it, all text."""
        return _SHOWN[self.method](self.table, self.metric.unit)

    def __repr__(self) -> str:
        """Return the table and how it was found."""
        return "\n".join([self.shown().to_string(index=False), *self.summary])

    def _repr_html_(self) -> str:
        table = display.frame(self.shown(), numeric=_NUMBERS)
        return display.shown(table, display.lines(self.summary), as_frame=True)


def sensitivity(
    scenario: Scenario,
    ranges: Mapping[str, Sequence[Any]],
    metric: str,
    *,
    method: Method = "tornado",
    points: int | None = None,
    replications: int | None = None,
    seed: int | None = None,
    out: str | Path | None = None,
    yes: bool = False,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    settings: Settings = DEFAULTS,
    progress: Progress | None = None,
) -> Sensitivity:
    """Find out how much a metric depends on each of some keys of a scenario.

    `ranges` gives the two ends of each key: (2, 5), (0.1, 0.4), ("x0.8", "x1.2"). Methods:
    "tornado" goes to either end of one key at a time; "morris" walks through the box of all
    ranges (`points` walks, (keys + 1) cells each); "sobol" shares out the variance over the box
    (`points`, a power of two; (keys + 2) cells each). The last two need the extra `sensitivity`.
    The other arguments are those of `cx.sweep`, and so is what is kept in `out`.

    Raises InputError for an unknown metric, method or key, ends that are none, SALib missing,
    and as `sweep` does; RunError where the metric has no value almost everywhere.

    `cx.sensitivity(base, {"team.shifts.0.agents": (2, 4)}, "frt")` prints what an agent fewer and
    one more change.
    """
    if method not in METHODS:
        raise InputError("unknown method", given=method, known=METHODS)
    asked, base = metric_of(metric), scenario if seed is None else scenario.but(seed=seed)
    if not ranges:
        raise InputError("nothing varies", expected="keys of the scenario and their two ends")
    along = {key: Range.of(key, ends) for key, ends in ranges.items()}
    if method != "tornado":
        screening.needs_salib()
    if method == "tornado" and points is not None:
        raise InputError("a tornado has no number of points", given=points, known=METHODS[1:])
    question = Question((asked.id,), (), settings, engine)
    kept = None if out is None else Kept(Path(out))
    if kept is not None:
        kept.describe(
            {"cxlab": cxlab.__version__, "scenario": base.resolved(), "seed": base.seed,
             "ranges": {k: list(v) for k, v in ranges.items()}, "method": method,
             "points": points, "replications": replications, "metrics": [asked.id]}
        )  # fmt: skip
    game = _Game(base, replications or base.replications, question, kept, executor, progress, yes)
    lost = 0
    if method == "tornado":
        table = _tornado(game, along)
    else:
        table, lost = _indices(game, along, method, points)
    table = table.assign(metric=asked.id, title=asked.title, unit=asked.unit)
    return Sensitivity(method, base, asked, table, game.cells, game.rows, game.reused, lost)


class _Game:
    """Plays points, each different one once, and remembers what they gave."""

    def __init__(
        self, base: Scenario, runs: int, question: Question, kept: Kept | None,
        executor: str | Executor | None, progress: Progress | None, yes: bool,
    ) -> None:  # fmt: skip
        self.base, self.runs, self.question, self.kept = base, runs, question, kept
        self.executor, self.progress, self.yes = executor, progress, yes
        self.cells, self.rows, self.reused = pd.DataFrame(), pd.DataFrame(), 0

    def play(self, points: Sequence[Values]) -> list[int]:
        """Play the points; return the cell of each. Whole numbers bring many twice."""
        places: dict[str, int] = {}
        at = [places.setdefault(repr(dict(point)), len(places)) for point in points]
        different = dict(zip(at, points, strict=True))
        work = estimated(self.base, len(different), self.runs, self.executor)
        refuse_large(work, self.yes)
        cells = cells_of(self.base, [different[i] for i in range(len(different))])
        self.cells = pd.DataFrame([dict(c.values) for c in cells]).rename_axis("cell")
        self.rows, self.reused = play_cells(
            cells, self.runs, self.question, self.kept, self.executor, self.progress
        )
        return at

    def of(self, cell: int) -> pd.DataFrame:
        """Return the rows of a cell, one per replication."""
        return self.rows[self.rows["cell"] == cell].drop(columns="cell")

    def values(self) -> Floats:
        """Return the estimate of each cell, NaN where there is none."""
        found = [combined(self.of(cell))["value"].iloc[0] for cell in self.cells.index]
        return np.asarray(found, dtype=np.float64)


def _tornado(game: _Game, along: Mapping[str, Range]) -> pd.DataFrame:
    """Return what either end of each key changes."""
    ends = [(key, end, {key: r.at(share)}) for key, r in along.items()
            for end, share in (("low", 0.0), ("high", 1.0))]  # fmt: skip
    at = game.play([{}, *(point for _, _, point in ends)])
    base = game.of(at[0])
    rows = []
    for (key, end, point), cell in zip(ends, at[1:], strict=True):
        found = paired(base, game.of(cell))
        rows.append(
            {"key": key, "end": end, "at": point[key], "at_low": along[key].at(0.0),
             "at_high": along[key].at(1.0), "value": found["other"], "base": found["base"],
             "effect": found["difference"], "low": found["low"], "high": found["high"],
             "replications": found["replications"]}
        )  # fmt: skip
    table = pd.DataFrame(rows)
    reach = table.groupby("key")["effect"].agg(lambda e: max(e.max(), 0.0) - min(e.min(), 0.0))
    order = table["key"].map(reach).fillna(-1.0)
    return table.loc[order.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def _indices(
    game: _Game, along: Mapping[str, Range], method: str, points: int | None
) -> tuple[pd.DataFrame, int]:
    """Return the indices of Morris or Sobol, and what was left out of their design."""

    def played(shares: Floats) -> Floats:
        at = game.play([points_of(along, row) for row in shares])
        return game.values()[at]

    if method == "morris":
        found, lost = screening.morris(played, list(along), points or WALKS, game.base.seed)
    else:
        found, lost = screening.sobol(played, list(along), points or SOBOL_POINTS, game.base.seed)
    found["at_low"] = [r.at(0.0) for r in along.values()]
    found["at_high"] = [r.at(1.0) for r in along.values()]
    first = "mu_star" if method == "morris" else "ST"
    return found.sort_values(first, ascending=False, ignore_index=True), lost


def _shown_tornado(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    rows = []
    for row in table.to_dict("records"):
        ends = [_signed(row[end], unit) for end in ("low", "high")]
        rows.append(
            {"key": row["key"], "at": str(row["at"]), "value": format_value(row["value"], unit),
             "change": _signed(row["effect"], unit),
             "95 % interval": "" if row["low"] != row["low"] else " to ".join(ends)}
        )  # fmt: skip
    return pd.DataFrame(rows)


def _shown_morris(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"key": r["key"], "range": _range(r), "mu*": format_margin(r["mu_star"], unit),
         "95 % interval": f"{format_margin(r['low'], unit)} to {format_margin(r['high'], unit)}",
         "mu": _signed(r["mu"], unit), "sigma": format_margin(r["sigma"], unit)}
        for r in table.to_dict("records")
    )  # fmt: skip


def _shown_sobol(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    rows = []
    for r in table.to_dict("records"):
        row = {"key": r["key"], "range": _range(r)}
        for index in ("S1", "ST"):
            low, high = r[f"{index}_low"], r[f"{index}_high"]
            row[index] = _index(r[index])
            row[f"{index}, 95 %"] = "" if low != low else f"{_index(low)} to {_index(high)}"
        rows.append(row)
    return pd.DataFrame(rows)


_SHOWN = {"tornado": _shown_tornado, "morris": _shown_morris, "sobol": _shown_sobol}


def _range(row: dict[Any, Any]) -> str:
    return f"{row['at_low']} to {row['at_high']}"


def _index(value: float) -> str:
    return "–" if value != value else f"{value:.2f}".replace("-", "−")


def _signed(difference: float, unit: str) -> str:
    if difference != difference:
        return "–"
    return ("−" if difference < 0 else "+") + format_margin(abs(difference), unit)
