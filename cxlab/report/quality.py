"""The data-quality box: what was read, what was left out and why, what is still open."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from cxlab.calendars import time_zone
from cxlab.charts.words import count_words
from cxlab.report.blocks import Block
from cxlab.report.html import Html, element, join, table
from cxlab.report.kpis import FLAGS, rows_of
from cxlab.tables import Tables
from cxlab.units import format_value

__all__ = ["data_quality", "set_aside"]

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
    notes = [
        *_tickets(tables),
        *_as_known(tables, zone),
        *_lacking(tables),
        *([] if result is None else _flagged(result)),
    ]
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


def set_aside(tables: Tables) -> str:
    """Return how many rows of the log broke a rule and count nowhere; "" where none did."""
    if tables.quarantine.empty:
        return ""
    held = {name: len(tables.quarantined(name)) for name in tables.names}
    told = [_share(name, held[name], n) for name, n in tables.sizes().items() if held[name]]
    return f"Set aside, and in no number: {'; '.join(told)}." if told else ""


def _share(name: str, aside: int, used: int) -> str:
    share = format_value(aside / (aside + used), "share")
    return f"{aside:,} of {aside + used:,} rows of {name} ({share})"


def _counts(tables: Tables) -> Iterator[tuple[str, int, int]]:
    """Yield of each table its name, the rows used and the rows set aside."""
    broken = set(tables.quarantine["table"])
    for name, used in tables.sizes().items():
        yield name, used, len(tables.quarantined(name)) if name in broken else 0


def _tickets(tables: Tables) -> Iterator[str]:
    if "tickets" not in tables:
        yield "There are no tickets."
        return
    tickets = tables.numbered("tickets")
    by_reason = tickets.group_by("excluded_reason").aggregate(
        n=tickets.count(), solved=tickets.last_solved_at.count()
    )
    counts = by_reason.to_pyarrow().to_pylist()
    named = {r["excluded_reason"]: int(r["n"]) for r in counts if _is_named(r)}
    total = sum(int(r["n"]) for r in counts)
    solved = sum(int(r["solved"]) for r in counts if not _is_named(r))
    aside = len(tables.quarantined("tickets")) if len(tables.quarantine) else 0
    read = count_words(total + aside, "ticket") + " read"
    set_apart = f", {aside:,} set aside" if aside else ""
    yield f"{read}{set_apart}; {total - sum(named.values()):,} count."
    for reason, n in sorted(named.items()):
        left_out = count_words(n, "ticket is", "tickets are")
        yield f"{left_out} left out of every number: {reason.replace('_', ' ')}."
    still = total - sum(named.values()) - solved
    if still:
        unsolved = count_words(still, "ticket has", "tickets have")
        yield f"{unsolved} no solved time: open, given up, or not recorded."


def _is_named(row: Mapping[Hashable, Any]) -> bool:
    return isinstance(row["excluded_reason"], str)


def _as_known(tables: Tables, tz: str) -> Iterator[str]:
    if tables.as_of is not None:
        local = tables.as_of.astimezone(time_zone(tz))
        yield f"The data are as known on {local:%Y-%m-%d %H:%M} ({tz})."


def _lacking(tables: Tables) -> Iterator[str]:
    missing = [
        words
        for column, words in _WANTED
        if "tickets" in tables and not tables.has("tickets", column)
    ]
    if missing:
        yield f"The data do not record {', '.join(missing)}; what needs them has no value."


_WANTED = (
    ("first_human_reply_at", "first responses"),
    ("queued_at", "waits for an agent"),
    ("last_solved_at", "when tickets were solved"),
)


def _flagged(result: pd.DataFrame) -> Iterator[str]:
    kpis = list(rows_of(result))
    for flag, words in FLAGS.items():
        titles = list(dict.fromkeys(k.title for k in kpis if k.flag == flag))
        if titles:
            yield f"{words.capitalize()} ({', '.join(titles)})."
    pending = max((k.pending for k in kpis), default=0)
    if pending:
        cases = count_words(pending, "case of one number is", "cases of one number are")
        yield f"Up to {cases} still pending."


def _quarantine(held: pd.DataFrame) -> Html | None:
    if held.empty:
        return element("p", "No row broke a rule of the tables.")
    columns = ["Table", "Column", "Reason", "Rows", "Examples"]
    rows = [
        (r["table"], r["column"], r["reason"], f"{r['rows']:,}", _examples(r["examples"]))
        for r in held.to_dict("records")
    ]
    caption = "Rows set aside whole, by reason: they count in no number"
    return table(columns, rows, caption=caption, numeric=["Rows"])


def _examples(value: Any) -> str:
    if isinstance(value, str):
        return value
    return ", ".join(str(v) for v in list(value)[:_EXAMPLES])
