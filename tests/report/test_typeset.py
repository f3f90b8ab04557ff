"""Typography of a finished page: what is kept on one line, and what is never touched."""

import html
import re
import time

import pytest

from cxlab.report.typeset import typeset


def plain(markup: str) -> str:
    """Return what a reader sees, with plain spaces and hyphens."""
    text = html.unescape(re.sub(r"<[^>]*>", "", markup))
    return text.replace("\u00a0", " ").replace("–", "-")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("on 2026-02-16.", ["2026-02-16."]),
        ("known on 2026-02-16 00:00 (UTC)", ["2026-02-16 00:00"]),
        ("highest in 2026-03, lowest in 2026-W19", ["2026-03,", "2026-W19"]),
        ("Mon-Fri 08:00-13:00: open", ["Mon–Fri", "08:00–13:00:"]),
        ("as before (2026-W18); none", ["(2026-W18);"]),
        ("phone 0123-4567-89, sample-2026-W19.html, 1-2", []),
    ],
)
def test_dates_and_spans_stay_on_one_line(text: str, kept: list[str]) -> None:
    """With the signs at their ends: outside, a full stop would stand on the next line alone."""
    done = typeset(f"<p>{text}</p>")
    assert re.findall("<span class=unbroken>(.*?)</span>", done) == kept
    assert plain(done) == text.replace("–", "-")


def test_a_number_keeps_its_unit() -> None:
    assert typeset("<td>77.2 % to 3.5 min, 12 EUR, × 0.9, Sat 13:00.</td>") == (
        "<td>77.2\u00a0% to 3.5\u00a0min, 12\u00a0EUR, ×\u00a00.9, Sat\u00a013:00.</td>"
    )


def test_a_heading_keeps_short_words_whole() -> None:
    done = typeset("<h1>SaaS start-up: no run-of-the-mill-company</h1><p>start-up</p>")
    assert "<span class=unbroken>start-up</span>: no run-of-the-mill-company" in done
    assert done.endswith("<p>start-up</p>")


@pytest.mark.parametrize(
    "markup",
    [
        "<div title=\"5 % > 2026-01-05\" data-x='Mon-Fri 5 %'></div>",
        "<script>a = '2026-01-05' < b; </script>",
        "<script>a = '</scripts> 5 %<b </title>';\n<p>5 %</p></script >",
        "<style>p { width: 5 % }</style>",
        "<pre>2026-01-05 5 %</pre>",
        "<code>2026-01-05</code>",
        "<svg><text>2026-01-05 5 %</text></svg>",
        "<title>2026-01-05 5 %</title>",
        "<!--2026-01-05-->",
        "<h2 title=\"a > 2026-01-05\" id='a-b'>Title</h2>",
    ],
)
def test_tags_code_and_drawings_are_left_as_they_are(markup: str) -> None:
    assert typeset(markup) == markup


def test_an_apostrophe_in_a_comment_opens_no_text() -> None:
    done = typeset("<!-- it's --><p>5 %</p><!-- isn't it > 5 % -->")
    assert done == "<!-- it's --><p>5\u00a0%</p><!-- isn't it > 5 % -->"


@pytest.mark.parametrize("text", ["1-", "08:00-", "2026-01-05 ", '"', "'", "<", "<span ", '<p a="'])
def test_long_text_takes_no_longer_than_it_is_long(text: str) -> None:
    long = "<p>" + text * 100_000
    began = time.process_time()
    typeset(long)
    assert time.process_time() - began < 5
