"""Real exports to canonical tables by mapping files."""

from __future__ import annotations

from cxlab.ingest.importer import ImportReport, import_export
from cxlab.ingest.mapping import (
    Mapping,
    bundled_mapping,
    bundled_mappings,
    find_mapping,
    load_mapping,
)

__all__ = [
    "ImportReport",
    "Mapping",
    "bundled_mapping",
    "bundled_mappings",
    "find_mapping",
    "import_export",
    "load_mapping",
]
