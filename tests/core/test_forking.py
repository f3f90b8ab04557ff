"""Work in forks: results, errors and deaths come back; what hangs is stopped; nothing is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

# In a process of its own: the one of the tests has threads, and must not fork.
FRAME = """
import json, os, signal, sys, time
from cxlab.errors import InputError, RunError
from cxlab.forking import allow_forks, forked, may_fork

allow_forks()
assert may_fork()
told = []

{body}

found = []
rule = {{"leaves_nothing": leaves_nothing}} if "leaves_nothing" in globals() else {{}}
for outcome in forked(work, {tasks}, progress=lambda *p: told.append(p), **{options}, **rule):
    error = outcome.error
    found.append([outcome.place, outcome.value, error and [type(error).__name__, str(error)]])
try:
    os.waitpid(-1, 0)
    left = True
except ChildProcessError:
    left = False
print(json.dumps({{"found": sorted(found), "told": told, "left": left}}))
"""


def play(body, tasks, **options):
    program = FRAME.format(body=textwrap.dedent(body), tasks=tasks, options=options)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    return json.loads(done.stdout), done.stderr


def told_by(program):
    """Run a program in a process of its own and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


def test_results_and_progress_of_every_task_come_back():
    found, _ = play(
        """
        def work(task, progress):
            progress(1, 2)
            progress(2, 2)
            return {"double": 2 * task, "long": "x" * 200_000}
        """,
        [3, 4, 5],
        at_once=2,
    )
    assert [(place, value["double"], error) for place, value, error in found["found"]] == [
        (0, 6, None), (1, 8, None), (2, 10, None),
    ]  # fmt: skip
    assert all(len(value["long"]) == 200_000 for _, value, _ in found["found"])
    assert sorted(map(tuple, found["told"])) == [(p, d, 2) for p in range(3) for d in (1, 2)]
    assert not found["left"]


def test_one_that_fails_dies_or_hangs_takes_no_other_along():
    found, stderr = play(
        """
        def work(task, progress):
            if task == "bad":
                raise InputError("no such thing", given="x")
            if task == "fails":
                raise RunError("went wrong")
            if task == "bug":
                raise ZeroDivisionError("a mistake")
            if task == "dies":
                progress(3, 9)
                os.kill(os.getpid(), signal.SIGKILL)
            if task == "hangs":
                progress(2, 9)
                time.sleep(600)
            return task
        """,
        ["bad", "good", "fails", "bug", "dies", "hangs", "last"],
        limit_s=1.0,
        at_once=2,
    )
    values = {place: value for place, value, _ in found["found"]}
    errors = {place: error for place, _, error in found["found"]}
    assert values == dict.fromkeys(range(7)) | {1: "good", 6: "last"}
    assert errors[0] == ["InputError", "no such thing: given 'x'"]
    assert errors[2] == ["RunError", "went wrong"]
    assert errors[3] == ["RunError", "the process of the report ended: given 'exit code 1'"]
    assert "ZeroDivisionError: a mistake" in stderr
    assert errors[4][1].startswith("the process of the report was killed after cell 3 of 9")
    assert "memory" in errors[4][1]
    assert errors[5][1].startswith("nothing came to an end within 1 s, after cell 2 of 9: stopped")
    assert not found["left"]


def test_the_limit_is_for_each_step_not_for_the_whole():
    found, _ = play(
        """
        def work(task, progress):
            for step in range(6):
                time.sleep(0.4)
                progress(step + 1, 6)
            return "done"
        """,
        [0],
        limit_s=1.2,
    )
    assert found["found"] == [[0, "done", None]]


def test_leaving_early_ends_what_still_runs_with_all_that_it_started():
    program = """
        import os, subprocess, sys, time
        from cxlab.forking import forked

        def work(task, progress):
            if task == "waits":
                child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
                progress(child.pid, 0)
                time.sleep(600)
            time.sleep(1.5)
            return task

        pids = []
        for outcome in forked(work, ["waits", "quick"], at_once=2,
                              progress=lambda place, done, total: pids.append(done)):
            break
        del outcome
        print(*pids)
    """
    said = told_by(program)
    (pid,) = map(int, said.split())
    assert _ends(pid)


def _ends(pid):
    for _ in range(50):
        if not _runs(pid):
            return True
        time.sleep(0.1)
    return False


