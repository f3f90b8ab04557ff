"""Count the customers at every leaf of the rules, in one query, and lay the rules out as a tree."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.decisions.boxes import Interval, Range, Words
from cxlab.decisions.features import FEATURES, feature_table
from cxlab.decisions.rules import Leaf, Rule, Rules, load_rules
from cxlab.decisions.tree import tree_of
from cxlab.errors import InputError
from cxlab.metrics.view import View, view_of
from cxlab.tables import Tables

__all__ = ["LEAF_COLUMNS", "Decision", "decide", "holds"]

LEAF_COLUMNS = ("leaf", "segment", "action", "customers", "share", "low", "high", "conditions")
"""Columns of `Decision.leaves`."""


@dataclass(frozen=True, eq=False)
class Decision:
    """Who falls where: counts per leaf, the tree for drawing, and the customers themselves.

    `leaves` has one row per rule, then `otherwise` (if the rules have it) and `unknown`, with
    `LEAF_COLUMNS`; shares are of all `customers` counted, with Wilson's interval. `tree` is
    plain data: `nodes` and `edges` (see `tree.tree_of`). `assigned` is a table with a row per
    customer: its features and its leaf. `excluded` counts customers left out by reason, `note`
    says which features the log does not know at all.
    """

    rules: Rules
    leaves: pd.DataFrame
    tree: dict[str, list[dict[str, Any]]]
    assigned: ir.Table
    excluded: dict[str, int]
    note: str
    as_of: dt.datetime

    @property
    def customers(self) -> int:
        """How many customers were counted."""
        return int(self.leaves["customers"].sum())

    def named(self) -> pd.DataFrame:
        """Return a row per customer: its id, leaf and next action, and the features asked."""
        rows: pd.DataFrame = self.assigned.order_by("customer_id").to_pandas()
        actions = self.leaves.set_index("leaf")["action"]
        found = rows[["customer_id", "leaf"]].assign(action=rows["leaf"].map(actions))
        return found.join(rows[[f for f in self.rules.features if f in rows]])

    def members(self, leaf: str) -> list[str]:
        """Return the ids of the customers at a leaf; InputError with the nearest name."""
        names = self.leaves["leaf"].tolist()
        if leaf not in names:
            raise InputError("no such leaf", given=leaf, known=names)
        mine = self.assigned.filter(self.assigned.leaf == leaf).order_by("customer_id")
        return [str(c) for c in mine.select("customer_id").to_pandas()["customer_id"]]


def decide(
    tables: Tables, rules: Rules | None = None, *, as_of: dt.datetime | None = None
) -> Decision:
    """Assign every customer to a leaf of the rules (default: cxlab's own) and count.

    A customer is at `unknown` when a feature is missing without which no rule is certain; rules
    that are certain without it still hold. Raises InputError without customers, or for several
    replications, which are not one log.
    """
    asked = rules or load_rules()
    view = view_of(tables, as_of)
    _check(view)
    rows = feature_table(view, asked)
    rows = rows.cache() if view.small else rows  # asked three times
    counted = rows.filter(rows.excluded_reason.isnull())
    leaves = _leaves(asked)
    place = _place(counted, asked)
    words = [(place == i, leaf.name) for i, leaf in enumerate(leaves)]
    assigned = counted.mutate(leaf=ibis.cases(*words))
    found = assigned.group_by("leaf").aggregate(customers=assigned.count()).to_pandas()
    counts = found.set_index("leaf")["customers"].reindex([x.name for x in leaves], fill_value=0)
    frame = _frame(leaves, counts.to_numpy(dtype=np.int64), asked)
    return Decision(
        rules=asked,
        leaves=frame,
        tree=tree_of(asked, frame),
        assigned=assigned,
        excluded=_excluded(rows),
        note=_note(view, asked),
        as_of=view.as_of,
    )


def holds(rows: ir.Table, rule: Rule) -> ir.BooleanValue:
    """Return whether a rule holds: true, false, or empty where what is missing decides it."""
    return reduce(lambda a, b: a & b, [_within(rows[n], given) for n, given in rule.box.items()])


def _within(value: ir.Value, given: Range) -> ir.BooleanValue:
    if isinstance(given, Words):
        return value.isin(given.words)
    return _between(value, given)


def _between(value: Any, given: Interval) -> ir.BooleanValue:
    ends: list[ir.BooleanValue] = []
    if np.isfinite(given.low):
        ends.append(value >= given.low if given.low_in else value > given.low)
    if np.isfinite(given.high):
        ends.append(value <= given.high if given.high_in else value < given.high)
    # Any value will do, but one there must be.
    return reduce(lambda a, b: a & b, ends) if ends else value == value


def _place(rows: ir.Table, rules: Rules) -> ir.IntegerValue:
    """Return the number of each customer's leaf: one CASE over all rules.

    SQL's logic of three values does the rest: a rule whose conditions fail somewhere is false
    whatever is missing, one that could still hold is empty.
    """
    met = [holds(rows, rule) for rule in rules.rules]
    # The cast keeps "(x IS NOT NULL) IS NULL" out of the SQL, whose brackets sqlglot loses.
    open_still = reduce(lambda a, b: a | b, [m.cast("int8").isnull() for m in met])
    last = len(rules.rules) + (rules.otherwise is not None)
    branches = [(m.fill_null(False), i) for i, m in enumerate(met)]
    return ibis.cases(*branches, (open_still, last), else_=len(rules.rules))


def _leaves(rules: Rules) -> list[Leaf]:
    otherwise = [] if rules.otherwise is None else [rules.otherwise]
    return [*(rule.leaf for rule in rules.rules), *otherwise, rules.unknown]


def _frame(leaves: list[Leaf], counts: np.ndarray, rules: Rules) -> pd.DataFrame:
    total = int(counts.sum())
    low, high = stats.wilson_interval(counts, np.full(len(counts), total))
    words = [str(rule) for rule in rules.rules]
    words += ["none of the rules"] if rules.otherwise is not None else []
    return pd.DataFrame(
        {
            "leaf": [leaf.name for leaf in leaves],
            "segment": [leaf.segment for leaf in leaves],
            "action": [leaf.action for leaf in leaves],
            "customers": counts,
            "share": counts / total if total else np.full(len(counts), np.nan),
            "low": low,
            "high": high,
            "conditions": [*words, "a feature is missing that decides"],
        }
    )


def _check(view: View) -> None:
    if view.table("customers") is None and view.table("subscriptions") is None:
        raise InputError(
            "a decision is about customers", given=list(view.tables.names),
            expected="a table of customers or of subscriptions",
        )  # fmt: skip
    if len(view.replications) > 1:
        raise InputError(
            f"the tables hold {len(view.replications)} simulated replications, which are not one "
            "log", expected="one of them",
        )  # fmt: skip


def _excluded(rows: ir.Table) -> dict[str, int]:
    out = rows.filter(rows.excluded_reason.notnull())
    found = out.group_by("excluded_reason").aggregate(n=out.count()).to_pandas()
    found = found.sort_values("excluded_reason")
    return {str(r): int(n) for r, n in zip(found["excluded_reason"], found["n"], strict=True)}


def _note(view: View, rules: Rules) -> str:
    needs = {name: FEATURES[name].need for name in rules.features}
    absent = {n: need for n, need in needs.items() if not _recorded(view, need)}
    return "; ".join(
        f"{name} is unknown for everybody: the log has no {need}" for name, need in absent.items()
    )


def _recorded(view: View, need: str) -> bool:
    table, _, column = need.partition(".")
    return view.tables.has(table, column or None)
