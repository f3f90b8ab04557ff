"""Tables in a notebook: how many rows, from when to when, what was set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxlab import display
from cxlab.tables.catalogue import table_spec
from cxlab.tables.schema import Kind

if TYPE_CHECKING:
    from cxlab.tables.store import Tables

__all__ = ["tables_html"]

_DAY = "%Y-%m-%d"


def tables_html(tables: Tables) -> str:
    """Return the tables with their rows and span of time, asked of the database in one query each.

    Nothing but counts and bounds leaves it.
    """
    rows = [_row(tables, name) for name in tables.names]
    known = [
        ("source", tables.source or ""),
        ("time zone", tables.time_zone or ""),
        ("known until", tables.as_of.strftime(f"{_DAY} %H:%M UTC") if tables.as_of else ""),
    ]
    aside = int(tables.quarantine["rows"].sum())
    notes = [f"{aside:,} rows set aside: see .quarantine"] if aside else []
    return display.shown(
        display.heading(f"Tables{f' of {tables.source}' if tables.source else ''}"),
        display.facts((name, text) for name, text in known if text),
        display.table(
            ("table", "rows", "from", "to", "own columns"), rows, numeric=("rows", "from", "to")
        ),
        display.lines([*notes, "One table as a frame: .frame(name); what is possible: cx.measure"]),
    )


def _row(tables: Tables, name: str) -> tuple[str, str, str, str, str]:
    table = tables[name]
    instants = [
        column.name for column in table_spec(name).columns
        if column.kind is Kind.INSTANT and tables.has(name, column.name)
    ]  # fmt: skip
    asked = {"rows": table.count()}
    if instants:
        asked |= {"low": table[instants[0]].min(), "high": table[instants[0]].max()}
    (found,) = table.aggregate(**asked).to_pyarrow().to_pylist()
    low, high = (found[end].strftime(_DAY) if found.get(end) else "–" for end in ("low", "high"))
    extra = ", ".join(tables.extra_columns(name))
    return name, f"{found['rows']:,}", low, high, extra or "–"
