"""Why customers left, and whether those who spoke up stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from cxlab import stats
from cxlab.metrics.declaration import Attribution, Basis, Example, Metric
from cxlab.metrics.sources.value.departures import HORIZONS, UNKNOWN
from cxlab.metrics.statistics import Fitted, Point, Share
from cxlab.metrics.value.rows import ENDS, NOT_OVER, Rows, contracts

__all__ = ["METRICS", "ShareOfReason"]


@dataclass(frozen=True, slots=True)
class ShareOfReason(Share):
    """A share over rows that exist once per reason: it means something by reason only."""

    def lacks(self, groups: Sequence[str]) -> str:
        """Return that the reason has to be among the groups."""
        return "" if "reason" in groups else "no reason is grouped by: ask by reason"


def _all(rows: ir.Table) -> ir.BooleanValue:
    return rows.customer_id.notnull()


def _left(name: str, source: str, value: object, **more: object) -> Basis:
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.HAPPENED,
        population="customers who left in the period; who comes back and leaves again, twice",
        belongs=_all,
        value=value,  # type: ignore[arg-type]
        needs=(ENDS, "subscriptions.churn_reason"),
        **more,  # type: ignore[arg-type]
    )


def top_three(cells: pd.DataFrame) -> Point:
    """Return the share of the three most frequent known reasons together (cells: reason)."""
    n = float(cells["rows"].sum())
    known = cells[cells["reason"] != UNKNOWN].sort_values(
        ["rows", "reason"], ascending=[False, True]
    )
    first = known.head(3)
    if first.empty:
        return Point(*(float("nan"),) * 3, "no reason is known")
    hits = float(first["rows"].sum())
    low, high = (float(e) for e in stats.wilson_interval(hits, n))
    return Point(hits / n, low, high, "top reasons: " + ", ".join(first["reason"]))


def difference(cells: pd.DataFrame) -> Point:
    """Return the share kept of those who spoke less that of the others (cells: value, spoke)."""
    sides = {}
    for spoke, part in cells.groupby(cells["spoke"].astype(bool)):
        n = float(part["rows"].sum())
        kept = float(part.loc[part["value"].astype(bool), "rows"].sum())
        low, high = (float(e) for e in stats.wilson_interval(kept, n))
        sides[bool(spoke)] = (kept / n, low, high)
    if len(sides) < 2:
        return Point(*(float("nan"),) * 3, "nobody to compare with")
    low, high = stats.difference_interval(*sides[True], *sides[False])
    return Point(sides[True][0] - sides[False][0], low, high)


def _spoke(days: int, name: str, population: str, belongs: object, **more: object) -> Basis:
    return Basis(
        name=f"{name}_{days}d",
        source="feedback_periods",
        attribution=Attribution.PERIOD_START,
        population=population,
        belongs=belongs,  # type: ignore[arg-type]
        value=lambda t: t[f"fact_there_{days}"],
        pending=lambda t: ~t.fact_window_over | ~t[f"fact_mature_{days}"],
        pending_meaning=f"{NOT_OVER}, or ended less than {days} days before it",
        needs=(ENDS, "surveys.customer_id|surveys.subject_type"),
        **more,  # type: ignore[arg-type]
    )


_AT_END = "customers there at the period's end"
_REASONS = contracts(
    *(
        {"customer_id": who, "ended_at": f"2026-01-{10 + n}", "churn_reason": reason}
        for n, (who, reason) in enumerate(
            zip("ABCDEFGHIJ", ("price",) * 4 + ("service",) * 2 + ("moved", "quality", None, None),
                strict=True)
        )
    )
)  # fmt: skip
_REASONS_STORY = (
    "Ten customers left in January: four over the price, two over the service, one moved, one "
    "over the quality, and of two nobody knows. "
)


def _feedback() -> Rows:
    rows = contracts(
        *({"customer_id": who, "started_at": "2025-01-01", "ended_at": end}
          for who, end in zip("ABCDEFG", ("2025-06-20", None, None, "2025-09-01", "2025-07-10",
                                          None, "2025-06-05"), strict=True))
    )  # fmt: skip
    ask = {"instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
           "subject_id": "t", "score": 4.0}  # fmt: skip
    rows["surveys"] = tuple(
        {**ask, "survey_id": f"f{n}", "customer_id": who, "answered_at": at}
        for n, (who, at) in enumerate(
            (("A", "2025-06-10"), ("B", "2025-06-10"), ("C", "2025-06-12"), ("D", "2025-06-14"),
             ("D", "2025-06-15"))
        )
    )  # fmt: skip
    return rows


_FEEDBACK = _feedback()
_FEEDBACK_STORY = (
    "In June A, B, C and D answered surveys; A left on the 20th, G on the 5th. Of B, C and D, "
    "there on 30 June, D leaves on 1 September; of E and F, who said nothing, E in July. "
)


def _kept(days: int) -> Metric:
    months = {90: "three months", 180: "six months", 365: "a year"}[days]
    value, story = {
        90: (2 / 3, "After 90 days B and C are left of three."),
        180: (2 / 3, "After 180 days B and C are left of three."),
        365: (2 / 3, "After 365 days B and C are left of three."),
    }[days]
    return Metric(
        id="fb_ret" if days == 90 else f"fb_ret_{days}d",
        title=f"Retention of customers who gave feedback, after {months}",
        definition=f"Share of the customers who answered a survey in the period and were there at "
        f"its end that are there {days} days later.",
        formula=rf"\frac{{\left|\{{ i \in F \cap A(t_1) : i \in A(t_1 + {days}\ \mathrm{{d}}) "
        r"\}\right|}{\left| F \cap A(t_1) \right|}",
        unit="share",
        direction="up",
        basis=_spoke(days, "feedback_kept", f"{_AT_END} who answered a survey in it",
                     lambda t: t.fact_spoke),
        statistic=Share(),
        source="library.kpi.zone (customer feedback retention score)",
        notes=("The clock starts at the period's end. From its start, those who spoke would have "
               "had to stay until they did: they would look loyal for that alone (immortal time).",
               "Who speaks up differs from who does not: no effect of asking."),
        example=Example(_FEEDBACK_STORY + story, _FEEDBACK, value, period="2025-06",
                        as_of="2026-12-01"),
        variant_of="" if days == 90 else "fb_ret",
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    Metric(
        id="exit",
        title="Exit reasons",
        definition="Share of the customers who left in the period that left for this reason; an "
        "unknown reason is one of them.",
        formula=r"\frac{n_{\mathrm{reason}, s}}{n_{\mathrm{left}, s}}",
        unit="share",
        direction="depends",
        basis=_left("exit_reason", "departures_by_reason", lambda t: t.fact_reason == t.reason),
        statistic=ShareOfReason(),
        source="library.kpi.zone (exit reason frequency, segmented)",
        notes=("Ask by reason, and by segment beside it: the shares of each segment add up to 1. "
               "n is all who left.",
               "Dropping the unknown would make every other share too large.",
               "Who ended at midnight of the 1st left in the month before, as for churn."),
        example=Example(_REASONS_STORY + "Price: 4 of 10. Without the unknown it would be 4 of 8.",
                        _REASONS, 0.4, by="reason", group={"reason": "price"}),
    ),
    Metric(
        id="exit_unknown",
        title="Exits without a known reason",
        definition="Share of the customers who left in the period whose reason nobody recorded.",
        formula=r"\frac{n_{\mathrm{unknown}}}{n_{\mathrm{left}}}",
        unit="share",
        direction="down",
        basis=_left("exit_unknown", "departures", lambda t: t.fact_reason == UNKNOWN),
        statistic=Share(),
        source="library.kpi.zone (exit reason frequency), the unknown counted",
        example=Example(_REASONS_STORY + "2 of 10.", _REASONS, 0.2),
        variant_of="exit",
    ),
    Metric(
        id="exit_top3",
        title="Exits for the three most frequent reasons",
        definition="Share of the customers who left in the period that left for one of the three "
        "most frequent known reasons; the note names them.",
        formula=r"\frac{n_{(1)} + n_{(2)} + n_{(3)}}{n_{\mathrm{left}}}",
        unit="share",
        direction="depends",
        basis=_left("exit_top", "departures", lambda t: t.fact_reason,
                    also={"reason": lambda t: t.fact_reason}),
        statistic=Fitted("share of the top three", "Wilson, as if they had been named before",
                         ("reason",), top_three),
        source="library.kpi.zone (exit reason frequency); Wilson (1927)",
        notes=("Equally frequent reasons come in alphabetical order.",),
        example=Example(_REASONS_STORY + "Price 4, service 2, moved 1: 7 of 10.", _REASONS, 0.7),
        variant_of="exit",
    ),
    *(_kept(days) for days in HORIZONS),
    Metric(
        id="fb_ret_lift",
        title="Retention of customers who gave feedback, less that of the others",
        definition="Share kept 90 days after the period's end of the customers who answered a "
        "survey in it, less that of the customers who did not; both were there at its end.",
        formula=r"r_F - r_{\overline{F}}",
        unit="net",
        direction="depends",
        basis=_spoke(90, "feedback_lift", _AT_END, _all, also={"spoke": lambda t: t.fact_spoke}),
        statistic=Fitted("difference of shares", "Newcombe (Wilson of each side)",
                         ("value", "spoke"), difference),
        source="library.kpi.zone, set against those who gave none; Newcombe (1998), method 10",
        notes=("Not causal: the willing to speak differ from the others.",),
        example=Example(_FEEDBACK_STORY + "2 of 3 less 1 of 2: 16.7 points.", _FEEDBACK,
                        2 / 3 - 1 / 2, period="2025-06", as_of="2026-12-01"),
        variant_of="fb_ret",
    ),
)  # fmt: skip
