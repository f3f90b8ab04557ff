"""The command sensitivity: which keys of a scenario matter."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.experiments import (
    ClusterOption,
    ScenarioArgument,
    SeedOption,
    WhereOption,
    loaded_scenario,
    where,
)
from cxlab.cli.show import print_frame, print_json, progress_bar, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(sensitivity)


def sensitivity(
    scenario: ScenarioArgument,
    vary: Annotated[
        list[str], typer.Option(help="key=low..high; x0.8..x1.2 multiplies. Repeatable.")
    ],
    metric: Annotated[str, typer.Option("--metric", "-m", help="The id of one metric.")],
    method: Annotated[
        str, typer.Option(help="tornado, or with the extra `sensitivity` morris or sobol.")
    ] = "tornado",
    points: Annotated[
        int | None, typer.Option(min=2, help="Walks of Morris (10), points of Sobol (64).")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=1, help="Of each cell; default: the scenario's.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the results; default: sensitivity/SCENARIO."),
    ] = None,
    seed: SeedOption = None,
    on: WhereOption = None,
    cluster: ClusterOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Play it however long it takes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find out which keys matter for a metric: a tornado, Morris screening, Sobol indices.

    cxlab sensitivity base --metric sla --vary team.shifts.0.agents=2..4 --vary channels.phone.arrivals_per_hour=x0.8..x1.2
    """  # noqa: E501 - a command is one line
    import cxlab
    from cxlab.experiment.design import ranges_of

    loaded = loaded_scenario(scenario)
    folder = out or Path("sensitivity") / loaded.name
    asked: Any = method
    try:
        with progress_bar("cells") as progress:
            found = cxlab.sensitivity(
                loaded, ranges_of(vary), metric, method=asked, points=points,
                replications=replications, seed=seed, out=folder, executor=where(on, cluster),
                yes=yes, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        say(f"stopped; what is done is kept in {folder}, the same command goes on from there")
        raise typer.Exit(1) from None
    if as_json:
        print_json(found.table)
        return
    print_frame(found.shown())
    for line in found.summary:
        say(line)
