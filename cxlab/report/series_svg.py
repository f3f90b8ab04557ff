"""A series as a line as small as a word, with a label that says it in words."""

from __future__ import annotations

from collections.abc import Sequence

from cxlab.report.html import Html, element
from cxlab.units import format_value

__all__ = ["series_line"]

WIDTH, HEIGHT, EDGE = 90, 28, 3


def series_line(
    values: Sequence[float | None], labels: Sequence[str], unit: str, title: str
) -> Html:
    """Return an inline SVG (role img) of a series in the order of time; None is a gap.

    Its ends are the least and the greatest value; a dot marks the last. Without two values there
    is nothing to draw: the text is then empty.
    """
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return Html("")
    parts = [element("polyline", points=" ".join(run), fill="none", stroke="currentColor",
                     stroke_width="1.5") for run in _runs(values) if len(run) > 1]  # fmt: skip
    x, y = next(p for run in reversed(_runs(values)) for p in reversed(run)).split(",")
    parts.append(element("circle", cx=x, cy=y, r="2.5", fill="currentColor"))
    return element(
        "svg", *parts, role="img", aria_label=_words(known, labels, unit, title),
        width=WIDTH, height=HEIGHT, viewBox=f"0 0 {WIDTH} {HEIGHT}",
    )  # fmt: skip


def _runs(values: Sequence[float | None]) -> list[list[str]]:
    """Return the points as text, in stretches without a gap."""
    known = [v for v in values if v is not None]
    low, span = min(known), max(known) - min(known)
    step = (WIDTH - 2 * EDGE) / (len(values) - 1)
    runs: list[list[str]] = [[]]
    for i, value in enumerate(values):
        if value is None:
            runs.append([])
            continue
        share = (value - low) / span if span else 0.5
        y = HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE)
        runs[-1].append(f"{EDGE + i * step:.1f},{y:.1f}")
    return [run for run in runs if run]


def _words(known: Sequence[float], labels: Sequence[str], unit: str, title: str) -> str:
    shown = [format_value(v, unit) for v in (known[0], min(known), max(known), known[-1])]
    return (f"{title} from {labels[0]} to {labels[-1]}: first {shown[0]}, lowest {shown[1]}, "
            f"highest {shown[2]}, last {shown[3]}")  # fmt: skip
