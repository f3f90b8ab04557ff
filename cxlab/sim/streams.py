"""Random streams by name: one for every purpose, the same whatever else a scenario draws."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

__all__ = ["stream", "uniforms"]


def stream(seed: int, replication: int, purpose: str) -> np.random.Generator:
    """Return the generator of one purpose, such as "email.handling.1", in one replication.

    The stream depends on the three arguments only, never on the order in which streams are
    asked for: a channel, a purpose or an agent more leaves all other draws as they were.

    >>> a, b = stream(7, 1, "chat.arrivals"), stream(7, 1, "chat.arrivals")
    >>> a.random() == b.random()
    True
    """
    digest = hashlib.sha256(purpose.encode()).digest()
    words = tuple(int(word) for word in np.frombuffer(digest[:16], dtype="<u4"))
    sequence = np.random.SeedSequence(entropy=seed, spawn_key=(replication, *words))
    return np.random.Generator(np.random.PCG64(sequence))


def uniforms(seed: int, replication: int, purpose: str, n: int) -> npt.NDArray[np.float64]:
    """Return the first `n` uniforms in [0, 1) of a purpose: the i-th belongs to ticket i."""
    return stream(seed, replication, purpose).random(n)
