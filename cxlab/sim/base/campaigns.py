"""What campaigns issue to whom, and when it is redeemed: by address, whoever else is there."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxlab.scenario.customers import Campaign
from cxlab.sim.addresses import uniforms_at
from cxlab.sim.base.customers import NEVER, Customers, whole_days

__all__ = ["issue_days", "redeemed_days"]

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def issue_days(campaign: Campaign, total: int) -> Integers:
    """Return the days of a replication on which a campaign issues something."""
    return np.arange(campaign.first_day, total, campaign.every_days)


def redeemed_days(
    name: str, campaign: Campaign, customers: Customers, issue: int
) -> tuple[Flags, Integers]:
    """Return who gets the issue of that number, and the days on which it is redeemed, or NEVER.

    Who is no active customer then gets nothing; that is not looked at here.
    """
    day = campaign.first_day + issue * campaign.every_days
    gets = uniforms_at(customers.key, f"campaign.{name}.gets", issue) < campaign.share
    if campaign.members_only:
        gets &= customers.member <= day
    redeems = uniforms_at(customers.key, f"campaign.{name}.redeems", issue) < campaign.redeems
    days = np.zeros(len(customers))
    if campaign.redeem_days is not None:
        u = uniforms_at(customers.key, f"campaign.{name}.days", issue)
        days = campaign.redeem_days.quantile(u)
    redeemed = np.where(
        gets & redeems & (days < campaign.valid_days), day + whole_days(np.floor(days)), NEVER
    )
    return gets, redeemed
