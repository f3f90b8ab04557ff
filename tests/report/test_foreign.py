"""What cells show that cxlab did not make: its words and pictures arrive, nothing of it runs."""

from __future__ import annotations

import base64
import os
import re
import sys

import pandas as pd
import pytest

import cxlab as cx
from cxlab.report.foreign import foreign, markdown
from tests.report.helpers import untypeset
from tests.report.test_run import _written

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5Erk"
    "Jggg=="
)


def test_a_picture_stands_in_the_page_with_its_words():
    shown = foreign({"image/png": PIXEL, "text/plain": "<Figure size 640x480 with 1 Axes>"}, {})
    assert shown == (
        '<figure class="picture"><img src="data:image/png;base64,' + PIXEL + '" '
        'alt="Figure size 640x480 with 1 Axes"></figure>'
    )
    told = foreign({"image/png": PIXEL}, {"image/png": {"alt": 'calls "by hour"'}})
    assert 'alt="calls &quot;by hour&quot;"' in told
    drawn = foreign({"image/svg+xml": ["<svg>", "<script>1</script></svg>"]}, {})
    (source,) = re.findall('base64,([^"]+)', drawn)
    assert base64.b64decode(source) == b"<svg><script>1</script></svg>"
    assert "script" not in drawn


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("<b onclick='x()'>a</b><script>bad()</script>", "<b>a</b>"),
        ("<p style='color:red'>a</p>", "<p>a</p>"),
        ("<a href='javascript:x'>a</a>", '<a rel="noopener noreferrer">a</a>'),
        ("<a href='https://a.example'>a</a>",
         '<a href="https://a.example" rel="noopener noreferrer">a</a>'),
        ("<img src='https://a.example/b.png'>a<iframe src='c'>d</iframe>", "ad"),
    ],
)  # fmt: skip
def test_html_keeps_structure_and_text(source, kept):
    assert f">{kept}</div>" in foreign({"text/html": source, "text/plain": "<HTML object>"}, {})


def test_html_that_is_a_program_is_left_out_in_words():
    told = foreign({"text/html": "<div id='plot'></div><script>draw()</script>"}, {})
    assert "it needs scripts" in told
    assert "draw" not in told


def test_a_styled_frame_is_a_table():
    styled = pd.DataFrame({"<b>": [0.25]}).style.format("{:.1%}").set_caption("<i>")
    shown = foreign({"text/html": styled.to_html()}, {})
    assert "25.0%" in shown
    assert "<b>" not in shown
    assert "<th scope=" in shown


def test_markdown_loads_nothing_and_its_html_is_text():
    assert markdown("**a** <b>x</b>") == "<p><strong>a</strong> &lt;b&gt;x&lt;/b&gt;</p>\n"
    assert markdown("![up](https://a.example/b.png)") == (
        '<p><a href="https://a.example/b.png">up</a></p>\n'
    )
    assert markdown("![up](b.png)") == "<p>up</p>\n"
    assert 'src="data:image/png;base64,' in markdown(f"![up](data:image/png;base64,{PIXEL})")


def test_addresses_of_memory_are_no_part_of_a_page():
    told = foreign({"text/plain": "[<matplotlib.lines.Line2D at 0x7f4f88ee3250>]"}, {})
    assert told == "<pre>[&lt;matplotlib.lines.Line2D&gt;]</pre>"


def test_a_notebook_of_ones_own_has_its_title_and_its_pictures(tmp_path):
    own = _written(
        tmp_path,
        "# Calls & e-mail\n\nFor whoever runs it.\n\n```\n## no heading\n```\n\n## By hour",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    )
    made = cx.report.report(notebook=own, out=tmp_path)
    page = made.path.read_text(encoding="utf-8")
    assert "<h1>Calls &amp; e-mail</h1>" in untypeset(page)
    assert "data:image/png;base64," in page
    assert "By hour</h2>" in page
    assert "no heading</h2>" not in page
    again = cx.report.report(notebook=own, out=tmp_path / "again").path
    assert again.read_text(encoding="utf-8") == page


def test_a_cell_is_told_how_to_draw_and_nothing_is_told_afterwards(tmp_path, monkeypatch):
    """As where matplotlib was not imported before: it asks the environment then."""
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    own = _written(tmp_path, "# Told", "import os\nprint(os.environ['MPLBACKEND'])")
    page = cx.report.report(notebook=own, out=tmp_path).path.read_text(encoding="utf-8")
    assert "module://matplotlib_inline.backend_inline" in page
    assert "MPLBACKEND" not in os.environ


def _cells(shown):
    rows = re.findall("<tr>(.*?)</tr>", shown)
    return [re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


@pytest.mark.parametrize("styled", [False, True])
def test_a_frame_of_several_levels_keeps_each_value_in_its_column(styled):
    rows = {"k": ["a", "a", "b"], "j": ["x", "y", "x"], "v": [1, 2, 3], "w": [4, 5, 6]}
    groups = pd.DataFrame(rows).groupby(["k", "j"])
    frame = groups.agg({"v": ["min"], "w": ["min", "max"]})
    source = frame.style.to_html() if styled else frame._repr_html_()
    assert _cells(foreign({"text/html": source}, {})) == [
        ["k", "j", "v min", "w min", "w max"],
        ["a", "x", "1", "4", "4"],
        ["a", "y", "2", "5", "5"],
        ["b", "x", "3", "6", "6"],
    ]


def test_no_cell_spans_without_end():
    wide = foreign({"text/html": '<table class="dataframe"><tr><td colspan="999999999">a'}, {})
    assert wide.count("<th") - wide.count("<thead") == 1000
    odd = '<p class="dataframe"><tr><th colspan="0">a<th rowspan="-1">b<tr><td colspan=x>c<td>d'
    assert _cells(foreign({"text/html": odd}, {})) == [["a", "b"], ["c", "d"]]


def test_words_about_a_dataframe_are_no_table():
    shown = foreign({"text/html": "<p>The dataframe is empty</p>"}, {})
    assert "<p>The dataframe is empty</p>" in shown


def test_a_picture_in_bytes_is_shown_as_by_a_kernel(tmp_path):
    own = _written(
        tmp_path,
        "# Pictures",
        f"import base64\nclass Picture:\n    def _repr_png_(self):\n"
        f"        return base64.b64decode({PIXEL!r})\nPicture()",
    )
    page = cx.report.report(notebook=own, out=tmp_path).path.read_text(encoding="utf-8")
    assert f'src="data:image/png;base64,{PIXEL}"' in page
