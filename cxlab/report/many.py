"""Many reports from one warm parent, in forks: none leaves the next one more than warm memory.

A notebook of somebody else's has a fork of its own. What a report imports is imported once, and the
chart library is put together once. Where this process must not fork (a notebook's kernel, a program
with threads), a process is started that may.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cxlab.errors import CxlabError, InputError, RunError
from cxlab.files import bundled, notebook_file
from cxlab.forking import Outcome, forked
from cxlab.imports import importing
from cxlab.report.run import ReportResult, report
from cxlab.report.vega import Bundle, BundleJob
from cxlab.tables.texts import known_texts, learn_texts

__all__ = ["Made", "made_reports", "serve"]

Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What became of the request at `place`: its `result`, or the `error` that ended it."""

    place: int
    result: ReportResult | None = None
    error: CxlabError | None = None


def made_reports(
    requests: Sequence[Mapping[str, Any]],
    *,
    at_once: int = 1,
    time_limit: float | None = None,
    may_fork: bool = False,
    progress: Progress | None = None,
) -> Iterator[Made]:
    """Make a report of each request, the arguments of `report`; yield each as it is done.

    `at_once`: how many are worked on at a time. `time_limit`: seconds that one cell may take; a
    report whose cell takes longer, or whose process dies, becomes a RunError and the others go on.
    Where the system cannot fork (Windows) they are made here, one by one, and nothing is stopped.
    `may_fork`: this process can be the parent (see `cxlab.forking.may_fork`, asked before anything
    was computed). `progress(place, done, total)` counts the cells of each.
    """
    tasks = [_plain(request) for request in requests]
    if may_fork:
        yield from map(_made, _in_forks(tasks, at_once, time_limit, progress))
    elif hasattr(os, "fork") and (time_limit is not None or at_once > 1):
        yield from map(_made, _served(tasks, at_once, time_limit, progress))
    else:
        yield from _here(requests, progress)


def _here(requests: Sequence[Mapping[str, Any]], progress: Progress | None) -> Iterator[Made]:
    for place, request in enumerate(requests):
        told = None if progress is None else _at(place, progress)
        try:
            yield Made(place, report(**request, progress=told))
        except CxlabError as error:
            yield Made(place, error=error)


def _at(place: int, progress: Progress) -> Callable[[int, int], None]:
    return lambda done, total: progress(place, done, total)


def _in_forks(
    tasks: list[dict[str, Any]], at_once: int, limit: float | None, progress: Progress | None
) -> Generator[Outcome, None, None]:
    bundle = _warm_up()
    if len(tasks) > 1:
        _first_use(bundle, simulates=any(task.get("data") is None for task in tasks))
    with contextlib.closing(
        forked(
            _work,
            tasks,
            at_once=at_once,
            limit_s=limit,
            progress=progress,
            leaves_nothing=_leaves_nothing,
        )
    ) as outcomes:
        for outcome in outcomes:
            if outcome.error is None:
                told = outcome.value.pop("texts")
                if _leaves_nothing(tasks[outcome.place]):
                    learn_texts(told)
            yield outcome


def _leaves_nothing(task: Mapping[str, Any]) -> bool:
    """Return whether a report is made by a notebook of cxlab's own, which changes no setting.

    A notebook of somebody else's may leave anything in the process, and change what it tells.
    """
    given = task.get("notebook")
    if given is None:
        return True
    try:
        return notebook_file(given).resolve().parent == bundled("notebooks").resolve()
    except (CxlabError, OSError, RuntimeError, ValueError):  # told where it is read
        return False


_WARM = (
    "IPython.core.application", "IPython.core.completerlib", "IPython.core.magics",
    "cxlab.charts", "cxlab.experiment", "cxlab.lessons", "cxlab.report.engines",
    "cxlab.report.index", "cxlab.report.page", "cxlab.sim.desk", "cxlab.sim.recorder",
    "cxlab.tables.load", "ibis.backends.duckdb.converter", "ibis.expr.types.groupby",
    "ibis.formats.pandas", "jinja2.ext", "latex2mathml.converter", "mistune",
    "nbconvert.exporters", "pandas.core.reshape.reshape", "pandas.io.formats.string",
    "papermill.execute", "pyarrow.dataset", "pyarrow.pandas_compat",
)  # fmt: skip


def _warm_up() -> Bundle:
    """Import what reports import, and make what they share; nothing that starts a thread."""
    from cxlab.sim.engines import is_compiled

    job = BundleJob()
    with importing():
        for name in (*_WARM, *(["cxlab.sim.compiled"] if is_compiled() else [])):
            importlib.import_module(name)
    return job.result()


