"""Mapping files: how the columns of one real export become canonical tables, as data.

A mapping is TOML without any code in it. `[source]` says how the file is read, `[derive.NAME]`
names values used in several places, and one section per canonical table says where its columns
come from: `[customers.columns]` fills `customers`, `[[surveys.unpivot]]` makes rows of columns.
Unknown keys are refused with the nearest known name.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cxlab.errors import InputError, nearest
from cxlab.files import no_file
from cxlab.ingest.sections import (
    Changes,
    ColumnRule,
    Condition,
    Mapping,
    SourceRule,
    Strict,
    TableRule,
    Unpivot,
)
from cxlab.tables import TABLES, table_spec

__all__ = [
    "Mapping",
    "bundled_mapping",
    "bundled_mappings",
    "find_mapping",
    "load_mapping",
]


def load_mapping(path: str | Path) -> Mapping:
    """Read and check a mapping file.

    Raises InputError for a missing file, TOML that cannot be read, an unknown key, table,
    column or zone, or a value of a wrong type.
    """
    path = Path(path)
    try:
        plain = tomllib.loads(path.read_text("utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise no_file("no such mapping file", path, expected="a TOML file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"mapping {path.name} is not TOML", given=str(error)) from None
    return _checked(plain, path.name)


def _checked(plain: dict[str, Any], file: str) -> Mapping:
    sections = {"source", "derive", *TABLES}
    for name in plain:
        if name not in sections:
            raise InputError(f"unknown section in mapping {file}", given=name, known=sections)
    tables = {n: v for n, v in plain.items() if n in TABLES}
    if not tables:
        raise InputError(f"mapping {file} fills no table", known=TABLES)
    shape = {k: v for k, v in plain.items() if k not in tables} | {"tables": tables}
    try:
        mapping = Mapping.model_validate(shape)
    except ValidationError as error:
        raise _input_error(error, file) from None
    for name, rule in mapping.tables.items():
        _check_columns(name, rule, file)
    return mapping


def _check_columns(name: str, rule: TableRule, file: str) -> None:
    spec = table_spec(name)
    declared = [c.name for c in spec.columns]
    for column in rule.columns:
        if column not in declared:
            raise InputError(
                f"table {name} has no column of that name (mapping {file})",
                given=column,
                known=declared,
                hint=None if _near(column, declared) else f"own columns go under [{name}.extra]",
            )
    for column in rule.extra:
        if column in declared:
            raise InputError(
                f"{column!r} is a declared column of {name} (mapping {file})",
                given=f"{name}.extra.{column}",
                expected=f"{name}.columns.{column}",
            )
    made = {"at", "field", "old", "new", "seq"} if rule.changes else set()
    lacking = [c for c in spec.required if c not in rule.columns and c not in made]
    if lacking:
        raise InputError(
            f"mapping {file} leaves required columns of {name} out",
            given=sorted(rule.columns),
            expected=", ".join(lacking),
        )


def _near(name: str, known: list[str]) -> bool:
    return nearest(name, known) is not None


_KEYS: dict[str, type[Strict]] = {
    "source": SourceRule,
    "when": Condition,
    "where": Condition,
    "changes": Changes,
    "unpivot": Unpivot,
}


def _input_error(error: ValidationError, file: str) -> InputError:
    # A key that is misspelt is also missing; the misspelling is what to name.
    first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
    path = [str(p) for p in first["loc"] if p != "tables"]
    where = ".".join(path)
    if first["type"] == "extra_forbidden":
        model = _model_at(path[:-1])
        known = {f.alias or n for n, f in model.model_fields.items()}
        parent = ".".join(path[:-1])
        return InputError(
            f"unknown key in [{parent}] of mapping {file}", given=path[-1], known=known
        )
    message = first["msg"].removeprefix("Value error, ")
    return InputError(f"mapping {file}, {where}", given=first.get("input"), expected=message)


def _model_at(path: list[str]) -> type[Strict]:
    for part in reversed(path):
        if part in ("columns", "extra", "fields", "derive"):
            return ColumnRule
        if part in _KEYS:
            return _KEYS[part]
        if part in TABLES:
            return ColumnRule if len(path) > 1 else TableRule
    return Mapping


def bundled_mappings() -> tuple[str, ...]:
    """Return the names of the mappings that ship with cxlab.

    >>> bundled_mappings()
    ('anonymous_bank', 'cdnow', 'sfo_survey_2017', 'telco_churn', 'uci_incidents')
    """
    folder = resources.files("cxlab.ingest") / "mappings"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def bundled_mapping(name: str) -> Path:
    """Return the path of a mapping that ships with cxlab; InputError when there is none."""
    if name not in bundled_mappings():
        raise InputError("unknown bundled mapping", given=name, known=bundled_mappings())
    return Path(str(resources.files("cxlab.ingest") / "mappings" / f"{name}.toml"))


def find_mapping(name_or_path: str | Path) -> Path:
    """Return the mapping file of that path, or the bundled one of that name.

    >>> find_mapping("uci_incidents").name
    'uci_incidents.toml'
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    if str(name_or_path) in bundled_mappings():
        return bundled_mapping(str(name_or_path))
    known = bundled_mappings()
    expected = f"a .toml file, or one of {', '.join(sorted(known))}"
    raise no_file("no such mapping", name_or_path, known=known, expected=expected)
