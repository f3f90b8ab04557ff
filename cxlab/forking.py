"""Work in forked processes: from one warm parent, each within its time, none taking others along.

What has been imported is there at once in a fork, and nothing that the work leaves behind is there
in the next one; work that leaves nothing may go on in the same process, which has all at hand. A
fork must not be taken of a process with threads: see `may_fork`.
"""

from __future__ import annotations

import contextlib
import gc
import json
import multiprocessing.util
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from cxlab.errors import CxlabError, InputError, RunError, of_system

__all__ = ["Outcome", "allow_forks", "forked", "is_fork", "may_fork"]

Progress = Callable[[int, int], None]
Work = Callable[[Any, Progress], Any]
"""Does a task and returns plain data (as JSON knows it); tells its progress (done, total)."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the task at `place`: its `value`, or the `error` that ended it."""

    place: int
    value: Any = None
    error: CxlabError | None = None


_OWN = threading.Event()


_FORK = threading.Event()


def allow_forks() -> None:
    """Say that this process is cxlab's own from the start, and computes nothing by itself."""
    _OWN.set()


def is_fork() -> bool:
    """Return whether this process was forked for tasks and ends with them."""
    return _FORK.is_set()


def may_fork() -> bool:
    """Return whether this process may fork: it is cxlab's own, and runs one thread.

    In others nobody knows what a library is about at the moment: a lock that one of its threads
    holds would be held for ever in the fork.
    """
    return _OWN.is_set() and hasattr(os, "fork") and threading.active_count() == 1


def forked(
    work: Work,
    tasks: Sequence[Any],
    *,
    at_once: int = 1,
    limit_s: float | None = None,
    progress: Callable[[int, int, int], None] | None = None,
    leaves_nothing: Callable[[Any], bool] = lambda _: False,
) -> Generator[Outcome, None, None]:
    """Do every task in a fork, `at_once` at a time; yield what becomes of each.

    Each has a fork of its own. Those of which `leaves_nothing` is true may be done one after the
    other in one, up to `MOST` of them and until one fails: pages of memory that were written once
    are there then.
    A task that tells no progress for `limit_s` seconds is killed, and is a RunError then, as is
    one whose process dies. `progress(place, done, total)` passes on what the tasks tell. Leaving
    early, by an exception too, kills what still runs. What a task prints past Python goes to
    stderr, and what it has started ends with its process.
    """
    group = _Group(work, tasks, leaves_nothing)
    with selectors.DefaultSelector() as ready:
        try:
            gc.freeze()  # a look at what was there before would only copy its pages
            while group.waiting or group.running:
                while group.waiting and len(group.running) < at_once:
                    ready.register(group.begin().pipe, selectors.EVENT_READ)
                for key, _ in ready.select(timeout=_TICK_S):
                    child = group.running[key.fd]
                    for told in child.read():
                        child.heard = time.monotonic()
                        if progress is not None:
                            progress(child.place, *told)
                    if child.closed or child.outcome is not None:
                        ready.unregister(child.pipe)
                        outcome = group.take(child)
                        if outcome is not None:
                            yield outcome
                for child in _silent(group.running.values(), limit_s):
                    ready.unregister(child.pipe)
                    yield group.stop(child, limit_s or 0.0)
                group.tidy()
        finally:
            group.end()
            gc.unfreeze()


