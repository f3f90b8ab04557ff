"""Rules files: conditions on features → segment → next action, checked before anything is counted.

Refused are unknown keys and features, conditions that nothing can meet, rules of which two could
hold for one customer, and gaps that no rule and no `otherwise` fills.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import combinations
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cxlab.decisions.boxes import Interval, Point, Range, Words, meet, overlap, uncovered
from cxlab.decisions.features import FEATURES, Feature
from cxlab.errors import InputError
from cxlab.files import no_file
from cxlab.validation import validated

__all__ = ["Leaf", "Rule", "Rules", "load_rules", "rules_from"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Leaf(_Part):
    segment: str = Field(default="", min_length=1)
    action: str = Field(min_length=1)


class _Rule(_Part):
    name: str | None = Field(default=None, min_length=1)
    segment: str = Field(min_length=1)
    action: str = Field(min_length=1)
    when: dict[str, Any] = Field(min_length=1)


class _File(_Part):
    title: str = ""
    answers_within_days: int = Field(default=180, ge=1, le=3660)
    usage_days: int = Field(default=30, ge=1, le=3660)
    new_for_days: int = Field(default=90, ge=0, le=3660)
    due_within_days: int = Field(default=60, ge=0, le=3660)
    rules: list[_Rule] = Field(min_length=1)
    otherwise: _Leaf | None = None
    unknown: _Leaf = _Leaf(segment="unknown", action="Find out what is missing")


@dataclass(frozen=True, slots=True)
class Leaf:
    """Where a customer can end: a name, a segment and the next action."""

    name: str
    segment: str
    action: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A leaf and its conditions, one range per feature, within the features' domains."""

    leaf: Leaf
    box: Mapping[str, Range]

    def __str__(self) -> str:
        """Return the conditions in words: "nps 9 to 10, open_tickets 0"."""
        return ", ".join(f"{name} {given}" for name, given in self.box.items())


@dataclass(frozen=True, slots=True)
class Rules:
    """A rules file that was read and checked; no two rules can hold for one customer."""

    title: str
    rules: tuple[Rule, ...]
    otherwise: Leaf | None
    unknown: Leaf
    answers_within_days: int
    usage_days: int
    new_for_days: int
    due_within_days: int

    @property
    def features(self) -> tuple[str, ...]:
        """The features that rules look at, in the order in which they first do."""
        return tuple(dict.fromkeys(name for rule in self.rules for name in rule.box))


def load_rules(path: str | Path | None = None) -> Rules:
    """Read and check a rules file; without a path the one that cxlab ships.

    Raises InputError, which names the file and the rule, for whatever cannot be meant.

    >>> rules = load_rules()
    >>> rules.title, len(rules.rules), str(rules.rules[0])
    ('After the purchase', 10, 'contract_stage new or running or due, open_tickets at least 3')
    """
    if path is None:
        shipped = resources.files("cxlab.decisions") / "post_purchase.toml"
        return rules_from(shipped.read_text("utf-8"), "cxlab's own rules")
    file = Path(path)
    if not file.is_file():
        raise no_file("no such rules file", path, expected="a TOML file")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{file}: not a text file", expected="TOML in UTF-8") from None
    return rules_from(text, str(file))


def rules_from(text: str, source: str) -> Rules:
    """Return the rules of a TOML text; `source` is what errors call it."""
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{source}: not TOML", given=str(error)[:200]) from None
    read = validated(_File, plain, source)
    rules = tuple(_rule(given, source) for given in read.rules)
    otherwise = read.otherwise
    found = Rules(
        title=read.title,
        rules=rules,
        otherwise=None if otherwise is None else _leaf("otherwise", otherwise),
        unknown=_leaf("unknown", read.unknown),
        answers_within_days=read.answers_within_days,
        usage_days=read.usage_days,
        new_for_days=read.new_for_days,
        due_within_days=read.due_within_days,
    )
    _check_names(found, source)
    _check_overlaps(found, source)
    _check_gaps(found, source)
    return found


def _leaf(name: str, given: _Leaf) -> Leaf:
    return Leaf(name, given.segment or name, given.action)