def _runs(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def test_only_a_process_of_its_own_without_threads_may_fork():
    check = "from cxlab.forking import allow_forks, may_fork"
    thread = "import threading, time; threading.Thread(target=time.sleep, args=(3,)).start()"
    for steps, expected in (
        ("pass", "False"),
        ("allow_forks()", "True"),
        (f"allow_forks(); {thread}", "False"),
    ):
        program = f"{check}\n{steps}\nprint(may_fork())"
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == expected, steps


def test_what_a_task_started_ends_with_it_and_does_not_keep_it():
    """A process that the task leaves behind has its pipe open: the outcome is told all the same."""
    program = """
        import os, subprocess, sys, time
        from cxlab.forking import forked

        def work(task, progress):
            child = os.fork()
            if child == 0:
                time.sleep(600)
            return child

        for outcome in forked(work, [0]):
            print(outcome.value)
    """
    said = told_by(program)
    assert _ends(int(said))


def test_what_a_task_prints_past_python_is_no_answer():
    found, stderr = play(
        """
        def work(task, progress):
            os.system("echo from a shell")
            if task:
                raise OSError(28, "No space left on device")
            return "done"
        """,
        [0, 1],
    )
    assert found["found"] == [
        [0, "done", None], [1, None, ["RunError", "No space left on device"]],
    ]  # fmt: skip
    assert stderr.count("from a shell") == 2
    assert "Traceback" not in stderr


def test_a_parent_that_is_gone_ends_its_children_at_their_next_step():
    program = """
        import os, signal, sys, time
        from cxlab.forking import forked

        def work(task, progress):
            progress(os.getpid(), 0)
            time.sleep(1)
            progress(1, 1)
            time.sleep(600)

        def heard(place, done, total):
            print(done, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

        list(forked(work, [0], progress=heard))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, timeout=60
    )
    assert _ends(int(done.stdout))
    assert "Traceback" not in done.stderr


def test_a_fork_knows_that_it_is_one_and_still_looks_for_garbage():
    found, _ = play(
        """
        import gc
        from cxlab.forking import is_fork
        from cxlab.imports import importing

        with importing():
            assert not gc.isenabled()
        assert gc.isenabled() and not is_fork()

        def work(task, progress):
            return [is_fork(), gc.isenabled(), gc.get_freeze_count() > 0]
        """,
        [1],
    )
    assert found["found"] == [[0, [True, True, True], None]]


def test_the_parent_looks_for_garbage_as_before():
    _, stderr = play(
        """
        import atexit, gc

        def work(task, progress):
            return task

        before = gc.get_freeze_count()
        atexit.register(lambda: print(before, gc.get_freeze_count(), file=sys.stderr))
        """,
        [1],
    )
    before, after = map(int, stderr.split())
    assert before == after


IN_A_ROW = """
    done = []

    def leaves_nothing(task):
        return not task.startswith("own")

    def work(task, progress):
        progress(1, 1)
        done.append(task)
        if task == "bad":
            raise RunError("went wrong")
        return [os.getpid(), list(done)]
"""


def test_tasks_that_leave_nothing_go_on_in_one_process():
    found, _ = play(IN_A_ROW, ["a", "b", "c"])
    values = [value for _, value, _ in found["found"]]
    assert len({pid for pid, _ in values}) == 1
    assert [done for _, done in values] == [["a"], ["a", "b"], ["a", "b", "c"]]
    assert found["told"] == [[0, 1, 1], [1, 1, 1], [2, 1, 1]]
    assert not found["left"]


def test_one_that_may_leave_something_has_a_process_of_its_own():
    found, _ = play(IN_A_ROW, ["a", "own 1", "own 2", "b", "c"])
    done = [value[1] for _, value, _ in found["found"]]
    assert done == [["a"], ["own 1"], ["own 2"], ["b"], ["b", "c"]]


def test_after_one_that_failed_the_next_begins_anew():
    found, _ = play(IN_A_ROW, ["a", "bad", "b", "c"])
    assert found["found"][1][2] == ["RunError", "went wrong"]
    done = [value and value[1] for _, value, _ in found["found"]]
    assert done == [["a"], None, ["b"], ["b", "c"]]
    assert not found["left"]


def test_a_process_does_so_many_tasks_and_no_more():
    body = "    import cxlab.forking\n    cxlab.forking.MOST = 2\n" + IN_A_ROW
    found, _ = play(body, ["a", "b", "c", "d", "e"])
    done = [value[1] for _, value, _ in found["found"]]
    assert done == [["a"], ["a", "b"], ["c"], ["c", "d"], ["e"]]


def test_one_that_dies_while_it_waits_is_replaced():
    program = """
        import os, threading, time
        from cxlab.forking import forked

        def work(task, progress):
            threading.Timer(0.2, os._exit, [1]).start()
            return os.getpid()

        pids = []
        for outcome in forked(work, [0, 1], leaves_nothing=lambda _: True):
            pids.append(outcome.value)
            time.sleep(1.0)
        print(len(set(pids)), None in pids)
    """
    said = told_by(program)
    assert said.split() == ["2", "False"]


def test_the_limit_of_a_step_counts_from_the_task_on():
    """A process that waited for its next task for longer than the limit was not silent."""
    program = """
        import time
        from cxlab.forking import forked

        def work(task, progress):
            time.sleep(0.3)
            return task

        for outcome in forked(work, [5, 6], limit_s=1.0, leaves_nothing=lambda _: True):
            print(outcome.value, outcome.error)
            time.sleep(1.5)
    """
    said = told_by(program)
    assert said.splitlines() == ["5 None", "6 None"]


def test_a_task_that_its_used_process_could_not_begin_is_given_to_a_new_one():
    """Killed between two tasks, by the system or by whoever: the second one is not lost."""
    body = IN_A_ROW.replace("progress(1, 1)\n", "len(done) == 1 and os._exit(1)\n")
    found, _ = play(body, ["a", "b"])
    assert [value[1] for _, value, _ in found["found"]] == [["a"], ["b"]]
    assert not found["left"]
