"""What a lesson says with numbers: steps worked by hand, sentences, and what theory refuses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cxlab.errors import InputError, RunError
from cxlab.report import Block
from cxlab.report.html import element, join
from cxlab.units import format_value

__all__ = ["refused", "together", "told", "worked"]


def worked(what: str, *, by_hand: float, measured: float, unit: str, because: str) -> Block:
    """Return a value worked by hand, how, and the value of cxlab.

    `because` says how `by_hand` comes about. Raises RunError where the two differ: then the
    lesson would teach something wrong.

    >>> print(worked("Load", by_hand=30 / 60, measured=0.5, unit="share", because="30 of 60."))
    Load
    30 of 60.
    By hand: 50.0 %. cxlab: 50.0 %.
    """
    if not math.isclose(by_hand, measured, rel_tol=1e-6, abs_tol=1e-9):
        raise RunError(
            f"{what} by hand and by cxlab differ", given=by_hand, expected=repr(measured)
        )
    both = f"By hand: {format_value(by_hand, unit)}. cxlab: {format_value(measured, unit)}."
    body = element(
        "div",
        element("h3", what),
        element("p", because),
        element("p", both),
        class_="box lesson",
    )
    return Block(body, "\n".join((what, because, both)))


def told(*sentences: str) -> Block:
    """Return a paragraph, so that its numbers can come from code.

    >>> print(told("One.", f"{2} is more."))
    One. 2 is more.
    """
    words = " ".join(sentences)
    return Block(element("p", words), words)


def refused(what: str, function: Callable[..., Any], **arguments: Any) -> Block:
    """Return why a function refuses its arguments, in its own words.

    Raises RunError if it takes them: then the lesson would tell of a limit that is none.
    """
    try:
        function(**arguments)
    except InputError as error:
        words = str(error).replace("`", "")
        return Block(
            element(
                "div", element("h3", what), element("p", words), class_="box lesson"
            ),
            f"{what}\n{words}",
        )  # fmt: skip
    raise RunError(f"{what}: not refused", given=arguments)


def together(*blocks: Block) -> Block:
    """Return blocks below each other as one.

    >>> print(together(told("One."), told("Two.")))
    One.
    Two.
    """
    return Block(join([each.body for each in blocks]), "\n".join(each.words for each in blocks))
