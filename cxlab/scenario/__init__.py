"""Scenario files: a support desk to simulate, stated as checked data."""

from cxlab.scenario.channels import PRIORITIES, TIERS, Bot, Channel, Tier
from cxlab.scenario.laws import Law
from cxlab.scenario.model import BusinessHours, Horizon, Rules, Scenario, SpecialDays
from cxlab.scenario.surveys import INSTRUMENTS, Survey
from cxlab.scenario.teams import Break, Shift, Team
from cxlab.scenario.week import hourly_rates, parse_days

__all__ = [
    "INSTRUMENTS",
    "PRIORITIES",
    "TIERS",
    "Bot",
    "Break",
    "BusinessHours",
    "Channel",
    "Horizon",
    "Law",
    "Rules",
    "Scenario",
    "Shift",
    "SpecialDays",
    "Survey",
    "Team",
    "Tier",
    "hourly_rates",
    "parse_days",
]
