"""Tables that become lists on a phone, on a page without scripts: style sheets name their cells."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from cxlab.report.html import Html

__all__ = ["Lists"]

FEW, MANY = 4, 12
"""Tables of so many columns become lists, as on a page with scripts (tables.js)."""

_TABLE = re.compile(r'<div class="table"(?=[^>]*><table>.*?<thead><tr>(.*?)</tr></thead>)', re.S)
_HEAD = re.compile(r"<th[^>]*>(.*?)</th>", re.DOTALL)
_PLAIN = re.compile(r"[^a-zA-Z0-9%.,:÷ –-]")


@dataclass
class Lists:
    """The heads of a page's tables; tables of the same head share a class and its rules."""

    known: dict[tuple[str, ...], str] = field(default_factory=dict)

    def marked(self, body: Html) -> Html:
        """Return markup with a class on each table that becomes a list."""
        return Html(_TABLE.sub(lambda found: self._class(found.group(0), found.group(1)), body))

    def _class(self, opening: str, head: str) -> str:
        names = tuple(_text(cell) for cell in _HEAD.findall(head))
        if not FEW <= len(names) <= MANY:
            return opening
        name = self.known.setdefault(names, f"s{len(self.known)}")
        return opening.replace('"table"', f'"table stack {name}"')

    def css(self) -> str:
        """Return the rules that write its column's name before each cell.

        >>> lists = Lists({("Case", "Value <b>"): "s0"})
        >>> lists.css()
        '@media(max-width:30rem){.s0 td:nth-child(2)::before{content:"Value \\\\3c b\\\\3e "}}'
        """
        rules = (
            f'.{name} td:nth-child({place})::before{{content:"{_quoted(words)}"}}'
            for names, name in self.known.items()
            for place, words in enumerate(names[1:], start=2)
        )
        inner = "".join(rules)
        return f"@media(max-width:30rem){{{inner}}}" if inner else ""


def _text(cell: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", " ", cell)).strip()


def _quoted(words: str) -> str:
    """Return text as the inside of a CSS string: what is not plain is written as its number."""
    return _PLAIN.sub(lambda sign: f"\\{ord(sign.group(0)):x} ", words)
