"""Every page of a gallery that was made (`make gallery`): the folder CXLAB_GALLERY names."""

from __future__ import annotations

import hashlib
import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import cxlab
from tests.opening import assert_drawn_in_silence, axe_violations

WHERE = os.environ.get("CXLAB_GALLERY", "")
FOLDER = Path(WHERE).resolve()
PAGES = sorted(str(p.relative_to(FOLDER)) for p in FOLDER.rglob("*.html")) if WHERE else []
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

pytestmark = pytest.mark.skipif(
    not WHERE, reason="the environment variable CXLAB_GALLERY names no folder of `make gallery`"
)


def _text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


class _Anchors(HTMLParser):
    """The links of a page, and the places that can be linked to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.places: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self.links.append(given.get("href") or "")
        self.places.add(given.get("id") or "")


def _charts(name: str) -> int:
    return len(re.findall(r"<figure[^>]* data-chart=", _text(name)))


def _opened(open_page, name, width, scheme):
    return open_page(FOLDER / name, width=width, scheme=scheme, charts=_charts(name) > 0)


def _assert_sound(opened, name, width, scheme):
    path = FOLDER / name
    drawn = assert_drawn_in_silence(opened, path, width=width, scheme=scheme)
    assert drawn == _charts(name)
    assert axe_violations(opened) == []


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_offline_and_breaks_no_rule(open_page, name):
    """In light, and when the reader's system turns dark."""
    opened = _opened(open_page, name, 1280, "light")
    _assert_sound(opened, name, 1280, "light")
    opened.darken()
    _assert_sound(opened, name, 1280, "dark")


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_phone(open_page, name):
    _assert_sound(_opened(open_page, name, 390, "dark"), name, 390, "dark")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_small(name):
    assert (FOLDER / name).stat().st_size <= 500_000


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_somewhere(name):
    here = _Anchors(_text(name))
    for link in here.links:
        if re.match(r"https://", link):
            continue
        file, _, place = link.partition("#")
        target = (FOLDER / name).parent / unquote(file) if file else FOLDER / name
        assert target.is_file(), link
        if place and target.suffix == ".html":
            there = _Anchors(target.read_text(encoding="utf-8")).places
            assert unquote(place) in there, link


@pytest.mark.parametrize("folder", [".", "lessons"])
def test_an_index_names_every_page_beside_it(folder):
    index = FOLDER / folder / "index.html"
    linked = {unquote(link) for link in _Anchors(index.read_text(encoding="utf-8")).links}
    pages = {p.name for p in index.parent.glob("*.html")} - {"index.html"}
    assert pages
    assert pages <= linked


@pytest.mark.parametrize("folder", [".", "lessons"])
def test_every_notebook_has_its_page_made_by_this_version(folder):
    made = [json.loads(p.read_text(encoding="utf-8")) for p in (FOLDER / folder).glob("*.json")]
    assert {each["versions"]["cxlab"] for each in made} == {cxlab.__version__}
    pages = {(each["notebook"]["name"], each["notebook"]["sha256"]) for each in made}
    wanted = {
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in (NOTEBOOKS / folder).glob("*.ipynb")
        if path.name != "start.ipynb"
    }
    assert wanted <= pages


def test_every_page_has_its_manifest():
    assert [p for p in PAGES if not p.endswith("index.html")
            and not (FOLDER / p).with_suffix(".json").is_file()] == []  # fmt: skip
