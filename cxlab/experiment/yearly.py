"""The numbers of a company's year, each with its interval over the replications."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.calendars import Period
from cxlab.experiment.lifetimes import customer_values, value_quantiles
from cxlab.experiment.replications import by_replication, combined, over_replications
from cxlab.experiment.year import MOVES, CompanyYear, base_over_time, revenue_moves
from cxlab.metrics import METRICS, measure
from cxlab.metrics.frame import Results
from cxlab.units import format_value, rounded_share

__all__ = [
    "against_control",
    "base_over_time",
    "by_month",
    "company_kpis",
    "company_runs",
    "in_catalogue",
    "lost_by_reason",
    "segment_kpis",
    "use_at_end",
    "values_by_segment",
    "waterfall",
    "ways_won",
]

CLV = {"advance": "clv", "renewals": "clv_renewals", "arrears": "clv_arrears",
       "undiscounted": "clv_undiscounted"}  # fmt: skip
"""The metric of each convention of payment."""

PAYBACK = ("cac", "cac_churn")
"""Paybacks look at costs of the time before: they are of what was won in the second half."""

COMPARED = {
    "customers": "Customers at the end", "lost": "Customers lost", "won": "Customers won",
    "margin": "Margin", "support": "Cost of support", "value": "Margin less all costs",
    "tickets": "Tickets", "csat": "CSAT, mean score",
}  # fmt: skip


def company_runs(year: CompanyYear) -> Results:
    """Return the metrics of the catalogue that a company has, for each replication by itself.

    They are measured over the time that counts (`year.period`).
    """
    tables, life = year.tables, year.life
    ids = ["nrr", "grr", "arpa", CLV[life.payments]]
    if tables.has("surveys"):
        ids += ["csat"] * ("csat" in year.scenario.surveys)
        ids += ["nps_relational"] * (life.relation_survey is not None)
    if tables.has("tickets"):
        ids += ["vol_per_100_customers", "cpt"]
    return by_replication(tables, ids, period=year.period, settings=year.settings)


def company_kpis(year: CompanyYear, runs: pd.DataFrame | None = None) -> Results:
    """Return the key figures of a company as tidy rows with intervals over replications.

    Metrics of the catalogue are those of `runs`, by default of `company_runs(year)`; paybacks are
    measured over the second half of the time that counts; one that never comes is infinite.
    """
    own = [_customers("customers_start", "Customers at the start", _at(year, first=True), year),
           _customers("customers_end", "Customers at the end", _at(year, first=False), year),
           _churn(year)]  # fmt: skip
    tables, life, settings = year.tables, year.life, year.settings
    found = combined(company_runs(year) if runs is None else runs)
    found.loc[found["metric"] == CLV[life.payments], "note"] = (
        f"discounted at {format_value(settings.value.discount_per_year, 'share')} a year, at a "
        f"margin of {format_value(settings.value.margin_share, 'share')}; the formula for a whole "
        "lifetime at this run's churn"
    )
    parts = [pd.DataFrame(own), found]
    if tables.has("costs"):
        parts.append(_paybacks(year))
    rows = pd.concat(parts, ignore_index=True)
    money = rows["unit"] == "money"
    rows.loc[money, "title"] += f" ({year.scenario.currency})"
    return Results(rows)


def _row(
    year: CompanyYear, metric: str, title: str, unit: str, **numbers: object
) -> dict[str, object]:
    return {
        "metric": metric, "title": title, "unit": unit, "direction": "depends",
        "period": year.period.label, "excluded": {}, "pending": 0, "flag": "ok", "note": "",
        "numerator": np.nan, **numbers,
    }  # fmt: skip


def _at(year: CompanyYear, *, first: bool) -> pd.Series:
    days = year.daily[year.daily["loop"] == "simulated"]
    chosen = days["day"].min() if first else days["day"].max()
    found: pd.Series = days[days["day"] == chosen].set_index("replication")["customers"]
    return found


def _customers(metric: str, title: str, runs: pd.Series, year: CompanyYear) -> dict[str, object]:
    value, low, high = stats.replication_interval(runs)
    if low == high:  # as many in every run: given, not found
        low = high = float("nan")
    return _row(year, metric, title, "count", value=value, low=np.fmax(low, 0.0), high=high,
                n=len(runs), interval_method="Student t over replications")  # fmt: skip


def _churn(year: CompanyYear) -> dict[str, object]:
    runs = year.runs
    value, low, high = stats.jackknife_ratio(runs["lost"], runs["customer_months"])
    return _row(
        year, "churn_a_month", "Churn a month", "share", value=value, low=max(low, 0.0), high=high,
        n=len(runs), direction="down", interval_method="jackknife over replications",
        note="customers lost ÷ customer-months",
    )  # fmt: skip


def _paybacks(year: CompanyYear) -> pd.DataFrame:
    """Return the paybacks; where most runs never pay back, the payback is infinite."""
    period, settings = year.second_half, year.settings
    rows = over_replications(year.tables, PAYBACK, period=period, settings=settings)
    single = measure(year.tables, PAYBACK, by="replication", period=period, settings=settings)
    for at, metric in rows["metric"].items():
        runs = single.loc[single["metric"] == metric, "value"].dropna()
        never = int(np.isinf(runs).sum())
        note = "won in the second half, paid for in the first"
        if never:
            middle = float(runs.median())
            rows.loc[at, ["value", "low", "high"]] = middle, np.nan, np.nan
            note = f"never in {never:,} of {len(runs):,} runs; {note}"
        rows.loc[at, "note"] = note
    return rows


def segment_kpis(year: CompanyYear) -> pd.DataFrame:
    """Return churn, revenue, value and demand of each segment, over the time that counts."""
    ids = ["churn_rate", "arpa", CLV[year.life.payments]]
    if year.tables.has("tickets"):
        ids.append("vol_per_100_customers")
    return over_replications(
        year.tables, ids, by="segment", period=year.period, settings=year.settings
    )


def waterfall(year: CompanyYear) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return revenue from start to end by kind of movement, and by month and kind.

    The first: kind, value, low, high; the second: month, kind, value. Both are means over the
    replications; a kind that a run has not seen counts as 0 there.
    """
    moves = revenue_moves(year)
    runs = pd.Index(range(1, year.scenario.replications + 1), name="replication")
    totals = moves.groupby(["kind", "replication"])["amount"].sum().unstack(fill_value=0)
    totals = totals.reindex(columns=runs, fill_value=0.0)
    rows = []
    for kind in ("start", *MOVES, "end"):
        if kind in totals.index:
            value, low, high = stats.replication_interval(totals.loc[kind])
            rows.append({"kind": kind, "value": value, "low": max(low, 0.0), "high": high})
    monthly = moves[moves["month"].notna()].groupby(["month", "kind"])["amount"]
    by_month = monthly.sum().rename("value").reset_index()
    by_month["value"] /= len(runs)
    columns = ["kind", "value", "low", "high"]
    return pd.DataFrame(rows, columns=columns), by_month


