"""Fifteen metrics × week × channel over 10 M tickets from Parquet, against SQL by hand.

Both read the same file and return the same values with what their intervals need (standard
deviations, order statistics) and what was left out or is pending. The script checks that the
values agree, then times both in turn in a process each, and prints the ratio of the medians and
the peak memory of each.
Run: `make bench`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pandas as pd
from measure_groups import SYNTHETIC

METRICS = ["vol", "frt", "frt_p90", "frt_mean", "sla", "asa", "abandonment", "service_level",
           "service_level_served", "service_level_no_short", "art", "art_median", "art_p90",
           "reopen", "backlog"]  # fmt: skip

# make_timestamp(epoch_us(…)) because date_trunc of a TIMESTAMPTZ asks a calendar for each row and
# takes ten times as long: somebody who knows DuckDB avoids it.
CREATED = """
WITH facts AS (
  SELECT date_trunc('week', make_timestamp(epoch_us(created_at)))::DATE AS week, channel,
    (epoch_us(first_human_reply_at) - epoch_us(created_at)) / 1e6 AS reply_s,
    (epoch_us(coalesce(answered_at, abandoned_at)) - epoch_us(queued_at)) / 1e6 AS wait_s,
    status IN ('new', 'open', 'pending', 'hold') AS live, answered_at IS NOT NULL AS answered,
    abandoned_at IS NOT NULL AS abandoned, channel IN ('phone', 'chat') AS queue,
    first_human_reply_at, sla_due_at
  FROM '{path}'
)
SELECT week, channel, count(*) AS vol, list_sort(list(reply_s)) AS replies,
  avg(reply_s) AS frt_mean, stddev_samp(reply_s) AS frt_sd,
  count(*) FILTER (reply_s IS NULL AND live) AS frt_pending,
  count(*) FILTER (reply_s IS NULL AND NOT live) AS frt_no_reply,
  count(*) FILTER (first_human_reply_at <= sla_due_at) AS sla_met,
  count(*) FILTER (sla_due_at IS NULL) AS sla_no_target,
  count(*) FILTER (first_human_reply_at IS NULL AND TIMESTAMPTZ '{as_of}' <= sla_due_at)
    AS sla_pending,
  count(*) FILTER (queue AND NOT answered AND NOT abandoned) AS waiting,
  count(*) FILTER (first_human_reply_at IS NOT NULL OR TIMESTAMPTZ '{as_of}' > sla_due_at) AS sla_n,
  avg(wait_s) FILTER (queue AND answered) AS asa,
  stddev_samp(wait_s) FILTER (queue AND answered) AS asa_sd,
  count(*) FILTER (queue AND abandoned) AS abandoned,
  count(*) FILTER (queue AND answered) AS answered,
  count(*) FILTER (queue AND answered AND wait_s <= 20) AS in_time,
  count(*) FILTER (queue AND abandoned AND wait_s <= 20) AS short
FROM facts GROUP BY ALL
"""
SOLVED = """
WITH facts AS (
  SELECT channel, status,
    date_trunc('week',
      make_timestamp(epoch_us(coalesce(last_solved_at, created_at))))::DATE AS week,
    (epoch_us(last_solved_at) - epoch_us(created_at)) / 1e6 AS s, n_solves
  FROM '{path}'
)
SELECT week, channel, avg(s) AS art, stddev_samp(s) AS art_sd, count(s) AS art_n,
  list_sort(list(s)) AS solves, count(*) FILTER (s IS NULL AND status = 'open') AS art_pending,
  count(*) FILTER (s IS NULL AND status <> 'open' AND n_solves < 1) AS not_solved,
  count(*) FILTER (s IS NULL AND status <> 'open' AND n_solves >= 1) AS no_lasting_solve,
  count(*) FILTER (n_solves >= 2) AS reopened, count(*) FILTER (n_solves >= 1) AS solved
