"""Exercises whose answers are checked twice: by hand in the lesson, by cxlab when it runs."""

from __future__ import annotations

import math

from cxlab.errors import RunError
from cxlab.report import Block
from cxlab.report.html import element, join
from cxlab.units import format_value

__all__ = ["exercise"]

TOLERANCE = 0.005
"""How far from the answer a learner may round: half a percent of it."""


_ANSWERS: dict[str, str] = {
    "s": "in seconds",
    "share": "as a share, 0 to 1",
    "count": "as a number",
    "points": "in points, 1 to 5",
    "points_7": "in points, 1 to 7",
    "nps": "as a score, −100 to 100",
    "score": "as a score, 0 to 100",
    "net": "as a balance, −1 to 1",
    "rate": "as a rate (1 for all of it)",
    "ratio": "as a ratio (1 for one per one)",
    "per_year": "as a number a year",
    "money": "as an amount of money",
    "months": "in months",
    "parameter": "as a number",
}
"""How an answer in each unit is asked for."""


def exercise(
    question: str,
    *,
    by_hand: float,
    measured: float,
    unit: str,
    because: str,
    given: float | None = None,
    answer: str | None = None,
) -> Block:
    """Return an exercise, a verdict on the learner's answer, and the solution behind a click.

    `by_hand` and `measured` (by cxlab) are the answer in `unit`, `given` the learner's, None
    before there is one; `because` says how the answer comes about. `answer` names what the number
    counts, where the unit does not ("days"). Raises RunError when hand and cxlab disagree: a
    lesson with a wrong solution must not appear.

    >>> print(exercise("2 of 4?", by_hand=0.5, measured=0.5, unit="share", because="2 ÷ 4."))
    2 of 4?
    Answer as a share, 0 to 1. Solution: 50.0 %. 2 ÷ 4.
    """
    if not math.isclose(by_hand, measured, rel_tol=1e-6, abs_tol=1e-9):
        raise RunError(
            "the exercise's answer by hand and by cxlab differ", given=by_hand,
            expected=repr(measured),
        )  # fmt: skip
    solution = f"{format_value(by_hand, unit)}{f' {answer}' if answer else ''}. {because}"
    wanted = f"Answer {f'in {answer}' if answer else _ANSWERS[unit]}."
    verdict = _verdict(given, by_hand)
    body = element(
        "div",
        element("p", question),
        element("p", wanted, class_="fine"),
        verdict and element("p", verdict, class_="met" if "Right" in verdict else "missed"),
        element("details", element("summary", "Solution"), element("p", solution)),
        class_="box lesson",
    )
    words = f"{wanted} Solution: {solution}"
    return Block(join([body]), "\n".join(p for p in (question, verdict, words) if p))


def _verdict(given: float | None, answer: float) -> str | None:
    if given is None:
        return None
    if math.isclose(given, answer, rel_tol=TOLERANCE, abs_tol=1e-9):
        return "Right."
    return "Not yet: look at the solution, or try again."
