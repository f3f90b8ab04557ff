"""Measured replications of candidate plans: the one place where finalists are simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cxlab.experiment.replications import replicate
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
    total = len(scenarios) * replications

    def counted(place: int) -> Callable[[int, int], None] | None:
        if progress is None:
            return None
        return lambda done, _: progress(place * replications + done, total)

    return [
        replicate(
            scenario, list(metrics), replications=replications, by=list(by),
            progress=counted(place),
        )
        for place, scenario in enumerate(scenarios)
    ]  # fmt: skip
