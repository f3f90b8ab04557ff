"""Queries of a load as text, written once for tables with the same columns.

What the checks of a table ask depends on its name, its columns and their types, on nothing else.
Ibis takes longer to write a query than the database takes to run it on a small log, and reports
read logs of the same columns again and again. What one process wrote can be told to another.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir

__all__ = ["known_texts", "learn_texts", "text_of"]

MOST = 256
"""Texts that are kept."""

_Key = tuple[str, str, str]
"""Purpose, name of the table, its columns with their types."""

_TEXTS: OrderedDict[_Key, str] = OrderedDict()


def text_of(purpose: str, source: ir.Table, write: Callable[[], ir.Table]) -> str:
    """Return a query on a source in SQL: as it was written for one like it, or as `write` does.

    `purpose` names the question; `write` may ask the source, and declared columns of tables named
    there.
    """
    table = source.op()
    assert isinstance(table, ops.DatabaseTable)  # a source is a table or a view of its database
    key = (purpose, table.name, _columns(table.schema))
    if key in _TEXTS:
        _TEXTS.move_to_end(key)
        return _TEXTS[key]
    backend: Any = source.get_backend()
    text: str = backend.compile(write())
    learn_texts([(*key, text)])
    return text


def known_texts() -> list[tuple[str, str, str, str]]:
    """Return every text that is kept, as `learn_texts` of another process takes them."""
    return [(*key, text) for key, text in _TEXTS.items()]


def learn_texts(told: Iterable[Sequence[str]]) -> None:
    """Keep texts that were written elsewhere, by the same version of the code.

    >>> learn_texts([("an example", "tickets", "'ticket_id' string", "SELECT 1")])
    >>> known_texts()[-1]
    ('an example', 'tickets', "'ticket_id' string", 'SELECT 1')
    """
    for purpose, name, columns, text in told:
        _TEXTS[purpose, name, columns] = text
        _TEXTS.move_to_end((purpose, name, columns))
    while len(_TEXTS) > MOST:
        _TEXTS.popitem(last=False)


@lru_cache(maxsize=MOST)
def _columns(schema: sch.Schema) -> str:
    return ", ".join(f"{name!r} {kind}" for name, kind in schema.items())
