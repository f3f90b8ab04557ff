"""Lessons: a notebook and an offline page a family of metrics, a classic trap, a desk's ways.

A lesson is thin: its cells ask for the parts below, which come from the metrics' declarations,
so that a lesson cannot say anything else than the catalogue. Lessons on the desk hold the
formulas of `cxlab.theory` against the same desk, simulated.
"""

from cxlab.lessons import data
from cxlab.lessons.companies import leavers_by_csat, leavers_by_requests
from cxlab.lessons.desks import desk, queue_by_hour
from cxlab.lessons.exercise import exercise
from cxlab.lessons.figures import figures, readings
from cxlab.lessons.parts import definition, opening, results, sql, worked_example
from cxlab.lessons.shelf import Lesson, lesson, lesson_pages, lessons, lessons_on
from cxlab.lessons.telling import refused, together, told, worked

__all__ = [
    "Lesson",
    "data",
    "definition",
    "desk",
    "exercise",
    "figures",
    "leavers_by_csat",
    "leavers_by_requests",
    "lesson",
    "lesson_pages",
    "lessons",
    "lessons_on",
    "opening",
    "queue_by_hour",
    "readings",
    "refused",
    "results",
    "sql",
    "together",
    "told",
    "worked",
    "worked_example",
]
