"""Changes of a scenario as people write them: `key=value`, and what two scenarios differ in."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

from cxlab.errors import InputError
from cxlab.scenario.model import Scenario

__all__ = ["changes", "comma_parts", "differences", "pair", "value_of"]

_NAMES = ("name", "title", "description", "seed", "replications")
"""Keys that change no customer and no agent."""


_PAIR = re.compile(r"[A-Za-z_]\w*(\.\w+)+\s*=.*")


def changes(given: Sequence[str]) -> dict[str, Any]:
    """Return key=value pairs as `Scenario.but` takes them; values are TOML, or else text.

    Raises InputError for a pair without a value.

    >>> changes(["team.shifts.0.agents=4", "name=busy"])
    {'team.shifts.0.agents': 4, 'name': 'busy'}
    """
    return {key: value_of(value) for key, value in map(pair, given)}


def pair(text: str) -> tuple[str, str]:
    """Return key and value of a text such as "team.shifts.0.agents=4".

    Raises InputError for a text that lacks one of them.
    """
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise InputError("a key has no value", given=text, expected="key=value")
    if any(_PAIR.fullmatch(part) for part in comma_parts(value)[1:]):
        expected = "key=value; key=value for one option, or each given by itself"
        raise InputError("two changes in one, a comma between", given=text, expected=expected)
    return key.strip(), value.strip()


def value_of(text: str) -> Any:
    """Return a value as TOML reads it; text where TOML does not."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def comma_parts(text: str) -> list[str]:
    """Return what stands between commas, those inside brackets and quotes left alone.

    >>> comma_parts("x1.2, [1, 2]")
    ['x1.2', '[1, 2]']
    """
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def differences(one: Scenario, other: Scenario) -> list[tuple[str, Any, Any]]:
    """Return the keys in which two scenarios differ, with the values of both.

    A list of numbers, such as the rates of a day, is one value; None stands for what one of them
    has not. Names, words, seed and number of replications are no difference.

    `differences(desk, desk.but(**{"team.shifts.0.agents": 4}))` is
    `[("team.shifts.0.agents", 3, 4)]`.
    """
    ours, theirs = (
        {key: value for key, value in s.resolved().items() if key not in _NAMES}
        for s in (one, other)
    )
    return list(_differing("", ours, theirs))


def _differing(key: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    if one == other:
        return
    ours, theirs = _parts(one), _parts(other)
    if ours is None or theirs is None:
        yield key, one, other
        return
    for name in dict.fromkeys([*ours, *theirs]):
        whole = f"{key}.{name}" if key else name
        yield from _differing(whole, ours.get(name), theirs.get(name))


def _parts(value: Any) -> dict[str, Any] | None:
    """Return what stands beneath a value by name; None for what is one value."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return {str(place): item for place, item in enumerate(value)}
    return None
