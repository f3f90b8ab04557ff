"""Blocks: what a notebook shows and a page keeps as markup.

A block carries markup made by `html.py` under a MIME type of its own. The page trusts that
type alone; any other HTML that a cell shows is reduced to text.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from cxlab.report.html import Html, element, join

__all__ = ["BLOCK_MIME", "PAGE_MIME", "Block"]

BLOCK_MIME = "application/vnd.cxlab.block"
"""Markup for the page, made by the helpers of this package."""

PAGE_MIME = "application/vnd.cxlab.page+json"
"""Facts for the page as a whole: title, summary, missed targets, what the manifest records."""


class Block:
    """Something to show: markup for a page, the same for JupyterLab, and words elsewhere.

    `page` holds facts for the page as a whole (see `PAGE_MIME`).
    """

    def __init__(self, body: Html, words: str, page: Mapping[str, Any] | None = None) -> None:
        self.body = body
        self.words = words
        self.page = dict(page or {})

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        styled = join([element("style", Html(_lab_style())), self.body])
        bundle: dict[str, Any] = {
            BLOCK_MIME: str(self.body),
            "text/html": str(element("div", styled, class_="cxlab")),
            "text/plain": self.words,
        }
        if self.page:
            bundle[PAGE_MIME] = self.page
        return bundle

    def __repr__(self) -> str:
        """Return the block in words."""
        return self.words


@cache
def _lab_style() -> str:
    folder = files("cxlab.report") / "template"
    return (folder / "lab.css").read_text(encoding="utf-8")
