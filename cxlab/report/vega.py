"""The Vega bundle: Vega, Vega-Lite and vega-embed as one script, packed for a page.

`vl_convert` carries the libraries, so nothing is fetched. Putting the bundle together takes it
seconds and holds Python's lock, so the first report starts it in a process of its own and collects
it when the page is written; then it is kept in the user's cache folder.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import subprocess
import sys
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from cxlab.errors import RunError
from cxlab.files import write_whole

__all__ = ["Bundle", "BundleJob", "csp_hash", "pack", "packed", "unpacked"]

_PROGRAM = """
import sys, vl_convert
source = vl_convert.javascript_bundle("window.cxVegaEmbed = vegaEmbed;")
sys.stdout.buffer.write(source.encode("utf-8"))
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A script, and the same script as gzip in text."""

    source: str
    packed: str


def pack(source: str) -> Bundle:
    """Return `source` wrapped in a function, so that it leaks no global names, and packed."""
    wrapped = "(function () {\n" + source + "\n})();"
    return Bundle(wrapped, packed(wrapped))


def packed(text: str) -> str:
    """Return text as gzip in base 85, the same for the same text.

    Base 85 is 6 % shorter than base 64, which leaves 25 kB more of a page to words and charts.
    The alphabet is that of RFC 1924, with a comma for "<", which could end a script element;
    page.js reads it.
    """
    data = gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0)
    return base64.b85encode(data).decode("ascii").replace("<", ",")


def unpacked(text: str) -> str:
    """Return the text that `packed` was given; raises ValueError for anything else.

    >>> unpacked(packed("a < b"))
    'a < b'
    """
    try:
        data = base64.b85decode(text.replace(",", "<"))
        return gzip.decompress(data).decode("utf-8")
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from None


def _cache_file() -> Path:
    """Return where the bundle of this version of the libraries is kept."""
    from platformdirs import user_cache_path

    made_by = hashlib.sha256(_PROGRAM.encode("utf-8")).hexdigest()[:8]
    return user_cache_path("cxlab") / f"vega-{version('vl-convert-python')}-{made_by}.txt"


def _kept() -> Bundle | None:
    """Return the bundle that an earlier report kept; None where there is none, or not whole."""
    try:
        text = _cache_file().read_text(encoding="ascii")
        return Bundle(unpacked(text), text)
    except (OSError, ValueError):
        return None


def _keep(bundle: Bundle) -> None:
    """Keep the bundle for later reports, where that is possible."""
    try:
        write_whole({_cache_file(): bundle.packed})
    except RunError:
        return


class BundleJob:
    """The making of the bundle, in the background: start it early, ask for it late."""

    _done: Bundle | None = None

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        BundleJob._done = BundleJob._done or _kept()
        if BundleJob._done is None:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
            )

    def result(self) -> Bundle:
        """Return the bundle; raises RunError when it could not be made."""
        if BundleJob._done is None:
            BundleJob._done = _collect(self._process or BundleJob()._process)
            self._process = None
            _keep(BundleJob._done)
        return BundleJob._done

    def cancel(self) -> None:
        """Stop the work, when the report will not need it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        self._process = None


def _collect(process: subprocess.Popen[bytes] | None) -> Bundle:
    if process is None:
        raise RunError("the chart library was not started")
    output, errors = process.communicate()
    if process.returncode != 0:
        last = errors.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise RunError("cannot make the chart library of the page", given=" ".join(last))
    return pack(output.decode("utf-8"))


@cache
def csp_hash(text: str) -> str:
    """Return the Content-Security-Policy source of an inline script or style.

    >>> csp_hash("")
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
    """
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
