"""Clock times and dates of an export as instants in UTC.

Clock times without an offset are read in the source's zone. In the hour that a change of the
clock repeats, the first of the two is taken; a time that a change skips is moved forward to the
first that exists; both are counted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cxlab.errors import InputError
from cxlab.ingest.cells import INSTANT, Counts, Values
from cxlab.ingest.sections import SourceRule

__all__ = ["Clocks"]

_ZONED = r"\d{2}:\d{2}.*(?:Z|z|[+-]\d{2}(?::?\d{2})?)$"
_CLOCK = r"^\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?$"
_MOST_MONTHS = 2400


class Clocks:
    """Reads the times of one source; `counts` tells what changes of the clock did."""

    def __init__(self, rule: SourceRule, counts: Counts) -> None:
        self.rule = rule
        self.counts = counts

    def instants(
        self, given: pd.Series, column: str, form: str | None, missing: Sequence[str] = ()
    ) -> Values:
        """Return the cells of a column as instants; InputError when none of them is a time."""
        if isinstance(given.dtype, pd.DatetimeTZDtype):
            return Values(given.astype(INSTANT), pd.Series(False, index=given.index))
        if pd.api.types.is_datetime64_any_dtype(given):
            local = given.astype("datetime64[us]")
            return Values(self.localised(local, column), pd.Series(False, index=given.index))
        text = given.mask(given.isin(list(missing))) if missing else given
        text = text.str.strip()
        # A form that ends in a plain Z says that the times are UTC, whatever the source's zone.
        if form is not None and ("%z" in form or form.endswith("Z")):
            data = pd.to_datetime(text, format=form, errors="coerce", utc=True).astype(INSTANT)
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
            return self.localised(local, column)
        zoned = text.str.contains(_ZONED, regex=True, na=False)
        aware = pd.to_datetime(text.where(zoned), format="ISO8601", errors="coerce", utc=True)
        local = pd.to_datetime(text.mask(zoned), format="ISO8601", errors="coerce")
        plain = self.localised(local.astype("datetime64[us]"), column)
        both: pd.Series = aware.astype(INSTANT).where(zoned, plain)
        return both

    def localised(self, local: pd.Series, column: str) -> pd.Series:
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
        instants: pd.Series = first.dt.tz_convert("UTC").astype(INSTANT)
        return instants

    def on_days(
        self, days: pd.Series, text: pd.Series, clock: str, near: pd.Series | None
    ) -> Values:
        """Put the clock times of a column on days; with `near`, on the day nearest to it."""
        shaped = text.where(text.str.contains(_CLOCK, regex=True, na=False))
        full = shaped.where(shaped.str.count(":") == 2, shaped + ":00")
        span = pd.to_timedelta(full, errors="coerce").astype("timedelta64[us]")
        local = days + span
        if near is not None:
            zone = self.rule.time_zone or "UTC"
            beside = near.dt.tz_convert(zone).dt.tz_localize(None)
            shift = ((beside - local) / pd.Timedelta(days=1)).round()
            local = local + pd.to_timedelta(shift.fillna(0), unit="D").astype("timedelta64[us]")
        bad = span.isna() & text.notna()
        return Values(self.localised(local.astype("datetime64[us]"), clock), bad)

    def days(self, given: pd.Series, form: str | None) -> Values:
        """Return cells as days of the calendar: midnights without a zone."""
        bad = pd.Series(False, index=given.index)
        if isinstance(given.dtype, pd.DatetimeTZDtype):
            zone = self.rule.time_zone or "UTC"
            given = given.dt.tz_convert(zone).dt.tz_localize(None)
        if pd.api.types.is_datetime64_any_dtype(given):
            return Values(given.dt.normalize().astype("datetime64[us]"), bad)
        read = pd.to_datetime(given, format=form or "%Y-%m-%d", errors="coerce").dt.normalize()
        return Values(
            read.astype("datetime64[us]"), read.isna() & given.notna(), "not a day", given
        )

    def months_from(self, base: pd.Series, text: pd.Series, sign: int) -> tuple[pd.Series, ...]:
        """Return instants moved by calendar months, and where those are no whole number.

        The clock time stays, on the clocks of the source's zone; a day that the month lacks
        becomes its last.
        """
        number = pd.to_numeric(text, errors="coerce")
        whole = number.where((number % 1 == 0) & (number.abs() <= _MOST_MONTHS))
        zone = self.rule.time_zone or "UTC"
        local = base.dt.tz_convert(zone).dt.tz_localize(None)
        moved = local.where(whole.notna())
        for months, part in local.groupby(whole):
            moved.loc[part.index] = part + pd.DateOffset(months=sign * int(months))
        first = np.ones(len(moved), dtype=bool)
        there = moved.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
        return there.dt.tz_convert("UTC").astype(INSTANT), whole.isna() & text.notna()
