"""A scenario and the model behind it in words, in the order of the STRESS-DES checklist.

Everything is read from the scenario, the declared laws and the docstrings that hold the rules: a
report's appendix cannot say another thing than the model does. Source of the checklist:
T. Monks, C. S. M. Currie, B. S. Onggo, S. Robinson, M. Kunc and S. J. E. Taylor, Strengthening the
reporting of empirical simulation studies: introducing the STRESS guidelines, Journal of Simulation
13 (2019), 55–67.
"""

from cxlab.sim.description.base import base_rules
from cxlab.sim.description.checklist import describe
from cxlab.sim.description.desk import tie_rules
from cxlab.sim.description.document import Description, Grid, Section

__all__ = ["Description", "Grid", "Section", "base_rules", "describe", "tie_rules"]
