"""What support costs per ticket and per resolution, and what goes wrong in the work."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.fits import marginal
from cxlab.metrics.desk.rows import tickets
from cxlab.metrics.response import METRICS as BASIC
from cxlab.metrics.statistics import Share, UnitCost

__all__ = ["METRICS"]

_VOL = next(m for m in BASIC if m.id == "vol")


def _cost(name: str, source: str, what: str) -> Basis:
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.PERIOD_START,
        population=f"costs of support that overlap the period (by the part that does), and {what}",
        belongs=lambda t: t.fact_window_start.notnull(),
        value=lambda t: t.fact_amount,
        exclusions=(
            Exclusion("no_cost", "no cost of support is recorded for its time",
                      lambda t: t.fact_uncovered),
        ),
        needs=("costs",),
        also={"per": lambda t: t.fact_done},
        currency=lambda t: t.currency,
    )  # fmt: skip


PER_TICKET = _cost(
    "cost_per_ticket", "costs_and_tickets", "tickets created in it that somebody handled"
)
PER_ISSUE = _cost(
    "cost_per_issue", "costs_and_issues",
    "issues resolved in it: tickets solved for good, those of one customer on one topic within 30 "
    "days being one",
)  # fmt: skip
BY_HANDLING = replace(PER_TICKET, name="cost_by_handling", source="costs_by_handling")
MARGINAL = Basis(
    name="marginal_cost",
    source="periods_of_cost",
    attribution=Attribution.HAPPENED,
    population="periods of cost of support begun in the period, with the tickets handled in them",
    belongs=lambda t: t.fact_at.notnull(),
    value=lambda t: t.fact_amount,
    exclusions=(
        Exclusion(
            "several_currencies",
            "its costs are in several currencies",
            lambda t: t.fact_currencies > 1,
        ),
    ),
    needs=("costs",),
    also={"handled": lambda t: t.fact_handled},
    currency=lambda t: t.currency,
)
CHECKED = Basis(
    name="checked",
    source="operations",
    attribution=Attribution.HAPPENED,
    population="units of work checked in the period",
    belongs=lambda t: t.unit_id.notnull(),
    value=lambda t: t.failed,
    needs=("operations",),
)
UNITS_CHECKED = replace(
    CHECKED,
    name="units_checked",
    population="units of work first checked in the period",
    belongs=lambda t: t.fact_first_check,
    value=lambda t: t.fact_unit_failed,
)

_MONTH = {"centre": "support", "period_start": "2026-01-01", "period_end": "2026-02-01"}
_TWICE = {"customer_id": "c1", "topic": "login", "last_solved_at": "+1 09:00", "n_solves": 1}
_JANUARY = {
    "tickets": tickets(
        {**_TWICE, "channel": "phone"},
        {**_TWICE, "channel": "phone", "created_at": "+3 09:00", "last_solved_at": "+4 09:00"},
        {**_TWICE, "customer_id": "c2"},
        {"status": "new"},
        {"status": "open", "created_at": "+9 09:00"},
    ),
    "costs": ({**_MONTH, "amount": 1000.0}, {**_MONTH, "amount": 200.0, "channel": "email"}),
}
_MAILED = {
    "tickets": tuple({**t, "channel": "email"} for t in _JANUARY["tickets"]),
    "costs": tuple({**c, "channel": "email"} for c in _JANUARY["costs"]),
}
_MAIL_STORY = (
    "In January support by e-mail cost 1,000 and 200. Of five tickets one is still new; a customer "
    "who wrote about a login wrote again about it three days later, and another's ticket was "
    "solved: three solved tickets, two issues. One more is being worked on. "
)
_STORY = (
    "In January support cost 1,000 for all channels and 200 for e-mail. Of five tickets two were "
    "calls, which somebody answered. "
)
_WHOLE: dict[str, Any] = {"period": "2026-01", "as_of": "+60 00:00"}
_WORK = tuple(
    {"agent_id": "Ann", "activity": "handling", "ticket_id": ticket, "start": start, "end": end}
    for ticket, start, end in (
        ("A", "09:00", "09:40"), ("B", "+3 09:00", "+3 09:20"), ("C", "10:00", "10:20"),
    )
)  # fmt: skip
_LINE: dict[str, Any] = {
    "tickets": tuple(
        {"ticket_id": f"{month}-{i}", "channel": "email", "status": "solved",
         "created_at": f"2026-{month}-05"}
        for month, n in (("01", 2), ("02", 4), ("03", 6)) for i in range(n)
    ),
    "costs": tuple(
        {"centre": "support", "period_start": f"2026-{a}-01", "period_end": f"2026-{b}-01",
         "amount": amount}
        for a, b, amount in (("01", "02", 110.0), ("02", "03", 120.0), ("03", "04", 130.0))
    ),
}  # fmt: skip
_CHECKS = {
    "operations": tuple(
        {"unit_id": unit, "at": at, "process": "refund", "failed": failed, "agent_id": "Ann"}
        for unit, at, failed in (
            ("u1", "09:00", True), ("u1", "10:00", False), ("u2", "09:00", False),
            ("u3", "09:00", False),
        )
    )
}  # fmt: skip


def _metric(id: str, title: str, definition: str, **changed: Any) -> Metric:
    changed = {"unit": "money", "direction": "down", "notes": (), **changed}
    return replace(_VOL, id=id, title=title, definition=definition, **changed)


_PER_TICKET_FORMULA = r"\frac{\sum_k \mathrm{cost}_k}{n_{\mathrm{handled}}}"

METRICS: tuple[Metric, ...] = (
    _metric(
        "cpt", "Cost per ticket",
        "Support cost of the period divided by the tickets created in it that somebody handled.",
        formula=_PER_TICKET_FORMULA, basis=PER_TICKET, statistic=UnitCost(),
        source="library.kpi.zone (average cost to resolve one ticket); MetricNet",
        notes=(
            "A cost of a longer span counts by the part that lies in the period.",
            "By channel, costs of no channel stand under (missing): see cpt_by_handling.",
        ),
        example=Example(_MAIL_STORY + "1,200 ÷ 4 handled tickets = 300.", _MAILED, 300.0, **_WHOLE),
    ),
    _metric(
        "cpt_by_handling", "Cost per ticket, shared out by handling time",
        "As cpt, costs of no channel shared out among the channels by the time that their tickets "
        "were handled.",
        formula=_PER_TICKET_FORMULA, basis=BY_HANDLING, statistic=UnitCost(), variant_of="cpt",
        source="library.kpi.zone; activity-based costing by handling time",
        example=Example(
            _STORY + "Calls were handled for 60 minutes, e-mails for 20: phone bears 750 of the "
            "1,000, over two calls: 375.",
            {**_JANUARY, "shifts": _WORK}, 375.0, by="channel", group={"channel": "phone"},
            **_WHOLE,
        ),
    ),
    _metric(
        "cpt_marginal", "Cost of one more ticket",
        "How much more support costs in periods with one more handled ticket (slope of a straight "
        "line through the periods of cost).",
        formula=r"\hat\beta = \frac{\sum_k (n_k - \bar n)(y_k - \bar y)}{\sum_k (n_k - \bar n)^2}",
        basis=MARGINAL, statistic=marginal(), variant_of="cpt",
        source="ordinary least squares on periods of cost",
        notes=("Three periods at least. Shows how costs moved together, not what causes them.",),
        example=Example(
            "Support cost 110, 120 and 130 in three months with 2, 4 and 6 tickets: 5 for each "
            "more, though the average of the last month is 130 ÷ 6.",
            _LINE, 5.0, as_of="2026-04-02",
        ),
    ),
    _metric(
        "cpr", "Cost per resolution",
        "Support cost of the period divided by the issues resolved in it; tickets of one customer "
        "on one topic within 30 days are one issue.",
        formula=r"\frac{\sum_k \mathrm{cost}_k}{n_{\mathrm{issues}}}", basis=PER_ISSUE,
        statistic=UnitCost(), source="library.kpi.zone (total cost to resolve an issue)",
        notes=("Bears the cost of repeat contacts: cpt ÷ (issues resolved per ticket handled).",),
        example=Example(_MAIL_STORY + "1,200 ÷ 2 issues = 600.", _MAILED, 600.0, **_WHOLE),
    ),
    _metric(
        "err", "Error rate",
        "Share of checks of units of work (cases, orders, calls) that found them failed.",
        formula=r"\frac{n_{\mathrm{failed}}}{n_{\mathrm{checked}}}", unit="share", basis=CHECKED,
        statistic=Share(), source="library.kpi.zone",
        notes=("Ask by process for each kind of review, by agent for each agent.",),
        example=Example("Of four checks of three refunds one failed: 1 of 4.", _CHECKS, 0.25,
                        by="process", group={"process": "refund"}),
    ),
    _metric(
        "err_unit", "Error rate of units",
        "Share of units of work that failed at least one check.",
        formula=r"\frac{\left|\{ u : \text{failed once} \}\right|}{n_{\mathrm{units}}}",
        unit="share", basis=UNITS_CHECKED, statistic=Share(), variant_of="err",
        source="library.kpi.zone",
        example=Example("Of three refunds one failed its first check: 1 of 3.", _CHECKS, 1 / 3,
                        by="process", group={"process": "refund"}),
    ),
)  # fmt: skip
