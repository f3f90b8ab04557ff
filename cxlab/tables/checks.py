"""The rules of the canonical tables, counted in one query each; offenders go to quarantine.

Only when a count is above zero are the offending rows fetched, so that a clean table of
millions of rows costs one scan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from cxlab.errors import InputError, nearest
from cxlab.tables.coerce import ROW, Coerced
from cxlab.tables.schema import Column, Kind, TableSpec
from cxlab.tables.texts import text_of

__all__ = ["QUARANTINE_COLUMNS", "Checked", "check_rows", "summary_of"]

QUARANTINE_COLUMNS = ("table", "column", "reason", "rows", "examples")
_EXAMPLES = 5
_SHOWN_VALUES = 20
_RULE = "__rule"
_BREACH = "broken_"
_REPLICATION = "replication"


@dataclass(frozen=True, slots=True)
class Breach:
    """One way in which a row can be bad: where, why, and the test for it."""

    column: str
    reason: str
    broken: ir.BooleanValue


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found: rows seen, and the bad rows (`__row`, `reason`, `column`)."""

    n_rows: int
    bad: pd.DataFrame
    summary: pd.DataFrame


def no_quarantine() -> pd.DataFrame:
    """Return the empty summary of a quarantine."""
    return _nothing().copy()  # made once: most tables have nothing to tell


@cache
def _nothing() -> pd.DataFrame:
    frame = pd.DataFrame({c: pd.Series(dtype="str") for c in QUARANTINE_COLUMNS})
    return frame.astype({"rows": "int64"})


def check_rows(table: Coerced, spec: TableSpec) -> Checked:
    """Count every breach in one query; fetch offenders only where there are any.

    Raises InputError when a whole column cannot be read, or times have no zone.
    """
    counts = _count(table, spec)
    _refuse_naive(table, spec, counts)
    _refuse_whole_columns(table, spec, counts)
    n_rows = int(counts["n"])
    live = _live(table, spec, counts)
    bad = _offenders(table.rows, spec, live) if live else _no_bad()
    if counts["keys"] < n_rows:
        again = _repeats(table.rows, spec, bad)
        bad = pd.concat([bad, again], ignore_index=True)
    return Checked(n_rows, bad, summary_of(bad, spec))


def _no_bad() -> pd.DataFrame:
    return pd.DataFrame(
        {
            ROW: pd.Series(dtype="int64"),
            "column": pd.Series(dtype="str"),
            "reason": pd.Series(dtype="str"),
            "key": pd.Series(dtype="str"),
            "detail": pd.Series(dtype="str"),
        }
    )


_NOT_A = {
    Kind.INSTANT: "not an instant (ISO 8601 with an offset)",
    Kind.DATE: "not a day (YYYY-MM-DD)",
    Kind.INTEGER: "not a whole number",
    Kind.NUMBER: "not a finite number",
    Kind.BOOLEAN: "not true or false",
}


def breaches_of(table: Coerced, spec: TableSpec) -> list[Breach]:
    found: list[Breach] = []
    for column in (spec.column(n) for n in table.given):
        value = table.rows[column.name]
        if column.name in table.fallible:
            reason = f"{column.name} is {_NOT_A[column.kind]}"
            found.append(Breach(column.name, reason, table.unreadable(column.name)))
        if not column.nullable:
            found.append(Breach(column.name, f"{column.name} is empty", value.isnull()))
        if column.values is not None:
            reason = f"{column.name} is none of {_listed(column.values)}"
            outside = value.notin(column.values).fill_null(False)
            found.append(Breach(column.name, reason, outside))
    for rule in spec.rules:
        if {rule.column, *rule.needs} <= set(table.given):
            broken = rule.broken(table.rows).fill_null(False)
            found.append(Breach(rule.column, rule.reason, broken))
    return found


