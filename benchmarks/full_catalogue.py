"""The whole catalogue over a log of 100,000 tickets with its messages, surveys and customers.

`cxlab.measure` without a choice of metrics, in one process, on tables that were read before: the
first time (every query is written) and a second time for another period (sources are built anew
only where they depend on the period). Besides, the metrics that need tickets alone. Nothing
comparable is written by hand for so many metrics, so the seconds stand alone; the share of them
that the database works is printed beside. Run: `make bench`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import duckdb
from measure_groups import SYNTHETIC

import cxlab as cx

OTHERS = {
    "customers": """SELECT DISTINCT customer_id, 'a' || (hash(customer_id) % 9000) AS account_id,
        TIMESTAMPTZ '2025-01-01 00:00:00+00' + INTERVAL (hash(customer_id, 1) % 360) DAY
          AS acquired_at,
        ['small', 'large'][(1 + hash(customer_id, 2) % 2)::BIGINT] AS segment FROM '{tickets}'""",
    "messages": """SELECT 'm' || ticket_id || '-' || k AS message_id, ticket_id,
        created_at + to_microseconds((k * 900000000)::BIGINT) AS at,
        ['customer', 'agent', 'customer'][1 + k] AS author_type, true AS is_public
        FROM '{tickets}', range(3) AS r(k)""",
    "status_events": """SELECT ticket_id, last_solved_at AS at, 'status' AS field, 'open' AS old,
        'solved' AS new, 1 AS seq FROM '{tickets}' WHERE last_solved_at IS NOT NULL""",
    "surveys": """SELECT 's' || ticket_id AS survey_id,
        ['csat', 'nps'][(1 + hash(ticket_id) % 2)::BIGINT] AS instrument,
        [1, 0][(1 + hash(ticket_id) % 2)::BIGINT] AS scale_min,
        [5, 10][(1 + hash(ticket_id) % 2)::BIGINT] AS scale_max, 'ticket' AS subject_type,
        ticket_id AS subject_id, customer_id, last_solved_at AS sent_at,
        CASE WHEN hash(ticket_id, 1) % 3 = 0 THEN last_solved_at + INTERVAL 1 HOUR END
          AS answered_at,
        CASE WHEN hash(ticket_id, 1) % 3 = 0 THEN 1 + hash(ticket_id, 2) % 5 END AS score
        FROM '{tickets}' WHERE last_solved_at IS NOT NULL AND hash(ticket_id, 3) % 4 = 0""",
    "subscriptions": """SELECT 'u' || customer_id AS subscription_id, customer_id,
        acquired_at AS started_at, CASE WHEN hash(customer_id, 3) % 5 = 0
          THEN acquired_at + INTERVAL 200 DAY END AS ended_at,
        acquired_at + INTERVAL 365 DAY AS due_at, 50.0 AS mrr FROM '{customers}'""",
    "usage_events": """SELECT customer_id, customer_id || '-1' AS user_id, 'reports' AS feature,
        acquired_at + INTERVAL (9 * (k + 1)) DAY + INTERVAL (hash(customer_id, k) % 9999) SECOND
          AS at FROM '{customers}', range(5) AS r(k)""",
    "transactions": """SELECT 't' || customer_id || k AS transaction_id, customer_id,
        acquired_at + INTERVAL (k * 40) DAY AS at, 20.0 + k AS amount, 10.0 AS cost
        FROM '{customers}', range(3) AS r(k)""",
}


def main() -> None:
    """Make the log, measure everything, print seconds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = {n: str(Path(folder) / f"{n}.parquet") for n in ("tickets", *OTHERS)}
        duckdb.execute(SYNTHETIC.format(n=options.tickets, path=paths["tickets"]))
        (Path(folder) / "alone").mkdir()
        alone = Path(folder) / "alone" / "tickets.parquet"
        alone.write_bytes(Path(paths["tickets"]).read_bytes())
        for name, query in OTHERS.items():
            duckdb.execute(f"COPY ({query.format(**paths)}) TO '{paths[name]}' (FORMAT parquet)")
        cx.measure(cx.Tables.read(alone.parent), "vol")  # imports
        for what, where in (("tickets alone", alone.parent), ("every table", Path(folder))):
            tables = cx.Tables.read(where)
            for period in ("2026-02", "2026-03"):
                started, begun = time.perf_counter(), time.process_time()
                rows = cx.measure(tables, period=period)
                wall, cpu = time.perf_counter() - started, time.process_time() - begun
                known = int((rows["flag"] != "undefined").sum())
                print(f"{what}, {period}: {len(rows)} ids, {known} with an answer: "
                      f"{wall:.1f} s ({cpu:.1f} s of processor)")  # fmt: skip


if __name__ == "__main__":
    main()
