"""The page of customers: who stays, over the whole log or in one period judged against others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from cxlab.calendars import LAST, last_complete, time_zone
from cxlab.calendars.asked import period_asked
from cxlab.errors import InputError
from cxlab.metrics import measure
from cxlab.report.alerts import alerts
from cxlab.report.blocks import Block
from cxlab.report.heading import heading
from cxlab.report.html import element
from cxlab.report.kpis import kpi_table
from cxlab.report.targets import Alarm, Target
from cxlab.report.tiles import tiles
from cxlab.report.view import View
from cxlab.tables import Tables

__all__ = [
    "customer_alerts", "customer_numbers", "customers_heading", "customers_period",
    "customers_state", "who_stays",
]  # fmt: skip

WHOLE = ("churn_ever", "ret_30d", "ret_km_6", "ret_km_12", "churn_voluntary", "nps", "ces", "resp")
"""What the page tells of the whole log."""

IN_PERIOD = ("churn", "churn_voluntary", "ret", "grr", "nrr", "arpa", "nps", "ces", "resp")
"""What the page tells of a period."""

JUDGED = ("churn", "grr", "nrr", "nps", "ces", "resp")
"""What is held against the periods before: neither a complement of another, nor a level that
carries over from month to month."""


def customers_period(
    tables: Tables, period: str | None = None, tz: str | None = None
) -> View | None:
    """Return the view of a period of the customers' log; None where none is asked for.

    `period`: "2026-05", "2026-Q2", …; "last-month" is the last month that the log covers to its
    end, to the second: until then nobody's leaving is decided. Raises InputError for a log without
    customers or contracts, and for a period that it is not about.
    """
    if not any(name in tables for name in ("customers", "subscriptions")):
        raise InputError(
            "the log has no customers: this page is about those in a table customers or "
            "subscriptions", given=", ".join(tables.names),
            hint="a log of tickets alone has the periodic report: cxlab report --data FOLDER",
        )  # fmt: skip
    if period is None:
        return None
    zone = tz or tables.time_zone or "UTC"
    time_zone(zone)
    asked = period_asked(period, zone)
    first, last = _span(tables)
    known = tables.as_of or last
    if isinstance(asked, str):
        chosen = last_complete(first, min(last, known), known, LAST[asked], zone)
    else:
        chosen = asked
    if chosen.end <= first or chosen.start > known:
        expected = f"a period between {first:%Y-%m-%d} and {known:%Y-%m-%d}"
        raise InputError("the log is not about that period", given=period, expected=expected)
    return View(tables, chosen, zone, first, known)


def _span(tables: Tables) -> tuple[dt.datetime, dt.datetime]:
    """Return when the first customer or contract began, and the last one began or ended."""
    found = []
    for name, column in _DATED:
        if tables.has(name, column):
            at = tables[name][column]
            found += list(tables[name].aggregate(low=at.min(), high=at.max()).execute().iloc[0])
    known = [t.to_pydatetime().replace(tzinfo=dt.UTC) for t in found if not pd.isna(t)]
    if not known:
        expected = "customers.acquired_at or subscriptions.started_at"
        raise InputError("the log does not say since when customers are there", expected=expected)
    return min(known), max(known)


_DATED = (("customers", "acquired_at"), ("subscriptions", "started_at"),
          ("subscriptions", "ended_at"))  # fmt: skip


def customers_heading(rules: str, customers: int, data: str, view: View | None) -> Block:
    """Return the head of the page; of a period, with its name, which the page's file bears too."""
    facts = [["Customers", f"{customers:,}"], ["Data", Path(data).name or data]]
    if view is None:
        return heading("Customers", "Journey and next action", rules, facts)
    before = view.previous.label if view.comparable else "none (the log begins later)"
    covered = " (partly covered)" if view.partly_covered else ""
    facts += [["Key figures of", view.current.label + covered], ["Compared with", before],
              ["Time zone", view.time_zone]]  # fmt: skip
    title = f"Journey and next action: {view.current.label}"
    block = heading("Customers", title, rules, facts)
    block.page["period"] = view.current.label
    return block


def customers_state(tables: Tables, view: View | None) -> Block:
    """Return the line that says as of when journey and tree are: the log's end, in any period."""
    zone = view.time_zone if view is not None else tables.time_zone or "UTC"
    end = "the end of the log"
    if tables.as_of is not None:
        end = f"{tables.as_of.astimezone(time_zone(zone)):%Y-%m-%d %H:%M} ({zone}), {end}"
    words = f"As of {end}" + ("." if view is None else f"; not of {view.current.label} alone.")
    return Block(element("p", words), words)


def customer_numbers(tables: Tables, view: View | None) -> pd.DataFrame:
    """Return the page's key figures: of the period, else of the whole log.

    Titles of money name its currency, as far as the contracts do.
    """
    rows = measure(tables, WHOLE) if view is None else view.measure(IN_PERIOD)
    money = rows["unit"] == "money"
    return rows.assign(title=rows["title"].where(~money, rows["title"] + f" ({_money(tables)})"))


def _money(tables: Tables) -> str:
    """Return the currency that the contracts name, "currency units" where none or several do."""
    if not tables.has("subscriptions", "currency"):
        return "currency units"
    column = tables["subscriptions"]["currency"]
    named = column.name("currency").as_table().distinct().execute()["currency"].dropna().tolist()
    return str(named[0]) if len(named) == 1 else "currency units"


def customer_alerts(
    view: View | None, numbers: pd.DataFrame, alarms: Mapping[str, Alarm] | None = None
) -> Block | None:
    """Return the box of alerts of a period (see `alerts`); None for the whole log.

    Churn is a share of those who were there at the period's start: a p-chart.
    """
    return None if view is None else alerts(view, numbers, alarms, judge=JUDGED)


def who_stays(
    view: View | None, numbers: pd.DataFrame, targets: Mapping[str, Target] | None = None
) -> list[Any]:
    """Return what is shown of the key figures: of a period tiles with their course, and a table."""
    if view is None:
        return [kpi_table(numbers)]
    shown = tiles(numbers, view.before(IN_PERIOD), targets, trends=view.trends(IN_PERIOD))
    return [shown, kpi_table(numbers)]
