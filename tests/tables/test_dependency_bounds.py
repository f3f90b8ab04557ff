"""ibis 12.0 with sqlglot 30.30 cannot make a table of a frame; the bound in pyproject holds it."""

import pandas as pd

from cxlab.tables.sources import connect


def test_a_frame_becomes_a_table_and_replaces_one():
    backend = connect()
    backend.create_table("t", pd.DataFrame({"a": [1]}))
    backend.create_table("t", pd.DataFrame({"a": [2]}), overwrite=True)
    assert backend.table("t").to_pyarrow().to_pylist() == [{"a": 2}]
