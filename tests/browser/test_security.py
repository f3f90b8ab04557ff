"""Whatever a user can name or say stays text, in a real browser, with and without the policy.

The policy of a page (CSP) is a second wall: the first, escaping, has to hold alone too.
"""

from __future__ import annotations

import json
import time

import pandas as pd
import pytest

import cxlab as cx
from tests.report.helpers import EVIL, hostile_scenario, hostile_tables

pytestmark = pytest.mark.browser

OUTSIDE = "http://outside.example"
PAYLOADS = [
    EVIL,
    '"><svg onload="window.hacked=3"></svg>',
    "' onmouseover='window.hacked=4' x='",
    f'<iframe srcdoc="<script>parent.hacked=5</script>" src="{OUTSIDE}/f"></iframe>',
    f"<style>@import url({OUTSIDE}/s.css); body {{ display: none }}</style>",
    "javascript:window.hacked=6",
    '<a href="javascript:window.hacked=7">here</a> <form action="javascript:hacked=8"><button>go',
    "&lt;img src=x onerror=window.hacked=9&gt;",
    "--><script>window.hacked=10</script><!--",
    "</title></style></textarea></table></svg></math><script>window.hacked=11</script>",
    "{{ 7 * 7 }} ${window.hacked=12} <%= 7 %> [[hacked]](javascript:window.hacked=13)",
    f"![x]({OUTSIDE}/p.png) <img/src='{OUTSIDE}/q.png'/onerror=window.hacked=14>",
    "\u2028\u2029</script\t><script>window.hacked=15</script>\x0b",
    "'+(window.hacked=16)+'",
    '"] = window.hacked = 17; datum["',
]
ALL = "\n".join(PAYLOADS)

TRAP = """() => [...document.querySelectorAll('*')].filter(e =>
    [...e.attributes].some(a => a.name.startsWith('on')
        || (/^(href|src|action|xlink:href|srcdoc|data)$/.test(a.name)
            && !/^(#|data:(,|text\\/csv|image\\/)|[\\w.-]+\\.html$|$)/.test(a.value)
            && !/^https:\\/\\//.test(a.value))))
    .map(e => e.outerHTML.slice(0, 200))"""

# What a notebook may show, each with every payload in it.
CELLS = [
    "import pandas as pd, altair as alt, cxlab as cx\nfrom IPython.display import *\n"
    "T = {payloads}\nframe = pd.DataFrame({{'who': T, 'n': range(len(T)), 'url': T}})",
    "display(*[HTML(t) for t in T], *[Markdown(t) for t in T], *[Latex(t) for t in T])",
    'display(*[SVG(data=f\'<svg xmlns="http://www.w3.org/2000/svg">{{i}}<script>hacked=20</script>'
    "</svg>') for i in range(2)], Javascript('window.hacked=21'), IFrame('{outside}/i', 1, 1),"
    " Image(url='{outside}/i.png'))",
    "display(frame, frame.style, frame.style.set_caption(T[0]).format(escape=None),"
    " HTML(frame.to_html(escape=False)))",
    "for t in T:\n    display({{'text/html': t, 'text/plain': t, 'text/markdown': t,"
    " 'image/svg+xml': t, 'application/javascript': 'window.hacked=22'}}, raw=True)",
    "print('\\n'.join(T))",
    "base = alt.Chart(frame, title=' '.join(T), description=' '.join(T))\n"
    "shown = base.mark_bar().encode(x='n:Q', y=alt.Y('who:N', title=T[0]), href='url:N',"
    " tooltip=['who:N', 'url:N', 'n:Q'], color='who:N')\n"
    "shown.properties(width='container', height=900)",
    "base.mark_text().encode(x='n:Q', y='who:N', text='url:N', href='url:N').properties("
    "width='container')",
    "base.mark_image().encode(x='n:Q', y='who:N', url='url:N').properties(width='container')",
    "cx.charts.interval(pd.DataFrame({{'metric': 'frt', 'title': T, 'unit': 's', 'channel': T,"
    " 'value': 60.0, 'low': 30.0, 'high': 90.0, 'n': 40, 'flag': 'ok'}}), 'channel')",
]


