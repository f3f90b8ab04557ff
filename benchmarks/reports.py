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
import itertools
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
for made in made_reports(requests, may_fork=True):
    if made.error is not None:
        raise made.error
    print(made.place, flush=True)
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
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
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


def further(folder: str, command: list[str]) -> float:
    """Run a program that tells when each of its rounds is done; return what a further one takes.

    The first two rounds are left out: they do once what the others find done. The median of the
    rest, as one round in a few is held up by something else on the machine.
    """
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        assert running.stdout is not None
        told = [time.perf_counter() for _ in running.stdout]
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command)
    return statistics.median(after - before for before, after in itertools.pairwise(told[1:]))


def sweep(reports: int, runs: int) -> None:
    """Print what each further report takes beyond its numbers: programs in turn, several times."""
    each, numbers = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs):
            each.append(further(folder, program(SWEEP, reports, folder)))
            numbers.append(further(folder, program(BARE, reports)))
    beyond = sorted(page - bare for page, bare in zip(each, numbers, strict=True))
    print(f"each further report               {statistics.median(each):6.2f} s")
    print(f"its numbers and charts alone      {statistics.median(numbers):6.2f} s")
    print(
        f"the page beyond them              {statistics.median(beyond):6.2f} s"
        f" ({beyond[0]:.2f} to {beyond[-1]:.2f})"
    )


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
    parser.add_argument("--reports", type=int, default=12, help="reports of the sweep (from 4 on)")
    parser.add_argument("--large", action="store_true", help="only the large log")
    parser.add_argument("--tickets", type=int, default=5_000_000)
    given = parser.parse_args()
    print(f"{os.cpu_count()} cores, {given.runs} runs each, medians of whole processes")
    if given.large:
        large(given.tickets)
    else:
        cold(given.runs)
        sweep(given.reports, 2 * given.runs + 1)


if __name__ == "__main__":
    main()
