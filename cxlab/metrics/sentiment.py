"""Sentiment: how customers' messages sound, by the labels that the log brings."""

from __future__ import annotations

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.nonresponse import Silence
from cxlab.metrics.statistics import Balance, Mean, Share

__all__ = ["METRICS"]


def _basis(
    name: str, column: str, value: Callable[[ir.Table], ir.Value], least: str, greatest: str
) -> Basis:
    told = Silence(least, greatest, reason="unlabelled", done="labelled", sent="at")
    return Basis(
        name=name,
        source="customer_messages",
        attribution=Attribution.HAPPENED,
        population="messages that customers wrote in the period",
        belongs=lambda t: t.message_id.notnull(),
        value=value,
        exclusions=(
            Exclusion("unlabelled", "nobody said how it sounds", lambda t: t[column].isnull()),
        ),
        needs=(f"messages.{column}",),
        remark=told.remark,
    )


def _side(rows: ir.Table) -> ir.IntegerValue:
    return ibis.cases((rows.sentiment == "pos", 1), (rows.sentiment == "neg", -1), else_=0)


def _is(label: str) -> Callable[[ir.Table], ir.BooleanValue]:
    return lambda t: t.sentiment == label


_SAID = (
    ("customer", "neg", -0.9), ("customer", "neu", 0.1), ("customer", "pos", 0.6),
    ("customer", "pos", 0.4), ("customer", None, None), ("agent", "pos", 0.9),
)  # fmt: skip
_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "tickets": ({"ticket_id": "A", "channel": "email", "status": "open", "created_at": "09:00"},),
    "messages": tuple(
        {"message_id": f"m{i}", "ticket_id": "A", "at": f"1{i}:00", "author_type": who,
         "is_public": True, "sentiment": label, "polarity": polarity}
        for i, (who, label, polarity) in enumerate(_SAID)
    ),
}  # fmt: skip
_STORY = (
    "A customer's five messages are labelled negative, neutral, positive and positive, one not at "
    "all; the agent's friendly reply is not counted. "
)
_LABELS = (
    "The labels are the log's own: how often they are right has to be checked on a sample read by "
    "people.",
)


def _share(label: str, word: str, direction: str, example: Example) -> Metric:
    return Metric(
        id=f"sent_{word}",
        title=f"Sentiment, share of {word} messages",
        definition=f"Share of customers' labelled messages that sound {word}.",
        formula=rf"\frac{{n_{{\mathrm{{{word}}}}}}}{{n}}",
        unit="share",
        direction=direction,
        basis=_basis(word, "sentiment", _is(label), "sounded otherwise", word),
        statistic=Share(),
        source="library.kpi.zone (sentiment)",
        notes=_LABELS,
        variant_of="sent",
        example=example,
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        id="sent",
        title="Net sentiment",
        definition="Share of customers' messages that sound positive less share that sound "
        "negative, of those with a label.",
        formula=r"\mathrm{sent} = \frac{n^{+} - n^{-}}{n}",
        unit="net",
        direction="up",
        basis=_basis("tone", "sentiment", _side, "been negative", "positive"),
        statistic=Balance(1.0),
        source="library.kpi.zone (sentiment); interval as of the net promoter score",
        notes=(*_LABELS, "Messages of one ticket are not independent: the interval is too narrow "
               "where few customers wrote most of them."),
        example=Example(_STORY + "(2 − 1) ÷ 4 = 0.25.", _ROWS, 0.25),
    ),
    _share("pos", "positive", "up", Example(_STORY + "2 of 4.", _ROWS, 0.5)),
    _share("neu", "neutral", "depends", Example(_STORY + "1 of 4.", _ROWS, 0.25)),
    _share("neg", "negative", "down", Example(_STORY + "1 of 4.", _ROWS, 0.25)),
    Metric(
        id="sent_polarity",
        title="Sentiment, mean polarity",
        definition="Mean polarity, −1 to 1, of customers' messages that have one.",
        formula=r"\frac{1}{n} \sum_{i=1}^{n} p_i",
        unit="net",
        direction="up",
        basis=_basis("polarity", "polarity", lambda t: t.polarity, "been of polarity −1", "1"),
        statistic=Mean(),
        source="library.kpi.zone (sentiment)",
        notes=_LABELS,
        variant_of="sent",
        example=Example(
            _STORY + "Their polarities are −0.9, 0.1, 0.6 and 0.4: mean 0.05.", _ROWS, 0.05
        ),
    ),
)  # fmt: skip
