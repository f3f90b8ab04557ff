"""Rows about who did the work: support levels, credit for solves, survey answers, paid hours."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.answers import (
    Answers,
    Standing,
    answer_facts,
    top_box,
    with_standing,
)
from cxlab.metrics.facts import is_live, naive_utc, seconds_between
from cxlab.metrics.sources.desk.spells import at_instant, field_spells, keyed
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]

KINDS = ("functional", "hierarchical", "timeout")
_STRATUM = ("topic", "priority")


def _levels(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with what their escalations tell: kinds, and support tiers.

    `fact_first_tier` is the tier before the first escalation (1 without one), `fact_highest_tier`
    the highest reached; `fact_moved_up` says whether one led upwards, null where its tiers are
    unknown. A step down (or to the same tier) is none.
    """
    tickets = keyed(view.tickets)
    steps = view.tables["escalations"]
    steps = steps.filter(steps.excluded_reason.isnull())
    run = steps.replication.fill_null(-1).cast("string")
    steps = steps.mutate(step_key=run + ":" + steps.ticket_id)
    place = ibis.row_number().over(group_by=steps.step_key, order_by=[steps.at, steps.from_tier])
    steps = steps.mutate(place=place)
    untold = (steps.kind == "functional") & (steps.from_tier.isnull() | steps.to_tier.isnull())
    found = steps.group_by("step_key").aggregate(
        **{f"fact_{kind}": (steps.kind == kind).any() for kind in KINDS},
        fact_first_tier=steps.from_tier.max(where=steps.place == 0),
        fact_highest_tier=ibis.greatest(
            steps.from_tier.max().fill_null(1), steps.to_tier.max().fill_null(1)
        ),
        fact_up=(steps.to_tier > steps.from_tier).fill_null(False).any(),
        fact_untold=untold.any(),
    )
    joined = tickets.left_join(found, tickets.fact_key == found.step_key)
    up = joined.fact_up.fill_null(False)
    unknown = joined.fact_untold.fill_null(False) & ~up
    return joined.mutate(
        **{f"fact_{kind}": joined[f"fact_{kind}"].fill_null(False) for kind in KINDS},
        fact_first_tier=joined.fact_first_tier.fill_null(1),
        fact_highest_tier=joined.fact_highest_tier.fill_null(1),
        fact_moved_up=unknown.ifelse(ibis.null("boolean"), up),
    ).drop("step_key", "fact_up", "fact_untold")


def _credited(view: View, windows: Windows) -> ir.Table:
    """Return the tickets credited to their resolver (else the assignee) in `fact_agent`."""
    return _with_mix(_with_bots(keyed(view.tickets), view))


def _credited_at_solve(view: View, windows: Windows) -> ir.Table:
    """Return the tickets credited to whoever held them when they were solved last."""
    tickets = keyed(view.tickets)
    held = field_spells(view, "assignee", tickets)
    rows = at_instant(tickets, held, "fact_solved_at", "fact_holder")
    rows = rows.mutate(fact_agent=rows.fact_holder.nullif("")).drop("fact_holder")
    return _with_mix(_with_bots(rows, view))


def _shared(view: View, windows: Windows) -> ir.Table:
    """Return one row per ticket and agent who handled it, with `fact_share` of its handling time.

    A ticket that nobody handled keeps one row without an agent.
    """
    shifts = view.tables["shifts"]
    work = shifts.filter(
        shifts.excluded_reason.isnull()
        & (shifts.activity == "handling")
        & shifts.ticket_id.notnull()
    )
    run = work.replication.fill_null(-1).cast("string")
    work = work.mutate(work_key=run + ":" + work.ticket_id)
    spent = work.group_by("work_key", handler="agent_id").aggregate(
        seconds=seconds_between(work.start, work.end).sum()
    )
    whole = spent.seconds.sum().over(ibis.window(group_by=spent.work_key))
    spent = spent.mutate(fact_share=spent.seconds / whole.nullif(0))
    tickets = keyed(view.tickets)
    joined = tickets.left_join(spent, tickets.fact_key == spent.work_key)
    rows = joined.mutate(fact_agent=joined.handler).drop("work_key", "handler", "seconds")
    return _with_bots(rows, view)


