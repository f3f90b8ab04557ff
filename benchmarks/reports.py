"""What a report costs beyond its numbers: cold, in a sweep of reports, and on 5 M tickets.

Cold: `cxlab report` on the base scenario as a whole process, against a bare script that computes
the same numbers and charts; beside them the kernel engine and the stock way (papermill's and
nbconvert's own command lines). A sweep: reports of one scenario with different seeds, made in one
call, against a script that computes the same in a loop. Large: the periodic page of a log of 5 M
tickets, against its numbers alone. Prints medians and ratios. Run: `make bench`, or
`python benchmarks/reports.py --large`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from measure_groups import SYNTHETIC

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SCENARIO = ROOT / "scenarios" / "base.toml"

# Everything the notebook computes, charts as the specifications that a page draws, and nothing of
# the page.
BARE = """
import sys
import cxlab as cx
from cxlab.experiment import warm_up_of

def numbers(seed):
    desk = cx.Scenario.load({scenario!r})
    tables = cx.simulate(desk, seed=seed)
    kpis = cx.over_replications(tables)
    cx.doubts(desk, tables)
    cx.charts.waits_by_hour(cx.charts.hourly_waits(tables, desk.time_zone)).to_dict()
    cx.charts.load_against_staffing(cx.charts.hourly_load(tables, desk.time_zone)).to_dict()
    cx.analytic_neighbours(desk, tables)
    cx.charts.wait_distribution(cx.charts.first_response_times(tables)).to_dict()
    cx.charts.warm_up(warm_up_of(desk, tables)).to_dict()
    return kpis

for seed in range(1, 1 + int(sys.argv[1])):
    sys.stdin.readline()
    numbers(seed)
    print(seed, flush=True)
"""

SWEEP = """
import sys
from cxlab.forking import allow_forks
allow_forks()
from cxlab.report.many import made_reports
requests = [
    {{"scenario": {scenario!r}, "parameters": {{"seed": seed}}, "out": sys.argv[2]}}
    for seed in range(1, 1 + int(sys.argv[1]))
]
made = made_reports(requests, may_fork=True)
for _ in requests:
    sys.stdin.readline()
    one = next(made)
    if one.error is not None:
        raise one.error
    print(one.place, flush=True)
"""

# Everything that the periodic notebook asks of a log.
LARGE_BARE = """
import sys
import cxlab as cx
log = cx.report.choose_period(cx.report.read_log(sys.argv[1]), "last")
log.measure(), log.before()
log.trends(list(cx.report.HEADLINES))
for by in ("channel", "priority", "group"):
    log.measure(cx.report.DRILL, by=by)
