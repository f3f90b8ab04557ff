"""What stands at the head of a page, and what its manifest must know about the run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxlab.report.blocks import Block
from cxlab.report.html import element, join
from cxlab.report.logs import replications
from cxlab.report.paths import shown_file
from cxlab.report.quality import set_aside
from cxlab.report.view import View
from cxlab.scenario import Scenario
from cxlab.sim.outlook import links_told
from cxlab.tables import Tables

__all__ = ["heading", "period_heading", "provenance", "scenario_heading", "scenario_provenance"]


def scenario_heading(scenario: Scenario, tables: Tables) -> Block:
    """Return the head of a scenario report."""
    length = scenario.horizon.total_days
    facts = [
        ["Scenario", scenario.name],
        ["Replications", f"{replications(tables):,}"],
        ["Length of each", f"{length} days from {scenario.start}"],
        ["Time zone", scenario.time_zone],
    ]
    if scenario.lifecycle is not None:
        facts.append(["Links from service to customers", links_told(scenario.lifecycle)])
    return heading("Scenario report", scenario.title or scenario.name, scenario.description, facts)


def period_heading(view: View, data: str = "") -> Block:
    """Return the head of a periodic report: `data` names the log where it does not itself."""
    source = view.tables.source or Path(data).name or "Support desk"
    last = view.current.shift(1).first_day - dt.timedelta(days=1)
    covered = " (partly covered)" if view.partly_covered else ""
    facts = [
        ["Period", view.current.label + covered],
        ["Days", f"{view.current.first_day} to {last}"],
        ["Compared with", _compared(view)],
        ["Time zone", view.time_zone],
    ]
    title = f"{source}: {view.current.label}"
    block = heading("Periodic report", title, _coverage(view), facts)
    block.page["period"] = view.current.label
    notes = [f"{view.passed_over}." if view.passed_over else "", set_aside(view.tables)]
    block.page["subtitle"] = " ".join(filter(None, [block.page["subtitle"], *notes]))
    if any(notes):
        block.page["summary"] = [f"note: {note.removesuffix('.')}" for note in notes if note]
    return block


def _compared(view: View) -> str:
    if not view.comparable:
        return f"none ({view.comparison_note})"
    note = view.comparison_note
    return view.previous.label + (f" ({note})" if note else "")


def _coverage(view: View) -> str:
    """Return the sentences on what the log lacks of the period; "" when it lacks nothing."""
    if view.begins is None or view.ends is None:
        return ""
    first, last = (t.astimezone(view.zone).strftime("%Y-%m-%d %H:%M")
                   for t in (view.begins, view.ends))  # fmt: skip
    partly = f"{view.current.label} is partly covered: the log runs from {first} to {last}."
    told = [partly] if view.partly_covered else []
    if view.rest is not None:
        shut = view.rest.begins.astimezone(view.zone).date()
        told.append(f"The log ends on {last}; from {shut} on the desk counts as closed: "
                    f"{view.rest.why}.")  # fmt: skip
    return " ".join(told)


def heading(kind: str, title: str, subtitle: str, facts: list[list[str]]) -> Block:
    """Return the head of a page: what kind it is, its title, a sentence, and named facts."""
    page: dict[str, Any] = {"kind": kind, "title": title, "subtitle": subtitle, "facts": facts}
    lines = [f"{name}: {value}" for name, value in facts]
    body = join([element("h1", title), element("p", subtitle), element("p", " · ".join(lines))])
    return _OnlyFacts(body, "\n".join([title, *lines]), page)


class _OnlyFacts(Block):
    """A block that the page prints in a place of its own, not where the cell stands."""

    def _repr_mimebundle_(self, **options: Any) -> dict[str, Any]:
        bundle = super()._repr_mimebundle_(**options)
        bundle["application/vnd.cxlab.block"] = ""
        return bundle


def scenario_provenance(scenario: Scenario, *, counted: Mapping[str, int] | None = None) -> Block:
    """Return where the numbers of runs come from that left no tables; see `provenance`.

    `counted`: what the runs counted, by name, as `Tables.counted` has it; a desk counts nothing.
    """
    page = {"scenario": scenario.resolved(), "scenario_sha256": scenario.sha256,
            "seed": scenario.seed, "inputs": [], "source": scenario.name,
            "counted": dict(counted or {})}  # fmt: skip
    line = f"scenario {scenario.name}, sha256 {scenario.sha256}"
    return _OnlyFacts(element("p", line), line, page)


def provenance(
    tables: Tables, scenario: Scenario | None = None, *, seed: int | None = None
) -> Block:
    """Return where the numbers come from; a page prints it at its end, with the manifest.

    Files read with their sha256; for a scenario all of it after `extends`, and what its
    simulation counted beside the rows.
    """
    inputs = [{"path": str(f.path), "rows": int(f.rows), "sha256": f.sha256} for f in tables.inputs]
    page: dict[str, Any] = {"inputs": inputs, "source": tables.source}
    if scenario is not None:
        page |= {"scenario": scenario.resolved(), "scenario_sha256": scenario.sha256}
        page["seed"] = scenario.seed if seed is None else seed
        page["counted"] = dict(tables.counted)
    lines = [f"{shown_file(f.path)}: {f.rows:,} rows, sha256 {f.sha256}" for f in tables.inputs]
    if scenario is not None:
        lines.append(f"scenario {scenario.name}, sha256 {scenario.sha256}")
    body = element("ul", join(element("li", line) for line in lines))
    return _OnlyFacts(body, "\n".join(lines) or "no files were read", page)
