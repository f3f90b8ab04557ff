"""What the page of staffing options shows: what each is worth, and which part rests on what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from cxlab.charts import link_curve
from cxlab.charts.words import amount, span
from cxlab.experiment.staffing_worth import READINGS, Option
from cxlab.report.blocks import Block
from cxlab.report.company import link_list
from cxlab.report.heading import heading
from cxlab.report.html import Html, element, join, table
from cxlab.scenario import Scenario
from cxlab.scenario.links import Link
from cxlab.units import format_value, rounded_share

__all__ = ["causes_frame", "link_pictures", "loop_heading", "verdict", "worth_frame", "worth_table"]

Row = Mapping[str, Any]


def link_pictures(links: list[Link]) -> list[Any]:
    """Return a picture of every link; the words that there is none, where there is none."""
    return [link_curve(link) for link in links] or [link_list(links)]


def loop_heading(scenario: Scenario, options: list[Option], replications: int) -> Block:
    """Return the head of the page on staffing options."""
    horizon = scenario.horizon
    assert scenario.lifecycle is not None
    life = scenario.lifecycle
    facts = [
        ["Scenario", scenario.name],
        ["Options", "; ".join(option.name for option in options)],
        ["Replications", f"{replications:,}, all options under the same draws"],
        ["What counts of each", f"{horizon.total_days - horizon.dropped_days} days"],
        ["Discount", f"{format_value(life.discount_per_year, 'share')} a year"],
        ["Links", ", ".join(link.name.replace("_", " ") for link in life.links) or "none"],
    ]
    title = f"What service is worth: {scenario.title or scenario.name}"
    return heading("Staffing against lifetime value", title, scenario.description, facts)


def worth_frame(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return one quantity as `cxlab.charts.paired_differences` draws it."""
    chosen = rows[rows["quantity"] == quantity].sort_values("option", kind="stable")
    order = list(dict.fromkeys(rows["option"]))
    chosen = chosen.assign(place=[order.index(o) for o in chosen["option"]])
    chosen = chosen.sort_values("place", kind="stable")
    return pd.DataFrame(
        {
            "option": chosen["option"],
            "reading": [READINGS[r] for r in chosen["reading"]],
            "value": chosen["difference"],
            "low": chosen["low"],
            "high": chosen["high"],
        }
    ).reset_index(drop=True)


def causes_frame(causes: pd.DataFrame) -> pd.DataFrame:
    """Return causes of churn as `cxlab.charts.reasons` draws them.

    `causes`: from `cxlab.churn_causes`.
    """
    names = {"link": "{} (link)", "links": "{}", "involuntary": "{}", "reason": "{}"}
    return pd.DataFrame(
        {
            "reason": [
                names[kind].format(cause)
                for cause, kind in zip(causes["cause"], causes["kind"], strict=True)
            ],
            "value": causes["difference"],
            "low": causes["low"],
            "high": causes["high"],
            "note": [rounded_share(share) for share in causes["share"]],
        }
    )


_COLUMNS: dict[str, tuple[str, str]] = {
    "margin": ("Margin", "money"), "support": ("Cost of support", "money"),
    "acquisition": ("Cost of acquisition", "money"),
    "rewards": ("Rewards redeemed", "money"), "value": ("Net, in the run", "money"),
    "with_later": ("Net, with what comes later", "money"),
    "customers": ("Customers at the end", "count"), "lost": ("Customers lost", "count"),
    "csat": ("CSAT (1 to 5)", "points"), "first_reply_hours": ("First reply, mean", "s"),
}  # fmt: skip


def worth_table(rows: pd.DataFrame, currency: str) -> Block:
    """Return, option by option, what changes under every reading of the links."""
    parts, words = [], []
    known = set(rows["reading"])
    readings = [r for r in ("curve", "control", "low", "high") if r in known]
    for option, mine in rows.groupby("option", sort=False):
        columns = ["What changes", "Now", *(READINGS[r] for r in readings)]
        lines: list[list[object]] = []
        for quantity, (title, unit) in _COLUMNS.items():
            here = mine[mine["quantity"] == quantity]
            if here["difference"].fillna(0.0).any():
                cells = [_cell(here, reading, unit) for reading in readings]
                named = f"{title} ({currency})" if unit == "money" else title
                lines.append([named, _now(here, unit), *cells])
        caption = (
            f"{option}: differences to the company as it is now ({READINGS[readings[0]]}), with "
            "95 % intervals"
        )
        parts.append(table(columns, lines, caption=caption, numeric=columns[1:]))
        net = mine[mine["quantity"] == "value"]
        told = [
            f"{READINGS[reading]}: {amount(gain, currency, signed=True)}"
            for reading, gain in zip(net["reading"], net["difference"], strict=True)
        ]
        words.append(f"{option}. Net value: {'; '.join(told)}")
    return Block(join(parts), "\n".join(words))


def _now(rows: pd.DataFrame, unit: str) -> str:
    """Return the company's own value under the first reading."""
    how, scale = ("count" if unit == "money" else unit), (3600.0 if unit == "s" else 1.0)
    return amount(rows["base"].iloc[0] * scale, how).replace(" ", "\u00a0")


def _cell(rows: pd.DataFrame, reading: str, unit: str) -> Html | str:
    found = rows[rows["reading"] == reading]
    if found.empty or found["difference"].isna().all():
        return "–"
    row = found.iloc[0]
    # The row names the currency once, so that all readings stand beside each other.
    how, scale = ("count" if unit == "money" else unit), (3600.0 if unit == "s" else 1.0)
    words = amount(row["difference"] * scale, how, signed=True).replace(" ", "\u00a0")
    interval = span(row["low"] * scale, row["high"] * scale, how, signed=True)
    if not interval or row["low"] == row["high"]:
        return words
    return join([words, Html("<br>"), element("small", interval)])


