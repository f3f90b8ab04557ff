"""A PDF by a browser that is there: whole or not at all, and a clear error when it is not."""

from __future__ import annotations

import shutil
import stat
import subprocess

import pytest

import cxlab as cx
from cxlab.report import pdf
from cxlab.report.pdf import make_pdf, the_browser


def _fake(tmp_path, monkeypatch, script):
    """Put a program in the browser's place."""
    path = tmp_path / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("CXLAB_CHROMIUM", str(path))
    page = tmp_path / "page.html"
    page.write_text("<p>x</p>")
    return page


PRINT = """for a in "$@"; do case "$a" in --print-to-pdf=*) f="${a#*=}";; esac; done"""


def test_no_browser_is_an_input_error(monkeypatch, tmp_path):
    monkeypatch.delenv("CXLAB_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(cx.InputError, match=r"no browser to print with.*CXLAB_CHROMIUM"):
        the_browser()
    monkeypatch.setenv("CXLAB_CHROMIUM", "/no/such/thing")
    with pytest.raises(cx.InputError, match="CXLAB_CHROMIUM names no program"):
        the_browser()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo first >&2; echo no display >&2; exit 7", "the browser failed: given 7; no display"),
        ("exit 0", "printed no PDF"),
        (f"{PRINT}; echo half > $f", "printed no PDF"),
        (f"{PRINT}; printf '%%PDF-1.4 cut' > $f", "printed no PDF"),
    ],
)
def test_a_browser_that_fails_leaves_the_last_pdf(tmp_path, monkeypatch, script, words):
    page = _fake(tmp_path, monkeypatch, script)
    page.with_suffix(".pdf").write_text("yesterday's")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(cx.RunError, match=words):
        make_pdf(page)
    assert page.with_suffix(".pdf").read_text() == "yesterday's"
    assert sorted(tmp_path.iterdir()) == before


def test_a_browser_that_hangs_is_ended_with_its_helpers(tmp_path, monkeypatch):
    page = _fake(tmp_path, monkeypatch, "sleep 60 & echo $! > helper; wait")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(cx.RunError, match=r"did not print in time: given '0.3 s'"):
        make_pdf(page, seconds=0.3)
    helper = (tmp_path / "helper").read_text().strip()
    state = subprocess.run(["ps", "-o", "stat=", "-p", helper], capture_output=True, text=True)
    assert state.stdout.strip()[:1] in ("", "Z")


def test_only_root_prints_without_a_sandbox(tmp_path, monkeypatch):
    script = f"echo $@ > {tmp_path}/args; {PRINT}; printf '%%PDF-1.4 %%%%EOF' > $f"
    page = _fake(tmp_path, monkeypatch, script)
    for user, bare in ((0, True), (1000, False)):
        monkeypatch.setattr(pdf.os, "geteuid", lambda user=user: user)
        assert make_pdf(page).read_bytes() == b"%PDF-1.4 %%EOF"
        arguments = (tmp_path / "args").read_text()
        assert ("--no-sandbox" in arguments) is bare
        assert "--headless=new --no-pdf-header-footer" in arguments


@pytest.mark.browser
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs Chromium")
def test_charts_and_footnotes_are_in_the_pdf(tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext")
    from tests.report.helpers import small_scenario

    done = cx.report.report(small_scenario(tmp_path), out=tmp_path)
    printed = make_pdf(done.path)
    text = subprocess.run(["pdftotext", "-layout", str(printed), "-"], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    assert "Hour of day" in text  # an axis of a chart: the drawing is there
    assert "Source:" in text  # a definition, folded on the page
