"""Engines for papermill: the reference in a kernel, and one in this process.

The in-process engine runs the cells with IPython's own shell: no kernel to start, no port to
open. It keeps papermill's parameters, metadata and output notebook, and gives the same outputs.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import io
import logging
import sys
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import nbformat
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.profiledir import ProfileDir
from papermill.engines import Engine, NBClientEngine, papermill_engines
from papermill.exceptions import PapermillExecutionError
from papermill.execute import execute_notebook

from cxlab.errors import InputError, RunError

__all__ = ["ENGINES", "run_notebook"]

Progress = Callable[[int, int], None]

ENGINES = ("inprocess", "kernel")
"""Names of the engines."""


_v4: Any = nbformat.v4  # nbformat has no types


class _Outputs:
    """The outputs of the running cell, in order; streams of one name are joined."""

    def __init__(self) -> None:
        self.items: list[Any] = []

    def stream(self, name: str, text: str) -> None:
        """Add text written to stdout or stderr."""
        if not text:
            return
        last = self.items[-1] if self.items else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
        else:
            self.items.append(_v4.new_output("stream", name=name, text=text))

    def shown(self, kind: str, data: Any, metadata: Any, **more: Any) -> None:
        """Add something displayed."""
        new = _v4.new_output(kind, data=dict(data), metadata=dict(metadata or {}), **more)
        self.items.append(new)


class _Stream(io.TextIOBase):
    def __init__(self, outputs: _Outputs, name: str) -> None:
        self._outputs, self._name = outputs, name

    def write(self, text: str) -> int:
        self._outputs.stream(self._name, text)
        return len(text)

    def writable(self) -> bool:
        return True


class _Publisher(DisplayPublisher):
    outputs: _Outputs

    def publish(self, data: Any, metadata: Any = None, *_: Any, **__: Any) -> None:
        """Keep what a cell displays."""
        self.outputs.shown("display_data", data, metadata)

    def clear_output(self, wait: bool = False) -> None:
        """Forget what the cell has shown so far."""
        self.outputs.items.clear()


class _Hook(DisplayHook):
    outputs: _Outputs

    def write_output_prompt(self) -> None:
        """Print nothing: the notebook shows the number beside the cell."""

    def write_format_data(self, data: Any, md_dict: Any = None) -> None:
        """Keep the value of the cell's last line."""
        count = getattr(self.shell, "execution_count", None)
        self.outputs.shown("execute_result", data, md_dict, execution_count=count)

    def flush(self) -> None:
        """Let go of the last values; IPython's own also searches the whole process for cycles.

        The names in the cells, `Out` among them, are cleared by the shell right after.
        """
        self._, self.__, self.___ = "", "", ""


class _Shell(InteractiveShell):
    """IPython's shell, with a history that touches no file and an exception that is kept."""

    def init_history(self) -> None:
        """Keep the history in memory only."""
        from IPython.core.history import HistoryManager

        self.history_manager = HistoryManager(shell=self, parent=self, enabled=False)

    failure: BaseException | None = None

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        """Print nothing and keep the error: it becomes an output of the cell.

        IPython comes here too when something cannot be displayed, and otherwise goes on with
        the object's repr: a chart that fails would turn into a line of text.
        """
        self.failure = (exc_tuple or sys.exc_info())[1]

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        """Print nothing and keep the error: it becomes an output of the cell."""
        self.failure = sys.exc_info()[1]

    def init_sys_modules(self) -> None:
        """Leave `__main__` to the program that runs us."""

    def init_prompts(self) -> None:
        """Leave `sys.ps1` alone: nobody types here."""


