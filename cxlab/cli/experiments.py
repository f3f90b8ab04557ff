"""Commands on experiments: run, compare, sweep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxlab.cli.changes import varied
from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_frame, print_json, print_results, progress_bar, say
from cxlab.errors import InputError
from cxlab.units import format_interval, format_value

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ClusterOption", "ScenarioArgument", "SeedOption", "WhereOption", "loaded_scenario", "register",
    "where",
]  # fmt: skip

ScenarioArgument = Annotated[Path, typer.Argument(help="A scenario file, or a shipped one's name.")]
MetricsOption = Annotated[
    str | None, typer.Option("--metrics", "-m", help="Ids with commas; default: the scenario's.")
]
ByOption = Annotated[str, typer.Option(help="Groups with commas: channel, priority, week, ….")]
SeedOption = Annotated[int | None, typer.Option(help="Default: the scenario's.")]
WhereOption = Annotated[
    str | None,
    typer.Option("--on", help="here, cores, cores:4 or dask; default: cores where it pays."),
]
ClusterOption = Annotated[
    str | None, typer.Option(help="A Dask scheduler's address, tcp://host:8786.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(run)
    app.command()(compare)
    app.command()(sweep)


def run(
    scenario: ScenarioArgument,
    metrics: MetricsOption = None,
    by: ByOption = "",
    precision: Annotated[
        str | None, typer.Option(help="Relative half-width to reach: 0.02 or 2%; default 5%.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(min=1, help="So many, whatever the precision.")
    ] = None,
    cap: Annotated[int, typer.Option(min=2, help="Replications at most.")] = 200,
    seed: SeedOption = None,
    on: WhereOption = None,
    cluster: ClusterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replicate a scenario until its KPIs are precise, with intervals, doubts and theory beside.

    cxlab run base --metrics frt,csat --precision 0.02
    """
    import cxlab
    from cxlab.experiment.sequential import precision_of

    loaded = loaded_scenario(scenario)
    with progress_bar("simulating") as progress:
        found = cxlab.run(
            loaded, metrics, by=by, replications=replications, seed=seed, progress=progress,
            precision=None if replications else precision_of(_half_width(precision), cap),
            executor=where(on, cluster),
        )  # fmt: skip
    if as_json:
        print_json(found.table)
        return
    print_results(found.table)
    for line in found.summary:
        say(line)
    _print_neighbours(found.neighbours)


def _half_width(text: str | None) -> float | None:
    """Return 0.02 for "0.02" or "2%"; raises InputError for what is no share."""
    if text is None:
        return None
    number, percent, rest = text.strip().partition("%")
    try:
        share = float(number) / (100 if percent else 1)
    except ValueError:
        share = 0.0
    if rest or not 0 < share < 1:
        expected = "a share between 0 and 1, such as 0.05 or 5%"
        raise InputError("no precision", given=text, expected=expected)
    return share


def _print_neighbours(rows: pd.DataFrame) -> None:
    """Print what queueing theory says beside the simulated waits."""
    if rows.empty:
        return
    shown = [
        {
            "channel": row["channel"], "formula": row["formula"], "hours": row["hours"],
            "wait, formula": format_value(row["wait_theory_s"], "s"),
            "wait, simulated": format_value(row["wait_s"], "s"),
            "95 % interval": format_interval(row["wait_low_s"], row["wait_high_s"], "s"),
        }
        for row in rows.to_dict("records")
    ]  # fmt: skip
    say("beside it, what queueing theory says of the busiest hours:")
    import pandas as pd

    print_frame(pd.DataFrame(shown))
    for why, mine in rows.groupby("why", sort=False):
        typer.echo(f"{', '.join(mine['channel'])}: {why}")


def compare(
    base: ScenarioArgument,
    others: Annotated[
        list[Path] | None, typer.Argument(help="Scenarios to compare with the base.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--set", help="An option: key=value, or name: key=x1.2; key=4. Repeatable."),
    ] = None,
    metrics: MetricsOption = None,
    by: ByOption = "",
    replications: Annotated[int, typer.Option(min=2, help="Pairs of replications.")] = 30,
    seed: SeedOption = None,
    on: WhereOption = None,
    cluster: ClusterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare scenarios under the same draws: paired differences and what they show.

    cxlab compare base weekend   or   cxlab compare base --set team.shifts.0.agents=4
    """
    import cxlab
    from cxlab.experiment.options import option_scenarios

    first = loaded_scenario(base)
    first = first if seed is None else first.but(seed=seed)
    options = option_scenarios(first, option or [])
    with progress_bar("simulating") as progress:
        found = cxlab.compare(
            first, *map(loaded_scenario, others or []), options=options, metrics=metrics, by=by,
            replications=replications, progress=progress, executor=where(on, cluster),
        )  # fmt: skip
    if as_json:
        print_json(found.table)
        return
    print_frame(found.shown())
    for line in found.summary:
        say(line)


def sweep(
    scenario: ScenarioArgument,
    vary: Annotated[
        list[str],
        typer.Option(help="key=v1,v2,… or key=2..5; x1.2 multiplies what is there. Repeatable."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder of the results; default: sweeps/SCENARIO."),
    ] = None,
    latin: Annotated[
        int | None, typer.Option(min=2, help="So many points of a Latin hypercube instead.")
    ] = None,
    metrics: MetricsOption = None,
    by: ByOption = "",
    replications: Annotated[
        int | None, typer.Option(min=1, help="Of each cell; default: the scenario's.")
    ] = None,
    seed: SeedOption = None,
    on: WhereOption = None,
    cluster: ClusterOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Play it however long it takes.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Play every combination of some keys; a sweep that was stopped goes on where it was.

    cxlab sweep base --vary team.shifts.0.agents=2..5 --vary channels.phone.arrivals_per_hour=x1,x2
    """
    import cxlab

    loaded = loaded_scenario(scenario)
    folder = out or Path("sweeps") / loaded.name
    try:
        with progress_bar("cells") as progress:
            found = cxlab.sweep(
                loaded, varied(vary) if latin is None else _ends(vary),
                design="grid" if latin is None else "latin", points=latin,
                metrics=metrics, by=by, replications=replications, seed=seed, out=folder,
                executor=where(on, cluster), yes=yes, progress=progress,
            )  # fmt: skip
    except KeyboardInterrupt:
        say(f"stopped; what is done is kept in {folder}, the same command goes on from there")
        raise typer.Exit(130) from None  # as every command that Ctrl-C stops
    found.table.drop(columns="excluded").to_csv(folder / "results.csv", index=False)
    if as_json:
        print_json(found.table)
        return
    print_results(found.table)
    say(found.summary)
    say(f"results in {folder / 'results.csv'}")


def _ends(given: list[str]) -> dict[str, list[Any]]:
    """Return the two ends of each key, written low..high or low,high."""
    from cxlab.experiment.design import ranges_of

    found: dict[str, list[Any]] = {}
    for text in given:
        found |= ranges_of([text]) if ".." in text.partition("=")[2] else varied([text])
    return found


def loaded_scenario(scenario: Path) -> Any:
    """Return the scenario of a file, or a shipped one by its name."""
    import cxlab
    from cxlab.files import scenario_file

    return cxlab.Scenario.load(scenario_file(scenario))


def where(on: str | None, cluster: str | None) -> str | None:
    """Return the one of --on and --cluster that was given; raises InputError for both."""
    if on is not None and cluster is not None:
        raise InputError("either --on or --cluster", given=[on, cluster], expected="one of them")
    return on or cluster
