"""HTML that is safe by construction: text is escaped on its way in, always.

`Html` is text that is already markup; everything else is text and gets escaped. There is no way
to pass markup through these helpers except through another helper.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Html", "element", "join", "json_for_script", "markup", "slug", "table", "without_nan"]


class Html(str):
    """A piece of markup made by the helpers of this module."""

    __slots__ = ()


def markup(value: object) -> Html:
    """Return `value` as markup: escaped, unless a helper of this module made it.

    >>> markup("<b>")
    '&lt;b&gt;'
    """
    return value if isinstance(value, Html) else Html(html.escape(str(value), quote=True))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Return all parts as one piece of markup; parts that are None are left out."""
    return Html(markup(between).join(markup(p) for p in parts if p is not None))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element; `class_` stands for class, `_` in names for `-`, None leaves one out.

    >>> element("p", "a < b", class_="note", data_n=3)
    '<p class="note" data-n="3">a &lt; b</p>'
    """
    shown = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{markup(value)}"'
        for name, value in attributes.items()
        if value is not None
    )
    return Html(f"<{tag}{shown}>" + ("" if tag in _VOID else f"{join(children)}</{tag}>"))


_VOID = {"br", "hr", "img"}
"""Elements that hold nothing, and have no end."""


def table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str,
    numeric: Iterable[str] = (),
) -> Html:
    """Return a table in a box that scrolls by itself; the first column names the row."""
    right = {i for i, c in enumerate(columns) if c in set(numeric)}
    head = join(
        element("th", c, scope="col", class_="num" if i in right else None)
        for i, c in enumerate(columns)
    )
    body = join(element("tr", _cells(row, right)) for row in rows)
    inner = element(
        "table",
        element("caption", caption),
        element("thead", element("tr", head)),
        element("tbody", body),
    )
    return element("div", inner, class_="table", tabindex="0", role="group", aria_label=caption)


def _cells(row: Sequence[object], right: set[int]) -> Html:
    first = element("th", row[0], scope="row")
    rest = (
        element("td", cell, class_="num" if i in right else None)
        for i, cell in enumerate(row[1:], start=1)
    )
    return join([first, *rest])


def json_for_script(value: Any) -> Html:
    """Return JSON that is safe inside a `<script>` element, whatever text it carries.

    >>> json_for_script({"a": "</script>"})
    '{"a":"\\\\u003c/script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in ("<", "\u2028", "\u2029"):
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Html(text)


def slug(text: str) -> str:
    """Return `text` as an element id or file name: small letters, digits and dashes.

    >>> slug("Waits, by hour of week!"), slug("../../etc")
    ('waits-by-hour-of-week', 'etc')
    """
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-")[:80] or "untitled"


def without_nan(value: Any) -> Any:
    """Return JSON data with NaN and infinities as null (JSON has no words for them)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, Mapping):
        return {k: without_nan(v) for k, v in value.items()}
    return [without_nan(v) for v in value] if isinstance(value, list | tuple) else value