def _with_bots(rows: ir.Table, view: View) -> ir.Table:
    """Add `fact_is_bot`, whether the credited agent is a bot; false without a table of agents."""
    agents = view.table("agents")
    if agents is None:
        return rows.mutate(fact_is_bot=ibis.literal(False))
    bots = agents.filter((agents.kind == "bot") & agents.excluded_reason.isnull())
    bots = bots.select(bot_id="agent_id").distinct()
    joined = rows.left_join(bots, rows.fact_agent == bots.bot_id)
    return joined.mutate(fact_is_bot=joined.bot_id.notnull()).drop("bot_id")


def _with_mix(rows: ir.Table) -> ir.Table:
    """Add `fact_expected_s`: the mean resolution time of all tickets of like topic and priority.

    Like tickets are those that `agent_art` counts: solved to last, by a person, not excluded.
    """
    full = seconds_between(rows.created_at, rows.last_solved_at)
    counts = (
        rows.excluded_reason.isnull() & ~is_live(rows) & rows.fact_agent.notnull()
        & ~rows.fact_is_bot
    )  # fmt: skip
    like = ibis.window(group_by=[rows.fact_run, *(rows[c] for c in _STRATUM)])
    return rows.mutate(fact_expected_s=full.mean(where=counts).over(like))


def _answers(credit: Source) -> Source:
    """Return a source of survey answers whose agent is the one credited with the ticket.

    `fact_satisfied` is true for the top two boxes (of short scales the top one), `fact_expected`
    the share of these among answers about tickets of like topic and priority.
    """

    def build(view: View, windows: Windows) -> ir.Table:
        tickets = view.rows(credit, windows)
        credited = tickets.mutate(fact_credited=tickets.fact_agent)
        facts = answer_facts(
            Answers(
                view.tables["surveys"], credited, view.table("customers"), naive_utc(view.as_of)
            )
        )
        rows = with_standing(facts, Standing.LATEST, lambda at: [])
        rows = rows.filter((rows.instrument == "csat") & (rows.subject_type == "ticket"))
        satisfied = top_box(rows)
        rows = rows.mutate(fact_agent=rows.fact_credited, fact_satisfied=satisfied)
        counts = (
            rows.excluded_reason.isnull() & rows.fact_latest & rows.fact_agent.notnull()
            & ~rows.fact_is_bot
        )  # fmt: skip
        run = rows.replication.fill_null(-1)
        like = ibis.window(group_by=[run, *(rows[c] for c in _STRATUM)])
        expected = rows.fact_satisfied.cast("float64").mean(where=counts).over(like)
        return rows.mutate(fact_expected=expected)

    return Source(f"answers_to_{credit.name}", (*credit.tables, "surveys"), build)


def _paid(view: View, windows: Windows) -> ir.Table:
    """Return solves and shifts in one table: `fact_solves_n` of each row, `fact_paid_h` of each.

    A solve stands where it happened, a shift where it began.
    """
    tickets = view.rows(CREDITED, windows)
    done = tickets.last_solved_at.notnull() & ~is_live(tickets)
    solved = tickets.filter(done & ~tickets.fact_is_bot)
    solved = solved.select(
        "fact_agent", "replication", "excluded_reason", fact_at="last_solved_at",
        fact_solves_n=ibis.literal(1.0), fact_paid_h=ibis.literal(0.0),
    )  # fmt: skip
    shifts = view.tables["shifts"]
    on_duty = shifts.filter(shifts.activity == "on_shift")
    paid = on_duty.select(
        "replication", "excluded_reason", fact_agent="agent_id", fact_at="start",
        fact_solves_n=ibis.literal(0.0),
        fact_paid_h=seconds_between(on_duty.start, on_duty.end) / 3600,
    )  # fmt: skip
    return ibis.union(solved, paid.select(solved.columns), distinct=False)


LEVELS = Source("tickets_by_level", ("tickets", "escalations"), _levels)
CREDITED = Source("credited_tickets", ("tickets",), _credited)
CREDITED_AT_SOLVE = Source(
    "tickets_credited_at_solve", ("tickets", "status_events"), _credited_at_solve
)
SHARED = Source("shared_tickets", ("tickets", "shifts"), _shared)
PAID = Source("solves_and_paid_hours", ("tickets", "shifts"), _paid)
SOURCES = (
    LEVELS, CREDITED, CREDITED_AT_SOLVE, SHARED, PAID,
    _answers(CREDITED), _answers(CREDITED_AT_SOLVE),
)  # fmt: skip
