"""Scenario files on disk: TOML, `extends`, and how one scenario is laid over another."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from cxlab.errors import InputError

__all__ = ["changed", "dotted_keys", "laid_over", "look_up", "read_scenario"]

# What names and describes one file does not describe the file that extends it.
_OWN = ("name", "title", "description", "extends")

Depth = Mapping[str, "Depth"]
"""Which tables inside a table are merged too, and how deep; "*" stands for every name."""

_ITSELF: Depth = {}
_EACH: Depth = {"*": _ITSELF}

_DEPTHS: Depth = {
    "channels": _EACH,
    "teams": _EACH,
    "surveys": _EACH,
    "lifecycle": {
        **dict.fromkeys(("acquisition", "segments", "plans", "features", "campaigns"), _EACH),
        **dict.fromkeys(("onboarding", "contacts", "renewal", "referral", "win_back", "loyalty",
                         "purchases", "relation_survey"), _ITSELF),
    },
}  # fmt: skip

# Keys that say the same thing in another unit: giving one takes the other away.
_ALTERNATIVES = (
    ("weeks", "days"),
    ("warm_up_weeks", "warm_up_days"),
    ("first_reply_target_minutes", "first_reply_target_hours"),
    ("team", "teams"),
)

# Keys that only one value of another key has: giving another value takes them away.
_OWNED = {
    "law": {
        "geometric": ("leaving_probability",),
        "beta_geometric": ("alpha", "beta"),
        "gamma_frailty": ("hazard", "frailty_variance"),
    },
    "kind": {"paid": ("leads_per_week",), "referral": ()},
}


def read_scenario(path: Path) -> dict[str, Any]:
    """Return the plain data of a scenario file, laid over all that it extends.

    `extends` is a path relative to the file that says it. Tables are merged key by key down
    to the table of a channel, team or survey, and in `lifecycle` down to each of its tables
    (`renewal`, `contacts`, …) and to the table of a way, segment, plan, feature or campaign;
    what stands inside these, a law, shares or a list (`links`), is replaced whole. Another `law`
    of renewal leaves the numbers of the old one behind, a customer base the `customers` of a desk.
    A name is never inherited: without one the file's own name is taken.

    Raises InputError for what cannot be read as TOML and for a circle of `extends`.
    """
    data = _with_base(path, ())
    _refuse_other_kinds(path, data)
    data.setdefault("name", re.sub(r"[^A-Za-z0-9_.-]+", "_", path.stem) or "scenario")
    return data


_OTHER_KINDS = {
    "source": "the mapping of an import",
    "targets": "a file of targets",
    "stages": "the stages of a journey",
    "answers_within_days": "rules of decisions",
    "shifts": "shift rules",
}


def _refuse_other_kinds(path: Path, data: Mapping[str, Any]) -> None:
    """Say what a file is that says nothing of a scenario, instead of naming its first key."""
    kind = next((words for key, words in _OTHER_KINDS.items() if key in data), None)
    if kind is not None and not {"horizon", "channels"} & set(data):
        raise InputError(
            f"{path}: this is {kind}, not a scenario", expected="a file with [horizon]"
        )


def _with_base(path: Path, seen: tuple[Path, ...]) -> dict[str, Any]:
    here = path.resolve()
    if here in seen:
        circle = " → ".join(p.name for p in (*seen, here))
        raise InputError("scenarios extend each other in a circle", given=circle)
    data = _read_toml(path)
    if "extends" not in data:
        return data
    base = data.pop("extends")
    if not isinstance(base, str) or not base:
        raise InputError(f"{path}: extends", given=base, expected='a file such as "base.toml"')
    below = _with_base(path.parent / base, (*seen, here))
    return laid_over({key: below[key] for key in below if key not in _OWN}, data)


def _read_toml(path: Path) -> dict[str, Any]:
    if path.is_dir():
        raise InputError("a folder is not a scenario", given=str(path), expected="a TOML file")
    if not path.is_file():
        siblings = sorted(p.name for p in path.parent.glob("*.toml"))
        raise InputError(
            "there is no scenario file",
            given=str(path),
            expected="a TOML file"
            + (f" (here are {', '.join(siblings[:20])})" if siblings else ""),
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError(f"{path} cannot be read", expected="text in UTF-8") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read", given=error.strerror) from None
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(
            f"{path} is not TOML",
            given=str(error) or "too deeply nested",
            expected='lines such as weeks = 6, from = "08:00", true or false, each key once',
        ) from None


def laid_over(base: Mapping[str, Any], top: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `top` laid over it, neither of them changed.

    >>> laid_over({"horizon": {"type": "steady", "weeks": 6}}, {"horizon": {"days": 3}})
    {'horizon': {'type': 'steady', 'days': 3}}
    """
    merged = dict(base)
    _drop_customers(merged, top)
    for key, value in top.items():
        _drop_alternatives(merged, key, value)
        merged[key] = _over_table(base.get(key), value, _DEPTHS.get(key, _ITSELF))
    return merged


