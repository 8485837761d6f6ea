"""Indonesian personal names as tokens that can be compared whatever the spelling, order or title.

What a name says about identity is decided in `match`; this module only reads and compares names.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import permutations

from rapidfuzz.distance import JaroWinkler


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Titles are dropped only where they can stand: before the name, or anywhere for the unmistakable.
LEADING_TITLES = _words_of(
    "H HJ HAJI HAJJAH HJH DR DRA DRS IR R RR RD RA RM RADEN NY TN TUAN PUAN MR MRS MS SDR SDRI"
)
TITLES = _words_of(
    "PROF KH KYAI KIAI USTAD USTADZ USTAZ USTADZAH TGH ALM ALMH ALMARHUM ALMARHUMAH FNU LNU"
)
DEGREES = _words_of(
    "SPD SPDI SE SH SHI SKOM SKEP SKM SSI SSOS SAG SIP SPT STP SFARM AMD AMK AMKEB"
    " MM MSI MPD MH MKES NERS APT"
)
PATRONYMIC_MARKERS = _words_of("BIN BINTI BINTE BINTU BT BTE BTI")
MUHAMMAD = _words_of(
    "MUH MOH MHD MD MOHD MUHD MUCH MOCH MUHAMAD MUHAMMAD MUHAMED MUHAMMED MOHAMAD MOHAMMAD"
    " MOHAMED MOHAMMED MUCHAMAD MUCHAMMAD MOCHAMAD MOCHAMMAD MUKHAMAD MUKHAMMAD MOKHAMAD"
    " MOKHAMMAD"
)
WHOLE_WORDS = {
    **dict.fromkeys(MUHAMMAD, "MUHAMMAD"),
    **dict.fromkeys(("ABD", "AB", "ABDL", "ABDUL", "ABDOEL", "ABDOL", "ABDU"), "ABDUL"),
    **dict.fromkeys(("NUR", "NOER", "NOOR"), "NUR"),
    **dict.fromkeys(("SITI", "SITTI", "SITY"), "SITI"),
    "SIRI": "SRI",
    "AGS": "AGUS",
}
# These first halves are written apart or together at will: NUR HAYATI, NURHAYATI.
GLUED_TO_NEXT = frozenset(("ABDUL", "NUR"))

_PATRONYMIC_SLASH = re.compile(r"\b([AS])\s*/\s*([LOP])\b")
_DEGREE_TAIL = re.compile(r"[SMAD][A-Z]{0,4}(?:\.\s*[A-Z][A-Z]*)+\.?")
_NOT_LETTER = re.compile(r"[^A-Z ]+")
_ASSIMILATED = re.compile(r"^ABDUL([RSNTDZ])")
_OLD_J = re.compile("(?<![DTNS])J")
_REPEATED = re.compile(r"(.)\1+")

# One spelling for old and new orthography and for sounds that Indonesian writers do not tell apart.
_SPELLING = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("OE", "U"),
        ("TJ", "C"),
        ("DJ", "J"),
        ("NJ", "NY"),
        ("SJ", "SY"),
        ("DZ", "Z"),
        ("PH|V|P", "F"),
        ("CH|KH", "H"),
        ("TH", "T"),
        ("DH", "D"),
        ("SY|SH", "S"),
        ("Q", "K"),
        ("X", "KS"),
        ("IE|Y", "I"),
        ("AE", "AI"),
        ("(?<=.)H", ""),
    )
)
# A wider class still: enough to look at a pair, not enough to call the names equal.
_SOUND = str.maketrans({"J": "S", "Z": "S", "W": "F", "O": "U", "E": "I"})

# What a scanner or a hasty eye takes for a letter, between letters.
_READ_WRONG = re.compile(r"(?<=[A-Z])[015]+(?=[A-Z])|\b[015](?=[A-Z]{2})|(?<=[A-Z]{2})[015]\b")
_LETTER_OF_DIGIT = str.maketrans("015", "OIS")
_UNSEEN = frozenset({"Mn", "Cf", "Cc"})

_MOST_GLUED = 4
_CLOSE = 0.9
_SHORTEST_FULL_TOKEN = 3


class NameLevel(StrEnum):
    EQUAL = "EQUAL"
    SOUND = "SOUND"
    PARTIAL = "PARTIAL"
    CONFLICT = "CONFLICT"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Name:
    """A name as an ordered run of distinct tokens; a father's name after BIN stands apart."""

    tokens: tuple[str, ...]
    father: tuple[str, ...] = ()

    @property
    def is_mononym(self) -> bool:
        return len(self.tokens) == 1

    @property
    def key(self) -> str:
        """The sounds of the name's letters in order: blind to word order and to glued words."""
        return "".join(sorted("".join(_sounds(self.tokens))))


@lru_cache(maxsize=20_000)
def read_name(text: str | None) -> Name | None:
    """The comparable form of a written name; None where nothing of a name is left."""
    if not text:
        return None
    words = _words(text)
    own, father = _apart_from_father(words)
    own = _glued(_without_titles(own))
    tokens = tuple(dict.fromkeys(filter(None, map(spell, own))))
    if not tokens:
        return None
    return Name(tokens, tuple(dict.fromkeys(filter(None, map(spell, _glued(father))))))


