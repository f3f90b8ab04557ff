"""Links from service to the customer base: assumptions, with ranges, off unless asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cxlab.scenario.parts import Name, Pair, Part, Positive

__all__ = ["EXPERIENCES", "Curve", "Effect", "Experience", "Link"]

Experience = Literal["first_reply_hours", "resolution_hours", "contacts", "unresolved", "csat"]
"""What of the service a link looks at, over the requests of a customer that it remembers."""

EXPERIENCES: dict[Experience, str] = {
    "first_reply_hours": "mean hours from a request to its first reply",
    "resolution_hours": "mean hours from a request to its last solve",
    "contacts": "mean number of contacts that a request took",
    "unresolved": "requests that were given up, turned away or are still open",
    "csat": "mean score that the customer gave, or would have given (1 to 5)",
}

Effect = Literal["churn", "expansion", "referral"]
"""Which probability a link multiplies."""

Curve = Annotated[list[Pair], Field(min_length=1, max_length=50)]


class Link(Part):
    """How service changes what customers do: a curve from an experience to a factor.

    At every decision the probability `on` is multiplied by the factor that the `curve`, a list of
    [experience, factor], gives: straight lines between its points, level beyond them. The
    experience is that of the customer's requests of the last `memory_days`; who had none is left
    alone (factor 1). `low` and `high` give the curve's range: what a cautious and a bold reader
    would assume. `name` becomes the reason of the departures that the link adds. A log hardly
    tells how service changes churn (who is unhappy differs in much else): these are assumptions.
    """

    name: Name
    from_: Annotated[Experience, Field(alias="from")]
    on: Effect = "churn"
    curve: Curve
    low: Curve | None = None
    high: Curve | None = None
    memory_days: Positive = 90.0

    @model_validator(mode="after")
    def _check(self) -> Link:
        for key in ("curve", "low", "high"):
            points = getattr(self, key)
            places = [x for x, _ in points or []]
            if sorted(set(places)) != places:
                raise ValueError(f"points of the {key} in order of the experience, each once")
        return self

    def drawn_as(self, reading: Literal["curve", "low", "high"]) -> Link:
        """Return the link with its `low` or `high` curve for its curve, where it has one."""
        points = getattr(self, reading)
        return self if points is None else self.model_copy(update={"curve": points})