@dataclass
class _Group:
    """The tasks that wait, and the processes: at work, free for another task, or at their end.

    Each is in one of the three at any moment, whatever signal comes: none is lost.
    """

    work: Work
    tasks: Sequence[Any]
    leaves_nothing: Callable[[Any], bool]
    running: dict[int, _Child] = field(default_factory=dict)
    free: list[_Child] = field(default_factory=list)
    ending: list[_Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.waiting = list(range(len(self.tasks)))

    def begin(self) -> _Child:
        """Give the next task to a process that is free, or to a new one."""
        place = self.waiting[0]
        reused = self.leaves_nothing(self.tasks[place])
        with _undisturbed() as mask:
            child = self._free(place) if reused else None
            if child is None:
                while self.free:
                    self._let_go(self.free.pop())
                others = [*self.running.values(), *self.ending]
                child = _Child.started(self.work, self.tasks, place, mask, others)
            self.running[child.pipe] = child
            del self.waiting[0]
        return child

    def _free(self, place: int) -> _Child | None:
        """Return a process that was free and has taken the task."""
        while self.free:
            child = self.free.pop()
            if child.goes_on(place):
                return child
            self._let_go(child)
        return None

    def _let_go(self, child: _Child) -> None:
        child.kill()
        self.ending.append(child)

    def take(self, child: _Child) -> Outcome | None:
        """Return what became of a process's task; None where it is given to another one."""
        well = bool(self.waiting) and child.is_well()
        again = well and self.leaves_nothing(self.tasks[child.place])
        with _undisturbed():
            del self.running[child.pipe]
            if again:
                self.free.append(child)
                return child.said()
            self._let_go(child)
            if child.was_gone():
                self.waiting.insert(0, child.place)
                return None
        return child.end()

    def stop(self, child: _Child, limit_s: float) -> Outcome:
        """Kill a process that was silent for too long."""
        with _undisturbed():
            del self.running[child.pipe]
            self._let_go(child)
        return child.stopped(limit_s)

    def tidy(self) -> None:
        """Forget the processes that are gone."""
        with _undisturbed():
            self.ending = [child for child in self.ending if not child.is_gone()]

    def end(self) -> None:
        """Kill what is left, and wait until it is gone."""
        with _undisturbed():
            left = [*self.running.values(), *self.free, *self.ending]
            for child in left:
                child.kill()
            for child in left:
                child.gone()


MOST = 20
"""Tasks that one process does one after the other: what little each leaves in memory adds up."""

_TICK_S = 0.2


_ENDING = [getattr(signal, n) for n in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, n)]


@contextlib.contextmanager
def _undisturbed() -> Iterator[Any]:
    """Put off the signals that end this process, so that no child is lost; give the mask before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _silent(children: Any, limit_s: float | None) -> list[_Child]:
    now = time.monotonic()
    return [c for c in children if limit_s is not None and now - c.heard > limit_s]


@dataclass
class _Child:
    """A process at work, and what it has said through its pipe."""

    place: int
    pid: int
    pipe: int
    asks: int
    tasks: int = 1
    heard: float = field(default_factory=time.monotonic)
    closed: bool = False
    done: tuple[int, int] = (0, 0)
    outcome: dict[str, Any] | None = None
    _rest: bytes = b""
    _code: int | None = None

    @classmethod
    def started(
        cls, work: Work, tasks: Sequence[Any], place: int, mask: Any, others: Sequence[_Child]
    ) -> _Child:
        """Start a process with a task; it closes what it inherits of the pipes of `others`."""
        sys.stdout.flush()
        sys.stderr.flush()
        ours, theirs = os.pipe()
        asked, asks = os.pipe()
        pid = os.fork()
        if pid == 0:  # pragma: no cover - another process
            # So that it is told, by a broken pipe, when the parent is gone.
            for pipe in [ours, asks, *(p for other in others for p in other.pipes())]:
                os.close(pipe)
            _play(work, tasks, place, theirs, asked, mask)
        os.close(theirs)
        os.close(asked)
        os.set_blocking(ours, False)
        return cls(place, pid, ours, asks)

    def pipes(self) -> tuple[int, ...]:
        """Return the ends of its pipes that are open here."""
        return (self.pipe, self.asks) if self._code is None else ()

    def is_well(self) -> bool:
        """Return whether the process has done its task, and may have another."""
        done = not self.closed and self.outcome is not None and "value" in self.outcome
        return done and self.tasks < MOST

    def was_gone(self) -> bool:
        """Return whether the process had died before it could begin with another task."""
        return self.outcome is None and self.tasks > 1 and self.done == (0, 0)

    def goes_on(self, place: int) -> bool:
        """Give the process another task; return whether it is still there to take it."""
        try:
            os.write(self.asks, f"{place}\n".encode())
        except BrokenPipeError:
            return False
        self.place, self.done, self.outcome = place, (0, 0), None
        self.tasks, self.heard = self.tasks + 1, time.monotonic()
        return True

    def said(self) -> Outcome:
        """Return what a process that is well has done."""
        assert self.outcome is not None
        return Outcome(self.place, self.outcome["value"])

    def read(self) -> list[tuple[int, int]]:
        """Take in what was said since; return the progress in it."""
        try:
            piece = os.read(self.pipe, 1 << 16)
        except BlockingIOError:
            return []
        self.closed = not piece
        *lines, self._rest = (self._rest + piece).split(b"\n")
        told = []
        for line in map(json.loads, lines):
            if "progress" in line:
                self.done = (line["progress"][0], line["progress"][1])
                told.append(self.done)
            else:
                self.outcome = line
        return told

    def end(self) -> Outcome:
        """Return what a process that has said what became of its task, or can no more, has done."""
        self.kill()
        if self.outcome is None:
            return Outcome(self.place, error=_died(self.gone(), self.done))
        if "value" in self.outcome:
            return self.said()
        kind = InputError if self.outcome["kind"] == "InputError" else RunError
        return Outcome(self.place, error=kind(self.outcome["error"]))

    def stopped(self, limit_s: float) -> Outcome:
        """Kill a process that was silent for too long."""
        self.kill()
        where = f"after cell {self.done[0]} of {self.done[1]}" if self.done[1] else "at the start"
        what = f"nothing came to an end within {limit_s:g} s, {where}: stopped"
        return Outcome(self.place, error=RunError(what, hint="--time-limit allows more seconds"))

    def kill(self) -> None:
        """End the process and all that it has started; it takes a moment to be gone."""
        if self._code is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):  # before it had a group of its own
            os.kill(self.pid, signal.SIGKILL)

    def is_gone(self) -> bool:
        """Return whether the process has given back its memory, which takes a moment, too.

        The next one need not wait for that.
        """
        return self._waited(os.WNOHANG) is not None

    def gone(self) -> int:
        """Wait until the process is gone; return its exit code, or minus the signal's number."""
        code = self._waited(0)
        assert code is not None
        return code

    def _waited(self, how: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, how)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
                os.close(self.pipe)
                os.close(self.asks)
        return self._code


