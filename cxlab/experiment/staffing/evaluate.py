"""Measured replications of candidate plans: the one place where finalists are simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cxlab.experiment.replications import combined
from cxlab.experiment.runs import Question, Runs, measured
from cxlab.metrics.frame import Results
from cxlab.scenario import Scenario

__all__ = ["evaluate"]


def evaluate(
    scenarios: Sequence[Scenario],
    metrics: Sequence[str],
    replications: int,
    progress: Callable[[int, int], None] | None = None,
    *,
    by: Sequence[str] = (),
) -> list[Results]:
    """Return the metrics of each scenario with 95 % intervals over replications.

    Every scenario brings its own seed. `progress(done, total)` counts replications of all.
    """
    question, done = Question(tuple(metrics), tuple(by)), 0
    found = []
    for scenario in scenarios:
        rows = measured([Runs(scenario, 1, replications)], question)[0].rows
        found.append(combined(rows, by))
        done += replications
        if progress is not None:
            progress(done, len(scenarios) * replications)
    return found
