"""Names of owners, as far as two organisations' owners are compared. Firms' names: `firm_names`."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from job_orders.organisations.matching.spelling import is_slip, spell, upper, word_set

_TITLES = word_set(
    "H HJ HAJI HAJJAH HJH DR DRA DRS IR PROF MR MRS MS NY TN TUAN PUAN DATO DATUK DATIN"
    " DATUKSERI TAN SRI SERI TUN SHEIKH SYEKH SYEIKH ENG R RR RD KH SDR SDRI"
)
_DEGREES = word_set("SE SH MM MBA MSI SSOS ST MT SPD MPD SKOM SP BA BSC MSC PHD LLB LLM")
_MARKERS = word_set("BIN BINTI BINTE BINT BT BTE IBN VAN DER DE")
_MUHAMMAD = word_set(
    "M MUH MOH MHD MD MOHD MUHD MUCH MOCH MUHAMAD MUHAMMAD MUHAMMED MOHAMAD MOHAMMAD MOHAMED"
    " MOHAMMED MOCHAMAD MOCHAMMAD MUCHAMMAD"
)
_WHOLE = {
    **dict.fromkeys(_MUHAMMAD, "MUHAMMAD"),
    **dict.fromkeys(("ABD", "ABDL", "ABDOEL", "ABDUL"), "ABDUL"),
    **dict.fromkeys(("ACHMAD", "AHMED", "AKHMAD", "ACH"), "AHMAD"),
    **dict.fromkeys(("NOER", "NOOR"), "NUR"),
}
_SON_OF = re.compile(r"\b([AS])\s*/\s*([LOP])\b")
_DOTS = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_NOT_LETTER = re.compile(r"[^\w]+|[\d_]+")
_APOSTROPHE = re.compile("['`’‘]")  # noqa: RUF001 - typed by people.
_SHORTEST_SLIP = 5
_TWO_WORDS = 2


class OwnerLevel(StrEnum):
    EQUAL = "EQUAL"
    EQUAL_OF_ONE_WORD = "EQUAL_OF_ONE_WORD"
    SIMILAR = "SIMILAR"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class OwnerName:
    """The words of a person's name, sorted: their order tells nothing."""

    words: tuple[str, ...]

    @property
    def key(self) -> str:
        return " ".join(self.words)


@lru_cache(maxsize=50_000)
def read_owner(text: str | None) -> OwnerName | None:
    """The comparable form of a name, without titles, degrees and marks of descent."""
    if not text:
        return None
    head, *tails = upper(text).split(",")
    kept = [head, *(one for one in tails if _NOT_LETTER.sub("", one) not in _DEGREES)]
    plain = _DOTS.sub("", _SON_OF.sub(" BIN ", _APOSTROPHE.sub("", " ".join(kept))))
    written = _NOT_LETTER.sub(" ", plain).split()
    bare = [word for word in written if word not in _TITLES | _MARKERS] or written
    words = sorted({spell(_WHOLE.get(word, word)) for word in bare})
    return OwnerName(tuple(words)) if words else None


def compare_owners(ours: OwnerName | None, theirs: OwnerName | None) -> OwnerLevel:
    """Equal, or alike: one has words more, an initial, or a slip; two words must speak for it."""
    if ours is None or theirs is None:
        return OwnerLevel.UNKNOWN
    if ours == theirs:
        is_one = len(ours.words) == 1
        return OwnerLevel.EQUAL_OF_ONE_WORD if is_one else OwnerLevel.EQUAL
    shorter, longer = sorted((ours.words, theirs.words), key=len)
    free = list(longer)
    full = 0
    for word in sorted(shorter, key=len, reverse=True):
        partner = next((one for one in free if _is_like(word, one)), None)
        if partner is None:
            return OwnerLevel.OTHER
        free.remove(partner)
        full += len(word) > 1 and len(partner) > 1
    return OwnerLevel.SIMILAR if full >= _TWO_WORDS else OwnerLevel.OTHER


def _is_like(word: str, other: str) -> bool:
    if word == other:
        return True
    if min(len(word), len(other)) == 1:
        return word[0] == other[0]
    return min(len(word), len(other)) >= _SHORTEST_SLIP and is_slip(word, other)
