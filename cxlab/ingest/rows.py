"""Rows of one canonical table: one per row of the export, per group or item, or per change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from cxlab.ingest.cells import Values
from cxlab.ingest.sections import Changes, ColumnRule, TableRule
from cxlab.ingest.values import Export
from cxlab.tables import Kind, table_spec
from cxlab.tables.setaside import labelled

__all__ = ["Built", "build_table"]

_EXAMPLES = 5
_EXTRA_KINDS = {"number": Kind.NUMBER, "boolean": Kind.BOOLEAN, "instant": Kind.INSTANT}


@dataclass
class Built:
    """The rows of one table, and those that could not be built: summary and source rows."""

    frame: pd.DataFrame
    quarantine: pd.DataFrame
    bad: pd.DataFrame


def build_table(name: str, rule: TableRule, export: Export) -> Built:
    """Build the rows of a table from the export; rows with an unusable value are set aside."""
    given, origin = export.frame, None
    if rule.unpivot:
        export, origin = export.unpivoted(rule.unpivot)
    if rule.where:
        export = export.part(export.holds(rule.where))
    columns = {c: export.values(r, _kind(name, c, r), f"{name}.{c}") for c, r in _rules(rule)}
    rules = dict(_rules(rule))
    if rule.changes is not None:
        columns, sources = _changes(rule, rule.changes, columns, export)
    elif rule.group_by:
        columns, sources = _grouped(rule, rules, columns, export)
    else:
        sources = export.frame.index.to_series()
    if origin is not None:
        sources = origin.loc[sources]
    return _sorted_out(name, columns, sources, given)


def _rules(rule: TableRule) -> list[tuple[str, ColumnRule]]:
    return [*rule.columns.items(), *rule.extra.items()]


def _kind(table: str, column: str, rule: ColumnRule) -> Kind:
    declared = {c.name: c.kind for c in table_spec(table).columns}
    return declared.get(column) or _EXTRA_KINDS.get(rule.as_ or "", Kind.TEXT)


def _sorted_out(
    table: str, columns: Mapping[str, Values], sources: pd.Series, given: pd.DataFrame
) -> Built:
    """Set aside the rows with a bad value; the first bad column names the reason."""
    frame = pd.DataFrame({n: v.data for n, v in columns.items()})
    blame = pd.Series(pd.NA, index=frame.index, dtype="object")
    for name, value in columns.items():
        blame = blame.mask(blame.isna() & value.bad, name)
    lost = blame.notna()
    if not lost.any():
        return Built(frame.reset_index(drop=True), pd.DataFrame(), pd.DataFrame())
    rows = sources[lost]
    reasons = blame[lost].map(lambda n: columns[n].reason)
    summary = [
        {
            "table": table,
            "column": column,
            "reason": columns[str(column)].reason + _shown(columns[str(column)], part),
            "rows": len(part),
            "examples": ", ".join(f"row {i + 1}" for i in rows[part.index][:_EXAMPLES]),
        }
        for column, part in blame[lost].groupby(blame[lost], sort=False)
    ]
    bad = given.loc[rows.to_numpy()].reset_index(drop=True)
    bad = labelled(bad, rows.to_numpy() + 1, blame[lost], reasons)
    return Built(frame[~lost].reset_index(drop=True), pd.DataFrame(summary), bad)


def _shown(value: Values, part: pd.Series) -> str:
    """Return the first few values that were given in the bad rows."""
    if value.given is None:
        return ""
    texts = value.given.loc[part.index].dropna().astype(str).unique()[:_EXAMPLES]
    return ": given " + ", ".join(repr(t[:40]) for t in texts) if len(texts) else ""


def _ordered(rule: TableRule, export: Export) -> pd.DataFrame:
    """Return group keys and order of the rows, stably sorted; rows keep their labels."""
    keys = {f"key{i}": export.text(c) for i, c in enumerate(rule.group_by)}
    order = {f"order{i}": _sortable(export.text(c)) for i, c in enumerate(rule.order_by)}
    frame = pd.DataFrame({**keys, **order}, index=export.frame.index)
    if order:
        frame = frame.sort_values(list(order), kind="stable")
    return frame


def _sortable(text: pd.Series) -> pd.Series:
    """Return numbers where every given value is one, so that 10 comes after 9."""
    if pd.api.types.is_datetime64_any_dtype(text):
        return text
    number = pd.to_numeric(text, errors="coerce")
    return number if bool((number.notna() | text.isna()).all()) else text


def _grouped(
    rule: TableRule, rules: Mapping[str, ColumnRule], columns: Mapping[str, Values], export: Export
) -> tuple[dict[str, Values], pd.Series]:
    """Make one row of the rows that agree in `group_by`."""
    ordered = _ordered(rule, export)
    keys = [ordered[c] for c in ordered.columns if c.startswith("key")]
    group = ordered.groupby(keys, sort=False, dropna=False).ngroup()
    firsts = pd.Series(group.index, index=group.to_numpy())
    first = firsts[~firsts.index.duplicated()].sort_index()
    last = firsts[~firsts.index.duplicated(keep="last")].sort_index()
    taken = {n: _taken(rules[n].take, v, group, first, last) for n, v in columns.items()}
    # Tickets come in the order in which the export names them first.
    place = first.sort_values().index
    return (
        {
            n: Values(v.data.loc[place], v.bad.loc[place], v.reason, _at(v.given, place))
            for n, v in taken.items()
        },
        last.loc[place],
    )


def _at(given: pd.Series | None, place: pd.Index) -> pd.Series | None:
    return None if given is None else given.loc[place]


def _taken(take: str, value: Values, group: pd.Series, first: pd.Series, last: pd.Series) -> Values:
    """Return one value per group; `group` numbers the rows in their order."""
    if take in ("first", "last"):
        rows = first if take == "first" else last
        return Values(
            _relabelled(value.data, rows),
            _relabelled(value.bad, rows),
            value.reason,
            None if value.given is None else _relabelled(value.given, rows),
        )
    data = value.data.loc[group.index]
    groups = data.groupby(group.to_numpy())
    if take in ("max", "min", "count"):
        made = getattr(groups, take)()
    else:
        # pandas' first and last skip what is missing, which is what *_given means.
        made = groups.first() if take == "first_given" else groups.last()
    bad = value.bad.loc[group.index].groupby(group.to_numpy()).any()
    given = None
    if value.given is not None:
        given = value.given.loc[group.index].where(value.bad.loc[group.index])
        given = given.groupby(group.to_numpy()).first()
    return Values(made, bad, value.reason, given)


def _relabelled(data: pd.Series, rows: pd.Series) -> pd.Series:
    return data.loc[rows.to_numpy()].set_axis(rows.index)


def _changes(
    rule: TableRule, changes: Changes, columns: Mapping[str, Values], export: Export
) -> tuple[dict[str, Values], pd.Series]:
    """Make one row of each change of a value between consecutive rows of a group."""
    ordered = _ordered(rule, export)
    keys = [ordered[c] for c in ordered.columns if c.startswith("key")]
    group = ordered.groupby(keys, sort=False, dropna=False).ngroup()
    at = export.instant(changes.at, None)
    if changes.fields is not None:
        found = _field_changes(changes.fields, group, export)
    else:
        found = _moves(changes.falls, changes.rises, group, export)
    rows = found.pop("row")
    made = {n: _picked(v, rows) for n, v in columns.items()}
    made["at"] = _picked(at, rows)
    for name in [c for c in found.columns if c != "bad"]:
        made[name] = Values(found[name], pd.Series(False, index=found.index))
    if "new" in made:
        made["new"] = Values(found["new"], found["bad"].astype(bool), "new is not in `values`")
    return made, rows


def _picked(value: Values, rows: pd.Series) -> Values:
    labels = rows.to_numpy()
    data = value.data.loc[labels].reset_index(drop=True)
    bad = value.bad.loc[labels].reset_index(drop=True)
    given = None if value.given is None else value.given.loc[labels].reset_index(drop=True)
    return Values(data, bad, value.reason, given)


def _field_changes(
    fields: Mapping[str, ColumnRule], group: pd.Series, export: Export
) -> pd.DataFrame:
    """Return row, field, old, new, seq of every change; missing values are no change."""
    place = pd.Series(range(len(group)), index=group.index)
    parts = []
    for name, rule in fields.items():
        value = export.values(rule, Kind.TEXT, f"status_events.{name}")
        bad = value.bad.loc[group.index]
        text = value.data.loc[group.index].astype("str")
        known = text.notna() | bad
        text, of, wrong = text[known], group[known], bad[known]
        old = text.groupby(of.to_numpy()).shift()
        changed = wrong | (text != old) | old.isna()
        parts.append(
            pd.DataFrame(
                {
                    "row": text.index[changed],
                    "field": name,
                    "old": old[changed].to_numpy(),
                    "new": text[changed].to_numpy(),
                    "bad": wrong[changed].to_numpy(),
                    "group": of[changed].to_numpy(),
                    "place": place[known][changed].to_numpy(),
                }
            )
        )
    found = pd.concat(parts, ignore_index=True)
    found = found.sort_values(["group", "place"], kind="stable", ignore_index=True)
    found["seq"] = found.groupby("group").cumcount() + 1
    return found.drop(columns=["group", "place"])


def _moves(falls: str | None, rises: str | None, group: pd.Series, export: Export) -> pd.DataFrame:
    number = pd.to_numeric(export.text(falls or rises or ""), errors="coerce").loc[group.index]
    number = number.dropna()
    step = number.groupby(group.loc[number.index].to_numpy()).diff()
    moved = step < 0 if falls is not None else step > 0
    return pd.DataFrame({"row": number.index[moved]})
