"""Several pages in one call: the same report for each of several periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from cxlab.report.run import ReportResult, report

__all__ = ["reports"]


def reports(
    periods: Iterable[str | None],
    *,
    progress: Callable[[int, int], None] | None = None,
    done: Callable[[ReportResult], None] | None = None,
    **options: Any,
) -> list[ReportResult]:
    """Make one page per period, in their order, and return their results.

    `options` are those of `report`; a period of None is left to the notebook. `progress` counts the
    cells of all pages, `done` hears of each page once it is in place. The first that fails ends it;
    pages made before stay.
    """
    asked = list(periods)
    results: list[ReportResult] = []
    for number, period in enumerate(asked):
        results.append(
            report(period=period, progress=_within(number, len(asked), progress), **options)
        )
        if done:
            done(results[-1])
    return results


def _within(
    number: int, pages: int, progress: Callable[[int, int], None] | None
) -> Callable[[int, int], None] | None:
    if progress is None:
        return None
    return lambda cell, cells: progress(number * cells + cell, pages * cells)
