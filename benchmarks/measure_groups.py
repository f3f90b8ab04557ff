"""Eight metrics × 520 groups over 5 M synthetic tickets, against DuckDB SQL written by hand.

Both ask the same in-memory table and return the same values; the script checks that they do,
then times them in turn and prints the ratio of the medians. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

import cxlab as cx

METRICS = ["vol", "frt", "frt_p90", "sla", "fcr_7d", "abandonment", "art", "reopen"]

SYNTHETIC = """
COPY (
  SELECT
    'T' || i AS ticket_id,
    'c' || (hash(i) % 400000) AS customer_id,
    TIMESTAMPTZ '2026-01-05 00:00:00+00'
      + to_microseconds((i * 26.0 * 7 * 86400 / {n} * 1e6)::BIGINT) AS created_at,
    ['email', 'chat', 'phone'][(1 + hash(i, 1) % 3)::BIGINT] AS channel,
    'topic ' || (hash(i, 2) % 20) AS topic,
    CASE WHEN hash(i, 3) % 100 < 92 THEN 'solved' WHEN hash(i, 3) % 100 < 96 THEN 'open'
         ELSE 'closed' END AS status,
    created_at AS queued_at,
    CASE WHEN hash(i, 3) % 100 < 92 THEN
      created_at + to_microseconds((hash(i, 4) % 600000000)::BIGINT) END AS answered_at,
    CASE WHEN hash(i, 3) % 100 >= 96 THEN
      created_at + to_microseconds((hash(i, 4) % 600000000)::BIGINT) END AS abandoned_at,
    CASE WHEN hash(i, 3) % 100 < 92 THEN
      created_at + to_microseconds((hash(i, 5) % 14400000000)::BIGINT) END AS first_human_reply_at,
    CASE WHEN hash(i, 3) % 100 < 92 THEN
      created_at + to_microseconds(14400000000 + (hash(i, 6) % 300000000000)::BIGINT) END
      AS last_solved_at,
    CASE WHEN hash(i, 3) % 100 < 92 THEN 1 + (hash(i, 7) % 100 < 12)::BIGINT ELSE 0 END AS n_solves,
    1 + (hash(i, 7) % 100 < 12)::BIGINT AS n_contacts,
    created_at + INTERVAL 2 HOUR AS sla_due_at
  FROM range({n}) AS t(i)
) TO '{path}' (FORMAT parquet)
"""

# What somebody who knows DuckDB writes for the same eight numbers; RANKS adds the ends of the
# order-statistic intervals of the two quantiles.
CREATED = """
WITH facts AS (
  SELECT *, date_trunc('week', created_at)::DATE AS week,
    epoch_us(first_human_reply_at) / 1e6 - epoch_us(created_at) / 1e6 AS reply_s,
    status IN ('new', 'open', 'pending', 'hold') AS live,
    created_at <= TIMESTAMP '{as_of}' - INTERVAL 7 DAY AS mature,
    coalesce(lead(created_at) OVER (
      PARTITION BY customer_id, topic ORDER BY created_at, ticket_id
    ) <= created_at + INTERVAL 7 DAY, false) AS repeated
  FROM {table} WHERE excluded_reason IS NULL
)
SELECT week, topic,
  count(*) AS vol,
  {quantiles}
  count(*) FILTER (reply_s IS NULL AND live) AS frt_pending,
  count(*) FILTER (reply_s IS NULL AND NOT live) AS frt_no_reply,
  count(*) FILTER (first_human_reply_at <= sla_due_at) AS sla_met,
  count(*) FILTER (first_human_reply_at IS NOT NULL OR TIMESTAMP '{as_of}' > sla_due_at) AS sla_n,
  count(*) FILTER (mature AND NOT live AND n_solves >= 1) AS fcr_n,
  count(*) FILTER (mature AND NOT live AND n_solves = 1 AND n_contacts <= 1 AND NOT repeated)
    AS fcr_met,
  count(*) FILTER (mature AND (live OR n_solves < 1)) AS fcr_unresolved,
  count(*) FILTER (NOT mature) AS fcr_pending,
  count(*) FILTER (channel IN ('phone', 'chat') AND abandoned_at IS NOT NULL) AS abandoned,
  count(*) FILTER (channel IN ('phone', 'chat')
    AND (abandoned_at IS NOT NULL OR answered_at IS NOT NULL)) AS queued
FROM facts GROUP BY ALL
"""
SOLVED = """
SELECT date_trunc('week', coalesce(last_solved_at, created_at))::DATE AS week, topic,
  avg(epoch_us(last_solved_at) / 1e6 - epoch_us(created_at) / 1e6) AS art,
  stddev_samp(epoch_us(last_solved_at) / 1e6 - epoch_us(created_at) / 1e6) AS art_sd,
  count(last_solved_at) AS art_n,
  count(*) FILTER (last_solved_at IS NULL AND status = 'open') AS art_pending,
  count(*) FILTER (n_solves >= 2) AS reopened,
  count(*) FILTER (n_solves >= 1) AS solved
