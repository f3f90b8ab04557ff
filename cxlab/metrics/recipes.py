"""Queries that were written before, for tables that one question is asked of, again and again.

A sweep asks the same question of table after table. Writing its queries takes a second, running
them on a few thousand tickets a tenth of that. What the queries look like depends on the question,
the columns of the tables, and the cut-off, and so they are kept by these.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir

from cxlab.metrics.plan import Plan

__all__ = ["written"]

Asked = TypeVar("Asked", bound=Hashable)

MOST = 64
"""Questions whose queries are kept."""


@dataclass(frozen=True, slots=True)
class _Recipe:
    """A query as text, and the types of its columns."""

    sql: str
    schema: sch.Schema


_RECIPES: OrderedDict[Hashable, Mapping[Any, _Recipe]] = OrderedDict()


def written(plan: Plan, write: Callable[[], dict[Asked, ir.Table]]) -> dict[Asked, ir.Table]:
    """Return the queries of a plan: as they were written for tables like these, or as `write` does.

    Kept are those of passing tables only, and of questions whose queries hold no data.
    """
    key = _key(plan)
    if key is None:
        return write()
    backend: Any = plan.view.tables.backend
    known = _RECIPES.get(key)
    if known is not None:
        _RECIPES.move_to_end(key)
        return {
            asked: _view(backend, f"__asked_{place}", recipe)
            for place, (asked, recipe) in enumerate(known.items())
        }
    queries = write()
    if not any(query.op().find(ops.InMemoryTable) for query in queries.values()):
        _RECIPES[key] = {
            asked: _Recipe(backend.compile(query), query.schema())
            for asked, query in queries.items()
        }
        while len(_RECIPES) > MOST:
            _RECIPES.popitem(last=False)
    return queries


def _view(backend: Any, name: str, recipe: _Recipe) -> ir.Table:
    """Return a query as a view: the database reads the text itself, many times faster."""
    backend.con.execute(f'CREATE OR REPLACE TEMP VIEW "{name}" AS {recipe.sql}')
    return ops.DatabaseTable(name=name, schema=recipe.schema, source=backend).to_expr()


def _key(plan: Plan) -> Hashable | None:
    """Return what the queries of a plan depend on; None where the data themselves are in them."""
    tables = plan.view.tables
    if not tables.meta.passing or plan.every or {"weekday", "hour"} & set(plan.dims):
        return None
    columns = tuple((n, tables.given_columns(n), tables.extra_columns(n)) for n in tables.names)
    return (
        tuple(m.id for m in plan.metrics), plan.dims, plan.period, plan.tz, plan.view.as_of,
        plan.view.settings.key, tables.meta.asked_once, columns,
    )  # fmt: skip
