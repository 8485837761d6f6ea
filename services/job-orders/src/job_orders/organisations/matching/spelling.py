"""One spelling of a written word, and whether two words are a keystroke apart."""

import re
import unicodedata
from functools import lru_cache

_UNSEEN = frozenset({"Mn", "Cf", "Cc"})
_OLD_WRITING = re.compile("OE|DJ|TJ")
_OLD_J = re.compile("(?<![DTNS])J")
_REPEATED = re.compile(r"(\D)\1+")
# Old and new orthography, and sounds that writers of these languages do not tell apart.
_SPELLING = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("OE", "U"),
        ("TJ", "C"),
        ("DJ", "J"),
        ("SJ", "SY"),
        ("PH|V", "F"),
        ("CK|Q", "K"),
        ("KH", "H"),
        ("DH", "D"),
        ("TH", "T"),
        ("X", "KS"),
        ("IE|Y", "I"),
    )
)


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for lists that are easier read than punctuated."""
    return frozenset(text.split())


def upper(text: str) -> str:
    """Upper case without accents, marks of direction and control signs; wide letters narrow."""
    plain = unicodedata.normalize("NFKD", text.upper())
    return "".join(sign for sign in plain if unicodedata.category(sign) not in _UNSEEN)


@lru_cache(maxsize=50_000)
def spell(word: str) -> str:
    """The one spelling of an upper-case word under old and new orthography."""
    if _OLD_WRITING.search(word):
        # A word in the orthography of before 1947 writes J for the sound of Y.
        word = _OLD_J.sub("Y", word)
    for pattern, replacement in _SPELLING:
        word = pattern.sub(replacement, word)
    return _REPEATED.sub(r"\1", word)


def is_slip(one: str, other: str) -> bool:
    """Whether they differ by one letter more, less, or another, or two neighbours swapped."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    a, b = one[start:], other[start:]
    if a[1:] == b[1:] or a[1:] == b or a == b[1:]:
        return True
    return a[:2] == b[:2][::-1] and a[2:] == b[2:]
