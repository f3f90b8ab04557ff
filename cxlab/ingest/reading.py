"""Reading one real export as text, with clear words for what cannot be read."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet as pa_parquet

from cxlab.errors import InputError
from cxlab.files import no_file
from cxlab.ingest.sections import SourceRule
from cxlab.tables import InputFile

__all__ = ["find_export", "read_cells", "read_export"]


def find_export(rule: SourceRule, mapping: Path, given: str | Path | None) -> Path:
    """Return the export's path: `given` (a file, or the folder of the file), else beside the
    mapping.
    """
    if given is None:
        path = mapping.parent / rule.file
    else:
        path = Path(given)
        if path.is_dir():
            path = path / rule.file
    if not path.is_file():
        expected = f"the file {rule.file} or a path to it"
        hint = "name it with --file" if given is None else None
        raise no_file("no such export", path, expected=expected, hint=hint)
    return path


def read_export(path: Path, rule: SourceRule) -> tuple[pd.DataFrame, InputFile]:
    """Read the export; every cell is text (missing codes are missing), times of Parquet typed.

    Raises InputError for a file that is empty, truncated, binary or not in the stated encoding.
    """
    frame = read_cells(path, rule)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return frame, InputFile(str(path), digest, len(frame))


def read_cells(path: Path, rule: SourceRule, rows: int | None = None) -> pd.DataFrame:
    """Return the export's cells, or those of its first `rows` rows; raises as `read_export`.

    What stands behind these rows is looked at for its encoding alone.
    """
    if path.stat().st_size == 0:
        raise InputError(f"file {path.name} is empty (0 bytes)", expected="an export with a header")
    parquet = rule.format == "parquet" or path.suffix == ".parquet"
    frame = _read_parquet(path) if parquet else _read_csv(path, rule, rows)
    repeated = sorted({str(c) for c in frame.columns[frame.columns.duplicated()]})
    if repeated:
        raise InputError(f"file {path.name} has columns of one name", given=repeated)
    missing = {"", *rule.missing}
    for name in frame.columns:
        if not pd.api.types.is_datetime64_any_dtype(frame[name]):
            text = frame[name]
            frame[name] = text.mask(text.isin(missing))
    return frame if rows is None else frame.head(rows)


def _read_csv(path: Path, rule: SourceRule, first: int | None) -> pd.DataFrame:
    expected = f"a CSV file in {rule.encoding} delimited by {rule.delimiter!r} with a header line"
    try:
        if path.suffix.lower() in _PACKED:  # pandas opens it, and reads to its end
            first = None
        if first is not None:
            _decode(path, rule.encoding)
        # The header is read as a row, so that pandas does not rename repeated columns.
        rows = pd.read_csv(
            path,
            sep=rule.delimiter,
            encoding=rule.encoding,
            dtype="str",
            header=None,
            keep_default_na=False,
            na_values=[],
            skip_blank_lines=True,
            nrows=None if first is None else first + 1,
        )
    except pd.errors.EmptyDataError:
        raise InputError(f"file {path.name} is empty", expected=expected) from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(
            f"file {path.name} is cut off or not gzip",
            given=str(error),
            expected="a complete file",
        ) from None
    except LookupError:
        raise InputError("unknown encoding in [source]", given=rule.encoding) from None
    except UnicodeError as error:
        raise _wrong_encoding(path, rule, error) from None
    except (pd.errors.ParserError, ValueError, OSError) as error:
        reason = str(error).splitlines()[0][:200]
        raise InputError(f"file {path.name} cannot be read ({reason})", expected=expected) from None
    frame = rows.iloc[1:].reset_index(drop=True)
    frame.columns = pd.Index([str(c) for c in rows.iloc[0]])
    return frame


_PACKED = (".bz2", ".tar", ".xz", ".zip", ".zst")


def _decode(path: Path, encoding: str) -> None:
    """Read a file to its end; UnicodeError where its bytes are no text of the encoding."""
    with (gzip.open if path.suffix.lower() == ".gz" else open)(
        path, "rt", encoding=encoding
    ) as file:
        while file.read(1 << 20):
            pass


def _wrong_encoding(path: Path, rule: SourceRule, error: UnicodeError) -> InputError:
    """Return the error that names the encoding to try: by the file's mark, else Windows'."""
    with path.open("rb") as file:
        marked = file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    tried = rule.encoding.casefold() in ("cp1252", "windows-1252")
    likely = "utf-16" if marked else "latin-1" if tried else "cp1252"
    return InputError(
        f"file {path.name} cannot be read ({str(error).splitlines()[0][:200]})",
        expected=f"a CSV file in {rule.encoding}",
        hint=f'try encoding = "{likely}" in [source] of the mapping',
    )


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = pa_parquet.read_table(path).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        reason = str(error).splitlines()[0][:200]
        raise InputError(
            f"file {path.name} cannot be read ({reason})", expected="a Parquet file"
        ) from None
    for name in frame.columns:
        column = frame[name]
        if not pd.api.types.is_datetime64_any_dtype(column):
            if isinstance(column.dtype, pd.CategoricalDtype):
                column = column.astype(column.cat.categories.dtype)
            text = column.map(str, na_action="ignore")
            frame[name] = text.astype("str")
    return frame
