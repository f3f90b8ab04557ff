"""Public holidays of a country, as the library `holidays` knows them."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

from cxlab.errors import InputError

__all__ = ["check_country", "holidays_between"]


@lru_cache
def _countries() -> dict[str, list[str]]:
    import holidays

    return holidays.list_supported_countries(include_aliases=True)


def check_country(country: str | None, subdivision: str | None) -> None:
    """Raise InputError unless the library knows the country, and the subdivision in it."""
    if country is None:
        if subdivision is not None:
            raise InputError("a subdivision without its country", given=subdivision)
        return
    known = _countries()
    if country not in known:
        raise InputError(
            "unknown country of public holidays", given=country,
            expected="an ISO 3166 code such as DE, or DE-BY with a subdivision",
        )  # fmt: skip
    if subdivision is not None and subdivision not in known[country]:
        raise InputError(
            f"unknown subdivision of {country}", given=subdivision, known=known[country]
        )


def holidays_between(
    country: str | None, subdivision: str | None, first: dt.date, last: dt.date
) -> dict[dt.date, str]:
    """Return date → name of the public holidays from `first` to `last`, observed days included.

    Raises InputError for years that the library does not cover, where an empty answer would pass
    for a year without holidays. Source: https://holidays.readthedocs.io.

    >>> holidays_between("DE", "BY", dt.date(2026, 1, 2), dt.date(2026, 1, 31))
    {datetime.date(2026, 1, 6): 'Epiphany'}
    """
    if country is None:
        return {}
    import holidays

    years = range(first.year, last.year + 1)
    found = holidays.country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    if first.year < found.start_year or last.year > found.end_year:
        raise InputError(
            f"the public holidays of {country} are not known for every year",
            given=f"{first.year} to {last.year}",
            expected=f"years from {found.start_year} to {found.end_year}",
        )
    return {day: name for day, name in sorted(found.items()) if first <= day <= last}
