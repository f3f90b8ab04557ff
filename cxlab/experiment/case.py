"""A case of the validation: a desk whose steady state is known, and what is compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cxlab.experiment.readings import Reading
from cxlab.scenario import Scenario

__all__ = ["Case", "Fault", "Quantity"]


@dataclass(frozen=True)
class Quantity:
    """One number of a case: what theory says, and how a run is read for it."""

    name: str
    unit: str
    theory: float
    reading: Reading = field(repr=False)


@dataclass(frozen=True)
class Case:
    """A desk whose steady state is known: the scenario, the formula, what is compared."""

    name: str
    formula: str
    """What theory is applied, in words."""
    source: str
    scenario: Scenario = field(repr=False)
    quantities: tuple[Quantity, ...]
    fast: bool = False
    """Whether `make test` runs it too."""


@dataclass(frozen=True)
class Fault:
    """A fault put into a case on purpose: do the tests see it?"""

    what: str
    case: str
    changes: Mapping[str, Any]
