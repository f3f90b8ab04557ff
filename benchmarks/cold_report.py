"""`cxlab report` on the base scenario, cold, against a bare script that computes the same.

Both are whole processes, run in turn; the stock way (papermill's and nbconvert's own command
lines on the same notebook) stands beside them. Prints medians and ratios. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
SCENARIO = ROOT / "scenarios" / "base.toml"

# Everything the notebook computes, and nothing of the page.
BARE = f"""
import cxlab as cx
desk = cx.Scenario.load({str(SCENARIO)!r})
tables = cx.simulate(desk)
kpis = cx.over_replications(tables)
cx.charts.waits_by_hour(cx.charts.hourly_waits(tables, desk.time_zone))
cx.charts.load_against_staffing(cx.charts.hourly_load(tables, desk.time_zone))
cx.charts.wait_distribution(cx.charts.first_response_times(tables))
print(kpis.to_string())
"""


def seconds(folder: str, *commands: list[str]) -> float:
    """Run the commands one after the other and return how long they took together."""
    started = time.perf_counter()
    for command in commands:
        subprocess.run(
            command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    return time.perf_counter() - started


def main() -> None:
    """Run the three in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    ours, bare, stock = [], [], []
    notebook = str(ROOT / "notebooks" / "scenario.ipynb")
    with tempfile.TemporaryDirectory() as folder:
        report = [str(BIN / "cxlab"), "report", str(SCENARIO), "--out", folder]
        papermill = [str(BIN / "papermill"), notebook, "out.ipynb", "-p", "scenario", str(SCENARIO)]
        convert = [str(BIN / "jupyter"), "nbconvert", "--to", "html", "out.ipynb"]
        seconds(folder, report)  # compiles the modules, once
        for _ in range(runs):
            ours.append(seconds(folder, report))
            bare.append(seconds(folder, [sys.executable, "-c", BARE]))
            stock.append(seconds(folder, papermill, convert))
        size = (Path(folder) / "base.html").stat().st_size
    mine, base, usual = map(statistics.median, (ours, bare, stock))
    print(f"{os.cpu_count()} cores, {runs} runs each, medians of whole processes")
    print(f"bare script                       {base:6.2f} s")
    print(f"cxlab report                      {mine:6.2f} s  {mine / base:.2f} x the bare script")
    print(f"papermill + nbconvert (stock)     {usual:6.2f} s  {usual / base:.2f} x the bare script")
    print(f"page                              {size / 1000:6.1f} kB")


if __name__ == "__main__":
    main()