def notebook(folder, *sources):
    cells = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": source, "outputs": [],
         "execution_count": None}
        for i, source in enumerate(sources, start=1)
    ]  # fmt: skip
    text = {"cell_type": "markdown", "id": "m", "metadata": {}, "source": f"## {ALL}\n\n{ALL}"}
    given = {**cells[0], "id": "p", "source": "words: str = ''",
             "metadata": {"tags": ["parameters"]}}  # fmt: skip
    data = {"cells": [given, text, *cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = folder / "hostile.ipynb"
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def log(folder):
    """Write a log whose every free text is one of the payloads, and return its folder."""
    tables = hostile_tables(len(PAYLOADS) * 4)
    tickets = tables.frame("tickets")
    texts = [PAYLOADS[i % len(PAYLOADS)] for i in range(len(tickets))]
    changed = dict.fromkeys(("topic", "group", "assignee_id", "customer_id"), texts)
    # A priority that nobody knows is set aside, and shown as an example of what was.
    odd = [text if i % 4 == 3 else "high" for i, text in enumerate(texts)]
    tickets = tickets.assign(**changed, own=texts, priority=odd)
    surveys = pd.DataFrame(
        {"survey_id": texts, "instrument": "csat", "scale_min": 1, "scale_max": 5,
         "sent_at": tickets["created_at"], "answered_at": tickets["created_at"], "score": 4,
         "subject_type": "ticket", "subject_id": tickets["ticket_id"], "comment": texts}
    )  # fmt: skip
    surveys["survey_id"] += [str(i) for i in range(len(surveys))]
    where = folder / "<img src=x onerror=hacked=30>'\" &amp; log"
    cx.Tables.from_frames({"tickets": tickets, "surveys": surveys}, source=ALL).write(where)
    return where


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("payloads")
    payloads = repr(PAYLOADS)
    own = notebook(folder, *(c.format(payloads=payloads, outside=OUTSIDE) for c in CELLS))
    out = folder / "out"
    made = {
        "notebook": cx.report.report(notebook=own, parameters={"words": ALL}, out=out).path,
        "log": cx.report.report(data=log(folder), period="2026-W02", out=out).path,
        "scenario": cx.report.report(hostile_scenario(folder), out=out).path,
        "compare": cx.report.report(
            hostile_scenario(folder), notebook="compare", out=out,
            parameters={"replications": 2, "changes": [
                f"{EVIL.replace('=', '')} <img src>: team.shifts.0.agents=1"]},
        ).path,
    }  # fmt: skip
    assert all(path.parent == out for path in made.values())
    return made


@pytest.mark.parametrize("policy", ["with", "without"])
@pytest.mark.parametrize("name", ["notebook", "log", "scenario", "compare"])
def test_nothing_a_user_says_runs_or_asks_the_network(pages, chromium, name, policy):
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, bypass_csp=policy != "with"
    )
    page, requests, dialogs = context.new_page(), [], []
    page.on("request", lambda r: requests.append(r.url))
    page.on("dialog", lambda d: (dialogs.append(d.message), d.dismiss()))
    page.goto(pages[name].as_uri())
    _wait_for_charts(page)
    _move_over_everything(page)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate(TRAP) == []
    assert dialogs == []
    assert [url for url in requests if url != pages[name].as_uri()] == []
    assert (
        page.evaluate("document.querySelectorAll('iframe, embed, object, form[action]').length")
        == 0
    )
    assert page.url == pages[name].as_uri()
    text = page.evaluate("document.body.textContent")
    assert "onerror" in text  # the payloads are there, as text
    context.close()


def _wait_for_charts(page):
    """Wait until every chart is drawn; asked from outside, which the policy does not forbid."""
    end = time.monotonic() + 60
    while not page.evaluate("document.documentElement.dataset.charts"):
        assert time.monotonic() < end, "the charts are not drawn"
        page.wait_for_timeout(50)
    page.wait_for_timeout(300)  # for what runs after them


def _move_over_everything(page):
    """Unfold what is folded, and point at and click on the marks: tooltips and links awake."""
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    marks = page.locator(".vis-light .mark-rect path, .vis-light .mark-symbol path, .vis-light a")
    for place in range(min(marks.count(), 12)):
        mark = marks.nth(place)
        if mark.is_visible():
            mark.scroll_into_view_if_needed()
            box = mark.bounding_box()
            page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
            page.wait_for_timeout(30)
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(200)


def test_the_test_sees_what_runs(chromium, tmp_path):
    """Each payload that is markup runs on a page that lets it, so the tests above would notice."""
    for number, payload in enumerate(PAYLOADS[:5]):
        path = tmp_path / f"{number}.html"
        path.write_text(f"<html><body><p title='{payload}'>{payload}</p></body></html>")
        context = chromium.new_context()
        page, requests = context.new_page(), []
        page.on("request", lambda r, seen=requests: seen.append(r.url))
        page.goto(path.as_uri())
        page.wait_for_timeout(100)
        page.mouse.move(20, 20)
        page.mouse.move(30, 25)
        page.wait_for_timeout(100)
        ran = page.evaluate("window.hacked") is not None
        assert ran or len(requests) > 1 or page.evaluate(TRAP), payload
        context.close()
