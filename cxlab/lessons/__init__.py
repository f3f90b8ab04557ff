"""Lessons: one notebook a family of metrics and one a classic trap, each an offline page too.

A lesson is thin: its cells ask for the parts below, which come from the metrics' declarations,
so that a lesson cannot say anything else than the catalogue.
"""

from cxlab.lessons import data
from cxlab.lessons.exercise import exercise
from cxlab.lessons.figures import figures, readings
from cxlab.lessons.parts import definition, opening, results, sql, worked_example
from cxlab.lessons.shelf import Lesson, lesson, lesson_pages, lessons, lessons_on

__all__ = [
    "Lesson",
    "data",
    "definition",
    "exercise",
    "figures",
    "lesson",
    "lesson_pages",
    "lessons",
    "lessons_on",
    "opening",
    "readings",
    "results",
    "sql",
    "worked_example",
]