FROM facts GROUP BY ALL
"""
FLOW = """
SELECT week, channel, sum(delta) AS net FROM (
  SELECT date_trunc('week', make_timestamp(epoch_us(created_at)))::DATE AS week, channel,
    1 AS delta FROM '{path}'
  UNION ALL
  SELECT date_trunc('week',
    make_timestamp(epoch_us(coalesce(last_solved_at, abandoned_at, created_at))))::DATE, channel, -1
  FROM '{path}' WHERE status IN ('solved', 'closed')
) GROUP BY ALL
"""
RANKED = """
SELECT * EXCLUDE (v), v[1 + (0.5 * (n - 1))::BIGINT] AS median,
  v[1 + (0.9 * (n - 1))::BIGINT] AS p90,
  v[greatest(1, floor(n * 0.5 - 0.98 * sqrt(n))::BIGINT)] AS l50,
  v[ceil(n * 0.5 + 0.98 * sqrt(n))::BIGINT + 1] AS h50,
  v[greatest(1, floor(n * 0.9 - 0.588 * sqrt(n))::BIGINT)] AS l90,
  v[ceil(n * 0.9 + 0.588 * sqrt(n))::BIGINT + 1] AS h90
FROM (SELECT * EXCLUDE ({values}), {values} AS v, len({values})::DOUBLE AS n FROM ({query}))
"""


def by_hand(path: str, as_of: str) -> dict[str, pd.DataFrame]:
    """Run the hand-written SQL."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    created = RANKED.format(values="replies", query=CREATED.format(path=path, as_of=as_of))
    solved = RANKED.format(values="solves", query=SOLVED.format(path=path))
    queries = {"created": created, "solved": solved, "flow": FLOW.format(path=path)}
    return {name: connection.execute(query).df() for name, query in queries.items()}


def one_run(which: str, folder: str, as_of: str) -> None:
    """Measure one way in this process; print seconds, peak memory and a few values as JSON."""
    path = str(Path(folder) / "tickets.parquet")
    if which == "hand":
        started, begun = time.perf_counter(), time.process_time()
        found = by_hand(path, as_of)
        seconds, cpu = time.perf_counter() - started, time.process_time() - begun
        values = {"art": float((found["solved"]["art"] * found["solved"]["art_n"]).sum()),
                  "vol": float(found["created"]["vol"].sum()),
                  "frt_mean": float(found["created"]["frt_mean"].sum()),
                  "in_time": float(found["created"]["in_time"].sum())}  # fmt: skip
    else:
        import cxlab as cx

        tables = cx.Tables.read(folder)
        started, begun = time.perf_counter(), time.process_time()
        rows = cx.measure(tables, METRICS, by=["week", "channel"])
        seconds, cpu = time.perf_counter() - started, time.process_time() - begun
        part = {m: rows[rows["metric"] == m] for m in METRICS}
        values = {"art": float(part["art"]["numerator"].sum()),
                  "vol": float(part["vol"]["value"].sum()),
                  "frt_mean": float(part["frt_mean"]["value"].sum()),
                  "in_time": float(part["service_level"]["numerator"].sum())}  # fmt: skip
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak": peak, "values": values}))


def main() -> None:
    """Make the tickets, run both ways in turn, print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one_run(*options.one)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tickets.parquet"
        duckdb.execute(SYNTHETIC.format(n=options.tickets, path=path))
        latest = duckdb.sql(
            "SELECT max(greatest(created_at, last_solved_at, answered_at, abandoned_at,"
            f" first_human_reply_at))::VARCHAR FROM '{path}'"
        ).fetchall()[0][0]
        found: dict[str, list[dict[str, float]]] = {"cxlab": [], "hand": []}
        for number in range(options.runs + 1):
            answers = {}
            for which in found:
                command = [sys.executable, __file__, "--one", which, folder, latest]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                told = json.loads(done.stdout.splitlines()[-1])
                answers[which] = told["values"]
                if number:  # the first pair warms the file cache
                    found[which].append(told)
            for name, value in answers["hand"].items():
                ours = answers["cxlab"][name]
                assert abs(ours - value) <= 1e-9 * abs(value), (name, ours, value)
    peaks = {which: max(r["peak"] for r in runs) for which, runs in found.items()}
    print(f"{os.cpu_count()} cores, {options.tickets:,} tickets, {options.runs} runs each, medians")
    for unit, name in (("seconds", "wall"), ("cpu", "processor time")):
        mine, hand = (statistics.median(r[unit] for r in runs) for runs in found.values())
        print(f"{name:<15} cxlab {mine:6.2f} s, by hand {hand:6.2f} s: {mine / hand:.2f} x")
    print(f"peak memory     cxlab {peaks['cxlab']:.2f} GiB, by hand {peaks['hand']:.2f} GiB")


if __name__ == "__main__":
    main()