cx.charts.hourly_waits(log.tables, log.time_zone, log.current)
cx.charts.first_response_times(log.tables, log.current)
"""


def seconds(folder: str, *commands: list[str]) -> float:
    """Run the commands one after the other and return how long they took together."""
    started = time.perf_counter()
    for command in commands:
        subprocess.run(
            command, cwd=folder, check=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    return time.perf_counter() - started


def program(text: str, *arguments: object) -> list[str]:
    """Return the command that runs a program of one of the texts above."""
    source = text.format(scenario=str(SCENARIO)) if "{scenario" in text else text
    return [sys.executable, "-c", source, *map(str, arguments)]


def cold(runs: int) -> None:
    """Print what one report takes, against the bare script and the other ways."""
    ours, bare, kernel, stock = [], [], [], []
    notebook = str(ROOT / "notebooks" / "scenario.ipynb")
    with tempfile.TemporaryDirectory() as folder:
        report = [str(BIN / "cxlab"), "report", str(SCENARIO), "--out", folder]
        papermill = [str(BIN / "papermill"), notebook, "out.ipynb", "-p", "scenario", str(SCENARIO)]
        convert = [str(BIN / "jupyter"), "nbconvert", "--to", "html", "out.ipynb"]
        seconds(folder, report)  # compiles the modules, and keeps the chart library
        for _ in range(runs):
            ours.append(seconds(folder, report))
            bare.append(seconds(folder, program(BARE, 1)))
            kernel.append(seconds(folder, [*report, "--engine", "kernel"]))
            stock.append(seconds(folder, papermill, convert))
        size = (Path(folder) / "base.html").stat().st_size
    base = statistics.median(bare)
    print(f"bare script                       {base:6.2f} s")
    for name, times in (("cxlab report", ours), ("cxlab report --engine kernel", kernel),
                        ("papermill + nbconvert (stock)", stock)):  # fmt: skip
        mine = statistics.median(times)
        print(f"{name:<34}{mine:6.2f} s  {mine / base:.2f} x the bare script")
    print(f"page                              {size / 1000:6.1f} kB")


def in_turns(folder: str, blocks: int, *commands: list[str]) -> list[list[float]]:
    """Let programs do blocks of rounds in turn, asked on stdin; return what a round of each took.

    In turn, as a machine that others work on is a tenth faster or slower from minute to minute. The
    first round of a block is left out: it finds the memory of the other program in the caches. So
    is the first block, which does once what the others find done.
    """
    with contextlib.ExitStack() as stack:
        programs = [
            stack.enter_context(
                subprocess.Popen(
                    command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL, text=True, bufsize=1,
                )
            )
            for command in commands
        ]  # fmt: skip
        took: list[list[float]] = [[] for _ in commands]
        for number in range(blocks):
            turn = list(zip(programs, took, strict=True))
            for program, mine in turn if number % 2 else reversed(turn):
                told = [one_round(program) for _ in range(BLOCK)]
                mine.append((told[-1] - told[0]) / (BLOCK - 1))
    return [mine[1:] for mine in took]


BLOCK = 4


def one_round(program: subprocess.Popen[str]) -> float:
    """Let a program do a round; return when it was done."""
    assert program.stdin is not None
    assert program.stdout is not None
    program.stdin.write("go\n")
    if not program.stdout.readline():
        raise subprocess.CalledProcessError(program.wait(), program.args)
    return time.perf_counter()


def sweep(blocks: int) -> None:
    """Print what each further report takes beyond its numbers, by blocks side by side."""
    rounds = (1 + blocks) * BLOCK
    with tempfile.TemporaryDirectory() as folder:
        commands = program(SWEEP, rounds, folder), program(BARE, rounds)
        each, numbers = in_turns(folder, 1 + blocks, *commands)
    beyond = [page - bare for page, bare in zip(each, numbers, strict=True)]
    low, middle, high = statistics.quantiles(beyond, n=4)
    print(f"each further report               {statistics.median(each):6.2f} s")
    print(f"its numbers and charts alone      {statistics.median(numbers):6.2f} s")
    print(f"the page beyond them              {middle:6.2f} s ({low:.2f} to {high:.2f})")


def large(tickets: int) -> None:
    """Print what the periodic page of a large log takes beyond its numbers."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        log.mkdir()
        duckdb.sql(SYNTHETIC.format(n=tickets, path=log / "tickets.parquet"))
        bare = seconds(folder, program(LARGE_BARE, log))
        ours = seconds(folder, [str(BIN / "cxlab"), "report", "--data", str(log), "--out", folder])
        (page,) = Path(folder).glob("log-*.html")
        size = page.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(f"numbers of {tickets:,} tickets alone  {bare:6.2f} s")
    print(f"the periodic page                 {ours:6.2f} s  {ours / bare:.2f} x")
    print(f"page {size / 1000:.1f} kB; peak memory {peak:.2f} GiB")


def main() -> None:
    """Run the parts that were asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--blocks", type=int, default=9, help="of the sweep, four reports each")
    parser.add_argument("--large", action="store_true", help="only the large log")
    parser.add_argument("--tickets", type=int, default=5_000_000)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, {given.runs} runs each, medians of whole processes")
    if given.large:
        large(given.tickets)
    else:
        cold(given.runs)
        sweep(given.blocks)


if __name__ == "__main__":
    main()
