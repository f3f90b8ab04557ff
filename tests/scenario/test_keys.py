"""`cxlab keys` prints what the model checks: every key of every table, and nothing else."""

from __future__ import annotations

import pytest

from cxlab.errors import InputError
from cxlab.scenario.keys import TABLES, keys_text


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_printed_in_80_columns_of_words(table: str) -> None:
    lines = keys_text(table).splitlines()
    printed = {line.split()[0] for line in lines if line.startswith("  ") and line.strip()}
    assert {field.alias or name for name, field in TABLES[table].model_fields.items()} <= printed
    assert max(map(len, lines)) <= 110


def test_kinds_and_defaults_are_the_models() -> None:
    text = keys_text("channels")
    assert '  first_reply                 "start", "end"  (needed)' in text
    assert "  balk_probability            a number from 0 to 1  [0.0]" in text
    assert keys_text().count("\n\n[") >= 5


def test_an_unknown_table_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'channels'"):
        keys_text("chanels")
