"""Pages of companies: a year, and staffing options; what they say, and on what it rests."""

from __future__ import annotations

import json
import re

import nbformat
import pandas as pd
import pytest

import cxlab as cx
from cxlab.experiment import staffing_worth, yearly
from cxlab.experiment.year import revenue_moves
from cxlab.files import notebook_file, scenario_file
from cxlab.report.engines import run_notebook
from tests.report.helpers import served_company, small_company, untypeset


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("companies")


@pytest.fixture(scope="module")
def year(folder):
    return cx.company_year(cx.Scenario.load(small_company(folder)))


class TestTheYear:
    def test_is_the_page_of_a_scenario_with_customers(self, folder):
        made = cx.report.report(scenario=small_company(folder), out=folder / "out")
        page = untypeset(made.path.read_text(encoding="utf-8"))
        assert (
            json.loads(made.path.with_suffix(".json").read_text())["notebook"]["name"]
            == "lifecycle.ipynb"
        )
        for words in (
            "Customers at the end",
            "CAC payback with churn",
            "closed, with its control",
            "assumptions, not findings",
            "paid in advance",
            "discounted at 12.0 % a year",
        ):
            assert words.casefold() in page.casefold(), words
        assert not re.search(r"<(?:td|th|p|li)\b[^>]*>\s*(nan|None|inf)\s*<", page)
        assert len(page.encode()) < 500_000

    @pytest.mark.long
    def test_of_a_company_without_a_desk_or_links(self, folder):
        none = {
            "channels": None,
            "teams": None,
            "surveys": None,
            "lifecycle__contacts": None,
            "lifecycle__links": None,
            "lifecycle__closed_loop": False,
        }
        made = cx.report.report(
            scenario=small_company(folder, "nodesk", **none), out=folder / "out"
        )
        page = untypeset(made.path.read_text(encoding="utf-8"))
        assert "This loop is open" in page
        assert "There are no tickets." in page

    def test_revenue_comes_from_its_start_to_its_end(self, year):
        moves = revenue_moves(year).groupby(["replication", "kind"])["amount"].sum().unstack()
        moves = moves.reindex(columns=["start", *yearly.MOVES, "end"]).fillna(0.0)
        ups = moves[["start", "new", "reactivation", "expansion"]].sum(axis=1)
        assert (ups - moves["contraction"] - moves["churn"]).tolist() == moves["end"].tolist()

    def test_revenue_moves_as_the_booked_movements_do(self, year):
        booked = cx.simulate(year.scenario).frame("mrr_movements")
        begun = pd.Timestamp(year.scenario.start, tz=year.scenario.time_zone)
        booked = booked[booked["at"] > begun]  # those of the first month are booked before it
        first = f"{year.scenario.start:%Y-%m}"
        moves = revenue_moves(year)
        mine = moves[moves["month"].notna() & (moves["month"] > first)]
        both = [
            rows.groupby(["replication", "kind"], observed=True)["amount"].sum().to_dict()
            for rows in (booked, mine)
        ]
        assert both[0] == both[1]

    def test_customers_and_control_are_those_of_the_runs(self, year):
        again = cx.company_runs(year.scenario)
        pd.testing.assert_frame_equal(year.runs, again)
        control = cx.company_runs(cx.without_links(year.scenario))
        pd.testing.assert_frame_equal(year.control, control)
        kpis = yearly.company_kpis(year).set_index("metric")
        assert kpis.loc["customers_end", "value"] == year.runs["customers"].mean()
        assert kpis.loc["customers_start", "value"] == 60

    def test_a_payback_that_never_comes_is_never(self):
        row = {"metric": "cac_churn", "title": "Payback", "unit": "months", "value": float("inf")}
        assert "never" in str(cx.report.tiles(pd.DataFrame([row])).body)

    @pytest.mark.long
    def test_both_engines_give_the_same_page(self, folder):
        from papermill.iorw import load_notebook_node

        given = {"scenario": str(small_company(folder, days=35))}
        runs = [
            run_notebook(load_notebook_node(str(notebook_file("lifecycle"))), given, engine=engine)
            for engine in ("inprocess", "kernel")
        ]
        here, there = ([dict(o.get("data", {})) for c in run.cells for o in c.get("outputs", [])
                        if o.output_type != "stream"] for run in runs)  # fmt: skip
        assert here == there
        nbformat.validate(runs[0])


