"""Typed notebook parameters: the cell tagged `parameters` is the schema.

papermill itself only warns on an unknown parameter, changes types silently and pastes parameter
names as code. Here every value is checked against the cell's annotations before anything runs.
"""

from __future__ import annotations

import ast
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cxlab.errors import InputError
from cxlab.scenario.changes import comma_parts

__all__ = ["Parameter", "check_parameters", "read_schema"]

_SCALARS: dict[str, type] = {"int": int, "float": float, "bool": bool, "str": str}
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, its type as text, and its default.

    `type` is "int", "float", "bool", "str" or "list[str]" (also of the others); `optional`
    says that None is a value too.
    """

    name: str
    type: str
    default: Any
    optional: bool = False

    @property
    def words(self) -> str:
        """The type as it stands in the notebook."""
        return self.type + (" | None" if self.optional else "")


def read_schema(notebook: Mapping[str, Any], name: str = "notebook") -> dict[str, Parameter]:
    """Return the parameters that a notebook (nbformat, as a mapping) declares, by name.

    Without a cell tagged `parameters` there are none. A line without a type has that of its
    default. Raises InputError when several cells are tagged, or when the cell holds anything but
    assignments of literals.
    """
    cells = [c for c in notebook["cells"] if "parameters" in c["metadata"].get("tags", [])]
    if len(cells) > 1:
        expected = "one cell tagged 'parameters'"
        raise InputError(f"{name} has several cells of parameters", given=len(cells),
                         expected=expected)  # fmt: skip
    source = cells[0]["source"] if cells else ""
    text = source if isinstance(source, str) else "".join(source)
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise InputError(f"the parameters of {name} are not Python", hint=str(error)) from None
    found = [_declared(statement, name) for statement in tree.body if not _is_text(statement)]
    return {p.name: p for p in found}


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _declared(statement: ast.stmt, name: str) -> Parameter:
    expected = "lines such as replications: int = 10"
    line = ast.unparse(statement)
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        return _undeclared(statement, line, name)
    if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
        raise InputError(f"not a parameter in {name}", given=line, expected=expected)
    kind, optional = _type(statement.annotation, line)
    try:
        default = ast.literal_eval(statement.value) if statement.value else ...
    except ValueError:
        default = ...
    parameter = Parameter(statement.target.id, kind, None, optional)
    if default is ...:
        raise InputError("a parameter needs a literal default", given=line, expected=expected)
    default = _convert(parameter, default, from_text=False)
    return Parameter(parameter.name, kind, default, optional)


def _undeclared(statement: ast.Assign, line: str, name: str) -> Parameter:
    """Return a parameter whose type is that of its default, as papermill has them."""
    target = statement.targets[0]
    try:
        default = ast.literal_eval(statement.value)
    except ValueError:
        default = None
    values = default if isinstance(default, list) else [default]
    kinds = {type(value).__name__ for value in values}
    if not isinstance(target, ast.Name) or len(kinds) != 1 or not kinds <= set(_SCALARS):
        expected = "a type and a literal, such as targets: str | None = None"
        raise InputError(f"not a parameter in {name}", given=line, expected=expected)
    (kind,) = kinds
    return Parameter(target.id, f"list[{kind}]" if isinstance(default, list) else kind, default)


def _type(annotation: ast.expr, line: str) -> tuple[str, bool]:
    parts = [p.strip() for p in ast.unparse(annotation).split("|")]
    kinds = [p for p in parts if p != "None"]
    known = [*_SCALARS, *(f"list[{s}]" for s in _SCALARS)]
    if len(kinds) != 1 or kinds[0] not in known:
        raise InputError("unknown type of a parameter", given=line, known=known)
    return kinds[0], "None" in parts


def check_parameters(
    schema: Mapping[str, Parameter], given: Mapping[str, Any], *, from_text: bool = False
) -> dict[str, Any]:
    """Return the given values in their declared types; nothing is filled in.

    `from_text`: values come from a command line, so "10" may be read as the int it is declared
    to be, and "none" as None where None is allowed. A str stays what it is ("007"). Raises
    InputError for unknown names and for values of another type.

    >>> schema = {"runs": Parameter("runs", "int", 10)}
    >>> check_parameters(schema, {"runs": "20"}, from_text=True)
    {'runs': 20}
    """
    checked = {}
    for name, value in given.items():
        # The name is pasted into the notebook as code, so only declared names get there.
        if not isinstance(name, str) or name not in schema:
            raise InputError("unknown parameter of the notebook", given=name, known=schema)
        checked[name] = _convert(schema[name], value, from_text=from_text)
    return checked


def _convert(parameter: Parameter, value: Any, *, from_text: bool) -> Any:
    if parameter.optional and (value is None or (from_text and _says_none(value))):
        return None
    try:
        if parameter.type.startswith("list["):
            return _list(parameter.type[5:-1], value, from_text)
        return _scalar(parameter.type, value, from_text)
    except ValueError:
        what = f"parameter {parameter.name} has the wrong type"
        raise InputError(what, given=value, expected=parameter.words) from None


def _says_none(value: Any) -> bool:
    return isinstance(value, str) and value.casefold() == "none"


def _list(kind: str, value: Any, from_text: bool) -> list[Any]:
    if from_text and isinstance(value, str):
        value = comma_parts(value)
    if not isinstance(value, list | tuple):
        raise ValueError("not a list")
    return [_scalar(kind, item, from_text) for item in value]


def _scalar(kind: str, value: Any, from_text: bool) -> Any:
    if kind == "str":
        if isinstance(value, str):
            return str(value)
        raise ValueError("not text")
    if from_text and isinstance(value, str):
        value = _from_text(kind, value.strip())
    value = _plain(value)
    if kind == "float" and type(value) is int:
        value = float(value)
    infinite = isinstance(value, float) and not math.isfinite(value)
    if type(value) is not _SCALARS[kind] or infinite:
        raise ValueError("another type")
    return value


def _from_text(kind: str, text: str) -> Any:
    if kind == "bool":
        if text.casefold() not in _BOOLEANS:
            raise ValueError("not a boolean")
        return _BOOLEANS[text.casefold()]
    return int(text) if kind == "int" else float(text)


def _plain(value: Any) -> Any:
    """Return numpy's numbers as Python's: papermill would write them as text."""
    item = getattr(value, "item", None)
    return item() if isinstance(item, types.BuiltinMethodType) else value
