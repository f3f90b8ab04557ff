"""How long contracts last: hand work, integrals over the customers, and Bayes' rule."""

from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.integrate import quad
from scipy.special import zeta
from scipy.stats import gamma

from cxlab.errors import InputError
from cxlab.stats import ShiftedBetaGeometric
from cxlab.theory import GammaFrailty, geometric_survival, residual_survival


def over_customers(model, function):
    """Return the mean of a function of the frailty Z, by quadrature over its gamma law."""
    law = gamma(1 / model.variance, scale=model.variance)
    edges = [0, *law.ppf([1e-9, 1e-4, 0.1, 0.5, 0.9, 0.999999]), np.inf]
    return sum(quad(lambda z: function(z) * law.pdf(z), *ends)[0] for ends in pairwise(edges))


def test_geometric_by_hand() -> None:
    """0.9³ = 0.729; half at 0.9 and half at 0.5: (0.81 + 0.25) ÷ 2 after two renewals."""
    assert float(geometric_survival(3, 0.9)) == pytest.approx(0.729)
    halves = geometric_survival([0, 1, 2], [[0.9], [0.5]]).mean(axis=0)
    assert_allclose(halves, [1, 0.7, 0.53])
    assert geometric_survival([0, 1], 0).tolist() == [1, 0]
    assert geometric_survival([0, 5], 1).tolist() == [1, 1]


def test_frailty_by_hand() -> None:
    """Z exponential (v = 1), hazard 1: S(k) = 1/(1 + k), so k of k + 1 renew at the k-th."""
    model = GammaFrailty(1, 1)
    assert_allclose(model.survival(range(5)), [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5])
    assert_allclose(model.retention([1, 2, 3]), [1 / 2, 2 / 3, 3 / 4])


@pytest.mark.parametrize("model", [GammaFrailty(0.1, 0.5), GammaFrailty(0.6, 1.7)])
def test_frailty_is_an_integral_over_customers(model) -> None:
    """Each renews k times with (exp(−hZ))ᵏ; the first leave with 1 − exp(−hZ)."""
    for k in (1, 4, 30):
        stays = over_customers(model, lambda z, k=k: np.exp(-model.hazard * z) ** k)
        assert float(model.survival(k)) == pytest.approx(stays, rel=1e-6)
    leave = over_customers(model, lambda z: 1 - np.exp(-model.hazard * z))
    assert float(1 - model.retention(1)) == pytest.approx(leave, rel=1e-6)


def test_without_variance_all_are_alike() -> None:
    assert_allclose(GammaFrailty(0.2, 0).retention([1, 9]), np.exp(-0.2))
    assert_allclose(GammaFrailty(0.2, 1e-9).survival([0, 3]), [1, np.exp(-0.6)], rtol=1e-7)


@pytest.mark.parametrize("renewals", [1, 6])
def test_survivors_of_a_frailty_by_bayes(renewals) -> None:
    """The posterior of Z after k renewals is weighted with exp(−h k Z)."""
    model = GammaFrailty(0.3, 0.8)
    weight = over_customers(model, lambda z: np.exp(-0.3 * renewals * z))
    mean = over_customers(model, lambda z: z * np.exp(-0.3 * renewals * z)) / weight
    later = over_customers(model, lambda z: np.exp(-0.3 * (renewals + 5) * z)) / weight
    assert model.after(renewals).hazard == pytest.approx(0.3 * mean, rel=1e-6)
    assert float(model.after(renewals).survival(5)) == pytest.approx(later, rel=1e-6)


@pytest.mark.parametrize("renewals", [1, 6])
def test_survivors_of_an_sbg_by_bayes(renewals) -> None:
    """The posterior of the chance p to leave is weighted with (1 − p)ᵏ."""
    model = ShiftedBetaGeometric(0.7, 1.2)

    def mean(power):
        # With u = p^0.7 the density has no pole at 0, where the loyal are.
        return quad(lambda u: (1 - u ** (1 / 0.7)) ** (power + 0.2), 0, 1)[0]

    later = mean(renewals + 5) / mean(renewals)
    assert float(model.after(renewals).survival(5)) == pytest.approx(later, rel=1e-6)


@pytest.mark.parametrize("model", [GammaFrailty(0.3, 0.8), ShiftedBetaGeometric(0.7, 1.2)])
def test_residual_curves_are_those_of_the_survivors(model) -> None:
    curve = model.survival(np.arange(20))
    assert_allclose(residual_survival(curve, 0), curve)
    assert_allclose(residual_survival(curve, 7), model.after(7).survival(np.arange(13)))
    # The longer somebody has stayed, the likelier another year.
    assert (np.diff([model.after(k).retention(1) for k in range(9)]) > 0).all()


def test_what_survivors_of_an_sbg_are_worth() -> None:
    """DERL by the survivors' own payments: without the one just made, one period earlier."""
    model = ShiftedBetaGeometric(0.7, 1.2)
    by_survivors = (model.after(4).discounted_lifetime(0.1) - 1) * 1.1
    assert_allclose(model.discounted_residual_lifetime(4, 0.1), by_survivors)


def test_mean_lifetime_by_hand() -> None:
    """v = 1/2, h = 2: S(k) = (1 + k)⁻², Euler's sum π²/6; alike: 1 ÷ (1 − exp(−h))."""
    assert GammaFrailty(2, 0.5).mean_lifetime == pytest.approx(np.pi**2 / 6, rel=1e-9)
    assert GammaFrailty(0.1, 0).mean_lifetime == pytest.approx(1 / (1 - np.exp(-0.1)), rel=1e-9)
    assert GammaFrailty(0.1, 1).mean_lifetime == np.inf


@pytest.mark.parametrize(("h", "v"), [(0.02, 0.3), (0.5, 0.9), (0.001, 0.6), (4.0, 0.2)])
def test_mean_lifetime_is_a_zeta_function(h, v) -> None:
    hurwitz = (v * h) ** (-1 / v) * zeta(1 / v, 1 / (v * h))
    assert GammaFrailty(h, v).mean_lifetime == pytest.approx(hurwitz, rel=1e-8)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda: geometric_survival([1], 90), "retention"),
        (lambda: geometric_survival([-1], 0.9), "periods"),
        (lambda: geometric_survival([1, 2], [0.9, 0.8, 0.7]), "one shape"),
        (lambda: GammaFrailty(0, 1), "hazard"),
        (lambda: GammaFrailty(1, -1), "variance"),
        (lambda: GammaFrailty(1, np.inf), "variance"),
        (lambda: GammaFrailty(1, 1).retention(0), "number of a renewal"),
        (lambda: GammaFrailty(1, 1).survival(np.nan), "periods"),
        (lambda: GammaFrailty(1, 1).after(1.5), "renewals"),
        (lambda: ShiftedBetaGeometric(1, 1).after(-1), "renewals"),
        (lambda: residual_survival([1, 0.5], 2), "somebody reaches"),
        (lambda: residual_survival([1, 0], 1), "somebody reaches"),
        (lambda: residual_survival([1, 0.5, 0.6], 1), "never rises"),
        (lambda: residual_survival([0.9, 0.5], 1), "shares after"),
        (lambda: residual_survival([100, 50], 1), "shares after"),
        (lambda: residual_survival([1, np.nan], 1), "shares after"),
        (lambda: residual_survival([], 0), "shares after"),
    ],
)
def test_impossible_input_is_refused(call, what) -> None:
    with pytest.raises(InputError, match=what):
        call()
