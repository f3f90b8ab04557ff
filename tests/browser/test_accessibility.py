"""Every page against all rules of axe-core, best practices among them: no violation is excused."""

from __future__ import annotations

import pytest

from tests.browser.test_pages import PAGES
from tests.opening import axe_violations

pytestmark = pytest.mark.browser

SCREENS = [
    (1280, "light"),
    pytest.param(1280, "dark", marks=pytest.mark.long),
    pytest.param(390, "dark", marks=pytest.mark.long),
]


FEW = ("scenario", "periodic", "compare", "static")
"""Asked here; the others with `make validate`, all of the gallery with `make check-gallery`."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[] if n in FEW else [pytest.mark.long]) for n in (*PAGES, "static")],
)
@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_nothing(pages, open_page, name, width, scheme):
    opened = open_page(pages[name][0], width=width, scheme=scheme, charts=name != "static")
    assert axe_violations(opened) == []


def test_axe_sees_a_violation(pages, open_page):
    """A page without language and with a picture without words is not silently passed."""
    opened = open_page(pages["static"][0], charts=False)
    opened.value(
        """document.documentElement.removeAttribute('lang');
        document.querySelector('.plot').removeAttribute('aria-labelledby')"""
    )
    assert {rule for rule, _ in axe_violations(opened)} >= {"html-has-lang", "role-img-alt"}


def test_everything_can_be_done_from_the_keyboard(pages, open_page):
    """The first stop skips to the report; what is folded unfolds; the focus is always seen."""
    opened = open_page(pages["periodic"][0])
    keys = opened.page.keyboard
    keys.press("Tab")
    assert opened.value("document.activeElement.className") == "skip"
    assert opened.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    keys.press("Enter")
    assert opened.value("location.hash") == "#main"
    opened.page.locator("details.data summary").first.focus()
    keys.press("Enter")
    assert opened.value("document.querySelector('details.data').open")


@pytest.mark.parametrize("name", ["periodic", "static"])
def test_a_tile_leads_to_its_definition_and_back(pages, open_page, name):
    """A browser unfolds what a link leads into; that needs no script."""
    opened = open_page(pages[name][0], charts=name != "static")
    place = "document.querySelector('#def-frt')"
    assert not opened.value(f"{place}.checkVisibility()")
    opened.page.locator("#kpi-frt .name a").focus()
    opened.page.keyboard.press("Enter")
    opened.until(f"{place}.checkVisibility()")
    opened.page.locator("#def-frt .back a").focus()
    opened.page.keyboard.press("Enter")
    assert opened.value("location.hash") == "#kpi-frt"
