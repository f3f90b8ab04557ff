"""The shelf of lessons: which there are, and their pages with an index."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cxlab
from cxlab import display
from cxlab.errors import InputError
from cxlab.files import bundled, lesson_file, write_whole
from cxlab.metrics import METRICS
from cxlab.report import ReportResult, heading, report
from cxlab.report.html import Html, element, join
from cxlab.report.page import build_plain_page

__all__ = ["Lesson", "lesson", "lesson_pages", "lessons", "lessons_on"]

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
    out: str | Path = "reports/lessons",
    engine: str = "inprocess",
    progress: Callable[[int, int], None] | None = None,
) -> ReportResult:
    """Make the page of a lesson: of one by its name, or of the first that teaches a metric.

    Raises InputError for a name that is neither, with the nearest of both.
    """
    if name not in lessons():
        teaching = lessons_on(name)
        if not teaching and not Path(name).is_file():
            hint = "no lesson teaches it yet" if name in METRICS else None
            raise InputError("no such lesson", given=name, known=lessons(), hint=hint)
        name = teaching[0].name if teaching else name
    return report(notebook=lesson_file(name), out=out, engine=engine, progress=progress)


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
    out: str | Path = "reports/lessons", *, progress: Callable[[int, int], None] | None = None
) -> Path:
    """Make the pages of all lessons and an index of them; return the index.

    `progress(done, total)` counts lessons.
    """
    shelf = lessons()
    pages: dict[str, str] = {}
    for number, name in enumerate(shelf):
        pages[name] = lesson(name, out=out).path.name
        if progress:
            progress(number + 1, len(shelf))
    return _index(shelf, pages, Path(out))


def _read(path: Path) -> Lesson:
    try:
        about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["metadata"][SHELF]
        return Lesson(
            path.stem, about["title"], about["question"], about["family"],
            tuple(about.get("metrics", ())), path,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError) as error:
        raise InputError("not a lesson", given=path.name, hint=repr(error)) from None


def _index(shelf: dict[str, Lesson], pages: dict[str, str], out: Path) -> Path:
    every = list(shelf.values())
    sections = [
        ("Families of metrics", _links([e for e in every if e.family != TRAPS], pages)),
        ("Traps", _links([e for e in every if e.family == TRAPS], pages)),
    ]
    head = heading(
        "Lessons", "What customer-experience metrics mean, and how a desk behaves",
        "Worked by hand and by cxlab.",
        [["Lessons", str(len(shelf))]],
    )  # fmt: skip
    page = build_plain_page(head.page, sections, version=cxlab.__version__)
    write_whole({out / "index.html": page})
    return out / "index.html"


def _links(found: list[Lesson], pages: dict[str, str]) -> Html:
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
