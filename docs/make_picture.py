"""Take README's picture: the top of the base scenario's report, in headless Chromium, offline.

Run: `make picture`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import cxlab as cx

HERE = Path(__file__).resolve().parent
SWITCHES = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


def main() -> None:
    """Make the report in a temporary folder and photograph it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("make picture needs Chromium (apt-get install chromium)")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = cx.report.report(scenario="base", out=folder).path
        browser = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        context = browser.new_context(viewport={"width": 1180, "height": 860}, offline=True)
        page = context.new_page()
        page.goto(page_file.resolve().as_uri())
        page.wait_for_function("document.querySelectorAll('figure svg, figure canvas').length >= 3")
        page.screenshot(path=str(HERE / "report.png"))
        browser.close()


if __name__ == "__main__":
    main()
