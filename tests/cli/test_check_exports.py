"""`cxlab check`: a mapping against the export beside it, and what an import set aside."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil

import pytest

from cxlab.cli.app import run
from cxlab.files import bundled

MAPPING = """
[source]
name = "desk"
file = "export.csv"
time_zone = "UTC"

[tickets.columns]
ticket_id = "Id"
created_at = "Opened"
channel = { const = "email" }
status = { const = "open" }
first_human_reply_at = "Replied"
"""
EXPORT = """Id,Opened,Replied
1,2026-01-05 09:00,2026-01-05 09:10
2,2026-01-05 10:00,n/a
""" + "".join(f"{i},2026-01-05 {i}:00,\n" for i in range(11, 20))


@pytest.fixture
def mapping(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text(MAPPING)
    (tmp_path / "export.csv").write_text(EXPORT)
    return path


def test_a_mapping_that_fits(mapping, capsys):
    assert run(["check", str(mapping)]) == 0
    told = capsys.readouterr().err
    assert "a mapping; it fits export.csv (11 rows tried)" in told
    assert "1 of 11 rows would be set aside: " in told
    assert "(tickets.first_human_reply_at; row 2)" in told


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        # Of 28 days of January 12 are months too.
        ('"UTC"', '"UTC"\ntime_format = "%d.%m.%Y"',
         "16 of 28 rows would be set aside: Opened is not a time of the form %d.%m.%Y"),
        # Every third channel is one that the tables do not know.
        ('{ const = "email" }', '"Channel"', "9 of 28 rows would be set aside: "),
    ],
)  # fmt: skip
def test_a_mapping_by_which_many_rows_would_be_lost(mapping, capsys, before, after, words):
    days = range(1, 29)
    rows = "".join(f"{d},01.{d:02}.2026,,{'email' if d % 3 else 'pigeon'}\n" for d in days)
    (mapping.parent / "export.csv").write_text("Id,Opened,Replied,Channel\n" + rows)
    right = '"UTC"\ntime_format = "%m.%d.%Y"'
    mapping.write_text(MAPPING.replace('"UTC"', right))
    assert run(["check", str(mapping)]) == 0
    capsys.readouterr()
    mapping.write_text((MAPPING if "UTC" in before else mapping.read_text()).replace(before, after))
    assert run(["check", str(mapping)]) == 2
    told = capsys.readouterr().err
    assert "bad: " in told
    assert words in told
    assert "does not fit export.csv (28 rows tried)" in told


@pytest.mark.parametrize(
    ("name", "export", "words"),
    [
        ("export.csv", "Id,Open,Replied\n1,2026-01-05 09:00,\n",
         "map.toml does not fit export.csv: the export has no such column: given 'Opened'"),
        # The only CSV file there is what is meant.
        ("mine.csv", "Id,Open,Replied\n1,2026-01-05 09:00,\n", "does not fit mine.csv"),
        ("export.csv", "Id;Opened;Replied\n1;2026-01-05 09:00;\n", "no such column"),
    ],
)  # fmt: skip
def test_columns_that_the_export_lacks(mapping, capsys, name, export, words):
    (mapping.parent / "export.csv").unlink()
    (mapping.parent / name).write_text(export)
    assert run(["check", str(mapping)]) == 2
    assert words in capsys.readouterr().err


def test_an_encoding_that_does_not_fit_far_down_the_file(mapping, capsys):
    rows = "".join(f"{i},2026-01-05 09:00,\n" for i in range(40_000))
    (mapping.parent / "export.csv").write_bytes(
        ("Id,Opened,Replied\n" + rows + "ä,2026-01-05 09:00,\n").encode("cp1252")
    )
    assert run(["check", str(mapping)]) == 2
    assert 'try encoding = "cp1252"' in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ending", "pack"),
    [
        (".gz", gzip.compress),
        (".GZ", gzip.compress),
        (".bz2", bz2.compress),
        (".xz", lzma.compress),
    ],
)
def test_an_export_that_is_packed(mapping, capsys, ending, pack):
    (mapping.parent / "export.csv").unlink()
    (mapping.parent / f"export.csv{ending}").write_bytes(pack(EXPORT.encode()))
    mapping.write_text(MAPPING.replace("export.csv", f"export.csv{ending}"))
    assert run(["check", str(mapping)]) == 0
    assert f"it fits export.csv{ending} (11 rows tried)" in capsys.readouterr().err
    assert run(["import", str(mapping), "--out", str(mapping.parent / "out")]) == 0


def test_a_mapping_without_its_export(mapping, capsys):
    (mapping.parent / "export.csv").unlink()
    assert run(["check", str(mapping)]) == 0
    assert "its export is not beside it" in capsys.readouterr().err


def test_rows_that_the_import_set_aside_are_told_and_no_fault(mapping, capsys, tmp_path):
    out = tmp_path / "tables"
    assert run(["import", str(mapping), "--out", str(out)]) == 0
    assert "set aside whole" in capsys.readouterr().err
    assert run(["check", str(out)]) == 0
    told = capsys.readouterr().err
    assert "ok: " in told
    assert "set aside by the import: quarantined: tickets.first_human_reply_at: 1 rows" in told


def test_the_shipped_mapping_fits_its_export(tmp_path, capsys):
    shutil.copytree(bundled("scenarios") / "sample_import", tmp_path / "sample")
    assert run(["check", str(tmp_path / "sample" / "mapping.toml")]) == 0
    assert "it fits tickets.csv" in capsys.readouterr().err
