"""What agents more or fewer are worth, with the links as assumed, at their range, and without."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from cxlab.errors import InputError, nearest
from cxlab.experiment.ahead import later, value_ahead
from cxlab.experiment.companies import Progress, all_company_runs, with_customers
from cxlab.experiment.executors import Executor
from cxlab.experiment.worth import paired, without_links
from cxlab.scenario import Scenario
from cxlab.sim import Engine

__all__ = [
    "READINGS",
    "Option",
    "as_read",
    "counted",
    "looped",
    "options_of",
    "worth_of_options",
]

READINGS: dict[str, str] = {
    "curve": "links as assumed", "low": "low curves",
    "high": "high curves", "control": "no link (control)",
}  # fmt: skip
"""How the links are read, in words."""

COUNTED = ("terms_ended", "probabilities_above_1")
QUANTITIES = ("margin", "support", "acquisition", "rewards", "value", "later", "with_later",
              "customers", "lost", "csat", "first_reply_hours", "tickets", *COUNTED)  # fmt: skip


@dataclass(frozen=True)
class Option:
    """So many agents more (or fewer, where negative) in a shift of a team; shifts count from 1.

    `name` says it in words: "1 more agent in front, Mon–Fri 09:00–17:00", with no more of team and
    shift than it takes to know them.
    """

    team: str
    shift: int
    agents: int
    name: str = field(default="", compare=False)

    def changes(self, scenario: Scenario) -> dict[str, Any]:
        """Return what `Scenario.but` must change."""
        team = "team" if scenario.team is not None else f"teams.{self.team}"
        shifts = scenario.all_teams[self.team].shifts
        now = shifts[self.shift - 1].agents
        return {f"{team}.shifts.{self.shift - 1}.agents": now + self.agents}


def options_of(scenario: Scenario, asked: Sequence[str] | None = None) -> list[Option]:
    """Return staffing options, written "TEAM.SHIFT+AGENTS" such as "front.1+1" or "front.2-1".

    Without `asked`: one agent more and one fewer in the first shift of the first team that has
    agents, one fewer only where somebody is left on duty. Raises InputError for an option that
    is none, a team or shift that is not there, and fewer agents than there are.
    """
    teams = scenario.all_teams
    if not teams:
        raise InputError(
            "the company has no desk, so there is nobody to add", given=scenario.name,
            expected="a scenario with teams",
        )  # fmt: skip
    if asked is not None:
        found = [_option(scenario, text) for text in asked]
        for text, option in zip(asked, found, strict=True):
            if found.count(option) > 1:
                raise InputError("a staffing option stands there twice", given=text)
        return found
    for name, team in teams.items():
        for number, shift in enumerate(team.shifts, start=1):
            if shift.agents:
                more, fewer = (_named(scenario, name, number, by) for by in (1, -1))
                return [more, fewer] if shift.agents > 1 else [more]
    raise InputError("no shift of any team has an agent", given=scenario.name)


def _option(scenario: Scenario, text: str) -> Option:
    found = re.fullmatch(r"\s*(.+?)\.(\d+)\s*([+-]\d+)\s*", text)
    expected = "TEAM.SHIFT+AGENTS such as front.1+1 or front.1-1, shifts counted from 1"
    if found is None or not int(found[3]):
        raise InputError("not a staffing option", given=text, expected=expected)
    team, shift, agents = found[1], int(found[2]), int(found[3])
    teams = scenario.all_teams
    if team not in teams:
        guess = nearest(team, teams)
        raise InputError("unknown team in a staffing option", given=team, known=teams,
                         hint=f"did you mean {guess!r}?" if guess else None)  # fmt: skip
    shifts = teams[team].shifts
    if not 1 <= shift <= len(shifts):
        raise InputError("no such shift in a staffing option", given=text,
                         expected=f"a shift from 1 to {len(shifts)}")  # fmt: skip
    if shifts[shift - 1].agents + agents < 0:
        raise InputError("fewer agents than there are", given=text,
                         expected=f"at most {shifts[shift - 1].agents} fewer")  # fmt: skip
    return _named(scenario, team, shift, agents)


def _named(scenario: Scenario, team: str, shift: int, agents: int) -> Option:
    teams = scenario.all_teams
    times = [f"{line.days.replace('-', '–')} {line.from_}–{line.to}" for line in teams[team].shifts]
    own = times[shift - 1]
    words = f"{abs(agents)} {'more' if agents > 0 else 'fewer'} agent{'s' * (abs(agents) > 1)}"
    words += f" in {team.replace('_', ' ')}" if len(teams) > 1 else ""
    words += f", {own}" if len(times) > 1 else ""
    words += f" (shift {shift})" if times.count(own) > 1 else ""
    return Option(team, shift, agents, words)


def looped(scenario: Scenario, *, seed: int | None = None) -> Scenario:
    """Return a company with its links in force, and with another seed where one is given.

    Without links the loop stays open: there is nothing that service could change.
    """
    life = with_customers(scenario).lifecycle
    assert life is not None
    changes: dict[str, Any] = {"lifecycle.closed_loop": bool(life.links)}
    changes |= {} if seed is None else {"seed": seed}
    return scenario.but(**changes)


def as_read(scenario: Scenario, reading: Literal["curve", "low", "high"]) -> Scenario:
    """Return the closed loop with every link at its own, its low or its high curve."""
    life = with_customers(scenario).lifecycle
    assert life is not None
    links = [
        link.drawn_as(reading).model_dump(mode="json", by_alias=True, exclude_none=True)
        for link in life.links
    ]
    return scenario.but(**{"lifecycle.links": links, "lifecycle.closed_loop": True})


def worth_of_options(
    scenario: Scenario,
    options: Sequence[Option],
    *,
    replications: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return what staffing options come to, under every reading of the links and without them.

    One row per option, reading (see `READINGS`; "low" and "high" where a link states a range,
    none but "control" where there is no link) and quantity of `company_runs`, with base, changed,
    difference, low, high (95 %, paired: all meet the same draws), correlation and replications.
    Besides, `later` is what the customers there at the end will still bring (see
    `cxlab.experiment.ahead`; with the churn of the company as it is), and `with_later` is `value` +
    `later`.
    """
    worlds = _worlds(with_customers(scenario))
    if not options:
        raise InputError("no staffing option", expected="one or more, such as front.1+1")
    played = iter(all_company_runs(
        [side for world in worlds.values()
         for side in (world, *(world.but(**option.changes(world)) for option in options))],
        replications=replications, engine=engine, executor=executor, progress=progress,
    ))  # fmt: skip
    parts = []
    for reading, world in worlds.items():
        base = next(played)
        ahead = value_ahead(base, world)
        base = _with_later(base, ahead)
        for option in options:
            rows = paired(base, _with_later(next(played), ahead), QUANTITIES)
            parts.append(rows.assign(option=option.name, reading=reading))
    columns = ["option", "reading"]
    table = pd.concat(parts, ignore_index=True)
    return table[[*columns, *(c for c in table.columns if c not in columns)]]


def counted(worth: pd.DataFrame) -> dict[str, int]:
    """Return what all runs of the company as it is counted beside its rows, as `cxlab.simulate`.

    `worth`: from `worth_of_options`. With the links as assumed; without links, where there is none.
    """
    company = worth[worth["reading"] == worth["reading"].iloc[0]].drop_duplicates("quantity")
    means = company.set_index("quantity")
    return {name: round(means.at[name, "base"] * means.at[name, "replications"])
            for name in COUNTED}  # fmt: skip


def _with_later(runs: pd.DataFrame, ahead: dict[str, float]) -> pd.DataFrame:
    rest = later(runs, ahead)
    return runs.assign(later=rest, with_later=runs["value"] + rest)


def _worlds(scenario: Scenario) -> dict[str, Scenario]:
    life = scenario.lifecycle
    assert life is not None
    worlds: dict[str, Scenario] = {}
    if life.links:
        worlds["curve"] = as_read(scenario, "curve")
    if any(link.low is not None for link in life.links):
        worlds["low"] = as_read(scenario, "low")
    if any(link.high is not None for link in life.links):
        worlds["high"] = as_read(scenario, "high")
    worlds["control"] = without_links(scenario)
    return worlds
