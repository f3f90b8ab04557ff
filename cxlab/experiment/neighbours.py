"""The analytic neighbour: what Erlang's formulas say of the hour that keeps a channel busiest.

A formula knows exponential laws and a rate that never changes. Beside a simulation it tells how
much of the answer is in load and staffing alone; what it leaves out is said in a sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats, theory
from cxlab.scenario import Channel, Scenario, hourly_rates
from cxlab.scenario.spans import week_spans
from cxlab.scenario.staffing import able_teams
from cxlab.sim.load import contacts_with_people, mean_rates, team_capacity
from cxlab.tables import Tables

__all__ = ["analytic_neighbours"]

Floats = npt.NDArray[np.float64]

WITHIN_S = 60.0
"""Service level asked for where a channel names no target, in seconds."""

MOST_SPANS = 3
"""So many spans of hours are named; more would not be read."""


@dataclass(frozen=True)
class _Pool:
    """The queue of a channel at tier 1: who shares it, what comes, who is there, by hour."""

    channels: dict[str, Channel]
    teams: list[int]
    calls: Floats  # per hour, all channels together
    handle_s: float
    hands: Floats  # contacts that can be in hand
    hours: npt.NDArray[np.int64]  # of the week, all alike: the busiest


def analytic_neighbours(scenario: Scenario, tables: Tables) -> pd.DataFrame:
    """Return Erlang C or Erlang A beside the simulated wait and service level, by channel.

    Calls and chats only: channels whose first reply goes out at the start of the handling. Taken
    is the hour of the week with the highest load in which somebody is there, with all hours that
    have the same rates and agents. Columns: channel, formula, hours, calls_per_hour (of all
    channels that share the agents, returns included), handle_s, hands, wait_theory_s, wait_s,
    wait_low_s, wait_high_s, within_s, level_theory, level, level_low, level_high, why (what the
    formula leaves out, in a sentence; 95 % intervals over replications). Where no formula holds,
    `formula` is "none" and the numbers of theory are missing. A scenario without a desk has no
    rows.
    """
    names = [name for name, c in scenario.lines.items() if c.first_reply == "start"]
    if not names:
        return pd.DataFrame()
    capacity = team_capacity(scenario)
    tickets = _tickets(scenario, tables)
    rows = []
    for name in names:
        pool = _pool(scenario, name, capacity)
        if pool is not None:
            rows.append(_row(scenario, name, pool, tickets))
    return pd.DataFrame(rows)


def _pool(scenario: Scenario, name: str, capacity: list[Floats]) -> _Pool | None:
    teams = scenario.all_teams
    own = {team for team, after in able_teams(teams, name, 1) if after == 0}
    sharing = {
        other: c
        for other, c in scenario.lines.items()
        if own & {team for team, after in able_teams(teams, other, 1) if after == 0}
    }
    calls, work = np.zeros(168), np.zeros(168)
    for other, c in sharing.items():
        rate = _rates(scenario, other) * contacts_with_people(c)
        harder = c.bot.residual_handling_factor if c.bot else 1.0
        calls += rate
        work += rate * c.handle_minutes.average * 60 * harder
    mine = scenario.lines[name]
    there = np.sum([capacity[team] for team in own], axis=0)
    full = 1 + mine.slowdown * (mine.concurrency - 1)
    hands = np.rint(there * mine.concurrency)
    load = np.where(
        (hands >= 1) & (hourly_rates(mine.arrivals_per_hour) > 0),
        work / 3600 * full / np.maximum(hands, 1), -1.0,
    )  # fmt: skip
    worst = int(load.argmax())
    if load[worst] <= 0:
        return None
    alike = np.flatnonzero(
        np.isclose(calls, calls[worst]) & (hands == hands[worst]) & np.isclose(work, work[worst])
    )
    handle = float(work[worst] / calls[worst]) * full
    return _Pool(sharing, sorted(own), calls, handle, hands, alike)


def _rates(scenario: Scenario, name: str) -> Floats:
    """Return the requests in each hour of an ordinary week."""
    if scenario.lifecycle is not None:
        return mean_rates(scenario, name)
    return hourly_rates(scenario.lines[name].arrivals_per_hour)


def _row(scenario: Scenario, name: str, pool: _Pool, tickets: pd.DataFrame) -> dict[str, Any]:
    channel, worst = scenario.lines[name], int(pool.hours[0])
    calls, hands = float(pool.calls[worst]), int(pool.hands[worst])
    within = channel.service_level_seconds or WITHIN_S
    formula, wait, level = _formula(channel, calls, pool.handle_s, hands, within)
    mine = tickets[(tickets["line"] == name) & tickets["hour"].isin(pool.hours)]
    reasons = list(_reasons(scenario, name, pool))
    why = (
        "All assumptions of the formula hold: what differs is chance."
        if not reasons
        else "The formula leaves out: " + "; ".join(reasons) + "."
    )
    if formula == "none":
        why = "Erlang C has no steady state at a load of 1 or more. " + why
    return {
        "channel": name,
        "formula": formula,
        "hours": _told(pool.hours),
        "calls_per_hour": calls,
        "handle_s": pool.handle_s,
        "hands": hands,
        "wait_theory_s": wait,
        **_over_runs(mine, "wait", mine["answered"], "s"),
        "within_s": within,
        "level_theory": level,
        **_over_runs(mine.assign(in_time=mine["answered"] & (mine["wait"] <= within)), "in_time",
                     mine["gone"], ""),
        "why": why,
    }  # fmt: skip


def _formula(
    c: Channel, calls: float, handle_s: float, hands: int, within_s: float
) -> tuple[str, float, float]:
    patience = c.patience_minutes.average * 60 if c.patience_minutes else np.inf
    if np.isfinite(patience):
        a = theory.erlang_a(calls, handle_s, hands, patience)
        return "Erlang A", a.mean_wait_served_s, a.service_level(within_s)
    if calls / 3600 * handle_s >= hands:
        return "none", np.nan, np.nan
    e = theory.erlang_c(calls, handle_s, hands)
    return "Erlang C", e.mean_wait_s, e.service_level(within_s)


def _reasons(scenario: Scenario, name: str, pool: _Pool) -> Iterator[str]:
    c = scenario.lines[name]
    if len(pool.hours) < 168:
        yield "queues from the hours before"
    if len(pool.channels) > 1:
        yield f"other work of these agents ({', '.join(n for n in pool.channels if n != name)})"
    laws = {x.handle_minutes.law for x in pool.channels.values()} - {"exponential"}
    if laws:
        yield f"{' and '.join(sorted(laws))} handling"
    if c.patience_minutes is not None and c.patience_minutes.law != "exponential":
        yield f"{c.patience_minutes.law} patience"
    for holds, words in (
        (c.concurrency > 1 and c.slowdown > 0, "contacts in hand that slow each other down"),
        (any(x.returns for x in pool.channels.values()), "returns at other hours"),
        (c.bot is not None, "the bot's delay"),
        (len(c.tiers) > 1 and any(scenario.all_teams[t].tier > 1 for t in scenario.all_teams),
         "the tiers above"),
        (c.room is not None, "the end of the waiting room"),
        (c.balk_probability > 0, "customers who balk"),
        (c.redial_probability > 0, "customers who try again"),
        (c.callback_probability > 0, "customers who leave a number"),
        (len([p for p in c.priority_shares.values() if p]) > 1, "priorities"),
        (any(after > 0 for _, after in able_teams(scenario.all_teams, name, 1)),
         "teams that help after a wait"),
        (scenario.busyness_cv > 0 or bool(scenario.special_days), "days busier than others"),
        (scenario.lifecycle is not None, "growth and loss of customers"),
        (any(_not_plain(scenario, team) for team in pool.teams),
         "agents who are away, on a break, or new"),
    ):  # fmt: skip
        if holds:
            yield words


def _not_plain(scenario: Scenario, place: int) -> bool:
    team = list(scenario.all_teams.values())[place]
    return bool(
        team.absence_probability or team.shrinkage
        or any(line.breaks or line.ramp_up_weeks or line.hired for line in team.shifts)
    )  # fmt: skip


def _told(hours: npt.NDArray[np.int64]) -> str:
    if len(hours) == 168:
        return "all hours"
    spans = week_spans(hours.tolist(), minutes=60)
    more = f" and {len(spans) - MOST_SPANS} more" if len(spans) > MOST_SPANS else ""
    return "; ".join(spans[:MOST_SPANS]) + more


def _tickets(scenario: Scenario, tables: Tables) -> pd.DataFrame:
    """Return the tickets that count, with channel, hour of the week, wait in seconds, outcome."""
    rows = tables["tickets"]
    line = rows["line"] if tables.has("tickets", "line") else rows.channel
    kept = rows.filter(rows.excluded_reason.isnull() & rows.queued_at.notnull())
    frame: pd.DataFrame = (
        kept.select("replication", "created_at", "queued_at", "answered_at", "abandoned_at",
                    line=line.cast("string"))
        .to_pyarrow()
        .to_pandas()
    )  # fmt: skip
    for column in ("created_at", "queued_at", "answered_at", "abandoned_at"):
        frame[column] = pd.to_datetime(frame[column], utc=True)
    local = frame["created_at"].dt.tz_convert(scenario.time_zone)
    return frame.assign(
        hour=local.dt.day_of_week * 24 + local.dt.hour,
        wait=(frame["answered_at"] - frame["queued_at"]).dt.total_seconds(),
        answered=frame["answered_at"].notna(),
        gone=frame["answered_at"].notna() | frame["abandoned_at"].notna(),
    )


def _over_runs(
    mine: pd.DataFrame, column: str, among: pd.Series[bool], unit: str
) -> dict[str, float]:
    chosen = mine[among].groupby("replication")[column]
    value, low, high = stats.jackknife_ratio(
        chosen.sum().to_numpy(float), chosen.count().to_numpy(float)
    )
    name = f"wait{{}}_{unit}" if unit else "level{}"
    least, most = (0.0, np.inf) if unit else (0.0, 1.0)
    return {
        name.format(""): value,
        name.format("_low"): max(low, least),
        name.format("_high"): min(high, most),
    }
