"""Several pages in one call: the same report for each of several periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cxlab.errors import RunError
from cxlab.report.many import made_reports
from cxlab.report.run import ReportResult

__all__ = ["reports"]


def reports(
    periods: Iterable[str | None],
    *,
    time_limit: float | None = None,
    may_fork: bool = False,
    progress: Callable[[int, int], None] | None = None,
    done: Callable[[ReportResult], None] | None = None,
    **options: Any,
) -> list[ReportResult]:
    """Make one page per period, in their order, and return their results.

    `options` are those of `report`, `time_limit` and `may_fork` those of `made_reports`; a period
    of None is left to the notebook. `progress` counts the cells of all pages, `done` hears of each
    page once it is in place. The first that fails ends it; pages made before stay.
    """
    asked = list(periods)
    results: list[ReportResult] = []

    def told(place: int, cell: int, cells: int) -> None:
        if progress is not None:
            progress(place * cells + cell, len(asked) * cells)

    requests = [{**options, "period": period} for period in asked]
    # One after the other: a page says what was published before it, also by this very call.
    for made in made_reports(requests, time_limit=time_limit, may_fork=may_fork, progress=told):
        if made.result is None:
            raise made.error or RunError("a report came to nothing", given=asked[made.place])
        results.append(made.result)
        if done:
            done(made.result)
    return results
