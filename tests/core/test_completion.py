"""The tabulator key in a notebook's kernel: names where a function takes one."""

import subprocess
import sys
import textwrap

import pytest

import cxlab as cx

# A kernel of its own process: IPython keeps one session in a process, and other tests want none.
KERNEL = """
import json, sys
from ipykernel.inprocess.ipkernel import InProcessKernel

kernel = InProcessKernel()
kernel.shell.run_cell("import cxlab as cx\\nfrom cxlab import metric as m\\nimport os")
kernel.shell.run_cell("def metric(text): return text")
answers = []
for text in json.load(sys.stdin):
    found = kernel.do_complete(text, len(text))
    answers.append([found["matches"], text[found["cursor_start"]:found["cursor_end"]]])
print("ANSWERS " + json.dumps(answers))
"""


@pytest.fixture(scope="module")
def complete():
    import json

    asked = [
        'cx.metric("',
        'cx.metric("frt_business_p',
        "m('frt_business_p",
        'cx.measure(tables, "vol, frt_business_p',
        'cx.measure(\n    tables,\n    metrics="frt_business_p',
        'cx.METRICS["frt_business_p',
        'cx.lesson("first_r',
        'cx.Scenario.load("black',
        'metric("frt_business_p',
        'cx.metric("frt").title + os.path.join("frt_business_p',
    ]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(KERNEL)],
        input=json.dumps(asked), capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = next(line for line in done.stdout.splitlines() if line.startswith("ANSWERS "))
    return dict(zip(asked, json.loads(told.removeprefix("ANSWERS ")), strict=True))


def test_every_metric_is_offered_and_nothing_else(complete):
    matches, replaced = complete['cx.metric("']
    assert sorted(matches) == sorted(cx.METRICS)
    assert replaced == ""


@pytest.mark.parametrize("number", range(1, 6))
def test_what_is_begun_goes_on(complete, number):
    matches, replaced = list(complete.values())[number]
    assert matches == ["frt_business_p90"]
    assert replaced == "frt_business_p"


def test_lessons_and_scenarios_are_offered(complete):
    assert complete['cx.lesson("first_r'][0] == ["first_response"]
    assert complete['cx.Scenario.load("black'][0] == ["black_friday"]


def test_functions_of_others_are_left_alone(complete):
    assert complete['metric("frt_business_p'][0] == []
    assert complete['cx.metric("frt").title + os.path.join("frt_business_p'][0] == []


def test_an_unknown_key_of_the_catalogue_names_the_nearest():
    with pytest.raises(KeyError) as caught:
        cx.METRICS["frtt"]
    assert str(caught.value) == (
        "unknown metric: given 'frtt'; expected a known name; did you mean 'frt'?"
    )
    assert isinstance(caught.value, cx.InputError)
    assert cx.METRICS.get("frtt") is None
    assert "frtt" not in cx.METRICS
