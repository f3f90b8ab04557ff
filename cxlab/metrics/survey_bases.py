"""Words for declaring metrics of survey answers: populations, exclusions, example rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.answers import points
from cxlab.metrics.declaration import Attribution, Basis, Exclusion
from cxlab.metrics.nonresponse import Silence

__all__ = ["NO_ANSWER", "SUPERSEDED", "answers", "asked", "on_scales", "superseded"]

NO_ANSWER = Exclusion("no_answer", "asked, did not answer", lambda t: t.score.isnull())


def superseded(meaning: str) -> Exclusion:
    """Exclude rows for which another row stands, by the source's rule (see `Standing`)."""
    return Exclusion("superseded", meaning, lambda t: ~t.fact_latest)


SUPERSEDED = superseded(
    "the latest answer about the same subject stands (of a customer: the latest in the period)",
)


def on_scales(allowed: Sequence[int], meaning: str) -> Exclusion:
    """Exclude rows whose scale offers another number of answers."""
    return Exclusion("other_scale", meaning, lambda t: ~points(t).isin(list(allowed)))


def answers(
    name: str,
    source: str,
    value: Callable[[ir.Table], ir.Value],
    silence: Silence,
    *,
    called: str,
    belongs: Callable[[ir.Table], ir.BooleanValue] | None = None,
    attribution: Attribution = Attribution.ANSWERED,
    exclusions: tuple[Exclusion, ...] = (SUPERSEDED,),
    **more: Any,
) -> Basis:
    """Return the basis of a metric of answers; who did not answer is excluded and remarked on."""
    needs = ("surveys", *more.pop("needs", ()))
    when = {
        Attribution.ANSWERED: "answered in the period; those without an answer stand in the "
        "period they were sent",
        Attribution.SENT: "sent in the period",
        Attribution.SOLVED: "about tickets solved in the period",
    }[attribution]
    return Basis(
        name=name,
        source=source,
        attribution=attribution,
        population=f"{called} {when}",
        belongs=belongs or (lambda t: t.survey_id.notnull()),
        value=value,
        exclusions=(*exclusions, NO_ANSWER),
        needs=needs,
        remark=silence.remark,
        **more,
    )


def asked(
    scores: Sequence[float | None], base: Mapping[str, Any], **columns: Sequence[Any]
) -> tuple[dict[str, Any], ...]:
    """Return survey rows of a worked example, one per score: sent at 09:00, answered at 10:00.

    They are about customers c1, c2, …; `columns` give further values row by row.
    """
    rows = []
    for i, score in enumerate(scores):
        row = {
            "survey_id": f"s{i + 1}", "subject_type": "customer", "subject_id": f"c{i + 1}",
            "sent_at": "09:00", "answered_at": None if score is None else "10:00",
            "score": score, **base,
        }  # fmt: skip
        rows.append(row | {name: values[i] for name, values in columns.items()})
    return tuple(rows)
