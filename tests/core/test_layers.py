"""Imports point down only: errors, tables, … , command line."""

import ast
from pathlib import Path

import pytest

import cxlab

ROOT = Path(cxlab.__file__).parent

# Each layer may import itself and the layers before it; those on one line are strangers.
LAYERS = [
    {"errors", "temporary"},
    {"display", "files", "forking", "imports", "origin", "units", "validation", "workers"},
    {"pages"},
    {"tables"},
    {"calendars", "stats", "theory"},
    {"ingest"},
    {"metrics", "scenario"},
    {"decisions"},
    {"sim"},
    {"experiment"},
    {"charts"},
    {"report"},
    {"lessons"},
    {"cli", "completion"},
    {"__main__"},
]
RANK = {name: i for i, layer in enumerate(LAYERS) for name in layer}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cxlab"):
            parts = node.module.split(".")
            yield from [parts[1]] if len(parts) > 1 else [a.name for a in node.names]
        elif isinstance(node, ast.Import):
            for alias in node.names:
                parts = alias.name.split(".")
                if parts[0] == "cxlab" and len(parts) > 1:
                    yield parts[1]


MODULES = [p for p in sorted(ROOT.rglob("*.py")) if p != ROOT / "__init__.py"]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_down(path):
    own = path.relative_to(ROOT).parts[0].removesuffix(".py")
    assert own in RANK, f"{own} has no layer: say where it belongs"
    for other in set(imported(path)) - {own}:
        if other not in RANK:
            continue  # a public name of cxlab itself, resolved on first use
        assert RANK[other] < RANK[own], f"{own} must not import {other}"


def test_metrics_and_simulation_are_strangers():
    for path in MODULES:
        own = path.relative_to(ROOT).parts[0].removesuffix(".py")
        if own in ("metrics", "sim"):
            assert ({"metrics", "sim"} - {own}).isdisjoint(imported(path)), path