class TestOptions:
    def test_page(self, folder):
        made = cx.report.report(
            scenario=small_company(folder),
            notebook="loop",
            out=folder / "out",
            parameters={"options": ["front.1+1"], "replications": 2},
        )
        page = untypeset(made.path.read_text(encoding="utf-8"))
        assert "Without any link (control) it brings nothing" in page
        assert made.summary[0].startswith("1 more agent in front: ")

    def test_page_says_what_the_company_as_it_is_counted(self, folder):
        made = cx.report.report(
            scenario=served_company(folder), notebook="loop", out=folder / "out",
            parameters={"replications": 3},
        )  # fmt: skip
        base = json.loads(made.manifest_path.read_text(encoding="utf-8"))["customer_base"]
        # Three times 40 customers, of whom everybody leaves after a month: 0.5 × 3 counts as 1.
        assert (base["probabilities_above_1"], base["terms_ended"]) == (120, 120)
        page = untypeset(made.path.read_text(encoding="utf-8"))
        assert "120 (120 terms ended)" in page
        assert "counted as 1 in 120 decisions" in page

    @pytest.mark.parametrize(
        ("asked", "words"),
        [("front+1", "not a staffing option"), ("front.1+0", "not a staffing option"),
         ("frnt.1+1", "did you mean 'front'"), ("front.7+1", "no such shift"),
         ("front.1-9", "fewer agents than there are")],
    )  # fmt: skip
    def test_that_are_none_are_refused(self, asked, words):
        with pytest.raises(cx.InputError, match=words):
            staffing_worth.options_of(cx.Scenario.load(scenario_file("saas_startup")), [asked])

    def test_nobody_is_the_last_one_taken_away(self):
        boxes = cx.Scenario.load(scenario_file("consumer_subscription"))
        assert [o.agents for o in staffing_worth.options_of(boxes)] == [1]
        assert staffing_worth.options_of(boxes)[0].changes(boxes) == {"team.shifts.0.agents": 2}

    def test_readings_take_the_curves_of_the_links(self):
        company = cx.Scenario.load(scenario_file("saas_startup"))
        low = staffing_worth.as_read(company, "low").lifecycle.links[0]
        assert low.curve == company.lifecycle.links[0].low


def _row(quantity, reading, difference, low, high, option="1 more"):
    return {
        "option": option,
        "reading": reading,
        "quantity": quantity,
        "base": 1.0,
        "changed": 1.0 + difference,
        "difference": difference,
        "low": low,
        "high": high,
    }


def _answer(**nets):
    """Return the verdict on an option whose net values are these."""
    rows = []
    for reading, (low, high) in nets.items():
        middle = (low + high) / 2
        rows += [_row(q, reading, middle, low, high) for q in ("value", "with_later", "later")]
        rows += [
            _row("margin", reading, middle + 100, low + 100, high + 100),
            _row("support", reading, 100.0, 100.0, 100.0),
            _row("customers", reading, 3, 2, 4),
        ]
    company = cx.Scenario.load(scenario_file("saas_startup"))
    return repr(cx.report.verdict(pd.DataFrame(rows), company))


@pytest.mark.parametrize(
    ("nets", "words"),
    [
        ({"curve": (5, 9), "low": (1, 2), "high": (7, 9), "control": (-100, -100)},
         "it pays over the whole range of the links, but without any link it does not pay"),
        ({"curve": (5, 9), "low": (-9, -2), "high": (7, 9), "control": (-100, -100)},
         "that changes within their range, and without any link it does not pay"),
        ({"curve": (-5, -2), "low": (-9, -2), "high": (-7, -1), "control": (-100, -100)},
         "it does not pay, whatever the links: the control agrees"),
        ({"curve": (-5, 2), "low": (-9, 2), "high": (-7, 1), "control": (-100, -100)},
         "it may or may not pay over the whole range"),
        ({"control": (-100, -100)}, "wages decide alone"),
        ({"control": (float("nan"), float("nan"))}, "nothing is sure"),
    ],
)  # fmt: skip
def test_the_answer_says_what_it_rests_on(nets, words):
    assert words in _answer(**nets)
