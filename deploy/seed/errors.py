"""What operators and forms do to a name, a date or a number. Nothing here knows a person."""

from typing import Final

from deploy.seed.chance import Chance
from deploy.seed.days import day_month_year, ordinal

# Old and new orthography, and sounds that are written in two ways.
SPELLINGS: Final = (
    ("U", "OE"),
    ("J", "DJ"),
    ("C", "TJ"),
    ("Y", "J"),
    ("SY", "SH"),
    ("F", "P"),
    ("V", "F"),
    ("Z", "J"),
    ("KH", "H"),
    ("CH", "KH"),
    ("I", "Y"),
    ("NN", "N"),
    ("DD", "D"),
    ("DH", "D"),
    ("AH", "A"),
    ("IA", "IYA"),
    ("QO", "KO"),
    ("W", "V"),
    ("SRI", "SERI"),
    ("R", "RR"),
)
SHORT_FORMS: Final = {
    "MUHAMMAD": ("MOH.", "MUH.", "MOCH.", "MUHAMAD", "MOHAMMAD", "MOHAMAD", "M.", "MOHD"),
    "SITI": ("ST.", "ST", "SITTI", "S."),
    "ABDUL": ("ABD.", "ABD", "ABDOEL"),
    "NUR": ("NOER", "NOOR", "NURUL"),
    "AHMAD": ("AHMAT", "ACHMAD", "AHMED"),
    "SRI": ("SERI", "SRIE"),
    "AGUS": ("AGS.", "AGOES"),
    "ENDANG": ("EN.",),
    "MARIA": ("M.", "MARYA"),
}
NEIGHBOURS: Final = {
    "A": "SQ", "B": "VN", "C": "XV", "D": "SF", "E": "WR", "F": "DG", "G": "FH", "H": "GJ",
    "I": "UO", "J": "HK", "K": "JL", "L": "KO", "M": "N", "N": "BM", "O": "IP", "P": "O",
    "Q": "W", "R": "ET", "S": "AD", "T": "RY", "U": "YI", "V": "CB", "W": "QE", "X": "ZC",
    "Y": "TU", "Z": "X",
}  # fmt: skip
TITLES: Final = {"F": ("HJ. ", "HAJJAH "), "M": ("H. ", "HAJI ", "DRS. ")}
PATRONYMIC: Final = {"F": ("BINTI", "BT", "BT.", "BTE"), "M": ("BIN", "B.", "BIN")}


def respelled(chance: Chance, name: str) -> str:
    """One sound written another way, where the name has such a sound."""
    start = int(chance.random() * len(SPELLINGS))
    for old, new in SPELLINGS[start:] + SPELLINGS[:start]:
        if old in name:
            return name.replace(old, new, 1)
    return name


def shortened(chance: Chance, name: str) -> str:
    """The first word in one of its usual short or other forms."""
    first, _, rest = name.partition(" ")
    if not rest or first not in SHORT_FORMS:
        return respelled(chance, name)
    return f"{chance.pick(SHORT_FORMS[first])} {rest}"


def _lost(_: Chance, text: str, place: int) -> str:
    return text[:place] + text[place + 1 :]


def _doubled(_: Chance, text: str, place: int) -> str:
    return text[: place + 1] + text[place:]


def _exchanged(_: Chance, text: str, place: int) -> str:
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _neighbour(chance: Chance, text: str, place: int) -> str:
    letter = text[place]
    other = str((int(letter) + 1) % 10) if letter.isdigit() else chance.pick(_near(letter))
    return text[:place] + other + text[place + 1 :]


def _near(letter: str) -> str:
    return NEIGHBOURS.get(letter, letter)


_KEYSTROKES: Final = (_lost, _doubled, _exchanged, _neighbour)


def mistyped(chance: Chance, text: str) -> str:
    """One keystroke lost, doubled, exchanged, or hit on the neighbouring key."""
    place = chance.between(0, len(text) - 2)
    typed = chance.pick(_KEYSTROKES)(chance, text, place)
    return _lost(chance, text, place) if typed == text else typed


def one_digit_wrong(chance: Chance, digits: str, *, first: int = 0) -> str:
    """One digit from position `first` on replaced by another; the length stays."""
    place = chance.between(first, len(digits) - 1)
    other = (int(digits[place]) + chance.between(1, 9)) % 10
    return f"{digits[:place]}{other}{digits[place + 1 :]}"


def malformed_nik(chance: Chance, nik: str) -> str:
    """A NIK that no check lets through: a digit short, a letter for a zero, or dots within."""
    return chance.pick((nik[:-1], f"{nik[:-1]}O", f"{nik[:6]}.{nik[6:12]}.{nik[12:]}", nik + "0"))


def joined(_: Chance, name: str) -> str:
    """NUR HAYATI becomes NURHAYATI."""
    return name.replace(" ", "", 1)


def reordered(_: Chance, name: str) -> str:
    first, _space, rest = name.partition(" ")
    return f"{rest} {first}".strip()


def one_word_left_out(chance: Chance, name: str) -> str:
    words = name.split()
    if len(words) > 1:
        words.pop(chance.between(0, len(words) - 1))
    return " ".join(words)


def titled(chance: Chance, name: str, *, sex: str) -> str:
    return chance.pick(TITLES[sex]) + name


def with_father(chance: Chance, name: str, *, sex: str, father_name: str) -> str:
    return f"{name} {chance.pick(PATRONYMIC[sex])} {father_name}"


def in_passport(chance: Chance, name: str, *, father_name: str) -> str:
    """A one-word name is repeated, or lent the father's, because forms abroad want two."""
    if " " in name:
        return name
    return chance.pick((f"{name} {name}", f"{name} {name}", f"{name} {father_name}", name))


def misdated(chance: Chance, day: int) -> int:
    """Day and month exchanged, a year beside, or 1 January where only the year was known."""
    day_of_month, month, year = day_month_year(day)
    slips = [ordinal(year, 1, 1), day + chance.pick((-1, 1, 10, -10))]
    if month != 2 or day_of_month != 29:  # noqa: PLR2004 - 29 February has no other year
        slips.append(ordinal(year + chance.pick((-1, 1)), month, day_of_month))
    if day_of_month <= 12 and day_of_month != month:  # noqa: PLR2004 - months end at 12
        slips += [ordinal(year, day_of_month, month)] * 3
    return chance.pick(slips)


_PLAIN_SLIPS: Final = (
    (respelled,) * 4
    + (shortened,) * 4
    + (mistyped,) * 3
    + (
        joined,
        joined,
        reordered,
        one_word_left_out,
    )
)


def slipped(chance: Chance, name: str) -> str:
    """The name with one of the usual slips, common ones more often."""
    return chance.pick(_PLAIN_SLIPS)(chance, name)
