"""Exact reasoning about conditions: intervals of numbers, sets of words, and boxes of them.

A rule's conditions are a box: one range per feature. Two rules overlap when their ranges meet in
every feature; a rule is unreachable when one of its ranges is empty within the feature's domain.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

__all__ = ["Interval", "Range", "Words", "meet", "overlap", "pieces", "uncovered"]

Point: TypeAlias = float | str


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high`, each end with or without itself; whole numbers if `whole`.

    >>> Interval(0, 10, whole=True).meet(Interval(6, 99, low_in=False, whole=True)).sample
    7
    """

    low: float = -math.inf
    high: float = math.inf
    low_in: bool = True
    high_in: bool = True
    whole: bool = False

    def __post_init__(self) -> None:
        """Write an interval of whole numbers with its first and last number."""
        if not self.whole:
            return
        if math.isfinite(self.low):
            up = math.floor(self.low) + 1 if not self.low_in else math.ceil(self.low)
            object.__setattr__(self, "low", up)
            object.__setattr__(self, "low_in", True)
        if math.isfinite(self.high):
            down = math.ceil(self.high) - 1 if not self.high_in else math.floor(self.high)
            object.__setattr__(self, "high", down)
            object.__setattr__(self, "high_in", True)

    @property
    def empty(self) -> bool:
        """Whether no number is in it."""
        return self.low > self.high or (
            self.low == self.high and not (self.low_in and self.high_in)
        )

    def meet(self, other: Interval) -> Interval:
        """Return what is in both."""
        low, low_in = max((self.low, not self.low_in), (other.low, not other.low_in))
        high, high_in = min((self.high, self.high_in), (other.high, other.high_in))
        return Interval(low, high, not low_in, high_in, self.whole or other.whole)

    @property
    def sample(self) -> float:
        """A number that is in it."""
        if self.low_in and math.isfinite(self.low):
            return self.low
        if self.high_in and math.isfinite(self.high):
            return self.high
        if math.isfinite(self.low) and math.isfinite(self.high):
            return (self.low + self.high) / 2
        if math.isfinite(self.low):
            return self.low + 1
        return self.high - 1 if math.isfinite(self.high) else 0

    def __str__(self) -> str:
        """Return it in words: "9 to 10", "above 20", "at most 5", "0"."""
        if self.low == self.high:
            return f"{self.low:g}"
        lower = f"at least {self.low:g}" if self.low_in else f"above {self.low:g}"
        upper = f"at most {self.high:g}" if self.high_in else f"below {self.high:g}"
        if not math.isfinite(self.low):
            return upper if math.isfinite(self.high) else "any"
        if not math.isfinite(self.high):
            return lower
        if self.low_in and self.high_in:
            return f"{self.low:g} to {self.high:g}"
        return f"{lower} and {upper}"


@dataclass(frozen=True, slots=True)
class Words:
    """Some of the words that a feature can be, in the order of its domain."""

    words: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether no word is in it."""
        return not self.words

    def meet(self, other: Words) -> Words:
        """Return what is in both."""
        return Words(tuple(w for w in self.words if w in other.words))

    @property
    def sample(self) -> str:
        """A word that is in it."""
        return self.words[0]

    def __str__(self) -> str:
        """Return the words with "or" between them."""
        return " or ".join(self.words)


Range: TypeAlias = Interval | Words
Box: TypeAlias = Mapping[str, Range]


def meet(one: Range, other: Range) -> Range:
    """Return what is in both ranges of one feature."""
    if isinstance(one, Words) and isinstance(other, Words):
        return one.meet(other)
    if isinstance(one, Interval) and isinstance(other, Interval):
        return one.meet(other)
    raise TypeError("ranges of different kinds")


def overlap(one: Box, other: Box, domains: Box) -> dict[str, Point] | None:
    """Return a point that is in both boxes, None when there is none.

    A feature that a box does not name may be anything in its domain.
    """
    point: dict[str, Point] = {}
    for name in dict.fromkeys([*one, *other]):
        both = meet(one.get(name, domains[name]), other.get(name, domains[name]))
        if both.empty:
            return None
        point[name] = both.sample
    return point


def pieces(domain: Range, ranges: Sequence[Range]) -> list[Range]:
    """Cut a domain so that each piece lies wholly inside or outside of every range."""
    if isinstance(domain, Words):
        return [Words((w,)) for w in domain.words]
    found: list[Range] = [domain]
    for given in ranges:
        assert isinstance(given, Interval)
        found = [part for piece in found for part in _cut(piece, given)]
    return found


def _cut(piece: Range, by: Interval) -> Iterator[Range]:
    """Yield what of the piece is below, inside and above an interval."""
    assert isinstance(piece, Interval)
    below = Interval(-math.inf, by.low, True, not by.low_in, piece.whole)
    above = Interval(by.high, math.inf, not by.high_in, True, piece.whole)
    for part in (below, by, above):
        # An interval that begins at −∞ has nothing below it.
        if (part is below and by.low == -math.inf) or (part is above and by.high == math.inf):
            continue
        inside = piece.meet(part)
        if not inside.empty:
            yield inside


def uncovered(boxes: Sequence[Box], domains: Box) -> dict[str, Point] | None:
    """Return a point that is in none of the boxes, None when they cover all of the domains.

    >>> domains = {"x": Interval(0, 10, whole=True)}
    >>> uncovered([{"x": Interval(0, 4)}, {"x": Interval(6, 10)}], domains)
    {'x': 5}
    >>> uncovered([{"x": Interval(0, 5)}, {"x": Interval(6, 10)}], domains) is None
    True
    """
    names = list(dict.fromkeys(name for box in boxes for name in box))
    cells = {n: pieces(domains[n], [b[n] for b in boxes if n in b]) for n in names}

    @cache
    def search(depth: int, left: frozenset[int]) -> tuple[Point, ...] | None:
        """Return a point for the features from `depth` on that none of the boxes holds."""
        if depth == len(names):
            return None if left else ()
        name = names[depth]
        for piece in cells[name]:
            holding = frozenset(
                i for i in left
                if name not in boxes[i] or not meet(boxes[i][name], piece).empty
            )  # fmt: skip
            rest = search(depth + 1, holding)
            if rest is not None:
                return (piece.sample, *rest)
        return None

    found = search(0, frozenset(range(len(boxes))))
    return None if found is None else dict(zip(names, found, strict=True))
