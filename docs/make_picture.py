"""Take README's pictures of the pages that `make gallery` made, in headless Chromium, offline.

Run: `make gallery picture`, or `python docs/make_picture.py FOLDER`. A picture has at most 256
colours, so that it stays small.
"""

from __future__ import annotations

import io
import shutil
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

HERE = Path(__file__).resolve().parent
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
MOST_BYTES = 150_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A part of a page, as wide as the page: from one element to another, or so many pixels."""

    page: str
    width: int
    first: str = "body"
    last: str = ""
    height: int = 844
    scheme: str = "light"


SHOTS: Mapping[str, Shot] = {
    "report": Shot("sample-2026-W19.html", 1180, last=".legend"),
    "what_if": Shot("base-what_if.html", 1180, "main section:first-of-type", "main figure"),
    "compare": Shot(
        "base-compare.html", 1180, "#differences", "#differences figure", scheme="dark"
    ),
    "gallery": Shot("index.html", 1180, height=760),
    "phone": Shot("sample-2026-W19.html", 390, "#key-figures", scheme="dark"),
}
"""The pictures by name: `docs/NAME.png`."""

DRAWN = """!document.querySelector('figure[data-chart]')
    || document.documentElement.dataset.charts === 'ready'"""
PLACES = """([first, last]) => {
    const box = (s) => s && document.querySelector(s).getBoundingClientRect();
    return [box(first).top + scrollY, last && box(last).bottom + scrollY] }"""
EDGE = 20
"""So many pixels are left above the first element, and below the last."""


def main() -> None:
    """Photograph the pages in the folder that the first argument names, by default reports."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "reports").resolve()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("pictures need Chromium (apt-get install chromium)")
    lacking = sorted(s.page for s in SHOTS.values() if not (folder / s.page).is_file())
    if lacking:
        sys.exit(f"not in {folder}: {', '.join(lacking)}; make gallery makes them")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        for name, shot in SHOTS.items():
            (HERE / f"{name}.png").write_bytes(_few_colours(_taken(browser, folder, shot)))
        browser.close()


def _taken(browser: Any, folder: Path, shot: Shot) -> bytes:
    context = browser.new_context(
        viewport={"width": shot.width, "height": 844}, color_scheme=shot.scheme, offline=True
    )
    page = context.new_page()
    page.goto((folder / shot.page).as_uri())
    end = time.monotonic() + 60
    while not page.evaluate(DRAWN):  # `wait_for_function` needs the eval that the page forbids
        if time.monotonic() > end:
            sys.exit(f"not drawn within a minute: {shot.page}")
        time.sleep(0.1)
    top, bottom = page.evaluate(PLACES, [shot.first, shot.last])
    top = max(0, top - EDGE)
    height = bottom + EDGE - top if shot.last else shot.height
    clip = {"x": 0, "y": top, "width": shot.width, "height": height}
    picture: bytes = page.screenshot(full_page=True, clip=clip)
    context.close()
    return picture


def _few_colours(picture: bytes) -> bytes:
    """Return the picture with as many colours, of at most 256, as its size allows."""
    whole = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in (256, 128, 64, 32):
        out = io.BytesIO()
        whole.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


if __name__ == "__main__":
    main()
