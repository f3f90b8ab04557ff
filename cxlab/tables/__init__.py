"""Canonical tables: declared once, read, checked, kept on one backend, and written."""

from __future__ import annotations

from cxlab.tables.catalogue import TABLES, table_spec
from cxlab.tables.derive import agreement, complete
from cxlab.tables.schema import Column, Kind, Reference, Rule, TableSpec
from cxlab.tables.sources import InputFile
from cxlab.tables.store import Tables

__all__ = [
    "TABLES",
    "Column",
    "InputFile",
    "Kind",
    "Reference",
    "Rule",
    "TableSpec",
    "Tables",
    "agreement",
    "complete",
    "table_spec",
]
