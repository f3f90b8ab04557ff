"""What customers were worth, one by one, and how long cohorts lasted, in simulated tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats
from cxlab.errors import InputError
from cxlab.tables import Tables
from cxlab.theory import Payments

__all__ = ["cohort_retention", "customer_values", "value_quantiles"]

_MONTH = pd.Timedelta(days=365.25) / 12


def customer_values(
    tables: Tables,
    *,
    months: int = 12,
    discount_per_year: float = 0.1,
    payments: Payments = "advance",
) -> pd.DataFrame:
    """Return the margin that each customer brought in the first `months`, discounted to its start.

    Counted are customers won since the observation began (in a run with a warm-up: since its end;
    who was there at the start is not one of them), and so early that they could be seen for so many
    months, whether they stayed or not; of those won later only the leavers' value would be known,
    and the short lives would weigh too much. Margin is amount − cost of all transactions in that
    time. `payments` names the convention, as in
    `cxlab.theory.lifetime_value`: "advance" takes every payment when it is made, "renewals" leaves
    out those of the first day, "arrears" takes a payment for a term at the term's end, and
    "undiscounted" does not discount. One row per replication and customer: segment,
    acquisition_channel, value, months_seen, left (by the end of the observation). Raises
    InputError for tables without transactions and subscriptions, for another convention, for less
    than one month and for a negative discount.
    """
    known = ("advance", "renewals", "arrears", "undiscounted")
    if payments not in known:
        raise InputError("payments of a lifetime value", given=payments, known=known)
    if isinstance(months, bool) or not isinstance(months, int | np.integer) or months < 1:
        raise InputError("months of a lifetime value", given=months, expected="1, 2, 3, …")
    if not 0 <= discount_per_year < np.inf:
        raise InputError("discount_per_year", given=discount_per_year, expected="0 or more")
    lives = _lives(tables)
    end = _end(tables)
    lives["over"] = _anniversary(lives["start"], months, tables.time_zone or "UTC")
    lives = lives[lives["over"] <= end]
    paid = _frame(tables, "transactions")
    keys = ["replication", "customer_id"]
    paid = paid.merge(lives[[*keys, "start", "over"]], on=keys)
    since = paid["at"] - paid["start"]
    inside = (since >= pd.Timedelta(0)) & (paid["at"] < paid["over"])
    paid = paid.assign(since=since)[inside]
    if payments == "renewals":
        paid = paid[paid["since"] > pd.Timedelta(days=1)]
    later = _term_lengths(tables, paid) * int(payments == "arrears")
    rate = 0.0 if payments == "undiscounted" else discount_per_year
    factor = (1 + rate) ** (-_months(paid["since"] + later) / 12)
    cost = paid["cost"].fillna(0.0) if "cost" in paid else 0.0
    value = ((paid["amount"] - cost) * factor).groupby([paid["replication"], paid["customer_id"]])
    found = lives.merge(value.sum().rename("value").reset_index(), on=keys, how="left")
    found["value"] = found["value"].fillna(0.0)
    seen = _months(found["end"].fillna(end) - found["start"])
    found["months_seen"] = np.minimum(seen, months)
    return found.drop(columns=["start", "end", "over"]).reset_index(drop=True)


def _months(spans: pd.Series) -> npt.NDArray[np.float64]:
    return np.asarray(spans.dt.total_seconds().to_numpy() / _MONTH.total_seconds())


def _months_survived(
    starts: pd.Series, end: pd.Timestamp, zone: str | None
) -> npt.NDArray[np.float64]:
    """Return how many monthly anniversaries of some starts lie before an end."""
    local, until = starts.dt.tz_convert(zone or "UTC"), end.tz_convert(zone or "UTC")
    months = 12 * (until.year - local.dt.year) + until.month - local.dt.month
    found = months.to_numpy(dtype=float)
    for number in np.unique(found):
        mine = found == number
        over = _anniversary(starts[mine], int(number), zone or "UTC") >= end
        found[mine] = number - over.to_numpy()
    return np.asarray(np.maximum(found, 0.0))


def _anniversary(starts: pd.Series, months: int, zone: str) -> pd.Series:
    """Return the same local day and time some months later, or that of the month's last day."""
    local = starts.dt.tz_convert(zone).dt.tz_localize(None) + pd.DateOffset(months=months)
    later = local.dt.tz_localize(zone, ambiguous=False, nonexistent="shift_forward")
    utc: pd.Series = later.dt.tz_convert("UTC")
    return utc


def _end(tables: Tables) -> pd.Timestamp:
    if tables.as_of is None:
        raise InputError("tables without an end of observation", expected="as_of")
    return pd.Timestamp(tables.as_of)


def _check_column(by: str, frame: pd.DataFrame, known: tuple[str, ...]) -> None:
    if by not in known or by not in frame:
        raise InputError("unknown column to group by", given=by, known=known)


