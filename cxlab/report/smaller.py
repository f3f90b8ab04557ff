"""What a page can do without: comments and spaces of its own scripts and styles, and examples."""

from __future__ import annotations

import re

__all__ = ["fitted", "smaller", "without_examples", "without_optional_tags"]


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
