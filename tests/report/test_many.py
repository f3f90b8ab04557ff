"""Many reports at once: the pages are those made alone; what dies or hangs takes none along."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import cxlab as cx
from cxlab.files import bundled
from cxlab.report.many import made_reports
from tests.report.helpers import small_scenario

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def notebook(path, source):
    cell = {"cell_type": "code", "id": "c", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [
        {**cell, "id": "p", "source": "n: int = 1", "metadata": {"tags": ["parameters"]}},
        {**cell, "source": source},
    ]
    about = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(about), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Five requests to a process that makes reports, two at once; one page was there before."""
    folder = tmp_path_factory.mktemp("many")
    scenario, out = small_scenario(folder), folder / "out"
    out.mkdir()
    (out / "dies.html").write_text("yesterday's")
    requests = [
        {"scenario": scenario},
        {"notebook": notebook(folder / "dies.ipynb", "import os; os.kill(os.getpid(), 9)")},
        {"scenario": scenario, "parameters": {"replicationz": 3}},
        {"notebook": notebook(folder / "fails.ipynb", "1 / 0")},
        {"scenario": scenario, "parameters": {"seed": 8}},
    ]
    told = []
    found = {
        each.place: each
        for each in made_reports(
            [{**request, "out": out} for request in requests],
            at_once=2, time_limit=60.0, progress=lambda *said: told.append(said),
        )
    }  # fmt: skip
    return folder, out, found, told


def test_pages_are_those_that_are_made_alone(made):
    folder, _, found, told = made
    for place, seed in ((0, None), (4, 8)):
        given = {} if seed is None else {"seed": seed}
        alone = cx.report.report(
            small_scenario(folder), parameters=given, out=folder / f"alone-{place}"
        )
        assert found[place].result.path.read_bytes() == alone.path.read_bytes()
        assert found[place].result.summary == alone.summary
    assert (0, 14, 14) in told
    assert found[0].result.path != found[4].result.path


def test_what_dies_or_is_wrong_is_an_error_of_its_own(made):
    _, out, found, _ = made
    assert "was killed after cell" in str(found[1].error)
    assert "SIGKILL" in str(found[1].error)
    assert isinstance(found[2].error, cx.InputError)
    assert "did you mean 'replications'?" in str(found[2].error)
    assert "ZeroDivisionError" in str(found[3].error)
    assert all(found[place].result is None for place in (1, 2, 3))
    assert (out / "dies.html").read_text() == "yesterday's"
    assert not list(out.glob(".*.html")) + list(out.glob("fails*"))


def test_what_hangs_ends_at_its_time_and_the_last_good_page_stays(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "hangs.html").write_text("yesterday's")
    hangs = notebook(tmp_path / "hangs.ipynb", "import time; time.sleep(600)")
    (made,) = made_reports([{"notebook": hangs, "out": out}], time_limit=4.0)
    assert made.result is None
    assert "nothing came to an end within" in str(made.error)
    assert [p.name for p in out.iterdir()] == ["hangs.html"]
    assert (out / "hangs.html").read_text() == "yesterday's"


def test_in_a_process_with_threads_they_are_made_one_after_the_other(tmp_path):
    requests = [{"scenario": small_scenario(tmp_path), "out": tmp_path / "out"}, {"scenario": "no"}]
    one, other = made_reports(requests)
    assert one.result.path.name == "small.html"
    assert isinstance(other.error, cx.InputError)


IN_FORKS = """
import json, sys, threading
from cxlab.forking import allow_forks
allow_forks()
from cxlab.files import bundled
from cxlab.report.many import made_reports
from cxlab.tables.texts import known_texts
started = []
from cxlab.forking import _Child
from cxlab.report import many
class Child(_Child):
    @classmethod
    def started(cls, *given):
        started.append(given[2])
        return super().started(*given)
many.forked.__globals__["_Child"] = Child
for made in made_reports(json.loads(sys.argv[1]), may_fork=True):
    print(made.error or made.result.path)
print(len(known_texts()), threading.active_count(), *started)
"""


def in_forks(requests):
    done = subprocess.run(
        [sys.executable, "-c", IN_FORKS, json.dumps(requests)],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    *told, last = done.stdout.splitlines()
    texts, threads, *started = map(int, last.split())
    return told, texts, threads, started


def test_pages_made_in_a_row_are_those_made_alone(tmp_path):
    """A desk, a log, a customer base, the desk again: none finds anything of the one before it."""
    desk = str(small_scenario(tmp_path))
    requests = [
        {"scenario": desk}, {"data": "sample", "period": "2026-W08"},
        {"scenario": "consumer_subscription", "parameters": {"replications": 2}},
        {"scenario": desk, "parameters": {"seed": 8}}, {"scenario": desk},
    ]  # fmt: skip
    given = [{**one, "out": str(tmp_path / f"row-{place}")} for place, one in enumerate(requests)]
    paths, texts, threads, started = in_forks(given)
    assert started == [0]  # one process made them all
    for place, one in enumerate(requests):
        alone = cx.report.report(**one, out=tmp_path / f"alone-{place}")
        assert Path(paths[place]).read_bytes() == alone.path.read_bytes(), one
    assert texts > 0  # told to the parent, and so to the next process
    assert threads == 1  # it may go on forking


SLY = """import cxlab as cx
import cxlab.tables.checks
cxlab.tables.checks.breaches_of = lambda table, spec: []
print(len(cx.Tables.read(log).frame("tickets")))"""


def test_a_notebook_of_somebody_elses_changes_no_other_report(tmp_path):
    """It reads the log without its rules: neither its process nor its queries are taken on."""
    log = tmp_path / "log"
    log.mkdir()
    (log / "tickets.csv").write_text(
        "ticket_id,created_at,channel,status\n"
        + "".join(f"t{n},2026-01-0{5 + n % 5}T09:00:00Z,{'fax' if n % 3 else 'email'},open\n"
                  for n in range(60))
    )  # fmt: skip
    sly = notebook(tmp_path / "sly.ipynb", SLY.replace("log", repr(str(log))))
    page = {"data": str(log), "period": "2026-W02"}
    requests = [{"notebook": str(sly)}, page, {"notebook": "nothing.ipynb"}, page]
    told, _, _, started = in_forks(
        [{**one, "out": str(tmp_path / str(place))} for place, one in enumerate(requests)]
    )
    assert started == [0, 1, 2, 3]
    assert "60" in Path(told[0]).read_text()
    for path in (told[1], told[3]):
        assert "60 tickets read, 40 set aside; 20 count." in Path(path).read_text()
    assert told[2].startswith("no such notebook")


def test_whose_notebook_it_is(tmp_path):
    from cxlab.report.many import _leaves_nothing

    loop = tmp_path / "loop.ipynb"
    loop.symlink_to(loop)
    own = notebook(tmp_path / "periodic.ipynb", "1")
    shipped = bundled("notebooks") / "periodic.ipynb"
    for given, expected in ((None, True), ("compare", True), (str(shipped), True), (own, False),
                            (str(loop), False), ("nothing", False), ("\0", False)):  # fmt: skip
        assert _leaves_nothing({"notebook": given}) is expected, given
