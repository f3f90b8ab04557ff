"""Rules files: what is refused and how it is said; boxes against plain enumeration."""

import itertools

import numpy as np
import pytest

import cxlab as cx
from cxlab.decisions import FEATURES, load_rules
from cxlab.decisions.boxes import Interval, Words, overlap, uncovered
from cxlab.decisions.rules import rules_from

RULE = '[[rules]]\nsegment = "{0}"\naction = "act"\nwhen = {{ {1} }}\n'
REST = '[otherwise]\naction = "wait"\n'


def rules(*conditions, rest=REST, top=""):
    text = "".join(RULE.format(chr(97 + i), given) for i, given in enumerate(conditions))
    return rules_from(top + "\n" + text + rest, "r.toml")


class TestRefusals:
    @pytest.mark.parametrize(
        ("condition", "message"),
        [
            ("npx = 3", "unknown feature.*did you mean 'nps'"),
            ("nps = { at_leest = 3 }", "rule 'a', nps: unknown key.*did you mean 'at_least'"),
            ("nps = { at_least = 3, above = 2 }", "two ends on one side"),
            ("nps = {}", "no condition"),
            ("nps = 11", r"can never hold: nps 11.*something in 0 to 10"),
            ("nps = { at_least = 8, at_most = 3 }", "from 8 to 3, an empty range"),
            ("nps = { above = 6, below = 7 }", "an empty range"),  # no whole number between
            ("csat_percent = { above = 100 }", "can never hold"),
            ("ces_percent = { at_least = 50, below = 50 }", "can never hold"),
            ("open_tickets = { below = 0 }", "can never hold: open_tickets at most -1"),
            ("open_tickets = 1.5", "expected a whole number"),
            ("nps = true", "expected a number"),
            ('nps = "nine"', "expected a number"),
            ("nps = nan", "expected a number"),
            ('contract_stage = "renewing"', "no such value.*expected one of"),
            ('contract_stage = "lapse"', "did you mean 'lapsed'"),
            ("contract_stage = []", "at least one word"),
            ('contract_stage = ["due", "due"]', "twice"),
            ("contract_stage = { at_least = 3 }", "no such value"),
        ],
    )
    def test_conditions_that_cannot_be_meant(self, condition, message):
        with pytest.raises(cx.InputError, match=message):
            rules(condition)

    @pytest.mark.parametrize(
        ("one", "other", "where"),
        [
            ("nps = { at_least = 9 }", "nps = { at_most = 9 }", "nps = 9"),
            ("nps = 3", "open_tickets = 0", "nps = 3, open_tickets = 0"),
            (
                "csat_percent = { at_most = 50 }", "csat_percent = { at_least = 50 }",
                "csat_percent = 50",
            ),
            (
                'contract_stage = ["due", "new"], nps = 1', 'contract_stage = ["new", "lapsed"]',
                "contract_stage = new, nps = 1",
            ),
            ("open_tickets = { at_least = 3 }", "open_tickets = { above = 5 }", "open_tickets = 6"),
        ],
    )  # fmt: skip
    def test_two_rules_for_one_customer(self, one, other, where):
        with pytest.raises(cx.InputError, match="rules 'a' and 'b' overlap") as error:
            rules(one, other)
        assert error.value.given == where

    def test_touching_is_not_overlapping(self):
        rules("csat_percent = { below = 50 }", "csat_percent = { above = 50 }")
        rules("nps = { below = 7 }", "nps = { above = 6 }", rest="")  # whole numbers: 6 | 7

    @pytest.mark.parametrize(
        ("conditions", "given"),
        [
            (["nps = { at_least = 9 }", "nps = { below = 8 }"], "nps = 8"),
            (["csat_percent = { below = 50 }", "csat_percent = { above = 50 }"],
             "csat_percent = 50"),
            (["open_tickets = { at_most = 2 }"], "open_tickets = 3"),
            (['contract_stage = ["trial", "new", "due", "lapsed"]'], "contract_stage = running"),
        ],
    )  # fmt: skip
    def test_customers_that_no_rule_is_for(self, conditions, given):
        with pytest.raises(cx.InputError, match="no rule is for some customers") as error:
            rules(*conditions, rest="")
        assert error.value.given == given

    def test_an_otherwise_that_is_for_nobody(self):
        with pytest.raises(cx.InputError, match=r"\[otherwise\] can never hold"):
            rules("nps = { at_least = 7 }", "nps = { below = 7 }")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("rules = []\n", "at least 1 item"),
            ("title = 3\n", "title"),
            ('[[rules]]\nsegment = "a"\naction = "x"\n', "when is missing"),
            (
                '[[rules]]\nsegment = "a"\nacton = "x"\nwhen = { nps = 1 }\n',
                "did you mean 'action'",
            ),
            (RULE.format("a", "nps = 1") * 2 + REST, "a name of its own"),
            (RULE.format("unknown", "nps = 1") + REST, "a name of its own"),
            ("usage_day = 3\n" + RULE.format("a", "nps = 1"), "did you mean 'usage_days'"),
            ("usage_days = 0\n" + RULE.format("a", "nps = 1"), "usage_days"),
            ("rules = {", "not TOML"),
        ],
    )
    def test_files_that_cannot_be_meant(self, text, message):
        with pytest.raises(cx.InputError, match=message):
            rules_from(text, "r.toml")

    def test_files_that_are_not_there_or_not_text(self, tmp_path):
        with pytest.raises(cx.InputError, match="no such rules file"):
            load_rules(tmp_path / "none.toml")
        (tmp_path / "r.toml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(cx.InputError, match="not a text file"):
            load_rules(tmp_path / "r.toml")


def test_the_rules_that_cxlab_ships_leave_no_gap():
    shipped = load_rules()
    assert shipped.otherwise is None
    assert set(shipped.features) <= set(FEATURES)


SIX = Interval(0, 5, whole=True)
DOMAINS = {"x": SIX, "y": SIX, "z": Words(("p", "q", "r"))}


class TestBoxes:
    def random_box(self, rng):
        box = {}
        for name in ("x", "y"):
            if rng.random() < 0.7:
                low, high = sorted(rng.integers(0, 6, 2).tolist())
                box[name] = Interval(low, high, whole=True)
        if rng.random() < 0.6 or not box:
            words = [w for w in "pqr" if rng.random() < 0.5] or ["q"]
            box["z"] = Words(tuple(words))
        return box

    def inside(self, box, point):
        return all(
            point[n] in r.words if isinstance(r, Words) else r.low <= point[n] <= r.high
            for n, r in box.items()
        )

    @pytest.mark.parametrize("seed", range(40))
    def test_overlaps_and_gaps_equal_enumeration(self, seed):
        rng = np.random.default_rng(seed)
        boxes = [self.random_box(rng) for _ in range(rng.integers(1, 7))]
        points = [dict(zip("xyz", p, strict=True))
                  for p in itertools.product(range(6), range(6), "pqr")]  # fmt: skip
        for one, other in itertools.combinations(boxes, 2):
            both = [p for p in points if self.inside(one, p) and self.inside(other, p)]
            found = overlap(one, other, DOMAINS)
            assert (found is None) == (not both)
            if found is not None:
                assert self.inside(one, {**both[0], **found})
                assert self.inside(other, {**both[0], **found})
        gaps = [p for p in points if not any(self.inside(b, p) for b in boxes)]
        found = uncovered(boxes, DOMAINS)
        assert (found is None) == (not gaps)
        if found is not None:
            assert not any(self.inside(b, {**gaps[0], **found}) for b in boxes)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            (Interval(9, 10), "9 to 10"),
            (Interval(low=20, low_in=False), "above 20"),
            (Interval(high=5), "at most 5"),
            (Interval(0, 0), "0"),
            (Interval(0, 50, high_in=False), "at least 0 and below 50"),
            (Interval(), "any"),
            (Words(("due", "new")), "due or new"),
        ],
    )
    def test_ranges_in_words(self, given, words):
        assert str(given) == words
