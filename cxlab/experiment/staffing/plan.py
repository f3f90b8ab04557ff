"""The answer: a week's shifts, whether they meet the targets, where they bind, what more costs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cxlab import display
from cxlab.experiment.staffing.shifts import Agents, Pattern, shift_changes, with_agents
from cxlab.experiment.staffing.targets import Target
from cxlab.files import write_whole
from cxlab.scenario import Scenario
from cxlab.scenario.spans import week_spans
from cxlab.units import format_interval, format_value

__all__ = ["Plan", "plan_name", "plan_title"]

_MOST_SPANS = 8


@dataclass(frozen=True)
class Plan:
    """A weekly shift plan for a scenario, and what is known of it.

    `scenario` is the scenario with the plan. Tables: `lines` (one row per line of the plan, with
    agents, paid hours and cost a week), `targets` (value, 95 % interval, one-sided bound and
    `met`, from runs on fresh seeds), `half_hours` (per team and half-hour of the week: hands
    required and planned, `binding`, and how many tickets a week more would miss a target with one
    agent fewer), `prices` (what the next point of each target costs a week), `worth` (of a plan
    for value: what one agent more or fewer in each line changes). `cost` and `hours` are a week's,
    `cost_before` and `hours_before` those of the scenario's own plan. Without wages a cost is in
    paid hours (`currency` None).
    """

    base: Scenario
    scenario: Scenario
    aims: tuple[Target, ...]
    confidence: float
    confirmed: bool
    lines: pd.DataFrame
    targets: pd.DataFrame
    half_hours: pd.DataFrame
    prices: pd.DataFrame
    worth: pd.DataFrame
    cost: float
    hours: float
    cost_before: float
    hours_before: float
    currency: str | None
    replications: int
    seed: int
    plans: int
    patterns: tuple[Pattern, ...]
    agents: Agents

    @property
    def binding(self) -> list[str]:
        """The half-hours that bind, joined to spans: "Mon–Fri 10:00–12:00 support"."""
        rows = self.half_hours[self.half_hours["binding"]]
        return [
            f"{span} {team}"
            for team, mine in rows.groupby("team", sort=False)
            for span in week_spans(mine["half_hour"].tolist(), minutes=30)
        ]

    def fewer(self) -> list[Scenario]:
        """Return the plans with one agent fewer in a line that covers a binding half-hour."""
        bound = self.half_hours[self.half_hours["binding"]]
        found = []
        for place in np.flatnonzero(self.agents).tolist():
            pattern = self.patterns[place]
            halves = bound.loc[bound["team"] == pattern.team, "half_hour"].to_numpy(dtype=int)
            if (pattern.there[halves] > 0).any():
                less = self.agents.copy()
                less[place] -= 1
                found.append(with_agents(self.base, self.patterns, less))
        return found

    def money(self, amount: float) -> str:
        """Return a weekly cost in words."""
        return f"{amount:,.0f} {self.currency or 'paid hours'}"

    def summary(self) -> list[str]:
        """Return the answer in a few sentences."""
        said = [
            f"{self.money(self.cost)} and {self.hours:,.0f} paid hours a week "
            f"(so far {self.money(self.cost_before)}, {self.hours_before:,.0f} hours)"
        ]
        if len(self.targets):
            how = "with" if self.confirmed else "NOT confirmed with"
            said.append(
                f"targets met {how} {self.confidence * 100:g} % confidence, on "
                f"{self.replications} fresh replications"
            )
        if self.binding:
            more = len(self.binding) - _MOST_SPANS
            rest = f"; and {more} more" if more > 0 else ""
            said.append("binding: " + "; ".join(self.binding[:_MOST_SPANS]) + rest)
        said += [self._price_words(row) for row in self.prices.to_dict("records")]
        return said

    def _price_words(self, row: dict[Any, Any]) -> str:
        if pd.isna(row["cost"]):
            return f"{row['next']} cannot be reached"
        if row["cost"] <= 0:
            return f"{row['next']} costs nothing more: the plan has it"
        return f"{row['next']} costs {self.money(row['cost'])} a week more"

    def toml(self, extends: str | None = None) -> str:
        """Return the plan as a scenario file; with `extends`, one that extends another.

        Without, it is the `[[team.shifts]]` or `[[teams.NAME.shifts]]` of the plan alone.
        """
        head = [f"# Shift plan for {self.base.name}: " + ", ".join(t.text for t in self.aims)]
        head += [f"# {line}" for line in self.summary()]
        if extends is not None:
            head += [f"extends = {_text(extends)}", f"name = {_text(plan_name(self.base))}",
                     f"title = {_text(plan_title(self.base))}"]  # fmt: skip
        parts = ["\n".join(head)]
        for key, lines in shift_changes(self.base, self.patterns, self.agents).items():
            owner = key.removesuffix(".shifts")
            if not lines:
                parts.append(f"[{owner}]\nshifts = []")
            parts += [f"[[{key}]]\n" + "\n".join(_pairs(line)) for line in lines]
        return "\n\n".join(parts) + "\n"

    def write(self, path: str | Path, base: str | Path) -> Path:
        """Write the plan as a scenario file that extends the file `base`; return its path.

        It appears whole or not at all.
        """
        target = Path(path)
        here, there = target.resolve().parent, Path(base).resolve()
        try:
            extends = Path(os.path.relpath(there, here)).as_posix()
        except ValueError:  # another drive
            extends = there.as_posix()
        write_whole({target: self.toml(extends)})
        return target

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        tables = ("lines", "targets", "half_hours", "prices", "worth")
        return {
            "scenario": self.base.name, "asked": [t.text for t in self.aims],
            "confidence": self.confidence, "confirmed": self.confirmed,
            "replications": self.replications, "seed": self.seed, "plans_simulated": self.plans,
            "cost_per_week": self.cost, "hours_per_week": self.hours,
            "cost_per_week_before": self.cost_before, "hours_per_week_before": self.hours_before,
            "currency": self.currency, "binding": self.binding,
            **{name: getattr(self, name).to_dict("records") for name in tables},
        }  # fmt: skip

    def line_words(self) -> pd.DataFrame:
        """Return the lines as people read them."""
        shown = self.lines[["team", "days", "from", "to", "agents"]].copy()
        shown["paid hours a week"] = [f"{h:,.1f}" for h in self.lines["hours"]]
        shown["a week"] = [self.money(c) for c in self.lines["cost"]]
        return shown

    def target_words(self) -> pd.DataFrame:
        """Return the targets with what fresh runs came to, as people read them."""
        return pd.DataFrame(
            [
                {
                    "target": row["target"],
                    "value": format_value(row["value"], row["unit"]),
                    "95 % interval": format_interval(row["low"], row["high"], row["unit"]),
                    "surely": ("at least " if row["bound"] <= row["value"] else "at most ")
                    + format_value(row["bound"], row["unit"]),
                    "met": "yes" if row["met"] else "not sure",
                }
                for row in self.targets.to_dict("records")
            ]
        )

    def price_words(self) -> pd.DataFrame:
        """Return what the next points cost, as people read it."""
        return pd.DataFrame(
            [
                {"target": row["target"], "next": row["next"],
                 "more a week": "out of reach" if pd.isna(row["cost"]) else self.money(row["cost"]),
                 "by": row["by"]}
                for row in self.prices.to_dict("records")
            ]
        )  # fmt: skip

    def worth_words(self) -> pd.DataFrame:
        """Return what one agent more or fewer is worth, as people read it."""
        return pd.DataFrame(
            [
                {
                    "team": row["team"], "line": row["line"],
                    "agents": f"{row['change']:+d}".replace("-", "−"),
                    "wages a week": format_value(row["cost"], "money", signed=True),
                    "value": format_value(row["difference"], "money", signed=True),
                    "95 % interval": format_interval(row["low"], row["high"], "money"),
                }
                for row in self.worth.to_dict("records")
            ]
        )  # fmt: skip

    def __repr__(self) -> str:
        """Return the plan as people read it."""
        tables = self._tables()
        shown = [table.to_string(index=False) for table in tables if len(table)]
        return "\n\n".join(["\n".join(self.summary()), *shown])

    def _tables(self) -> list[pd.DataFrame]:
        return [self.line_words(), self.target_words(), self.price_words(), self.worth_words()]

    def _repr_html_(self) -> str:
        tables = [display.frame(t, numeric=_NUMBERS) for t in self._tables() if len(t)]
        return display.shown(display.lines(self.summary(), quiet=False), *tables)


_NUMBERS = (
    "agents", "paid hours a week", "a week", "value", "95 % interval", "more a week",
    "wages a week",
)  # fmt: skip


def plan_name(base: Scenario) -> str:
    """Return the name of a scenario with its plan."""
    return f"{base.name[:75]}_plan"


def plan_title(base: Scenario) -> str:
    """Return the title of a scenario with its plan."""
    return f"{base.title or base.name}, staffed for its targets"[:200]


def _pairs(line: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in line.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, dict):
        return "{ " + ", ".join(_pairs(value)) + " }"
    return _text(value) if isinstance(value, str) else repr(value)


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'
