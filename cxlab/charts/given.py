"""What charts are given: the frame or the period they take, or an InputError that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from cxlab.calendars import Period
from cxlab.calendars.periods import WRITTEN
from cxlab.errors import InputError
from cxlab.metrics.plan import asked_period
from cxlab.metrics.view import view_of

if TYPE_CHECKING:
    from collections.abc import Hashable

    from cxlab.tables import Tables

__all__ = ["one_metric", "one_row_each", "period_of", "rows_with"]

_MEASURE = "cx.measure(tables, METRIC, by=...)"


def rows_with(frame: object, *columns: str, made_by: str = _MEASURE) -> pd.DataFrame:
    """Return a chart's frame as it is; InputError for what is none, or rows without a column.

    `made_by`: the call that makes such frames.
    """
    needed, hint = "a frame with the columns " + ", ".join(columns), f"{made_by} gives one"
    if not isinstance(frame, pd.DataFrame):
        raise InputError("a chart is drawn of a frame", given=frame, expected=needed, hint=hint)
    lacking = [name for name in columns if name not in frame]
    if lacking and len(frame):
        raise InputError(
            f"the frame has no column {lacking[0]!r}", given=[str(c) for c in frame.columns],
            expected=needed, hint=hint,
        )  # fmt: skip
    return frame


def one_metric(frame: pd.DataFrame, column: str) -> None:
    """Refuse a frame of several metrics, and one of several rows for one value of `column`."""
    metrics = list(frame["metric"].unique()) if "metric" in frame else []
    if len(metrics) > 1:
        raise InputError(
            "the chart shows one metric", given=", ".join(map(str, metrics)),
            expected=f"rows of one metric, one per {column}", hint=_choose("metric", metrics[0]),
        )  # fmt: skip
    one_row_each(frame, column)


def one_row_each(frame: pd.DataFrame, column: str) -> None:
    """Refuse a frame with values of several units, or several rows for one value of `column`."""
    if frame.empty:
        return
    units = list(frame["unit"].unique()) if "unit" in frame else []
    if len(units) > 1:
        apart = "metric" if "metric" in frame and column != "metric" else "unit"
        raise InputError(
            "the chart has one axis", given=f"values in {', '.join(map(str, units))}",
            expected=f"rows of one unit, one per {column}",
            hint=_choose(apart, frame[apart].iloc[0]),
        )  # fmt: skip
    again = frame[frame.duplicated(column, keep=False)]
    if again.empty:
        return
    first = again[again[column].isin(again[column].head(1))]
    raise InputError(
        f"the chart shows one row per {column}",
        given=f"{len(first)} rows for {first[column].iloc[0]}",
        expected=f"rows of one metric, one per {column}", hint=_hint(frame, first, column),
    )  # fmt: skip


_APART = ("metric", "period")
"""Columns of every result that tell its rows apart; its groups do so too."""


def _hint(frame: pd.DataFrame, again: pd.DataFrame, column: str) -> str:
    """Return how to choose among the rows `again`, which stand for one value of `column`."""
    # The groups stand between the period and the value.
    names = list(frame.columns)
    groups = names[: names.index("value")] if "value" in names else names
    apart = [c for c in groups if c != column and again[c].nunique(dropna=False) > 1]
    if column == "period" and frame[column].nunique() == 1:
        return 'cx.measure(tables, METRIC, by="week") gives one row per period'
    if not apart:
        return "drop the rows that are there twice"
    name = next((c for c in apart if c not in _APART), apart[0])
    return _choose(name, again[name].iloc[0])


def _choose(column: str, value: Hashable) -> str:
    shown = repr(value) if isinstance(value, int | float) else f'"{value}"'
    return f'choose with rows[rows["{column}"] == {shown}]'


def period_of(tables: Tables, period: Period | str, zone: str | None = None) -> Period:
    """Return the period as it is, or the one that a text names as `measure` reads it.

    `zone`: default the tables' own, else UTC. Raises InputError for what names none.
    """
    if isinstance(period, Period):
        return period
    if not isinstance(period, str):
        raise InputError("not a period", given=period, expected=f"a Period, or {WRITTEN}")
    return asked_period(view_of(tables, None), period, (), zone or tables.time_zone or "UTC")
