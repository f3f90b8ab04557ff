"""Colours of charts and pages: contrast by WCAG 2.2, and series that stay apart for every eye."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import cxlab
from cxlab.charts.theme import config

# Machado, Oliveira and Fernandes (2009), table 1, severity 1: what eyes without green-sensitive
# (deutan) or red-sensitive (protan) cones make of linear RGB.
EYES = {
    "all cones": np.eye(3),
    "deutan": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                        [-0.011820, 0.042940, 0.968881]]),
    "protan": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                        [-0.003882, -0.048116, 1.051998]]),
}  # fmt: skip
# Ottosson (2020), OKLab: linear RGB to cones, and their cube roots to lightness, green-red,
# blue-yellow.
CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451,
                  0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
LAB = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050,
                0.4505937099], [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip


def _linear(colour):
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """Return the contrast ratio of WCAG 2.2."""
    light = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ _linear(c)) for c in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _seen(colour, eye):
    return LAB @ np.cbrt(CONES @ np.clip(EYES[eye] @ _linear(colour), 0, 1))


def _variables(dark):
    """Return the colours of the style sheet, by name."""
    sheet = Path(cxlab.__file__).parent / "report" / "template" / "page.css"
    blocks = re.findall(r":root \{(.*?)\}", sheet.read_text(), re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", blocks[1 if dark else 0]))


def test_contrast_is_that_of_the_standard():
    """Black on white has 21; #767676 is the lightest grey with 4.5 on white (4.54)."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("dark", [False, True])
def test_marks_stand_out_from_their_ground(dark):
    card = _variables(dark)["card"]
    look = config(dark=dark)
    marks = [*look["range"]["category"], look["style"]["cx_target"]["color"]]
    assert [m for m in marks if contrast(m, card) < 3] == []


@pytest.mark.parametrize("dark", [False, True])
def test_words_stand_out_from_their_ground(dark):
    colours, look = _variables(dark), config(dark=dark)
    grounds = [colours[name] for name in ("card", "ground", "note", "code")]
    words = [colours[name] for name in ("ink", "muted", "accent", "good", "bad")]
    words += [look["axis"]["labelColor"], look["legend"]["labelColor"],
              look["style"]["cx_target_label"]["color"]]  # fmt: skip
    faint = [(w, g) for w in words for g in grounds if contrast(w, g) < 4.5]
    assert faint == []


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("eye", EYES)
def test_eight_series_are_told_apart(dark, eye):
    """By 0.05 of OKLab and more, where 0.02 is what an eye just sees."""
    series = config(dark=dark)["range"]["category"]
    assert len(series) == 8
    near = [(a, b) for a, b in combinations(series, 2)
            if np.linalg.norm(_seen(a, eye) - _seen(b, eye)) < 0.0495]  # fmt: skip
    assert near == []
