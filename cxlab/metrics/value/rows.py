"""Rows of worked examples, and words that the declarations of this family share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir

__all__ = [
    "ENDS",
    "NOT_OVER",
    "Rows",
    "contracts",
    "customers",
    "not_over",
    "orders",
]

Rows = dict[str, tuple[Mapping[str, Any], ...]]

NOT_OVER = "the period is not over at the cut-off"

ENDS = "subscriptions.ended_at"
"""Without it nobody can say who left."""


def not_over(rows: ir.Table) -> ir.BooleanValue:
    """Return whether the row's period is not over at the cut-off."""
    return ~rows.fact_window_over


def customers(ids: str, **same: Any) -> tuple[dict[str, Any], ...]:
    """Return one customer per letter."""
    return tuple({"customer_id": i, **same} for i in ids)


def contracts(*rows: Mapping[str, Any], **same: Any) -> Rows:
    """Return the tables of contract spells, each with an id, and of their customers.

    A row says at least `customer_id`; it began on 2025-12-01 and runs on unless it says else.
    """
    spells = tuple(
        {"subscription_id": f"s{n}", "started_at": "2025-12-01", "ended_at": None, **same, **row}
        for n, row in enumerate(rows, start=1)
    )
    names = dict.fromkeys(row["customer_id"] for row in spells)
    return {"customers": customers("".join(names)), "subscriptions": spells}


def orders(*rows: tuple[str, str, float], **same: Any) -> Rows:
    """Return the tables of orders (customer, day, amount), each with an id, and of customers."""
    lines = tuple(
        {"transaction_id": f"o{n}", "customer_id": who, "at": day, "amount": amount, **same}
        for n, (who, day, amount) in enumerate(rows, start=1)
    )
    return {
        "customers": customers("".join(dict.fromkeys(who for who, _, _ in rows))),
        "transactions": lines,
    }
