"""What a metric needs to know that no table holds: discount rates, margins, weights of a score.

Settings are a TOML file whose keys carry their unit; what it does not say keeps its default.
Results that depend on settings name them in their `note`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cxlab.errors import InputError
from cxlab.files import no_file
from cxlab.metrics.scores import Engagement, Health, Relationship
from cxlab.validation import validated

__all__ = ["DEFAULTS", "Settings", "load_settings"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Value(_Part):
    """What customer value takes for granted: margin, discount, how far it looks, grace.

    `margin_share` is gross margin ÷ revenue where the tables hold no costs of goods;
    `lifespan_years` is how long a customer without a contract is taken to stay in the simple
    product; a contract counts as renewed up to `renewal_grace_days` after it was due.
    """

    margin_share: float = Field(default=0.75, gt=0, le=1)
    discount_per_year: float = Field(default=0.1, ge=0, lt=10)
    horizon_months: int = Field(default=36, ge=1, le=1200)
    lifespan_years: float = Field(default=3.0, gt=0, le=100)
    renewal_grace_days: int = Field(default=30, ge=0, le=366)


class Settings(_Part):
    """All settings; every one has a default.

    >>> Settings().value.discount_per_year
    0.1
    """

    value: Value = Value()
    engagement: Engagement = Engagement()
    health: Health = Health()
    relationship: Relationship = Relationship()

    @property
    def key(self) -> str:
        """Text that equal settings share."""
        return self.model_dump_json()

    def changes(self, sections: Iterable[str]) -> list[str]:
        """Return what differs from the defaults within some sections or keys, one text a key.

        >>> Settings(value=Value(discount_per_year=0.2)).changes(["value"])
        ['setting value.discount_per_year is 0.2, not 0.1']
        >>> Settings(value=Value(discount_per_year=0.2)).changes(["value.margin_share"])
        []
        """
        mine, usual = self.model_dump(), DEFAULTS.model_dump()
        return [
            f"setting {key} is {given}, not {default}"
            for section in sections
            for top in (section.partition(".")[0],)
            for key, given, default in _differences(mine[top], usual[top], top)
            if f"{key}.".startswith(f"{section}.")
        ]


DEFAULTS = Settings()


def _differences(mine: Any, usual: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (key, value, default) of every value that differs."""
    if isinstance(mine, Mapping) and isinstance(usual, Mapping):
        for name in dict.fromkeys([*usual, *mine]):
            absent = "absent"
            yield from _differences(
                mine.get(name, absent), usual.get(name, absent), f"{where}.{name}"
            )
    elif mine != usual:
        yield where, mine, usual


def load_settings(path: str | Path) -> Settings:
    """Read settings from a TOML file; InputError names the file and the key that is wrong."""
    file = Path(path)
    if not file.is_file():
        raise no_file("no such settings file", path, expected="a TOML file")
    try:
        plain = tomllib.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file}: not TOML", given=str(error)[:200]) from None
    return validated(Settings, plain, str(file))
