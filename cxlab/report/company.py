"""What the page of a company's year shows: its head, its loop, its links, and who came how."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any

import pandas as pd

from cxlab.charts.words import amount, span
from cxlab.experiment.year import CompanyYear
from cxlab.experiment.yearly import against_control
from cxlab.report.blocks import Block
from cxlab.report.heading import heading
from cxlab.report.html import Html, element, join, table
from cxlab.scenario.links import EXPERIENCES, Link
from cxlab.units import format_value

__all__ = ["TILES", "company_heading", "link_list", "loop_note", "ways_table"]

TILES = ("customers_start", "customers_end", "churn_a_month", "nrr", "grr", "arpa", "cac",
         "cac_churn", "clv", "clv_renewals", "clv_arrears", "clv_undiscounted", "csat",
         "nps_relational", "vol_per_100_customers")  # fmt: skip
"""The key figures that stand as tiles."""

_ON = {"churn": "leaving", "expansion": "moving to a larger plan", "referral": "referring somebody"}


def company_heading(year: CompanyYear) -> Block:
    """Return the head of the page of a company's year."""
    scenario = year.scenario
    facts = [
        ["Scenario", scenario.name],
        ["Replications", f"{scenario.replications:,}"],
        ["What counts of each", f"{year.days} days, {year.period.label}"],
        ["Time zone", scenario.time_zone],
        ["Currency", scenario.currency],
        ["Loop", _loop(year)],
    ]
    title = scenario.title or scenario.name
    return heading("Customer lifecycle", title, scenario.description, facts)


def _loop(year: CompanyYear) -> str:
    if year.control is not None:
        return "closed, with its control"
    return "open" + (": the links are off" if year.life.links else ": there are no links")


def loop_note(year: CompanyYear) -> Block:
    """Return what the loop is, and in a closed one the control beside it."""
    if year.control is None:
        links = year.life.links
        words = (
            f"This loop is open: the {len(links)} links of the scenario are off, and the service "
            "that customers get changes nothing that they do."
            if links
            else "This loop is open: the service that customers get changes nothing that they do."
        )
        return Block(element("p", words), words)
    words = (
        "This loop is closed: the service that customers get changes what they do, by curves that "
        "are assumptions (below). The control is the same company under the same draws with the "
        "links off; what it does not show rests on the curves."
    )
    rows = against_control(year)
    columns = ["Quantity", "Closed loop", "Control, links off", "Difference", "95 % interval"]
    lines = [_compared(row, year.scenario.currency) for row in rows.to_dict("records")]
    caption = (
        f"Means over {year.scenario.replications} runs; money discounted to the start at "
        f"{format_value(year.life.discount_per_year, 'share')} a year"
    )
    body = join([element("p", words), table(columns, lines, caption=caption, numeric=columns[1:])])
    told = "\n".join(" · ".join(str(cell) for cell in line) for line in lines)
    return Block(body, f"{words}\n{told}")


def _compared(row: dict[Hashable, Any], currency: str) -> list[str]:
    name = str(row["quantity"])
    if name.startswith(("Margin", "Cost")):
        unit = currency
    else:
        unit = "points" if name.startswith("CSAT") else "count"
    signed = amount(row["difference"], unit, signed=True)
    return [name, amount(row["closed"], unit), amount(row["control"], unit), signed,
            span(row["low"], row["high"], unit, signed=True) or "–"]  # fmt: skip


def link_list(links: list[Link]) -> Block:
    """Return the links of a scenario in words: what they look at, what they change, how surely."""
    if not links:
        words = "The scenario has no link from service to customers: nothing is assumed."
        return Block(element("p", words), words)
    head = "Links from service to customers: assumptions, not findings"
    told = [(link.name.replace("_", " "), _told(link)) for link in links]
    lines = (element("li", element("strong", name), ": ", words) for name, words in told)
    body = element("div", element("p", element("strong", head)), element("ul", join(lines)),
                   class_="box")  # fmt: skip
    return Block(body, "\n".join([head, *(f"{name}: {words}" for name, words in told)]))


def _told(link: Link) -> str:
    return (
        f"{EXPERIENCES[link.from_]}, of the last {link.memory_days:g} days, multiplies the chance "
        f"of {_ON[link.on]}: {_factors(link.curve)}; {_range(link)}."
    )


def _factors(points: list[list[float]]) -> str:
    return ", ".join(f"×{factor:g} at {x:g}" for x, factor in points)


def _range(link: Link) -> str:
    if link.low is None and link.high is None:
        return "no range is stated"
    low, high = (_factors(points or link.curve) for points in (link.low, link.high))
    return f"between {low} (low) and {high} (high)"


def ways_table(rows: pd.DataFrame, currency: str) -> Block:
    """Return how customers were won: leads, won, what one cost, and how soon that is back.

    `rows`: from `cxlab.experiment.yearly.ways_won`.
    """
    if rows.empty:
        words = "Nobody is won: the scenario has no way of acquisition."
        return Block(element("p", words), words)
    columns = ["Way", "Leads", "Won", "Cost of one", "Back after"]
    lines = [
        [
            str(r["way"]).replace("_", " "),
            f"{r['leads']:,.0f}",
            _with(r, "won", "count"),
            _with(r, "cost", currency) if r["won"] else "–",
            _payback(r),
        ]
        for r in rows.to_dict("records")
    ]
    caption = (
        "Per run; back after: cost of one ÷ margin of its first month, months without regard to "
        "churn"
    )
    body = table(columns, lines, caption=caption, numeric=columns[1:])
    words = "\n".join(
        f"{r['way']}: {r['won']:,.1f} won of {r['leads']:,.0f} leads"
        for r in rows.to_dict("records")
    )
    return Block(body, words)


def _with(row: dict[Hashable, Any], name: str, unit: str) -> Html:
    words = amount(row[name], unit).replace(" ", "\u00a0")
    return _two_lines(words, span(row[f"{name}_low"], row[f"{name}_high"], unit))


def _two_lines(words: str, interval: str) -> Html:
    small = element("small", interval) if interval else None
    return join([words, Html("<br>") if interval else None, small])


def _payback(row: dict[Hashable, Any]) -> Html | str:
    months = row["months"]
    if math.isnan(months) or not row["won"]:
        return "–"
    if math.isinf(months):
        return "never"
    if months == 0:
        return "at once"
    limits = span(row["months_low"], row["months_high"], "months")
    return _two_lines(format_value(months, "months").replace(" ", "\u00a0"), limits)