@lru_cache(maxsize=200_000)
def spell(word: str) -> str:
    """The one spelling of a word under old and new orthography."""
    word = WHOLE_WORDS.get(word, word)
    if "OE" in word:
        # A word in the orthography of before 1947 writes J for the sound of Y.
        word = _OLD_J.sub("Y", word)
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    return _REPEATED.sub(r"\1", word)


@lru_cache(maxsize=200_000)
def sound_of(word: str) -> str:
    """What a word sounds like: a wider class than its spelling."""
    return _REPEATED.sub(r"\1", spell(word).translate(_SOUND))


def compare_names(ours: Name | None, theirs: Name | None) -> NameLevel:
    if ours is None or theirs is None:
        return NameLevel.UNKNOWN
    if _same(ours.tokens, theirs.tokens):
        return NameLevel.EQUAL
    our_sounds, their_sounds = _sounds(ours.tokens), _sounds(theirs.tokens)
    if _same(our_sounds, their_sounds):
        return NameLevel.SOUND
    shorter, longer = sorted((our_sounds, their_sounds), key=len)
    return NameLevel.PARTIAL if _aligned(shorter, longer) else NameLevel.CONFLICT


def _words(text: str) -> list[str]:
    if text.isascii() and text.replace(" ", "").isalpha():
        return text.upper().split()
    plain = unicodedata.normalize("NFKD", text.upper())
    # Marks of accents and of writing direction, and control signs, are no gaps between words.
    plain = "".join(letter for letter in plain if unicodedata.category(letter) not in _UNSEEN)
    plain = _READ_WRONG.sub(lambda found: found[0].translate(_LETTER_OF_DIGIT), plain)
    head, *tails = plain.split(",")
    # A comma starts either degrees (SITI AMINAH, S.PD.) or the rest of the name (AMINAH, SITI).
    kept = [head, *(tail for tail in tails if not _is_degree(tail))]
    plain = _PATRONYMIC_SLASH.sub(" BIN ", " ".join(kept))
    plain = plain.replace("'", "").replace("`", "").replace("’", "")  # noqa: RUF001 - typed by people
    return _NOT_LETTER.sub(" ", plain).split()


def _is_degree(tail: str) -> bool:
    tail = tail.strip()
    return bool(_DEGREE_TAIL.fullmatch(tail)) or _NOT_LETTER.sub("", tail) in DEGREES


def _apart_from_father(words: list[str]) -> tuple[list[str], list[str]]:
    for place, word in enumerate(words[1:-1], start=1):
        if word in PATRONYMIC_MARKERS or word == "B":
            father = [part for part in words[place + 1 :] if part not in PATRONYMIC_MARKERS]
            return words[:place], father
    return [word for word in words if word not in PATRONYMIC_MARKERS] or words, []


def _without_titles(words: list[str]) -> list[str]:
    kept = [word for word in words if word not in TITLES] or words
    while len(kept) > 1 and kept[0] in LEADING_TITLES:
        kept = kept[1:]
    # I and NI mark a Balinese man or woman and are left out as often as they are written.
    if len(kept) > 1 and kept[0] in {"I", "NI"}:
        kept = kept[1:]
    if len(kept) > 1 and kept[0] in {"M", "ST"}:
        kept = [{"M": "MUHAMMAD", "ST": "SITI"}[kept[0]], *kept[1:]]
    return kept


def _glued(words: list[str]) -> list[str]:
    glued: list[str] = []
    for word in (WHOLE_WORDS.get(word, word) for word in words):
        if glued and glued[-1] in GLUED_TO_NEXT and word != glued[-1]:
            glued[-1] += word
        else:
            glued.append(word)
    return [_ASSIMILATED.sub(r"ABDU\1", word) for word in glued]


def _sounds(tokens: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(sound_of, tokens)))


def _same(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Equal as sets, or equal once the words that only one side has are written together."""
    if ours == theirs:
        return True
    only_ours = [token for token in ours if token not in theirs]
    only_theirs = [token for token in theirs if token not in ours]
    if not only_ours and not only_theirs:
        return True
    return not _glued_forms(only_ours).isdisjoint(_glued_forms(only_theirs))


def _glued_forms(tokens: list[str]) -> set[str]:
    """Written as one word, in every order that few words allow."""
    if len(tokens) > _MOST_GLUED:
        return set()
    return {_REPEATED.sub(r"\1", "".join(order)) for order in permutations(tokens)}


def _aligned(shorter: tuple[str, ...], longer: tuple[str, ...]) -> bool:
    """Whether every word of the shorter name has a partner of its own in the longer one."""
    free = list(longer)
    full_partners = 0
    for token in sorted(shorter, key=len, reverse=True):
        partner = next((other for other in free if token == other), None) or next(
            (other for other in free if _close(token, other)), None
        )
        if partner is None:
            return False
        free.remove(partner)
        full_partners += min(len(token), len(partner)) >= _SHORTEST_FULL_TOKEN
    return full_partners > 0


def _close(token: str, other: str) -> bool:
    short, long = sorted((token, other), key=len)
    if long.startswith(short):
        return True
    return JaroWinkler.similarity(token, other) >= _CLOSE
