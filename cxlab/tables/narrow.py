"""Queries without the columns that nobody asks for, and steps that are kept no wider than asked.

A canonical table has dozens of columns, and every step of a query passes all of them on. Writing
them out again and again is most of the work of writing SQL, and copying them most of the work of
keeping a step as a table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.graph import Graph
from ibis.util import gen_name

from cxlab.tables.dialects import kept

__all__ = ["Steps", "narrowed"]

_PASSING = (ops.Filter, ops.Sort, ops.Limit, ops.JoinReference, ops.SelfReference)
"""Relations with the columns of their parent, whatever those are."""


def narrowed(query: ir.Table) -> ir.Table:
    """Return the same query without the columns inside it that its result does not need.

    >>> import ibis
    >>> rows = ibis.table({"a": "int64", "b": "int64"}, name="t")
    >>> step = rows.mutate(c=rows.a + 1, d=rows.b + 1)
    >>> query = step.filter(step.c > 2).select("a")
    >>> sorted({field.name for field in query.op().find(ops.Field)})
    ['a', 'b', 'c']
    >>> sorted({field.name for field in narrowed(query).op().find(ops.Field)})
    ['a', 'c']
    """
    root = query.op()
    return _Asked.of(root, root.schema.names).rebuilt({})


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a query needs: the columns of each relation in it, and the nodes that are alive."""

    root: ops.Relation
    columns: dict[ops.Relation, set[str]]
    alive: set[ops.Node]

    @classmethod
    def of(cls, root: ops.Relation, names: Iterable[str]) -> _Asked:
        """Walk from the result down, every node after all that use it."""
        columns: dict[ops.Relation, set[str]] = {root: set(names)}
        alive: set[ops.Node] = {root}
        asked = cls(root, columns, alive)
        children = Graph.from_bfs(root)
        for node in reversed(list(children.toposort()[0])):
            if node in alive:
                asked._pass_on(node, children[node])
        return asked

    def _pass_on(self, node: ops.Node, children: Sequence[ops.Node]) -> None:
        """Say what an alive node needs of its children."""
        if isinstance(node, ops.Field):
            self._need(node.rel, {node.name})
            return
        if isinstance(node, ops.CountStar):
            self.alive.update(children)  # counts rows, whatever is in them
            return
        if not isinstance(node, ops.Relation):
            for child in children:
                whole = child.schema.names if isinstance(child, ops.Relation) else ()
                self._need(child, whole)
            return
        own = self.columns.setdefault(node, set())
        if not own and node.schema.names:
            own.add(node.schema.names[0])  # there is no table without columns
        self._of_relation(node, own, children)

    def _of_relation(self, node: ops.Relation, own: set[str], children: Sequence[ops.Node]) -> None:
        if isinstance(node, ops.Project):
            self.alive.update([node.parent, *(v for n, v in node.values.items() if n in own)])
        elif isinstance(node, ops.Aggregate):
            wanted = [v for n, v in node.metrics.items() if n in own]
            self.alive.update([node.parent, *node.groups.values(), *wanted])
        elif isinstance(node, ops.JoinChain):
            self.alive.update([node.first, *node.rest])
            self.alive.update(v for n, v in node.values.items() if n in own)
            for link in node.rest:
                self.alive.update([link.table, *link.predicates])
        elif isinstance(node, (*_PASSING, ops.DropColumns)):
            self.alive.update(children)
            self._need(node.parent, own)
        elif isinstance(node, ops.Union) and not node.distinct:
            self._need(node.left, own)
            self._need(node.right, own)
        else:  # rows that differ in any column are different rows
            for child in children:
                whole = child.schema.names if isinstance(child, ops.Relation) else ()
                self._need(child, whole)

    def _need(self, node: ops.Node, names: Iterable[str]) -> None:
        self.alive.add(node)
        if isinstance(node, ops.Relation):
            self.columns.setdefault(node, set()).update(names)

    def rebuilt(self, known: Mapping[ops.Relation, ops.Relation]) -> ir.Table:
        """Return the query of what is needed; `known` relations give way to others."""

        def build(node: ops.Node, changed: dict[str, Any] | None) -> ops.Node:
            if node in known:
                return known[node]
            if node not in self.alive:
                return node
            if isinstance(node, (ops.Project, ops.Aggregate, ops.JoinChain, ops.DropColumns)):
                parts = changed or dict(zip(node.__argnames__, node.__args__, strict=True))
                return _thinner(node, self.columns[node], parts)
            if isinstance(node, ops.Union) and not node.distinct:
                parts = changed or dict(zip(node.__argnames__, node.__args__, strict=True))
                names = [n for n in node.schema.names if n in self.columns[node]]
                sides = {side: _exactly(parts[side], names) for side in ("left", "right")}
                return node.__recreate__(parts | sides)
            return node.__recreate__(changed) if changed else node

        names = [n for n in self.root.schema.names if n in self.columns[self.root]]
        return ir.Table(_exactly(self.root.replace(build), names))


