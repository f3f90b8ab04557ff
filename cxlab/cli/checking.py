"""The command `check`: what files are, what is wrong with them, what tables make possible."""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cxlab.cli.data import JsonOption, quarantined
from cxlab.cli.show import print_json, say
from cxlab.errors import CxlabError
from cxlab.files import no_file, scenario_file, shipped

if TYPE_CHECKING:
    from cxlab.tables.inventory import Inventory

__all__ = ["register"]

SHOWN = 8
"""How many of a long list the words show; JSON has all."""


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command()(check)


def check(
    paths: Annotated[
        list[Path], typer.Argument(help="Scenarios, mappings, rules, stages, tables, folders.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Check files and tables, and say what tables make possible; exit code 2 if any is wrong."""
    results = [_checked(_meant(path)) for path in paths]
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        for result in results:
            where = "" if result.message.startswith(result.file) else f"{result.file}: "
            say(f"{'ok' if result.ok else 'bad'}: {where}{result.message}")
            for problem in result.problems:
                say(f"  {problem}")
            for line in result.lines():
                typer.echo(_wrapped(line))
    if not all(result.ok for result in results):
        raise typer.Exit(2)


@dataclass(frozen=True)
class _Checked:
    """What the check of one file found; of tables also what they hold, and what each metric lacks.

    `lacking` has every metric by id, "" where nothing is lacking; `about` says what a scenario
    models.
    """

    file: str
    ok: bool
    message: str
    problems: list[str]
    tables: list[Inventory] = field(default_factory=list)
    lacking: dict[str, str] = field(default_factory=dict)
    about: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield what a scenario models, or what tables hold and make possible, in words."""
        yield from (f"  {line}" for line in self.about)
        for table in self.tables:
            yield from _table_lines(table)
        if self.lacking:
            yield from _metric_lines(self.lacking, self.tables)


def _meant(path: Path) -> Path:
    """Return a path, or the file of the scenario that a mere name means."""
    if path.exists() or path.suffix or path.name != str(path):
        return path
    return scenario_file(path) if str(path) in shipped("scenarios", ".toml") else path


def _checked(path: Path) -> _Checked:
    try:
        if not path.exists():
            raise no_file("no such file", path, known=shipped("scenarios", ".toml"))
        if path.suffix == ".toml" and _is_mapping(_keys(path)):
            return _check_mapping(path)
        if path.suffix == ".toml":
            message, about = _check_toml(path)
            return _Checked(str(path), True, message, [], about=about)
        return _check_tables(path)
    except CxlabError as error:
        return _Checked(str(path), False, str(error), [])


def _check_toml(path: Path) -> tuple[str, list[str]]:
    """Read a file as what its keys say it is, by default a scenario; return what it is.

    Of a scenario also what it models of customers, in lines.
    """
    top = _keys(path)
    if "stages" in top:
        from cxlab.metrics.journey_map import load_journey

        found = load_journey(path)
        return f"stages {found.title!r}: {', '.join(s.name for s in found.stages)}", []
    if "answers_within_days" in top or ("rules" in top and "horizon" not in top):
        from cxlab.decisions import load_rules

        rules = load_rules(path)
        return f"rules {rules.title!r}: {len(rules.rules)} rules, none contradicts another", []
    of_targets = "targets" in top or path.stem.endswith("targets")
    if of_targets and not {"horizon", "extends"} & set(top):
        from cxlab.report.targets import load_alarms, load_targets

        named = [f"targets of {', '.join(goals)}"] if (goals := load_targets(path)) else []
        alarms = load_alarms(path)
        named += [f"limits of alerts on {', '.join(alarms)}"] if alarms else []
        return "; ".join(named) or "no targets", []
    if "shifts" in top or (top and set(top) == {"teams"}):
        from cxlab.experiment.staffing import load_rules as load_shift_rules

        load_shift_rules(path)
        teams = [*(["all teams"] if "shifts" in top else []), *top.get("teams", {})]
        return f"shift rules of {', '.join(teams)}", []
    if top and set(top) <= _settings_sections():
        from cxlab.metrics.settings import load_settings

        load_settings(path)
        return f"settings of {', '.join(top)}", []
    from cxlab.scenario import Scenario
    from cxlab.sim import load_notes
    from cxlab.sim.outlook import base_notes, base_outlook

    scenario = Scenario.load(path)
    for note in [*load_notes(scenario), *base_notes(scenario)]:
        say(f"note: {path}: {note}")
    _say_what_a_list_replaces(path)
    return f"scenario {scenario.name!r}", base_outlook(scenario)


def _is_mapping(top: Mapping[str, Any]) -> bool:
    return "source" in top and "horizon" not in top


def _check_mapping(path: Path) -> _Checked:
    """Say what a mapping is, tried on the export beside it where there is one.

    One by which more than a tenth of a table's rows would be lost is wrong.
    """
    from cxlab.ingest.importer import tried_out

    fit = tried_out(path)
    if fit is None:
        words = "a mapping; its export is not beside it, so its columns were not looked for"
        return _Checked(str(path), True, words, [])
    aside = [
        f"{p.rows:,} of {fit.of[str(p.table)]:,} rows would be set aside: {p.reason} "
        f"({p.table}.{p.column}; {p.examples})"
        for p in fit.quarantine.itertuples()
    ]
    tried = f"{fit.file.name} ({fit.rows:,} rows tried)"
    if not fit.fits:
        words = f"a mapping; it does not fit {tried}: more than a tenth would be set aside"
        return _Checked(str(path), False, words, aside)
    for line in aside:
        say(f"note: {path}: {line}")
    return _Checked(str(path), True, f"a mapping; it fits {tried}", [])


def _keys(path: Path) -> dict[str, Any]:
    """Return a file's top level; of an unreadable one none, and its reader says what is wrong."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _settings_sections() -> set[str]:
    from cxlab.metrics.settings import Settings

    return set(Settings.model_fields)


def _say_what_a_list_replaces(path: Path) -> None:
    """Say that a list of its own, shifts or links, leaves nothing of the list it extends."""
    from cxlab.scenario import Scenario

    own = tomllib.loads(path.read_text(encoding="utf-8"))
    if "extends" not in own:
        return
    before = Scenario.load(path.parent / own["extends"])
    named = {"team": own.get("team", {})} | {
        f"teams.{name}": team for name, team in own.get("teams", {}).items()
    }
    for where, team in named.items():
        there = before.team if where == "team" else before.teams.get(where.removeprefix("teams."))
        if there is not None and team.get("shifts"):
            say(
                f"note: {path}: the {len(there.shifts)} shifts of {where} in {own['extends']} are "
                f"replaced by its own {len(team['shifts'])}: a list is taken whole"
            )
    links = own.get("lifecycle", {}).get("links")
    if links is not None and before.lifecycle is not None and before.lifecycle.links:
        say(
            f"note: {path}: the {len(before.lifecycle.links)} links in {own['extends']} are "
            f"replaced by its own {len(links)}: a list is taken whole"
        )


def _check_tables(path: Path) -> _Checked:
    from cxlab.metrics.possible import lacking
    from cxlab.tables import Tables, agreement
    from cxlab.tables.inventory import inventory

    tables = Tables.read(path)
    aside = [quarantined(p) for p in tables.quarantine.itertuples()]
    for line in aside[: tables.meta.imported]:  # no fault of the tables: they do not have these
        say(f"note: {path}: set aside by the import: {line}")
    problems = aside[tables.meta.imported :]
    for row in agreement(tables).to_dict("records"):
        if row["differ"]:
            say(
                f"note: {path}: tickets.{row['column']} as recorded and as rebuilt from the "
                f"events differ in {row['differ']:,} of {row['tickets']:,} tickets "
                f"({row['examples']})"
            )
    found = inventory(tables)
    rows = ", ".join(f"{each.table} {each.rows:,}" for each in found)
    return _Checked(
        str(path), not problems, f"tables: {rows} rows", problems, found, lacking(tables)
    )


def _table_lines(table: Inventory) -> Iterator[str]:
    yield f"{table.table}: known columns: {', '.join(table.known)}"
    if table.own:
        yield f"  your own, groups for --by: {', '.join(table.own)}"
    for own, known in table.near.items():
        yield f"  {own} is not known: did you mean {known}?"


def _metric_lines(lacking: dict[str, str], tables: Sequence[Inventory]) -> Iterator[str]:
    """Yield which metrics are possible, and what the others lack: columns first, then tables."""
    from cxlab.metrics import METRICS

    possible = [m for m, lacks in lacking.items() if not lacks]
    concepts = [m for m in possible if not METRICS[m].variant_of]
    words = f"metrics: {len(possible)} of {len(lacking)} possible"
    yield words + (f", among them {_some(concepts)}" if concepts else "")
    columns: dict[str, list[str]] = {}
    whole: dict[str, list[str]] = {}
    for metric, lacks in lacking.items():
        parts = lacks.split(", ") if lacks else []
        absent = [part for part in parts if "." not in part]
        if parts:
            group = whole if absent else columns
            group.setdefault(", ".join(absent or parts), []).append(metric)
    for title, group in (("columns", columns), ("tables", whole)):
        if group:
            yield f"lacking {title}:"
        ordered = sorted(group.items(), key=lambda item: -len(item[1]))
        for name, metrics in ordered[:SHOWN]:
            yield f"  {name}{_alike(name, tables)}: {len(metrics)} ({_some(metrics, 3)})"
        if rest := ordered[SHOWN:]:
            yield f"  … {sum(len(m) for _, m in rest)} metrics lack others (--json has all)"


def _wrapped(line: str) -> str:
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    return textwrap.fill(line, 80, subsequent_indent=indent, break_on_hyphens=False,
                         break_long_words=False)  # fmt: skip


def _some(names: Sequence[str], most: int = SHOWN) -> str:
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def _alike(lacks: str, tables: Sequence[Inventory]) -> str:
    """Name a column that is there and is called much like the one that is lacking."""
    from cxlab.tables.inventory import near_misses

    table, _, column = lacks.partition(".")
    for each in tables:
        if each.table == table and column.isidentifier():
            near = near_misses([*each.known, *each.own], [column])
            if near:
                return f" (there is {', '.join(near)})"
    return ""
