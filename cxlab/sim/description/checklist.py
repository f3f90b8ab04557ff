"""The items of STRESS-DES, in order, for a desk, a customer base, or a company that has both."""

from __future__ import annotations

import platform
from collections.abc import Iterator

from cxlab.origin import version_of
from cxlab.scenario import Scenario
from cxlab.scenario.week import DAYS
from cxlab.sim.description import base, desk
from cxlab.sim.description.document import Description, Section
from cxlab.sim.load import bottlenecks

__all__ = ["describe"]

PACKAGES = ("cxlab", "simpy", "numba", "numpy", "scipy", "pandas")

_DESK_TABLES = "tickets, messages, status events, escalations, surveys, agents, shifts, costs"


def describe(scenario: Scenario) -> Description:
    """Return the STRESS-DES description of a scenario and of the model that plays it."""
    title = f"Description of {scenario.title or scenario.name}"
    sections = (
        *_objectives(scenario), *_logic(scenario), *_data(scenario), *_experimentation(scenario),
        *_implementation(scenario),
        Section("6", "Code access", (
            "The model is the Python package cxlab (MIT licence); this description is made by "
            "`cxlab describe`, the numbers by `cxlab simulate` or `cxlab report` from the same "
            f"scenario file (sha256 of the whole scenario: {scenario.sha256}).",)),
    )  # fmt: skip
    return Description(title, sections)


def _subject(s: Scenario) -> str:
    if s.lifecycle is None:
        return "one desk"
    return (
        "one company: a customer base and the desk that serves it" if s.has_desk
        else "one customer base, without a desk"
    )  # fmt: skip


def _objectives(s: Scenario) -> Iterator[Section]:
    yield Section("1", "Objectives")
    purpose = s.description.strip() or "The scenario file states none."
    yield Section("1.1", "Purpose", (purpose, f"Scenario {s.name}."))
    tables = [_DESK_TABLES] if s.has_desk else []
    tables += [base.tables(s.lifecycle)] if s.lifecycle is not None else []
    unit = "Tickets" if s.lifecycle is None else "Tickets and customers"
    yield Section("1.2", "Outputs", (
        f"Canonical tables ({'; '.join(tables)}); every metric is computed from them, as from a "
        "real log.",
        "Shares and means are ratios of sums over replications with a 95 % jackknife interval; "
        "counts and quantiles are means over replications with Student's t interval. "
        f"{unit} of one run are never pooled into an interval."))  # fmt: skip
    aims = [
        f"The scenario describes {_subject(s)}. What changes between scenarios meets the same "
        "customers (common random numbers), so that differences are estimated in pairs."
    ]
    if s.lifecycle is not None and s.lifecycle.closed_loop:
        aims.append(
            "A result of the closed loop is read beside its control: the same draws with "
            "closed_loop off, where service changes nothing."
        )
    yield Section("1.3", "Experimentation aims", tuple(aims))


def _logic(s: Scenario) -> Iterator[Section]:
    yield Section("2", "Logic")
    life = s.lifecycle
    model: list[str] = []
    if s.has_desk:
        who = "Customers of several channels" if life is None else "Customers of the base"
        model.append(
            f"{who} get in touch, wait in queues and are answered by agents on "
            "shifts. These rules hold at every instant:"
        )
        model += [f"({n}) {rule}" for n, rule in enumerate(desk.tie_rules(), start=1)]
    if life is not None:
        model.append(
            "People hear of the business, buy a plan, stay or leave at the end of each term, and "
            "name others. These rules of the customer base hold whatever the engine does:"
        )
        model += [f"(b{n}) {rule}" for n, rule in enumerate(base.base_rules(), start=1)]
    yield Section("2.1", "Base model", tuple(model))
    points = [*desk.logic(s)] if s.has_desk else []
    points += base.logic(life) if life is not None else []
    yield Section("2.2", "Scenario logic", (), tuple(points))
    both = s.has_desk and life is not None
    parts = [f"Base. {one}" if both else one for one in base.components(s, life)] if life else []
    parts += [f"Desk. {one}" if both else one for one in desk.components(s)] if s.has_desk else []
    yield Section("2.3", "Components", (), tuple(parts))


def _data(s: Scenario) -> Iterator[Section]:
    life = s.lifecycle
    yield Section("3", "Data")
    yield Section("3.1", "Data sources", (
        "All input is what the scenario file states; where a number comes from stands in its "
        "description and comments.",))  # fmt: skip
    grids = [*base.inputs(s, life)] if life is not None else []
    grids += desk.inputs(s) if s.has_desk else []
    yield Section("3.2", "Input parameters", (), tuple(_calendar(s)), tuple(grids))
    yield Section("3.3", "Pre-processing", (
        "None by the model: rates are taken per local hour of the week, daylight saving included."
        if s.has_desk else "None by the model.",
    ))  # fmt: skip
    assumed = [*base.assumptions(life)] if life is not None else []
    assumed += desk.assumptions(s) if s.has_desk else []
    yield Section("3.4", "Assumptions", (), tuple(assumed))


