"""The canonical tables that cxlab knows, by name.

Real exports, simulated desks and worked examples all become these tables, so that metrics,
charts and reports cannot tell them apart. Column names follow the field's use (Zendesk,
dbt_zendesk, ServiceNow); `queued_at`, `answered_at` and `abandoned_at` carry what call-centre
logs know and ticket systems do not. The declarations stand in `cxlab.tables.declared`.
"""

from __future__ import annotations

from cxlab.errors import InputError
from cxlab.tables.declared import DECLARED
from cxlab.tables.declared.columns import AUTHORS, CHANNELS, CURRENCIES, PRIORITIES, STATUSES
from cxlab.tables.declared.support import FIELDS
from cxlab.tables.schema import TableSpec

__all__ = [
    "AUTHORS",
    "CHANNELS",
    "CURRENCIES",
    "FIELDS",
    "PRIORITIES",
    "STATUSES",
    "TABLES",
    "table_spec",
]

TABLES: dict[str, TableSpec] = {spec.name: spec for spec in DECLARED}


def table_spec(name: str) -> TableSpec:
    """Return the declaration of a canonical table.

    Raises InputError with the nearest known name when there is no such table.

    >>> table_spec("tickets").grain
    "ticket: one customer's request, however many contacts it takes"
    """
    if name not in TABLES:
        raise InputError("unknown table", given=name, known=TABLES)
    return TABLES[name]