_NAMES = {int(one): one.name for one in signal.Signals}


def _died(code: int, done: tuple[int, int]) -> RunError:
    after = f" after cell {done[0]} of {done[1]}" if done[1] else ""
    if code < 0:
        name = _NAMES.get(-code, f"signal {-code}")
        hint = "the system may have run out of memory" if name == "SIGKILL" else None
        return RunError(f"the process of the report was killed{after}", given=name, hint=hint)
    return RunError(f"the process of the report ended{after}", given=f"exit code {code}")


def _play(
    work: Work, tasks: Sequence[Any], place: int, pipe: int, asked: int, mask: Any
) -> None:  # pragma: no cover
    """Do a task and say what became of it, and others as they are asked; never returns."""
    code, shared = 0, cast("Any", multiprocessing.util)
    _FORK.set()
    try:
        os.setpgid(0, 0)
        for one in _ENDING:  # what the parent does then is not for its children
            if signal.getsignal(one) is not signal.SIG_IGN:
                signal.signal(one, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.dup2(2, 1)  # stdout is the parent's, whose reader expects nothing else there
        # As in a process of multiprocessing: what is to be cleared up at its end is its own only.
        shared._finalizer_registry.clear()
        with open(asked, encoding="ascii") as more:
            _one(work, tasks[place], pipe)
            for line in more:
                _one(work, tasks[int(line)], pipe)
    except BrokenPipeError:  # the parent is gone
        code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        with contextlib.suppress(Exception):
            shared._run_finalizers()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _one(work: Work, task: Any, pipe: int) -> None:  # pragma: no cover
    said = _said(work, task, lambda done, total: _say(pipe, {"progress": [done, total]}))
    with contextlib.suppress(Exception):  # before the answer: the parent ends what is left then
        cast("Any", multiprocessing.util)._run_finalizers()
    sys.stdout.flush()
    sys.stderr.flush()
    _say(pipe, said)


def _said(work: Work, task: Any, progress: Progress) -> dict[str, Any]:
    try:
        return {"value": work(task, progress)}
    except CxlabError as error:
        kind = "InputError" if isinstance(error, InputError) else "RunError"
        return {"kind": kind, "error": str(error)}
    except BrokenPipeError:
        raise
    except OSError as error:  # no disk, no folder for temporary files: no mistake of cxlab's
        told = of_system(error)
        return {"kind": type(told).__name__, "error": str(told)}


def _say(pipe: int, line: dict[str, Any]) -> None:
    data = json.dumps(line).encode("utf-8") + b"\n"
    while data:
        data = data[os.write(pipe, data) :]
