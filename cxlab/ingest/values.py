"""Values of one column of a mapping, for all rows of an export at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cxlab.errors import InputError
from cxlab.ingest.cells import INSTANT, Counts, Values, plain_text, typed
from cxlab.ingest.clocks import Clocks
from cxlab.ingest.sections import ColumnRule, Condition, SourceRule, Unpivot
from cxlab.tables import Kind

__all__ = ["Export"]

_ITEM, _ANSWER, _CODE = "item", "answer", "code"


class Export:
    """The rows of an export with the named values of its mapping."""

    def __init__(self, frame: pd.DataFrame, rule: SourceRule) -> None:
        self.frame = frame
        self.rule = rule
        self.named: dict[str, Values] = {}
        self.counts = Counts()
        self._instants: dict[tuple[str, str | None, tuple[str, ...]], Values] = {}
        self._whole: tuple[Export, pd.Index] | None = None

    @property
    def clocks(self) -> Clocks:
        """How this export's times are read."""
        return Clocks(self.rule, self.counts)

    def part(self, mask: pd.Series) -> Export:
        """Return the rows where `mask` holds; counts are shared."""
        frame = self.frame[mask]
        return self._derived(frame, frame.index)

    def _derived(self, frame: pd.DataFrame, labels: pd.Index) -> Export:
        part = Export(frame, self.rule)
        part.named = {n: v.at(labels, frame.index) for n, v in self.named.items()}
        part.counts = self.counts
        part._whole = (self, labels)
        return part

    def unpivoted(self, parts: Sequence[Unpivot]) -> tuple[Export, pd.Series]:
        """Return one row per row and item, with item, answer and code; and where each is from."""
        items = [(part, item) for part in parts for item in part.items]
        made = self._made_names(parts)
        wide = {item: _coded(self.text(item), part.codes) for part, item in items}
        if len(wide) < len(items):
            raise InputError("an item is unpivoted twice", given=[item for _, item in items])
        n = len(self.frame)
        labels = self.frame.index.repeat(len(items))
        long = self._derived(self.frame.loc[labels].reset_index(drop=True), labels)
        sides: dict[str, list[pd.Series]] = {
            _ITEM: [_constant(item, self.frame.index) for item in wide],
            _ANSWER: [answer for answer, _ in wide.values()],
            _CODE: [code for _, code in wide.values()],
        }
        for name in made[3:]:
            sides[name] = [_constant(p.set.get(name), self.frame.index) for p, _ in items]
        good = pd.Series(False, index=long.frame.index)
        for name, columns in sides.items():
            cells = np.column_stack([c.to_numpy(dtype=object) for c in columns])
            data = pd.Series(cells.reshape(n * len(items)), index=good.index, dtype="str")
            long.named[name] = Values(data, good)
        return long, pd.Series(labels, index=good.index)

    def _made_names(self, parts: Sequence[Unpivot]) -> list[str]:
        made = [_ITEM, _ANSWER, _CODE, *dict.fromkeys(n for part in parts for n in part.set)]
        for name in made:
            if name in self.frame.columns or name in self.named or made.count(name) > 1:
                raise InputError("unpivot makes a value of a name that is taken", given=name)
        return made

    def name(self, name: str, rule: ColumnRule) -> None:
        """Work out a named value, which later rules can use like a column."""
        if name in self.frame.columns:
            raise InputError("a named value has the name of a column of the export", given=name)
        kind = {"number": Kind.NUMBER, "boolean": Kind.BOOLEAN, "instant": Kind.INSTANT}
        self.named[name] = self.values(rule, kind.get(rule.as_ or "", Kind.TEXT), name)

    def text(self, column: str) -> pd.Series:
        """Return a column of the export or a named value, as it is."""
        if column in self.named:
            return self.named[column].data
        if column not in self.frame.columns:
            known = [*map(str, self.frame.columns), *self.named]
            raise InputError("the export has no such column", given=column, known=known)
        return self.frame[column]

    def holds(self, conditions: Sequence[Condition]) -> pd.Series:
        """Return where all the conditions hold; a missing value is in no list."""
        mask = pd.Series(True, index=self.frame.index)
        for condition in conditions:
            text = self.text(condition.column)
            if condition.empty is not None:
                mask &= text.isna() == condition.empty
            elif condition.in_ is not None:
                mask &= text.isin(condition.in_)
            else:
                mask &= ~text.isin(condition.not_in or []) & text.notna()
        return mask

    def values(self, rule: ColumnRule, kind: Kind, label: str) -> Values:
        """Return the values of one column rule, typed for `kind`; `label` names it in counts."""
        found = self._found(rule, kind, label)
        if rule.plus is not None:
            found = typed(found, Kind.NUMBER)
            found.data = found.data + rule.plus
        if rule.when:
            holds = self.holds(rule.when)
            found = found.where(holds)
        return found

    def _found(self, rule: ColumnRule, kind: Kind, label: str) -> Values:
        way = rule.way
        if kind is Kind.INSTANT and way == "const":
            text = pd.Series(plain_text(rule.const), index=self.frame.index, dtype="str")
            return self.clocks.instants(text, label, rule.time_format)
        if kind is Kind.DATE and way == "from":
            return self._days(rule.from_ or "", rule)
        if way in ("clock", "base", "earliest", "latest"):
            return self._moment(rule, label)
        if way == "first_of":
            return self._first_of(rule.first_of or [], kind, rule)
        if kind is Kind.INSTANT and way == "from":
            return self.instant(rule.from_ or "", rule.time_format, rule.missing)
        return typed(self._mapped(self._plain(rule), rule, label), kind)

    def _plain(self, rule: ColumnRule) -> Values:
        index = self.frame.index
        if rule.from_ is not None:
            if rule.from_ in self.named and not rule.missing:
                return self.named[rule.from_]
            data = self.text(rule.from_)
        elif rule.row is not None:
            data = rule.row + (self.frame.index + 1).to_series(index=index).astype("str")
        elif rule.join is not None:
            data = self.text(rule.join[0]).astype("str")
            for name in rule.join[1:]:
                data = data.str.cat(self.text(name).astype("str"), sep=rule.separator)
        else:
            data = pd.Series(plain_text(rule.const), index=index, dtype="str")
        if rule.missing:
            data = data.mask(data.isin(rule.missing))
        return Values(data, pd.Series(False, index=index))

    def _mapped(self, found: Values, rule: ColumnRule, label: str) -> Values:
        if rule.values is None:
            return found
        table = {
            k: str(v).lower() if isinstance(v, bool) else str(v) for k, v in rule.values.items()
        }
        text = found.data.astype("str")
        mapped = text.map(table)
        missed = text.notna() & ~text.isin(table)
        mapped = mapped.mask(mapped == "")
        if not missed.any():
            return Values(mapped.astype("str"), found.bad, found.reason)
        self.counts.misses.setdefault(label, Counter()).update(text[missed].tolist())
        if rule.unmapped == "error":
            first = str(text[missed].iloc[0])
            raise InputError(
                f"{label}: a value of the export is not in `values`", given=first, known=table
            )
        if rule.unmapped == "keep":
            return Values(mapped.where(~missed, text).astype("str"), found.bad, found.reason)
        if rule.unmapped == "null":
            return Values(mapped.astype("str"), found.bad, found.reason)
        return Values(mapped.astype("str"), found.bad | missed, f"{label} is not in `values`", text)

    def _first_of(self, names: Sequence[str], kind: Kind, rule: ColumnRule) -> Values:
        parts = [
            self.instant(n, rule.time_format)
            if kind is Kind.INSTANT
            else Values(self.text(n), pd.Series(False, index=self.frame.index))
            for n in names
        ]
        data, bad = parts[0].data, parts[0].bad
        for part in parts[1:]:
            data = data.where(data.notna(), part.data)
            bad = bad | part.bad
        return Values(data, bad, parts[0].reason)

    def _moment(self, rule: ColumnRule, label: str) -> Values:
        if rule.clock is not None:
            return self._clocked(rule)
        if rule.base is not None:
            return self._moved(rule)
        parts = [self.instant(n, rule.time_format) for n in rule.earliest or rule.latest or []]
        wide = pd.concat([p.data for p in parts], axis=1)
        data = wide.min(axis=1) if rule.earliest else wide.max(axis=1)
        changed = int((data != parts[0].data)[parts[0].data.notna()].sum())
        if changed:
            self.counts.adjusted[label] = changed
        bad = parts[0].bad
        for part in parts[1:]:
            bad = bad | part.bad
        return Values(data.astype(INSTANT), bad, parts[0].reason)

    def _moved(self, rule: ColumnRule) -> Values:
        """Move an instant by the seconds or the months in a column."""
        base = self.instant(rule.base or "", None)
        if rule.plus_seconds is not None:
            text = self.text(rule.plus_seconds)
            seconds = pd.to_numeric(text, errors="coerce")
            moved = base.data + pd.to_timedelta(seconds, unit="s").astype("timedelta64[us]")
            lost = seconds.isna() & text.notna()
            return Values(moved, base.bad | lost, f"{rule.plus_seconds} is not a number of seconds")
        column, sign = (rule.plus_months, 1) if rule.plus_months else (rule.minus_months or "", -1)
        text = self.text(column)
        moved, lost = self.clocks.months_from(base.data, text, sign)
        return Values(moved, base.bad | lost, f"{column} is not a whole number of months", text)

    def _clocked(self, rule: ColumnRule) -> Values:
        date, clock = rule.date or "", rule.clock or ""
        near = None if rule.near is None else self.instant(rule.near, None).data
        days = self.clocks.days(self.text(date), rule.time_format)
        found = self.clocks.on_days(days.data, self.text(clock), clock, near)
        reason = f"{date} and {clock} are not a date and a clock time"
        return Values(found.data, found.bad | days.bad, reason)

    def _days(self, column: str, rule: ColumnRule) -> Values:
        text = self.text(column)
        found = self.clocks.days(text.mask(text.isin(rule.missing)), rule.time_format)
        return Values(found.data, found.bad, f"{column} is not a day", text)

    def instant(self, column: str, time_format: str | None, missing: Sequence[str] = ()) -> Values:
        """Return a column as instants in UTC; a named value of instants as it is."""
        if column in self.named and isinstance(self.text(column).dtype, pd.DatetimeTZDtype):
            return self.named[column]
        if self._whole is not None and self._whole[0]._has(column):
            # Read once for all rows, so that changes of the clock are counted once.
            whole, labels = self._whole
            return whole.instant(column, time_format, missing).at(labels, self.frame.index)
        key = (column, time_format, tuple(missing))
        if key not in self._instants:
            form = time_format or self.rule.time_format
            self._instants[key] = self.clocks.instants(self.text(column), column, form, missing)
        return self._instants[key]

    def _has(self, column: str) -> bool:
        return column in self.named or column in self.frame.columns


def _constant(value: object, index: pd.Index) -> pd.Series:
    text = None if value is None else plain_text(value)  # type: ignore[arg-type]
    return pd.Series(text, index=index, dtype="str")


def _coded(cells: pd.Series, codes: Mapping[str, str]) -> tuple[pd.Series, pd.Series]:
    """Return the cells that are answers, and what the others mean."""
    text = cells.astype("str")
    code = text.map({k: v for k, v in codes.items() if k}).astype("str")
    if "" in codes:
        code = code.mask(text.isna(), codes[""])
    return text.mask(code.notna()), code
