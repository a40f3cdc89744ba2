"""Random numbers that depend on nothing but the seed, the purpose and the position.

Number i of a stream is a hash of i, so any order, line or customer can be drawn by itself, in chunks of any
size, and the sales can look up a customer's traits without keeping 18 million customers in memory. All of it is
integer arithmetic: floating-point functions differ in the last bit between machines, and numpy promises the
same numbers from its distributions only within one version.
"""

import hashlib
from collections.abc import Sequence

import numpy as np

SLOTS = 4096
"""Size of a lookup table: a choice is one look-up with 12 random bits."""

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def stream(seed: int, purpose: str) -> np.uint64:
    """Key of the stream of random numbers for one purpose, e.g. "order lines"."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    return np.uint64(int.from_bytes(digest[:8], "little"))


def words(key: np.uint64, positions: np.ndarray) -> np.ndarray:
    """64 random bits (uint64) for each position (integers) of a stream: the SplitMix64 mixing function."""
    word = positions.astype(np.uint64)
    word *= _STEP
    word += key
    word ^= word >> np.uint64(30)
    word *= _MIX_1
    word ^= word >> np.uint64(27)
    word *= _MIX_2
    word ^= word >> np.uint64(31)
    return word


def part(word: np.ndarray, number: int) -> np.ndarray:
    """Part `number` (0 to 4) of each word: 12 bits, an int64 in 0..4095."""
    return ((word >> np.uint64(12 * number)) & np.uint64(SLOTS - 1)).astype(np.int64)


def below(parts: np.ndarray, limit: int) -> np.ndarray:
    """Spreads 12-bit numbers evenly over 0..limit-1; limit at most 4096."""
    return parts * limit // SLOTS


def choices(weights: Sequence[int]) -> np.ndarray:
    """Lookup table (int16, 4096 entries) that gives index i in proportion to weights[i].

    Every positive weight gets its share to within one entry; a share far below 1/4096 may get none.
    """
    total, ends, running = sum(weights), [], 0
    for weight in weights:
        running += weight
        ends.append(running * SLOTS // total)
    return np.repeat(np.arange(len(weights), dtype=np.int16), np.diff([0, *ends]))
