"""How a name or a telephone number gets written down: word by word, with the slips marked."""

from typing import Final

from deploy.seed.chance import Chance
from tests.linkage.draws import slips
from tests.linkage.draws.naming import make_words
from tests.linkage.draws.people import Person
from tests.linkage.draws.slips import Slips

_CUT_AT: Final = 14


def write_name(chance: Slips, person: Person) -> str:
    """The name as one operator wrote it."""
    if chance.strikes("name_other"):
        words = make_words(chance, person.culture, person.sex)
        return _cased(chance, " ".join([person.words[0], *words] if len(words) == 1 else words))
    words = list(person.words)
    _spell(chance, words)
    words = _one_word(chance, words) if len(words) == 1 else _many_words(chance, words)
    if chance.strikes("name_father"):
        words += [chance.pick(slips.FATHER_WORDS[person.sex]), *person.father]
    name = " ".join(words)
    if chance.strikes("name_title"):
        name = chance.pick(slips.TITLES[person.sex]) + name
    if len(name) > _CUT_AT and chance.strikes("name_cut"):
        name = name[: chance.between(_CUT_AT - 5, len(name) - 2)].rstrip()
    return _cased(chance, name)


def _spell(chance: Slips, words: list[str]) -> None:
    """What happens inside of words; the longest are hit most."""
    if slips.has_short_form(words) and len(words) > 1 and chance.strikes("name_short_form"):
        words[0] = slips.short_form(chance, words[0])
    if chance.strikes("name_respelled"):
        place = chance.between(0, len(words) - 1)
        words[place] = slips.respelled(chance, words[place])
    if chance.strikes("name_keystroke"):
        place = chance.between(0, len(words) - 1)
        words[place] = slips.mistyped(chance, words[place]) or words[place]
    if chance.strikes("name_read_wrong"):
        place = chance.between(0, len(words) - 1)
        words[place] = slips.read_wrong(chance, words[place]) or words[place]


def _one_word(chance: Slips, words: list[str]) -> list[str]:
    if chance.strikes("name_one_word_repeated"):
        return words * 2
    if chance.strikes("name_one_word_filled"):
        filler = chance.pick(slips.FILLERS)
        return [filler, *words] if filler == "FNU" else [*words, filler]
    if len(words[0]) > 7 and chance.strikes("name_split"):
        place = chance.between(3, len(words[0]) - 3)
        return [words[0][:place], words[0][place:]]
    return words


def _many_words(chance: Slips, words: list[str]) -> list[str]:
    """At most one thing happens to the order and number of words."""
    if chance.strikes("name_first_word_only"):
        return words[:1]
    if chance.strikes("name_word_left_out"):
        place = chance.between(0, len(words) - 1)
        return words[:place] + words[place + 1 :]
    if chance.strikes("name_initial"):
        place = len(words) - 1 if chance.happens(0.8) else 0
        return [*words[:place], words[place][0], *words[place + 1 :]]
    if chance.strikes("name_reordered"):
        return [words[-1], *words[:-1]] if chance.happens(0.5) else [*words[1:], words[0]]
    if chance.strikes("name_joined"):
        place = chance.between(0, len(words) - 2)
        return [*words[:place], words[place] + words[place + 1], *words[place + 2 :]]
    return words


def _cased(chance: Chance, name: str) -> str:
    drawn = chance.random()
    if drawn < 0.58:
        return name
    return name.title() if drawn < 0.87 else name.lower()


def write_phone(chance: Chance, number: str) -> str:
    """One of the ways to write a number: national, with 62, with + or 00, with blanks."""
    drawn = chance.random()
    if number.startswith("08"):
        if drawn < 0.7:
            return number
        if drawn < 0.92:
            return f"+62{number[1:]}"
        return f"62{number[1:]}" if drawn < 0.96 else f"{number[:4]}-{number[4:8]}-{number[8:]}"
    if drawn < 0.85:
        return number
    return f"00{number[1:]}" if drawn < 0.95 else f"{number[:3]} {number[3:]}"
