"""The command that staffs: the cheapest weekly shifts that meet targets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cxlab.cli.data import JsonOption
from cxlab.cli.show import print_frame, print_json, progress_bar, say
from cxlab.errors import InputError

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(staff)


def staff(
    scenario: Annotated[Path, typer.Argument(help="A scenario file, or a shipped one's name.")],
    target: Annotated[
        list[str],
        typer.Option(help="service_level>=80%, frt_p90[email]<=24h, value; repeatable."),
    ],
    shifts: Annotated[
        Path | None,
        typer.Option(help="TOML of the shifts allowed; default: moved lines of the scenario."),
    ] = None,
    confidence: Annotated[str, typer.Option(help="That all targets are met.")] = "95%",
    replications: Annotated[
        int | None, typer.Option(min=2, help="Default: the scenario's.")
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Default: the scenario's.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Scenario file to write, with the plan.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Overwrite the file if it is there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Find the cheapest weekly shift plan that meets targets, with stated confidence.

    cxlab staff base --target 'service_level>=80%' --target 'frt_p90[email]<=24h' --out plan.toml

    Exit code 1 when no plan was confirmed on fresh seeds.
    """
    import cxlab
    from cxlab.experiment.staffing import load_rules
    from cxlab.files import scenario_file

    file = scenario_file(scenario)
    loaded, rules, sure = cxlab.Scenario.load(file), load_rules(shifts), _share(confidence)
    _check_out(out, file, force)
    with progress_bar("staffing") as progress:
        plan = cxlab.staff(
            loaded, target, rules=rules, confidence=sure, replications=replications, seed=seed,
            progress=progress,
        )  # fmt: skip
    if out is not None:
        plan.write(out, file)
    if as_json:
        print_json(plan.as_dict() | {"file": None if out is None else str(out)})
    else:
        _show(plan, out)
    if not plan.confirmed:
        say("no plan was confirmed on fresh seeds: ask for less, or for more replications")
        raise typer.Exit(1)


def _show(plan: Any, out: Path | None) -> None:
    for table in (plan.line_words(), plan.target_words(), plan.price_words(), plan.worth_words()):
        if len(table):
            print_frame(table)
            typer.echo()
    for line in plan.summary():
        say(line)
    if out is not None:
        say(f"plan written to {out}; cxlab report {out} shows it")


def _share(text: str) -> float:
    """Return a confidence such as "95%" or "0.95"."""
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = float("nan")
    if rest or not 0.5 < value < 1:
        raise InputError("--confidence", given=text, expected="a share such as 95% or 0.95, "
                         "above 50% and below 100%")  # fmt: skip
    return value


def _check_out(out: Path | None, scenario: Path, force: bool) -> None:
    """Raise InputError, before anything is simulated, where the plan could not be written."""
    if out is None:
        return
    if out.is_dir() or out.suffix != ".toml":
        raise InputError("--out", given=str(out), expected="a file name that ends in .toml")
    if out.exists() and out.resolve() == scenario.resolve():
        raise InputError("--out is the scenario that it extends", given=str(out))
    if out.exists() and not force:
        raise InputError("a file is already there", given=str(out), hint="--force overwrites it")
