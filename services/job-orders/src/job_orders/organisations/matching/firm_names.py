"""Names of firms, comparable whatever the legal form, order, punctuation, spelling or shortening.

Names of persons are read in `owners`; what a name says about identity is weighed in `scoring`.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from job_orders.organisations.matching import legal_forms
from job_orders.organisations.matching.spelling import is_slip, spell, upper

_SCRIPTS = re.compile(upper(legal_forms.FORMS_IN_SCRIPTS))
_PLACE = re.compile(rf"\(\s*(?:{legal_forms.PLACES_IN_BRACKETS})\s*\)")
_DOTTED = re.compile(r"(?<![^\W\d_])(?:[^\W\d_]\.\s?){2,}(?:[^\W\d_](?![^\W_]))?")
_APOSTROPHE = re.compile("['`’‘]")  # noqa: RUF001 - typed by people.
_NOT_WORD = re.compile(r"[^\w]+|_+")
_COMMON = frozenset(spell(word) for word in legal_forms.COMMON)

_SHORTEST_WHOLE = 8
"""Fewer letters in any order may be another name altogether."""
_SHORTEST_SLIP = 5
_SHORTEST_INITIALS = 3
_TWO_WORDS = 2


class NameLevel(StrEnum):
    EQUAL = "EQUAL"
    EQUAL_OF_COMMON_WORDS = "EQUAL_OF_COMMON_WORDS"
    SIMILAR = "SIMILAR"
    ONE_WORD_IN_COMMON = "ONE_WORD_IN_COMMON"
    OTHER = "OTHER"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class FirmName:
    """A name as its words in their order, without legal form."""

    words: tuple[str, ...]

    @property
    def own_words(self) -> tuple[str, ...]:
        """Those that not every second firm has."""
        return tuple(word for word in self.words if word not in _COMMON)

    @property
    def letters(self) -> str:
        """The letters in order: blind to the order of words and to words written together."""
        return "".join(sorted("".join(self.words)))

    @property
    def initials(self) -> str:
        return "".join(word[0] for word in self.words)


@lru_cache(maxsize=50_000)
def read_firm_name(text: str | None) -> FirmName | None:
    """The comparable form of a written name; None where nothing of a name is left."""
    if not text:
        return None
    plain = _APOSTROPHE.sub("", upper(text))
    plain = _PLACE.sub(" ", _SCRIPTS.sub(" ", plain))
    plain = _DOTTED.sub(lambda found: re.sub(r"[.\s]", "", found[0]) + " ", plain)
    written = _NOT_WORD.sub(" ", plain.replace("&", " AND ")).split()
    full = [legal_forms.WRITTEN_SHORT.get(word, word) for word in _without_forms(written)]
    kept = [word for word in full if word not in legal_forms.LITTLE_WORDS] or full
    words = tuple(dict.fromkeys(spell(word) for word in _glued(kept)))
    return FirmName(words) if words else None


def compare_firm_names(
    ours: FirmName | None, theirs: FirmName | None, *, rare_words: Collection[str] = frozenset()
) -> NameLevel:
    """How far two names agree. A single word in common makes names alike only if it is rare."""
    if ours is None or theirs is None:
        return NameLevel.UNKNOWN
    if _is_same(ours, theirs):
        is_common = not ours.own_words and not theirs.own_words
        return NameLevel.EQUAL_OF_COMMON_WORDS if is_common else NameLevel.EQUAL
    shared = [word for word in ours.own_words if word in theirs.own_words]
    if _is_similar(ours, theirs, shared, rare_words):
        return NameLevel.SIMILAR
    if shared or _are_initials(ours, theirs) or _are_initials(theirs, ours):
        return NameLevel.ONE_WORD_IN_COMMON
    return NameLevel.OTHER


def _without_forms(words: list[str]) -> list[str]:
    """Legal forms cut off at both ends, as long as a name is left."""
    changed = True
    while changed:
        changed = False
        for forms, is_before in ((legal_forms.BEFORE, True), (legal_forms.AFTER, False)):
            for form in forms:
                size = len(form)
                end = words[:size] if is_before else words[-size:]
                if len(words) > size and tuple(end) == form:
                    words = words[size:] if is_before else words[:-size]
                    changed = True
                    break
    return words


def _glued(words: list[str]) -> list[str]:
    """Each article as part of the word after it."""
    glued: list[str] = []
    for word in words:
        if glued and glued[-1] in legal_forms.ARTICLES:
            glued[-1] += word
        else:
            glued.append(word)
    return glued


def _is_same(ours: FirmName, theirs: FirmName) -> bool:
    if set(ours.words) == set(theirs.words):
        return True
    return len(ours.letters) >= _SHORTEST_WHOLE and ours.letters == theirs.letters


def _is_similar(
    ours: FirmName, theirs: FirmName, shared: list[str], rare_words: Collection[str]
) -> bool:
    """The words that are theirs alone agree: all of the shorter name's, or all but a slip."""
    fewer = min(len(ours.own_words), len(theirs.own_words))
    if fewer >= _TWO_WORDS and len(shared) == fewer:
        return True
    if any(word in rare_words for word in shared):
        return True
    only_ours = [word for word in ours.words if word not in theirs.words]
    only_theirs = [word for word in theirs.words if word not in ours.words]
    if len(only_ours) == len(only_theirs) == 1:
        (one,), (other,) = only_ours, only_theirs
        is_own = one not in _COMMON and other not in _COMMON
        return is_own and min(len(one), len(other)) >= _SHORTEST_SLIP and is_slip(one, other)
    one, other = "".join(ours.words), "".join(theirs.words)
    return min(len(one), len(other)) >= _SHORTEST_WHOLE and is_slip(one, other)


def _are_initials(short: FirmName, long: FirmName) -> bool:
    """SMI for Sumber Makmur Indonesia, alone or before common words."""
    wanted = long.initials
    return len(wanted) >= _SHORTEST_INITIALS and wanted in short.own_words
