"""Measured replications of candidate plans: the one place where finalists are simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa

from cxlab.experiment.replications import over_replications
from cxlab.metrics.frame import Results
from cxlab.scenario import Scenario
from cxlab.sim import replication_tables
from cxlab.tables import Tables

__all__ = ["evaluate"]

Counter = Callable[[int], None]


def evaluate(
    scenarios: Sequence[Scenario],
    metrics: Sequence[str],
    replications: int,
    progress: Callable[[int, int], None] | None = None,
    *,
    by: Sequence[str] = (),
) -> list[Results]:
    """Return the metrics of each scenario with 95 % intervals over replications.

    Every scenario brings its own seed. `progress(done, total)` counts replications of all. The
    metrics are those that the table of tickets alone gives; no other table is read.
    """
    total = len(scenarios) * replications

    def counted(place: int) -> Counter:
        def count(done: int) -> None:
            if progress is not None:
                progress(place * replications + done, total)

        return count

    return [
        over_replications(_tickets(one, replications, counted(i)), list(metrics), by=list(by))
        for i, one in enumerate(scenarios)
    ]


def _tickets(scenario: Scenario, replications: int, count: Counter) -> Tables:
    """Return the tickets of some replications as canonical tables."""
    parts = []
    for number in range(1, replications + 1):
        parts.append(replication_tables(scenario, number)["tickets"])
        count(number)
    return Tables.from_frames(
        {"tickets": pa.concat_tables(parts)}, as_of=scenario.ends_at,
        time_zone=scenario.time_zone, source=scenario.name,
    )  # fmt: skip