def _listed(values: tuple[str, ...]) -> str:
    if len(values) <= _SHOWN_VALUES:
        return ", ".join(values)
    return f"{', '.join(values[:3])}, … ({len(values)} known)"


def _live(table: Coerced, spec: TableSpec, counts: Mapping[str, int]) -> list[Breach]:
    """Return the breaches that there are; they are written once more where there is one."""
    if not any(n for name, n in counts.items() if name.startswith(_BREACH)):
        return []
    return [b for i, b in enumerate(breaches_of(table, spec)) if counts[f"{_BREACH}{i}"]]


def _count(table: Coerced, spec: TableSpec) -> Mapping[str, int]:
    text = text_of("counts", table.source, lambda: _counts(table, spec))
    backend: Any = table.source.get_backend()
    answer = backend.con.execute(text)
    names = [str(described[0]) for described in answer.description]
    return {n: int(v or 0) for n, v in zip(names, answer.fetchone(), strict=True)}


def _counts(table: Coerced, spec: TableSpec) -> ir.Table:
    """Return one row: of every breach, of every column that can fail, of rows and of keys."""
    rows, breaches = table.rows, breaches_of(table, spec)
    sums = {f"{_BREACH}{i}": rows.count(where=b.broken) for i, b in enumerate(breaches)}
    for name in table.fallible:
        sums[f"given_{name}"] = table.raw(name).count()
        sums[f"unread_{name}"] = rows.count(where=table.unreadable(name))
        if spec.column(name).kind is Kind.INSTANT:
            sums[f"naive_{name}"] = rows.count(where=table.naive(name))
    keys = _distinct_key(table, spec)
    sums["keys"] = rows.count() if keys is None else keys.nunique()
    return rows.aggregate(n=rows.count(), **sums)


def _distinct_key(table: Coerced, spec: TableSpec) -> ir.IntegerValue | None:
    """Return the key as one value to count: itself, or a hash of several columns.

    Equal keys hash equally, so no duplicate is overlooked; two keys of one hash only cause the
    exact search, which then finds nothing.
    """
    parts = [table.rows[k] for k in spec.key if k in table.given]
    if len(parts) < 2:
        return parts[0] if parts else None
    return reduce(lambda a, b: a ^ b, [p.hash() for p in parts])


def _refuse_naive(table: Coerced, spec: TableSpec, counts: Mapping[str, int]) -> None:
    for name in table.fallible:
        count = counts.get(f"naive_{name}", 0)
        if not count:
            continue
        rows = table.rows.filter(table.naive(name)).order_by(ROW).limit(_EXAMPLES)
        first = rows.select(row=rows[ROW] + 1, raw=table.raw(name)).to_pyarrow().to_pylist()
        raise InputError(
            f"table {spec.name}, column {name!r} holds times without a zone in {count} rows "
            f"(first: {', '.join(str(r['row']) for r in first)})",
            given=first[0]["raw"],
            expected="an offset in the value, such as 2024-03-01T09:00:00Z or …+01:00",
            hint="or import the file by a mapping that states its time_zone",
        )


def _refuse_whole_columns(table: Coerced, spec: TableSpec, counts: Mapping[str, int]) -> None:
    for name in table.fallible:
        given = counts[f"given_{name}"]
        if given and given == counts[f"unread_{name}"]:
            unread = table.rows.filter(table.unreadable(name))
            example = unread.select(raw=table.raw(name)).limit(1).to_pyarrow().to_pylist()
            raise InputError(
                f"table {spec.name}, column {name!r}: none of its {given} values can be read",
                given=example[0]["raw"],
                expected=_EXPECTED[spec.column(name).kind],
            )


_EXPECTED = {
    Kind.INSTANT: "ISO 8601 with an offset, such as 2024-03-01T09:00:00Z",
    Kind.DATE: "days such as 2024-03-01",
    Kind.INTEGER: "whole numbers",
    Kind.NUMBER: "numbers",
    Kind.BOOLEAN: "true or false",
}


