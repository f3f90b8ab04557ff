"""Simulate a scenario: all its replications, as canonical tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import psutil
import pyarrow as pa

from cxlab.errors import InputError
from cxlab.scenario import Scenario
from cxlab.scenario.forecast import expected_events, expected_total
from cxlab.sim.base.company import Company, play_company
from cxlab.sim.base.tables import record_company
from cxlab.sim.engines import Engine, is_compiled, known_engine, play
from cxlab.sim.plan import DeskPlan, desk_plan
from cxlab.sim.tables import record
from cxlab.sim.view import View
from cxlab.sim.workload import Workload, draw_workload
from cxlab.tables import Tables

__all__ = [
    "Engine",
    "Recorded",
    "engine_for",
    "known_engine",
    "play",
    "play_replication",
    "recorded",
    "replication_tables",
    "simulate",
    "simulate_frames",
]

Progress = Callable[[int, int], None]

BYTES_PER_TICKET = {"run": 450, "tables": 2400}
"""Memory that a ticket takes, measured (benchmarks/README.md), rounded up: while a replication
is played, and as rows of all tables."""

BYTES_PER_CUSTOMER, BYTES_PER_MONTH, BYTES_PER_EVENT = 1500, 250, 100
"""Memory that a customer takes, a month of one (terms, payments, movements), and what happens by
chance besides (a lead, a use, a purchase)."""

SMALL = 300_000
"""Tickets up to which SimPy is done before Numba has compiled the other engine."""


def simulate(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> Tables:
    """Run every replication of a scenario and return the canonical tables of all of them.

    The tables (of a desk: tickets, messages, status_events, escalations, surveys, agents, shifts,
    costs; of a customer base: customers, subscriptions, mrr_movements, transactions, referrals, …)
    carry the column `replication`, from 1. `tables.counted` says of a customer base how many
    terms ended (`terms_ended`), and how often a probability came out above 1 and counted as 1
    (`probabilities_above_1`). `replications` and `seed` stand in for the scenario's
    own; `progress(done, total)` is called after each replication. The result depends on scenario,
    seed and version only, not on the `engine`: "simpy" is the specification, "compiled" replays
    it (see `play`). Raises InputError for a number of replications or a seed that the scenario
    file would refuse too, and when the memory would not suffice.
    `simulate(Scenario.load("base.toml"), replications=2).frame("tickets")` is a pandas frame.
    """
    chosen = _with(scenario, replications, seed)
    made = _simulated(chosen, engine=engine, progress=progress)
    tables = Tables.from_frames(
        made.tables, as_of=chosen.ends_at, time_zone=chosen.time_zone, source=chosen.name,
        in_place=True,
    )  # fmt: skip
    return tables.replaced({}, replace(tables.meta, counted=made.counted))


def _with(scenario: Scenario, replications: int | None, seed: int | None) -> Scenario:
    changes = {"replications": replications, "seed": seed}
    changes = {name: value for name, value in changes.items() if value is not None}
    return scenario.but(**changes) if changes else scenario


def simulate_frames(
    scenario: Scenario, *, engine: Engine | None = None, progress: Progress | None = None
) -> dict[str, pd.DataFrame]:
    """Return the tables of all replications of a scenario as pandas frames, unchecked."""
    made = _simulated(scenario, engine=engine, progress=progress)
    return {name: _plain(table).to_pandas() for name, table in made.tables.items()}


def _plain(table: pa.Table) -> pa.Table:
    """Return a table with plain texts in place of categories."""
    fields = [
        f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in table.schema
    ]
    return table.cast(pa.schema(fields))


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a simulation leaves: Arrow tables, unchecked, and what was counted beside their rows."""

    tables: dict[str, pa.Table]
    counted: dict[str, int] = field(default_factory=dict)


