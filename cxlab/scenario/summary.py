"""A scenario at a glance: what comes in, who works when, and what was changed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sized
from typing import TYPE_CHECKING, Any

from cxlab import display
from cxlab.scenario.source import look_up
from cxlab.scenario.week import hourly_rates, parse_days

if TYPE_CHECKING:
    from cxlab.scenario.model import Scenario
    from cxlab.scenario.teams import Team

__all__ = ["before_and_after", "summary_html", "summary_line", "summary_text"]

Grid = tuple[str, tuple[str, ...], list[tuple[str, ...]]]
"""A table: caption, columns, rows."""

_NUMBERS = (
    "per week", "handling (min)", "work (h a week)", "patience (min)", "paid hours a week",
)  # fmt: skip


def summary_line(s: Scenario) -> str:
    """Return a scenario in one line."""
    parts = [_count(items, word) for items, word in (
        (s.channels, "channel"), (s.all_teams, "team"),
    ) if items]  # fmt: skip
    if s.lifecycle is not None:
        parts.append("a customer base")
    parts += [f"{s.horizon.total_days} days from {s.start}", f"{s.replications} replications",
              f"seed {s.seed}"]  # fmt: skip
    return f"<Scenario {s.name}: {', '.join(parts)}>"


def _count(items: Sized, word: str) -> str:
    return f"{len(items)} {word}{'' if len(items) == 1 else 's'}"


def summary_text(s: Scenario) -> str:
    """Return a scenario as plain text, for terminals."""
    parts = [summary_line(s), *([s.title] if s.title else [])]
    parts += [f"  {name}: {text}" for name, text in _facts(s)]
    for caption, columns, rows in _grids(s):
        widths = [max(len(r[i]) for r in (columns, *rows)) for i in range(len(columns))]
        parts += ["", caption]
        parts += [
            "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
            for row in (columns, *rows)
        ]
    return "\n".join(parts)


def summary_html(s: Scenario) -> str:
    """Return a scenario as HTML, for notebooks."""
    return display.shown(
        display.heading(s.title or s.name, s.name),
        display.lines([s.description] if s.description else []),
        display.facts(_facts(s)),
        *(display.table(columns, rows, numeric=_NUMBERS, caption=caption)
          for caption, columns, rows in _grids(s)),
    )  # fmt: skip


def _facts(s: Scenario) -> list[tuple[str, str]]:
    horizon, life = s.horizon, s.lifecycle
    warm = f", of which {horizon.dropped_days} are not counted" if horizon.dropped_days else ""
    found = [
        ("observed", f"{horizon.total_days} days from {s.start}{warm} ({s.time_zone})"),
        ("played", f"{s.replications} replications, seed {s.seed}"),
    ]
    if s.surveys:
        found.append(("surveys", ", ".join(name.upper() for name in s.surveys)))
    if life is not None:
        loop = "closed: service changes what they do" if life.closed_loop else "open"
        found += [
            ("customers", f"{life.initial_customers:,} at the start; segments "
             f"{', '.join(life.segments)}; plans {', '.join(life.plans)}"),
            ("won by", ", ".join(life.acquisition) or "nothing"),
            ("loop", f"{loop}; {len(life.links)} links"),
        ]  # fmt: skip
    return found


def _grids(s: Scenario) -> list[Grid]:
    grids = [_channels(s), _teams(s), _made(s)]
    return [grid for grid in grids if grid[2]]


def _channels(s: Scenario) -> Grid:
    """Return what comes in; where customers bring the work, how much is not known beforehand."""
    rows: list[tuple[str, ...]] = []
    for name, c in s.lines.items():
        week = float(hourly_rates(c.arrivals_per_hour).sum())
        mean = c.handle_minutes.average
        patience = c.patience_minutes.average if c.patience_minutes else math.inf
        known = s.lifecycle is None
        rows.append((
            name, s.kind(name),
            f"{week:,.0f}" if known else "by customers", f"{mean:,.3g}",
            f"{week * mean / 60:,.0f}" if known else "–",
            "no end" if math.isinf(patience) else f"{patience:,.3g}",
            f"at the {c.first_reply}",
        ))  # fmt: skip
    columns = ("channel", "kind", "per week", "handling (min)", "work (h a week)",
               "patience (min)", "first reply")  # fmt: skip
    return "What comes in", columns, rows


def _teams(s: Scenario) -> Grid:
    rows: list[tuple[str, ...]] = [
        (
            name, f"tier\N{NO-BREAK SPACE}{team.tier}",
            "all channels" if team.skills is None else ", ".join(team.skills),
            f"{_paid_hours(team):,.0f}",
            "; ".join(f"{x.agents} × {x.days} {x.from_}–{x.to}" for x in team.shifts),
        )
        for name, team in s.all_teams.items()
    ]  # fmt: skip
    return "Who works", ("team", "tier", "answers", "paid hours a week", "shifts"), rows


def _paid_hours(team: Team) -> float:
    """Return the hours of the shift plan in a week, unpaid breaks taken off."""
    hours = 0.0
    for line in team.shifts:
        off = sum(pause.length_s for pause in line.breaks if not pause.paid)
        hours += line.agents * len(parse_days(line.days)) * (line.length_s - off) / 3600
    return hours


def _made(s: Scenario) -> Grid:
    origin, changes = s.made_from
    return f"Changed from {origin}", ("key", "before", "now"), list(changes)


def before_and_after(
    data: Mapping[str, Any], changes: Mapping[str, Any]
) -> tuple[tuple[str, str, str], ...]:
    """Return each changed key with its values before and after, as short text.

    >>> before_and_after({"team": {"shifts": [{"agents": 4}]}}, {"team__shifts__0__agents": 5})
    (('team.shifts.0.agents', '4', '5'),)
    """
    return tuple(
        (way, _short(look_up(data, way)[1]), _short(value))
        for way, value in ((name.replace("__", "."), v) for name, v in changes.items())
    )


_LONGEST = 60


def _short(value: Any) -> str:
    text = "–" if value is None else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
