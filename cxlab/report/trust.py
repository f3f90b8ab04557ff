"""How far a scenario report can be trusted: doubts, the analytic neighbour, the description."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from cxlab.experiment import doubts
from cxlab.report.blocks import Block
from cxlab.report.html import Html, element, join, table
from cxlab.scenario import Scenario
from cxlab.sim import describe
from cxlab.tables import Tables
from cxlab.units import format_interval, format_value

__all__ = ["care_box", "doubtful", "model_description", "neighbour_table"]


def doubtful(
    scenario: Scenario, tables: Tables | None = None, *, counted: Mapping[str, int] | None = None
) -> Block:
    """Return a box with what makes a run, or a scenario, doubtful; nothing where nothing does.

    `counted`: of runs that left no tables, as in `cxlab.doubts`.
    """
    return care_box(doubts(scenario, tables, counted=counted))


def care_box(notes: Sequence[str]) -> Block:
    """Return a box with sentences that a reader must know; nothing without any."""
    if not notes:
        return Block(Html(""), "")
    shown = [note[:1].upper() + note[1:] + "." for note in notes]
    inner = element("ul", join(element("li", note) for note in shown))
    body = element("div", element("p", element("strong", "Read with care")), inner,
                   class_="note", role="note")  # fmt: skip
    return Block(body, "\n".join(["Read with care", *shown]))


def neighbour_table(rows: pd.DataFrame) -> Block:
    """Return formula beside simulation, by channel, with what the formula leaves out.

    `rows`: what `cxlab.analytic_neighbours` returns; of several scenarios with a column `scenario`.
    """
    if rows.empty:
        words = "No channel is answered at once by somebody: there is no formula to compare with."
        return Block(element("p", words), words)
    columns = ["Channel", "Hour", "Formula", "Mean wait: formula", "simulated",
               "Service level: formula", "simulated "]  # fmt: skip
    lines: list[list[object]] = []
    reasons: dict[str, list[str]] = {}
    several = rows.groupby("channel")["why"].nunique() > 1
    for r in rows.to_dict("records"):
        within = f"{r['within_s']:g} s"
        lines.append(
            [
                _whose(r),
                r["hours"],
                _formula(r["formula"], r["calls_per_hour"], r["handle_s"], r["hands"]),
                _known(r["wait_theory_s"], "s"),
                _simulated(r["wait_s"], r["wait_low_s"], r["wait_high_s"], "s"),
                join([_known(r["level_theory"], "share"), " ",
                      element("small", f"within {within}")]),
                _simulated(r["level"], r["level_low"], r["level_high"], "share"),
            ]
        )  # fmt: skip
        apart = "scenario" in r and several[r["channel"]]
        name = f"{r['channel']} ({r['scenario']})" if apart else r["channel"]
        if name not in reasons.setdefault(r["why"], []):
            reasons[r["why"]].append(name)
    caption = "The busiest staffed hour of the week, by formula and simulated"
    top = table(columns, lines, numeric=columns[3:], caption=caption)
    why = element(
        "ul",
        join(
            element("li", element("strong", f"{', '.join(channels)}: "), reason)
            for reason, channels in reasons.items()
        ),
    )
    words = "\n".join(
        f"{r['channel']} ({r['hours']}): {r['formula']} says {_known(r['wait_theory_s'], 's')}, "
        f"simulated {_known(r['wait_s'], 's')}. {r['why']}"
        for r in rows.to_dict("records")
    )
    return Block(join([top, element("div", why, class_="box")]), words)


def _whose(row: Mapping[Hashable, Any]) -> object:
    """Return the channel of a row, below it the scenario where there are several."""
    if "scenario" not in row:
        return row["channel"]
    return join([row["channel"], Html("<br>"), element("small", row["scenario"])])


def _formula(name: str, calls: float, handle_s: float, hands: int) -> Html:
    told = f"{calls:.3g} an hour, {format_value(handle_s, 's')} each, room for {hands} at once"
    return join([name, Html("<br>"), element("small", told)])


def _known(value: float, unit: str) -> str:
    return "–" if math.isnan(value) else format_value(value, unit)


def _simulated(value: float, low: float, high: float, unit: str) -> Html:
    if math.isnan(value):
        return element("span", "–")
    return join([format_value(value, unit), Html("<br>"),
                 element("small", format_interval(low, high, unit))])  # fmt: skip


def model_description(scenario: Scenario) -> Block:
    """Return the description of scenario and model (STRESS-DES), folded."""
    description = describe(scenario)
    # Description.html escapes every text itself.
    body = element("details", element("summary", "Scenario and model, by the STRESS-DES checklist"),
                   Html(description.html()))  # fmt: skip
    return Block(element("div", body, class_="box appendix"), description.markdown())