def _over_table(under: Any, over: Any, depth: Depth) -> Any:
    """Return a table laid over another, of which the tables that `depth` names are merged."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    if over.get("type", under.get("type")) != under.get("type"):
        return dict(over)  # another kind of horizon has other keys
    kept = dict(under)
    for key, value in over.items():
        if "*" not in depth:  # else the keys are names
            _drop_alternatives(kept, key, value)
        inner = depth.get(key, depth.get("*"))
        kept[key] = value if inner is None else _over_table(under.get(key), value, inner)
    return kept


def _drop_alternatives(table: dict[str, Any], key: str, value: Any) -> None:
    """Take out of a table what cannot stand beside a key that is given."""
    owned = _OWNED.get(key, {})
    if isinstance(value, str) and value in owned:
        for choice, keys in owned.items():
            for other in keys if choice != value else ():
                table.pop(other, None)
    for group in _ALTERNATIVES:
        if key in group:
            for other in group:
                if other != key:
                    table.pop(other, None)


def _drop_customers(base: dict[str, Any], given: Collection[str]) -> None:
    """Take the number of customers out of a desk that is given a customer base."""
    if "lifecycle" in given and "lifecycle" not in base:
        base.pop("customers", None)


def changed(data: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return `data` (which is used up) with dotted or `__` names set; None takes a key away.

    >>> changed({"team": {"shifts": [{"agents": 4}]}}, {"team.shifts.0.agents": 5})
    {'team': {'shifts': [{'agents': 5}]}}
    """
    ways = {name: name.replace("__", ".").split(".") for name in changes}
    _drop_customers(data, {ways[name][0] for name, value in changes.items() if value is not None})
    for name, value in changes.items():
        parts = ways[name]
        holder: Any = data
        known = dotted_keys(data) if any(p.isdecimal() for p in parts) else []
        for part, after in pairwise(parts):
            if after.isdecimal() and holder == {}:  # a table of a name that is not there
                raise InputError("a change names no list of the scenario", given=name, known=known)
            holder = _step(holder, part, name)
        _set(holder, parts[-1], value, name)
    return data


def look_up(data: Any, key: str) -> tuple[bool, Any]:
    """Return whether a scenario's plain data hold a dotted key, and what they hold there.

    >>> look_up({"team": {"shifts": [{"agents": 3}]}}, "team.shifts.0.agents")
    (True, 3)
    """
    for part in key.replace("__", ".").split("."):
        if isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        elif isinstance(data, dict) and part in data:
            data = data[part]
        else:
            return False, None
    return True, data


def dotted_keys(data: Any, above: str = "") -> list[str]:
    """Return the dotted names of all that a scenario's plain data hold, tables and lists too.

    >>> dotted_keys({"team": {"shifts": [{"agents": 3}]}})
    ['team', 'team.shifts', 'team.shifts.0', 'team.shifts.0.agents']
    """
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(
        data, list) else ()  # fmt: skip
    found = []
    for part, value in pairs:
        name = f"{above}{part}"
        found += [name, *dotted_keys(value, f"{name}.")]
    return found


def _step(holder: Any, part: str, name: str) -> Any:
    if isinstance(holder, list):
        return holder[_position(holder, part, name)]
    if not isinstance(holder, dict):
        raise InputError("a change names no key of the scenario", given=name)
    return holder.setdefault(part, {})


def _set(holder: Any, part: str, value: Any, name: str) -> None:
    if isinstance(holder, list):
        holder[_position(holder, part, name)] = value
    elif not isinstance(holder, dict):
        raise InputError("a change names no key of the scenario", given=name)
    elif value is None:
        holder.pop(part, None)
    else:
        _drop_alternatives(holder, part, value)
        holder[part] = value


def _position(holder: list[Any], part: str, name: str) -> int:
    if not part.isdecimal() or int(part) >= len(holder):
        raise InputError(
            "a change names no entry of a list",
            given=name,
            expected=f"a position from 0 to {len(holder) - 1} in place of {part!r}",
        )
    return int(part)
