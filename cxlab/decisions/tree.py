"""The rules as a tree of plain data, for drawing: nodes, edges and counts."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlab.decisions.rules import Rule, Rules

__all__ = ["tree_of"]


def tree_of(rules: Rules, leaves: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return `nodes` and `edges` of the tree whose branches are the rules' conditions.

    Rules that begin with the same conditions share a branch; features are asked in the order in
    which the file first names them. A node has `id`, `parent` (None at the root), `depth`,
    `kind` (root, condition or leaf), `label`, `customers` and `share`; a leaf has `segment`,
    `action`, `low` and `high` besides. A node's customers are those of the leaves below it. An
    edge has `source`, `target` and `customers`.
    """
    nodes: dict[tuple[str, ...], dict[str, Any]] = {(): _node("root", rules.title or "customers")}
    for place, row in enumerate(leaves.to_dict(orient="records")):
        path = _path(rules.rules[place], rules.features) if place < len(rules.rules) else ()
        for depth in range(1, len(path) + 1):
            nodes.setdefault(path[:depth], _node("condition", path[depth - 1]))
        keys = ("segment", "action", "share", "low", "high")
        leaf = {**_node("leaf", str(row["leaf"])), **{k: row[k] for k in keys}}
        end = (*path, f"→ {row['leaf']}")
        nodes[end] = leaf
        for depth in range(len(end) + 1):
            nodes[end[:depth]]["customers"] += int(row["customers"])
    total = nodes[()]["customers"]
    ids = {path: f"n{i}" for i, path in enumerate(nodes)}
    found = [
        {
            "id": ids[path],
            "parent": ids[path[:-1]] if path else None,
            "depth": len(path),
            **node,
            "share": node["customers"] / total if total else float("nan"),
        }
        for path, node in nodes.items()
    ]
    edges = [
        {"source": n["parent"], "target": n["id"], "customers": n["customers"]}
        for n in found
        if n["parent"] is not None
    ]
    return {"nodes": found, "edges": edges}


def _node(kind: str, label: str) -> dict[str, Any]:
    return {"kind": kind, "label": label, "customers": 0}


def _path(rule: Rule, order: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name} {rule.box[name]}" for name in order if name in rule.box)
