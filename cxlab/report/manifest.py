"""The manifest: what a page was made from, as JSON beside it and as a table inside it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cxlab.origin import git_commit, versions
from cxlab.report.html import Html, element, join, table
from cxlab.report.paths import shown_file, shown_parameters
from cxlab.sim.outlook import curve_told

__all__ = ["input_id", "made_at", "manifest", "provenance_markup"]


def manifest(
    *,
    notebook: Path,
    notebook_sha256: str,
    parameters: Mapping[str, Any],
    facts: Mapping[str, Any],
    engine: str,
    seconds: float,
) -> dict[str, Any]:
    """Return what a run was made from, as plain data."""
    scenario = facts.get("scenario")
    return {
        "title": facts.get("title", ""),
        "kind": facts.get("kind", ""),
        "source": facts.get("source"),
        "period": facts.get("period"),
        "input_id": input_id(notebook.name, parameters, facts),
        "notebook": {"name": notebook.name, "sha256": notebook_sha256},
        "parameters": dict(parameters),
        "seed": facts.get("seed"),
        "scenario": scenario,
        "scenario_sha256": facts.get("scenario_sha256"),
        "customer_base": _customer_base(scenario, facts.get("counted") or {}),
        "inputs": facts.get("inputs", []),
        "compared": facts.get("compared", []),
        "missed_targets": facts.get("missed_targets", []),
        "restated": facts.get("restated", []),
        "summary": facts.get("summary", []),
        "kpis": facts.get("kpis", []),
        "alerts": facts.get("alerts", []),
        "judged": facts.get("judged"),
        "versions": versions(),
        "git_commit": git_commit(),
        "engine": engine,
        "seconds": round(seconds, 2),
        "made_at": made_at(),
    }


def made_at() -> str:
    """Return the instant as ISO 8601 in UTC, by SOURCE_DATE_EPOCH where that is set.

    It stands in the manifest alone: a page made twice from the same is the same.
    """
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = float(epoch) if epoch.isdecimal() else time.time()
    return dt.datetime.fromtimestamp(now, dt.UTC).isoformat(timespec="seconds")


def _customer_base(
    scenario: Mapping[str, Any] | None, counted: Mapping[str, int]
) -> dict[str, Any] | None:
    """Return what a reader must know of a simulated customer base; None where there is none.

    Whether the links hold, the links as what they are, assumptions, and how often a probability
    came out above 1 and counted as 1.
    """
    life = (scenario or {}).get("lifecycle")
    if life is None:
        return None
    return {
        "closed_loop": life["closed_loop"],
        "assumed_links": life["links"],
        "probabilities_above_1": counted.get("probabilities_above_1"),
        "terms_ended": counted.get("terms_ended"),
    }


def input_id(notebook: str, parameters: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return a short hash of what a page is about, so that no page replaces another's.

    The notebook, the absolute path of the data, the scenario's sha256, those of the scenarios it is
    compared with, and the seed; not the period, which stands in the file name, nor the number of
    replications.
    """
    data = parameters.get("data")
    place = str(Path(data).resolve()) if isinstance(data, str) else None
    parts = [Path(notebook).name, place, facts.get("scenario_sha256"), facts.get("seed")]
    if facts.get("compared"):
        parts.append([option["scenario_sha256"] for option in facts["compared"]])
    return hashlib.sha256(json.dumps(parts).encode("utf-8")).hexdigest()[:8]


def provenance_markup(data: Mapping[str, Any]) -> Html:
    """Return the manifest as a page prints it."""
    rows: list[tuple[str, object]] = [("Notebook", data["notebook"]["name"])]
    own, shown = data["scenario"] or {}, shown_parameters(data["parameters"]).items()
    rows += [(f"Parameter {n}", _shown(v, own.get(n))) for n, v in shown]
    if data["seed"] is not None:
        rows.append(("Seed", data["seed"]))
    if data["scenario_sha256"]:
        rows.append(("Scenario sha256", element("span", data["scenario_sha256"], class_="hash")))
    rows += [
        (f"Compared with {option['label']}",
         element("span", option["scenario_sha256"], class_="hash"))
        for option in data.get("compared", [])
    ]  # fmt: skip
    rows.append(("Commit of cxlab", data["git_commit"] or "installed from a package"))
    rows.append(("Versions", ", ".join(f"{k} {v}" for k, v in data["versions"].items())))
    rows.append(("Engine", data["engine"]))
    base = data.get("customer_base")
    if base:
        rows += _base_rows(base)
    parts = [table(["What", "Value"], rows, caption="How this page was made")]
    if base and base["assumed_links"]:
        parts.append(_links(base))
    parts.extend(_inputs(data["inputs"]))
    if data["scenario"]:
        words = (
            "The whole scenario, after extends, stands in the manifest beside this page (.json)."
        )
        parts.append(element("p", words))
    return join(parts)


def _base_rows(base: Mapping[str, Any]) -> list[tuple[str, object]]:
    """Return what stands of a customer base in the table of how a page was made."""
    links = [link["name"] for link in base["assumed_links"]]
    if base["closed_loop"]:
        loop = f"on: {', '.join(links)}" if links else "on, without a link: it changes nothing"
    else:
        loop = f"off: {', '.join(links)} changed nothing" if links else "off: there are no links"
    rows: list[tuple[str, object]] = [("Closed loop", loop)]
    if base["probabilities_above_1"] is not None:
        times, terms = base["probabilities_above_1"], base["terms_ended"]
        rows.append(("Probabilities above 1, counted as 1", f"{times:,} ({terms:,} terms ended)"))
    return rows


def _links(base: Mapping[str, Any]) -> Html:
    """Return the links of a scenario as assumptions."""
    rows = [
        (
            link["name"],
            f"{link['from']} on {link['on']}",
            f"{link['memory_days']:g}",
            *(curve_told(link.get(key)) for key in ("curve", "low", "high")),
        )
        for link in base["assumed_links"]
    ]
    how = "in force" if base["closed_loop"] else "not in force"
    columns = ["Link", "From and on", "Memory in days", "Curve", "Low", "High"]
    caption = f"Links from service to customers: assumptions, {how} (experience: factor)"
    return table(columns, rows, caption=caption)


def _shown(value: Any, own: Any = None) -> str:
    """Return a parameter in words; without one, the scenario's `own` value holds."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is not None:
        return str(value)
    return "none" if own is None else f"none (the scenario's own: {own})"


def _path(text: str) -> Html:
    """Return a path that a narrow column breaks after its slashes."""
    return join(text.replace("/", "/\n").split("\n"), between=Html("<wbr>"))


def _inputs(inputs: list[dict[str, Any]]) -> list[Html]:
    if not inputs:
        return []
    rows = [
        (
            _path(shown_file(f["path"])),
            f"{f['rows']:,}",
            element("span", f["sha256"], class_="hash"),
        )
        for f in inputs
    ]
    columns = ["File", "Rows", "sha256"]
    return [table(columns, rows, caption="What was read", numeric=["Rows"])]