def _calendar(s: Scenario) -> Iterator[str]:
    yield f"Time zone {s.time_zone}; money in {s.currency}."
    if s.business_hours is not None and s.schedule is not None:
        hours = ", ".join(f"{DAYS[h.weekday]} {h.start}–{h.end}" for h in s.schedule.hours)
        closed = f"; holidays of {s.business_hours.holidays}" if s.business_hours.holidays else ""
        dates = "".join(f"; closed {day}" for day in s.business_hours.closed)
        dates += "".join(f"; {day} {told}" for day, told in s.business_hours.special.items())
        yield f"Business hours {hours}{closed}{dates}."


def _experimentation(s: Scenario) -> Iterator[Section]:
    h, life = s.horizon, s.lifecycle
    yield Section("4", "Experimentation")
    created = "tickets created in it are" if life is None else "what happens in it is"
    warm_up = (
        f"Warm-up: {h.dropped_days} days; {created} in no number."
        if h.type == "steady" else
        "Warm-up: none; the horizon is terminating and counts from its start."
    )  # fmt: skip
    begins = (
        [f"Every replication starts with an empty desk at local midnight of {s.start}."]
        if s.has_desk else []
    )  # fmt: skip
    begins += base.initialisation(s, life) if life is not None else []
    yield Section("4.1", "Initialisation", (" ".join([*begins, warm_up]),))
    yield Section("4.2", "Run length", (
        f"{h.total_days} days ({h.type}); nothing at or after the end is seen.",))  # fmt: skip
    estimation = [
        f"{s.replications} replications; Student's t intervals for counts and quantiles, "
        "jackknife intervals for ratios of sums, 95 %, the unit being the replication."
    ]
    if life is not None:
        estimation.append(base.expected(s, life))
    if s.has_desk:
        loads = "; ".join(
            f"{', '.join(one.queues)} at {', '.join(one.teams)} {one.weekly_load:.0%} of a week"
            for one in bottlenecks(s)
        )
        estimation.append(f"Expected load: {loads}.")
    yield Section("4.3", "Estimation", tuple(estimation))


def _implementation(s: Scenario) -> Iterator[Section]:
    packages = ", ".join(f"{name} {version_of(name)}" for name in PACKAGES)
    yield Section("5", "Implementation")
    yield Section("5.1", "Software", (
        f"Python {platform.python_version()}, {packages}.",))  # fmt: skip
    yield Section("5.2", "Random sampling", tuple(_sampling(s)))
    yield Section("5.3", "Model execution", tuple(_execution(s)))
    yield Section("5.4", "System specification", (
        f"{platform.system()} on {platform.machine()}; the result depends on scenario, seed and "
        "version only. A report's manifest names commit and run time.",))  # fmt: skip


def _sampling(s: Scenario) -> Iterator[str]:
    if s.lifecycle is None:
        yield (
            f"PCG64 generators from NumPy's SeedSequence(seed {s.seed}), one stream for each "
            "replication and purpose by name (such as phone.arrivals or phone.handling.1); "
            "durations by inversion. All is drawn before a run: number i of a stream belongs to "
            "request i, whatever the staffing."
        )
        return
    yield (
        "Draws stand at addresses: a uniform for each (replication, customer, purpose, running "
        f"number), a hash of the address (finaliser of SplitMix64) from seed {s.seed}; durations "
        "by inversion. What a customer meets by chance does not depend on who else is there, and "
        "stays the same when staffing or links change; requests and referred customers have "
        "addresses made from those of their customer."
    )
    if s.has_desk:
        yield (
            "Absences of agents and the busyness of days come from PCG64 streams (NumPy's "
            "SeedSequence), one for each replication and purpose by name."
        )


def _execution(s: Scenario) -> Iterator[str]:
    yield (
        "Process interaction in SimPy is the specification; an engine compiled by Numba plays the "
        "same rules on the same draws and agrees to the last bit. What comes first at one instant "
        "is stated under 2.1."
    )
    if s.lifecycle is None or not s.has_desk:
        return
    if s.lifecycle.closed_loop:
        yield (
            "Base and desk share one clock: what the desk did before a midnight is known when the "
            "books are closed, and who is a customer then may ask on that day."
        )
    else:
        yield "The base lives first; whoever asks while being a customer is served then."