def verdict(rows: pd.DataFrame, scenario: Scenario) -> Block:
    """Return what each option is worth in words, and which part of it rests on assumptions.

    `rows`: from `cxlab.experiment.staffing_worth.worth_of_options`.
    """
    days = scenario.horizon.total_days - scenario.horizon.dropped_days
    parts, told = [], []
    for option, mine in rows.groupby("option", sort=False):
        by: dict[tuple[str, str], Row] = {
            (str(r["reading"]), str(r["quantity"])): {str(k): v for k, v in r.items()}
            for r in mine.to_dict("records")
        }
        short, long = _conclusions(by), _sentences(by, scenario.currency, days)
        parts.append(
            element(
                "div", element("h3", option), element("p", element("strong", short)),
                element("ul", join(element("li", line) for line in long)), class_="box",
            )
        )  # fmt: skip
        told.append(f"{option}: {short}")
    body = join(parts)
    return Block(body, "\n".join(told), {"summary": told})


_By = Mapping[tuple[str, str], Row]
_STATUS = {"pays": "it pays", "loses": "it does not pay", "open": "it may or may not pay",
           "unknown": "nothing is sure (one run has no interval)"}  # fmt: skip


def _conclusions(by: _By) -> str:
    """Return whether an option pays, within the run and counting lifetimes."""
    run, lifetimes = (_conclusion(by, quantity) for quantity in ("value", "with_later"))
    if run == lifetimes:
        return f"Within the run and counting lifetimes {run}"
    return f"Within the run {run} Counting lifetimes {lifetimes}"


def _conclusion(by: _By, quantity: str) -> str:
    """Return whether an option pays, and whether that rests on the links."""
    found = {r: _status(by[r, quantity]) for r in READINGS if (r, quantity) in by}
    control = _STATUS[found.pop("control")]
    if not found:
        return f"{control}; the scenario has no link, so that wages decide alone."
    assumed, kinds = _STATUS[found["curve"]], {_STATUS[s] for s in found.values()}
    if kinds == {control}:
        return f"{control}, whatever the links: the control agrees."
    if len(kinds) == 1:
        return (
            f"{assumed} over the whole range of the links, but without any link {control}: "
            "the answer rests on the assumption that there are links."
        )
    words = f"{assumed} with the links as assumed; that changes within their range"
    if assumed != control:
        words += f", and without any link {control}"
    return words + ": it is as sure as the curves are, not surer."


def _sentences(by: _By, currency: str, days: int) -> list[str]:
    control, wages = by["control", "value"], by["control", "support"]
    verb = "Costs" if wages["difference"] > 0 else "Saves"
    found = [f"{verb} {amount(abs(wages['difference']), currency)} of support in {days} days."]
    if ("curve", "value") in by:
        found.append(f"With the links as assumed it {_brings(by['curve', 'margin'], currency)}, "
                     f"and {_pays(by['curve', 'value'], currency)}.")  # fmt: skip
    found.append(f"Without any link (control) it {_brings(by['control', 'margin'], currency)}, "
                 f"and {_pays(control, currency)}.")  # fmt: skip
    ranged = [f"at the {reading} curves it {_pays(by[reading, 'value'], currency)}"
              for reading in ("low", "high") if (reading, "value") in by]  # fmt: skip
    if ranged:
        words = "; ".join(ranged)
        found.append(f"{words[0].upper()}{words[1:]}.")
    if ("curve", "with_later") in by:
        found += _later(by, currency)
    return found


def _later(by: _By, currency: str) -> list[str]:
    """Return what counting on beyond the end of the run changes."""
    customers, later = (by["curve", name]["difference"] for name in ("customers", "later"))
    if later != later or not customers:
        return []
    side = "more" if customers > 0 else "fewer"
    ranged = [f"{_pays(by[reading, 'with_later'], currency)} at the {reading} curves"
              for reading in ("low", "high") if (reading, "with_later") in by]  # fmt: skip
    return [
        f"The run ends with {amount(abs(customers), 'count')} customers {side} (links as assumed). "
        "Counting what those who are there are still worth by the lifetime formula of their plan "
        f"({amount(later, currency, signed=True)}), it "
        + "; ".join([_pays(by["curve", "with_later"], currency), *ranged])
        + "."
    ]


def _brings(margin: Row, currency: str) -> str:
    value, low, high = margin["difference"], margin["low"], margin["high"]
    if not value:
        return "brings nothing"
    nearer, farther = sorted((abs(low), abs(high)))
    interval = span(nearer, farther, currency)
    if low <= 0 <= high:
        interval = span(low, high, currency, signed=True)
    how = "brings" if value > 0 else "loses"
    return f"{how} {amount(abs(value), currency)} of margin" + (
        f" ({interval})" if interval else ""
    )


def _status(row: Row) -> str:
    low, high = row["low"], row["high"]
    if low != low or high != high:
        return "unknown"
    return "pays" if low > 0 else "loses" if high < 0 else "open"


def _pays(row: Row, currency: str) -> str:
    """Return whether a net value is above zero, with its interval."""
    status = _status(row)
    if status == "unknown":
        told = amount(row["difference"], currency, signed=True)
        return f"changes the net value by {told} (no interval)"
    if status == "open":
        told = span(row["low"], row["high"], currency, signed=True)
        return f"may leave the company ahead or behind ({told})"
    low, high = (amount(v, currency) for v in sorted((abs(row["low"]), abs(row["high"]))))
    about = high if low == high else f"{low.removesuffix(f' {currency}')} to {high}"
    return f"leaves the company {about} {'ahead' if status == 'pays' else 'behind'}"
