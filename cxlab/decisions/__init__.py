"""Decision trees after the purchase: which customers call for which next action, and how many.

A rules file (TOML) cuts customers into segments by what they said, what is open and what they
use; `decide` counts who falls where.
"""

from cxlab.decisions.decide import Decision, decide
from cxlab.decisions.features import FEATURES, Feature
from cxlab.decisions.rules import Rule, Rules, load_rules

__all__ = ["FEATURES", "Decision", "Feature", "Rule", "Rules", "decide", "load_rules"]
