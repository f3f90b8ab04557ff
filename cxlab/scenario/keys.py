"""Every key of a scenario file, from the model that checks it: where, what it may hold, default."""

from __future__ import annotations

import inspect
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from cxlab.errors import InputError
from cxlab.scenario.channels import Bot, Channel, Tier
from cxlab.scenario.customers import (
    Acquisition,
    Campaign,
    Contacts,
    Feature,
    LoyaltyProgramme,
    Onboarding,
    Plan,
    Purchases,
    Referral,
    RelationSurvey,
    Renewal,
    Segment,
    WinBack,
)
from cxlab.scenario.laws import Law
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.scenario.links import Link
from cxlab.scenario.model import BusinessHours, Horizon, Rules, Scenario, SpecialDays
from cxlab.scenario.surveys import Survey
from cxlab.scenario.teams import Break, Overflow, Shift, Team

__all__ = ["TABLES", "keys_text"]

TABLES: dict[str, type[BaseModel]] = {
    "scenario": Scenario,
    "horizon": Horizon,
    "rules": Rules,
    "business_hours": BusinessHours,
    "special_days": SpecialDays,
    "channels": Channel,
    "bot": Bot,
    "tier2": Tier,
    "law": Law,
    "teams": Team,
    "shifts": Shift,
    "breaks": Break,
    "overflow": Overflow,
    "surveys": Survey,
    "lifecycle": Lifecycle,
    "acquisition": Acquisition,
    "segments": Segment,
    "plans": Plan,
    "onboarding": Onboarding,
    "features": Feature,
    "contacts": Contacts,
    "renewal": Renewal,
    "referral": Referral,
    "win_back": WinBack,
    "loyalty": LoyaltyProgramme,
    "campaigns": Campaign,
    "purchases": Purchases,
    "relation_survey": RelationSurvey,
    "links": Link,
}
"""The tables of a scenario file by the word that stands in the file."""

_WHERE = {
    "scenario": "at the top",
    "horizon": "[horizon]",
    "rules": "[rules]",
    "business_hours": "[business_hours]",
    "special_days": "[[special_days]]",
    "channels": "[channels.NAME]",
    "bot": "[channels.NAME.bot]",
    "tier2": "tier2 and tier3 of a channel",
    "law": "wherever a duration stands: a number, or a table",
    "teams": "[team], or [teams.NAME] for several",
    "shifts": "[[team.shifts]]",
    "breaks": "breaks = [{ … }] of a shift",
    "overflow": "overflow = { … } of a team",
    "surveys": "[surveys.csat], [surveys.ces], [surveys.nps]",
    "lifecycle": "[lifecycle]",
    "acquisition": "[lifecycle.acquisition.NAME]",
    "segments": "[lifecycle.segments.NAME]",
    "plans": "[lifecycle.plans.NAME]",
    "onboarding": "[lifecycle.onboarding]",
    "features": "[lifecycle.features.NAME]",
    "contacts": "[lifecycle.contacts]",
    "renewal": "[lifecycle.renewal]",
    "referral": "[lifecycle.referral]",
    "win_back": "[lifecycle.win_back]",
    "loyalty": "[lifecycle.loyalty]",
    "campaigns": "[lifecycle.campaigns.NAME]",
    "purchases": "[lifecycle.purchases]",
    "relation_survey": "[lifecycle.relation_survey]",
    "links": "[[lifecycle.links]]",
}


def keys_text(table: str | None = None) -> str:
    """Return the keys of one table of a scenario file, or of all, as plain text.

    Raises InputError with the nearest known name for a table that does not exist.

    >>> print(keys_text("overflow").splitlines()[0])
    overflow = { … } of a team
    >>> keys_text("team.shifts") == keys_text("shifts")
    True
    """
    if table is not None:
        table = _near(table)
    if table is not None and table not in TABLES:
        raise InputError("a scenario has no such table", given=table, known=TABLES)
    names = [table] if table else list(TABLES)
    return "\n\n".join(_table(name) for name in names)


def _near(table: str) -> str:
    """Return the word of a table for how it stands in a file: `team`, `channels.phone`."""
    words = table.strip("[]").split(".")
    words = words[1:] if words[0] == "lifecycle" and len(words) > 1 else words
    for word in reversed(words):
        for known in (word, f"{word}s"):
            if known in TABLES:
                return known
    return table


def _table(name: str) -> str:
    model = TABLES[name]
    schema = model.model_json_schema(by_alias=True)
    known = schema.get("$defs", {})
    lines = [_WHERE[name], *(f"  {line}" for line in _words(model)), ""]
    width = max(len(field.alias or key) for key, field in model.model_fields.items())
    for key, field in model.model_fields.items():
        shown = field.alias or key
        kind = _kind(schema["properties"][shown], known)
        lines.append(f"  {shown:<{width}}  {kind}{_default(field)}")
    return "\n".join(lines)


def _words(model: type[BaseModel]) -> list[str]:
    text = inspect.getdoc(model) or ""
    kept = text.split(">>>")[0].rstrip().splitlines()
    return [line.replace("`", "") for line in kept]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "  (needed)"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined or value in ({}, []) or value == "":
        return ""
    if isinstance(value, BaseModel):
        return ""
    return f"  [{_toml(value)}]"


def _toml(value: Any) -> str:
    """Return a default as a file would say it; text at the top without its quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + "}"
    return str(value)


def _kind(schema: dict[str, Any], known: dict[str, Any]) -> str:
    """Return in a few words what a key may hold."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return {"Law": "a duration (see law)"}.get(name) or _kind(known[name], known)
    if "anyOf" in schema:
        kinds = dict.fromkeys(_kind(s, known) for s in schema["anyOf"] if s.get("type") != "null")
        return " or ".join(kinds)
    if "enum" in schema or "const" in schema:
        return ", ".join(f'"{v}"' for v in schema.get("enum", [schema.get("const")]))
    kind = schema.get("type", "")
    if kind in ("number", "integer"):
        return _range({"number": "a number", "integer": "a whole number"}[kind], schema)
    if schema.get("format") == "date":
        return "a date"
    return {
        "string": "text",
        "boolean": "true or false",
        "array": "a list",
        "object": "a table",
    }.get(kind, "a value")


def _range(word: str, schema: dict[str, Any]) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is not None and high is not None:
        return f"{word} from {low:,.10g} to {high:,.10g}"
    if low is not None:
        return (
            f"{word} above {low:g}" if "exclusiveMinimum" in schema else f"{word}, {low:g} or more"
        )
    return word