def _rule(given: _Rule, source: str) -> Rule:
    leaf = Leaf(given.name or given.segment, given.segment, given.action)
    where = f"{source}: rule {leaf.name!r}"
    box: dict[str, Range] = {}
    for name, condition in given.when.items():
        if name not in FEATURES:
            raise InputError(f"{where} asks for an unknown feature", given=name, known=FEATURES)
        feature = FEATURES[name]
        asked = _range(feature, condition, where)
        within = meet(asked, feature.domain)
        if within.empty:
            raise InputError(
                f"{where} can never hold: {name} {_shown(asked)}",
                expected=f"something in {feature.domain} ({feature.meaning})",
            )
        box[name] = within
    return Rule(leaf, box)


def _shown(asked: Range) -> str:
    if isinstance(asked, Interval) and asked.empty:
        return f"from {asked.low:g} to {asked.high:g}, an empty range"
    return str(asked)


_ENDS = ("at_least", "above", "at_most", "below")


def _range(feature: Feature, condition: object, where: str) -> Range:
    what = f"{where}, {feature.name}"
    if isinstance(feature.domain, Words):
        return _words(feature.domain, condition, what)
    whole = feature.domain.whole
    if isinstance(condition, dict):
        return _between(condition, whole, what)
    number = _number(condition, what)
    if whole and not number.is_integer():
        raise InputError(what, given=condition, expected="a whole number")
    return Interval(number, number, whole=whole)


def _words(domain: Words, condition: object, what: str) -> Words:
    words = condition if isinstance(condition, list) else [condition]
    if not words:
        raise InputError(what, given=condition, expected="at least one word")
    for word in words:
        if word not in domain.words:
            raise InputError(f"{what} has no such value", given=word, known=domain.words)
    if len(set(words)) < len(words):
        raise InputError(f"{what} names a value twice", given=condition)
    return Words(tuple(w for w in domain.words if w in words))


def _between(condition: dict[str, object], whole: bool, what: str) -> Interval:
    for key in condition:
        if key not in _ENDS:
            raise InputError(f"{what}: unknown key", given=key, known=_ENDS)
    if not condition:
        raise InputError(f"{what} has no condition", expected=f"one of {', '.join(_ENDS)}")
    for pair in (("at_least", "above"), ("at_most", "below")):
        if all(end in condition for end in pair):
            raise InputError(f"{what} has two ends on one side", given=pair, expected="one")
    ends = {key: _number(value, what) for key, value in condition.items()}
    return Interval(
        low=ends.get("at_least", ends.get("above", -math.inf)),
        high=ends.get("at_most", ends.get("below", math.inf)),
        low_in="above" not in ends,
        high_in="below" not in ends,
        whole=whole,
    )


def _number(given: object, what: str) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise InputError(what, given=given, expected="a number, or a table of " + ", ".join(_ENDS))
    return float(given)


def _check_names(rules: Rules, source: str) -> None:
    """Refuse leaves that share a name."""
    names = [rule.leaf.name for rule in rules.rules]
    twice = [n for n in names if names.count(n) > 1 or n in ("unknown", "otherwise")]
    if twice:
        raise InputError(
            f"{source}: a rule needs a name of its own", given=twice[0],
            hint="rules of one segment differ in `name`",
        )  # fmt: skip


def _check_overlaps(rules: Rules, source: str) -> None:
    """Refuse two rules that can hold for one customer."""
    for one, other in combinations(rules.rules, 2):
        point = overlap(one.box, other.box, _DOMAINS)
        if point is not None:
            raise InputError(
                f"{source}: rules {one.leaf.name!r} and {other.leaf.name!r} overlap",
                given=_said(point), expected="conditions of which only one can hold",
            )  # fmt: skip


def _check_gaps(rules: Rules, source: str) -> None:
    """Refuse customers that no rule is for, and an `otherwise` that is for nobody."""
    point = uncovered([rule.box for rule in rules.rules], _DOMAINS)
    if point is not None and rules.otherwise is None:
        raise InputError(
            f"{source}: no rule is for some customers", given=_said(point),
            expected="a rule for them, or [otherwise]",
        )  # fmt: skip
    if point is None and rules.otherwise is not None:
        raise InputError(f"{source}: [otherwise] can never hold", expected="rules that leave a gap")


_DOMAINS: dict[str, Range] = {name: feature.domain for name, feature in FEATURES.items()}


def _said(point: Mapping[str, Point]) -> str:
    return ", ".join(
        f"{name} = {value if isinstance(value, str) else format(value, 'g')}"
        for name, value in point.items()
    )
