"""The shelf of lessons: which there are, and their pages with an index."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cxlab
from cxlab import display
from cxlab.errors import InputError, RunError, nearest
from cxlab.files import bundled, lesson_file, write_whole
from cxlab.metrics import METRICS
from cxlab.report import ReportResult, heading, report
from cxlab.report.html import Html, element, join
from cxlab.report.many import made_reports
from cxlab.report.page import build_plain_page

__all__ = [
    "LESSONS_FOLDER", "Lesson", "lesson", "lesson_pages", "lesson_requests", "lessons",
    "lessons_on", "write_lesson_index",
]  # fmt: skip

LESSONS_FOLDER = "lessons"
"""Where the pages of lessons lie, inside the folder of reports."""

SHELF = "cxlab_lesson"
"""Name in a notebook's metadata under which a lesson describes itself."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lesson: its name, title and question, the family it belongs to, the metrics it teaches."""

    name: str
    title: str
    question: str
    family: str
    metrics: tuple[str, ...]
    path: Path

    def __repr__(self) -> str:
        """Return the lesson in one line."""
        return f"<Lesson {self.name}: {self.title}. {self.question}>"

    def _repr_html_(self) -> str:
        there = Path(os.path.relpath(self.path)).as_posix()
        about = [("family", self.family), ("metrics", ", ".join(self.metrics))]
        return display.shown(
            display.heading(self.title, self.name),
            display.lines([self.question], quiet=False),
            display.facts((name, text) for name, text in about if text),
            f"<p>{display.link(quote(there), 'open the notebook')}</p>",
            display.lines([f'as a page: cx.lesson("{self.name}")']),
        )


def lessons() -> dict[str, Lesson]:
    """Return every lesson that ships with cxlab by its name: metrics, the desk, traps."""
    found = [_read(path) for path in sorted(bundled("notebooks/lessons").glob("*.ipynb"))]
    ordered = sorted(found, key=lambda each: (LATER.get(each.family, 0), each.family, each.title))
    return {each.name: each for each in ordered}


DESK, TRAPS = "How a desk behaves", "Traps"
"""Families of the lessons on queues and staff, and on numbers that mislead."""

LATER = {DESK: 1, TRAPS: 2}
"""These families stand behind those of metrics, which a metric's own lesson is looked for in."""


def lesson(
    name: str,
    *,
    out: str | Path = f"reports/{LESSONS_FOLDER}",
    engine: str = "inprocess",
    progress: Callable[[int, int], None] | None = None,
) -> ReportResult:
    """Make the page of a lesson: of one by its name, or of the first that teaches a metric.

    Raises InputError for a name that is neither, with the nearest of both.
    """
    if name not in lessons():
        teaching = lessons_on(name)
        if not teaching and not Path(name).is_file():
            raise _no_lesson(name)
        name = teaching[0].name if teaching else name
    return report(notebook=lesson_file(name), out=out, engine=engine, progress=progress)


def _no_lesson(name: str) -> InputError:
    """Return the error of a name that is no lesson: the nearest is one, or a metric taught."""
    if name in METRICS:
        return InputError("no such lesson", given=name, hint="no lesson teaches this metric yet")
    taught = [metric for metric in METRICS if lessons_on(metric)]
    guess = nearest(name, [*lessons(), *taught])
    hint = f"did you mean {guess!r}?" if guess else "cxlab lesson --list names them"
    expected = "a lesson, or a metric that one teaches"
    return InputError("no such lesson", given=name, expected=expected, hint=hint)


def lessons_on(metric: str) -> list[Lesson]:
    """Return the lessons that teach a metric or, if none does, its concept.

    Families come first, then those with most readings of the concept.

    >>> [each.name for each in lessons_on("fcr")]
    ['resolution', 'fcr_eight_definitions', 'simpsons_paradox']
    """
    if metric not in METRICS:
        return []
    of = {m.id: m.variant_of or m.id for m in METRICS.values()}
    every = lessons().values()
    found = [e for e in every if metric in e.metrics] or [
        e for e in every if of[metric] in e.metrics
    ]

    def readings(each: Lesson) -> int:
        return sum(of[m] == of[metric] for m in each.metrics)

    return sorted(found, key=lambda each: (each.family == TRAPS, -readings(each)))


def lesson_pages(
    out: str | Path = f"reports/{LESSONS_FOLDER}",
    *,
    at_once: int = 1,
    may_fork: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Make the pages of all lessons and an index of them; return the index.

    `at_once` and `may_fork` as in `made_reports`; `progress(done, total)` counts lessons. Raises
    the error of the first lesson that fails.
    """
    requests = lesson_requests(out)
    names, pages = list(requests), dict[str, str]()
    for made in made_reports(list(requests.values()), at_once=at_once, may_fork=may_fork):
        if made.result is None:
            raise made.error or RunError("a lesson failed", given=names[made.place])
        pages[names[made.place]] = made.result.path.name
        if progress:
            progress(len(pages), len(names))
    return write_lesson_index(pages, out)


def lesson_requests(
    out: str | Path, names: Sequence[str] | None = None
) -> dict[str, dict[str, Any]]:
    """Return what `report` is asked for the pages of lessons, by name; without names of all."""
    shelf = lessons()
    for name in names or ():
        if name not in shelf:
            raise InputError("no such lesson", given=name, known=shelf)
    return {name: {"notebook": shelf[name].path, "out": out} for name in names or shelf}


def _read(path: Path) -> Lesson:
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["metadata"][SHELF]
        return Lesson(
            path.stem, about["title"], about["question"], about["family"],
            tuple(about.get("metrics", ())), path,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("not a lesson", given=path.name, hint=repr(error)) from None


def write_lesson_index(pages: Mapping[str, str], out: str | Path) -> Path:
    """Write the index of the lessons whose pages (file names by lesson) are in `out`."""
    every = [each for name, each in lessons().items() if name in pages]
    sections = [
        ("Families of metrics", _links([e for e in every if e.family != TRAPS], pages)),
        ("Traps", _links([e for e in every if e.family == TRAPS], pages)),
    ]
    head = heading(
        "Lessons", "What customer-experience metrics mean, and how a desk behaves",
        "Worked by hand and by cxlab.",
        [["Lessons", str(len(every))]],
    )  # fmt: skip
    page = build_plain_page(head.page, sections, version=cxlab.__version__)
    index = Path(out) / "index.html"
    write_whole({index: page})
    return index


def _links(found: list[Lesson], pages: Mapping[str, str]) -> Html:
    items = [
        element(
            "li",
            element("a", e.title, href=pages[e.name]),
            element("p", e.question),
            element("p", ", ".join(e.metrics), class_="fine") if e.metrics else None,
        )
        for e in found
    ]
    return element("ul", join(items), class_="lessons")
