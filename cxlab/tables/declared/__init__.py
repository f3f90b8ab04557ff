"""The declarations of the canonical tables, one module per part of the business."""

from __future__ import annotations

from cxlab.tables.declared.commerce import (
    ADVOCACY_ACTS,
    CAMPAIGNS,
    COSTS,
    LOYALTY_MEMBERS,
    REFERRALS,
    TRANSACTIONS,
)
from cxlab.tables.declared.customers import (
    CUSTOMERS,
    MILESTONES,
    MRR_MOVEMENTS,
    STAKEHOLDERS,
    SUBSCRIPTIONS,
)
from cxlab.tables.declared.people import AGENTS, OPERATIONS, SHIFTS
from cxlab.tables.declared.service_hours import SCHEDULE_EXCEPTIONS, SCHEDULES, SLA_TARGETS
from cxlab.tables.declared.support import ESCALATIONS, MESSAGES, STATUS_EVENTS, TICKETS
from cxlab.tables.declared.surveys import SURVEYS
from cxlab.tables.declared.usage import ENTITLEMENTS, USAGE_EVENTS

__all__ = ["DECLARED"]

# A table comes after the tables that it refers to, so that its references can be checked.
DECLARED = (
    TICKETS,
    MESSAGES,
    STATUS_EVENTS,
    ESCALATIONS,
    SURVEYS,
    AGENTS,
    SHIFTS,
    SLA_TARGETS,
    SCHEDULES,
    SCHEDULE_EXCEPTIONS,
    CUSTOMERS,
    STAKEHOLDERS,
    SUBSCRIPTIONS,
    MRR_MOVEMENTS,
    TRANSACTIONS,
    USAGE_EVENTS,
    ENTITLEMENTS,
    COSTS,
    REFERRALS,
    ADVOCACY_ACTS,
    CAMPAIGNS,
    LOYALTY_MEMBERS,
    MILESTONES,
    OPERATIONS,
)
