"""Queries of a load as text, written once for tables with the same columns.

What the checks of a table ask depends on its name, its columns and their types, on nothing else.
Ibis takes longer to write a query than the database takes to run it on a small log, and reports
read logs of the same columns again and again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import ibis.expr.operations as ops
import ibis.expr.types as ir

__all__ = ["text_of"]

MOST = 256
"""Texts that are kept."""

_TEXTS: OrderedDict[Hashable, str] = OrderedDict()


def text_of(purpose: str, source: ir.Table, write: Callable[[], ir.Table]) -> str:
    """Return a query on a source in SQL: as it was written for one like it, or as `write` does.

    `purpose` names the question; `write` may ask the source, and declared columns of tables named
    there.
    """
    table = source.op()
    assert isinstance(table, ops.DatabaseTable)  # a source is a table or a view of its database
    key = (purpose, table.name, table.schema)
    if key in _TEXTS:
        _TEXTS.move_to_end(key)
        return _TEXTS[key]
    backend: Any = source.get_backend()
    text: str = backend.compile(write())
    _TEXTS[key] = text
    while len(_TEXTS) > MOST:
        _TEXTS.popitem(last=False)
    return text
