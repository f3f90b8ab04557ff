"""Parameters are checked against the notebook's own cell before anything runs."""

from __future__ import annotations

import json

import numpy as np
import pytest

from cxlab.errors import InputError
from cxlab.files import notebook_file
from cxlab.report.parameters import check_parameters, read_schema


def _notebook(source: str, tags: tuple[str, ...] = ("parameters",)) -> dict[str, object]:
    cell = {"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}}
    return {"cells": [cell]}


SCHEMA = read_schema(
    _notebook(
        'runs: int = 10\nrate: float = 0.5\nfast: bool = False\ncode: str = "last"\n'
        "goal: str | None = None\nnames: list[str] = []"
    )
)


def test_schema_is_read_with_types_and_defaults():
    assert {n: (p.words, p.default) for n, p in SCHEMA.items()} == {
        "runs": ("int", 10),
        "rate": ("float", 0.5),
        "fast": ("bool", False),
        "code": ("str", "last"),
        "goal": ("str | None", None),
        "names": ("list[str]", []),
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("runs", "10", 10), ("rate", "2", 2.0), ("fast", "true", True), ("code", "007", "007"),
        ("goal", "none", None), ("goal", "010", "010"), ("names", "a, b", ["a", "b"]),
        ("code", "none", "none"),
    ],
)  # fmt: skip
def test_text_from_a_command_line_becomes_the_declared_type(name, text, value):
    found = check_parameters(SCHEMA, {name: text}, from_text=True)[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("runs", "10"), ("runs", 10.0), ("runs", True), ("rate", float("nan")), ("fast", 1),
        ("code", 7), ("code", None), ("names", "a"), ("names", ["a", 1]), ("goal", 3),
    ],
)  # fmt: skip
def test_values_of_another_type_are_refused(name, value):
    with pytest.raises(InputError, match=f"parameter {name} has the wrong type"):
        check_parameters(SCHEMA, {name: value})


@pytest.mark.parametrize("text", ["ten", "1.5", "1e3", ""])
def test_text_that_is_no_integer_is_refused(text):
    with pytest.raises(InputError, match="runs"):
        check_parameters(SCHEMA, {"runs": text}, from_text=True)


def test_numpy_numbers_become_pythons():
    assert check_parameters(SCHEMA, {"runs": np.int64(3)}) == {"runs": 3}


def test_unknown_names_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'runs'"):
        check_parameters(SCHEMA, {"run": 3})


def test_a_name_with_code_in_it_never_reaches_the_notebook():
    with pytest.raises(InputError, match="unknown parameter"):
        check_parameters(SCHEMA, {"runs = 1\nimport os #": 3})


@pytest.mark.parametrize(
    "source", ["runs = None", "runs = []", "runs = [1, 'a']", "runs = {}", "a, b = 1, 2",
               "runs = len('a')", "runs: int = len('a')", "runs: int", "import os",
               "runs: dict = {}", "runs: int = 'a'", "runs: int ="],
)  # fmt: skip
def test_a_cell_that_is_no_schema_is_refused(source):
    with pytest.raises(InputError):
        read_schema(_notebook(source))


def test_a_notebook_may_have_no_parameters_but_one_place_for_them():
    assert read_schema(_notebook("runs: int = 3", tags=())) == {}
    twice = _notebook("runs: int = 3")
    twice["cells"] = twice["cells"] * 2
    with pytest.raises(InputError, match="several cells of parameters: given 2"):
        read_schema(twice)


@pytest.mark.parametrize(
    ("source", "kind"),
    [("x = 'log'", "str"), ("x = 3", "int"), ("x = 0.5", "float"), ("x = True", "bool"),
     ("x = ['a', 'b']", "list[str]")],
)  # fmt: skip
def test_a_parameter_without_a_type_has_that_of_its_default(source, kind):
    assert read_schema(_notebook(source))["x"].words == kind
    assert check_parameters(read_schema(_notebook(source)), {}) == {}


@pytest.mark.parametrize("name", ["scenario", "periodic"])
def test_the_notebooks_are_thin_and_stored_without_outputs(name):
    notebook = json.loads(notebook_file(name).read_text(encoding="utf-8"))
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert len(notebook["cells"]) < 15
    assert all(c["outputs"] == [] and c["execution_count"] is None for c in code)
    lines = "".join("".join(c["source"]) + "\n" for c in code).splitlines()
    assert not [
        x for x in lines if x.split(" ")[0] in ("def", "for", "if", "try:", "while", "with")
    ]
    assert read_schema(notebook)