def lost_by_reason(year: CompanyYear) -> pd.DataFrame:
    """Return how many customers a run loses for each reason: reason, value, low, high, note."""
    rows = []
    links = {link.name for link in year.life.links}
    total = year.runs["lost"].mean()
    for column in year.runs.columns:
        if not column.startswith("lost: ") or year.runs[column].sum() == 0:
            continue
        value, low, high = stats.replication_interval(year.runs[column])
        name = column.removeprefix("lost: ")
        share = rounded_share(value / total) if total else ""
        rows.append({"reason": f"{name} (link)" if name in links else name, "value": value,
                     "low": max(low, 0.0), "high": high, "note": share})  # fmt: skip
    return pd.DataFrame(rows, columns=["reason", "value", "low", "high", "note"])


def ways_won(year: CompanyYear) -> pd.DataFrame:
    """Return how customers were won: way, leads, won, cost (of one), months (of payback).

    Each with low and high over replications (`won_low`, …). `months` is the cost of winning one
    ÷ the margin of a month at the first plan; infinite where there is no margin.
    """
    rows = []
    for way, runs in year.ways.groupby("way", sort=False):
        won, low, high = stats.replication_interval(runs["won"])
        cost = stats.jackknife_ratio(runs["spent"], runs["won"])
        months = stats.jackknife_ratio(runs["spent"], runs["margin"])
        cost, months = ((v, max(a, 0.0), b) for v, a, b in (cost, months))  # neither is below 0
        if runs["won"].sum() > 0 and not runs["margin"].sum():
            months = (np.inf if runs["spent"].sum() else 0.0, np.nan, np.nan)
        rows.append({
            "way": way, "leads": runs["leads"].mean(), "won": won, "won_low": max(low, 0.0),
            "won_high": high, "cost": cost[0], "cost_low": cost[1], "cost_high": cost[2],
            "months": months[0], "months_low": months[1], "months_high": months[2],
        })  # fmt: skip
    return pd.DataFrame(rows)


