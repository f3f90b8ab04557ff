"""The engines on one desk beside the models that one would write in SimPy 4 and Ciw 3.

Three channels, chats at the same time, two tiers, 15 % come back, shifts, a year, 200,000 tickets
(`desk.toml`; the peers stand in `desk_peers.py`). All are run in turn, in one process, by
processor time, draws and tables included, and the medians are compared. The peers make one table
of tickets. So do the ratios: `ratio_vs_simpy` and `ratio_vs_ciw` take the table of tickets,
`ratio_vs_simpy_all_tables` all canonical tables (nine rows for each ticket). Ciw runs a part of
the year, and is compared by ticket. A check holds mean waits and give-ups of the three models
against each other: they simulate the same desk.

`--large` plays 20 million tickets in one run and prints time and peak memory; `--start` times a
warm start of the compiled engine. Run: `make bench`, or `python benchmarks/desk.py --json`.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from desk_peers import ciw_desk, simpy_desk

from cxlab.scenario import Scenario
from cxlab.sim import desk_plan, draw_workload, play
from cxlab.sim.kernel import play as loop
from cxlab.sim.run import Engine
from cxlab.sim.tables import record
from cxlab.sim.tickets import tickets
from cxlab.sim.view import View

DESK = Path(__file__).with_name("desk.toml")
WEEKS = 52
CIW_WEEKS = 6
SMALLEST_FAULT = 4.0
"""Standard errors by which two models may differ: a right pair fails once in 16,000 checks."""


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return processor seconds and the result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def view(scenario: Scenario, engine: Engine, seed: int = 7) -> View:
    """Draw and play one replication."""
    plan, work = desk_plan(scenario, 1, seed=seed), draw_workload(scenario, 1, seed=seed)
    return View(scenario, plan, work, play(work, plan, engine=engine), 1, seed)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return by channel the mean wait and share of give-ups of first contacts, with errors.

    Weeks are the batches: tickets of one week wait in the same queues.
    """
    week = (rows.created // (7 * 86_400)).rename("week")
    gone = rows.assign(gave_up=rows.abandoned.notna() & (rows.first_gave_up))
    by_week = gone.groupby(["channel", week])[["wait", "gave_up"]].mean()
    table: pd.DataFrame = by_week.groupby("channel").agg(["mean", "sem"])
    return table


def own_rows(run: View) -> pd.DataFrame:
    """Return our tickets as the peers' tables have them."""
    t = tickets(run).to_pandas()
    start = t.created_at.dt.tz_localize(None).astype("int64") / 1e6
    left = t.answered_at.fillna(t.abandoned_at)
    wait = (left - t.queued_at).dt.total_seconds()
    rows = pd.DataFrame({
        "channel": t.channel.astype(str), "created": start - start.min(), "wait": wait,
        "abandoned": t.abandoned_at, "first_gave_up": t.abandoned_at.notna(),
    })  # fmt: skip
    known: pd.DataFrame = rows.loc[wait.notna()]
    return known


def peer_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a peer's tickets with what became of the first contact."""
    answered = rows.answered.notna() if "answered" in rows else rows.abandoned.isna()
    rows = rows.assign(first_gave_up=rows.abandoned.notna() & ~answered)
    return rows[rows.wait.notna()]


def same_desk(models: dict[str, pd.DataFrame]) -> list[str]:
    """Return in words where a peer's waits or give-ups differ from ours; none when they agree."""
    found, ours = [], summary(models["cxlab"])
    for name, rows in models.items():
        theirs = summary(rows)
        for figure in ("wait", "gave_up"):
            gap = ours[figure]["mean"] - theirs[figure]["mean"]
            error = np.hypot(ours[figure]["sem"], theirs[figure]["sem"])
            for channel in gap.index[(gap.abs() > SMALLEST_FAULT * error) & (error > 0)]:
                found.append(f"{name}: {figure} of {channel} differs by {gap[channel]:.4g} "
                             f"({error[channel]:.2g} expected)")  # fmt: skip
    return found


def compare(runs: int, weeks: int) -> dict[str, Any]:
    """Run everything in turn and return medians, ratios and the check."""
    scenario = Scenario.load(DESK).but(**{"horizon.weeks": weeks})
    view(scenario.but(**{"horizon.weeks": 1}), "compiled")  # compile, or load what was compiled
    seconds: dict[str, list[float]] = {}

    def note(name: str, work: Callable[[], Any]) -> Any:
        taken, result = timed(work)
        seconds.setdefault(name, []).append(taken)
        return result

    models: dict[str, list[pd.DataFrame]] = {"cxlab": [], "simpy": [], "ciw": []}
    sizes = {"simpy": 0, "ciw": 0, "cxlab": 0}
    for seed in range(1, runs + 1):
        peer = note("simpy", partial(simpy_desk, weeks, seed))
        run = note("compiled", partial(view, scenario, "compiled"))
        note("ticket_table", partial(tickets, run))
        fresh = view(scenario, "compiled", seed)
        note("all_tables", partial(record, fresh))
        third = note("ciw", partial(ciw_desk, min(CIW_WEEKS, weeks), seed))
        note("own_simpy", partial(view, scenario, "simpy"))
        loops: list[float] = []
        _time_loop(loops, scenario)
        seconds.setdefault("loop", []).append(loops[0])
        sizes = {"simpy": len(peer), "ciw": len(third), "cxlab": len(run.created)}
        for name, rows in (("simpy", peer_rows(peer)), ("ciw", peer_rows(third)),
                           ("cxlab", own_rows(fresh))):  # fmt: skip
            shifted = rows.assign(created=rows.created + seed * 1000 * 7 * 86_400)
            models[name].append(shifted)
    median = {name: statistics.median(values) for name, values in seconds.items()}
    ours = (median["compiled"] + median["ticket_table"]) / sizes["cxlab"]
    every = (median["compiled"] + median["all_tables"]) / sizes["cxlab"]
    simpy = median["simpy"] / sizes["simpy"]
    return {
        "tickets": sizes["cxlab"],
        "ratio_vs_simpy": simpy / ours,
        "ratio_vs_simpy_all_tables": simpy / every,
        "ratio_vs_ciw": median["ciw"] / sizes["ciw"] / ours,
        "ratio_vs_ciw_all_tables": median["ciw"] / sizes["ciw"] / every,
        "ratio_own_simpy_vs_simpy": simpy / (
            (median["own_simpy"] + median["ticket_table"]) / sizes["cxlab"]
        ),
        "tickets_per_cpu_second": sizes["cxlab"] / median["loop"],
        "seconds": median,
        "differences": same_desk({name: pd.concat(parts) for name, parts in models.items()}),
    }  # fmt: skip


def _time_loop(loops: list[float], scenario: Scenario) -> None:
    """Time the event loop alone: no draws, no records laid out before or copied after."""
    from cxlab.sim import compiled, kernel

    def timed_loop(*arguments: Any) -> None:
        taken, _ = timed(lambda: loop(*arguments))
        loops.append(taken)

    setattr(kernel, "play", timed_loop)  # noqa: B010 - mypy knows its type
    try:
        compiled.run_compiled(draw_workload(scenario, 1), desk_plan(scenario, 1))
    finally:
        setattr(kernel, "play", loop)  # noqa: B010


def large(millions: float) -> dict[str, Any]:
    """Play so many tickets in one run, in a process of its own."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import desk, json;"
        "print(json.dumps(desk.play_large(float(sys.argv[2]))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(DESK.parent), str(millions)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def play_large(millions: float) -> dict[str, Any]:
    """Draw and play a desk of twenty years whose rates and teams are larger."""
    times = millions * 1e6 / 20 / 199_000
    base = Scenario.load(DESK)
    changes: dict[str, Any] = {"horizon.weeks": 1040}
    for name, channel in base.channels.items():
        rates = channel.arrivals_per_hour
        if isinstance(rates, dict):
            rates = {d: (np.asarray(v) * times).tolist() for d, v in rates.items()}
        else:
            rates = float(np.asarray(rates) * times)
        changes[f"channels.{name}.arrivals_per_hour"] = rates
    for name, team in base.teams.items():
        changes[f"teams.{name}.shifts.0.agents"] = int(np.ceil(team.agents * times * 1.05))
    scenario = base.but(**changes)
    seconds, outcome = timed(
        lambda: play(draw_workload(scenario, 1), desk_plan(scenario, 1), engine="compiled")
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    joined = int(np.isfinite(outcome.joined).sum())
    return {"contacts": joined, "cpu_seconds": seconds, "peak_gib": peak, "millions": millions}


def warm_start() -> float:
    """Return the wall seconds from starting Python to the end of a small compiled run."""
    code = (
        "from cxlab.scenario import Scenario\n"
        "from cxlab.sim import desk_plan, draw_workload, play\n"
        f"s = Scenario.load({str(DESK)!r}).but(**{{'horizon.weeks': 1}})\n"
        "play(draw_workload(s, 1), desk_plan(s, 1), engine='compiled')\n"
    )
    taken = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Compare, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--weeks", type=int, default=WEEKS)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--large", action="store_true", help="2 and 20 million tickets")
    parser.add_argument("--start", action="store_true", help="the warm start alone")
    options = parser.parse_args()
    if options.large:
        result: dict[str, Any] = {f"{m}M": large(m) for m in (2, 20)}
    elif options.start:
        result = {"warm_start_s": warm_start()}
    else:
        result = compare(options.runs, options.weeks) | {"warm_start_s": warm_start()}
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name}: {value:,.4g}" if isinstance(value, float) else f"{name}: {value}")


if __name__ == "__main__":
    main()
