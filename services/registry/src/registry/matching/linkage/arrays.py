"""The array types of linkage, named once, and numbers that stand for texts in any run."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Halves = npt.NDArray[np.float32]
Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

_MIXER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

MISSING = -1
"""The code of a value that a record does not have."""


def stable_numbers(texts: Iterable[str]) -> Keys:
    """A number for each text that is the same in every file and process, and 0 at the end, where
    MISSING leads.
    """
    told = (blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.array([*(int.from_bytes(one) | 1 for one in told), 0], dtype=np.uint64)


def mixed(values: Keys) -> Keys:
    """Numbers whose every bit depends on every bit of these."""
    once = values * _MIXER
    once = (once ^ (once >> _SHIFT)) * _MIXER
    result: Keys = once ^ (once >> _SHIFT)
    return result
