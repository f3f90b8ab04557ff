"""Result rows as a DataFrame that prints what people ask first: value, interval, n, flag."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from cxlab import display
from cxlab.metrics.plan import RESULT_COLUMNS
from cxlab.units import format_interval, format_value

__all__ = ["Results", "noted", "row_words"]

_SHOWN = {"metric", "value", "unit", "low", "high", "n", "flag"}
_NUMBERS = ("value", "95 % interval", "n", "pending")
_MOST_NOTES = 12


class Results(pd.DataFrame):
    """Tidy result rows of `measure`: a DataFrame in all but how it shows itself.

    Printed, it has one line per row with metric, group, value with its unit, interval, n, what is
    pending or left out by reason (where anything is), flag, and each note once below. The columns
    hold plain numbers: durations in seconds, shares as 0 to 1. What lacks one of the shown columns
    prints as any DataFrame.
    """

    @property
    def _constructor(self) -> Callable[..., pd.DataFrame]:
        return Results

    def __repr__(self) -> str:
        """Return the rows as people read them."""
        if not _readable(self):
            return super().__repr__()
        shown, notes = _view(self)
        words = [str(c) for c in shown if c not in _NUMBERS]
        table = _left(shown, words).to_string(
            index=False, max_rows=pd.get_option("display.max_rows")
        )
        return "\n".join([table, *notes, _summary(self)])

    def _repr_html_(self) -> str | None:
        if not _readable(self):
            plain: str | None = pd.DataFrame(self)._repr_html_()  # type: ignore[operator]
            return plain
        shown, notes = _view(self)
        table = display.frame(shown, numeric=_NUMBERS, most=pd.get_option("display.max_rows"))
        return display.shown(table, display.lines([*notes, _summary(self)]), as_frame=True)


def _left(shown: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Pad text columns and their names, so that they stand to the left."""
    wide = {c: max([len(c), *shown[c].str.len()]) for c in names}
    padded = shown.assign(**{c: shown[c].str.ljust(wide[c]) for c in names})
    return padded.rename(columns={c: c.ljust(wide[c]) for c in names})


def _readable(rows: pd.DataFrame) -> bool:
    return len(rows) > 0 and set(rows.columns) >= _SHOWN and rows.columns.is_unique


def _view(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the shown columns, all text, and the notes below them."""
    groups = [c for c in rows.columns if c not in RESULT_COLUMNS]
    if "period" in rows and not (rows["period"] == "all").all() and not _cut_in_time(rows):
        groups.insert(0, "period")
    marks, notes = noted(rows)
    words = [row_words(row) for row in rows.to_dict("records")]
    shown = pd.DataFrame(rows[["metric", *groups]].astype("string").fillna(""))
    shown["value"], shown["95 % interval"] = [w[0] for w in words], [w[1] for w in words]
    shown["n"] = ["" if pd.isna(n) else f"{n:,}" for n in rows["n"]]
    for name, cells in (("pending", _pending(rows)), ("left out", _left_out(rows))):
        if any(cells):
            shown[name] = cells
    shown["flag"] = rows["flag"]
    if notes:
        shown["note"] = marks
    more = len(notes) - _MOST_NOTES
    told = notes[:_MOST_NOTES] + ([f"… and {more:,} more in the column note"] if more > 0 else [])
    return shown, told


def _cut_in_time(rows: pd.DataFrame) -> bool:
    return any(rows[c].equals(rows["period"]) for c in rows if c not in RESULT_COLUMNS)


def _pending(rows: pd.DataFrame) -> list[str]:
    """Return how many cases of each row are pending; "" for none."""
    if "pending" not in rows:
        return [""] * len(rows)
    return ["" if pd.isna(n) or not n else f"{n:,}" for n in rows["pending"]]


def _left_out(rows: pd.DataFrame) -> list[str]:
    """Return what of each row is left out, by reason; "" for nothing."""
    if "excluded" not in rows:
        return [""] * len(rows)
    counted = [each if isinstance(each, Mapping) else {} for each in rows["excluded"]]
    return [", ".join(f"{why} {n:,}" for why, n in each.items() if n) for each in counted]


def _summary(rows: pd.DataFrame) -> str:
    told = [f"{len(rows):,} rows, {rows.shape[1]} columns"]
    if {"pending", "excluded"} <= set(rows) and not any([*_pending(rows), *_left_out(rows)]):
        told.append("nothing left out or pending")
    return f"[{'; '.join([*told, 'durations are in seconds in the columns'])}]"


def row_words(row: dict[Any, Any]) -> tuple[str, str]:
    """Return a row's value and interval with their unit; no interval around no value.

    >>> row_words({"value": 1200.0, "unit": "s", "low": 600.0, "high": 1800.0})
    ('20.0 min', '10.0 min to 30.0 min')
    """
    unit, value = str(row["unit"]), row["value"]
    interval = "" if pd.isna(value) else format_interval(row["low"], row["high"], unit)
    return format_value(value, unit), interval


def noted(rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Return the reference mark of each row ("" without a note), and each distinct note once.

    >>> noted(pd.DataFrame({"note": ["a", "", "b", "a"]}))
    (['[1]', '', '[2]', '[1]'], ['[1] a', '[2] b'])
    """
    texts = [str(note) for note in rows["note"]] if "note" in rows else [""] * len(rows)
    number = {text: i for i, text in enumerate(dict.fromkeys(t for t in texts if t), 1)}
    marks = [f"[{number[text]}]" if text else "" for text in texts]
    return marks, [f"[{i}] {text}" for text, i in number.items()]
