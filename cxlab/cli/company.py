"""Commands on companies: what a change is worth, and why customers leave."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_frame, print_json, progress_bar, say
from cxlab.errors import InputError
from cxlab.units import format_interval, format_value

__all__ = ["register"]

ScenarioArgument = Annotated[
    Path,
    typer.Argument(help="A scenario file with a table \\[lifecycle], or a shipped one's name."),
]
ReplicationsOption = Annotated[int | None, typer.Option(min=2, help="Default: the scenario's.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(worth)
    app.command()(causes)


def worth(
    scenario: ScenarioArgument,
    change: Annotated[
        list[str],
        typer.Option("--set", help="key=value of the scenario to change, repeatable."),
    ],
    replications: ReplicationsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Value a change of a company: its discounted margin against what it costs, with the control.

    cxlab worth saas_startup --set teams.front.shifts.0.agents=3
    """
    import cxlab
    from cxlab.scenario.changes import changes

    loaded = _loaded(scenario)
    with progress_bar("simulating") as progress:
        table = cxlab.worth_of(
            loaded, replications=replications, progress=progress, **_checked(changes(change))
        )
    if as_json:
        print_json(table)
        return
    assert loaded.lifecycle is not None
    print_frame(table.shown())
    say(
        f"money discounted at {loaded.lifecycle.discount_per_year * 100:g} % a year, up to the "
        "horizon; difference per run, 95 % interval over paired replications"
    )
    say(
        "value = margin (of what customers pay) − support (wages, costs) − acquisition − rewards "
        "(coupons, referral, loyalty)"
    )
    if "closed" in set(table["loop"]):
        say("closed: with the scenario's links, which are assumptions; control: without any link")


def causes(
    scenario: ScenarioArgument,
    replications: ReplicationsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say why customers leave: how many fewer would be lost without each cause."""
    import cxlab

    loaded = _loaded(scenario)
    with progress_bar("simulating") as progress:
        table = cxlab.churn_causes(loaded, replications=replications, progress=progress)
    if as_json:
        print_json(table)
        return
    rows = [
        {
            "cause": row["cause"], "kind": row["kind"], "lost": format_value(row["lost"], "count"),
            "fewer without it": format_value(row["difference"], "count"),
            "95 % interval": format_interval(row["low"], row["high"], "count"),
            "share": format_value(row["share"], "share"),
        }
        for row in table.to_dict("records")
    ]  # fmt: skip
    import pandas as pd

    print_frame(pd.DataFrame(rows))
    say("customers per run; causes overlap, so that the shares need not sum to 100 %")
    told = [f"{kind}: {words}" for kind, words in _KINDS.items() if kind in set(table["kind"])]
    say("without it means the same customers again, with the cause taken away; " + "; ".join(told))


_KINDS = {
    "link": "an assumed link from service to leaving, held at 1",
    "links": "all of them",
    "reason": "the share of leaving that the scenario gives to it, taken off",
    "involuntary": "a payment that fails",
}


def _loaded(scenario: Path) -> Any:
    import cxlab
    from cxlab.files import scenario_file

    return cxlab.Scenario.load(scenario_file(scenario))


def _checked(changes: dict[str, Any]) -> dict[str, Any]:
    """Raise InputError for keys that no scenario has at its top, or that are an option here."""
    from cxlab.scenario import Scenario

    for key in changes:
        top = key.replace("__", ".").partition(".")[0]
        if top not in Scenario.model_fields:
            raise InputError("unknown key of a scenario", given=key, known=Scenario.model_fields)
        if top == "replications":
            raise InputError("both sides need as many replications", given=key,
                             hint="there is an option for both: --replications")  # fmt: skip
    return changes
