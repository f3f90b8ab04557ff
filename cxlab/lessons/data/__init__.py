"""Logs with a known truth, to measure against: one function for each trap.

Every log is made by a rule that its docstring states, so what a metric should find is known
before it is measured. Where chance comes in, the seed is fixed.
"""

from cxlab.lessons.data.answers import equal_agents
from cxlab.lessons.data.contacts import contact_stream
from cxlab.lessons.data.customers import fast_growth, journeys, seats
from cxlab.lessons.data.months import cleared_backlog
from cxlab.lessons.data.replies import skewed_replies, two_hour_replies
from cxlab.lessons.data.shares import shifted_mix
from cxlab.lessons.data.surveys import both_efforts, two_waves
from cxlab.lessons.data.unfinished import open_tickets

__all__ = [
    "both_efforts",
    "cleared_backlog",
    "contact_stream",
    "equal_agents",
    "fast_growth",
    "journeys",
    "open_tickets",
    "seats",
    "shifted_mix",
    "skewed_replies",
    "two_hour_replies",
    "two_waves",
]
