"""Scenarios against a base under the same draws: paired differences, and what they show.

Every scenario meets the customers of the base (common random numbers), so that what both have in
common by chance drops out of the difference. The unit is the pair of replications. Intervals are
95 % each; whether a difference is shown at all is judged with p values corrected by Holm's method
over everything that is compared, so that one in twenty is not called a finding by chance.
Sources: Law, Simulation Modeling and Analysis (2015), ch. 10.2 and 11.2; Holm, A simple
sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import display
from cxlab.errors import InputError
from cxlab.experiment.executors import Executor, opened
from cxlab.experiment.pairing import holm, paired
from cxlab.experiment.replications import combined
from cxlab.experiment.runs import Measured, Question, Runs, batches, measured
from cxlab.experiment.sequential import (
    COUNTS,
    LARGE,
    Progress,
    Run,
    asked_metrics,
    names_of,
    run_of,
    with_counts,
)
from cxlab.experiment.verdicts import difference_words, judgement, p_words, span_words, verdict
from cxlab.metrics.frame import Results
from cxlab.metrics.settings import DEFAULTS, Settings
from cxlab.scenario import Scenario
from cxlab.sim import Engine
from cxlab.sim.run import check_memory
from cxlab.units import format_value

__all__ = ["Comparison", "compare"]

Floats = npt.NDArray[np.float64]

REPLICATIONS = 30
"""Pairs that are played where nobody says how many."""


_OTHER_TICKETS = 0.01
"""From this relative difference on two scenarios have other numbers of tickets."""

_OTHER_MIX = (
    "other numbers of tickets come than in the base, and so perhaps another mix of channels: what "
    "is measured over all of them changes with the mix, even where no channel does; compare by "
    "channel"
)

_COLUMNS = (
    "unit", "direction", "base", "other", "difference", "low", "high", "p", "p_holm", "correlation",
    "independent", "replications", "judgement", "verdict",
)  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """What scenarios change against a base.

    `rows` holds one row per scenario (its label), metric, group and replication; `runs` each
    scenario's own `Run` by label, with its doubts, counts and neighbours.
    """

    base: str
    others: tuple[str, ...]
    rows: pd.DataFrame
    by: tuple[str, ...]
    runs: Mapping[str, Run] = field(default_factory=dict)

    @cached_property
    def tables(self) -> dict[str, Results]:
        """Each scenario's own numbers with intervals over replications, by label."""
        return {
            label: combined(self._of(label).drop(columns="scenario"), self.by)
            for label in (self.base, *self.others)
        }

    @cached_property
    def counts(self) -> pd.DataFrame:
        """Tickets per run behind each scenario's times: scenario, and the columns of a `Run`."""
        parts = [run.counts.assign(scenario=label) for label, run in self.runs.items()]
        known = [part for part in parts if len(part)]
        columns = ["scenario", *self.by, *COUNTS]
        return pd.concat(known, ignore_index=True)[columns] if known else pd.DataFrame(
            columns=columns
        )  # fmt: skip

    @cached_property
    def doubts(self) -> dict[str, list[str]]:
        """What a reader must know before believing the numbers: a sentence, and whom it concerns.

        The base comes first among the scenarios of a sentence.
        """
        found: dict[str, list[str]] = {}
        for label, run in self.runs.items():
            for doubt in run.doubts:
                found.setdefault(doubt, []).append(label)
        for label in self.others:
            if label in self._of_other_tickets:
                found.setdefault(_OTHER_MIX, []).append(label)
        return found

    @property
    def _of_other_tickets(self) -> set[str]:
        """The scenarios with other numbers of tickets than the base."""
        if self.by or self.counts.empty:
            return set()
        opened = self.counts.set_index("scenario")["opened"]
        off = (opened / opened.get(self.base, math.nan) - 1).abs()
        return set(off.index[off > _OTHER_TICKETS])

    def _of(self, label: str) -> pd.DataFrame:
        return self.rows[self.rows["scenario"] == label]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per scenario, metric and group.

        Columns: scenario, metric, title, the groups, unit, direction (which is better: up, down,
        depends), base, other (both over the pairs: the replications in which both have a value),
        difference, low, high (95 % over pairs), p, p_holm, correlation (of the pairs), independent
        (how many replications of each would be needed for the same interval without common random
        numbers), replications, judgement (see `JUDGEMENTS`), verdict.
        Durations are in seconds, shares from 0 to 1.
        """
        found = pd.DataFrame([row for other in self.others for row in self._differences(other)])
        known = found["p"].notna().to_numpy()
        corrected = np.full(len(found), np.nan)
        if known.any():
            corrected[known] = holm(found["p"].to_numpy(dtype=float)[known])
        found["p_holm"] = corrected
        found["judgement"] = [judgement(row) for row in found.to_dict("records")]
        found["verdict"] = [verdict(row) for row in found.to_dict("records")]
        return found[["scenario", "metric", "title", *self.by, *_COLUMNS]]

    def _differences(self, other: str) -> Iterator[dict[str, Any]]:
        keys = ["metric", *self.by]
        ours, theirs = (
            {_key(k): part for k, part in self._of(label).groupby(keys, sort=False, dropna=False)}
            for label in (self.base, other)
        )
        for key, one in ours.items():
            if key in theirs:
                head = {"scenario": other, "metric": key[0], "title": one["title"].iloc[0]}
                head |= dict(zip(self.by, key[1:], strict=True))
                yield head | paired(one, theirs[key])

    @property
    def verdicts(self) -> list[str]:
        """What was found, one sentence per scenario, metric and group."""
        found = []
        for row in self.table.to_dict("records"):
            groups = "".join(f" [{row[name]}]" for name in self.by)
            found.append(f"{row['scenario']}: {row['metric']}{groups} {row['verdict']}")
        return found

    @property
    def summary(self) -> list[str]:
        """How it was compared, what common random numbers saved, and the doubts."""
        table = self.table
        gain = (table["independent"] / table["replications"]).replace(np.inf, np.nan).dropna()
        said = [
            f"{_options(len(self.others))} against {self.base} under the same draws, "
            f"{int(table['replications'].max())} pairs of replications; p values corrected by "
            f"Holm's method over {int(table['p'].notna().sum())} differences"
        ]
        if len(gain):
            said.append(
                f"median correlation {table['correlation'].median():.2f}; independent streams "
                f"would need {gain.median():.1f} times as many replications"
            )
        return said + [f"note ({', '.join(who)}): {what}" for what, who in self.doubts.items()]

    def shown(self) -> pd.DataFrame:
        """Return the table as people read it, all text."""
        rows = []
        for row in self.table.to_dict("records"):
            unit = row["unit"]
            rows.append(
                {"scenario": row["scenario"], "metric": row["metric"]}
                | {name: str(row[name]) for name in self.by}
                | {
                    "base": format_value(row["base"], unit),
                    "other": format_value(row["other"], unit),
                    "difference": difference_words(row),
                    "95 % interval": span_words(row["low"], row["high"], unit),
                    "p (Holm)": p_words(row["p_holm"]),
                    "verdict": row["verdict"],
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        """Return the table and how it was found."""
        return "\n".join([self.shown().to_string(index=False), *self.summary])

    def _repr_html_(self) -> str:
        table = display.frame(self.shown(), numeric=_NUMERIC)
        return display.shown(table, display.lines(self.summary), as_frame=True)


_NUMERIC = ("base", "other", "difference", "95 % interval", "p (Holm)")


def compare(
    base: Scenario,
    *others: Scenario,
    options: Mapping[str, Scenario] | None = None,
    metrics: str | Sequence[str] | None = None,
    by: str | Sequence[str] = (),
    replications: int = REPLICATIONS,
    seed: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    settings: Settings = DEFAULTS,
    progress: Progress | None = None,
) -> Comparison:
    """Compare scenarios with a base, replication by replication under the same draws.

    `others` are known by their names, `options` by the labels given. All take the seed of the
    base. The other arguments are those of `cx.run`; `progress(done, total)` counts replications.

    Raises InputError without another scenario, for two of one name, for other horizons (their
    replications are no pairs), fewer than two replications, and as `run` does.

    `cx.compare(base, options={"one more": base.but(**{"team.shifts.0.agents": 5})})` prints
    differences and verdicts.
    """
    labelled = _labelled(base if seed is None else base.but(seed=seed), others, options or {})
    if replications < 2:
        raise InputError("pairs of replications", given=replications, expected="2 or more")
    groups = tuple(g for g in names_of(by) if g != "replication")
    shown = asked_metrics(base, metrics)
    question = Question(with_counts(base, shown, groups), groups, settings, engine, True)
    for scenario in labelled.values():
        check_memory(scenario.but(replications=1))
    work = _pieces(list(labelled.values()), replications)
    found: dict[int, Measured] = {}
    done = 0
    where = executor or (None if sum(r.tickets for r in work) >= LARGE else "here")
    with opened(where) as workers:
        parts = batches(work, question, workers.workers)
        tasks = [[work[place] for place in part] for part in parts]
        for at, results in workers.results(partial(measured, question=question), tasks):
            for place, result in zip(parts[at], results, strict=True):
                found[place] = result
                done += len(work[place].numbers)
            if progress is not None:
                progress(done, len(labelled) * replications)
    each = len(work) // len(labelled)
    runs = {
        label: run_of(scenario.but(replications=replications), shown, groups,
                      [found[place] for place in range(i * each, (i + 1) * each)])
        for i, (label, scenario) in enumerate(labelled.items())
    }  # fmt: skip
    frames = [
        run.rows[run.rows["metric"].isin(shown)].assign(scenario=label)
        for label, run in runs.items()
    ]
    first, *rest = labelled
    return Comparison(first, tuple(rest), pd.concat(frames, ignore_index=True), groups, runs)


_PIECES = 2
"""Parts that each scenario's replications are cut in, for the workers."""


