"""How the command line shows results: tables for people, JSON for programs, progress on stderr."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

if TYPE_CHECKING:  # a command that prints no number need not load pandas
    import pandas as pd

    from cxlab.tables import Tables

__all__ = [
    "plain",
    "print_frame",
    "print_json",
    "print_results",
    "progress_bar",
    "row_count",
    "say",
]


def row_count(tables: Tables, name: str) -> int:
    """Return how many rows a table has."""
    return int(tables[name].count().execute())


def say(message: str) -> None:
    """Print one line for people on stderr."""
    Console(stderr=True).print(escape(message), soft_wrap=True, highlight=False)


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: NaN is null, instants are ISO 8601."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "isoformat"):
        return value.isoformat() if value == value else None  # NaT equals nothing
    if hasattr(value, "item"):
        value = value.item()
    if type(value).__name__ == "NAType" or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value


def print_json(value: Any) -> None:
    """Print plain data as JSON on stdout; frames as a list of rows."""
    if hasattr(value, "columns"):  # a frame
        value = value.to_dict("records")
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")


def print_results(rows: pd.DataFrame) -> None:
    """Print metric results as a table on stdout, with intervals, exclusions and notes."""
    from cxlab.metrics.frame import noted
    from cxlab.metrics.measurement import RESULT_COLUMNS

    groups = [c for c in rows.columns if c not in RESULT_COLUMNS]
    marks, notes = noted(rows)
    table = Table(box=None, pad_edge=False)
    for name in ("metric", *groups):
        table.add_column(name)
    runs = rows["interval_method"].str.contains("replication", na=False).any()
    for name in ("value", "95 % interval", "runs" if runs else "n", "pending"):
        table.add_column(name, justify="right")
    table.add_column("left out", overflow="fold")
    table.add_column("flag")
    if notes:
        table.add_column("note")
    for row, mark in zip(rows.to_dict("records"), marks, strict=True):
        cells = [*_cells(row, groups), *([mark] if notes else [])]
        table.add_row(*(escape(cell) for cell in cells))
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    for note in notes:
        console.print(escape(note), highlight=False, soft_wrap=True)


def _cells(row: dict[Any, Any], groups: list[str]) -> list[str]:
    from cxlab.metrics.frame import row_words

    left_out = ", ".join(f"{reason} {count:,}" for reason, count in row["excluded"].items())
    return [
        str(row["metric"]),
        *(str(row[g]) for g in groups),
        *row_words(row),
        f"{row['n']:,}",
        f"{row['pending']:,}",
        left_out,
        str(row["flag"]),
    ]


def print_frame(rows: pd.DataFrame) -> None:
    """Print a frame of texts as a table on stdout."""
    table = Table(box=None, pad_edge=False)
    for name in rows.columns:
        table.add_column(escape(str(name)))
    for row in rows.itertuples(index=False):
        table.add_row(*(escape(str(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else 160).print(table)


_REFRESH_S = 0.1


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a `progress(done, total)` that draws a bar with the time left on stderr.

    It is drawn by whoever tells progress, and by no thread: what is forked meanwhile is safe.
    """
    columns = (
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal,
        auto_refresh=False,
    ) as bar:  # fmt: skip
        task = bar.add_task(label, total=None)
        bar.refresh()
        drawn = [0.0]

        def told(done: int, total: int) -> None:
            now = time.monotonic()
            often = now - drawn[0] < _REFRESH_S and done != total
            bar.update(task, completed=done, total=total, refresh=not often)
            drawn[0] = drawn[0] if often else now

        yield told
