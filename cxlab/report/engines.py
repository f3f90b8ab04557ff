"""Engines for papermill: the reference in a kernel, and one in this process.

The in-process engine runs the cells in `cxlab.report.shell`: no kernel to start, no port to open.
It keeps papermill's parameters, metadata and output notebook, and gives the same outputs.
"""

from __future__ import annotations

import contextlib
import copy
import logging
from collections.abc import Callable, Iterator
from typing import Any

from papermill.engines import Engine, NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import (
    prepare_notebook_metadata,
    raise_for_execution_errors,
    remove_error_markers,
)
from papermill.parameterize import parameterize_notebook

from cxlab.errors import InputError, RunError
from cxlab.report.shell import fresh_shell, run_cell

__all__ = ["ENGINES", "run_notebook"]

Progress = Callable[[int, int], None]

ENGINES = ("inprocess", "kernel")
"""Names of the engines."""


class InProcessEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """papermill engine that runs the cells in this process."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, progress: Progress | None = None, **_: Any
    ) -> None:
        """Run every cell; stop at the first that raises."""
        total = len(nb_man.nb.cells)
        with fresh_shell() as shell:
            for number, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, number)
                failure = run_cell(shell, cell) if _is_code(cell) else None
                if failure is not None:
                    nb_man.cell_exception(cell, number)
                nb_man.cell_complete(cell, number)
                if progress:
                    progress(number + 1, total)
                if failure is not None:
                    return


def _is_code(cell: Any) -> bool:
    return bool(cell.cell_type == "code" and cell.source.strip())


class KernelEngine(NBClientEngine):  # type: ignore[misc]  # papermill has no types
    """papermill's own engine, with a word after each cell."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, progress: Progress | None = None, **options: Any
    ) -> None:
        """Run the cells in a kernel."""
        complete, total = nb_man.cell_complete, len(nb_man.nb.cells)

        def completed(cell: Any, cell_index: int | None = None, **more: Any) -> None:
            complete(cell, cell_index, **more)
            if progress and cell_index is not None:
                progress(cell_index + 1, total)

        nb_man.cell_complete = completed
        super().execute_managed_notebook(nb_man, kernel_name, **options)


papermill_engines.register("cxlab-inprocess", InProcessEngine)
papermill_engines.register("cxlab-kernel", KernelEngine)


def run_notebook(
    notebook: Any,
    parameters: dict[str, Any],
    *,
    engine: str = "inprocess",
    progress: Progress | None = None,
) -> Any:
    """Return the executed copy of a notebook (nbformat node), run by papermill.

    `parameters` are pasted as they are: check them first. Raises InputError when a cell raises
    one, RunError with the cell and the first line of the error otherwise.
    """
    if engine not in ENGINES:
        raise InputError("unknown engine", given=engine, known=ENGINES)
    options: dict[str, Any] = {"progress_bar": False, "progress": progress}
    if engine == "kernel":
        # ipykernel 7 warns about TCP without encryption; the kernel listens on loopback only.
        options["extra_arguments"] = ["--IPKernelApp.log_level=ERROR"]
    mine = copy.deepcopy(notebook)
    # papermill refuses a notebook that does not say its language, as editors other than Lab write.
    mine.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3"})
    mine.metadata.setdefault("language_info", {"name": "python"})
    try:
        with _quiet_papermill():
            done = _executed(mine, parameters, f"cxlab-{engine}", options)
            raise_for_execution_errors(done, None)
    except PapermillExecutionError as error:
        raise _cell_error(error, injected=bool(parameters)) from None
    return done


def _executed(
    notebook: Any, parameters: dict[str, Any], engine: str, options: dict[str, Any]
) -> Any:
    """Do what papermill's `execute_notebook` does, save writing the text of a notebook nowhere."""
    if parameters:
        notebook = parameterize_notebook(notebook, parameters, engine_name=engine)
    notebook = remove_error_markers(prepare_notebook_metadata(notebook, None, None))
    kernel = papermill_engines.nb_kernel_name(engine, notebook, None)
    return papermill_engines.execute_notebook_with_engine(
        engine, notebook, kernel_name=kernel, **options
    )


@contextlib.contextmanager
def _quiet_papermill() -> Iterator[None]:
    """Silence papermill where a notebook of one's own has no cell for parameters."""
    logger = logging.getLogger("papermill")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _cell_error(error: Any, *, injected: bool) -> InputError | RunError:
    """Return what failed, with the number of its code cell as the notebook's author counts them.

    Papermill's own cell of parameters, `injected` among them, was counted by the engine.
    """
    number = error.exec_count - injected if isinstance(error.exec_count, int) else "?"
    first = (str(error.evalue).strip().splitlines() or [""])[0]
    if error.ename == "InputError":
        return InputError(f"{first} (code cell {number} of the notebook)")
    where = error.source.strip().splitlines()[0] if error.source.strip() else ""
    return RunError(f"code cell {number} of the notebook failed ({where})",
                    given=f"{error.ename}: {first}")  # fmt: skip
