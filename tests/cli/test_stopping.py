"""A report that is stopped from outside leaves no process behind, and the last good page."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.core.test_forking import _ends
from tests.report.test_many import notebook

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

WAITS = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open({told!r} + ".part", "w") as file:
    file.write(f"{{os.getpid()}} {{child.pid}}")
os.rename({told!r} + ".part", {told!r})
time.sleep(600)
"""


@pytest.mark.parametrize(
    "how",
    [
        signal.SIGTERM,
        pytest.param(signal.SIGHUP, marks=pytest.mark.promised),
        pytest.param(signal.SIGINT, marks=pytest.mark.promised),
    ],
)
def test_a_stopped_report_leaves_nothing_running(tmp_path, how):
    """By a scheduler (SIGTERM, as `timeout` and systemd send), a closed terminal, Ctrl-C."""
    out, told = tmp_path / "out", tmp_path / "pids"
    out.mkdir()
    (out / "waits.html").write_text("yesterday's")
    book = notebook(out / "waits.ipynb", WAITS.format(told=str(told)))
    # A suite in the background of a shell has Ctrl-C ignored, and would pass that on.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    heard += "signal.signal(signal.SIGHUP, signal.SIG_DFL); "  # nohup has it ignored
    program = heard + "from cxlab.cli.app import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "report", "--notebook", str(book), "-o", str(out)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
    )  # fmt: skip
    for _ in range(3000):  # a process takes seconds to start, on a busy machine many
        if told.exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(how)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 128 + how
    assert "Traceback" not in stderr
    assert all(_ends(int(pid)) for pid in told.read_text().split())
    assert (out / "waits.html").read_text() == "yesterday's"
    assert {p.name for p in out.iterdir()} == {"waits.html", "waits.ipynb"}


def test_what_a_cell_prints_past_python_does_not_spoil_the_json(tmp_path):
    book = notebook(tmp_path / "shell.ipynb", "import os; os.system('echo from a shell')")
    done = subprocess.run(
        [sys.executable, "-m", "cxlab", "report", "--notebook", str(book), "-o", str(tmp_path),
         "--json"], capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["path"] == str(tmp_path / "shell.html")
    assert "from a shell" in done.stderr
