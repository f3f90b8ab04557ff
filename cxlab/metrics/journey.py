"""Journey map: a funnel through the stages of a customer's way, with how long each takes.

A map is a TOML file that names the stages in order and where the log shows each. A customer
enters a stage at its first sign at or after entering the stage before; who skips one is told
apart and counts in no later stage.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.errors import InputError
from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.journey_map import JourneyMap, load_journey
from cxlab.metrics.plan import MISSING
from cxlab.metrics.sources.population import counted, matching, with_customer
from cxlab.metrics.view import View, view_of
from cxlab.tables import Tables

__all__ = ["JOURNEY_COLUMNS", "journey"]

JOURNEY_COLUMNS = (
    "stage", "entered", "reached_next", "waiting", "left", "conversion", "conversion_low",
    "conversion_high", "median_s", "median_low_s", "median_high_s", "out_of_order",
)  # fmt: skip
"""Columns of `journey`; group columns stand before them."""

_ONWARD = (
    "reached_next", "conversion", "conversion_low", "conversion_high", "median_s", "median_low_s",
    "median_high_s",
)  # fmt: skip
_OUTCOMES = ("reached", "left", "waiting", "out")


def journey(
    tables: Tables,
    stages: JourneyMap | None = None,
    *,
    by: str | Sequence[str] = (),
    as_of: dt.datetime | None = None,
) -> pd.DataFrame:
    """Return one row per stage: who entered it, who went on, and how long that took.

    Of those who `entered`, some `reached_next`, some `left` (all subscriptions ended first), the
    rest is `waiting`. `conversion` is reached ÷ entered with Wilson's interval: the waiting count
    as not converted. `median_s` (seconds, Kaplan–Meier with its limits) counts them, and those
    who left, as long as they were seen. `out_of_order` are customers with a sign of the next
    stage who had not entered this one by then. The last stage leads nowhere: empty.

    `by`: columns of the customers, and "replication" where there are several. Raises InputError
    for a table or group that is not there.
    """
    asked = stages or load_journey()
    view = view_of(tables, as_of)
    names = [n.strip() for n in by.split(",") if n.strip()] if isinstance(by, str) else list(by)
    _check(view, asked, names)
    ways = _ways(view, asked)
    unknown = [n for n in names if n not in ways.columns]
    if unknown:
        known = [c for c in ways.columns if not c.startswith(("entered_", "seen_"))]
        raise InputError("unknown group", given=unknown[0], known=known)
    cells = [
        _cells(ways, i, names, last=i + 1 == len(asked.stages)).to_pandas() for i in _range(asked)
    ]
    groups = pd.concat(cells)[names].drop_duplicates().sort_values(names) if names else None
    parts = [
        _stage_rows(found, stage.name, groups).assign(place=i)
        for i, (found, stage) in enumerate(zip(cells, asked.stages, strict=True))
    ]
    rows = pd.concat(parts, ignore_index=True).sort_values([*names, "place"], kind="stable")
    leads_nowhere = rows["place"] == len(asked.stages) - 1
    rows.loc[leads_nowhere, list(_ONWARD)] = np.nan
    rows["reached_next"] = rows["reached_next"].astype("Int64")
    return rows[[*names, *JOURNEY_COLUMNS]].reset_index(drop=True)


def _range(asked: JourneyMap) -> range:
    return range(len(asked.stages))


def _check(view: View, asked: JourneyMap, names: Sequence[str]) -> None:
    absent = [s for s in asked.stages if view.table(s.table) is None]
    if absent:
        missing = list(dict.fromkeys(s.table for s in absent))
        stages = ", ".join(f"{s.name} ({s.table})" for s in absent)
        raise InputError(
            f"the log has no {' and no '.join(missing)}, in which stages of the journey are seen: "
            f"{stages}", known=list(view.tables.names),
            hint="state stages that this log shows, in a file of your own",
        )  # fmt: skip
    if len(view.replications) > 1 and "replication" not in names:
        raise InputError(
            f"the tables hold {len(view.replications)} simulated replications, which are not one "
            "log", expected="'replication' among the groups",
        )  # fmt: skip


def _ways(view: View, asked: JourneyMap) -> ir.Table:
    """Return one row per customer with a sign of any stage.

    `entered_<i>`: when it entered stage i in order; `seen_<i>`: whether it ever was seen there;
    `seen_until`: the end of its observation.
    """
    signs = [stage.signs(view) for stage in asked.stages]
    signs = [s.filter(s.at.notnull(), s.customer_id.notnull()) for s in signs]
    people = ibis.union(*[s.select("run", "customer_id") for s in signs], distinct=True)
    keys = ("run", "customer_id")
    rows = people
    for i, sign in enumerate(signs):
        counts = sign.group_by(list(keys)).aggregate(**{f"any_{i}": sign.count()})
        rows = matching(rows, counts, keys)
        if i == 0:
            first = sign.group_by(list(keys)).aggregate(entered_0=sign.at.min())
        else:
            before = rows.select(*keys, since=f"entered_{i - 1}").rename(
                own_run="run", own_customer="customer_id"
            )
            later = sign.join(
                before,
                [sign.run == before.own_run, sign.customer_id == before.own_customer,
                 sign.at >= before.since],
            )  # fmt: skip
            first = later.group_by(list(keys)).aggregate(**{f"entered_{i}": later.at.min()})
        rows = matching(rows, first, keys)
    rows = rows.mutate(**{f"seen_{i}": rows[f"any_{i}"].notnull() for i in _range(asked)})
    rows = rows.mutate(excluded_reason=ibis.null("string"))
    rows = with_customer(_with_end(rows, view), view)
    return rows.filter(rows.excluded_reason.isnull())


def _with_end(rows: ir.Table, view: View) -> ir.Table:
    """Add until when the customer was seen: the end of its last subscription, or the cut-off."""
    now = ibis.timestamp(naive_utc(view.as_of))
    if view.table("subscriptions") is None:
        return rows.mutate(seen_until=now, gone=ibis.literal(False))
    spells = counted(view.tables["subscriptions"])
    ends = spells.group_by(["run", "customer_id"]).aggregate(
        stays=spells.ended_at.isnull().any(), last_end=spells.ended_at.max()
    )
    joined = matching(rows, ends, ("run", "customer_id"))
    gone = (~joined.stays & (joined.last_end <= now)).fill_null(False)
    return joined.mutate(gone=gone, seen_until=gone.ifelse(joined.last_end, now)).drop(
        "stays", "last_end"
    )


def _cells(ways: ir.Table, i: int, names: Sequence[str], *, last: bool) -> ir.Table:
    """Count the customers of stage i by group, outcome and duration to the next stage.

    Outcomes: reached, left, waiting, and `out` for a sign of the next stage out of order.
    """
    here = ways[f"entered_{i}"]
    reached = ibis.literal(False) if last else ways[f"entered_{i + 1}"].notnull()
    seen = ibis.literal(False) if last else ways[f"seen_{i + 1}"]
    # Whoever left before the sign of the stage was seen no longer than that.
    until = ibis.greatest(ways.seen_until, here)
    end = until if last else ibis.coalesce(ways[f"entered_{i + 1}"], until)
    outcome = ibis.cases(
        (here.isnull() & seen, "out"),
        (here.isnull(), ibis.null("string")),
        (reached, "reached"),
        (ways.gone, "left"),
        else_="waiting",
    )
    duration = here.isnull().ifelse(ibis.null("float64"), seconds_between(here, end))
    # A customer whose only sign of the next stage came before this one is out of order too.
    early = here.notnull() & seen & ~reached
    groups = {
        n: ways[n] if n == "replication" else ways[n].cast("string").fill_null(MISSING)
        for n in names
    }
    rows = ways.select(**groups, outcome=outcome, duration=duration, early=early)
    rows = rows.filter(rows.outcome.notnull())
    return rows.group_by([*names, "outcome", "duration", "early"]).aggregate(rows=rows.count())


def _stage_rows(cells: pd.DataFrame, stage: str, groups: pd.DataFrame | None) -> pd.DataFrame:
    """Return one row per group, also of those that nobody of entered the stage."""
    if groups is None:
        return pd.DataFrame([_stage_row(cells, stage)])
    out = []
    for group in groups.to_dict(orient="records"):
        mine = (cells[list(groups)] == pd.Series(group)).all(axis="columns")
        row: dict[str, object] = {str(name): value for name, value in group.items()}
        out.append(row | _stage_row(cells[mine], stage))
    return pd.DataFrame(out, columns=[*groups, *JOURNEY_COLUMNS])


def _stage_row(cells: pd.DataFrame, stage: str) -> dict[str, object]:
    """Return one row of the result from the cells of one stage and group."""
    n = {name: int(cells.loc[cells["outcome"] == name, "rows"].sum()) for name in _OUTCOMES}
    inside = cells[cells["outcome"] != "out"]
    entered = n["reached"] + n["left"] + n["waiting"]
    low, high = stats.wilson_interval(np.array([n["reached"]]), np.array([entered]))
    done = inside["outcome"] == "reached"
    curve = stats.kaplan_meier(
        inside["duration"].to_numpy(dtype=float),
        inside["rows"].where(done, 0).to_numpy(dtype=float),
        inside["rows"].where(~done, 0).to_numpy(dtype=float),
    )
    median, median_low, median_high = curve.quantile(0.5) if entered else (np.nan,) * 3
    early = int(cells.loc[cells["early"].astype(bool), "rows"].sum())
    return {
        "stage": stage, "entered": entered, "reached_next": n["reached"], "waiting": n["waiting"],
        "left": n["left"], "conversion": n["reached"] / entered if entered else np.nan,
        "conversion_low": float(low[0]), "conversion_high": float(high[0]),
        "median_s": median, "median_low_s": median_low, "median_high_s": median_high,
        "out_of_order": n["out"] + early,
    }  # fmt: skip
