"""Scenario files: a support desk to simulate, stated as checked data."""

from cxlab.scenario.laws import Law
from cxlab.scenario.model import Channel, Horizon, Rules, Scenario, Shift, Survey, Team
from cxlab.scenario.week import hourly_rates, parse_days

__all__ = [
    "Channel",
    "Horizon",
    "Law",
    "Rules",
    "Scenario",
    "Shift",
    "Survey",
    "Team",
    "hourly_rates",
    "parse_days",
]
