"""Faster imports of the notebook libraries.

With JupyterLab installed, `jsonschema` (under altair, nbformat, papermill and nbconvert) imports
`rfc3987_syntax`, which builds a grammar for IRIs: over a second that every cold report would pay
for a check no notebook uses. jsonschema treats the package as optional, so it is hidden while
jsonschema is first imported (python-jsonschema/jsonschema#1428).
"""

from __future__ import annotations

import importlib
import sys

__all__ = ["import_jsonschema_quickly"]

_GRAMMAR = "rfc3987_syntax"


def import_jsonschema_quickly() -> None:
    """Import jsonschema without the optional IRI grammar, unless either is imported already."""
    if "jsonschema" in sys.modules or _GRAMMAR in sys.modules:
        return
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # None makes the import fail
    try:
        importlib.import_module("jsonschema")
    finally:
        del sys.modules[_GRAMMAR]


import_jsonschema_quickly()
