"""What customers are asked after their ticket, and what their answer depends on."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from cxlab.scenario.laws import Duration
from cxlab.scenario.parts import Finite, NotNegative, Part, Share

__all__ = ["INSTRUMENTS", "Instrument", "Survey"]

Instrument = Literal["csat", "ces", "nps"]

INSTRUMENTS: dict[str, tuple[str, int, int]] = {
    "csat": ("csat_5", 1, 5),
    "ces": ("ces_2", 1, 7),
    "nps": ("nps_11", 0, 10),
}
"""Wording and scale of each instrument; on all of them a higher score is better."""


class Survey(Part):
    """A question after the last solve, answered by a proportional-odds model.

    P(score ≤ k-th lowest) = logistic(cutpoints[k] + e), for all scores but the highest, with
    e = `wait_effect` · w + `resolution_effect` · r + `extra_contact_effect` · (contacts − 1)
    + `escalation_effect` · (tier − 1). Here w compares the hours to the first reply with
    `expected_wait_hours`, r the hours to the last solve with `expected_resolution_hours`: as a
    difference (`wait_scale` = "hours") or as log(1 + hours) − log(1 + expected) ("log_hours").
    Positive effects make the score worse. These are assumptions, not findings.
    """

    response_rate: Share
    delay_hours: NotNegative = 0.0
    answer_hours: Duration | None = None
    cutpoints: Annotated[list[Finite], Field(min_length=4, max_length=10)]
    wait_effect: Finite = 0.0
    wait_scale: Literal["hours", "log_hours"] = "hours"
    expected_wait_hours: NotNegative = 0.0
    resolution_effect: Finite = 0.0
    expected_resolution_hours: NotNegative = 0.0
    extra_contact_effect: Finite = 0.0
    escalation_effect: Finite = 0.0

    @model_validator(mode="after")
    def _check_order(self) -> Survey:
        if sorted(set(self.cutpoints)) != self.cutpoints:
            raise ValueError("cutpoints in increasing order")
        return self

    def check_scale(self, instrument: str) -> None:
        """Raise ValueError unless there is a cutpoint between each two scores."""
        _, lowest, highest = INSTRUMENTS[instrument]
        if len(self.cutpoints) != highest - lowest:
            raise ValueError(
                f"{highest - lowest} cutpoints for {instrument}, which has the scores {lowest} to "
                f"{highest} (here are {len(self.cutpoints)})"
            )
