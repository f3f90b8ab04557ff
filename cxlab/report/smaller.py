"""What a page can do without: comments and spaces of its own scripts and styles, and examples."""

from __future__ import annotations

import re

__all__ = ["smaller", "without_examples"]


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


def without_examples(page: str) -> str:
    """Return a page without the worked examples of its definitions."""
    return re.sub(r'<p class="fine example">.*?</p>', "", page, flags=re.DOTALL)
