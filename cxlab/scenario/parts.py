"""What all tables of a scenario file share: closed against typos, frozen, checked numbers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "ChannelKind",
    "Finite",
    "Money",
    "Name",
    "NotNegative",
    "Pair",
    "Part",
    "Positive",
    "Share",
]

ChannelKind = Literal["email", "chat", "phone", "web", "portal", "social", "other"]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Money = NotNegative
Pair = Annotated[list[NotNegative], Field(min_length=2, max_length=2)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]


class Part(BaseModel):
    """A table of a scenario file."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, serialize_by_alias=True)
