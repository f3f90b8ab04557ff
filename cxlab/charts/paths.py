"""Ways customers take: the stages of a journey, and the branches of a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from cxlab.charts.base import Figure, finish, layered, nothing_to_draw
from cxlab.charts.given import one_row_each, rows_with
from cxlab.units import format_value

__all__ = ["decision_tree", "funnel"]

_INDENTS = 34
"""How many indents of the tree are as wide as the drawing: narrow ones leave room for words."""


def funnel(frame: pd.DataFrame, *, title: str = "Customer journey") -> Figure:
    """Draw a bar per stage of a journey, with how many went on and how long that took.

    `frame`: rows of `cxlab.metrics.journey.journey` without groups: stage, entered, conversion
    (a share), median_s (seconds). A stage that nobody entered stands with 0.
    """
    made_by = "cx.journey(tables)"
    rows = rows_with(frame, "stage", "entered", "conversion", "median_s", made_by=made_by)
    one_row_each(rows, "stage")
    if rows.empty or not (rows["entered"] > 0).any():
        return nothing_to_draw(title, "Nobody entered any stage.")
    data = pd.DataFrame(
        {
            "stage": rows["stage"].astype(str),
            "entered": rows["entered"].astype(int),
            "words": [_stage_words(r) for r in rows.to_dict("records")],
        }
    )
    order = list(data["stage"])
    y = alt.Y("stage:N", sort=order, title=None, axis=alt.Axis(labelLimit=120))
    x = alt.X("entered:Q", title="Customers who entered the stage (number)",
              axis=alt.Axis(tickCount=5, tickMinStep=1, labelSeparation=6))  # fmt: skip
    base = alt.Chart(data).encode(y=y)
    tooltip = [alt.Tooltip("stage:N"), alt.Tooltip("entered:Q", format=","),
               alt.Tooltip("words:N", title="then")]  # fmt: skip
    chart = layered(
        base.mark_bar(style="cx_area", height={"band": 0.62}).encode(x=x, tooltip=tooltip),
        base.mark_text(style="cx_label", align="left").encode(x=alt.value(6), text="words:N"),
    )
    told = "; ".join(f"{r.stage}: {r.words}" for r in data.itertuples())
    told += ". In brackets the median time until then"
    table = data.set_axis(["Stage", "Entered", "Then"], axis=1)
    figure: Figure = finish(
        chart,
        title,
        f"{title}. {told}.",
        height=40 + 44 * len(data),
        data=table,
        caption="In brackets the median time until they go on.",
    )
    return figure


def _stage_words(row: Mapping[Any, Any]) -> str:
    words = f"{int(row['entered']):,}"
    if pd.notna(row["conversion"]):
        words += f", {format_value(row['conversion'], 'share')} go on"
    if pd.notna(row["median_s"]):
        words += f" ({format_value(row['median_s'], 's')})"
    return words


def decision_tree(
    tree: Mapping[str, Sequence[Mapping[str, Any]]], *, title: str = "Decision tree"
) -> Figure:
    """Draw a decision tree as indented branches, each with its customers and their share.

    `tree`: `nodes` and `edges` as `cxlab.decisions.Decision.tree` has them.
    """
    nodes = _in_order(tree["nodes"])
    if not nodes or not nodes[0]["customers"]:
        return nothing_to_draw(title, "There are no customers to decide about.")
    place = {node["id"]: row for row, node in enumerate(nodes)}
    data = pd.DataFrame(
        {
            "row": range(len(nodes)),
            "x": [float(n["depth"]) for n in nodes],
            "words": [_drawn(n) for n in nodes],
            "leaf": [n["kind"] == "leaf" for n in nodes],
        }
    )
    lines = pd.DataFrame(
        [
            line
            for n in nodes
            if n["parent"] is not None
            for line in _elbow(place[n["parent"]], place[n["id"]], float(n["depth"]))
        ]
    )
    y = alt.Y("row:Q", axis=None, scale=alt.Scale(domain=[-0.6, len(nodes) - 0.4], reverse=True))
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.4, _INDENTS]))
    points = alt.Chart(data).encode(x=x, y=y)
    text: dict[str, Any] = {"align": "left", "dx": 9, "limit": 640}
    chart = layered(
        alt.Chart(lines).mark_rule(style="cx_branch").encode(x=x, y=y, x2="x2:Q", y2="row2:Q"),
        points.mark_circle(style="cx_point", size=60),
        points.transform_filter("!datum.leaf").mark_text(style="cx_note", **text).encode(
            text="words:N"
        ),
        points.transform_filter("datum.leaf").mark_text(style="cx_label", **text).encode(
            text="words:N"
        ),
    )  # fmt: skip
    leaves = [n for n in nodes if n["kind"] == "leaf"]
    told = "; ".join(_node_words(n) for n in leaves)
    table = pd.DataFrame(
        {"Leaf": [str(n["label"]).replace("_", " ") for n in leaves],
         "When": [_when(n, nodes) for n in leaves], "Customers": [n["customers"] for n in leaves],
         "Share": [_share(n) for n in leaves], "Next": [n["action"] or "–" for n in leaves]}
    )  # fmt: skip
    figure: Figure = finish(chart, title, f"{title}. {told}.", height=26 * len(nodes), data=table,
                            caption="Customers, in brackets their share; its 95 % interval is "
                            "among the data.")  # fmt: skip
    return figure


def _in_order(nodes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the nodes as they are read: each branch before the next begins."""
    below: dict[Any, list[Mapping[str, Any]]] = {}
    for node in nodes:
        below.setdefault(node["parent"], []).append(node)

    def walk(parent: Any) -> list[Mapping[str, Any]]:
        return [n for child in below.get(parent, []) for n in (child, *walk(child["id"]))]

    return walk(None)


def _when(leaf: Mapping[str, Any], nodes: Sequence[Mapping[str, Any]]) -> str:
    """Return the conditions on the way to a leaf; "–" for one that has none."""
    known = {node["id"]: node for node in nodes}
    way: list[str] = []
    above = known.get(leaf["parent"])
    while above is not None and above["parent"] is not None:
        way.insert(0, str(above["label"]).replace("_", " "))
        above = known.get(above["parent"])
    return "; ".join(way) or "–"


def _elbow(above: int, row: int, depth: float) -> list[dict[str, float]]:
    """Return the two strokes from a node to the one below it."""
    left = depth - 1
    return [
        {"x": left, "x2": left, "row": above, "row2": row},
        {"x": left, "x2": depth, "row": row, "row2": row},
    ]


def _drawn(node: Mapping[str, Any]) -> str:
    """Return what fits beside a node on a telephone: the count, at a leaf its share too."""
    words = f"{str(node['label']).replace('_', ' ')}: {node['customers']:,}"
    return words + f" ({format_value(node['share'], 'share')})" if node["kind"] == "leaf" else words


def _node_words(node: Mapping[str, Any]) -> str:
    return f"{str(node['label']).replace('_', ' ')}: {node['customers']:,} ({_share(node)})"


def _share(node: Mapping[str, Any]) -> str:
    low, high = node.get("low"), node.get("high")
    words = format_value(node["share"], "share")
    if low is None or high is None:
        return words
    return f"{words}, {format_value(low, 'share')} to {format_value(high, 'share')}"
