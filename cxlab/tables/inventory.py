"""What an input's tables hold: columns that are known, the user's own, and near misses."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from cxlab.tables.catalogue import table_spec
from cxlab.tables.store import Tables

__all__ = ["Inventory", "inventory", "near_misses"]

_NEAR = 0.75
"""How alike two names are when one is taken for a slip of the other (difflib's ratio)."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """One table: its rows, the known columns that it has, others, and what these may be.

    `near` names, for a column that is not known, the known column that was probably meant.
    """

    table: str
    rows: int
    known: tuple[str, ...]
    own: tuple[str, ...]
    near: dict[str, str]


def inventory(tables: Tables) -> list[Inventory]:
    """Return what each table holds, in the order of the catalogue."""
    out = []
    for name in tables.names:
        given, own = tables.given_columns(name), tables.extra_columns(name)
        absent = [c.name for c in table_spec(name).columns if c.name not in given]
        rows = int(tables[name].count().execute())
        out.append(Inventory(name, rows, given, own, near_misses(own, absent)))
    return out


def near_misses(own: Iterable[str], absent: Iterable[str]) -> dict[str, str]:
    """Return for each unknown column the absent known one that it is most like, if any is.

    >>> near_misses(["first_reply_at", "region"], ["first_human_reply_at", "due_at"])
    {'first_reply_at': 'first_human_reply_at'}
    """
    known = list(absent)
    close = {
        name: difflib.get_close_matches(name.casefold().replace(" ", "_"), known, 1, _NEAR)
        for name in own
    }
    return {name: found[0] for name, found in close.items() if found}
