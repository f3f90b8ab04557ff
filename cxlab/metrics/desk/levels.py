"""Levels of support: escalation by kind and tier, first level resolution, reopens in time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.declaration import Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import changes, tickets
from cxlab.metrics.desk.waits import every_row
from cxlab.metrics.facts import is_live, is_resolved, seconds_between
from cxlab.metrics.resolution import ESCALATED, REOPENED
from cxlab.metrics.resolution import METRICS as BASIC
from cxlab.metrics.statistics import Mean

__all__ = ["METRICS"]

_ESC = next(m for m in BASIC if m.id == "esc")
_REOPEN = next(m for m in BASIC if m.id == "reopen")


def _kind(kind: str) -> Basis:
    column = f"fact_{kind}"
    return replace(
        ESCALATED,
        name=f"escalated_{kind}",
        source="tickets_by_level",
        value=lambda t: t[column],
        pending=lambda t: (t.status == "new") & ~t[column],
    )


_UNTOLD = Exclusion(
    "tier_unknown", "it was escalated, and the tiers are not recorded",
    lambda t: t.fact_moved_up.isnull(),
)  # fmt: skip


def _tier(lower: int) -> Basis:
    higher = lower + 1
    missed = Exclusion(
        f"not_at_tier_{lower}", f"never at tier {lower} (or first handled above it)",
        lambda t: (t.fact_first_tier > lower) | (t.fact_highest_tier < lower),
    )  # fmt: skip
    return replace(
        ESCALATED,
        name=f"escalated_from_tier_{lower}",
        source="tickets_by_level",
        population=f"tickets created in the period that were handled at tier {lower}",
        value=lambda t: t.fact_highest_tier >= higher,
        exclusions=(*ESCALATED.exclusions, _UNTOLD, missed),
        pending=lambda t: (t.status == "new") & ~t.fact_moved_up,
    )


FIRST_LEVEL = Basis(
    name="first_level",
    source="tickets_by_level",
    attribution=ESCALATED.attribution,
    population="tickets created in the period",
    belongs=every_row,
    value=lambda t: t.fact_highest_tier <= 1,
    exclusions=(
        Exclusion("unresolved", "closed without a solve that held",
                  lambda t: ~is_resolved(t) & ~is_live(t)),
        _UNTOLD,
    ),
    pending=lambda t: ~is_resolved(t),
    pending_meaning="open: not solved, or reopened since",
    needs=("escalations", "tickets.n_solves|tickets.last_solved_at"),
)  # fmt: skip


def _reopened_within(days: int) -> Basis:
    limit = days * 86_400
    return replace(
        REOPENED,
        name=f"reopened_within_{days}d",
        source="ticket_clocks",
        value=lambda t: (t.fact_reopened_after_s <= limit).fill_null(False),
        exclusions=(
            *REOPENED.exclusions,
            Exclusion(
                "no_history", "solved, but its changes of status are not known",
                lambda t: (t.fact_solves >= 1) & t.fact_latest_solve_at.isnull(),
            ),
        ),
        pending=lambda t: (t.fact_solves < 1) | ~(_age(t) >= limit).fill_null(False),
        pending_meaning=f"not solved yet, or solved less than {days} days ago: it may come back",
        needs=(*REOPENED.needs, "status_events"),
    )  # fmt: skip


def _age(rows: ir.Table) -> ir.FloatingValue:
    """Return the seconds since the latest solve."""
    return seconds_between(rows.fact_latest_solve_at, rows.fact_as_of)


PER_TICKET = replace(REOPENED, name="reopens", value=lambda t: t.fact_reopens.cast("float64"))

_STEPS = {
    "tickets": tickets(*[{"last_solved_at": "+1 09:00", "n_solves": 1}] * 5),
    "escalations": (
        {"ticket_id": "A", "at": "10:00", "kind": "functional", "from_tier": 1, "to_tier": 2},
        {"ticket_id": "A", "at": "11:00", "kind": "functional", "from_tier": 2, "to_tier": 3},
        {"ticket_id": "B", "at": "10:00", "kind": "functional", "from_tier": 1, "to_tier": 2},
        {"ticket_id": "B", "at": "12:00", "kind": "functional", "from_tier": 2, "to_tier": 1},
        {"ticket_id": "C", "at": "10:00", "kind": "hierarchical", "from_tier": 2, "to_tier": 2},
        {"ticket_id": "D", "at": "10:00", "kind": "timeout", "from_tier": 1, "to_tier": 1},
    ),
}
_STORY = (
    "Of five resolved tickets A went from tier 1 to 2 and on to 3; B to 2 and back to 1; C, first "
    "handled at tier 2, was raised with a manager; D ran out of time at tier 1; E stayed. "
)


def _esc(id: str, title: str, definition: str, **changed: Any) -> Metric:
    changed = {"variant_of": "esc", **changed}
    return replace(_ESC, id=id, title=title, definition=definition, **changed)


def _reopen(id: str, title: str, definition: str, **changed: Any) -> Metric:
    return replace(
        _REOPEN, id=id, title=title, definition=definition, variant_of="reopen", **changed
    )  # fmt: skip


_KIND_FORMULA = r"\frac{n_{\mathrm{escalated\ so}}}{n_{\mathrm{handled}}}"
_BACK = {
    "tickets": tickets(
        {"first_solved_at": "10:00", "last_solved_at": "+9 09:00", "n_solves": 2},
        {"last_solved_at": "10:00", "n_solves": 1},
        {"first_solved_at": "10:00", "last_solved_at": "+41 09:00", "n_solves": 3},
    ),
    "status_events": (
        *changes("A", "status", ("10:00", "solved"), ("+8 10:00", "open"), ("+9 09:00", "solved")),
        *changes("B", "status", ("10:00", "solved")),
        *changes("C", "status", ("10:00", "solved"), ("+40 10:00", "open"), ("+40 11:00", "solved"),
                 ("+40 12:00", "open"), ("+41 09:00", "solved")),
    ),
}  # fmt: skip
_BACK_STORY = (
    "Three tickets were solved on day 0. A came back 8 days later. B never did. C came back after "
    "40 days, was solved, and came back again within the hour. "
)

METRICS: tuple[Metric, ...] = (
    _esc(
        "esc_functional", "Functional escalation rate",
        "Share of handled tickets that were passed to a specialist or a higher tier.",
        formula=_KIND_FORMULA, basis=_kind("functional"), source="library.kpi.zone; ITIL",
        example=Example(_STORY + "A and B (B's step back is one too, of the same ticket): 2 of 5.",
                        _STEPS, 0.4),
    ),
    _esc(
        "esc_hierarchical", "Hierarchical escalation rate",
        "Share of handled tickets that were raised with a manager, or in urgency.",
        formula=_KIND_FORMULA, basis=_kind("hierarchical"), source="ITIL",
        example=Example(_STORY + "C: 1 of 5.", _STEPS, 0.2),
    ),
    _esc(
        "esc_timeout", "Escalation rate for lack of time",
        "Share of handled tickets that were escalated because time ran out.",
        formula=_KIND_FORMULA, basis=_kind("timeout"), source="the project's own definition",
        example=Example(_STORY + "D: 1 of 5.", _STEPS, 0.2),
    ),
    _esc(
        "esc_tier", "Escalation rate to higher tiers",
        "Share of tickets first handled at tier 1 that went to a higher support tier.",
        formula=r"\frac{\left|\{ i : \text{from tier 1 up} \}\right|}{n_{\mathrm{tier\ 1}}}",
        basis=_tier(1), source="library.kpi.zone (rate of escalation to higher support tiers)",
        notes=("A step down, or to another group of the tier, is none. 1 − flr where all tickets "
               "begin at tier 1 and are resolved.",),
        variant_of="",
        example=Example(_STORY + "A and B of A, B, D and E: 2 of 4.", _STEPS, 0.5),
    ),
    _esc(
        "esc_tier_2_3", "Escalation rate from tier 2 to 3",
        "Share of tickets handled at tier 2, first or after an escalation, that went to tier 3.",
        formula=r"\frac{\left|\{ i : \text{from tier 2 to 3} \}\right|}{n_{\mathrm{tier\ 2}}}",
        basis=_tier(2), source="library.kpi.zone", variant_of="esc_tier",
        example=Example(_STORY + "A of A, B and C: 1 of 3.", _STEPS, 1 / 3),
    ),
    _esc(
        "flr", "First level resolution",
        "Share of resolved tickets that never left tier 1.",
        formula=r"\mathrm{flr} = \frac{\left|\{ i : \text{never above tier 1} \}\right|}"
        r"{n_{\mathrm{resolved}}}",
        basis=FIRST_LEVEL, direction="up", variant_of="",
        source="MetricNet, first level resolution (not the same as first contact resolution)",
        notes=("It may take many contacts: fcr asks for one.",
               "A ticket without an escalation is taken to have begun at tier 1."),
        example=Example(_STORY + "D and E; C began at tier 2: 2 of 5.", _STEPS, 0.4),
    ),
    _reopen(
        "reopen_7d", "Reopen rate within 7 days",
        "Share of tickets solved at least 7 days ago that were opened again within 7 days of a "
        "solve.",
        formula=r"\frac{\left|\{ i : o_{ik} - s_{ik} \le 7\,\mathrm{d} \}\right|}"
        r"{n_{\mathrm{solved,\ mature}}}",
        basis=_reopened_within(7),
        example=Example(_BACK_STORY + "Only C, by its second return: 1 of 3.", _BACK, 1 / 3),
    ),
    _reopen(
        "reopen_30d", "Reopen rate within 30 days",
        "Share of tickets solved at least 30 days ago that were opened again within 30 days of a "
        "solve.",
        formula=r"\frac{\left|\{ i : o_{ik} - s_{ik} \le 30\,\mathrm{d} \}\right|}"
        r"{n_{\mathrm{solved,\ mature}}}",
        basis=_reopened_within(30),
        example=Example(_BACK_STORY + "A and C: 2 of 3.", _BACK, 2 / 3, as_of="+80 00:00"),
    ),
    _reopen(
        "reopens_per_ticket", "Reopens per ticket",
        "Mean number of times that a solved ticket was opened again after a solve.",
        formula=r"\frac{1}{n} \sum_i \mathrm{reopens}_i", unit="ratio",
        basis=PER_TICKET, statistic=Mean(), source="dbt_zendesk (reopens = solves − 1)",
        example=Example(_BACK_STORY + "(1 + 0 + 2) ÷ 3 = 1.", _BACK, 1.0),
    ),
)  # fmt: skip
