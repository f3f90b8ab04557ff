"""The catalogue of metrics on 80 columns: by family, searched, or one family in full."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from cxlab.errors import InputError
from cxlab.metrics import METRICS
from cxlab.metrics.declaration import Metric
from cxlab.metrics.finding import FAMILY_TITLES, family_of, in_family, search

__all__ = ["chosen", "listing"]

WIDTH = 80
_IDS = 18
_BETTER = {"up": "↑", "down": "↓"}


def chosen(text: str | None, family: str | None) -> list[Metric]:
    """Return the metrics that are searched for, of one family if it is named; else all."""
    found = search(text) if text is not None else list(METRICS.values())
    if family is None:
        return found
    kept = [m for m in found if m in in_family(family)]
    if not kept:
        elsewhere = dict.fromkeys(family_of(m) for m in found)
        raise InputError(f"no metric of the family {family} is called so", given=text,
                         hint=f"found in: {', '.join(elsewhere)}")  # fmt: skip
    return kept


def listing(metrics: list[Metric], *, concepts: bool) -> Iterator[str]:
    """Yield lines of at most 80 columns: families, in them one line per metric.

    With `concepts` only these have a line, and the ids of their other readings stand below.
    """
    for name, title in FAMILY_TITLES.items():
        own = [m for m in metrics if family_of(m) == name and not (concepts and m.variant_of)]
        if not own:
            continue
        yield f"{name}: {title}"
        for m in own:
            yield _line(m)
            if concepts:
                yield from _readings(m)
        yield ""


def _line(m: Metric) -> str:
    """Return id, title, and at the right end the unit and which way is better."""
    unit = f" {m.unit} {_BETTER.get(m.direction, ' ')}".rstrip()
    start = f"  {m.id:<{_IDS}}  {m.title}"
    room = WIDTH - len(unit)
    cut = start if len(start) <= room else start[: room - 1].rstrip() + "…"
    return f"{cut:<{room}}{unit}"


def _readings(m: Metric) -> list[str]:
    others = ", ".join(other.id for other in METRICS.values() if other.variant_of == m.id)
    indent = " " * (_IDS + 4)
    return textwrap.wrap(others, WIDTH, initial_indent=indent, subsequent_indent=indent,
                         break_on_hyphens=False)  # fmt: skip
