"""Closed forms and exact recursions to hold simulations and metrics against.

Queues in steady state: Erlang's B and C (`erlang`), impatient callers with the exact law of the
wait (`abandonment`, on `offered_wait`), waiting rooms and balking (`rooms`), one agent and any
law of handling (`single_server`), priorities (`priority`), customers who come back and second
tiers (`networks`), rates that change with the hour (`many_servers`), and how many agents a target
needs (`staffing`). Queues on given draws:
Kiefer and Wolfowitz (`recursion`).

Customers: how long contracts last (`contract_survival`), how many customers there are when some
join and some leave (`customer_base`), what a customer is worth by the textbook forms, by any
survival curve (`lifetime`) and by stages (`markov_value`), how often one buys (`purchases`).
"""

from cxlab.theory.abandonment import ErlangA, erlang_a
from cxlab.theory.contract_survival import (
    GammaFrailty,
    geometric_survival,
    residual_survival,
)
from cxlab.theory.customer_base import expected_base, growth_factor, steady_base
from cxlab.theory.erlang import ErlangC, erlang_b, erlang_c
from cxlab.theory.lifetime import Payments, lifetime_value, value_of_survival
from cxlab.theory.many_servers import busy_by_hour
from cxlab.theory.markov_value import stage_values, stage_visits
from cxlab.theory.networks import (
    Network,
    contacts_per_issue,
    feedback,
    jackson,
    traffic,
    two_tiers,
)
from cxlab.theory.priority import PriorityWaits, cobham, cobham_single_server
from cxlab.theory.purchases import nbd_purchases, nbd_shares
from cxlab.theory.recursion import Waits, kiefer_wolfowitz
from cxlab.theory.rooms import FiniteRoom, birth_death, finite_room
from cxlab.theory.single_server import SingleServer, m_g_1
from cxlab.theory.staffing import agents_for_service_level

__all__ = [
    "ErlangA",
    "ErlangC",
    "FiniteRoom",
    "GammaFrailty",
    "Network",
    "Payments",
    "PriorityWaits",
    "SingleServer",
    "Waits",
    "agents_for_service_level",
    "birth_death",
    "busy_by_hour",
    "cobham",
    "cobham_single_server",
    "contacts_per_issue",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "expected_base",
    "feedback",
    "finite_room",
    "geometric_survival",
    "growth_factor",
    "jackson",
    "kiefer_wolfowitz",
    "lifetime_value",
    "m_g_1",
    "nbd_purchases",
    "nbd_shares",
    "residual_survival",
    "stage_values",
    "stage_visits",
    "steady_base",
    "traffic",
    "two_tiers",
    "value_of_survival",
]
