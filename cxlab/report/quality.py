"""The data-quality box: what was read, what was left out and why, what is still open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from cxlab.calendars import time_zone
from cxlab.report.blocks import Block
from cxlab.report.html import Html, element, join, table
from cxlab.report.kpis import FLAGS, rows_of
from cxlab.tables import Tables

__all__ = ["data_quality"]

_EXAMPLES = 3


def data_quality(
    tables: Tables, result: pd.DataFrame | None = None, *, tz: str | None = None
) -> Block:
    """Return a box that says what stands behind the numbers.

    Rows read and quarantined by table, tickets excluded by reason, tickets still open, and,
    with `result`, the numbers that rest on few cases or cannot be told. `tz`: the report's time
    zone, by default the tables' own.
    """
    zone = tz or tables.time_zone or "UTC"
    tickets = _tickets(tables, zone) if tables.has("tickets") else ["There are no tickets."]
    notes = [*tickets, *([] if result is None else _flagged(result))]
    rows = [(name, f"{n:,}", f"{held:,}") for name, n, held in _counts(tables)]
    columns = ["Table", "Rows used", "Rows set aside"]
    counts = table(columns, rows, caption="What was read", numeric=columns[1:])
    body = join(
        [
            element("div", element("ul", join(element("li", n) for n in notes)), class_="box"),
            counts,
            _quarantine(tables.quarantine),
        ]
    )
    words = "\n".join([*notes, *(f"{r[0]}: {r[1]} rows used, {r[2]} set aside" for r in rows)])
    return Block(body, words)


def _counts(tables: Tables) -> Iterator[tuple[str, int, int]]:
    held = tables.quarantine
    for name in tables.names:
        used = int(tables[name].count().execute())
        aside = len(tables.quarantined(name)) if (held["table"] == name).any() else 0
        yield name, used, aside


def _tickets(tables: Tables, tz: str) -> Iterator[str]:
    tickets = tables["tickets"]
    counts = tickets.group_by("excluded_reason").aggregate(n=tickets.count()).execute()
    reasons = {r["excluded_reason"]: int(r["n"]) for r in counts.to_dict("records")}
    named = {str(k): n for k, n in reasons.items() if isinstance(k, str)}
    total = sum(reasons.values())
    yield f"{total:,} tickets read; {total - sum(named.values()):,} count."
    for reason, n in sorted(named.items()):
        yield f"{n:,} tickets are left out of every number: {reason.replace('_', ' ')}."
    kept = tickets.filter(tickets.excluded_reason.isnull())
    solved = int(kept.last_solved_at.notnull().sum().execute() or 0)
    still = total - sum(named.values()) - solved
    if still:
        yield f"{still:,} tickets have no solved time: open, given up, or not recorded."
    if tables.as_of is not None:
        local = tables.as_of.astimezone(time_zone(tz))
        yield f"The data are as known on {local:%Y-%m-%d %H:%M} ({tz})."
    missing = [
        words
        for column, words in _WANTED
        if not tables.has("tickets", column)
    ]  # fmt: skip
    if missing:
        yield f"The data do not record {', '.join(missing)}; what needs them has no value."


_WANTED = (
    ("first_human_reply_at", "first responses"),
    ("queued_at", "waits for an agent"),
    ("last_solved_at", "when tickets were solved"),
)


def _flagged(result: pd.DataFrame) -> Iterator[str]:
    for flag, words in FLAGS.items():
        titles = list(dict.fromkeys(k.title for k in rows_of(result) if k.flag == flag))
        if titles:
            yield f"{words.capitalize()} ({', '.join(titles)})."
    pending = max((k.pending for k in rows_of(result)), default=0)
    if pending:
        yield f"Up to {pending:,} cases of one number are still pending."


def _quarantine(held: pd.DataFrame) -> Html | None:
    if held.empty:
        return element("p", "No row broke a rule of the tables.")
    columns = ["Table", "Column", "Reason", "Rows", "Examples"]
    rows = [
        (r["table"], r["column"], r["reason"], f"{r['rows']:,}", _examples(r["examples"]))
        for r in held.to_dict("records")
    ]
    return table(columns, rows, caption="Rows set aside, by reason", numeric=["Rows"])


def _examples(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(str(v) for v in list(value)[:_EXAMPLES])