FROM {table} WHERE excluded_reason IS NULL GROUP BY ALL
"""
RANKS = """
WITH replies AS (
  SELECT date_trunc('week', created_at)::DATE AS week, topic,
    epoch_us(first_human_reply_at) / 1e6 - epoch_us(created_at) / 1e6 AS s
  FROM {table} WHERE excluded_reason IS NULL AND first_human_reply_at IS NOT NULL
), sorted AS (
  SELECT week, topic, list_sort(list(s)) AS v, count(*)::DOUBLE AS n FROM replies GROUP BY ALL
)
SELECT week, topic,
  v[floor(n * 0.5 - 0.98 * sqrt(n))::BIGINT], v[ceil(n * 0.5 + 0.98 * sqrt(n))::BIGINT + 1],
  v[floor(n * 0.9 - 0.588 * sqrt(n))::BIGINT], v[ceil(n * 0.9 + 0.588 * sqrt(n))::BIGINT + 1]
FROM sorted
"""
POINT = "quantile_cont(reply_s, [0.5, 0.9]) AS frt,"


def hand_written(tables: cx.Tables, name: str, *, intervals: bool) -> tuple[pd.DataFrame, ...]:
    """Run the hand-written SQL on the table that `tables` measures."""
    as_of = tables.as_of
    assert as_of is not None
    words = {
        "as_of": as_of.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "table": f'"{name}"',
        "quantiles": POINT,
    }
    connection = tables.backend.con
    created = connection.execute(CREATED.format(**words)).df()
    solved = connection.execute(SOLVED.format(**words)).df()
    if intervals:
        return created, solved, connection.execute(RANKS.format(**words)).df()
    return created, solved


def agree(result: pd.DataFrame, created: pd.DataFrame, solved: pd.DataFrame) -> None:
    """Fail unless both ways gave the same numbers in every group."""
    keys = ["week", "topic"]
    for frame in (created, solved):
        iso = pd.to_datetime(frame["week"]).dt.isocalendar()
        frame["week"] = [f"{y}-W{w:02d}" for y, w in zip(iso["year"], iso["week"], strict=True)]
    created["frt_p90"] = created["frt"].map(lambda q: q[1])
    created["frt"] = created["frt"].map(lambda q: q[0])
    created["sla"] = created["sla_met"] / created["sla_n"]
    created["fcr_7d"] = created["fcr_met"] / created["fcr_n"].where(created["fcr_n"] > 0)
    created["abandonment"] = created["abandoned"] / created["queued"]
    solved["reopen"] = solved["reopened"] / solved["solved"]
    by_hand = created.set_index(keys).join(solved.set_index(keys), how="outer")
    for metric in METRICS:
        ours = result[result["metric"] == metric].set_index(keys)["value"]
        both = pd.concat([ours, by_hand[metric]], axis=1, keys=["ours", "hand"])
        both = both.dropna(how="all").fillna(0.0)
        np.testing.assert_allclose(both["ours"], both["hand"], rtol=1e-9, err_msg=metric)


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    """Make the tickets, check the agreement, print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tickets.parquet"
        duckdb.execute(SYNTHETIC.format(n=options.tickets, path=path))
        reading = time.perf_counter()
        tables = cx.Tables.read(folder)
        print(
            f"read and checked {options.tickets:,} tickets: {time.perf_counter() - reading:.2f} s"
        )
        by = ["week", "topic"]
        name = tables.numbered("tickets").get_name()
        result = cx.measure(tables, METRICS, by=by)
        agree(result, *hand_written(tables, name, intervals=False)[:2])
        print(f"{len(METRICS)} metrics × {len(result) // len(METRICS)} groups, values agree")
        ours, same, plain = [], [], []
        for _ in range(options.runs):
            ours.append(timed(lambda: cx.measure(tables, METRICS, by=by)))
            same.append(timed(lambda: hand_written(tables, name, intervals=True)))
            plain.append(timed(lambda: hand_written(tables, name, intervals=False)))
    mine, with_interval, without = map(statistics.median, (ours, same, plain))
    for label, seconds in (
        ("cxlab.measure", mine),
        ("SQL by hand, same rows with intervals", with_interval),
        ("SQL by hand, values without intervals", without),
    ):
        print(f"{label:<38} {seconds:5.2f} s   cxlab takes {mine / seconds:.2f} of it")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory of the whole script        {peak:.1f} GiB")


if __name__ == "__main__":
    main()
