"""The main job: one notebook, run by papermill, becomes one offline page with its manifest."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import cxlab
from cxlab import display
from cxlab.errors import InputError
from cxlab.files import notebook_file, scenario_file, write_whole
from cxlab.pages import holding, request_of, sha256_of
from cxlab.report.html import without_nan
from cxlab.report.logs import SAMPLES, no_log
from cxlab.report.manifest import input_id, manifest, provenance_markup
from cxlab.report.parameters import Parameter, check_parameters, read_schema
from cxlab.report.paths import tell_shown_parameters
from cxlab.report.place import file_name, replaced
from cxlab.report.vega import BundleJob

__all__ = ["ReportResult", "report"]


@dataclass(frozen=True, slots=True)
class ReportResult:
    """What a report left behind: the page, its manifest, the result in words.

    `missed_targets` are ids of metrics; `summary` has one line per KPI. `alerts` and `restated` are
    what the manifest says of figures beyond noise, and of figures published with another value.
    `replaced` says which settings an earlier page had that lay in this one's place.
    """

    path: Path
    manifest_path: Path
    summary: tuple[str, ...]
    missed_targets: tuple[str, ...]
    alerts: tuple[Mapping[str, Any], ...] = ()
    restated: tuple[Mapping[str, Any], ...] = ()
    replaced: str = field(default="", kw_only=True)

    def __repr__(self) -> str:
        """Return where the page is, and its figures."""
        return "\n".join([f"<Report {self.path}>", *self.summary, *self._told()])

    def _repr_html_(self) -> str:
        # A path seen from the notebook, which is what JupyterLab takes for a link.
        there = Path(os.path.relpath(self.path)).as_posix()
        return display.shown(
            f"<h4>{display.link(quote(there), self.path.name)}</h4>",
            display.lines(self.summary, quiet=False),
            display.lines([*self._told(), f"manifest: {self.manifest_path}"]),
        )

    def _told(self) -> list[str]:
        missed = [f"target missed: {name}" for name in self.missed_targets]
        return [*missed, *([f"note: {self.replaced}"] if self.replaced else [])]


def report(
    scenario: str | Path | None = None,
    data: str | Path | None = None,
    *,
    notebook: str | Path | None = None,
    period: str | None = None,
    by: str | Sequence[str] | None = None,
    parameters: Mapping[str, Any] | None = None,
    out: str | Path = "reports",
    engine: str = "inprocess",
    progress: Callable[[int, int], None] | None = None,
    from_text: bool = False,
    static: bool = False,
) -> ReportResult:
    """Make the report of a scenario, or of a log, and return where it is.

    `scenario`: a scenario file, or the name of one that ships with cxlab; `data`: a folder of
    canonical tables. `period`: which part of a log ("2016-W15", "last"). `by`: columns that a log
    is broken down by ("channel,topic"). `notebook`: another notebook than the one for that kind
    of report. `parameters`: values for the notebook's
    parameters, checked before anything runs; `from_text` lets text stand for numbers, as on a
    command line. `progress(done, total)` counts cells. `static`: a page without scripts, of at
    most 100 kB, for mail and for browsers that run none; "-static" ends its name.

    The page and its manifest appear whole in the folder `out`, or not at all: when something
    fails the last good page stays. Raises InputError for what the user gave, RunError when the
    run itself fails.
    """
    started = time.perf_counter()
    parameters = _with_groups(parameters, by)
    source = _notebook_for(scenario, data, notebook)
    asked = request_of(scenario, data, notebook, period, parameters, Path(out), static=static)
    raw = _read(source)
    given = _given(scenario, data, period, parameters)
    schema = read_schema(raw, source.name)
    checked = check_parameters(schema, given, from_text=from_text)
    checked |= _beside(schema, checked, source.parent)
    used = {name: checked.get(name, p.default) for name, p in schema.items()}
    _check_inputs(used)
    job = None if static else BundleJob()
    try:
        executed = _run(source, checked, engine, progress)
        tell_shown_parameters(executed, checked)
        page, data_ = _page(executed, source, used, engine, started, job, Path(out))
    finally:
        if job is not None:
            job.cancel()
    return _publish(page, data_ | {"request": asked}, used, Path(out), "-static" if static else "")


def _with_groups(
    parameters: Mapping[str, Any] | None, by: str | Sequence[str] | None
) -> Mapping[str, Any] | None:
    """Return the parameters with the groups among them."""
    if by is None:
        return parameters
    if not (isinstance(by, str | Sequence) and all(isinstance(name, str) for name in by)):
        expected = 'names of columns, such as "channel,topic" or ["channel", "topic"]'
        raise InputError("groups are not named", given=by, expected=expected)
    if "by" in (parameters or {}):
        raise InputError("by is given twice", given=by)
    names = by.split(",") if isinstance(by, str) else by
    return {**(parameters or {}), "by": [name.strip() for name in names]}


def _notebook_for(
    scenario: str | Path | None, data: str | Path | None, notebook: str | Path | None
) -> Path:
    if scenario is not None and data is not None:
        raise InputError("a report is either of a scenario or of data", given=str(data))
    if notebook is not None:
        return notebook_file(notebook)
    if scenario is None and data is None:
        raise InputError("nothing to report on", expected="a scenario file, or data")
    return notebook_file("periodic" if scenario is None else _kind(scenario_file(scenario)))


def _kind(scenario: Path) -> str:
    """Return the notebook of a scenario: of a company where it has customers, else of a desk."""
    from cxlab.scenario import Scenario

    return "scenario" if Scenario.load(scenario).lifecycle is None else "lifecycle"


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        list(content["cells"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("not a notebook", given=str(path), hint=str(error)) from None
    return content


def _given(
    scenario: str | Path | None,
    data: str | Path | None,
    period: str | None,
    parameters: Mapping[str, Any] | None,
) -> dict[str, Any]:
    given: dict[str, Any] = dict(parameters or {})
    direct = {
        "scenario": None if scenario is None else str(scenario_file(scenario)),
        "data": None if data is None else str(data),
        "period": period,
    }
    for name, value in direct.items():
        if value is None:
            continue
        if name in given:
            raise InputError(f"{name} is given twice", given=given[name])
        given[name] = value
    return given


def _beside(
    schema: Mapping[str, Parameter], checked: Mapping[str, Any], folder: Path
) -> dict[str, str]:
    """Return the defaults that name a file from the notebook's folder, as seen from here.

    JupyterLab runs a notebook in its folder; a command may stand anywhere.
    """
    texts = {name: p.default for name, p in schema.items() if name not in checked}
    return {
        name: str((folder / text).resolve())
        for name, text in texts.items()
        if isinstance(text, str) and "/" in text
        and not Path(text).exists() and (folder / text).exists()
    }  # fmt: skip


def _check_inputs(used: Mapping[str, Any]) -> None:
    """Refuse missing and unreadable input before the seconds of a run are spent."""
    if isinstance(used.get("scenario"), str):
        from cxlab.scenario import Scenario

        Scenario.load(used["scenario"])
    data = used.get("data")
    if isinstance(data, str) and data not in SAMPLES and not Path(data).exists():
        raise no_log(data)
    if isinstance(used.get("targets"), str):
        from cxlab.report.targets import load_targets

        load_targets(used["targets"])


def _run(
    source: Path,
    checked: dict[str, Any],
    engine: str,
    progress: Callable[[int, int], None] | None,
) -> Any:
    from cxlab.charts import quick_imports as quick_imports  # before papermill, for speed

    # isort: split
    from papermill.iorw import load_notebook_node

    from cxlab.report.engines import run_notebook

    return run_notebook(load_notebook_node(str(source)), checked, engine=engine, progress=progress)


def _page(
    executed: Any,
    source: Path,
    used: Mapping[str, Any],
    engine: str,
    started: float,
    job: BundleJob | None,
    out: Path,
) -> tuple[str, dict[str, Any]]:
    from cxlab.report import page as pages
    from cxlab.report.restated import restated, tell_restated

    facts = pages.page_facts(executed)
    facts["restated"] = restated(facts, input_id(source.name, used, facts), out)
    tell_restated(executed, facts["restated"])
    bundle = None if job is None else job.result()
    data = without_nan(
        manifest(
            notebook=source,
            notebook_sha256=hashlib.sha256(source.read_bytes()).hexdigest(),
            parameters=used,
            facts=facts,
            engine=engine,
            seconds=time.perf_counter() - started,
        )
    )
    told, version = provenance_markup(data), cxlab.__version__
    if bundle is None:
        page = pages.build_static_page(executed, told, version=version)
        pages.check_page(page, pages.MAX_STATIC)
    else:
        page = pages.build_page(executed, told, bundle, version=version)
        pages.check_page(page)
    return page, data


def _publish(
    page: str, data: dict[str, Any], used: Mapping[str, Any], out: Path, ending: str = ""
) -> ReportResult:
    """Put page and manifest in place, both written whole before either is renamed.

    A PDF of another page than this one goes: it would be taken for this one's.
    """
    page_sha256 = hashlib.sha256(page.encode("utf-8")).hexdigest()
    data = data | {"page_sha256": page_sha256}
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with holding(out):
        name = file_name(used, data, out, ending)
        html_path, json_path = out / f"{name}.html", out / f"{name}.json"
        printed = html_path.with_suffix(".pdf")
        same = printed.is_file() and html_path.is_file() and sha256_of(html_path) == page_sha256
        before = replaced(json_path, data) if html_path.is_file() else ""
        write_whole({json_path: text, html_path: page})
        if not same:
            with contextlib.suppress(OSError):
                printed.unlink(missing_ok=True)
    found = (data[part] for part in ("summary", "missed_targets", "alerts", "restated"))
    return ReportResult(html_path, json_path, *(tuple(part) for part in found), replaced=before)
