"""Names of many records as numbered words: spelling, sound and rarity are kept once a word."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from registry.matching.linkage.arrays import MISSING, Codes, Floats, Keys, stable_numbers
from registry.matching.names import read_name, sound_of, spell

MOST_WORDS = 6
MOST_FATHER_WORDS = 2

# Words that stand in a large part of Indonesian names and hardly in others.
_INDONESIAN = frozenset(
    {"SITI", "NUR", "SRI", "MUHAMMAD", "MUHAMAD", "MOHAMAD", "MOHAMMAD", "MUH", "MOCH", "AHMAD"}
    | {"ACHMAD", "ABDUL", "BIN", "BINTI", "DEWI", "AGUS", "WAHYUNI", "RAHMAN", "HIDAYAT", "SARI"}
    | {"SETIAWAN", "SANTOSO", "SUSANTO", "KURNIAWAN", "LESTARI", "YULIANI", "YANTI", "NINGSIH"}
    | {"AYU", "PUTRI", "PUTRA", "WATI", "BUDI", "EKO", "DWI", "TRI", "INDAH", "RINA", "AMINAH"}
    | {"FATIMAH", "HASANAH", "SURYADI", "NUGROHO", "PRATAMA", "RAHAYU", "SAPUTRA", "WAHYU"}
)
_SURELY_INDONESIAN = 0.05
_LETTERS_ONLY = re.compile(r"[^A-Z]+")
_LETTERS = 64
_LETTER_SEED = 7
_ALL_BITS = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Words:
    """A column of names: the numbers of each record's words, and what its letters are in order."""

    own: Codes
    father: Codes
    letters: Codes
    whole: list[str]
    """The letters that each code stands for."""
    vocabulary: "Vocabulary"

    @property
    def letter_keys(self) -> Keys:
        """A number for each record's letters that is the same in every file."""
        keys: Keys = stable_numbers(self.whole)[self.letters]
        return keys


@dataclass(frozen=True, slots=True)
class Mails:
    """A column of e-mail names: their letters in the spelling of names, often the name itself."""

    codes: Codes
    letters: list[str]


@dataclass(frozen=True)
class Vocabulary:
    """Every word of the names once, in its spelling."""

    spelled: list[str]

    @cached_property
    def sounds(self) -> Codes:
        """Words that sound alike share a number, the first such word's own."""
        first: dict[str, int] = {}
        heard = [first.setdefault(word, place) for place, word in enumerate(self.heard)]
        return np.array([*heard, MISSING], dtype=np.int32)

    @cached_property
    def sound_keys(self) -> Keys:
        """The same in every file."""
        return stable_numbers(self.heard)

    @cached_property
    def heard(self) -> list[str]:
        return [sound_of(word) for word in self.spelled]

    @cached_property
    def initials(self) -> Codes:
        return np.array([*(ord(word[0]) for word in self.spelled), 0], dtype=np.int32)

    @cached_property
    def letter_sums(self) -> Keys:
        """A number for the letters of each word that does not depend on their order."""
        table = np.random.default_rng(_LETTER_SEED).integers(
            1, 2**63, size=_LETTERS, dtype=np.uint64
        )
        values = [int(value) for value in table]
        values[ord("H") % _LETTERS] = 0
        sums = [
            sum(values[ord(sign) % _LETTERS] for sign in word) & _ALL_BITS for word in self.heard
        ]
        return np.array([*sums, 0], dtype=np.uint64)

    @cached_property
    def letter_masks(self) -> Keys:
        """Which letters a word has, a bit each."""
        masks = [
            sum(1 << place for place in {ord(sign) % _LETTERS for sign in word})
            for word in self.spelled
        ]
        return np.array([*masks, 0], dtype=np.uint64)

    @cached_property
    def lengths(self) -> Codes:
        return np.array([*map(len, self.spelled), 0], dtype=np.int32)


def are_indonesian(names: Iterable[str]) -> bool:
    """Whether a column of names is written by Indonesian rules, judged by its words."""
    told = [bool(_INDONESIAN & set(name.upper().split())) for name in names if name]
    return bool(told) and sum(told) / len(told) >= _SURELY_INDONESIAN


def words_of(written: Iterable[str], *, indonesian: bool) -> Words:
    """The words of every name; names that repeat are read once."""
    read = _read_indonesian if indonesian else _read_plain
    numbers: dict[str, int] = {}
    letters_seen: dict[str, int] = {}
    seen: dict[str, int] = {}
    rows: list[tuple[int, ...]] = []
    fathers: list[tuple[int, ...]] = []
    letters: list[int] = []
    places = []
    for text in written:
        place = seen.get(text)
        if place is None:
            place = seen[text] = len(rows)
            own, father = read(text)
            rows.append(_padded(own, MOST_WORDS, numbers))
            fathers.append(_padded(father, MOST_FATHER_WORDS, numbers))
            key = letters_of(*own)
            letters.append(letters_seen.setdefault(key, len(letters_seen)) if key else MISSING)
        places.append(place)
    order = np.array(places, dtype=np.int64)
    return Words(
        np.array(rows, dtype=np.int32).reshape(-1, MOST_WORDS)[order],
        np.array(fathers, dtype=np.int32).reshape(-1, MOST_FATHER_WORDS)[order],
        np.array(letters, dtype=np.int32)[order],
        list(letters_seen),
        Vocabulary(list(numbers)),
    )


def letters_of(*words: str) -> str:
    """The sounds of the words' letters in order, blind to the order of words and to spaces."""
    # H is heard at the start of a word only, and glued words lose their starts.
    return "".join(sorted("".join(map(sound_of, words)).replace("H", "")))


def mails_of(codes: Codes, names: Iterable[bytes]) -> Mails:
    return Mails(codes, [spell(_LETTERS_ONLY.sub("", one.decode().upper())) for one in names])


def _padded(words: Iterable[str], width: int, numbers: dict[str, int]) -> tuple[int, ...]:
    found = [numbers.setdefault(word, len(numbers)) for word in words][:width]
    return (*found, *(MISSING,) * (width - len(found)))


def _read_indonesian(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    name = read_name(text)
    if name is None:
        return _read_plain(text)
    return name.tokens, name.father


def _read_plain(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words in any script, without accents, signs and doubles."""
    plain = unicodedata.normalize("NFKD", text.upper())
    words = "".join(sign if sign.isalpha() else _gap(sign) for sign in plain).split()
    return tuple(dict.fromkeys(words)), ()


def _gap(sign: str) -> str:
    unseen = unicodedata.category(sign) in {"Mn", "Cf", "Cc"} or sign in "'`’"  # noqa: RUF001 - typed by people
    return "" if unseen else " "


def shares_of(codes: Codes, size: int, *, weights: Floats | None = None) -> Floats:
    """The share of all known entries that each code has."""
    known = codes != MISSING
    counted = np.bincount(
        codes[known], minlength=size, weights=None if weights is None else weights[known]
    )
    total = max(float(counted.sum()), 1.0)
    return counted / total
