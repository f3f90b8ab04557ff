"""Notebooks in JupyterLab itself: run all cells, charts drawn, no error, no complaint."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import TimeoutError as NotSeen

from cxlab.files import notebook_file
from tests.charts.examples import chart_functions, gallery
from tests.report.helpers import small_scenario

pytestmark = pytest.mark.browser

TOKEN = "for-this-test-only"


def _free_port() -> int:
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return int(chosen.getsockname()[1])


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Lay out what a user has: notebooks beside scenarios."""
    folder = tmp_path_factory.mktemp("lab")
    for name in ("notebooks", "scenarios"):
        (folder / name).mkdir()
    for name in ("scenario", "periodic", "start", "what_if"):
        shutil.copy(notebook_file(name), folder / "notebooks")
    drawn = gallery(folder)
    cells = [
        nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=bundle)])
        for bundle in drawn.values()
    ]
    known = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=known)
    nbformat.write(notebook, folder / "notebooks" / "gallery.ipynb")
    small_scenario(folder / "scenarios").rename(folder / "scenarios" / "base.toml")
    return folder


@pytest.fixture(scope="module")
def lab(workspace, chromium):
    port = _free_port()
    homes = {f"JUPYTER_{n}_DIR": str(workspace / n.lower()) for n in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | homes | {"HOME": str(workspace), "IPYTHONDIR": str(workspace / "i")}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
        f"--port={port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={workspace}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    log = (workspace / "lab.log").open("wb")
    server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api?token={TOKEN}", server, workspace / "lab.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError(log.read_text()[-3000:])


# The number of painted dots of a canvas, or of paths of a drawing; the menu beside it is no mark.
MARKS = """[...document.querySelectorAll('.jp-RenderedVegaCommon5')].map(v => {
    const c = v.querySelector('canvas.marks'), s = v.querySelector('svg.marks');
    if (s) return s.querySelectorAll('path').length;
    if (!c) return 0;
    const dots = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return dots.filter((value, i) => i % 4 === 3 && value > 0).length; })"""


def _address(lab: str, name: str) -> str:
    """Return a notebook in a workspace of its own: JupyterLab opens again what was open before."""
    return f"{lab}/lab/workspaces/{name}/tree/notebooks/{name}.ipynb?token={TOKEN}"


@pytest.mark.promised
def test_jupyterlab_draws_every_chart_in_silence(lab, chromium):
    """With its own Vega-Lite 5, from the outputs that the notebook holds."""
    context = chromium.new_context(viewport={"width": 1400, "height": 16_000})
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda m: said.append(m.text))
    page.on("request", lambda r: asked.append(r.url))
    try:
        page.goto(_address(lab, "gallery"))
        names, drawn = chart_functions(), []
        end = time.monotonic() + 120
        while time.monotonic() < end and not (len(drawn) == len(names) and all(drawn)):
            time.sleep(0.5)
            drawn = page.evaluate(MARKS)
        assert {n for n, marks in zip(names, drawn, strict=True) if not marks} == set()
        # Vega writes its warnings so; JupyterLab has some of its own.
        assert [text for text in said if "WARN" in text or "Vega" in text] == []
        assert [url for url in asked if not url.startswith((lab, "data:", "blob:"))] == []
    finally:
        _picture(page, "gallery")
        context.close()


def _picture(page: Any, name: str) -> None:
    folder = os.environ.get("CXLAB_SCREENSHOTS")
    if folder:
        page.screenshot(path=f"{folder}/lab-{name}.png")


def _run_all_cells(page: Any) -> None:
    """Choose Run > Run All Cells, again if Lab was not ready to hear it the first time."""
    for _ in range(3):
        page.get_by_text("Run", exact=True).first.click()
        page.get_by_text("Run All Cells", exact=True).first.click()
        try:
            page.get_by_text(re.compile(r"^\[(\*|\d+)\]:$")).first.wait_for(timeout=20_000)
        except NotSeen:
            continue
        return
    raise AssertionError("JupyterLab ran no cell")


def _a_slider_moves_the_readings(page: Any) -> None:
    picture = page.locator(".jp-RenderedVegaCommon5").first
    slider = picture.locator(".vega-bind input[type=range]").first
    before = picture.locator(".marks").first.screenshot()
    slider.focus()
    slider.press("End")
    page.wait_for_timeout(1000)
    assert picture.locator(".marks").first.screenshot() != before


@pytest.mark.parametrize(
    ("name", "charts"),
    [
        pytest.param("scenario", 3, marks=pytest.mark.long),
        pytest.param("periodic", 7, marks=pytest.mark.promised),
        pytest.param("start", 1, marks=pytest.mark.promised),
        pytest.param("what_if", 7, marks=pytest.mark.long),
    ],
)
def test_notebook_runs_in_jupyterlab_with_charts_drawn(lab, chromium, name, charts):
    # As high as the notebook: JupyterLab takes cells that are out of sight off the page.
    context = chromium.new_context(viewport={"width": 1400, "height": 6000})
    page = context.new_page()
    try:
        page.goto(_address(lab, name))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
        # Lab asks which kernel to use when cells are run before one is there.
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
        _run_all_cells(page)
        drawn: list[int] = []
        end = time.monotonic() + 240  # a busy machine is slow; an idle one needs 20 s
        while time.monotonic() < end:
            assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0, (
                page.locator('[data-mime-type="application/vnd.jupyter.error"]').first.inner_text()
            )
            drawn = page.evaluate(MARKS)
            if len(drawn) >= charts and all(drawn):
                break
            time.sleep(0.5)
        assert len(drawn) >= charts
        assert all(drawn)
        # Warnings too: whoever opens a notebook that ships with cxlab sees none.
        assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
        if name == "what_if":
            _a_slider_moves_the_readings(page)
        elif name == "start":
            assert page.locator(".cxlab-out table").count() >= 4
        else:
            assert page.locator(".cxlab .tile").count() >= 5
    finally:
        _picture(page, name)
        context.close()
