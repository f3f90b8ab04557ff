"""Settings of composite scores: which measures enter, with what weight, and what is full marks.

Weights of a score add up to 100, so that a weight reads as a percentage. Changed weights make
another version of the score: results say so in their `note`.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ACTIVITIES", "HEALTH_MEASURES", "Engagement", "Health", "Relationship"]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Weights(_Part):
    """Weights that add up to 100."""

    @model_validator(mode="after")
    def _add_up(self) -> Self:
        weights = {name: getattr(self, name) for name in type(self).model_fields}
        _check_total(weights)
        return self


def _check_total(weights: dict[str, float]) -> None:
    total = sum(weights.values())
    if abs(total - 100) > 1e-9:
        parts = " + ".join(f"{name} {value:g}" for name, value in weights.items())
        raise ValueError(f"weights that add up to 100, not {total:g} ({parts})")


_Weight = Annotated[float, Field(ge=0, le=100)]
_Cap = Annotated[float, Field(gt=0)]


class ActivityWeights(_Weights):
    """Weight of each activity in the engagement score."""

    active_days: _Weight = 30.0
    features: _Weight = 20.0
    orders: _Weight = 20.0
    messages: _Weight = 10.0
    answers: _Weight = 10.0
    acts: _Weight = 10.0


class ActivityCaps(_Part):
    """How much of each activity within the window is full marks."""

    active_days: _Cap = 20.0
    features: _Cap = 10.0
    orders: _Cap = 4.0
    messages: _Cap = 5.0
    answers: _Cap = 1.0
    acts: _Cap = 1.0


class Engagement(_Part):
    """The engagement score: activity in the last `window_days`, capped and weighted."""

    window_days: int = Field(default=30, ge=1, le=366)
    weights: ActivityWeights = ActivityWeights()
    caps: ActivityCaps = ActivityCaps()


class HealthWeights(_Weights):
    """Weight of each measure in the health score."""

    satisfaction: _Weight = 20.0
    effort: _Weight = 15.0
    engagement: _Weight = 22.0
    support: _Weight = 20.0
    relationship: _Weight = 23.0


class Health(_Part):
    """The health score: measures from 0 to 100, weighted over those that are available.

    An answer counts for `answer_days`; `open_tickets_cap` open tickets or more are a support
    measure of 0. `band_tops` cut the measures of the points variant: above the last top all of
    a measure's points, one step less for each top that is not exceeded.
    """

    weights: HealthWeights = HealthWeights()
    answer_days: int = Field(default=365, ge=1, le=3660)
    open_tickets_cap: _Cap = 5.0
    band_tops: tuple[float, ...] = Field(default=(20.0, 40.0, 60.0, 80.0), strict=False)

    @model_validator(mode="after")
    def _rising(self) -> Self:
        tops = self.band_tops
        if not tops or list(tops) != sorted(set(tops)) or tops[0] <= 0 or tops[-1] >= 100:
            raise ValueError(f"band_tops that rise between 0 and 100, not {list(tops)}")
        return self


class ComponentWeights(_Weights):
    """Weight of each component of the relationship score; the published example's."""

    breadth: _Weight = 40.0
    seniority: _Weight = 25.0
    quality: _Weight = 20.0
    multithread: _Weight = 10.0
    advocate: _Weight = 5.0


class Relationship(_Part):
    """The relationship scores: which roles an account must have, and how contact fades.

    `roles` are the log's own names with their weights. Contact loses half its worth in
    `half_life_days`; a person spoken with in the last `engaged_days` is engaged;
    `threads_cap` engaged people are full marks for multithreading.
    """

    roles: dict[str, float] = Field(
        default={"sponsor": 40.0, "buyer": 30.0, "user": 30.0}, min_length=1
    )
    half_life_days: _Cap = 45.0
    engaged_days: int = Field(default=90, ge=1)
    senior: tuple[str, ...] = Field(
        default=("director", "vp", "c_level"), min_length=1, strict=False
    )
    threads_cap: _Cap = 3.0
    weights: ComponentWeights = ComponentWeights()

    @model_validator(mode="after")
    def _roles_add_up(self) -> Self:
        if any(weight < 0 for weight in self.roles.values()):
            raise ValueError("weights of roles that are not negative")
        _check_total(self.roles)
        return self


ACTIVITIES = tuple(ActivityWeights.model_fields)
"""What the engagement score is made of."""

HEALTH_MEASURES = tuple(HealthWeights.model_fields)
"""What the health score is made of."""
