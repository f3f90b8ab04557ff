"""What a period comes to group by group: one picture, and a table for each grouping asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from cxlab.charts import interval
from cxlab.report.blocks import Block
from cxlab.report.html import element
from cxlab.report.kpis import DRILL, MOST_GROUPS, drill_table
from cxlab.report.view import View

__all__ = ["GROUPS", "breakdown"]

GROUPS = ("channel", "priority", "group")
"""What a page breaks its figures down by where nobody chose."""

DRAWN = "art_median"
"""The metric that is drawn for the groups of the first grouping."""


def breakdown(view: View, by: Sequence[str] = GROUPS) -> list[Any]:
    """Return what a page shows of groups: of the first a picture, of each a table.

    `by`: columns of the log, its own ones included, or what `measure` cuts by ("weekday").
    Raises InputError for what the log does not have, with the nearest name.
    """
    names = list(dict.fromkeys(name.strip() for name in by if name.strip()))
    if not names:
        words = "Nothing is broken down by groups here."
        return [Block(element("p", words), words)]
    found = {name: view.measure(DRILL, by=name) for name in names}
    picture = interval(_largest(found[names[0]], names[0]), names[0])
    return [picture, *(drill_table(rows, name) for name, rows in found.items())]


def _largest(rows: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return the rows of the drawn metric, of the groups that the table shows too."""
    sizes = rows[rows["metric"] == DRILL[0]].sort_values("n", ascending=False, kind="stable")
    shown = sizes[by].head(MOST_GROUPS)
    return rows[(rows["metric"] == DRAWN) & rows[by].isin(shown)]
