"""`cxlab keys` prints what the model checks: every key of every table, and nothing else."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import BaseModel

from cxlab.errors import InputError
from cxlab.scenario import Scenario
from cxlab.scenario.keys import TABLES, keys_text


@pytest.mark.parametrize("table", TABLES)
def test_every_key_is_printed_in_80_columns_of_words(table: str) -> None:
    lines = keys_text(table).splitlines()
    printed = {line.split()[0] for line in lines if line.startswith("  ") and line.strip()}
    assert {field.alias or name for name, field in TABLES[table].model_fields.items()} <= printed
    assert max(map(len, lines)) <= 110


def models_in(kind: Any) -> set[type[BaseModel]]:
    """Every model that an annotation holds, with all that is inside it."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        inside = [models_in(field.annotation) for field in kind.model_fields.values()]
        return {kind}.union(*inside)
    return set().union(*(models_in(part) for part in get_args(kind)))


def test_every_table_that_a_scenario_may_hold_is_listed() -> None:
    assert models_in(Scenario) == set(TABLES.values())


def test_the_tables_of_a_customer_base_stand_where_a_file_has_them() -> None:
    assert keys_text("plans").startswith("[lifecycle.plans.NAME]")
    assert keys_text("links").startswith("[[lifecycle.links]]")
    assert "  reasons              a table  [{unknown = 1.0}]" in keys_text("renewal")
    assert "a whole number from 0 to 100,000,000  [0]" in keys_text("lifecycle")
    assert '"first_reply_hours", "resolution_hours"' in keys_text("links")


def test_kinds_and_defaults_are_the_models() -> None:
    text = keys_text("channels")
    assert '  first_reply                 "start", "end"  (needed)' in text
    assert "  balk_probability            a number from 0 to 1  [0.0]" in text
    assert keys_text().count("\n\n[") >= 5


def test_an_unknown_table_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'channels'"):
        keys_text("chanels")
