"""One family of errors: what is wrong, what was given, what is expected, the nearest name."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

__all__ = ["CxlabError", "InputError", "RunError", "nearest", "of_system"]


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None when nothing is close.

    >>> nearest("frtt", ["frt", "art", "fcr"])
    'frt'
    """
    folded = {str(k).casefold(): str(k) for k in known}
    close = difflib.get_close_matches(str(name).casefold(), list(folded), n=1, cutoff=0.6)
    return folded[close[0]] if close else None


class CxlabError(Exception):
    """Base of every error that cxlab raises on purpose.

    The message has up to four parts, in this order: what is wrong, what was given, what is
    expected, and a hint. With `known` names the hint is the nearest of them.

    >>> print(InputError("unknown metric", given="frtt", known=["frt", "art"]))
    unknown metric: given 'frtt'; expected one of art, frt; did you mean 'frt'?
    """

    exit_code = 1

    def __init__(
        self,
        what: str,
        *,
        given: object = None,
        expected: str | None = None,
        known: Iterable[str] | None = None,
        hint: str | None = None,
    ) -> None:
        self.what = what
        self.given = given
        names = sorted({str(k) for k in known}) if known is not None else None
        if names is not None and expected is None:
            expected = "one of " + ", ".join(names) if len(names) <= 40 else "a known name"
        self.expected = expected
        if hint is None and names is not None and given is not None:
            guess = nearest(str(given), names)
            hint = f"did you mean {guess!r}?" if guess else None
        self.hint = hint
        super().__init__(self._message())

    def _message(self) -> str:
        parts = []
        if self.given is not None:
            shown = repr(self.given)
            parts.append("given " + (shown if len(shown) <= 200 else shown[:197] + "..."))
        if self.expected:
            parts.append("expected " + self.expected)
        if self.hint:
            parts.append(self.hint)
        return self.what + (": " + "; ".join(parts) if parts else "")


class InputError(CxlabError):
    """What the user gave cannot be used: a file, a column, a key, a value (exit code 2)."""

    exit_code = 2


class RunError(CxlabError):
    """A run failed although its input was acceptable (exit code 1)."""

    exit_code = 1


def of_system(error: OSError) -> CxlabError:
    """Return what the system refuses as an error: a name that is too long is the user's.

    >>> print(of_system(FileNotFoundError(2, "No such file or directory", "tables")))
    No such file or directory: given 'tables'
    """
    kind = InputError if error.errno == errno.ENAMETOOLONG else RunError
    given = None if error.filename is None else str(error.filename)
    return kind(error.strerror or str(error), given=given)
