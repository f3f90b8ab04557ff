"""Values of one column of a mapping, for all rows of an export at once.

Clock times without an offset are read in the source's zone. In the hour that a change of the
clock repeats, the first of the two is taken; a time that a change skips is moved forward to the
first that exists; both are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from cxlab.errors import InputError
from cxlab.ingest.mapping import ColumnRule, Condition, SourceRule
from cxlab.tables import Kind

__all__ = ["Counts", "Export", "Values"]

_INSTANT: Final = "datetime64[us, UTC]"
_ZONED = r"\d{2}:\d{2}.*(?:Z|z|[+-]\d{2}(?::?\d{2})?)$"
_CLOCK = r"^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$"
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")


@dataclass
class Values:
    """A column's values and the rows in which something was given that cannot be used.

    `given` is the text as the export has it, where it helps to show it.
    """

    data: pd.Series
    bad: pd.Series
    reason: str = ""
    given: pd.Series | None = None

    def where(self, mask: pd.Series) -> Values:
        """Return the values with those outside `mask` missing."""
        return Values(self.data.where(mask), self.bad & mask, self.reason, self.given)

    def of(self, mask: pd.Series) -> Values:
        """Return only the rows of `mask`."""
        given = None if self.given is None else self.given[mask]
        return Values(self.data[mask], self.bad[mask], self.reason, given)


@dataclass
class Counts:
    """What happened on the way: unmapped values, adjusted instants, changes of the clock."""

    misses: dict[str, Counter[str]] = field(default_factory=dict)
    adjusted: dict[str, int] = field(default_factory=dict)
    ambiguous: int = 0
    nonexistent: int = 0


class Export:
    """The rows of an export with the named values of its mapping."""

    def __init__(self, frame: pd.DataFrame, rule: SourceRule) -> None:
        self.frame = frame
        self.rule = rule
        self.named: dict[str, Values] = {}
        self.counts = Counts()
        self._instants: dict[tuple[str, str | None, tuple[str, ...]], Values] = {}
        self._whole: tuple[Export, pd.Series] | None = None

    def part(self, mask: pd.Series) -> Export:
        """Return the rows where `mask` holds; counts are shared."""
        part = Export(self.frame[mask], self.rule)
        part.named = {n: v.of(mask) for n, v in self.named.items()}
        part.counts = self.counts
        part._whole = (self, mask)
        return part

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
            found = _typed(found, Kind.NUMBER)
            found.data = found.data + rule.plus
        if rule.when:
            holds = self.holds(rule.when)
            found = found.where(holds)
        return found

    def _found(self, rule: ColumnRule, kind: Kind, label: str) -> Values:
        way = rule.way
        if way in ("clock", "base", "earliest", "latest"):
            return self._moment(rule, label)
        if way == "first_of":
            return self._first_of(rule.first_of or [], kind, rule)
        if kind is Kind.INSTANT and way == "from":
            return self.instant(rule.from_ or "", rule.time_format, rule.missing)
        return _typed(self._mapped(self._plain(rule), rule, label), kind)

    def _plain(self, rule: ColumnRule) -> Values:
        index = self.frame.index
        if rule.from_ is not None:
            if rule.from_ in self.named and not rule.missing:
                return self.named[rule.from_]
            data = self.text(rule.from_)
        elif rule.join is not None:
            data = self.text(rule.join[0]).astype("str")
            for name in rule.join[1:]:
                data = data.str.cat(self.text(name).astype("str"), sep=rule.separator)
        else:
            data = pd.Series(_shown(rule.const), index=index, dtype="str")
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
        if rule.clock is not None and rule.date is not None:
            return self._clocked(rule.date, rule.clock, rule.near, rule.time_format)
        if rule.base is not None and rule.plus_seconds is not None:
            base = self.instant(rule.base, None)
            seconds = pd.to_numeric(self.text(rule.plus_seconds), errors="coerce")
            moved = base.data + pd.to_timedelta(seconds, unit="s").astype("timedelta64[us]")
            lost = seconds.isna() & self.text(rule.plus_seconds).notna()
            return Values(moved, base.bad | lost, f"{rule.plus_seconds} is not a number of seconds")
        parts = [self.instant(n, rule.time_format) for n in rule.earliest or rule.latest or []]
        wide = pd.concat([p.data for p in parts], axis=1)
        data = wide.min(axis=1) if rule.earliest else wide.max(axis=1)
        changed = int((data != parts[0].data)[parts[0].data.notna()].sum())
        if changed:
            self.counts.adjusted[label] = changed
        bad = parts[0].bad
        for part in parts[1:]:
            bad = bad | part.bad
        return Values(data.astype(_INSTANT), bad, parts[0].reason)

    def instant(self, column: str, time_format: str | None, missing: Sequence[str] = ()) -> Values:
        """Return a column as instants in UTC; a named value of instants as it is."""
        if column in self.named and isinstance(self.text(column).dtype, pd.DatetimeTZDtype):
            return self.named[column]
        if self._whole is not None:
            # Read once for all rows, so that changes of the clock are counted once.
            whole, mask = self._whole
            return whole.instant(column, time_format, missing).of(mask)
        key = (column, time_format, tuple(missing))
        if key not in self._instants:
            form = time_format or self.rule.time_format
            self._instants[key] = self._parsed(column, form, missing)
        return self._instants[key]

    def _parsed(self, column: str, form: str | None, missing: Sequence[str]) -> Values:
        given = self.text(column)
        if isinstance(given.dtype, pd.DatetimeTZDtype):
            return Values(given.astype(_INSTANT), pd.Series(False, index=given.index))
        if pd.api.types.is_datetime64_any_dtype(given):
            local = given.astype("datetime64[us]")
            return Values(self._localised(local, column), pd.Series(False, index=given.index))
        text = given.mask(given.isin(list(missing))) if missing else given
        text = text.str.strip()
        # A form that ends in a plain Z says that the times are UTC, whatever the source's zone.
        if form is not None and ("%z" in form or form.endswith("Z")):
            data = pd.to_datetime(text, format=form, errors="coerce", utc=True).astype(_INSTANT)
        else:
            data = self._unzoned(text, form, column)
        bad = data.isna() & text.notna()
        if len(text) and text.notna().any() and bool((bad | text.isna()).all()):
            raise InputError(
                f"none of the {int(bad.sum())} values of column {column!r} is a time",
                given=str(text.dropna().iloc[0]),
                expected=f"the form {form!r}" if form else "ISO 8601",
                hint="time_format in [source] or in the column says how times are written",
            )
        reason = f"{column} is not a time of the form {form or 'ISO 8601'}"
        return Values(data, bad, reason, given)

    def _unzoned(self, text: pd.Series, form: str | None, column: str) -> pd.Series:
        if form is not None:
            local = pd.to_datetime(text, format=form, errors="coerce").astype("datetime64[us]")
            return self._localised(local, column)
        zoned = text.str.contains(_ZONED, regex=True, na=False)
        aware = pd.to_datetime(text.where(zoned), format="ISO8601", errors="coerce", utc=True)
        local = pd.to_datetime(text.mask(zoned), format="ISO8601", errors="coerce")
        plain = self._localised(local.astype("datetime64[us]"), column)
        both: pd.Series = aware.astype(_INSTANT).where(zoned, plain)
        return both

    def _localised(self, local: pd.Series, column: str) -> pd.Series:
        """Read local clock times in the source's zone, and count changes of the clock."""
        if not local.notna().any():
            nothing: pd.Series = local.dt.tz_localize("UTC")
            return nothing
        zone = self.rule.time_zone
        if zone is None:
            raise InputError(
                f"column {column!r} holds times without a zone",
                given=str(local.dropna().iloc[0]),
                expected="time_zone in [source], such as 'Europe/Berlin' or 'UTC'",
            )
        given = local.notna()
        sure = local.dt.tz_localize(zone, ambiguous="NaT", nonexistent="shift_forward")
        there = local.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
        twice = given & sure.isna()
        self.counts.ambiguous += int(twice.sum())
        self.counts.nonexistent += int((given & there.isna() & ~twice).sum())
        first = local.dt.tz_localize(
            zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
        )
        instants: pd.Series = first.dt.tz_convert("UTC").astype(_INSTANT)
        return instants

    def _clocked(self, date: str, clock: str, near: str | None, form: str | None) -> Values:
        """Put a clock time on a date; with `near`, on the day nearest to that instant."""
        days = self._days(date, form)
        text = self.text(clock)
        shaped = text.where(text.str.contains(_CLOCK, regex=True, na=False))
        full = shaped.where(shaped.str.count(":") == 2, shaped + ":00")
        span = pd.to_timedelta(full, errors="coerce").astype("timedelta64[us]")
        local = days + span
        if near is not None:
            zone = self.rule.time_zone or "UTC"
            beside = self.instant(near, None).data.dt.tz_convert(zone).dt.tz_localize(None)
            shift = ((beside - local) / pd.Timedelta(days=1)).round()
            local = local + pd.to_timedelta(shift.fillna(0), unit="D").astype("timedelta64[us]")
        bad = (span.isna() & text.notna()) | (days.isna() & self.text(date).notna())
        return Values(
            self._localised(local.astype("datetime64[us]"), clock),
            bad,
            f"{date} and {clock} are not a date and a clock time",
        )

    def _days(self, date: str, form: str | None) -> pd.Series:
        given = self.text(date)
        if pd.api.types.is_datetime64_any_dtype(given):
            days: pd.Series = given.dt.normalize().astype("datetime64[us]")
            return days
        read = pd.to_datetime(given, format=form or "%Y-%m-%d", errors="coerce")
        return read.astype("datetime64[us]")


def _shown(plain: str | int | float | bool | None) -> str:
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def _typed(found: Values, kind: Kind) -> Values:
    """Read text as a number or a boolean where the column needs one."""
    data = found.data
    if kind in (Kind.NUMBER, Kind.INTEGER) and not pd.api.types.is_numeric_dtype(data):
        number = pd.to_numeric(data, errors="coerce")
        bad = number.isna() & data.notna()
        return Values(number, found.bad | bad, found.reason or "not a number", data)
    if kind is Kind.BOOLEAN and data.dtype != "boolean":
        low = data.astype("str").str.lower()
        read = pd.Series(pd.NA, index=data.index, dtype="boolean")
        read = read.mask(low.isin(_TRUE), True).mask(low.isin(_FALSE), False)
        bad = read.isna() & data.notna()
        return Values(read, found.bad | bad, found.reason or "not true or false", data)
    return found
