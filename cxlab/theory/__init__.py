"""Closed forms and exact recursions to hold simulations and metrics against.

Queueing theory (`erlang`, `recursion`), and the textbook forms of customer lifetime value
(`lifetime`).
"""

from cxlab.theory.erlang import ErlangC, erlang_c
from cxlab.theory.lifetime import Payments, lifetime_value
from cxlab.theory.recursion import Waits, kiefer_wolfowitz

__all__ = ["ErlangC", "Payments", "Waits", "erlang_c", "kiefer_wolfowitz", "lifetime_value"]
