"""Make scenarios/bank_call_centre.toml from the “Anonymous Bank” log of February 1999.

Needs the real logs: CXLAB_DATA=… python docs/make_bank_scenario.py

What the log says: arrivals by hour of the week of those who sought an agent (28 days: four of
each), handling times by quantiles, patience by Kaplan and Meier (who was served is censored),
agents at work by hour. What it does not say: who was on duty without a call. The plan takes a
share of the agents who took calls in an hour, chosen so that the simulated share of abandoned
calls comes near the log's 12.6 %.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
PRESENT = 0.68
"""Agents present at a time, as a share of those who took a call in the hour."""
SHARES = [0, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]


def calls() -> pd.DataFrame:
    """Return the calls that sought an agent, with weekday and hour of arrival."""
    folder = Path(os.environ["CXLAB_DATA"]) / "anonymous_bank_1999_02"
    log = pd.read_parquet(folder / "calls.parquet")
    served = log.outcome == "AGENT"
    log = log[served | ((log.outcome == "HANG") & (log.q_time > 0))].copy()
    log["day"] = pd.to_datetime(log.date).dt.day_of_week
    log["hour"] = pd.to_timedelta(log.vru_entry).dt.components.hours
    return log


def by_day(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return (7, 24) from a series by (day, hour)."""
    table = np.zeros((7, 24))
    for (day, hour), value in values.items():
        table[day, hour] = value
    return table


def quantiles(values: npt.NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """Return shares and quantiles in minutes."""
    found = np.quantile(values, SHARES)
    return [float(s) for s in SHARES], [round(float(q) / 60, 3) for q in found]


def patience(log: pd.DataFrame) -> tuple[list[float], list[float]]:
    """Return shares and times in minutes of a Kaplan–Meier curve of those who queued."""
    queued = log[log.q_time > 0]
    curve = SurvfuncRight(queued.q_time.to_numpy(), (queued.outcome == "HANG").to_numpy())
    gone = 1 - np.asarray(curve.surv_prob)
    wanted = [s for s in [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] if s <= gone[-1]]
    times = [curve.surv_times[np.searchsorted(gone, share)] for share in wanted]
    return [0.0, *wanted], [0.0, *(round(float(t) / 60, 3) for t in times)]


def agents_at_work(log: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Return the agents present by day and hour, at least one where calls come."""
    served = log[(log.outcome == "AGENT") & (log.server != "NO_SERVER") & (log.ser_time > 0)]
    hour = pd.to_timedelta(served.ser_start).dt.components.hours
    seen = served.groupby(["day", "date", hour], observed=True).server.nunique()
    mean = by_day(seen.groupby(level=[0, 2]).mean())
    busy = by_day(log.groupby(["day", "hour"]).size() / 4) > 4
    return np.where(busy, np.maximum(np.rint(mean * PRESENT), 1), 0).astype(np.int64)


def shift_lines(counts: npt.NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return (agents, from, to) lines that add up to the hourly counts of a day, longest below."""
    lines: list[tuple[int, int, int]] = []
    left = counts.copy()
    while left.any():
        start = int(np.flatnonzero(left)[0])
        end = start
        while end < 24 and left[end] > 0:
            end += 1
        agents = int(left[start:end].min())
        lines.append((agents, start, end))
        left[start:end] -= agents
    return lines


def numbers(values: list[float]) -> str:
    """Return numbers as TOML writes them."""
    return "[" + ", ".join(f"{v:g}" for v in values) + "]"


def main() -> None:
    """Write the scenario."""
    log = calls()
    rates = by_day(log.groupby(["day", "hour"]).size() / 4)
    served = log[(log.outcome == "AGENT") & (log.ser_time > 0)].ser_time.to_numpy(dtype=float)
    handled, gives_up = quantiles(served), patience(log)
    profile = ",\n  ".join(
        f"{day} = {numbers([round(v, 2) for v in rates[i]])}" for i, day in enumerate(DAYS)
    )
    plan = agents_at_work(log)
    groups = {"Sun-Thu": np.rint(plan[[6, 0, 1, 2, 3]].mean(axis=0)).astype(int), "Fri": plan[4],
              "Sat": plan[5]}  # fmt: skip
    shifts = "\n\n".join(
        f'[[team.shifts]]\nagents = {n}\ndays = "{days}"\nfrom = "{a:02}:00"\nto = "{b:02}:00"'
        for days, counts in groups.items()
        for n, a, b in shift_lines(counts)
    )
    text = f'''# A bank's call centre, made from its log by docs/make_bank_scenario.py.
name = "bank_call_centre"
title = "A bank's call centre, February 1999"
description = """
Arrivals by hour of the week, handling times and patience come from 31,094 calls of the “Anonymous
Bank” (Mandelbaum, Sakov and Zeltyn, Technion) that sought an agent. Who was on duty is not
recorded: the plan takes {PRESENT:.0%} of the agents who took calls in an hour. Simulated, 13.6 % of
the callers give up (the log: 12.6 %); those served wait 52 s (41 s).
"""
time_zone = "Asia/Jerusalem"
start = 1999-02-07 # a Sunday
seed = 19990201
replications = 10
customers = 12000
busyness_cv = 0.12

[horizon]
type = "terminating"
weeks = 1

[channels.phone]
arrivals_per_hour = {{
  {profile},
}}
first_reply = "start"
service_level_seconds = 60
first_reply_target_minutes = 1

# quantiles of the handling times, in minutes
[channels.phone.handle_minutes]
law = "empirical"
shares = {numbers(handled[0])}
values = {numbers(handled[1])}

# Kaplan–Meier: when what share has given up; the rest outlasts every wait that was seen
[channels.phone.patience_minutes]
law = "empirical"
shares = {numbers(gives_up[0])}
values = {numbers(gives_up[1])}

[team]
name = "agents"

{shifts}
'''
    # An inline table must not span lines in TOML 1.0.
    head, rest = text.split("arrivals_per_hour = {\n  ", 1)
    table, tail = rest.split(",\n}\n", 1)
    tail_first, tail_rest = tail.split("\n# quantiles", 1)
    text = (head + tail_first.strip() + "\n\n[channels.phone.arrivals_per_hour]\n"
            + table.replace(",\n  ", "\n") + "\n\n# quantiles" + tail_rest)  # fmt: skip
    (Path(__file__).parents[1] / "scenarios" / "bank_call_centre.toml").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
