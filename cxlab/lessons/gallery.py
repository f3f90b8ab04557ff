"""The gallery: a page of every notebook that ships with cxlab, and the lessons, with an index."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxlab.errors import RunError
from cxlab.lessons.shelf import LESSONS_FOLDER, lesson_requests, write_lesson_index
from cxlab.report import ReportResult
from cxlab.report.index import index_pages
from cxlab.report.many import made_reports

__all__ = ["EXHIBITS", "Gallery", "gallery"]

EXHIBITS: tuple[Mapping[str, Any], ...] = (
    *(
        {"data": "sample", "period": period, "parameters": {"targets": "sample"}}
        for period in ("2026-W16", "2026-W17", "2026-W18", "2026-W19")
    ),
    {"scenario": "base"},
    {"scenario": "base", "notebook": "compare"},
    {"scenario": "base", "notebook": "staffing"},
    {"scenario": "base", "notebook": "what_if"},
    {"data": "sample_customers", "notebook": "customers"},
    {"scenario": "saas_startup"},
    {"scenario": "saas_startup", "notebook": "loop"},
    {"notebook": "validation"},
)
"""The reports of the gallery, as arguments of `report`: four weeks of the sample log, and every
other notebook at its defaults."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """The pages of a gallery: the index of all, that of the lessons, and what each report gave."""

    index: Path
    lessons: Path
    results: tuple[ReportResult, ...]


def gallery(
    out: str | Path = "reports",
    *,
    exhibits: Sequence[Mapping[str, Any]] = EXHIBITS,
    lessons: Sequence[str] | None = None,
    at_once: int = 2,
    time_limit: float | None = None,
    may_fork: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Gallery:
    """Make the page of every notebook and lesson in the folder `out`, and an index of them.

    `lessons`: their names, by default all. `at_once`, `time_limit` and `may_fork` as in
    `made_reports`; `progress(done, total)` counts pages. Pages are made even where another one
    fails; then a RunError names all that did, and no index is written.
    """
    folder = Path(out)
    taught = lesson_requests(folder / LESSONS_FOLDER, lessons)
    requests = [{**each, "out": folder} for each in exhibits] + list(taught.values())
    made: dict[int, ReportResult] = {}
    failed: list[str] = []
    for each in made_reports(requests, at_once=at_once, time_limit=time_limit, may_fork=may_fork):
        if each.result is not None:
            made[each.place] = each.result
        else:
            failed.append(f"{_named(requests[each.place])}: {each.error}")
        if progress:
            progress(len(made) + len(failed), len(requests))
    if failed:
        raise RunError("pages of the gallery failed", given="; ".join(sorted(failed)))
    pages = {name: made[len(exhibits) + n].path.name for n, name in enumerate(taught)}
    shelf = write_lesson_index(pages, folder / LESSONS_FOLDER)
    return Gallery(index_pages(folder), shelf, tuple(made[n] for n in sorted(made)))


def _named(request: Mapping[str, Any]) -> str:
    parts = (request.get("scenario") or request.get("data"), request.get("notebook"))
    return " ".join(Path(str(part)).stem for part in parts if part is not None)
