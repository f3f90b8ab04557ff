"""What a period comes to group by group: one picture, and a table for each grouping asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxlab.charts import interval
from cxlab.errors import InputError
from cxlab.metrics.plan import ALIASES
from cxlab.report.blocks import Block
from cxlab.report.html import element
from cxlab.report.kpis import DRILL, MOST_GROUPS, drill_table, nowhere
from cxlab.report.view import View
from cxlab.tables import Tables
from cxlab.tables.catalogue import table_spec
from cxlab.tables.schema import Kind

__all__ = ["GROUPS", "breakdown", "usable_groups"]

GROUPS = ("channel", "priority", "group")
"""What a page breaks its figures down by where nobody chose."""

DRAWN = "art_median"
"""The metric that is drawn for the groups of the first grouping."""


def breakdown(view: View, by: Sequence[str] = GROUPS) -> list[Any]:
    """Return what a page shows of groups: of the first a picture, of each a table.

    `by`: columns of the log, its own ones included, or what `measure` cuts by ("weekday").
    Raises InputError for what the log does not have, with the nearest name, or with those that can
    be used; of the usual groups the page says which are not there.
    """
    asked = by.split(",") if isinstance(by, str) else by
    names = list(dict.fromkeys(name.strip() for name in asked if name.strip()))
    if not names:
        words = "Nothing is broken down by groups here."
        return [Block(element("p", words), words)]
    found = {name: view.measure(DRILL, by=name) for name in names}
    unrecorded = [name for name in names if nowhere(found[name], name)]
    if unrecorded and tuple(names) != GROUPS:
        _refuse_absent(view.tables, unrecorded)
    drawn = next((name for name in names if name not in unrecorded), names[0])
    picture = interval(_largest(found[drawn], drawn), drawn)
    usable = usable_groups(view.tables) if unrecorded else []
    return [picture, *(drill_table(rows, name, usable=usable) for name, rows in found.items())]


def _refuse_absent(tables: Tables, names: Sequence[str]) -> None:
    """Refuse groups that were chosen and that the log does not have at all."""
    for name in names:
        if not tables.has("tickets", ALIASES.get(name, name)):
            usable = ", ".join(usable_groups(tables))
            raise InputError(f"the log has no column {name!r}", given=name,
                             expected=f"a column that it has: {usable}")  # fmt: skip


def usable_groups(tables: Tables) -> list[str]:
    """Return the columns of the tickets that a page can be broken down by: words, and not empty."""
    kinds = {c.name: c.kind for c in table_spec("tickets").columns}
    given = tables.given_columns("tickets")
    names = [c for c in given if kinds[c] in (Kind.CATEGORY, Kind.TEXT) and c not in _NO_GROUPS]
    names += tables.extra_columns("tickets")
    if not names:
        return []
    rows = tables["tickets"]
    counts = rows.aggregate(**{c: rows[c].count() for c in names}).execute().iloc[0]
    return [c for c in names if counts[c] > 0]


_NO_GROUPS = {"excluded_reason", "source"}
"""Columns that say where a row comes from, not what it is about."""


def _largest(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the rows of the drawn metric, of the groups that the table shows too."""
    sizes = rows[rows["metric"] == DRILL[0]].sort_values("n", ascending=False, kind="stable")
    shown = sizes[by].head(MOST_GROUPS)
    return rows[(rows["metric"] == DRAWN) & rows[by].isin(shown)]