def use_at_end(year: CompanyYear) -> pd.DataFrame:
    """Return what share of the customers there at the end uses what: reason, value, low, high."""
    rows = []
    for feature, runs in year.use.groupby("feature", sort=False):
        value, low, high = stats.replication_interval(runs["share"])
        rows.append({"reason": feature, "value": value, "low": max(low, 0.0),
                     "high": min(high, 1.0)})  # fmt: skip
    return pd.DataFrame(rows, columns=["reason", "value", "low", "high"])


def values_by_segment(year: CompanyYear) -> pd.DataFrame:
    """Return mean and quantiles of customers' values in the first months, in all and by segment."""
    shares = (0.1, 0.25, 0.5, 0.75, 0.9)
    columns = ["group", "statistic", "value", "low", "high", "customers"]
    if not year.tables.has("transactions"):
        return pd.DataFrame(columns=columns)
    values = customer_values(
        year.tables, months=year.value_months, payments=year.life.payments,
        discount_per_year=year.life.discount_per_year,
    )  # fmt: skip
    if values.empty:
        return pd.DataFrame(columns=columns)
    parts = [value_quantiles(values, shares=shares)]
    if values["segment"].nunique() > 1:
        parts.append(value_quantiles(values, by="segment", shares=shares))
    return pd.concat(parts, ignore_index=True)


def against_control(year: CompanyYear) -> pd.DataFrame:
    """Return the closed loop beside its control: quantity, closed, control, difference, low, high.

    Differences are paired: both met the same draws. Empty where there is no control.
    """
    columns = ["quantity", "closed", "control", "difference", "low", "high"]
    if year.control is None:
        return pd.DataFrame(columns=columns)
    rows = []
    for name, title in COMPARED.items():
        closed, control = year.runs[name], year.control[name]
        if closed.notna().any():
            difference, low, high = stats.replication_interval(closed - control)
            rows.append({"quantity": title, "closed": closed.mean(), "control": control.mean(),
                         "difference": difference, "low": low, "high": high})  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def by_month(year: CompanyYear, metric: str) -> pd.DataFrame:
    """Return a metric month by month, for the months of the calendar that lie in the run whole."""
    if not year.tables.has("tickets"):
        columns = ["metric", "title", "unit", "period", "value", "low", "high"]
        about = METRICS[metric]
        return pd.DataFrame(
            [[metric, about.title, about.unit, year.period.label, *[np.nan] * 3]], columns=columns
        )
    rows = over_replications(
        year.tables, metric, by="month", period=year.period, settings=year.settings
    )
    months = [Period.parse(str(label), year.scenario.time_zone) for label in rows["period"]]
    whole = [year.period.start <= m.start and m.end <= year.period.end for m in months]
    return rows[whole].reset_index(drop=True)


def in_catalogue(kpis: pd.DataFrame) -> pd.DataFrame:
    """Return the rows whose definition stands in the catalogue."""
    return kpis[kpis["metric"].isin(METRICS)]