def _frame(tables: Tables, name: str) -> pd.DataFrame:
    """Return a table; a log that is no simulation is one replication."""
    frame = tables.frame(name)
    return frame.assign(replication=frame["replication"].fillna(1))


def _lives(tables: Tables) -> pd.DataFrame:
    """Return from when to when everybody was a customer who was won since observation began."""
    for name in ("transactions", "subscriptions", "customers"):
        if not tables.has(name):
            raise InputError("a lifetime value asks for a table that is missing", given=name)
    spells = _frame(tables, "subscriptions")
    paid = _frame(tables, "transactions")
    began = paid.loc[paid["excluded_reason"].isna(), "at"].min()
    keys = ["replication", "customer_id"]
    lives = spells.groupby(keys).agg(start=("started_at", "min"), end=("ended_at", "max"),
                                     open=("ended_at", lambda ends: ends.isna().any()))  # fmt: skip
    lives = lives[lives["start"] >= began].reset_index()
    lives["left"] = ~lives["open"].astype(bool)
    lives.loc[~lives["left"], "end"] = pd.NaT
    about = _frame(tables, "customers")[[*keys, "segment", "acquisition_channel"]]
    about = about[about["acquisition_channel"].ne("initial")]  # there at the start of a run
    merged: pd.DataFrame = lives.drop(columns="open").merge(about, on=keys)
    return merged


def _term_lengths(tables: Tables, paid: pd.DataFrame) -> pd.Series:
    """Return how long the terms are that payments are for; 0 for other purchases."""
    terms = _frame(tables, "subscriptions")[["replication", "customer_id", "started_at", "due_at"]]
    joined = paid.merge(
        terms, left_on=["replication", "customer_id", "at"],
        right_on=["replication", "customer_id", "started_at"], how="left",
    )  # fmt: skip
    lengths = (joined["due_at"] - joined["started_at"]).fillna(pd.Timedelta(0))
    lengths.index = paid.index
    return lengths


def value_quantiles(
    values: pd.DataFrame, by: str | None = None, shares: tuple[float, ...] = (0.1, 0.5, 0.9)
) -> pd.DataFrame:
    """Return mean and quantiles of customers' values, with 95 % intervals over replications.

    `values`: from `customer_values`. One row per group and statistic ("mean", "p10", …): value,
    low, high, customers. The unit is the replication: customers of one run share its service.
    """
    if by is not None:
        _check_column(by, values, ("segment", "acquisition_channel"))
    groups = values.groupby(by) if by else [("all", values)]
    rows = []
    for group, part in groups:
        runs = part.groupby("replication")["value"]
        numbers = {"mean": runs.mean(), **{f"p{s * 100:g}": runs.quantile(s) for s in shares}}
        for name, of_runs in numbers.items():
            value, low, high = stats.replication_interval(of_runs)
            rows.append({"group": group, "statistic": name, "value": value, "low": low,
                         "high": high, "customers": len(part)})  # fmt: skip
    return pd.DataFrame(rows)


def cohort_retention(
    tables: Tables, *, by: str | None = None, every: str = "quarter", at_least: int = 20
) -> pd.DataFrame:
    """Return the share of each cohort that is still there after each month (Kaplan–Meier).

    Cohorts are those who became customers in a month, quarter or year since observation began,
    or groups by a column (`by`: segment, acquisition_channel). Who left and came back before the
    end is there all the time. Columns: group, time (months), value, low, high, n (size of the
    cohort), as `cxlab.charts.survival_curve` draws them. Cohorts of fewer than
    `at_least` customers are left out. All replications are pooled: the bands are those of the
    customers, not of the runs.
    """
    letters = {"month": "M", "quarter": "Q", "year": "Y"}
    if every not in letters:
        raise InputError("unknown length of cohorts", given=every, known=letters)
    lives, end = _lives(tables), _end(tables)
    if by is not None:
        _check_column(by, lives, ("segment", "acquisition_channel"))
    local = lives["start"].dt.tz_convert(tables.time_zone).dt.tz_localize(None)
    cohort = lives[by] if by else local.dt.to_period(letters[every]).astype(str)
    rows = []
    for group, part in lives.groupby(cohort):
        if len(part) < at_least:
            continue
        left = part["left"].to_numpy(dtype=bool)
        # Months have 28 to 31 days: who leaves does so at an anniversary, a whole month.
        lasted = np.rint(_months(part["end"].fillna(end) - part["start"]))
        whole = np.where(left, lasted, _months_survived(part["start"], end, tables.time_zone))
        curve = stats.kaplan_meier(whole, left.astype(float), (~left).astype(float))
        times = np.arange(0, int(whole.max()) + 1, dtype=float)
        value, low, high = curve.at(times)
        at_risk = [int((whole >= t).sum()) for t in times]
        rows.append(pd.DataFrame({"group": str(group), "time": times, "value": value, "low": low,
                                  "high": high, "n": len(part),
                                  "at_risk": at_risk}))  # fmt: skip
    columns = ["group", "time", "value", "low", "high", "n", "at_risk"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)
