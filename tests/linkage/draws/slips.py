"""Whether a named difficulty strikes a record, and what it does to a name, a date or a number."""

from collections.abc import Mapping
from typing import Final

from deploy.seed.chance import Chance
from deploy.seed.errors import NEIGHBOURS, SHORT_FORMS, SPELLINGS
from tests.linkage.draws.people import MONTH_LENGTHS, Day
from tests.linkage.draws.rates import OF_RECORDS

_MORE_SPELLINGS: Final = (
    ("OE", "U"), ("Y", "I"), ("I", "IE"), ("P", "F"), ("S", "SY"), ("Q", "K"), ("TH", "T"),
    ("AI", "AE"), ("AE", "AI"), ("H", ""), ("K", "KK"), ("N", "NN"), ("L", "LL"), ("DJ", "J"),
    ("A", "AA"), ("U", "O"), ("UR", "OR"), ("V", "P"), ("X", "KS"), ("AU", "AO"), ("D", "DH"),
)  # fmt: skip
_ALL_SPELLINGS: Final = SPELLINGS + _MORE_SPELLINGS
_READ_WRONG: Final = {
    "O": "0", "I": "1", "L": "I", "S": "5", "B": "8", "M": "N", "U": "V", "H": "N", "E": "F",
    "C": "G", "0": "O", "1": "I", "5": "S", "8": "B", "6": "G", "2": "Z", "N": "H", "G": "6",
}  # fmt: skip
TITLES: Final = {
    "P": ("HJ. ", "HJ ", "HAJJAH ", "NY. ", "DRA. "),
    "L": ("H. ", "H ", "HAJI ", "TN. ", "DRS. "),
}
FATHER_WORDS: Final = {"P": ("BINTI", "BT.", "BT", "BTE", "BINTI"), "L": ("BIN", "B.", "BIN")}
FILLERS: Final = ("-", "FNU", "LNU", ".")


class Slips(Chance):
    """Draws each named difficulty of one register by its rate, and remembers what did happen."""

    def __init__(self, seed: int, topic: int, rates: Mapping[str, float]) -> None:
        super().__init__(seed, 0, topic)
        self.rates = rates
        self.marks: list[str] = []
        self.tries: dict[str, int] = dict.fromkeys(OF_RECORDS, 0)

    def strikes(self, key: str) -> bool:
        """Whether it happens this time; a difficulty that happens is marked."""
        self.tries[key] += 1
        if self.random() < self.rates[key]:
            self.marks.append(key)
            return True
        return False


def respelled(chance: Chance, word: str) -> str:
    """One sound written in another way, where the word has such a sound."""
    start = int(chance.random() * len(_ALL_SPELLINGS))
    for old, new in _ALL_SPELLINGS[start:] + _ALL_SPELLINGS[:start]:
        if old in word:
            return word.replace(old, new, 1)
    return word


def has_short_form(words: list[str]) -> bool:
    return words[0] in SHORT_FORMS


def short_form(chance: Chance, word: str) -> str:
    return chance.pick(SHORT_FORMS[word])


def mistyped(chance: Chance, text: str) -> str:
    """One keystroke lost, doubled, exchanged with the next, or beside the right one."""
    if len(text) < 2:
        return text
    place = chance.between(0, len(text) - 2)
    drawn, letter = chance.random(), text[place]
    if drawn < 0.25:
        return text[:place] + text[place + 1 :]
    if drawn < 0.4:
        return text[:place] + letter + text[place:]
    if drawn < 0.6 and text[place + 1] != letter:
        return text[:place] + text[place + 1] + letter + text[place + 2 :]
    near = chance.pick(NEIGHBOURS.get(letter, "X"))
    return text[:place] + near + text[place + 1 :]


def read_wrong(chance: Chance, text: str) -> str:
    """One character taken for one of the same shape; text without any loses its last."""
    places = [place for place, letter in enumerate(text) if letter in _READ_WRONG]
    if not places:
        return text[:-1]
    place = chance.pick(places)
    return text[:place] + _READ_WRONG[text[place]] + text[place + 1 :]


def digits_mistyped(chance: Chance, text: str) -> str:
    """A number with one digit wrong, lost, doubled, or two exchanged."""
    place = chance.between(1, len(text) - 2)
    drawn, digit = chance.random(), text[place]
    if drawn < 0.15:
        return text[:place] + text[place + 1 :]
    if drawn < 0.25:
        return text[:place] + digit + text[place:]
    if drawn < 0.5 and text[place + 1] != digit:
        return text[:place] + text[place + 1] + digit + text[place + 2 :]
    other = chance.pick("0123456789".replace(digit, ""))
    return text[:place] + other + text[place + 1 :]


def malformed(chance: Chance, nik: str) -> str:
    """A NIK that no check lets through."""
    return chance.pick(
        (nik[:-1], f"{nik[:6]}.{nik[6:12]}.{nik[12:]}", f"{nik}0", f"{nik[:12]}", f"'{nik}")
    )


def swapped(day: Day) -> Day:
    return (day[0], day[2], day[1])


def is_date(day: Day) -> bool:
    """Whether the calendar has this day; 29 February never stands in a draw."""
    return 1 <= day[1] <= 12 and 1 <= day[2] <= MONTH_LENGTHS[day[1] - 1]


def date_mistyped(chance: Chance, day: Day) -> Day:
    """One digit of the day, the month or the year wrong, so that a date is left."""
    for _ in range(8):
        digits = f"{day[0]:04}{day[1]:02}{day[2]:02}"
        place = chance.between(2, 7)
        other = chance.pick("0123456789".replace(digits[place], ""))
        typed = digits[:place] + other + digits[place + 1 :]
        found = (int(typed[:4]), int(typed[4:6]), int(typed[6:]))
        if is_date(found) and found[0] <= 2012:
            return found
    return (day[0] - 1, day[1], day[2])
