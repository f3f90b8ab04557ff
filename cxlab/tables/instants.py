"""Instants inside the database (plain timestamps in UTC) and outside it (zone-aware)."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

__all__ = ["UTC", "to_aware", "to_plain"]

UTC = dt.Timestamp(timezone="UTC", scale=6)
_PLAIN = dt.Timestamp(scale=6)


def _duckdb(name: str, given: dt.DataType, result: dt.DataType) -> Callable[[ir.Value], ir.Value]:
    """Return DuckDB's own function `name` as one for Ibis expressions."""

    def function(value: ir.Value) -> None: ...

    made: Callable[[ir.Value], ir.Value] = ibis.udf.scalar.builtin(
        function, name=name, signature=((given,), result)
    )
    return made


_aware_to_us = _duckdb("epoch_us", UTC, dt.int64)
_plain_to_us = _duckdb("epoch_us", _PLAIN, dt.int64)
_us_to_plain = _duckdb("make_timestamp", dt.int64, _PLAIN)
_us_to_aware = _duckdb("make_timestamptz", dt.int64, UTC)


def to_plain(instant: ir.TimestampValue) -> ir.TimestampValue:
    """Return a zone-aware instant as a plain timestamp in UTC.

    A cast does the same through the calendar library, eight times slower (0.4 s against 0.05 s
    for 5 million rows), and every query over a Parquet file would pay it.
    """
    return _us_to_plain(_aware_to_us(instant.cast(UTC)))


def to_aware(instant: ir.TimestampValue) -> ir.TimestampValue:
    """Return a plain timestamp in UTC as a zone-aware instant."""
    return _us_to_aware(_plain_to_us(instant))
