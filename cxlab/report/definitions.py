"""Footnotes: what each number means, made from the metric's declaration."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

import pandas as pd

from cxlab.metrics import Metric, metric
from cxlab.report.blocks import Block
from cxlab.report.html import Html, element, join
from cxlab.units import format_value

__all__ = ["definition_parts", "definitions", "formula_markup"]

_DIRECTIONS = {"up": "higher is better", "down": "lower is better"}


def definitions(metrics: Iterable[str] | pd.DataFrame) -> Block:
    """Return the definitions of metrics (ids, or a tidy result): words, formula, rules, source.

    Raises InputError for an unknown id.
    """
    named = metrics["metric"] if isinstance(metrics, pd.DataFrame) else metrics
    chosen = [metric(str(name)) for name in dict.fromkeys(named)]
    body = element("div", join(_entry(m) for m in chosen), class_="box defs")
    words = "\n".join(f"{m.title} ({m.id}): {m.definition}" for m in chosen)
    return Block(body, words)


def _entry(m: Metric) -> Html:
    head = [element("strong", m.title), " ", element("span", element("code", m.id))]
    example = f"Example: {m.example.story} Result: {format_value(m.example.value, m.unit)}."
    # The address of a definition is inside what is folded: browsers unfold it for a link to it.
    body = element(
        "div",
        *definition_parts(m),
        element("p", example, class_="fine example"),
        element("p", element("a", f"Back to {m.title}", href=f"#kpi-{m.id}"), class_="back"),
        id=f"def-{m.id}",
    )
    return element("details", element("summary", *head), body)


def definition_parts(m: Metric) -> list[Html]:
    """Return what a metric means, as paragraphs: definition, formula, rules."""
    facts = [
        f"Population: {_sentence(m.population)}",
        f"Counted in the period of: {m.attribution.value}.",
        "Left out: " + ("; ".join(e.meaning for e in m.exclusions) or "nothing") + ".",
        f"Interval: {m.interval}.",
        f"Version {m.version} of this definition.",
        f"{_DIRECTIONS.get(m.direction, 'whether higher is better depends').capitalize()}.",
        f"Source: {_sentence(m.source)}",
    ]
    return [
        element("p", m.definition),
        element("div", formula_markup(m.formula), class_="formula", tabindex="0"),
        element("p", " ".join(facts), class_="fine"),
    ]


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


@cache
def formula_markup(latex: str) -> Html:
    """Return a LaTeX formula as MathML, which every current browser draws without a network.

    >>> formula_markup("x")[:6]
    '<math '
    """
    from latex2mathml.converter import convert

    drawn = convert(latex.strip().strip("$"), display="block")
    # HTML knows the element without its name space, and a name of several letters is upright by
    # itself: as one word it is drawn, and read aloud, as one.
    drawn = drawn.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    drawn = _LETTERS.sub(_word, drawn)
    return Html(_SIGN.sub(_plain_sign, drawn))


_LETTER = re.compile(r'<mi mathvariant="normal">(\w)</mi>')
_LETTERS = re.compile(f"(?:{_LETTER.pattern}){{2,}}")
_SIGN = re.compile(r"&#x([0-9A-F]+);")


def _word(match: re.Match[str]) -> str:
    letters = "".join(_LETTER.findall(match.group(0)))
    return f"<mi>{letters}</mi>"


def _plain_sign(match: re.Match[str]) -> str:
    sign = chr(int(match.group(1), 16))
    return match.group(0) if sign in "<>&\"'" else sign
