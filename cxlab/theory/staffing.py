"""How many agents a target needs, by Erlang C or, with a patience, by Erlang A."""

from __future__ import annotations

import math
from collections.abc import Callable

from cxlab.theory.abandonment import erlang_a
from cxlab.theory.checks import at_least, load_of, positive
from cxlab.theory.erlang import erlang_c, tail_share

__all__ = ["agents_for_service_level"]


def agents_for_service_level(
    calls_per_hour: float,
    handle_s: float,
    service_level: float,
    within_s: float,
    mean_patience_s: float = math.inf,
) -> int:
    """Return the fewest agents with which that share of callers is served within so many seconds.

    By Erlang C; with a mean patience in seconds by Erlang A, served within the time ÷ all
    callers. Raises InputError for a target outside 0 … 1 (1 itself no team reaches), and
    numbers that are not positive.

    >>> agents_for_service_level(200, handle_s=180, service_level=0.8, within_s=20)
    14
    >>> agents_for_service_level(200, 180, 0.8, 20, mean_patience_s=120)
    12
    """
    tail_share(service_level)
    at_least(0, within_s=within_s)
    load = load_of(calls_per_hour, handle_s)
    if math.isinf(mean_patience_s):
        return _fewest(
            lambda n: (
                erlang_c(calls_per_hour, handle_s, n).service_level(within_s) >= service_level
            ),
            math.floor(load) + 1,
        )
    positive(mean_patience_s=mean_patience_s)
    return _fewest(
        lambda n: (
            erlang_a(calls_per_hour, handle_s, n, mean_patience_s).service_level(within_s)
            >= service_level
        ),
        1,
    )


def _fewest(enough: Callable[[int], bool], low: int) -> int:
    """Return the smallest n ≥ low that is enough, given that more is enough as well."""
    step = 1
    while not enough(low + step - 1):
        step *= 2
    few, many = low + step // 2, low + step - 1
    while few < many:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle + 1, many)
    return many