class InProcessEngine(Engine):  # type: ignore[misc]  # papermill has no types
    """papermill engine that runs the cells in this process."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, progress: Progress | None = None, **_: Any
    ) -> None:
        """Run every cell; stop at the first that raises."""
        total = len(nb_man.nb.cells)
        with _shell() as shell:
            for number, cell in enumerate(nb_man.nb.cells):
                nb_man.cell_start(cell, number)
                failure = _run_cell(shell, cell) if _is_code(cell) else None
                if failure is not None:
                    nb_man.cell_exception(cell, number)
                nb_man.cell_complete(cell, number)
                if progress:
                    progress(number + 1, total)
                if failure is not None:
                    return


@contextlib.contextmanager
def _shell() -> Iterator[Any]:
    """Give a fresh shell, and take away afterwards what IPython leaves in the process."""
    make: Any = _Shell
    profile: Any = ProfileDir
    added = [name for name in ("display", "__IPYTHON__") if not hasattr(builtins, name)]
    with tempfile.TemporaryDirectory(prefix="cxlab-") as folder:
        # Made outside IPython's singleton: the program that calls us may be a notebook itself.
        # With a profile of its own no startup script of the user runs, as in no kernel either.
        shell = make(
            display_pub_class=_Publisher,
            displayhook_class=_Hook,
            profile_dir=profile.create_profile_dir(folder),
            ipython_dir=folder,
        )
        try:
            yield shell
        finally:
            shell.atexit_operations()  # clears the names as well
            atexit.unregister(shell.atexit_operations)
            for name in added:
                builtins.__dict__.pop(name, None)


@contextlib.contextmanager
def _current(shell: Any) -> Iterator[None]:
    """Make `shell` what `get_ipython()` and `display()` find while a cell runs."""
    before = InteractiveShell._instance
    hook = sys.displayhook
    InteractiveShell._instance = shell
    try:
        yield
    finally:
        InteractiveShell._instance = before
        sys.displayhook = hook


def _run_cell(shell: Any, cell: Any) -> BaseException | None:
    outputs = _Outputs()
    shell.display_pub.outputs = outputs
    shell.displayhook.outputs = outputs
    out, err = _Stream(outputs, "stdout"), _Stream(outputs, "stderr")
    with _current(shell), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        shell.failure = None
        result = shell.run_cell(cell.source, store_history=True)
    failure: BaseException | None = (
        result.error_before_exec or result.error_in_exec or shell.failure
    )
    if isinstance(failure, KeyboardInterrupt):  # Ctrl-C is for the report, not for a cell of it
        raise failure
    if failure is not None:
        frames = [f"{type(failure).__name__}: {failure}"]
        outputs.items.append(
            _v4.new_output(
                "error", ename=type(failure).__name__, evalue=str(failure), traceback=frames
            )
        )
    cell.execution_count = result.execution_count
    cell.outputs = outputs.items
    return failure


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
    options: dict[str, Any] = {
        "progress_bar": False, "engine_name": f"cxlab-{engine}", "progress": progress,
    }  # fmt: skip
    if engine == "kernel":
        # ipykernel 7 warns about TCP without encryption; the kernel listens on loopback only.
        options["extra_arguments"] = ["--IPKernelApp.log_level=ERROR"]
    # papermill refuses a notebook that does not say its language, as editors other than Lab write.
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3"})
    notebook.metadata.setdefault("language_info", {"name": "python"})
    try:
        with _quiet_papermill():
            done = execute_notebook(notebook, None, parameters, **options)
    except PapermillExecutionError as error:
        raise _cell_error(error) from None
    return done


@contextlib.contextmanager
def _quiet_papermill() -> Iterator[None]:
    """Silence "Passed unknown parameter": papermill cannot read `int | None`, and we checked."""
    logger = logging.getLogger("papermill")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


def _cell_error(error: Any) -> InputError | RunError:
    first = (str(error.evalue).strip().splitlines() or [""])[0]
    if error.ename == "InputError":
        return InputError(first)
    where = error.source.strip().splitlines()[0] if error.source.strip() else ""
    return RunError(f"cell {error.exec_count} of the notebook failed ({where})",
                    given=f"{error.ename}: {first}")  # fmt: skip
