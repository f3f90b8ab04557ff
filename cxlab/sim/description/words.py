"""Words that all parts of a description share."""

from __future__ import annotations

import re

from cxlab.scenario import Law

__all__ = ["law_told", "numbered_rules", "shares_told"]


def law_told(law: Law | None, unit: str) -> str:
    """Return a law in words, its durations in a unit."""
    if law is None:
        return "–"
    if law.law == "empirical":
        pairs = zip(law.shares or [], law.values or [], strict=True)
        table = ", ".join(f"{share:.4g}: {value:g}" for share, value in pairs)
        never = f"; {law.endless_share:.4g} never" if law.endless_share > 0 else ""
        return f"empirical quantiles in {unit} ({table}{never})"
    cv = f", cv {law.cv:g}" if law.cv is not None else ""
    return f"{law.law}, mean {law.mean:g} {unit}{cv}"


def shares_told(shares: dict[str, float]) -> str:
    """Return named shares in words."""
    return ", ".join(f"{key} {value:.4g}" for key, value in shares.items()) or "–"


def numbered_rules(text: str | None) -> tuple[str, ...]:
    """Return the rules "1. …", "2. …" that a docstring states.

    >>> numbered_rules("Rules:\\n\\n1. First\\n   one.\\n2. Second one.")
    ('First one.', 'Second one.')
    """
    found = re.findall(r"^\d+\. (.*?)(?=^\d+\. |\Z)", text or "", flags=re.M | re.S)
    return tuple(" ".join(rule.split()) for rule in found)
