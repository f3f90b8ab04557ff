"""Several pages in one call: the same report for each of several periods."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from cxlab.calendars import LAST
from cxlab.errors import CxlabError, RunError
from cxlab.forking import forked
from cxlab.report.many import made_reports
from cxlab.report.run import ReportResult

__all__ = ["distinct_periods", "reports"]


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
    of None is left to the notebook, and one that is asked for twice, as "last" and by its name, is
    made once. `progress` counts the cells of all pages, `done` hears of each
    page once it is in place. The first that fails ends it; pages made before stay.
    """
    each = [periods] if isinstance(periods, str) else list(periods)
    asked = distinct_periods(
        each, options.get("data"), options.get("parameters"),
        notebook=options.get("notebook"), may_fork=may_fork,
    )  # fmt: skip
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


def distinct_periods(
    periods: Sequence[str | None],
    data: str | Path | None,
    parameters: Mapping[str, Any] | None = None,
    *,
    notebook: str | Path | None = None,
    may_fork: bool = False,
) -> list[str | None]:
    """Return periods of a log without those that an earlier one means too.

    `notebook`: which one makes the pages; "customers" ends its last period elsewhere than the
    page of the desk does, and what one of your own means by "last" is not known here.
    The log is read only where a last period stands among others, in a fork if one may be taken.
    What is no period, or no log, is left for the report to refuse.
    """
    written = [p.strip().lower() if isinstance(p, str) else p for p in periods]
    periods = [low if low in LAST else p for low, p in zip(written, periods, strict=True)]
    given = {"data": data, **(parameters or {})}
    kind = "periodic" if notebook is None else Path(notebook).stem
    known = kind in ("periodic", "customers")
    if data is None or len(periods) < 2 or not known or LAST.keys().isdisjoint(periods):
        return list(dict.fromkeys(periods))
    task = {
        "data": str(given["data"]), "kind": kind, "zone": given.get("time_zone"),
        "names": [period for period in periods if period in LAST],
    }  # fmt: skip
    if may_fork:
        (outcome,) = forked(_named, [task])
        names = outcome.value or {}
    else:
        names = _named(task)
    first: dict[str | None, str | None] = {}
    for period in periods:
        first.setdefault(names.get(period, period), period)
    return list(first.values())


def _named(task: Mapping[str, Any], _: object = None) -> dict[str, str]:
    """Return what the last periods of a log are called; nothing where they cannot be found."""
    from cxlab.report.customers import customers_period
    from cxlab.report.logs import read_log
    from cxlab.report.view import choose_period

    zone = None if str(task["zone"]).lower() == "none" else str(task["zone"])
    view_of = customers_period if task["kind"] == "customers" else choose_period
    try:
        log = read_log(task["data"])
        views = {name: view_of(log, name, zone) for name in task["names"]}
    except CxlabError:
        return {}
    return {name: view.current.label for name, view in views.items() if view is not None}
