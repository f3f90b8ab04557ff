"""Business seconds of 1 M random pairs: inside the DuckDB query against numpy's searchsorted.

Both read the same calendar of two years and give the same seconds; the script checks that they do,
then times them in turn. The numpy side is the leanest there is: arrays of integers in memory, the
cumulative calendar already built. The query aggregates what it computes, as metrics do, and is
also timed handing every value to Python. DuckDB uses all cores, searchsorted
one. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from cxlab.calendars import Calendar, Schedule, with_open_seconds
from cxlab.calendars.open_time import OpenTime

DESKS = {
    "one stretch a day": {"Mon-Fri": "09:00-17:00"},
    "lunch break": {"Mon-Fri": "09:00-12:30,13:15-18:00"},
}


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Check that both agree, time them in turn and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    print(
        f"{os.cpu_count()} cores, {args.pairs:,} pairs, {args.runs} runs in turn, median (fastest)"
    )
    for name, week in DESKS.items():
        compare(name, Schedule.weekly("desk", "Europe/Berlin", week, holidays="DE"), args)


def compare(name: str, desk: Schedule, args: argparse.Namespace) -> None:
    rng = np.random.default_rng(1)
    first = np.datetime64("2024-01-01", "us").astype(np.int64)
    start = first + rng.integers(0, 670 * 86_400_000_000, args.pairs)
    end = start + rng.integers(0, 60 * 86_400_000_000, args.pairs)
    rows = pa.table({
        "schedule_id": pa.DictionaryArray.from_arrays(
            np.zeros(args.pairs, dtype=np.int32), ["desk"]
        ).cast(pa.string()),
        "created_at": pa.array(start.view("M8[us]")), "replied_at": pa.array(end.view("M8[us]")),
    })  # fmt: skip
    table = ibis.duckdb.connect().create_table("tickets", rows)
    ends = (pd.Timestamp(int(at), unit="us", tz="UTC") for at in (start.min(), end.max()))
    calendar = Calendar.of([desk], *ends)
    spans = {"business_s": ("created_at", "replied_at")}
    named = with_open_seconds(table, spans, calendar)
    open_time = OpenTime.of(desk, int(start.min()), int(end.max()))

    def in_numpy() -> np.ndarray:
        return (open_time.until(end) - open_time.until(start)) / 1e6

    def mean(rows: ibis.Table) -> float:
        return float(rows.business_s.mean().to_pyarrow().as_py())

    values = named.business_s.to_pyarrow().to_numpy()
    assert sorted(values.tolist()) == sorted(in_numpy().tolist())
    ways: dict[str, Callable[[], object]] = {
        "numpy searchsorted, mean": lambda: in_numpy().mean(),
        "query, mean": lambda: mean(named),
        "query, every value as Arrow": lambda: named.business_s.to_pyarrow(),
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(args.runs):
        for way, work in ways.items():
            times[way].append(timed(work))
    base = times["numpy searchsorted, mean"]
    print(f"{name}: slots of {calendar.slot_us // 60_000_000} min, {len(calendar.slots):,} rows")
    for way, seconds in times.items():
        middle, fastest = statistics.median(seconds), min(seconds)
        ratios = f"{middle / statistics.median(base):5.2f} ({fastest / min(base):.2f}) x numpy"
        print(f"  {way:38s} {middle:6.3f} ({fastest:.3f}) s  {ratios}")


if __name__ == "__main__":
    main()
