"""What a page can do without: comments and spaces of its own scripts and styles, and examples."""

from __future__ import annotations

import re

__all__ = [
    "fitted",
    "plain_math",
    "smaller",
    "used_rules",
    "without_examples",
    "without_optional_tags",
]


def smaller(text: str, *, css: bool) -> str:
    """Return a script or a style sheet of the template without comments and indentation.

    Scripts keep their lines: they are written so that no line but a comment begins with "//".

    >>> smaller("a { b: c; }\\n/* why */\\n", css=True)
    'a{b:c}'
    >>> smaller("  // why\\n  f();\\n", css=False)
    'f();'
    """
    if css:
        text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        text = re.sub(r"\s+", " ", text)
        return re.sub(r" ?([{};,]) ?", r"\1", text).replace(": ", ":").replace(";}", "}").strip()
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def fitted(page: str, most: int) -> str:
    """Return a page as it is where it has at most so many bytes, else with less and less in it."""
    for lighter in (without_optional_tags, without_examples):
        if len(page.encode("utf-8")) > most:
            page = lighter(page)
    return page


_END = re.compile(
    r"</t[dh]>(?=<t[dh]\b)|</t[dh]></tr>(?=<tr\b)|</t[dh]></tr></t(?:head|body)>(?=<tbody|</table>)"
    r"|</li>(?=<li\b|</ul>)"
)


def without_optional_tags(page: str) -> str:
    """Return a page without the end tags and quotes that HTML does not ask for.

    >>> without_optional_tags('<tr><th scope="row">a</th><td class="num">1</td></tr><tr>')
    '<tr><th scope=row>a<td class=num>1<tr>'
    """
    return re.sub(r'(<t[dh] (?:class|scope))="(num|row|col)"', r"\1=\2", _END.sub("", page))


def without_examples(page: str) -> str:
    """Return a page without the worked examples of its definitions."""
    return re.sub(r'<p class="fine example">.*?</p>', "", page, flags=re.DOTALL)


_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_NAMED = re.compile(r"[.#]([a-zA-Z][\w-]*)|\[(data-[\w-]+)")


def used_rules(css: str, page: str) -> str:
    """Return a style sheet without the rules for classes, ids and data that a page lacks.

    What stands in brackets (`:is(…)`, `:not(…)`) is not looked at: its rule stays.

    >>> used_rules('.a [fill="#b"],.b{x:1}@media print{.b{y:1}}', '<p class="a">')
    '.a [fill="#b"]{x:1}'
    """
    names = {n for found in re.findall(r'(?:class|id)="([^"]*)"', page) for n in found.split()}
    names |= set(re.findall(r"(?:class|id)=([\w-]+)", page)) | set(re.findall(r"data-[\w-]+", page))

    def kept(rule: re.Match[str]) -> str:
        selectors, body = rule.groups()
        parts = [one for one in _parts(selectors) if _of(one) <= names]
        return f"{','.join(parts)}{{{body}}}" if parts else ""

    return re.sub(r"@media[^{}]*\{\}", "", _RULE.sub(kept, css))


def _parts(selectors: str) -> list[str]:
    return re.split(r",(?![^(]*\))", selectors)


def _of(selector: str) -> set[str]:
    """Return the names that a selector asks for, outside brackets."""
    selector = re.sub(r'"[^"]*"', "", selector)
    while "(" in selector:
        selector = re.sub(r"\([^()]*\)", "", selector)
    return {name or data for name, data in _NAMED.findall(selector)}


# Where a bracket opens or closes a row, browsers know that it is one and stretch it.
_BRACKET = re.compile(
    r'(?<=<mrow>)<mo stretchy="true" fence="true" form="prefix">'
    r'|<mo stretchy="true" fence="true" form="postfix">(?=[^<]*</mo></mrow>)'
)


def plain_math(page: str) -> str:
    """Return a page whose formulas have no rows of one part, and brackets no more than their sign.

    >>> plain_math("<mrow><mrow><mi>a</mi></mrow><mo>=</mo></mrow>")
    '<mrow><mi>a</mi><mo>=</mo></mrow>'
    """
    page = _BRACKET.sub("<mo>", page)
    page = re.sub(r"<mrow>(<m[ion]>[^<]*</m[ion]>)</mrow>", r"\1", page)
    return page.replace("&#x0003C;", "&lt;")