def key_text(rows: ir.Table, spec: TableSpec) -> ir.StringValue:
    names = [k for k in spec.key or spec.required[:1] if k != _REPLICATION]
    parts = [rows[n].cast("string").fill_null("?") for n in names]
    return reduce(lambda a, b: a + "/" + b, parts).substr(0, 60)


def _offenders(rows: ir.Table, spec: TableSpec, breaches: Sequence[Breach]) -> pd.DataFrame:
    """Fetch the bad rows; a row that breaks several rules counts for the first of them."""
    which = ibis.cases(*[(b.broken, i) for i, b in enumerate(breaches)], else_=-1)
    detail = ibis.cases(
        *[(b.broken, rows[b.column].cast("string")) for b in breaches],
        else_=ibis.null("string"),
    )
    bad = rows.filter(reduce(or_, [b.broken for b in breaches]))
    picked = bad.select(
        **{ROW: rows[ROW], _RULE: which, "key": key_text(rows, spec), "detail": detail}
    )
    frame: pd.DataFrame = picked.order_by(ROW).to_pandas()
    rules = frame.pop(_RULE).to_numpy()
    frame.insert(1, "column", [breaches[i].column for i in rules])
    frame.insert(2, "reason", [breaches[i].reason for i in rules])
    return frame


def without(rows: ir.Table, bad: pd.DataFrame) -> ir.Table:
    """Return `rows` less those whose `__row` stands in `bad`."""
    if not len(bad):
        return rows
    gone = ibis.memtable(pd.DataFrame({"__gone": bad[ROW].astype("int64")}))
    return rows.anti_join(gone, rows[ROW] == gone["__gone"])


def _repeats(rows: ir.Table, spec: TableSpec, bad: pd.DataFrame) -> pd.DataFrame:
    """Return rows whose key stands in an earlier good row."""
    good = without(rows, bad)
    # Partitions treat empty replications as equal, as a key of a real log needs.
    place = ibis.row_number().over(group_by=[good[k] for k in spec.key], order_by=good[ROW])
    numbered = good.select(**{ROW: good[ROW], "key": key_text(good, spec), "place": place})
    frame: pd.DataFrame = (
        numbered.filter(numbered.place > 0).order_by(ROW).drop("place").to_pandas()
    )
    shown = ", ".join(k for k in spec.key if k != _REPLICATION)
    frame.insert(1, "column", spec.key[-1])
    frame.insert(2, "reason", f"duplicate of an earlier row with the same {shown}")
    frame["detail"] = None
    return frame


def summary_of(bad: pd.DataFrame, spec: TableSpec) -> pd.DataFrame:
    """Return how many rows are bad in which column and why, with a few of them."""
    if not len(bad):
        return no_quarantine()
    rows = [
        {
            "table": spec.name,
            "column": column,
            "reason": told_values(spec.column(str(column)), str(reason), part["detail"]),
            "rows": len(part),
            "examples": _examples(part),
        }
        for (column, reason), part in bad.groupby(["column", "reason"], sort=False)
    ]
    return pd.DataFrame(rows, columns=list(QUARANTINE_COLUMNS))


def _examples(part: pd.DataFrame) -> str:
    first = part.head(_EXAMPLES)
    shown = [f"row {r + 1} ({k})" for r, k in zip(first[ROW], first["key"], strict=True)]
    return ", ".join(shown)


def told_values(column: Column, reason: str, values: pd.Series) -> str:
    """Add the values that were given and the names they may have been meant for."""
    if column.values is None or "none of" not in reason:
        return reason
    counted = values.dropna().value_counts().head(_EXAMPLES)
    told = []
    for value in counted.index:
        guess = nearest(str(value), column.values)
        shown = repr(str(value)[:40])
        told.append(f"{shown} (did you mean {guess!r}?)" if guess else shown)
    return f"{reason}: given " + ", ".join(told)