def _pieces(scenarios: Sequence[Scenario], replications: int) -> list[Runs]:
    half = math.ceil(replications / _PIECES)
    cuts = [(1, half), (half + 1, replications)]
    return [Runs(s, first, last) for s in scenarios for first, last in cuts]


def _labelled(
    base: Scenario, others: Sequence[Scenario], options: Mapping[str, Scenario]
) -> dict[str, Scenario]:
    pairs = [(base.name, base), *((s.name, s) for s in others), *options.items()]
    if len(pairs) < 2:
        raise InputError("nothing to compare with", given=base.name, expected="another scenario")
    labels = [label for label, _ in pairs]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    if twice:
        raise InputError(
            "two scenarios of one name", given=twice[0],
            hint='name them: options={"one more agent": base.but(...)}',
        )  # fmt: skip
    for label, scenario in pairs:
        if scenario.horizon != base.horizon or scenario.starts_at != base.starts_at:
            raise InputError(
                f"the horizon of {label} is not that of {base.name}: their replications are no "
                "pairs", given=str(scenario.horizon), expected=str(base.horizon),
            )  # fmt: skip
    return {label: scenario.but(seed=base.seed) for label, scenario in pairs}


def _key(key: object) -> tuple[object, ...]:
    return key if isinstance(key, tuple) else (key,)


def _options(count: int) -> str:
    return "1 option" if count == 1 else f"{count} options"
