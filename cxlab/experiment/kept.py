"""Results of a sweep on disk: one file per cell, found again by what it was computed from.

A cell's name is a fingerprint of its scenario (seed included), its replications, the question and
the version of cxlab: whoever asks the same again finds it, and nothing else is taken for it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import cxlab
from cxlab.errors import InputError
from cxlab.experiment.runs import Question, Runs
from cxlab.tables.save import whole

__all__ = ["Kept", "fingerprint"]

_TEXTS = ("name", "title", "description", "replications")


def fingerprint(runs: Runs, question: Question) -> str:
    """Return what a cell's results depend on, as 32 hexadecimal digits."""
    scenario = {k: v for k, v in runs.scenario.resolved().items() if k not in _TEXTS}
    plain = {
        "scenario": scenario, "runs": [runs.first, runs.last], "metrics": question.metrics,
        "by": question.by, "settings": repr(question.settings.key), "version": cxlab.__version__,
    }  # fmt: skip
    text = json.dumps(plain, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Kept:
    """The cells kept in a folder. Files that cannot be read count as not kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        cells = folder / "cells"
        if folder.exists() and not folder.is_dir():
            raise InputError("no folder for the results of a sweep", given=str(folder))
        if folder.is_dir() and any(folder.iterdir()) and not (folder / "sweep.json").exists():
            raise InputError(
                "the folder holds something else than a sweep", given=str(folder),
                expected="an empty or a new folder, or that of a sweep",
            )  # fmt: skip
        cells.mkdir(parents=True, exist_ok=True)
        self._cells = cells

    def describe(self, plain: dict[str, Any]) -> None:
        """Write what the sweep is, as `sweep.json`."""
        text = json.dumps(plain, indent=2, ensure_ascii=False, default=str) + "\n"
        whole(self.folder / "sweep.json", lambda path: path.write_text(text, encoding="utf-8"))

    def read(self, name: str) -> pd.DataFrame | None:
        """Return the rows of a cell, None where it is not kept."""
        path = self._cells / f"{name}.parquet"
        try:
            rows: pd.DataFrame = pq.read_table(path).to_pandas()
        except (FileNotFoundError, pa.ArrowException, OSError):
            return None
        if "excluded" not in rows:
            return None
        rows["excluded"] = rows["excluded"].map(json.loads)
        return rows

    def write(self, name: str, rows: pd.DataFrame) -> None:
        """Keep the rows of a cell; the file appears whole or not at all."""
        plain = pd.DataFrame(rows).assign(excluded=rows["excluded"].map(json.dumps))
        table = pa.Table.from_pandas(plain, preserve_index=False)
        whole(self._cells / f"{name}.parquet", lambda path: pq.write_table(table, path))
