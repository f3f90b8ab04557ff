"""The quarantined rows beside the tables: `_quarantine_<table>.csv`, or a table of that name.

Every value is text there, as in the CSV, whatever it was when it was set aside.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.errors import InputError
from cxlab.tables.catalogue import TABLES

__all__ = ["PREFIX", "as_text", "files_of", "labelled", "read_files", "table_of", "with_numbers"]

PREFIX = "_quarantine_"


def labelled(
    rows: pd.DataFrame, number: npt.NDArray[np.int64], column: pd.Series, reason: pd.Series
) -> pd.DataFrame:
    """Put in front of the rows as given their numbers (from 1), the broken column, the reason.

    A given column of one of these names becomes `given_<name>`.
    """
    labels = {"row": number, "broken_column": column.to_numpy(), "reason": reason.to_numpy()}
    same = {c: f"given_{c}" for c in rows.columns if str(c).casefold() in labels}
    made = rows.rename(columns=same)
    for place, (name, values) in enumerate(labels.items()):
        made.insert(place, name, values)
    return made


def table_of(name: str) -> str | None:
    """Return the table whose bad rows a file or table of this name holds, if it does.

    >>> table_of("_quarantine_tickets.csv"), table_of("tickets"), table_of("_quarantine_x")
    ('tickets', None, None)
    """
    table = name.removeprefix(PREFIX).removesuffix(".csv")
    return table if name.startswith(PREFIX) and table in TABLES else None


def files_of(folder: Path) -> dict[str, Path]:
    """Return the files of quarantined rows in a folder, by table."""
    found = sorted(folder.glob(f"{PREFIX}*.csv"))
    return {n: path for path in found if path.is_file() and (n := table_of(path.name)) is not None}


def read_files(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the quarantined rows that stand in a folder, by table."""
    return {n: _read(path) for n, path in files_of(folder).items()}


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what a CSV keeps of the rows: every value as text."""
    return _parsed(io.StringIO(frame.to_csv(index=False)))


def with_numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of text with the number of the row as a number again."""
    if "row" not in frame:
        return frame
    number = pd.to_numeric(frame["row"], errors="coerce")
    return frame.assign(row=number.astype("int64")) if number.notna().all() else frame


def _parsed(source: Path | io.StringIO) -> pd.DataFrame:
    rows = pd.read_csv(
        source, dtype="str", header=None, keep_default_na=False, na_values=[""], encoding="utf-8"
    )
    frame = rows.iloc[1:].reset_index(drop=True)
    frame.columns = pd.Index(_distinct(str(c) for c in rows.iloc[0]))
    return frame


def _distinct(names: Iterable[str]) -> list[str]:
    """Number names that differ in upper and lower case only; a database takes them for one."""
    made: list[str] = []
    for name in names:
        taken = {m.casefold() for m in made}
        number, new = 1, name
        while new.casefold() in taken:
            number += 1
            new = f"{name}_{number}"
        made.append(new)
    return made


def _read(path: Path) -> pd.DataFrame:
    try:
        return with_numbers(_parsed(path))
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError, OSError) as error:
        raise InputError(
            f"the quarantined rows in {path.name} cannot be read",
            given=str(error).splitlines()[0][:200],
            expected="CSV as cxlab writes it",
        ) from None