def _first_use(bundle: Bundle, *, simulates: bool) -> None:
    """Do once what every report would do for the first time; nothing that starts a thread.

    Schemas and the page's template are compiled, cxlab's own files are hashed, formulas drawn,
    machine code is loaded.
    """
    import ibis
    import nbformat
    import pandas as pd

    from cxlab.charts.hours import waits_by_hour
    from cxlab.charts.spread import Distribution, wait_distribution
    from cxlab.metrics import DESK, METRICS
    from cxlab.origin import code_sha256, git_commit, versions
    from cxlab.report.definitions import formula_markup
    from cxlab.report.page import first_page
    from cxlab.scenario import Scenario
    from cxlab.sim import describe
    from cxlab.sim.engines import is_compiled
    from cxlab.sim.run import replication_tables

    first_page(bundle)
    nbformat.validate(nbformat.v4.new_notebook())  # type: ignore[no-untyped-call]
    ibis.duckdb.name, code_sha256(), git_commit(), versions()
    for name in DESK:
        formula_markup(METRICS[name].formula)
    bins = pd.DataFrame({"start": [0.0], "end": [10.0], "n": [1]})
    waits = pd.DataFrame({"weekday": [0], "hour": [9], "value": [60.0], "n": [1]})
    for figure in (wait_distribution(Distribution("Any", bins, n=1)), waits_by_hour(waits)):
        figure.to_dict()
    if simulates and is_compiled():
        # The shipped one: a `base` of the user's may be wrong, or take minutes.
        base = Scenario.load(bundled("scenarios") / "base.toml")
        replication_tables(base, 1)
        describe(base)


def _work(task: Any, progress: Callable[[int, int], None]) -> dict[str, Any]:
    from cxlab.experiment.executors import end_workers

    known = set(known_texts())
    try:
        made = report(**task, progress=progress)
    finally:
        end_workers()
    return {
        "path": str(made.path),
        "manifest_path": str(made.manifest_path),
        "replaced": made.replaced,
        "texts": [text for text in known_texts() if text not in known],
        **{name: list(getattr(made, name)) for name in _LISTS},
    }


_LISTS = ("summary", "missed_targets", "alerts", "restated")


def _made(outcome: Outcome) -> Made:
    if outcome.error is not None:
        return Made(outcome.place, error=outcome.error)
    value: dict[str, Any] = outcome.value
    lists = (tuple(value[name]) for name in _LISTS)
    paths = Path(value["path"]), Path(value["manifest_path"])
    return Made(outcome.place, ReportResult(*paths, *lists, replaced=value["replaced"]))


def _plain(request: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request as JSON knows it."""
    plain = {name: str(v) if isinstance(v, Path) else v for name, v in request.items()}
    try:
        found: dict[str, Any] = json.loads(json.dumps(plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise InputError("a parameter of a report cannot be passed on", hint=str(error)) from None
    return found


def _served(
    tasks: list[dict[str, Any]], at_once: int, limit: float | None, progress: Progress | None
) -> Iterator[Outcome]:
    """Let a process of its own be the parent; what it says is read line by line."""
    asked = json.dumps({"tasks": tasks, "at_once": at_once, "limit": limit})
    server = subprocess.Popen(
        [sys.executable, "-c", "from cxlab.report.many import serve; serve()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    waiting = set(range(len(tasks)))
    try:
        with contextlib.suppress(BrokenPipeError):  # it ended at once: told below
            server.stdin.write(asked)
            server.stdin.close()
        for line in server.stdout:
            said = json.loads(line)
            if "progress" in said:
                if progress is not None:
                    progress(*said["progress"])
                continue
            waiting.discard(said["place"])
            yield _heard(said)
    finally:
        # It ends its own children when it is asked to stop, and must not wait for a reader then.
        if server.poll() is None and waiting:
            server.send_signal(signal.SIGTERM)
        server.stdout.close()
        server.wait()
    for place in sorted(waiting):
        given = f"exit code {server.returncode}"
        yield Outcome(place, error=RunError("the process that makes reports ended", given=given))


def _heard(said: Mapping[str, Any]) -> Outcome:
    if "value" in said:
        return Outcome(said["place"], said["value"])
    kind = InputError if said["kind"] == "InputError" else RunError
    return Outcome(said["place"], error=kind(said["error"]))


def serve() -> None:
    """Be the parent: read the requests from stdin, write what becomes of them to stdout."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    asked = json.load(sys.stdin)

    def say(line: dict[str, Any]) -> None:
        print(json.dumps(line), flush=True)

    def told(place: int, done: int, total: int) -> None:
        say({"progress": [place, done, total]})

    made = _in_forks(asked["tasks"], asked["at_once"], asked["limit"], told)
    with contextlib.closing(made):
        for outcome in made:
            if outcome.error is None:
                say({"place": outcome.place, "value": outcome.value})
            else:
                kind = "InputError" if isinstance(outcome.error, InputError) else "RunError"
                say({"place": outcome.place, "kind": kind, "error": str(outcome.error)})
