"""Options beside a base: other scenario files, and changes of the base in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cxlab.errors import InputError
from cxlab.experiment.design import changed_by
from cxlab.experiment.staffing_worth import options_of
from cxlab.files import scenario_file
from cxlab.scenario import Scenario
from cxlab.scenario.changes import changes as changed_keys

__all__ = ["beside", "chosen_options", "option_scenarios"]


def beside(base: str | Path, others: Sequence[str] | None) -> list[Scenario]:
    """Return scenarios by path or name; a name is looked for beside the base, then shipped.

    Raises InputError for what is no scenario. `beside("scenarios/base.toml", ["one_more_agent"])`
    reads `scenarios/one_more_agent.toml`.
    """
    folder = Path(base).parent
    own = {name: folder / f"{name.removesuffix('.toml')}.toml" for name in others or ()}
    return [
        Scenario.load(path if path.is_file() else scenario_file(name)) for name, path in own.items()
    ]


def option_scenarios(base: Scenario, changes: Sequence[str]) -> dict[str, Scenario]:
    """Return the base with changes, by label: "key=value", several of one option with ";" between.

    "name: key=value" gives the option a name, "x1.2" multiplies what the key holds. Raises
    InputError for a key or value that cannot be, and for two options of one name.

    `option_scenarios(base, ["fewer: team.shifts.2.agents=1"])` is `{"fewer": …}`.
    """
    found: dict[str, Scenario] = {}
    for text in changes:
        label, pairs = _named(text)
        if label in found:
            raise InputError("two options of one name", given=label)
        found[label] = changed_by(base, changed_keys(pairs))
    return found


def chosen_options(
    base: Scenario, changes: Sequence[str] | None, others: Sequence[Scenario] = ()
) -> dict[str, Scenario]:
    """Return the options that are asked; where nothing is, one agent more and one fewer.

    `others`: the scenarios that the base is compared with anyway. Raises InputError as
    `option_scenarios` does, and where nothing is asked of a scenario without agents.
    """
    if changes or others:
        return option_scenarios(base, changes or ())
    return {option.name: base.but(**option.changes(base)) for option in options_of(base)}


def _named(text: str) -> tuple[str, list[str]]:
    """Return the name of an option, by default its text, and its key=value pairs."""
    name, colon, rest = text.partition(":")
    named = bool(colon) and "=" not in name and bool(name.strip())
    pairs = [part for part in (rest if named else text).split(";") if part.strip()]
    if not pairs:
        raise InputError("an option changes nothing", given=text, expected="key=value")
    return (name if named else text).strip(), pairs
