"""How names are made in each culture: order, family names, one-word names, the father's name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from deploy.seed import name_lists as lists
from deploy.seed.chance import Chance, skewed, weighted

Deck = tuple[str, ...]
DecksBySex = Mapping[str, Deck]


@dataclass(frozen=True, slots=True)
class Culture:
    """The decks from which one culture's names are drawn, by sex."""

    first: DecksBySex
    second: DecksBySex
    family: Deck = ()
    one_word_share: float = 0.0
    three_word_share: float = 0.12
    # Java's one-word names are a kind of their own; elsewhere one word is a second word alone.
    composes_one_word: bool = False


def _by_sex(female: str, male: str) -> dict[str, Deck]:
    return {"F": skewed(female), "M": skewed(male)}


def _balinese(particle: str) -> Deck:
    """Birth order is part of the name: first-born Wayan, Putu or Gede, second Made or Kadek."""
    shares = {"WAYAN": 30, "MADE": 24, "PUTU": 14, "KETUT": 12, "KADEK": 10, "NYOMAN": 10}
    shares |= {"KOMANG": 9, "GEDE" if particle == "I" else "LUH": 8}
    return weighted({f"{particle} {order}": share for order, share in shares.items()})


_MONONYMS: Final = _by_sex(lists.MONONYMS_FEMALE, lists.MONONYMS_MALE)
_HEADS: Final = skewed(lists.MONONYM_HEADS)
_STEMS: Final = skewed(lists.MONONYM_STEMS)
_ENDINGS: Final = _by_sex(lists.MONONYM_FEMALE_ENDINGS, lists.MONONYM_MALE_ENDINGS)
_FLORES_SECOND: Final = _by_sex(lists.FLORES_BAPTISMAL, lists.FLORES_MALE)

JAVANESE: Final = Culture(
    first=_by_sex(lists.JAVANESE_FEMALE, lists.JAVANESE_MALE),
    second=_by_sex(lists.JAVANESE_FEMALE_SECOND, lists.JAVANESE_MALE_SECOND),
    one_word_share=0.23,
    composes_one_word=True,
)
SUNDANESE: Final = Culture(
    first=_by_sex(lists.SUNDANESE_FEMALE, lists.SUNDANESE_MALE),
    second=_by_sex(lists.SUNDANESE_FEMALE_SECOND, lists.SUNDANESE_MALE_SECOND),
    one_word_share=0.13,
)
SASAK: Final = Culture(
    first=_by_sex(lists.SASAK_FEMALE, lists.SASAK_MALE),
    second=_by_sex(lists.SASAK_FEMALE_SECOND, lists.SASAK_MALE_SECOND),
    one_word_share=0.17,
    three_word_share=0.18,
)
MALAY: Final = Culture(
    first=_by_sex(lists.MALAY_FEMALE, lists.MALAY_MALE),
    second=_by_sex(lists.MALAY_FEMALE_SECOND, lists.MALAY_MALE_SECOND),
    one_word_share=0.07,
)
BATAK: Final = Culture(
    first=_by_sex(lists.BATAK_FEMALE, lists.BATAK_MALE),
    second=_by_sex(lists.BATAK_FEMALE, lists.BATAK_MALE),
    family=skewed(lists.BATAK_MARGA),
)
BALINESE: Final = Culture(
    first={"F": _balinese("NI"), "M": _balinese("I")},
    second=_by_sex(lists.BALINESE_FEMALE_SECOND, lists.BALINESE_MALE_SECOND),
)
BUGIS: Final = Culture(
    first=_by_sex(lists.BUGIS_FEMALE, lists.BUGIS_MALE),
    second=_by_sex(lists.BUGIS_SECOND, lists.BUGIS_SECOND),
    one_word_share=0.12,
)
FLORES: Final = Culture(
    first=_by_sex(lists.FLORES_FEMALE, lists.FLORES_MALE),
    second=_FLORES_SECOND,
    family=skewed(lists.FLORES_FAMILY),
)
MINAHASA: Final = Culture(
    first=_by_sex(lists.MINAHASA_FEMALE, lists.MINAHASA_MALE),
    second=_by_sex(lists.MINAHASA_FEMALE, lists.MINAHASA_MALE),
    family=skewed(lists.MINAHASA_FAMILY),
)
CHINESE_INDONESIAN: Final = Culture(
    first=_by_sex(lists.CHINESE_INDONESIAN_GIVEN, lists.CHINESE_INDONESIAN_GIVEN),
    second=_by_sex(lists.CHINESE_INDONESIAN_GIVEN, lists.CHINESE_INDONESIAN_GIVEN),
    family=skewed(lists.CHINESE_INDONESIAN_FAMILY),
)
CULTURES: Final = {
    "JAVANESE": JAVANESE,
    "SUNDANESE": SUNDANESE,
    "SASAK": SASAK,
    "MALAY": MALAY,
    "BATAK": BATAK,
    "BALINESE": BALINESE,
    "BUGIS": BUGIS,
    "FLORES": FLORES,
    "MINAHASA": MINAHASA,
    "CHINESE_INDONESIAN": CHINESE_INDONESIAN,
}


def make_name(chance: Chance, culture: Culture, sex: str) -> str:
    """A name as the civil register would hold it: upper case, no titles, no father's name."""
    if chance.happens(culture.one_word_share):
        return _one_word(chance, culture, sex)
    words = [chance.pick(culture.first[sex])]
    if culture.family:
        if chance.happens(0.25):
            words.append(chance.pick(culture.second[sex]))
        words.append(chance.pick(culture.family))
    else:
        words.append(chance.pick(culture.second[sex]))
        if chance.happens(culture.three_word_share):
            words.append(chance.pick(culture.second[sex]))
    return " ".join(words)


def make_father_name(chance: Chance, culture: Culture) -> str:
    """One or two words, as they follow BIN or BINTI."""
    if chance.happens(0.5):
        return _one_word(chance, culture, "M")
    return f"{chance.pick(culture.first['M'])} {chance.pick(culture.second['M'])}"


def make_twin_name(chance: Chance, culture: Culture, *, sex: str, elder: str) -> str:
    """Twins are often named alike: the elder's name with one word exchanged."""
    words = elder.split()
    for _ in range(5):
        changed = [*words[:-1], chance.pick(culture.second[sex])]
        if culture.family or chance.happens(0.4):
            changed = [chance.pick(culture.first[sex]), *words[1:]]
        if changed != words:
            return " ".join(changed)
    return make_name(chance, culture, sex)


def _one_word(chance: Chance, culture: Culture, sex: str) -> str:
    if not culture.composes_one_word:
        return chance.pick(culture.second[sex])
    if chance.happens(0.35):
        return chance.pick(_MONONYMS[sex])
    return chance.pick(_HEADS) + chance.pick(_STEMS) + chance.pick(_ENDINGS[sex])
