"""A page as PDF, printed by a Chromium that is there already."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from cxlab.errors import InputError, RunError
from cxlab.temporary import prefix

__all__ = ["BROWSERS", "make_pdf", "the_browser"]

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome",
            "msedge", "microsoft-edge")  # fmt: skip
"""Names under which a Chromium is looked for on PATH; CXLAB_CHROMIUM names another."""

SECONDS = 120
"""How long printing may take before it counts as hanging."""

CHARTS_MS = 20_000
"""How far the browser's own clock runs before it prints: charts are unpacked and drawn first."""

OPTIONS = (
    "--headless=new", "--no-pdf-header-footer", "--disable-gpu", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-sync", "--no-first-run", "--no-default-browser-check",
    f"--virtual-time-budget={CHARTS_MS}",
)  # fmt: skip


def the_browser() -> str:
    """Return the Chromium to print with; InputError when there is none.

    The variable CXLAB_CHROMIUM comes first: a path, or a name on PATH.
    """
    named = os.environ.get("CXLAB_CHROMIUM")
    for name in (named,) if named else BROWSERS:
        found = shutil.which(name)
        if found:
            return found
    hint = "install one, or name it in CXLAB_CHROMIUM"
    if named:
        raise InputError("CXLAB_CHROMIUM names no program", given=named, hint=hint)
    raise InputError("no browser to print with", expected=" or ".join(BROWSERS[:4]), hint=hint)


def make_pdf(page: Path, *, seconds: float = SECONDS) -> Path:
    """Print a page to a PDF of its name beside it, and return that.

    The PDF appears whole or not at all. Raises InputError without a browser, RunError when it
    fails, takes longer than `seconds`, or prints nothing.
    """
    browser = the_browser()
    if not page.is_file():
        raise InputError("no such page", given=str(page))
    target = page.with_suffix(".pdf")
    # The browser's helpers may still write to their profile when it has ended.
    with tempfile.TemporaryDirectory(prefix=prefix(), ignore_cleanup_errors=True) as folder:
        printed = Path(folder) / "page.pdf"
        _run([browser, *OPTIONS, *_as_root(), f"--user-data-dir={folder}/profile",
              f"--print-to-pdf={printed}", page.resolve().as_uri()], seconds)  # fmt: skip
        _put(printed, target)
    return target


def _as_root() -> list[str]:
    """Chromium refuses to sandbox for root; everybody else keeps the sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return ["--no-sandbox"] if root else []


def _run(command: list[str], seconds: float) -> None:
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            what = "the browser does not start"
            raise RunError(what, given=command[0], hint=error.strerror) from None
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            hint = "is another one stuck, or the machine too busy?"
            limit = f"{seconds:g} s"
            raise RunError("the browser did not print in time", given=limit, hint=hint) from None
        finally:
            _end(process)
        if code != 0:
            raise RunError("the browser failed", given=code, hint=_last_line(errors))


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the browser with all its helpers, which it leaves behind when it is stopped alone."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()


def _last_line(errors: object) -> str | None:
    errors.seek(0)  # type: ignore[attr-defined]
    text = errors.read()[-4000:].decode("utf-8", "replace")  # type: ignore[attr-defined]
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else None


def _put(printed: Path, target: Path) -> None:
    content = printed.read_bytes() if printed.is_file() else b""
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-1024:]:
        raise RunError("the browser printed no PDF", given=str(target))
    handle, temporary = tempfile.mkstemp(prefix=prefix(hidden=True), dir=target.parent)
    os.close(handle)
    try:
        Path(temporary).write_bytes(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(target)
    except OSError as error:
        raise RunError("cannot write the PDF", given=str(target), hint=error.strerror) from None
    finally:
        Path(temporary).unlink(missing_ok=True)
