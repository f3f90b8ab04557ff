"""Small pictures beside a number: its trend over periods, or its values in single runs.

Inline SVG made by `html.element` from numbers alone. Colours are classes of the style sheet, so
that light, dark and paper each have their own; strokes keep their width when a tile stretches.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from cxlab.report.html import Html, element, join

__all__ = ["Point", "run_strip", "trend_line"]

WIDTH, HEIGHT, MARGIN = 160.0, 36.0, 5.0
"""The picture's own units; a tile stretches it to its width."""

Words = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class Point:
    """One period of a trend; NaN is a gap."""

    period: str
    value: float
    low: float = math.nan
    high: float = math.nan

    @property
    def known(self) -> bool:
        """Whether there is a value to draw."""
        return math.isfinite(self.value)

    @property
    def sure(self) -> bool:
        """Whether there is an interval to draw."""
        return self.known and math.isfinite(self.low) and math.isfinite(self.high)


def trend_line(points: Sequence[Point], words: Words, target: float | None = None) -> Html | None:
    """Return a line over periods, oldest first, with its interval band and its target.

    `words` says a value with its unit. Periods without a value are gaps. None when fewer than two
    periods have one. What lies farther out than the values' own range once more is cut off.
    """
    known = [p for p in points if p.known]
    if len(known) < 2:
        return None
    bottom, top = _range(known, target)
    across = _Scale(0, len(points) - 1, MARGIN, WIDTH - MARGIN)
    down = _Scale(bottom, top, HEIGHT - MARGIN, MARGIN)
    placed = [(across.of(i), p) for i, p in enumerate(points)]
    parts: list[Html | None] = [_band(run, down) for run in _runs(placed, lambda p: p.sure)]
    if target is not None and bottom <= target <= top:
        parts.append(_path(f"M0 {down.of(target)}H{WIDTH:g}", "target"))
    parts += [_line(run, down) for run in _runs(placed, lambda p: p.known)]
    end = next((x, p) for x, p in reversed(placed) if p.known)
    parts.append(_dot(end[0], down.of(end[1].value), "end"))
    return _picture(parts, _trend_words(points, known, words))


def run_strip(
    values: Iterable[float], words: Words, mean: float, low: float, high: float
) -> Html | None:
    """Return a strip with a dot per run, their mean and the interval of the mean.

    None when fewer than two runs gave a value.
    """
    runs = sorted(v for v in values if math.isfinite(v))
    if len(runs) < 2 or not math.isfinite(mean):
        return None
    sure = math.isfinite(low) and math.isfinite(high)
    ends = [*runs, mean, *([low, high] if sure else [])]
    across = _Scale(min(ends), max(ends), MARGIN, WIDTH - MARGIN)
    middle = HEIGHT / 2
    parts: list[Html | None] = []
    if sure:
        left, right = across.of(low), across.of(high)
        parts.append(_path(f"M{left} 6H{right}V{HEIGHT - 6:g}H{left}Z", "band"))
    places = dict.fromkeys(across.of(v) for v in runs)
    parts.append(_path("".join(f"M{x} {middle:g}h0" for x in places), "dot run"))
    parts.append(_path(f"M{across.of(mean)} 5V{HEIGHT - 5:g}", "mean"))
    label = f"{len(runs)} runs: {words(runs[0])} to {words(runs[-1])}, mean {words(mean)}"
    return _picture(parts, label)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Maps values between two ends to places between two others; equal ends map to the middle."""

    first: float
    last: float
    start: float
    end: float

    def of(self, value: float) -> float:
        if self.last == self.first:
            return round((self.start + self.end) / 2, 1)
        share = (min(max(value, self.first), self.last) - self.first) / (self.last - self.first)
        return round(self.start + share * (self.end - self.start), 1)


def _range(known: Sequence[Point], target: float | None) -> tuple[float, float]:
    values = [p.value for p in known]
    low, high = min(values), max(values)
    # Also where all values are the same there must be room for what lies around them.
    room = (high - low) or abs(high) / 10 or 1.0
    wanted = [e for p in known if p.sure for e in (p.low, p.high)]
    if target is not None and low - room <= target <= high + room:
        wanted.append(target)
    return (max(low - room, min([low, *wanted])), min(high + room, max([high, *wanted])))


_Placed = tuple[float, Point]


def _runs(placed: Sequence[_Placed], wanted: Callable[[Point], bool]) -> Iterator[list[_Placed]]:
    """Yield the stretches without a gap."""
    for chosen, run in groupby(placed, key=lambda at: wanted(at[1])):
        if chosen:
            yield list(run)


def _line(run: Sequence[_Placed], down: _Scale) -> Html:
    if len(run) == 1:
        return _dot(run[0][0], down.of(run[0][1].value), "alone")
    return _path("M" + "L".join(f"{x} {down.of(p.value)}" for x, p in run), "trend")


def _band(run: Sequence[_Placed], down: _Scale) -> Html:
    if len(run) == 1:
        x, p = run[0]
        edges = [(x - 2, down.of(p.high)), (x + 2, down.of(p.high)),
                 (x + 2, down.of(p.low)), (x - 2, down.of(p.low))]  # fmt: skip
    else:
        edges = [(x, down.of(p.high)) for x, p in run]
        edges += [(x, down.of(p.low)) for x, p in reversed(run)]
    return _path("M" + "L".join(f"{x:g} {y}" for x, y in edges) + "Z", "band")


def _path(d: str, class_: str) -> Html:
    return element("path", d=d, class_=class_)


def _dot(x: float, y: float, class_: str) -> Html:
    """Return a dot: a line without length, whose round ends stay round in a stretched picture."""
    return _path(f"M{x} {y}h0", f"dot {class_}")


def _picture(parts: Iterable[Html | None], label: str) -> Html:
    made = element(
        "svg", join(parts), class_="spark", viewBox=f"0 0 {WIDTH:g} {HEIGHT:g}",
        preserveAspectRatio="none", role="img", aria_label=label, focusable="false",
    )  # fmt: skip
    return Html(made.replace("></path>", "/>"))


def _trend_words(points: Sequence[Point], known: Sequence[Point], words: Words) -> str:
    first, last = known[0], known[-1]
    low, high = (choose(known, key=lambda p: p.value) for choose in (min, max))
    told = (
        f"{len(points)} periods: {words(first.value)} in {first.period}, {words(last.value)} in "
        f"{last.period}; lowest {words(low.value)} in {low.period}, highest {words(high.value)} in "
        f"{high.period}"
    )
    missing = len(points) - len(known)
    return told + (f"; {missing} without a value" if missing else "")
