"""Resolution time: of one ticket, of a cohort with its open tickets, on the clocks of a status."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.fits import mean_until, time_until
from cxlab.metrics.desk.rows import OFFICE_HOURS, changes, tickets
from cxlab.metrics.desk.waits import between, every_row
from cxlab.metrics.facts import is_live, seconds_between
from cxlab.metrics.resolution import METRICS as BASIC
from cxlab.metrics.resolution import RESOLUTION
from cxlab.metrics.statistics import Quantile

__all__ = ["METRICS", "RMST_DAYS"]

RMST_DAYS = 30
"""Horizon of the restricted mean."""

_ART = next(m for m in BASIC if m.id == "art")
COHORT = replace(
    RESOLUTION,
    name="resolution_of_cohort",
    attribution=Attribution.CREATED,
    population="tickets created in the period",
)
FIRST_SOLVE = Basis(
    name="first_solve",
    source="first_solves",
    attribution=Attribution.HAPPENED,
    population="tickets first solved in the period; those without a solve stand in the period of "
    "their creation",
    belongs=every_row,
    value=between("created_at", "first_solved_at"),
    exclusions=(
        Exclusion(
            "not_solved", "closed without ever being solved (given up, withdrawn)",
            lambda t: t.first_solved_at.isnull() & ~is_live(t) & (t.fact_solves < 1),
        ),
    ),
    pending=lambda t: t.first_solved_at.isnull() & is_live(t),
    pending_meaning="open and never solved yet",
    needs=("tickets.first_solved_at",),
)  # fmt: skip


def _so_far(rows: ir.Table) -> ir.FloatingValue:
    """Seconds to the solve that held, or to now while there is none."""
    end = is_live(rows).ifelse(rows.fact_as_of, rows.last_solved_at)
    return seconds_between(rows.created_at, end)


WITH_OPEN = replace(
    COHORT,
    name="resolution_with_open",
    population="tickets created in the period, those still open with the time they took so far",
    value=_so_far,
    pending=None,
    pending_meaning="",
    also={"ended": lambda t: ~is_live(t)},
)


def _no_hours(column: str) -> Exclusion:
    return Exclusion(
        "no_schedule", "no business hours are known for it",
        lambda t: t.last_solved_at.notnull() & t[column].isnull(),
    )  # fmt: skip


IN_HOURS = replace(
    RESOLUTION,
    name="resolution_in_hours",
    source="tickets_in_hours",
    value=lambda t: t.fact_full_open_s,
    exclusions=(*RESOLUTION.exclusions, _no_hours("fact_full_open_s")),
)


def _clock(name: str, *, in_hours: bool = False) -> Basis:
    column = f"fact_{name}_{'open_s' if in_hours else 's'}"
    untold = Exclusion(
        "no_history", "its changes of status (or its business hours) are not known",
        lambda t: ~is_live(t) & t[column].isnull(),
    )  # fmt: skip
    return replace(
        RESOLUTION,
        name=f"clock_{name}" + ("_in_hours" if in_hours else ""),
        source="ticket_clocks_in_hours" if in_hours else "ticket_clocks",
        value=lambda t: t[column],
        exclusions=(*RESOLUTION.exclusions, untold),
        needs=(*RESOLUTION.needs, "status_events"),
    )


_THREE = {
    "tickets": tickets({"last_solved_at": "10:00"}, {"last_solved_at": "13:00"}, {"status": "open"})
}
_OPEN_STORY = (
    "Three tickets of Monday 09:00: solved after 1 and after 4 hours, and one still open at 09:00 "
    "ten days later. "
)
_STATES = {
    "tickets": tickets({"first_solved_at": "12:00", "last_solved_at": "15:00", "n_solves": 2}),
    "status_events": changes(
        "A", "status",
        ("09:00", "new"), ("09:30", "open"), ("10:00", "pending"), ("11:00", "hold"),
        ("11:40", "open"), ("12:00", "solved"), ("14:00", "open"), ("15:00", "solved"),
    ),
    "schedules": OFFICE_HOURS,
}  # fmt: skip
_STATES_STORY = (
    "A ticket is new at 09:00, open at 09:30, pending from 10:00 to 11:00, on hold until 11:40, "
    "open until it is solved at 12:00; reopened at 14:00 and solved again at 15:00. "
)
_CLOCKS = "Zendesk help 4408834848154 (status clocks)"
_LATE_STATES = {
    "tickets": tickets({"created_at": "16:00", "last_solved_at": "+1 10:00", "n_solves": 1}),
    "status_events": changes(
        "A", "status",
        ("16:00", "open"), ("16:30", "pending"), ("+1 09:30", "open"), ("+1 10:00", "solved"),
    ),
    "schedules": OFFICE_HOURS,
}  # fmt: skip
_LATE_STORY = (
    "Open from 09:00 to 17:00. A ticket is open from Monday 16:00 to 16:30, pending until Tuesday "
    "09:30, and open until it is solved at 10:00. "
)


def _art(id: str, title: str, definition: str, **changed: Any) -> Metric:
    changed.setdefault("variant_of", "art")
    changed.setdefault("notes", ())
    return replace(_ART, id=id, title=title, definition=definition, **changed)


def _status_clock(id: str, title: str, words: str, name: str, story: str, value: float) -> Metric:
    return _art(
        id, title,
        f"Mean time that a ticket solved in the period spent {words} until the solve that held.",
        formula=r"\frac{1}{n} \sum_i \sum_{k \in \mathrm{states}} d_{ik}",
        basis=_clock(name), source=_CLOCKS, variant_of="rt_ticket",
        example=Example(_STATES_STORY + story, _STATES, value),
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _art(
        "rt_ticket", "Resolution time of a ticket",
        "A ticket's own time from its creation to the solve that held (the last one up to the "
        "cut-off); of several tickets created in the period, their median.",
        formula=r"\mathrm{rt}_i = s_i - c_i", basis=COHORT, statistic=Quantile(0.5),
        source="Zendesk help 4408834848154 (full resolution time); library.kpi.zone",
        variant_of="",
        notes=("Ask by ticket_id for every ticket's own.",),
        example=Example(
            "Ticket A of 09:00 was solved at 10:00, reopened, and solved for good at 15:00: 6 "
            "hours.",
            {"tickets": tickets({"first_solved_at": "10:00", "last_solved_at": "15:00",
                                 "n_solves": 2})},
            21600.0, by="ticket_id", group={"ticket_id": "A"},
        ),
    ),
    _status_clock(
        "rt_requester_wait", "Requester wait time, mean", "new, open or on hold", "requester_wait",
        "60 minutes new and open, 40 on hold, 20 and 60 open: 180.", 10800.0,
    ),
    _status_clock(
        "rt_agent_work", "Agent work time, mean", "new or open", "agent_work",
        "60 minutes new and open, then 20 and 60 open: 140.", 8400.0,
    ),
    _status_clock(
        "rt_agent_wait", "Agent wait time, mean", "pending (waiting for the customer)",
        "agent_wait", "It was pending for 60 minutes.", 3600.0,
    ),
    _status_clock(
        "rt_on_hold", "On-hold time, mean", "on hold (waiting for somebody else)", "on_hold",
        "It was on hold for 40 minutes.", 2400.0,
    ),
    _art(
        "rt_requester_wait_business", "Requester wait time in business hours, mean",
        "Mean time in business hours that a ticket solved in the period spent new, open or on "
        "hold until the solve that held.",
        formula=r"\frac{1}{n} \sum_i \sum_{k \in \mathrm{states}} \left( F(b_{ik}) - F(a_{ik}) "
        r"\right)",
        basis=_clock("requester_wait", in_hours=True), source=_CLOCKS, variant_of="rt_ticket",
        example=Example(_LATE_STORY + "30 + 30 minutes.", _LATE_STATES, 3600.0),
    ),
    _art(
        "rt_agent_work_business", "Agent work time in business hours, mean",
        "Mean time in business hours that a ticket solved in the period spent new or open until "
        "the solve that held.",
        formula=r"\frac{1}{n} \sum_i \sum_{k \in \mathrm{states}} \left( F(b_{ik}) - F(a_{ik}) "
        r"\right)",
        basis=_clock("agent_work", in_hours=True), source=_CLOCKS, variant_of="rt_ticket",
        example=Example(_LATE_STORY + "30 + 30 minutes.", _LATE_STATES, 3600.0),
    ),
    _art(
        "art_first", "Time to the first solve, mean",
        "Mean time from a ticket's creation to its first solve, over the tickets first solved in "
        "the period; a later reopen changes nothing.",
        formula=r"\frac{1}{n} \sum_i \left( s^{(1)}_i - c_i \right)", basis=FIRST_SOLVE,
        source="Zendesk help 4408834848154 (first resolution time)",
        example=Example(_STATES_STORY + "First solved after 3 hours.", _STATES, 10800.0),
    ),
    _art(
        "art_cohort", "Resolution time of a cohort, mean",
        "Mean time from creation to the solve that held, over the tickets created in the period "
        "that are solved by the cut-off.",
        basis=COHORT,
        notes=("Too low while tickets are open: they are pending, and the slow ones. Read "
               "art_km_median or art_rmst.",),
        example=Example(_OPEN_STORY + "(1 + 4) ÷ 2 = 2.5 hours; one is pending.", _THREE, 9000.0,
                        as_of="+10 09:00"),
    ),
    _art(
        "art_business", "Resolution time in business hours, mean",
        "Mean time in business hours from a ticket's creation to the solve that held, over the "
        "tickets solved in the period.",
        formula=r"\frac{1}{n} \sum_i \left( F(s_i) - F(c_i) \right)", basis=IN_HOURS,
        source="Zendesk help 4408834848154 (business hours)",
        example=Example(
            "Open Monday to Friday from 09:00 to 17:00. Solved from Friday 16:00 to Monday 10:00: "
            "2 hours; within Saturday: 0. The mean is 1 hour.",
            {"tickets": tickets({"created_at": "+4 16:00", "last_solved_at": "+7 10:00"},
                                {"created_at": "+5 10:00", "last_solved_at": "+5 12:00"}),
             "schedules": OFFICE_HOURS},
            3600.0,
        ),
    ),
    _art(
        "art_business_median", "Resolution time in business hours, median",
        "Time in business hours from a ticket's creation to the solve that held: half of the "
        "tickets solved in the period took less.",
        formula=r"\operatorname{median}_i \left( F(s_i) - F(c_i) \right)", basis=IN_HOURS,
        statistic=Quantile(0.5), source="Zendesk help 4408834848154 (business hours)",
        example=Example(
            "Open Monday to Friday from 09:00 to 17:00: a day from Monday 09:00 to Tuesday 09:00 "
            "is 8 hours.",
            {"tickets": tickets({"last_solved_at": "+1 09:00"}), "schedules": OFFICE_HOURS},
            28800.0,
        ),
    ),
    _art(
        "art_km_median", "Resolution time, median with open tickets",
        "Time by which half of the tickets created in the period are solved, those still open "
        "counted as longer than they have been open (Kaplan–Meier).",
        formula=r"\min \{ t : \hat S(t) \le 0.5 \}", basis=WITH_OPEN, statistic=time_until(0.5),
        source="Kaplan & Meier (1958); Brookmeyer & Crowley (1982)",
        notes=("Without open tickets it is the sample's lower median.",),
        example=Example(_OPEN_STORY + "Two thirds are not done after 1 hour, one third after 4: "
                        "the median is 4 hours.", _THREE, 14400.0, as_of="+10 09:00"),
    ),
    _art(
        "art_km_p90", "Resolution time, 90th percentile with open tickets",
        "Time by which nine of ten tickets created in the period are solved, those still open "
        "counted as longer than they have been open (Kaplan–Meier).",
        formula=r"\min \{ t : \hat S(t) \le 0.1 \}", basis=WITH_OPEN, statistic=time_until(0.9),
        source="Kaplan & Meier (1958); Brookmeyer & Crowley (1982)",
        notes=("Undefined where more than a tenth are open longer than any was solved.",),
        example=Example(
            "Two tickets are solved after 1 and 4 hours, a third was only open for 2 hours at the "
            "cut-off. Two thirds last longer than 1 hour; the open one leaves before 4 hours, when "
            "the last is solved: 4 hours.",
            {"tickets": tickets({"last_solved_at": "10:00"}, {"last_solved_at": "13:00"},
                                {"created_at": "11:00", "status": "open"})},
            14400.0, as_of="13:00",
        ),
    ),
    _art(
        "art_rmst", "Resolution time, mean within 30 days with open tickets",
        "Mean time that tickets created in the period were open during their first 30 days, those "
        "still open included (restricted mean, Kaplan–Meier).",
        formula=r"\int_0^{30\,\mathrm{d}} \hat S(t)\, dt", basis=WITH_OPEN,
        statistic=mean_until(RMST_DAYS),
        source="Klein & Moeschberger, Survival Analysis, 2nd ed. (2003), §4.5",
        notes=("Undefined while no ticket has been followed for 30 days.",),
        example=Example(
            "Two tickets of Monday 09:00: one solved after 10 days, one still open 40 days later. "
            "(10 + 30) ÷ 2 = 20 days.",
            {"tickets": tickets({"last_solved_at": "+10 09:00"}, {"status": "open"})},
            20 * 86400.0, as_of="+40 09:00",
        ),
    ),
)  # fmt: skip
