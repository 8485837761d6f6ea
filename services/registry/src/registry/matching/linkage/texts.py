"""Places, addresses and other short texts: equal after cleaning, or near by spelling."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from registry.matching.linkage.arrays import MISSING, Codes, Flags, Ints, Keys, stable_numbers
from registry.matching.names import spell

_NOT_SIGN = re.compile(r"[^0-9A-Z]+")
# What a place is, not which one.
_KINDS = frozenset({"KAB", "KABUFATEN", "KOTA", "KODIA", "KECAMATAN", "FROFINSI", "FROF"})
_SHORTEST_START = 3
_NEAR = 0.92
_SHORTEST_SLIP = 4


@dataclass(frozen=True, slots=True)
class Texts:
    """A column of texts; equal ones share a code."""

    codes: Codes
    values: list[str]

    @property
    def known(self) -> Flags:
        known: Flags = self.codes != MISSING
        return known

    @property
    def keys(self) -> Keys:
        """A number for every code that is the same in every file, and 0 where MISSING leads."""
        return stable_numbers(self.values)


def texts_of(written: Iterable[str], *, read: Callable[[str], str]) -> Texts:
    """The column's texts after `read`, which gives an empty text for nothing."""
    place: dict[str, int] = {"": MISSING}
    seen: dict[str, int] = {}
    codes = []
    for text in written:
        code = seen.get(text)
        if code is None:
            code = seen[text] = place.setdefault(read(text), len(place) - 1)
        codes.append(code)
    return Texts(np.array(codes, dtype=np.int32), [text for text in place if text])


@lru_cache(maxsize=20_000)
def read_place(text: str) -> str:
    """A place in the one spelling of its words, without what kind of place it is."""
    words = [spell(word) for word in plain_of(text).split()]
    return " ".join([word for word in words if word not in _KINDS] or words)


def plain_of(text: str) -> str:
    plain = text.upper()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _NOT_SIGN.sub(" ", plain).strip()


def glued_of(text: str) -> str:
    return plain_of(text).replace(" ", "")


SEXES = {
    **dict.fromkeys(("L", "M", "MALE", "LAKI LAKI", "LAKILAKI", "PRIA", "LK", "MAN", "BOY"), "M"),
    **dict.fromkeys(("P", "F", "FEMALE", "PEREMPUAN", "WANITA", "PR", "W", "WOMAN", "GIRL"), "F"),
}


def read_sex(text: str) -> str:
    return SEXES.get(plain_of(text), "")


def near(texts: Texts, ours: Codes, theirs: Codes) -> Flags:
    """Whether two different texts may be one: a start, a part, or the same but for slips.

    Every pair of texts is compared once, however many pairs of records have it.
    """
    found = np.zeros(len(ours), dtype=np.bool_)
    open_pairs = np.flatnonzero((ours != theirs) & (ours != MISSING) & (theirs != MISSING))
    if not len(open_pairs):
        return found
    size = len(texts.values)
    low = np.minimum(ours[open_pairs], theirs[open_pairs]).astype(np.int64)
    high = np.maximum(ours[open_pairs], theirs[open_pairs]).astype(np.int64)
    unique, back = np.unique(low * size + high, return_inverse=True)
    found[open_pairs] = _near_once(texts.values, unique // size, unique % size)[back]
    return found


def _near_once(values: list[str], ours: Ints, theirs: Ints) -> Flags:
    a = [values[place] for place in ours.tolist()]
    b = [values[place] for place in theirs.tolist()]
    alike = cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32) >= _NEAR
    slips = cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.int32) <= 1
    shortest = np.fromiter(map(min, map(len, a), map(len, b)), dtype=np.int32, count=len(a))
    starts = np.fromiter(
        (x.startswith(y) or y.startswith(x) for x, y in zip(a, b, strict=True)),
        dtype=np.bool_,
        count=len(a),
    )
    result: Flags = (
        alike | (slips & (shortest >= _SHORTEST_SLIP)) | (starts & (shortest >= _SHORTEST_START))
    )
    return result