def _simulated(
    scenario: Scenario, *, engine: Engine | None = None, progress: Progress | None = None
) -> Recorded:
    """Play all replications of a scenario."""
    known_engine(engine)
    check_memory(scenario)
    total = scenario.replications
    parts: list[Recorded] = []
    for replication in range(1, total + 1):
        parts.append(recorded(scenario, replication, engine))
        if progress is not None:
            progress(replication, total)
    names = dict.fromkeys(name for part in parts for name in part.tables)  # some may cost nothing
    counted: Counter[str] = Counter()
    for part in parts:
        counted.update(part.counted)
    return Recorded(
        {n: pa.concat_tables([part.tables[n] for part in parts if n in part.tables])
         for n in names},
        dict(counted),
    )  # fmt: skip


def replication_tables(
    scenario: Scenario,
    replication: int,
    *,
    engine: Engine | None = None,
    only: Collection[str] | None = None,
) -> dict[str, pa.Table]:
    """Return the tables of one replication (1-based) as Arrow tables, unchecked; or `only` some."""
    return recorded(scenario, replication, engine, only).tables


def recorded(
    scenario: Scenario,
    replication: int,
    engine: Engine | None,
    only: Collection[str] | None = None,
    plan: DeskPlan | None = None,
    workload: Workload | None = None,
) -> Recorded:
    """Play one replication (1-based) and record its tables, or `only` some of them.

    `plan` and `workload` are those of the desk, where they are known already.
    """
    chosen = engine or engine_for(scenario)
    counted: dict[str, int] = {}
    if scenario.lifecycle is not None:
        company = play_replication(scenario, replication, engine=chosen)
        made, counted = record_company(company, only), company.history.counted
    else:
        plan = plan or desk_plan(scenario, replication)
        workload = workload or draw_workload(scenario, replication)
        outcome = play(workload, plan, engine=chosen)
        view = View(scenario, plan, workload, outcome, replication, scenario.seed)
        made = record(view, only)
    return Recorded(
        {
            name: table.append_column("replication", pa.array(np.full(len(table), replication)))
            for name, table in made.items()
        },
        counted,
    )


def play_replication(
    scenario: Scenario, replication: int, *, engine: Engine | None = None
) -> Company:
    """Play one replication (1-based) of a scenario that has a customer base."""
    known_engine(engine)
    return play_company(scenario, replication, engine=engine or engine_for(scenario))


def engine_for(scenario: Scenario) -> Engine:
    """Return the compiled engine, or SimPy where that is done before Numba has compiled it."""
    if scenario.lifecycle is not None:
        return "compiled"
    tickets = sum(scenario.expected_tickets(name) for name in scenario.lines)
    return "simpy" if tickets * scenario.replications <= SMALL and not is_compiled() else "compiled"


def check_memory(scenario: Scenario) -> None:
    """Raise InputError when the tickets expected would not fit into the memory that is free."""
    tickets = sum(scenario.expected_tickets(name) for name in scenario.lines)
    contacts = 1 + max(
        ((1 - c.resolution_probability) * (c.max_contacts > 1) for c in scenario.lines.values()),
        default=0.0,
    )
    needed = tickets * (
        BYTES_PER_TICKET["run"] + BYTES_PER_TICKET["tables"] * scenario.replications * contacts
    )
    people = 0.0
    if scenario.lifecycle is not None:
        days = scenario.horizon.total_days
        people = expected_total(scenario.lifecycle, days)
        each = BYTES_PER_CUSTOMER + BYTES_PER_MONTH * days / 30
        events = expected_events(scenario.lifecycle, days)
        needed += (people * each + events * BYTES_PER_EVENT) * scenario.replications
    free = psutil.virtual_memory().available
    if needed > free:
        customers = f"{people * scenario.replications:,.0f} customers, " if people else ""
        raise InputError(
            f"the memory would not suffice for the {'customers and ' if people else ''}tickets "
            "of this scenario",
            given=f"{customers}{tickets * scenario.replications:,.0f} tickets, "
            f"{needed / 2**30:,.1f} GiB",
            expected=f"{free / 2**30:,.1f} GiB at most; fewer replications or a shorter horizon",
        )