def _thinner(node: ops.Relation, own: set[str], parts: dict[str, Any]) -> ops.Relation:
    """Return a relation without the columns that nobody needs."""
    if isinstance(node, ops.DropColumns):
        parent = parts["parent"]
        dropped = frozenset(n for n in node.columns_to_drop if n in parent.schema)
        return node.__recreate__(parts | {"columns_to_drop": dropped}) if dropped else parent
    if isinstance(node, ops.Aggregate):
        metrics = {n: v for n, v in parts["metrics"].items() if n in own}
        return node.__recreate__(parts | {"metrics": metrics})
    values = {n: v for n, v in parts["values"].items() if n in own}
    if isinstance(node, ops.Project) and _passes(values, parts["parent"]):
        return parts["parent"]
    return node.__recreate__(parts | {"values": values})


def _passes(values: Mapping[str, ops.Value], parent: ops.Relation) -> bool:
    """Return whether these are all columns of the parent, as they are there."""
    return list(values) == list(parent.schema.names) and all(
        isinstance(v, ops.Field) and v.rel == parent and v.name == n for n, v in values.items()
    )


def _exactly(node: ops.Relation, names: Sequence[str]) -> ops.Relation:
    """Return the relation with these columns and no others."""
    if list(node.schema.names) == list(names):
        return node
    return ops.Project(node, {n: ops.Field(node, n) for n in names})


@dataclass(slots=True)
class _Step:
    """Rows on the way to others: their query, and the table that holds what was asked of it."""

    query: ops.Relation
    table: ir.Table | None = None
    made: ir.Table | None = None  # the temporary table goes when nobody holds this

    @property
    def held(self) -> set[str]:
        return set() if self.table is None else set(self.table.columns)


class Steps:
    """Steps of queries that are kept as temporary tables once somebody asks for them.

    `later` gives a step's place in the queries built on it, `ready` fills it in: with a table
    that has the columns asked for. If further columns are asked for afterwards, the step is kept
    anew with all it has, so that it is built twice at most.
    """

    def __init__(self) -> None:
        self._steps: dict[ops.Relation, _Step] = {}

    def later(self, rows: ir.Table) -> ir.Table:
        """Return a place for the rows: a table with their columns that is filled in by `ready`."""
        place = ibis.table(rows.schema(), name=gen_name("cxlab_step"))
        self._steps[place.op()] = _Step(rows.op())
        return place

    def ready(self, queries: Sequence[ir.Table]) -> list[ir.Table]:
        """Return queries that can be run; the steps behind them are kept as tables now."""
        asked = [_Asked.of(q.op(), q.columns) for q in queries]
        wanted: dict[ops.Relation, set[str]] = {}
        for one in asked:
            self._add(one, wanted)
        missing: list[tuple[ops.Relation, _Asked]] = []
        for place, step in reversed(self._steps.items()):
            if place not in wanted or wanted[place] <= step.held:
                continue
            names = wanted[place] if step.table is None else step.query.schema.names
            of_step = _Asked.of(step.query, names)
            self._add(of_step, wanted)
            missing.append((place, of_step))
        for place, of_step in reversed(missing):
            step = self._steps[place]
            step.made = kept(of_step.rebuilt(self._tables()))
            step.table = _typed(step.made, place.schema)
        tables = self._tables()
        return [one.rebuilt(tables) for one in asked]

    def inlined(self, query: ir.Table) -> ir.Table:
        """Return a query that can be run without keeping any step, for a question asked once.

        Only the steps behind it are written into it, with the columns that it asks of them.
        """
        asked = _Asked.of(query.op(), query.columns)
        wanted: dict[ops.Relation, set[str]] = {}
        self._add(asked, wanted)
        known: dict[ops.Relation, ops.Relation] = {}
        open_: list[tuple[ops.Relation, _Asked]] = []
        for place, step in reversed(self._steps.items()):
            if place not in wanted:
                continue
            if step.table is not None and wanted[place] <= step.held:
                known[place] = step.table.op()
                continue
            of_step = _Asked.of(step.query, wanted[place])
            self._add(of_step, wanted)
            open_.append((place, of_step))
        for place, of_step in reversed(open_):
            known[place] = of_step.rebuilt(known).op()
        return asked.rebuilt(known)

    def _tables(self) -> dict[ops.Relation, ops.Relation]:
        return {p: s.table.op() for p, s in self._steps.items() if s.table is not None}

    def _add(self, asked: _Asked, wanted: dict[ops.Relation, set[str]]) -> None:
        for relation, names in asked.columns.items():
            if relation in self._steps:
                wanted.setdefault(relation, set()).update(names)


def _typed(table: ir.Table, schema: ibis.Schema) -> ir.Table:
    """Return the table with the types that its query promised, where the database has others."""
    found = table.schema()
    other = {n: schema[n] for n in found.names if schema[n].copy(nullable=True) != found[n]}
    return table.cast(other) if other else table
