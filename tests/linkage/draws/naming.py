"""How the people of a draw get their names: words by culture, a long tail, one-word names."""

from typing import Final

from deploy.seed.chance import Chance, skewed
from deploy.seed.names import CULTURES, Culture, make_father_name
from tests.linkage.draws import lists
from tests.linkage.draws.rates import ONE_WORD

# In these a family or clan name always stands last.
_TWO_WORDS_ALWAYS: Final = frozenset({"BATAK", "FLORES", "MINAHASA", "CHINESE_INDONESIAN"})
# The share of one-word names is a whole country's, so cultures that have them have more.
_ONE_WORD_SHARE: Final = ONE_WORD * 1.08
_MODERN_SHARE: Final = 0.22
_RARE_SHARE: Final = 0.2
_MIXED_SHARE: Final = 0.06
_THIRD_WORD: Final = 0.2
_FOURTH_WORD: Final = 0.04
_MODERN: Final = {"P": skewed(lists.MODERN_FEMALE), "L": skewed(lists.MODERN_MALE)}
_MODERN_SECOND: Final = skewed(lists.MODERN_SECOND)
_FIRST: Final = tuple(lists.SYLLABLES_FIRST.split())
_MIDDLE: Final = tuple(lists.SYLLABLES_MIDDLE.split())
_LAST: Final = tuple(lists.SYLLABLES_LAST.split())
_SEED_SEX: Final = {"P": "F", "L": "M"}
_ALL_CULTURES: Final = tuple(CULTURES.values())
_VOWELS: Final = "AEIOU"


def make_words(chance: Chance, culture_name: str, sex: str) -> list[str]:
    """A name in upper case, a word an item; about one in six has a single word."""
    culture = CULTURES[culture_name]
    if culture_name not in _TWO_WORDS_ALWAYS and chance.happens(_ONE_WORD_SHARE):
        return [_one_word(chance, culture, sex)]
    words = _first(chance, culture, sex)
    words.append(second_word(chance, culture, sex))
    if chance.happens(_THIRD_WORD):
        words.insert(1, second_word(chance, culture, sex, clan=False))
        if chance.happens(_FOURTH_WORD / _THIRD_WORD):
            words.insert(1, rare_word(chance))
    return words


def second_word(chance: Chance, culture: Culture, sex: str, *, clan: bool = True) -> str:
    """A later word: a clan where there is one, else common, modern, or rare."""
    if clan and culture.family:
        return chance.pick(culture.family)
    if chance.happens(_MIXED_SHARE):
        culture = chance.pick(_ALL_CULTURES)
    drawn = chance.random()
    if drawn < _RARE_SHARE:
        return rare_word(chance)
    if drawn < _RARE_SHARE + _MODERN_SHARE:
        return chance.pick(_MODERN_SECOND)
    return chance.pick(culture.second[_SEED_SEX[sex]])


def rare_word(chance: Chance) -> str:
    """A word that few others bear."""
    middle = chance.pick(_MIDDLE) if chance.happens(0.55) else ""
    return chance.pick(_FIRST) + middle + chance.pick(_LAST)


def father_of(chance: Chance, culture_name: str) -> list[str]:
    """One or two words, as they follow BIN or BINTI."""
    if chance.happens(0.12):
        return ["MUHAMMAD"]
    return make_father_name(chance, CULTURES[culture_name]).split()


def alike(chance: Chance, words: list[str], culture_name: str, sex: str) -> list[str]:
    """A brother's or sister's name made after the elder's: one word kept, or one vowel apart."""
    if len(words) > 1 and chance.happens(0.6):
        culture = CULTURES[culture_name]
        if culture.family or chance.happens(0.5):
            return [*_first(chance, culture, sex), *words[1:]]
        return [*words[:-1], second_word(chance, culture, sex)]
    place = chance.between(0, len(words) - 1)
    return [*words[:place], _one_vowel_apart(chance, words[place]), *words[place + 1 :]]


def _one_vowel_apart(chance: Chance, word: str) -> str:
    """ROHANI and ROHANA, WARTINI and WARTONI: two children, not a slip."""
    places = [place for place, letter in enumerate(word) if letter in _VOWELS]
    if not places:
        return rare_word(chance)
    place = chance.pick(places)
    other = chance.pick([vowel for vowel in _VOWELS if vowel != word[place]])
    return word[:place] + other + word[place + 1 :]


def _first(chance: Chance, culture: Culture, sex: str) -> list[str]:
    if chance.happens(_MODERN_SHARE):
        return [chance.pick(_MODERN[sex])]
    # Balinese first names hold the particle and the birth order: two words.
    return chance.pick(culture.first[_SEED_SEX[sex]]).split()


def _one_word(chance: Chance, culture: Culture, sex: str) -> str:
    drawn = chance.random()
    if drawn < 0.45:
        return rare_word(chance)
    if drawn < 0.6:
        return chance.pick(_MODERN[sex])
    if drawn < 0.8:
        return chance.pick(culture.first[_SEED_SEX[sex]]).split()[-1]
    return chance.pick(culture.second[_SEED_SEX[sex]])
