"""Draws by address: a uniform for every (seed, replication, customer, purpose, index).

A stream gives its i-th number to the i-th that asks. Customers are won and lost during a run, so
what one of them gets must not depend on how many came before: every draw has an address instead,
and the number that stands there is a hash of it. Customers whom a customer refers have a key made
from the referrer's, so that whole family trees stay as they are when others change.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["Keys", "child_keys", "customer_keys", "purpose_key", "uniform_at", "uniforms_at"]

Keys = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]

_GOLDEN = 0x9E3779B97F4A7C15  # 2^64 ÷ the golden ratio, odd: indices lie far apart
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = 2**64 - 1


def _mixed(x: Keys) -> Keys:
    """Return 64-bit numbers mixed so that every bit of the input moves half of the output's.

    The finaliser of SplitMix64: G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom
    number generators, OOPSLA 2014 (constants by D. Stafford).
    """
    x = (x ^ (x >> np.uint64(30))) * np.uint64(_FIRST)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(_SECOND)
    return x ^ (x >> np.uint64(31))


@lru_cache(maxsize=4096)
def purpose_key(purpose: str) -> int:
    """Return the number that stands for a purpose in an address."""
    return int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:8], "little")


def customer_keys(seed: int, replication: int, origin: str, n: int) -> Keys:
    """Return the keys of the first n customers of one origin ("initial", "paid.search").

    >>> a, b = customer_keys(7, 1, "initial", 2), customer_keys(7, 1, "initial", 3)
    >>> bool((a == b[:2]).all())
    True
    """
    text = f"{seed}/{replication}/{origin}"
    root = np.uint64(purpose_key(text))
    return _mixed(_mixed(root + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(_GOLDEN)))


def child_keys(parents: Keys, index: npt.ArrayLike) -> Keys:
    """Return the keys of those whom customers refer, by the number of the referral."""
    return _mixed(_mixed(parents ^ np.uint64(purpose_key("child"))) + _steps(index))


def _steps(index: npt.ArrayLike) -> Keys:
    # At least one dimension: arrays wrap around at 2^64 silently, scalars do so with a warning.
    return (np.atleast_1d(index).astype(np.uint64) + np.uint64(1)) * np.uint64(_GOLDEN)


def uniforms_at(keys: Keys, purpose: str, index: npt.ArrayLike = 0) -> Floats:
    """Return the uniforms in [0, 1) that stand at the addresses (key, purpose, index).

    `index` broadcasts against `keys`. The same address always holds the same number, whatever
    else is asked for.

    >>> keys = customer_keys(7, 1, "initial", 3)
    >>> bool(uniforms_at(keys, "renewal", 4)[2] == uniforms_at(keys[2:], "renewal", 4)[0])
    True
    """
    own = _mixed(keys ^ np.uint64(purpose_key(purpose)))
    bits = _mixed(own + _steps(index)) >> np.uint64(11)
    return bits.astype(np.float64) * 2.0**-53


def uniform_at(key: int, purpose: int, index: int) -> float:
    """Return what `uniforms_at` does for one address, of which the purpose is hashed already."""
    own = _mixed_one(key ^ purpose)
    return (_mixed_one((own + (index + 1) * _GOLDEN) & _MASK) >> 11) * 2.0**-53


def _mixed_one(x: int) -> int:
    x = ((x ^ (x >> 30)) * _FIRST) & _MASK
    x = ((x ^ (x >> 27)) * _SECOND) & _MASK
    return x ^ (x >> 31)
