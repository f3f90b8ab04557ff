"""What agents did: solves credited by a named rule, their times and answers, fairly compared."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.desk.rows import tickets
from cxlab.metrics.desk.waits import every_row
from cxlab.metrics.facts import is_live
from cxlab.metrics.resolution import METRICS as RESOLUTION_METRICS
from cxlab.metrics.resolution import RESOLUTION
from cxlab.metrics.satisfaction import METRICS as ANSWERS
from cxlab.metrics.statistics import Count, Ratio, ShrunkMean, ShrunkShare, Total

__all__ = ["METRICS"]

_ART = next(m for m in RESOLUTION_METRICS if m.id == "art")
_CSAT = next(m for m in ANSWERS if m.id == "csat")
_BOT = Exclusion("bot", "a bot solved it", lambda t: t.fact_is_bot)
_NOBODY = Exclusion("nobody", "nobody is credited with it", lambda t: t.fact_agent.isnull())


def _done(rows: ir.Table) -> ir.BooleanValue:
    return ~is_live(rows)


_CREDIT = (
    *RESOLUTION.exclusions,
    Exclusion("nobody", _NOBODY.meaning, lambda t: _done(t) & t.fact_agent.isnull()),
    Exclusion("bot", _BOT.meaning, lambda t: _done(t) & t.fact_is_bot),
)
BOTS = {"agents": "agents are not recorded: nobody is taken for a bot"}
SOLVES = replace(
    RESOLUTION,
    name="credited_solves",
    source="credited_tickets",
    value=every_row,
    exclusions=_CREDIT,
    needs=(*RESOLUTION.needs, "tickets.resolver_id|tickets.assignee_id"),
    assumes=BOTS,
)
SOLVES_AT = replace(
    SOLVES,
    name="solves_of_holder",
    source="tickets_credited_at_solve",
    needs=(*RESOLUTION.needs, "status_events"),
)
SHARES = replace(
    SOLVES,
    name="shared_solves",
    source="shared_tickets",
    value=lambda t: t.fact_share,
    needs=(*RESOLUTION.needs, "shifts"),
)
TIMES = replace(SOLVES, name="credited_times", value=RESOLUTION.value)
AGAINST_MIX = replace(TIMES, name="times_against_mix", also={"per": lambda t: t.fact_expected_s})
PER_HOUR = Basis(
    name="solves_per_paid_hour",
    source="solves_and_paid_hours",
    attribution=Attribution.HAPPENED,
    population="solves by people, and stretches on duty begun, in the period",
    belongs=lambda t: t.fact_at.notnull(),
    value=lambda t: t.fact_solves_n,
    exclusions=(_NOBODY,),
    needs=("shifts", "tickets.last_solved_at"),
    assumes=BOTS,
    also={"per": lambda t: t.fact_paid_h},
)


def _answered(name: str, source: str) -> Basis:
    return replace(
        _CSAT.basis,
        name=name,
        source=source,
        belongs=lambda t: t.instrument == "csat",
        population="satisfaction surveys about tickets, answered in the period; unanswered ones "
        "stand in the period they were sent",
        value=lambda t: t.fact_satisfied,
        exclusions=(*_CSAT.basis.exclusions, _NOBODY, _BOT),
        needs=("surveys", "tickets"),
        assumes=BOTS,
    )


RATED = _answered("satisfied_by_agent", "answers_to_credited_tickets")
RATED_AT = _answered("satisfied_by_holder", "answers_to_tickets_credited_at_solve")
RATED_MIX = replace(
    RATED,
    name="satisfied_against_mix",
    value=lambda t: t.fact_satisfied.cast("float64"),
    also={"per": lambda t: t.fact_expected},
)

_AGENTS = tuple(
    {"agent_id": name, "team": "one", "kind": kind}
    for name, kind in (("Ann", "human"), ("Bob", "human"), ("Bot", "bot"))
)
_ROWS = {
    "tickets": tickets(
        {"resolver_id": "Ann", "assignee_id": "Bob", "last_solved_at": "10:00"},
        {"resolver_id": "Ann", "assignee_id": "Ann", "last_solved_at": "12:00"},
        {"resolver_id": "Bob", "assignee_id": "Bob", "last_solved_at": "13:00"},
        {"resolver_id": "Bot", "assignee_id": "Bot", "last_solved_at": "09:01"},
        {"assignee_id": "Ann", "status": "open"},
    ),
    "agents": _AGENTS,
}
_STORY = (
    "Ann solved A after 1 hour (it is Bob's since) and B after 3, Bob solved C after 4, a bot D "
    "after a minute; E is open. "
)
_ANN: dict[str, Any] = {"by": "agent", "group": {"agent": "Ann"}}
_SPREAD = {
    "tickets": tuple(
        {"channel": "email", "status": "solved", "created_at": "08:00", "ticket_id": f"{who}{i}",
         "resolver_id": who, "last_solved_at": f"{8 + hours:02d}:00"}
        for who, mean in (("Ann", 2), ("Bob", 4), ("Cem", 6), ("Dan", 8), ("Eva", 10))
        for i, hours in enumerate((mean - 1, mean + 1))
    )
}  # fmt: skip
_MIXED = {
    "tickets": tickets(
        {"resolver_id": "Ann", "topic": "hard", "priority": "high", "last_solved_at": "13:00"},
        {"resolver_id": "Ann", "topic": "hard", "priority": "high", "last_solved_at": "15:00"},
        {"resolver_id": "Bob", "topic": "hard", "priority": "high", "last_solved_at": "17:00"},
        {"resolver_id": "Bob", "topic": "easy", "priority": "high", "last_solved_at": "10:00"},
        {"resolver_id": "Bob", "topic": "easy", "priority": "high", "last_solved_at": "10:00"},
    )
}
_ASK = {
    "instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
    "sent_at": "18:00", "answered_at": "19:00",
}  # fmt: skip


def _scores(*scores: tuple[str, int]) -> tuple[dict[str, object], ...]:
    return tuple(
        {**_ASK, "survey_id": f"s{i}", "subject_id": ticket, "score": score}
        for i, (ticket, score) in enumerate(scores)
    )


_RATED = {**_ROWS, "surveys": _scores(("A", 5), ("B", 2), ("C", 4), ("D", 1))}
_RATED_STORY = _STORY + "Their customers answer 5, 2, 4 and 1. "
_RATED_MIX = {
    "tickets": (
        *tickets(*[{"resolver_id": "Ann", "topic": "hard", "last_solved_at": "10:00"}] * 2,
                 *[{"resolver_id": "Bob", "topic": "hard", "last_solved_at": "10:00"}] * 2,
                 {"resolver_id": "Bob", "topic": "easy", "last_solved_at": "10:00"}),
    ),
    "surveys": _scores(("A", 5), ("B", 1), ("C", 1), ("D", 2), ("E", 5)),
}  # fmt: skip
_HELD = {
    "status_events": (
        {"ticket_id": "A", "at": "09:00", "field": "assignee", "old": None, "new": "Ann"},
        {"ticket_id": "A", "at": "11:00", "field": "assignee", "old": "Ann", "new": "Bob"},
    )
}
_WORK = tuple(
    {"agent_id": who, "start": start, "end": end, "activity": "handling", "ticket_id": ticket}
    for who, start, end, ticket in (
        ("Ann", "09:00", "09:45", "A"), ("Bob", "09:45", "10:00", "A"), ("Ann", "10:00", "10:30",
         "B"),
    )
)  # fmt: skip
_DUTY = tuple(
    {"agent_id": who, "start": "09:00", "end": end, "activity": "on_shift"}
    for who, end in (("Ann", "13:00"), ("Bob", "17:00"))
)
_CREDITED = "credited to the resolver (where none is recorded, to the assignee)"


def _count(id: str, title: str, definition: str, **changed: Any) -> Metric:
    plain = replace(
        _ART, unit="count", direction="depends", formula=r"\left|\{ i : a_i = a \}\right|",
        statistic=Count(), variant_of="agent_n", notes=("Bots get no credit.",),
    )  # fmt: skip
    return replace(plain, id=id, title=title, definition=definition, **changed)


def _time(id: str, title: str, definition: str, **changed: Any) -> Metric:
    plain = replace(
        _ART, basis=TIMES, variant_of="agent_art", notes=("Bots get no credit.",),
        source="the project's own definition",
    )  # fmt: skip
    return replace(plain, id=id, title=title, definition=definition, **changed)


def _rating(id: str, title: str, definition: str, **changed: Any) -> Metric:
    plain = replace(
        _CSAT, basis=RATED, variant_of="agent_csat", source="the project's own definition",
        notes=("Asked of the agent who solved the ticket, whoever is named in the survey.",),
    )  # fmt: skip
    return replace(plain, id=id, title=title, definition=definition, **changed)


_SHRINKAGE = "Morris, JASA 78 (1983), 47–55; Paule & Mandel (1982)"
_SHRUNK_SHARES = "Skellam (1948); Daniels, Canadian J. Statistics 27 (1999)"
_DRAWN = (
    "Ask by agent (and period or team): groups that share all but the agent are drawn "
    "towards each other. Fewer than four agents are not drawn.",
    "The SQL gives the value before it is drawn.",
)
_LIKE = ("Expected is the mean of all tickets of the same topic and priority, in the whole log.",)

METRICS: tuple[Metric, ...] = (
    _count(
        "agent_n", "Tickets solved, by agent",
        f"Number of tickets solved in the period, {_CREDITED}.",
        basis=SOLVES, source="the project's own definition (cases closed)", variant_of="",
        example=Example(_STORY + "Ann solved 2.", _ROWS, 2.0, **_ANN),
    ),
    _count(
        "agent_n_assignee", "Tickets solved, by who held them",
        "Number of tickets solved in the period, credited to the assignee at the last solve.",
        basis=SOLVES_AT, source="Chatwoot (events carry the assignee at that time)",
        example=Example(
            _STORY + "A went from Ann to Bob an hour after its solve; B's assignee never changed: "
            "Ann has 2.",
            {**_ROWS, **_HELD}, 2.0, **_ANN,
        ),
    ),
    _count(
        "agent_n_shared", "Tickets solved, shared by handling time",
        "Tickets solved in the period, each shared among those who handled it by their time.",
        formula=r"\sum_i \frac{h_{ia}}{\sum_b h_{ib}}", statistic=Total(), basis=SHARES,
        source="the project's own definition, credit by time share",
        example=Example(
            _STORY + "Ann handled A for 45 minutes, Bob for 15; Ann alone handled B. Her credit is "
            "0.75 + 1.",
            {**_ROWS, "shifts": _WORK}, 1.75, **_ANN,
        ),
    ),
    _count(
        "agent_n_per_hour", "Tickets solved per paid hour",
        f"Tickets solved in the period, {_CREDITED}, divided by the hours on duty.",
        formula=r"\frac{n_a}{h_a}", unit="ratio", direction="up", basis=PER_HOUR,
        statistic=Ratio(no_interval="hours are no sample"),
        source="the project's own definition, made comparable for part-time hours",
        notes=("A stretch on duty stands in the period in which it began.",),
        example=Example(_STORY + "Ann was on duty for 4 hours: 2 ÷ 4.",
                        {**_ROWS, "shifts": _DUTY}, 0.5, **_ANN),
    ),
    _time(
        "agent_art", "Resolution time by agent, mean",
        f"Mean resolution time of the tickets solved in the period, {_CREDITED}.",
        variant_of="",
        example=Example(_STORY + "Ann's mean is (1 + 3) ÷ 2 = 2 hours.", _ROWS, 7200.0, **_ANN),
    ),
    _time(
        "agent_art_shrunk", "Resolution time by agent, drawn towards the team's",
        "Mean resolution time by agent, drawn towards the team's mean by how little the agent's "
        "own tickets tell.",
        formula=r"\hat\mu_a = (1 - B_a) \bar x_a + B_a \bar x,\ B_a = \frac{k - 3}{k - 1} "
        r"\frac{V_a}{V_a + A}",
        statistic=ShrunkMean(), source=_SHRINKAGE, notes=_DRAWN,
        example=Example(
            "Five agents solved two tickets each, in 2, 4, 6, 8 and 10 hours on average and always "
            "1 hour below and above. The variance of each mean is 2 ÷ 2 = 1, the squares between "
            "them 40; so each is drawn by (5 − 3) × 1 ÷ 40 = 5 % towards 6: Ann's 2 hours become "
            "2.2.",
            _SPREAD, 7920.0, **_ANN,
        ),
    ),
    _time(
        "agent_art_adjusted", "Resolution time against the case mix",
        "Resolution time of an agent's tickets divided by what tickets of their topic and priority "
        "take; 1 is as expected, below 1 faster.",
        formula=r"\frac{\sum_i (s_i - c_i)}{\sum_i \mathrm{E}_{\mathrm{topic,priority}}}",
        unit="ratio", basis=AGAINST_MIX, statistic=Ratio("ticket"), notes=_LIKE,
        source="indirect standardisation: Armitage, Berry & Matthews (2002), §19.3",
        example=Example(
            "Hard tickets took Ann 4 and 6 hours and Bob 8: 6 on average; easy ones took Bob 1 "
            "each. Bob's mean of 10 ÷ 3 hours looks better than Ann's 5, but Ann's ratio is 10 ÷ "
            "12 and Bob's 10 ÷ 8.",
            _MIXED, 10 / 12, **_ANN,
        ),
    ),
    _rating(
        "agent_csat", "Customer satisfaction by agent",
        f"Share of answers in the top two boxes about tickets {_CREDITED}.",
        variant_of="",
        example=Example(_RATED_STORY + "Ann's are 5 and 2: 1 of 2.", _RATED, 0.5, **_ANN),
    ),
    _rating(
        "agent_csat_assignee", "Customer satisfaction, by who held the ticket",
        "Share of answers in the top two boxes, credited to the assignee at the last solve.",
        basis=RATED_AT,
        example=Example(_RATED_STORY + "Ann held A and B when they were solved: 1 of 2.",
                        {**_RATED, **_HELD}, 0.5, **_ANN),
    ),
    _rating(
        "agent_csat_shrunk", "Customer satisfaction by agent, drawn towards the team's",
        "Share of answers in the top two boxes by agent, drawn towards the team's by how little "
        "the agent's own answers tell.",
        formula=r"\hat p_a = \operatorname{E} \left( p_a \mid \text{all agents' answers} \right)",
        statistic=ShrunkShare(), source=_SHRUNK_SHARES, notes=_DRAWN,
        example=Example(
            _RATED_STORY + "Two agents are too few to tell chance from difference, so nothing is "
            "drawn: 1 of 2.",
            _RATED, 0.5, **_ANN,
        ),
    ),
    _rating(
        "agent_csat_adjusted", "Customer satisfaction against the case mix",
        "Share of answers in the top two boxes divided by that of all tickets of the same topic "
        "and priority; 1 is as expected, above 1 better.",
        formula=r"\frac{\sum_i x_i}{\sum_i \mathrm{E}_{\mathrm{topic,priority}}}",
        unit="ratio", basis=RATED_MIX, statistic=Ratio("answer"), notes=_LIKE,
        source="indirect standardisation: Armitage, Berry & Matthews (2002), §19.3",
        example=Example(
            "Of four answers on hard tickets one is good, and so is the one on an easy ticket. Ann "
            "has that one of two on hard ones, where 2 ÷ 4 were to be expected: 2.",
            _RATED_MIX, 2.0, **_ANN,
        ),
    ),
)  # fmt: skip
