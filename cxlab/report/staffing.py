"""What the page of a shift plan shows: the answer, its lines, how surely, and what more costs."""

from __future__ import annotations

from typing import Any

import pandas as pd

from cxlab.charts import shift_plan
from cxlab.experiment.staffing import Plan
from cxlab.report.blocks import Block
from cxlab.report.heading import heading
from cxlab.report.html import element, join, table

__all__ = ["plan_answer", "plan_charts", "plan_heading", "plan_lines", "plan_prices",
           "plan_targets"]  # fmt: skip


def plan_heading(plan: Plan) -> Block:
    """Return the head of the page of a shift plan."""
    base = plan.base
    facts = [
        ["Scenario", base.name],
        ["Targets", "; ".join(target.text for target in plan.aims)],
        ["Confidence", f"{plan.confidence * 100:.4g} %, all targets together"],
        ["Lines allowed", f"{len(plan.patterns):,}"],
        ["Plans simulated", f"{plan.plans:,}, all under the same draws"],
        ["Confirmed on", f"{plan.replications:,} replications of fresh seeds"],
    ]
    title = f"Shifts for {base.title or base.name}"
    people, before = (
        sum(team.agents for team in one.all_teams.values()) for one in (plan.scenario, base)
    )
    words = f"{people:,} people in {len(plan.lines):,} lines; the scenario has {before:,} so far."
    return heading("Staffing", title, words, facts)


def plan_answer(plan: Plan) -> Block:
    """Return the answer in sentences; the page's summary, and the targets that were missed."""
    told = plan.summary()
    lines = [element("li", line) for line in told[1:]]
    note = (
        "The search looks at plans near those that cover the requirement: nothing cheaper was "
        "found, which is no proof that there is nothing. Work that no target covers is kept up "
        "with, no more."
    )
    body = element("div", element("p", element("strong", told[0])), element("ul", join(lines)),
                   element("p", element("small", note)), class_="box")  # fmt: skip
    rows = plan.targets.to_dict("records")
    missed = [] if plan.confirmed else [str(row["metric"]) for row in rows if not row["met"]]
    page = {"summary": told, "missed_targets": missed, "seed": plan.seed}
    return Block(body, "\n".join(told), page)


def plan_lines(plan: Plan) -> Block:
    """Return the lines of the plan."""
    money = plan.currency or "paid hours"
    caption = "Lines of the plan: so many agents each, every week"
    shown = plan.lines.assign(
        hours=[f"{h:,.1f}" for h in plan.lines["hours"]],
        cost=[f"{c:,.0f}" for c in plan.lines["cost"]],
    )
    columns = ["Team", "Days", "From", "To", "Agents", "Paid hours a week", f"A week ({money})"]
    return _block(shown, columns, caption, columns[4:])


def plan_targets(plan: Plan) -> Block:
    """Return what fresh runs came to against the targets."""
    shown = plan.target_words()
    if shown.empty:
        words = "No target has a limit: the plan is the one of the highest value that was found."
        return Block(element("p", words), words)
    caption = (
        f"On {plan.replications:,} replications of fresh seeds; “surely”: one-sided bounds that "
        f"hold together with {plan.confidence * 100:g} % confidence, whichever plan is chosen"
    )
    columns = ["Target", "Value", "95 % interval", "Surely", "Met"]
    return _block(shown, columns, caption, columns[1:4])


def plan_prices(plan: Plan) -> Block:
    """Return what the next point of each target costs and, for value, what an agent is worth."""
    parts = []
    if len(plan.prices):
        caption = "What the next point costs: one target a step harder, the others as they are"
        columns = ["Target", "Next", "More a week", "By"]
        parts.append(_block(plan.price_words(), columns, caption, ["More a week"]))
    if len(plan.worth):
        caption = (
            "What one agent more or fewer changes in value within the run: margin less all costs, "
            "discounted to the start, the loop closed; paired runs"
        )
        columns = ["Team", "Line", "Agents", "Wages a week", "Value", "95 % interval"]
        parts.append(_block(plan.worth_words(), columns, caption, columns[2:]))
    if not parts:
        words = "There is no next point: every target is at its end."
        return Block(element("p", words), words)
    return Block(join(part.body for part in parts), "\n".join(part.words for part in parts))


def plan_charts(plan: Plan) -> list[Any]:
    """Return the hands planned and required by half-hour of the week, team by team."""
    return [
        shift_plan(mine, title=f"Hands planned against required: {str(team).replace('_', ' ')}")
        for team, mine in plan.half_hours.groupby("team", sort=False)
    ]


def _block(shown: pd.DataFrame, columns: list[str], caption: str, numeric: list[str]) -> Block:
    lines = [[str(cell) for cell in row] for row in shown.itertuples(index=False)]
    words = "\n".join([caption, *(" · ".join(line) for line in lines)])
    return Block(table(columns, lines, caption=caption, numeric=numeric), words)
