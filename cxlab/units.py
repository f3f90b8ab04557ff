"""Units of cxlab's numbers: how they convert and how they print.

Durations are stored in seconds, shares as 0…1, counts as whole numbers, points on a survey's own
scale. A unit stands in the name of every key a person writes (`at_most_hours`), never only in
the documentation.
"""

from __future__ import annotations

import math

from cxlab.errors import InputError

__all__ = [
    "CURRENCIES",
    "DURATIONS",
    "PERCENT",
    "RANGES",
    "UNITS",
    "convert_key",
    "format_interval",
    "format_margin",
    "format_value",
    "rounded_share",
    "spoken_unit",
]

# ISO 4217, currencies in use (no funds, metals or test codes). CLDR, as Babel ships it, has the
# same list. Kept here because no library that cxlab needs anyway has one.
_CODES = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF
KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
USD UYU UZS VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
CURRENCIES = tuple(_CODES.split())


DURATIONS: dict[str, float] = {
    "seconds": 1.0,
    "minutes": 60.0,
    "hours": 3600.0,
    "days": 86400.0,
}
"""Names of the duration units that a key may end with, in seconds."""

UNITS: dict[str, str] = {
    "s": "duration in seconds",
    "share": "share, 0 to 1",
    "count": "number of things",
    "points": "points on a scale from 1 to 5",
    "points_7": "points on a scale from 1 to 7",
    "nps": "net promoter score, −100 to 100",
    "score": "score, 0 to 100",
    "net": "balance, −1 to 1",
    "ratio": "how many of one per one of another",
    "rate": "part of what was there before, 1 for all of it, more with growth",
    "per_year": "events per unit and year",
    "money": "amount of money, in the log's currency",
    "months": "duration in months",
    "parameter": "parameter of a model",
}
"""The units a metric can have, with what they mean."""

RANGES: dict[str, tuple[float, float]] = {
    "s": (0.0, math.inf),
    "share": (0.0, 1.0),
    "count": (0.0, math.inf),
    "points": (1.0, 5.0),
    "points_7": (1.0, 7.0),
    "nps": (-100.0, 100.0),
    "score": (0.0, 100.0),
    "net": (-1.0, 1.0),
    "ratio": (0.0, math.inf),
    "rate": (0.0, math.inf),
    "per_year": (0.0, math.inf),
    "money": (-math.inf, math.inf),
    "months": (0.0, math.inf),
    "parameter": (0.0, math.inf),
}
"""What a number in each unit can be at all; no interval reaches beyond it."""

PERCENT = ("share", "rate")
"""Units that print in per cent, their differences in percentage points."""

_SCALES = {"s": DURATIONS, **{unit: {unit: 1.0, "percent": 0.01} for unit in PERCENT}}


def convert_key(key: str, prefix: str, unit: str) -> float:
    """Return the factor from the unit named at the end of `key` to `unit`.

    `key` must be `prefix` + "_" + unit name (or just `prefix` for counts and points).
    Raises InputError when the key names no unit, or one that does not measure this.

    >>> convert_key("at_most_hours", "at_most", "s")
    3600.0
    >>> convert_key("at_least_percent", "at_least", "share")
    0.01
    """
    scale = _SCALES.get(unit)
    if scale is None:
        if key == prefix:
            return 1.0
        raise InputError(f"a target in {UNITS[unit]} takes no unit", given=key, known=[prefix])
    known = {f"{prefix}_{name}": factor for name, factor in scale.items()}
    if key not in known:
        raise InputError("unknown key or unit", given=key, known=known)
    return known[key]


def format_value(value: float | None, unit: str, *, signed: bool = False) -> str:
    """Return `value` as people read it; "–" when there is none.

    Durations pick seconds, minutes, hours or days by size. `signed` puts + or − in front.

    >>> format_value(79560, "s"), format_value(0.6342, "share"), format_value(24918, "count")
    ('22.1 h', '63.4 %', '24,918')
    """
    if value is None or math.isnan(value):
        return "–"
    sign = "−" if value < 0 else ("+" if signed else "")
    if math.isinf(value):
        return sign + "∞"
    return sign + _magnitude(abs(value), unit)


def rounded_share(share: float) -> str:
    """Return a share in whole per cent, what is not nothing never as nothing; "" for none.

    >>> rounded_share(0.314), rounded_share(0.002), rounded_share(-0.25), rounded_share(0.0)
    ('31 %', '<1 %', '−25 %', '0 %')
    """
    if math.isnan(share):
        return ""
    if 0 < share < 0.005:
        return "<1 %"
    return f"{100 * share:.0f} %".replace("-", "−")


def _magnitude(size: float, unit: str) -> str:
    if unit == "s":
        return _duration(size)
    if unit in PERCENT:
        return f"{size * 100:.1f} %"
    if unit == "count":
        return f"{size:,.0f}" if float(size).is_integer() or size >= 100 else f"{size:,.1f}"
    if unit in ("nps", "score"):
        return f"{size:,.1f}"
    if unit == "months":
        return f"{size:,.1f} months"
    if unit == "parameter":
        return f"{size:.4g}"
    return f"{size:,.2f}"


def _duration(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    if seconds < 59.95 * 60:
        return f"{seconds / 60:.1f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} d"


def format_interval(low: float | None, high: float | None, unit: str) -> str:
    """Return an interval as "low to high"; "" when neither end is known.

    >>> format_interval(0.628, 0.640, "share")
    '62.8 % to 64.0 %'
    """
    if _unknown(low) and _unknown(high):
        return ""
    return f"{format_value(low, unit)} to {format_value(high, unit)}"


def format_margin(size: float, unit: str, *, exact: bool = False) -> str:
    """Return the size of a difference or a half-width; of per cent it is in percentage points.

    `exact`: with so many digits that what is not 0 (nor an error of rounding) is not shown as 0.

    >>> format_margin(0.05, "share"), format_margin(480, "s"), format_margin(0.0002, "share")
    ('5.0 points', '8.0 min', '0.0 points')
    >>> format_margin(0.0002345, "share", exact=True), format_margin(0.003, "points", exact=True)
    ('0.023 points', '0.0030')
    """
    shown = f"{size * 100:.1f} points" if unit in PERCENT else format_value(size, unit)
    if not exact or not 1e-9 < size < 1 or any(digit in shown for digit in "123456789"):
        return shown
    size = size * 100 if unit in PERCENT else size
    _, space, name = shown.partition(" ")
    return f"{size:.{1 - math.floor(math.log10(size))}f}{space}{name}"


def _unknown(value: float | None) -> bool:
    return value is None or math.isnan(value)


def spoken_unit(seconds: float) -> tuple[str, float]:
    """Return the (short name, seconds) of the duration unit in which `seconds` reads best.

    >>> spoken_unit(7200.0)
    ('h', 3600.0)
    """
    for name, size in (("s", 1.0), ("min", 60.0), ("h", 3600.0)):
        limit = {"s": 120.0, "min": 7200.0, "h": 48 * 3600.0}[name]
        if seconds < limit:
            return name, size
    return "d", 86400.0
