"""References between canonical tables: rows that name what is not there."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
import pandas as pd

from cxlab.tables.checks import key_text, summary_of
from cxlab.tables.coerce import ROW, Coerced
from cxlab.tables.schema import Reference, TableSpec
from cxlab.tables.texts import text_of

__all__ = ["broken_references", "refers_nowhere"]


def broken_references(
    rows: ir.Table, spec: TableSpec, reference: Reference, target: ir.Table
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows whose reference leads nowhere, and their summary.

    `rows` has `__row`. Rows of one replication refer to that replication.
    """
    lost = _lost(rows, reference, target)
    detail = lost[reference.column]
    frame = (
        lost.select(**{ROW: lost[ROW], "key": key_text(lost, spec), "detail": detail})
        .order_by(ROW)
        .to_pandas()
    )
    frame.insert(1, "column", reference.column)
    frame.insert(2, "reason", f"no such {reference.target} in {reference.table}")
    return frame, summary_of(frame, spec)


def refers_nowhere(table: Coerced, reference: Reference, target: ir.Table) -> bool:
    """Return whether a reference of any row leads nowhere: counted by a query written once."""

    def number() -> ir.Table:
        lost = _lost(table.plain(), reference, target)
        return lost.aggregate(n=lost.count())

    purpose = f"{reference.column} in {reference.table}.{reference.target}"
    backend: Any = table.source.get_backend()
    (n,) = backend.con.execute(text_of(purpose, table.source, number)).fetchone()
    return bool(n)


def _lost(rows: ir.Table, reference: Reference, target: ir.Table) -> ir.Table:
    given = rows.filter(rows[reference.column].notnull())
    known = target.select(
        __target=target[reference.target], __replication=target["replication"]
    ).distinct()
    return given.anti_join(
        known,
        [
            given[reference.column] == known["__target"],
            given["replication"].identical_to(known["__replication"]),
        ],
    )
