"""Surveys: what was asked, of whom, and the answer."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.tables.declared.columns import PROVENANCE, at, before, category, id_, maybe, negative
from cxlab.tables.schema import Column, Kind, Rule, TableSpec

__all__ = ["SURVEYS"]

_SCALE = ("scale_min", "scale_max")


def _score_outside_scale(rows: ir.Table) -> ir.BooleanValue:
    return (rows.score < rows.scale_min) | (rows.score > rows.scale_max)


def _empty_scale(rows: ir.Table) -> ir.BooleanValue:
    return rows.scale_max <= rows.scale_min


def _other_nps_scale(rows: ir.Table) -> ir.BooleanValue:
    # Reichheld (2003): 0 to 10. Promoters and detractors are cut from that scale and no other.
    return (rows.instrument == "nps") & ((rows.scale_min != 0) | (rows.scale_max != 10))


def _other_ces(rows: ir.Table) -> ir.BooleanValue:
    return (rows.instrument == "ces") & rows.version.notin(["ces_1", "ces_2"])


def _unnamed_ces(rows: ir.Table) -> ir.BooleanValue:
    # CES 1.0 asks for effort (low is good), CES 2.0 for ease (high is good): never one series.
    return (rows.instrument == "ces") & rows.version.isnull()


SURVEYS = TableSpec(
    name="surveys",
    grain="survey invitation, with its answer if there is one",
    key=("replication", "survey_id"),
    known_from=("sent_at", "answered_at"),  # a log of answers does not tell when it asked
    columns=(
        id_("survey_id", "the invitation"),
        category("instrument", "which question", ("csat", "nps", "ces", "other")),
        category("version", "which wording (csat_5, ces_1, ces_2, …)", optional=True),
        Column("scale_min", Kind.INTEGER, "lowest possible score"),
        Column("scale_max", Kind.INTEGER, "highest possible score"),
        category("direction", "whether a higher score is better", ("up", "down"), optional=True),
        at("sent_at", "when it was sent", optional=True),
        at("answered_at", "when it was answered", nullable=True, known_with="answered_at"),
        Column("score", Kind.NUMBER, "the answer", nullable=True, known_with="answered_at"),
        maybe("comment", Kind.TEXT, "what the customer added", known_with="answered_at"),
        category("subject_type", "what it is about", ("ticket", "customer", "order")),
        id_("subject_id", "the ticket, customer or order"),
        id_("customer_id", "who was asked", optional=True),
        id_("agent_id", "the agent it is about", optional=True),
        maybe("weight", Kind.NUMBER, "sampling weight"),
        category("channel", "how it was asked", optional=True),
        *PROVENANCE,
    ),
    rules=(
        Rule("score is outside its scale", "score", _score_outside_scale, _SCALE),
        Rule("scale_max is not above scale_min", "scale_max", _empty_scale, ("scale_min",)),
        Rule("an nps has a scale other than 0 to 10", "instrument", _other_nps_scale, _SCALE),
        Rule("a ces has a version other than ces_1 and ces_2", "version", _other_ces),
        Rule("a ces has no version", "instrument", _unnamed_ces, expects=("version",)),
        negative("weight"),
        before("sent_at", "answered_at"),
    ),
)
