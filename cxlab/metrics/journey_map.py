"""Journey maps: the stages of a customer's way in order, and where a log shows each."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Self

import ibis
import ibis.expr.types as ir
from pydantic import BaseModel, ConfigDict, Field, model_validator

from cxlab.errors import InputError
from cxlab.files import no_file
from cxlab.metrics.sources.advocacy import ACTS
from cxlab.metrics.sources.population import counted, run_of
from cxlab.metrics.sources.usage import human_use
from cxlab.metrics.view import View
from cxlab.validation import validated

__all__ = ["EVENTS", "JourneyMap", "Stage", "load_journey"]


def _acquired(view: View) -> ir.Table:
    rows = counted(view.tables["customers"])
    return rows.select("run", "customer_id", at=rows.acquired_at)


def _spells(view: View, column: str) -> ir.Table:
    rows = counted(view.tables["subscriptions"])
    paid = rows.filter(~rows.is_trial.fill_null(False))
    return paid.select("run", "customer_id", at=paid[column])


def _ordered(view: View) -> ir.Table:
    rows = counted(view.tables["transactions"])
    bought = rows.filter(~rows.is_refund.fill_null(False))
    return bought.select("run", "customer_id", "at")


def _advocated(view: View) -> ir.Table:
    """Acts belong to accounts: every customer of the account has its part in them."""
    acts = counted(view.tables["advocacy_acts"])
    acts = acts.filter(acts.kind.isin(ACTS)).select("run", "at", account="account_id")
    customers = view.table("customers")
    if customers is None:
        return acts.select("run", "at", customer_id="account")
    own = customers.select(
        "customer_id",
        owner_run=run_of(customers),
        owner=ibis.coalesce(customers.account_id, customers.customer_id),
    )
    joined = acts.join(own, [acts.run == own.owner_run, acts.account == own.owner])
    return joined.select("run", "customer_id", "at")


def _referred(view: View) -> ir.Table:
    rows = counted(view.tables["referrals"])
    return rows.select("run", "at", customer_id="referrer_id")


EVENTS: dict[str, tuple[str, Callable[[View], ir.Table]]] = {
    "acquired": ("customers", _acquired),
    "subscribed": ("subscriptions", lambda view: _spells(view, "started_at")),
    "renewed": ("subscriptions", lambda view: _spells(view, "renewed_at")),
    "ordered": ("transactions", _ordered),
    "used": ("usage_events", lambda view: human_use(view).select("run", "customer_id", "at")),
    "advocated": ("advocacy_acts", _advocated),
    "referred": ("referrals", _referred),
}
"""Events that a stage can be seen in: the table behind each, and the rows that show it."""

_SIGNS = ("event", "milestone", "milestone_kind", "ticket_stage")


class Stage(BaseModel):
    """A stage and its sign: an event, a milestone (by name or kind), or tickets of a stage."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    event: str | None = None
    milestone: str | None = None
    milestone_kind: str | None = None
    ticket_stage: str | None = None

    @model_validator(mode="after")
    def _one_sign(self) -> Self:
        signs = [s for s in _SIGNS if getattr(self, s) is not None]
        if len(signs) != 1:
            raise ValueError(
                f"stage {self.name!r} with one of {', '.join(_SIGNS)}, not {len(signs)}"
            )
        return self

    @property
    def table(self) -> str:
        """The table in which the stage is seen."""
        if self.event is not None:
            return EVENTS[self.event][0]
        return "tickets" if self.ticket_stage is not None else "milestones"

    def signs(self, view: View) -> ir.Table:
        """Return run, customer_id and `at` of every sign of the stage."""
        if self.event is not None:
            return EVENTS[self.event][1](view)
        if self.ticket_stage is not None:
            asked = counted(view.tables["tickets"])
            asked = asked.filter(asked.journey_stage == self.ticket_stage)
            return asked.select("run", "customer_id", at=asked.created_at)
        goals = counted(view.tables["milestones"])
        kind = self.milestone_kind
        mine = goals.name == self.milestone if kind is None else goals.kind == kind
        return goals.filter(mine).select("run", "customer_id", "at")


class JourneyMap(BaseModel):
    """Stages in order; at least two, each with a name of its own."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    title: str = ""
    stages: tuple[Stage, ...] = Field(min_length=2, strict=False)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        names = [s.name for s in self.stages]
        twice = sorted({n for n in names if names.count(n) > 1})
        if twice:
            raise ValueError(f"stages with names of their own, not {', '.join(twice)} twice")
        return self


def load_journey(path: str | Path | None = None) -> JourneyMap:
    """Read a journey map; without a path the one that cxlab ships.

    Raises InputError for a missing file, an unknown key, an event or kind that does not exist.

    >>> [stage.name for stage in load_journey().stages][:3]
    ['purchase', 'first use', 'activated']
    """
    if path is None:
        folder = resources.files("cxlab.metrics") / "journeys"
        text, name = (folder / "purchase_to_advocacy.toml").read_text("utf-8"), "cxlab's own map"
    else:
        file = Path(path)
        if not file.is_file():
            raise no_file("no such journey map", path, expected="a TOML file")
        text, name = file.read_text(encoding="utf-8"), str(file)
    try:
        plain = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{name}: not TOML", given=str(error)[:200]) from None
    read = validated(JourneyMap, plain, name)
    for stage in read.stages:
        if stage.event is not None and stage.event not in EVENTS:
            raise InputError(f"{name}: unknown event of a stage", given=stage.event, known=EVENTS)
        kinds = ("activated", "met", "exceeded")
        if stage.milestone_kind is not None and stage.milestone_kind not in kinds:
            raise InputError(
                f"{name}: unknown kind of milestone", given=stage.milestone_kind, known=kinds
            )
    return read
