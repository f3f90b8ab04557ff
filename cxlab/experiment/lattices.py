"""What if: a grid of a scenario's keys, and a fine lattice of surfaces between its cells.

The grid is simulated; the lattice is what a page without a server can show at every position of
its sliders. Every cell of the grid is a point of the lattice.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import display
from cxlab.errors import InputError
from cxlab.experiment.design import Cell, Range, number_of
from cxlab.experiment.executors import Executor
from cxlab.experiment.kept import Kept
from cxlab.experiment.replications import combined
from cxlab.experiment.runs import Question
from cxlab.experiment.sequential import Progress, names_of
from cxlab.experiment.surrogates import Surrogate, surrogate
from cxlab.experiment.sweeps import Sweep, play_cells, sweep
from cxlab.metrics.catalogue import select_metrics
from cxlab.metrics.frame import Results
from cxlab.scenario import Scenario
from cxlab.scenario.source import look_up

__all__ = ["METRICS", "WhatIf", "default_ranges", "key_words", "what_if"]

Floats = npt.NDArray[np.float64]

METRICS = ("sla", "frt", "abandonment", "csat", "cpt")
"""What is looked at where nobody chose."""

LEVELS = 5
MOST_WHOLE = 7
"""So many whole numbers are each simulated; of more, `LEVELS` evenly."""

MOST_POINTS, MOST_NUMBERS = 2_500, 6_000
FINEST = 24
"""The lattice: points at most, points times metrics at most (a page must carry them), and steps of
a key at most."""


@dataclass(frozen=True)
class WhatIf:
    """A simulated grid, the surfaces through it, and their values on a lattice.

    `axes` gives per key the values of the lattice, `start` where the scenario itself lies on it.
    `lattice` has a row per point: the keys, and for each metric METRIC, METRIC_low, METRIC_high and
    METRIC_trusted. `base` holds the metrics of the scenario as it is; `left_out` says why a metric
    has no surface.
    """

    scenario: Scenario
    ranges: Mapping[str, Range]
    sweep: Sweep
    base: Results
    surrogates: Mapping[str, Surrogate]
    axes: Mapping[str, Floats]
    start: Mapping[str, float]
    lattice: pd.DataFrame
    left_out: Mapping[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        """The keys that vary."""
        return list(self.axes)

    def __repr__(self) -> str:
        """Return how large it is, and how far each surface is to be trusted."""
        lines = [self.sweep.summary, f"{len(self.lattice):,} points on the lattice between them"]
        for found in self.surrogates.values():
            lines += found.summary
        lines += [f"{metric} left out: {why}" for metric, why in self.left_out.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return display.shown(display.lines(repr(self).splitlines(), quiet=False))


def what_if(
    scenario: Scenario,
    ranges: Mapping[str, Sequence[Any]] | None = None,
    metrics: str | Sequence[str] | None = None,
    *,
    levels: int = LEVELS,
    replications: int | None = None,
    seed: int | None = None,
    within: Mapping[str, float] | None = None,
    out: str | Path | None = None,
    yes: bool = False,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> WhatIf:
    """Simulate a grid over ranges of keys, and fill what lies between with surfaces.

    `ranges` gives the two ends of each key, as `cx.sensitivity` takes them; by default those of
    `default_ranges`. Of a range of numbers so many `levels` are simulated, of whole numbers each
    where they are few. `within`: the widest error bar that is trusted, by metric. A metric that
    has no value in most cells is left out. The other arguments are those of `cx.sweep`.

    Raises InputError for ends that are none, fewer than four levels (nothing could be checked),
    metrics that are unknown or have no value anywhere, and as `sweep` does.

    `cx.what_if(base, {"team.shifts.2.agents": (1, 4)}, "frt")` prints the error of the surface.
    """
    if levels < 4:
        raise InputError("levels of each key", given=levels, expected="4 or more")
    chosen = default_ranges(scenario) if ranges is None else ranges
    if not chosen:
        raise InputError("nothing varies", expected="keys of the scenario and their two ends")
    along = {key: Range.of(key, ends) for key, ends in chosen.items()}
    asked = tuple(m.id for m in select_metrics(METRICS if metrics is None else names_of(metrics)))
    base = scenario if seed is None else scenario.but(seed=seed)
    found = sweep(
        base, {key: _levels(r, levels) for key, r in along.items()}, metrics=asked,
        replications=replications, out=out, yes=yes, executor=executor, progress=progress,
    )  # fmt: skip
    runs, kept = replications or base.replications, None if out is None else Kept(Path(out))
    rows, _ = play_cells([Cell({}, base)], runs, Question(asked, ()), kept, executor)
    surrogates, left_out = _surfaces(found, asked, within or {})
    axes = _axes(along, found, min(MOST_POINTS, MOST_NUMBERS // len(surrogates)))
    start = {key: _start(base, key, along[key], axis) for key, axis in axes.items()}
    return WhatIf(
        base, along, found, combined(rows.drop(columns="cell")), surrogates, axes, start,
        _lattice(axes, surrogates), left_out,
    )  # fmt: skip


def _levels(along: Range, levels: int) -> list[Any]:
    """Return the values of a key that are simulated."""
    if along.whole:
        count = int(along.high - along.low) + 1
        steps = count if count <= MOST_WHOLE else levels
        return [int(v) for v in np.unique(np.round(np.linspace(along.low, along.high, steps)))]
    return [along.at(float(share)) for share in np.linspace(0, 1, levels)]


def _surfaces(
    found: Sweep, asked: Sequence[str], within: Mapping[str, float]
) -> tuple[dict[str, Surrogate], dict[str, str]]:
    """Return a surface for each metric that has values, and why others have none."""
    surfaces: dict[str, Surrogate] = {}
    left_out: dict[str, str] = {}
    for name in within:
        if name not in asked:
            raise InputError("a limit for a metric that was not asked", given=name, known=asked)
    for metric in asked:
        try:
            surface = surrogate(found, metric, within=within.get(metric))
        except InputError as error:
            left_out[metric] = str(error)
            continue
        if surface.keys == tuple(found.keys):
            surfaces[metric] = surface
        else:
            left_out[metric] = "it has values at one value of a key only"
    if not surfaces:
        raise InputError("no metric has enough values", given=list(asked),
                         hint="; ".join(left_out.values()))  # fmt: skip
    return surfaces, left_out


def _axes(along: Mapping[str, Range], found: Sweep, most: int) -> dict[str, Floats]:
    """Return the values of the lattice: the levels of the grid, and as many between as fit."""
    levels = {key: np.array(sorted({number_of(key, v) for v in found.cells[key]})) for key in along}
    whole = {key: np.arange(r.low, r.high + 1) for key, r in along.items()
             if r.whole and r.high - r.low <= FINEST}  # fmt: skip
    rest = [key for key in along if key not in whole]
    taken = int(np.prod([len(v) for v in whole.values()]))
    parts = 1
    while (
        rest
        and _size(levels, rest, parts + 1) * taken <= most
        and (max((len(levels[key]) - 1) * (parts + 1) for key in rest) <= FINEST)
    ):
        parts += 1
    return {key: whole[key] if key in whole else _refined(levels[key], parts) for key in along}


def _size(levels: Mapping[str, Floats], keys: Sequence[str], parts: int) -> int:
    return int(np.prod([(len(levels[key]) - 1) * parts + 1 for key in keys]))


def _refined(levels: Floats, parts: int) -> Floats:
    places = np.linspace(0, len(levels) - 1, (len(levels) - 1) * parts + 1)
    return np.round(np.interp(places, np.arange(len(levels)), levels), 12)


def _start(scenario: Scenario, key: str, along: Range, axis: Floats) -> float:
    """Return the value of the lattice next to the scenario's own; the middle where it has none."""
    known, value = look_up(scenario.resolved(), key)
    own = 1.0 if along.times else value if known and isinstance(value, int | float) else None
    if own is None:
        return float(axis[len(axis) // 2])
    return float(axis[np.abs(axis - float(own)).argmin()])


def _lattice(axes: Mapping[str, Floats], surrogates: Mapping[str, Surrogate]) -> pd.DataFrame:
    """Return every point of the lattice with what the surfaces say there.

    Where a cell was simulated its own value and interval stand instead.
    """
    points = pd.DataFrame(list(itertools.product(*axes.values())), columns=list(axes))
    place = {row: i for i, row in enumerate(_rounded(points))}
    for metric, surface in surrogates.items():
        found = surface.predict(points[list(axes)])
        for row, at in zip(surface.cells().to_dict("records"), _rounded(surface.points[list(axes)]),
                           strict=True):  # fmt: skip
            if not np.isnan(row["low"]) and at in place:
                for column, value in row.items():
                    found.loc[place[at], str(column)] = value
        points[metric] = found["value"]
        for column in ("low", "high", "trusted"):
            points[f"{metric}_{column}"] = found[column]
    return points


def _rounded(points: pd.DataFrame) -> list[tuple[float, ...]]:
    return [tuple(round(v, 9) for v in row) for row in points.to_numpy(dtype=np.float64).tolist()]


def default_ranges(scenario: Scenario) -> dict[str, list[Any]]:
    """Return ranges worth a look at: people of the largest shift, calls and work of a channel.

    Raises InputError for a scenario without a desk.
    """
    data = scenario.resolved()
    if not scenario.lines:
        raise InputError("the scenario has no desk", given=scenario.name,
                         expected="ranges of its own keys")  # fmt: skip
    found: dict[str, list[Any]] = {}
    shifts = [(f"{name}.shifts.{i}.agents", shift) for name, team in _teams(data)
              for i, shift in enumerate(team.get("shifts", [])) if shift.get("agents")]  # fmt: skip
    if shifts:
        key, shift = max(shifts, key=lambda s: s[1]["agents"] * _hours(s[1]))
        found[key] = [max(1, shift["agents"] - 1), shift["agents"] + 2]
    busiest = max(scenario.lines, key=scenario.expected_tickets)
    found[f"channels.{busiest}.arrivals_per_hour"] = ["x0.9", "x1.2"]
    if look_up(data, f"channels.{busiest}.handle_minutes.mean")[0]:
        found[f"channels.{busiest}.handle_minutes.mean"] = ["x0.9", "x1.2"]
    return found


def _teams(data: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    several = [(f"teams.{name}", team) for name, team in (data.get("teams") or {}).items()]
    return several + ([("team", data["team"])] if data.get("team") else [])


def _hours(shift: Mapping[str, Any]) -> float:
    """Return the hours of a shift's day, for telling large from small."""
    begins, ends = (str(shift.get(name, "00:00")).split(":") for name in ("from", "to"))
    first, last = (int(clock[0]) + int(clock[1]) / 60 for clock in (begins, ends))
    return (last - first) % 24 or 24.0


def key_words(scenario: Scenario, key: str, *, times: bool = False) -> str:
    """Return a key as people say it.

    "channels.phone.arrivals_per_hour" is "phone: arrivals per hour"; a shift says when it is.
    """
    data, parts = scenario.resolved(), key.replace("__", ".").split(".")
    said = [p.replace("_", " ") for p in parts if p not in ("channels", "teams", "shifts")]
    if "shifts" in parts:
        at = parts.index("shifts")
        _, shift = look_up(data, ".".join(parts[: at + 2]))
        said = [w for w in said if not w.isdecimal()]
        said[-1] += f", {_when(shift)}" if isinstance(shift, Mapping) else ""
    words = f"{said[0]}: {' '.join(said[1:])}" if len(said) > 1 else said[0]
    return f"{words}, times" if times else words


def _when(shift: Mapping[str, Any]) -> str:
    days = shift.get("days")
    named = days if isinstance(days, str) else ", ".join(days or [])
    return f"{named.replace('-', '–')} {shift.get('from', '')} to {shift.get('to', '')}".strip()
