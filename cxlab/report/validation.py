"""The page on the model itself: what theory says, what the simulation says, and the verdicts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from scipy import stats as st

from cxlab.experiment.validation import FAMILY
from cxlab.report.blocks import Block
from cxlab.report.heading import heading
from cxlab.report.html import Html, element, join, table
from cxlab.units import format_interval, format_value

__all__ = ["alarm_limit", "fault_table", "validation_heading", "validation_table"]


def alarm_limit(rows: pd.DataFrame) -> float:
    """Return the |t| beyond which a single number of the family is an alarm."""
    freedom = int(rows["replications"].iloc[0]) - 1
    return float(st.t.ppf(1 - FAMILY / (2 * len(rows)), freedom))


def validation_heading(rows: pd.DataFrame, seed: int) -> Block:
    """Return the head of the page; it tells the verdict, and whether anything differs."""
    off = rows[rows["verdict"] != "agrees"]
    cases, tests = rows["case"].nunique(), len(rows)
    contacts = int(rows.groupby("case")["contacts"].first().sum())
    verdict = (
        f"All {tests} numbers of {cases} cases agree with theory."
        if off.empty
        else f"{len(off)} of {tests} numbers differ from theory."
    )
    runs = int(rows["replications"].iloc[0])
    facts = [
        ["Verdict", "agrees" if off.empty else "differs"],
        ["Cases", f"{cases} with {tests} numbers"],
        ["Replications of each", f"{runs:,}"],
        ["Contacts simulated", f"{contacts:,}"],
        ["False alarms of the whole page", f"{FAMILY:.0%}".replace("%", "\u00a0%")],
        ["Seed", str(seed)],
    ]
    block = heading("Validation of the model", "Model against theory", verdict, facts)
    named = [f"{r['case']}: {r['quantity']}" for r in off.to_dict("records")]
    block.page |= {"summary": [verdict, *named], "missed_targets": named, "seed": seed}
    return block


def validation_table(rows: pd.DataFrame) -> Block:
    """Return the cases with their verdicts, and below each all its numbers."""
    cases = [(str(name), part) for name, part in rows.groupby("case", sort=False)]
    columns = ["Case", "Verdict", "Furthest off (se)", "Numbers", "What theory says"]
    lines = [_line(name, part) for name, part in cases]
    top = table(columns, lines, caption="Every case, with the number that is furthest off",
                numeric=columns[2:4])  # fmt: skip
    every = element("div", join(_details(n, p) for n, p in cases), class_="box defs")
    body = join([top, element("h3", "All numbers, case by case"), every])
    words = "\n".join(
        f"{name}: {_verdict(part)}, largest difference {part['t'].abs().max():.1f} standard errors"
        for name, part in cases
    )
    return Block(body, words)


def _verdict(part: pd.DataFrame) -> str:
    return "agrees" if (part["verdict"] == "agrees").all() else "differs"


def _mark(verdict: str) -> Html:
    good = verdict in ("agrees", "found")
    return element("span", verdict, class_="met" if good else "missed")


def _line(name: str, part: pd.DataFrame) -> list[object]:
    first = part.iloc[0]
    theory = join([first["formula"], " ", element("small", first["source"])])
    return [name, _mark(_verdict(part)), f"{part['t'].abs().max():.1f}", len(part), theory]


def _details(name: str, part: pd.DataFrame) -> Html:
    columns = ["Quantity", "Theory", "Simulated (95 %)", "Off (se)", "Would be found"]
    lines = [
        [
            r["quantity"]
            if r["verdict"] == "agrees"
            else join([r["quantity"], " ", _mark("differs")]),
            format_value(r["theory"], r["unit"]),
            _with_interval(r),
            f"{r['t']:+.1f}".replace("-", "−"),
            f"±{100 * r['detectable'] / r['theory']:.1f} %",
        ]
        for r in part.to_dict("records")
    ]
    first = part.iloc[0]
    caption = (
        f"{first['formula']} ({first['source']}); {first['contacts']:,} contacts in "
        f"{first['replications']} replications, seed {first['seed']}"
    )
    return element(
        "details",
        element("summary", element("strong", name), " ", element("span", _verdict(part))),
        table(columns, lines, caption=caption, numeric=columns[1:]),
        open=None if _verdict(part) == "agrees" else "open",
    )


def _with_interval(row: Mapping[Hashable, Any]) -> Html:
    """Return a value, and its interval, which goes to the next line as a whole."""
    interval = format_interval(row["low"], row["high"], row["unit"])
    value = format_value(row["value"], row["unit"])
    return join([value, " ", element("span", f"({interval})", class_="whole")])


def fault_table(faults: pd.DataFrame) -> Block:
    """Return what became of the faults that were planted."""
    columns = ["Fault", "Planted into", "Number furthest off", "Theory", "With the fault",
               "Off (se)", "Found"]  # fmt: skip
    lines = [
        [
            r["fault"],
            r["case"],
            r["quantity"],
            format_value(r["theory"], r["unit"]),
            format_value(r["value"], r["unit"]),
            f"{r['t']:+.1f}".replace("-", "−"),
            _mark("found" if r["found"] else "missed"),
        ]
        for r in faults.to_dict("records")
    ]
    found = int(faults["found"].sum())
    caption = f"{found} of {len(faults)} planted faults are found"
    body = table(columns, lines, caption=caption, numeric=columns[3:6])
    words = "\n".join(
        f"{r['fault']}: {'found' if r['found'] else 'missed'}" for r in faults.to_dict("records")
    )
    return Block(body, words)
