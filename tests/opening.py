"""A headless Chromium with the network cut, the pages to open in it, and what is asked of one."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

STATES = "[...document.querySelectorAll('figure[data-chart]')].map(f => f.dataset.state)"
MARKS = """[...document.querySelectorAll('figure[data-chart] .vis-THEME')].map(v =>
    [...v.querySelectorAll('[class*=role-mark] path, [class*=role-mark] line')]
     .filter(p => p.getAttribute('d') !== '').length)"""
"""So many marks with a shape each drawing of a theme has; words and axes are none."""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Opened:
    """A page in the browser, with all that it asked for and complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def value(self, script: str) -> Any:
        return self.page.evaluate(script)

    def darken(self) -> None:
        """Turn the reader's system dark, and wait until the charts are drawn anew."""
        self.page.emulate_media(color_scheme="dark")
        self.until(
            "[...document.querySelectorAll('figure[data-chart]')]"
            ".every(f => f.querySelector('.vis-dark svg'))"
        )

    def until(self, script: str, seconds: float = 20) -> Any:
        """Poll: `wait_for_function` would need the eval that the page's policy forbids."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = self.value(script)
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not within {seconds} s: {script}; {self.complaints}")


def axe_violations(opened: Opened) -> list[tuple[str, str]]:
    """Return rule, and the markup that breaks it, of everything that axe finds, folded or not.

    The script is run by the browser's own tools, which the page's policy does not bind. The rows
    of a long table are made alike and take axe most of its time: it sees the first twenty.
    """
    opened.value(
        """document.querySelectorAll('details').forEach((d) => { d.open = true; });
        document.querySelectorAll('main tbody tr:nth-child(n+21)').forEach((r) => r.remove())"""
    )
    found = Axe().run(opened.page).response["violations"]
    return [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]]


def assert_drawn_in_silence(opened: Opened, path: Path, *, width: int, scheme: str) -> int:
    """Assert that the page drew all its charts, asked for nothing, said nothing and fits the width.

    Return the number of charts.
    """
    states = opened.value(STATES)
    assert set(states) <= {"drawn"}
    marks = opened.value(MARKS.replace("THEME", scheme))
    assert len(marks) == len(states)
    assert all(n > 0 for n in marks)
    assert opened.requests == [path.as_uri()]
    assert opened.complaints == []
    assert opened.value("document.documentElement.scrollWidth") <= width
    return len(states)


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Any]:
    contexts = []

    def opened(
        path: Path, *, width: int = 1280, scheme: str = "light", charts: bool = True
    ) -> Opened:
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("request", lambda r: found.requests.append(r.url))
        found.page.on("console", lambda m: found.complaints.append(f"{m.type}: {m.text}"))
        found.page.on("pageerror", lambda e: found.complaints.append(f"page error: {e}"))
        found.page.goto(path.as_uri())
        if charts:
            found.until("document.documentElement.dataset.charts")
        return found

    yield opened
    for context in contexts:
        context.close()
