"""Results of a sweep on disk: one file per cell, found again by what it was computed from.

A cell's name is a fingerprint of its scenario (seed included), its replications, the question and
the version of cxlab: whoever asks the same again finds it, and nothing else is taken for it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.ipc

import cxlab
from cxlab.errors import InputError
from cxlab.experiment.runs import Question, Runs
from cxlab.tables.save import whole

__all__ = ["Kept", "decoded", "encoded", "fingerprint"]

_SMALL = pyarrow.ipc.IpcWriteOptions(compression="zstd")
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
        """Write what the sweep is, as `sweep.json`; what another one left is numbered, not lost."""
        text = json.dumps(plain, indent=2, ensure_ascii=False, default=str) + "\n"
        there = self.folder / "sweep.json"
        if there.exists() and there.read_text(encoding="utf-8") != text:
            self._set_aside()
        whole(there, lambda path: path.write_text(text, encoding="utf-8"))

    def _set_aside(self) -> None:
        """Give the description and the results of the sweep before a number."""
        names = {"sweep": ".json", "results": ".csv"}
        number = 1
        while any((self.folder / f"{n}-{number}{end}").exists() for n, end in names.items()):
            number += 1
        for name, end in names.items():
            old = self.folder / f"{name}{end}"
            if old.exists():
                old.rename(self.folder / f"{name}-{number}{end}")

    def read(self, name: str) -> bytes | None:
        """Return the rows of a cell as `encoded` gave them, None where they are not kept whole."""
        try:
            cell = (self._cells / f"{name}.arrow").read_bytes()
            pyarrow.ipc.open_file(cell).read_all()
        except (OSError, pa.ArrowException):
            return None
        return cell

    def write(self, name: str, cell: bytes) -> None:
        """Keep the rows of a cell; the file appears whole or not at all."""
        whole(self._cells / f"{name}.arrow", lambda path: path.write_bytes(cell))


def encoded(rows: pd.DataFrame) -> bytes:
    """Return the rows of a cell as an Arrow file, what is left out as JSON."""
    plain = pd.DataFrame(rows).assign(excluded=rows["excluded"].map(json.dumps))
    table = pa.Table.from_pandas(plain, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pyarrow.ipc.new_file(sink, table.schema, options=_SMALL) as file:
        file.write_table(table)
    return bytes(sink.getvalue())


def decoded(cells: Sequence[bytes]) -> pd.DataFrame:
    """Return the rows of cells, which carry the number of their `cell`."""
    tables = [pyarrow.ipc.open_file(cell).read_all() for cell in cells]
    sizes = [len(table) for table in tables]
    rows: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas()
    rows["excluded"] = rows["excluded"].map(json.loads)
    rows["cell"] = np.repeat(np.arange(len(cells)), sizes)
    return rows
