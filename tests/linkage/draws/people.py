"""The people of a draw as they truly are: names, kin, documents, where they live. No record yet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from deploy.seed.chance import Chance, Shuffle, weighted
from tests.linkage.draws import lists
from tests.linkage.draws.naming import alike, father_of, make_words
from tests.linkage.draws.rates import WORKERS

Day = tuple[int, int, int]

# No region has code 99, so none of these numbers is anybody's.
IMPOSSIBLE_REGION: Final = "99"
WOMEN_DAY_OFFSET: Final = 40
MONTH_LENGTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_PROVINCES: Final = weighted({code: share for code, (share, _) in lists.ORIGINS.items()}, 3000)
_CULTURES: Final = {code: weighted(mix, 100) for code, (_, mix) in lists.ORIGINS.items()}
_PLACES: Final = {
    code: tuple(name.replace("_", " ") for name in names.split())
    for code, names in lists.PLACES.items()
}
_DISTRICTS: Final = {
    place: number
    for number, place in enumerate((p for places in _PLACES.values() for p in places), start=1)
}
_COUNTRIES: Final = weighted({name: weight for name, (_, weight, _) in lists.COUNTRIES.items()})
_BOOKS: Final = Shuffle(50_000_000, 30_896_213)
_OLD_BOOKS: Final = Shuffle(12_000_000, 7_368_787)
_OLD_KINDS: Final = ("AC", "AD", "AN", "AS", "AT", "AU", "CA", "CB", "CC", "CD", "CE", "CF")
_OLD_SHARE: Final = 0.13
_STREETS: Final = tuple(name.replace("_", " ") for name in lists.STREETS.split())
_BROKERS: Final = 300
_REMEMBERED: Final = 4096


@dataclass(slots=True)
class Person:
    """A synthetic human being; two people are never the same one."""

    number: int
    words: list[str]
    sex: str
    birth: Day
    # What the passport says; brokers make people older to have them placed.
    passport_birth: Day
    province: str
    culture: str
    place: str
    nik: str
    father: list[str]
    phone: str
    mailbox: str
    books: tuple[str, str]
    is_worker: bool
    placed_in: str
    lives_in: str
    is_returned: bool
    address: str
    kin: "Person | None" = None
    marks: list[str] = field(default_factory=list)


class People:
    """Draws households without end; unique numbers come from counters shuffled by the seed."""

    def __init__(self, chance: Chance, seed: int, rates: Mapping[str, float]) -> None:
        self._chance = chance
        self._seed = seed
        self._rates = rates
        self._number = 0
        self._books = 0
        self._serials: dict[str, int] = {}
        self._remembered: list[Person] = []
        self._brokers = [self._new_phone() for _ in range(_BROKERS)]

    def households(self) -> Iterator[list[Person]]:
        """One person or two of kin at a time."""
        happens, rates = self._chance.happens, self._rates
        kinds = ("kin_twin", "kin_sibling", "kin_child", "kin_spouse")
        while True:
            person = self._person()
            household = [person]
            for kind in kinds:
                # Rates count people, and kin come by two.
                if happens(rates[kind] / 2):
                    household.append(self._relative(person, kind))
                    break
            yield household

    def _happens(self, person: Person, key: str) -> bool:
        if self._chance.random() < self._rates[key]:
            person.marks.append(key)
            return True
        return False

    def _person(self) -> Person:
        chance = self._chance
        province = chance.pick(_PROVINCES)
        culture = chance.pick(_CULTURES[province])
        sex = "P" if chance.random() < 0.66 else "L"
        person = self._bare(province, culture, sex, make_words(chance, culture, sex))
        self._set_birth(person)
        self._settle(person, elder=None, kind="")
        if len(self._remembered) < _REMEMBERED:
            self._remembered.append(person)
        else:
            self._remembered[chance.between(0, _REMEMBERED - 1)] = person
        return person

    def _bare(self, province: str, culture: str, sex: str, words: list[str]) -> Person:
        """A person of whom only name, sex and origin are known yet."""
        self._number += 1
        nobody: Day = (0, 0, 0)
        return Person(
            number=self._number, words=words, sex=sex, birth=nobody, passport_birth=nobody,
            province=province, culture=culture, place="", nik="", father=[], phone="", mailbox="",
            books=("", ""), is_worker=False, placed_in="", lives_in="", is_returned=False,
            address="",
        )  # fmt: skip

    def _set_birth(self, person: Person) -> None:
        chance = self._chance
        if self._remembered and self._happens(person, "stranger_namesake"):
            other = chance.pick(self._remembered)
            person.words, person.sex = list(other.words), other.sex
            person.birth = self._day(other.birth[0])
        elif self._remembered and self._happens(person, "stranger_double"):
            other = chance.pick(self._remembered)
            person.words, person.sex, person.birth = list(other.words), other.sex, other.birth
        else:
            year = 2007 - int(42 * chance.random() ** 1.4)
            person.birth = self._day(year)
            if self._happens(person, "born_first_january"):
                person.birth = (year, 1, 1)
            elif self._happens(person, "born_last_december"):
                person.birth = (year, 12, 31)
            elif self._happens(person, "born_first_july"):
                person.birth = (year, 7, 1)

    def _day(self, year: int) -> Day:
        month = self._chance.between(1, 12)
        return (year, month, self._chance.between(1, MONTH_LENGTHS[month - 1]))

    def _relative(self, elder: Person, kind: str) -> Person:
        chance = self._chance
        sex = {"P": "L", "L": "P"}[elder.sex] if kind == "kin_spouse" else elder.sex
        if kind in {"kin_sibling", "kin_child"} and chance.happens(0.4):
            sex = "P" if elder.sex == "L" else "L"
        words = make_words(chance, elder.culture, sex)
        person = self._bare(elder.province, elder.culture, sex, words)
        person.marks.append(kind)
        elder.marks.append(kind)
        year = elder.birth[0]
        match kind:
            case "kin_twin":
                person.birth = elder.birth
                if self._happens(person, "kin_alike"):
                    person.words = alike(chance, elder.words, elder.culture, sex)
            case "kin_sibling":
                person.birth = self._day(year + chance.between(1, 4))
                if self._happens(person, "kin_alike"):
                    person.words = alike(chance, elder.words, elder.culture, sex)
            case "kin_child":
                person.birth = self._day(year + chance.between(18, 32))
                last = elder.words[-1]
                is_named_after = len(elder.words) == 1 and sex == elder.sex
                person.words = [last] if is_named_after else [words[0], last]
            case _:
                person.birth = self._day(year + chance.between(-6, 6))
        if kind in {"kin_twin", "kin_sibling"} and len(elder.words) > 1 and chance.happens(0.35):
            person.words = [*words[: max(1, len(words) - 1)], elder.words[-1]]
        if person.words == elder.words and kind != "kin_child":
            person.words = [*elder.words, "KEMBAR"]
        self._settle(person, elder=elder, kind=kind)
        person.kin, elder.kin = elder, person
        return person

    def _settle(self, person: Person, *, elder: Person | None, kind: str) -> None:
        """All that follows from who the person is: papers, telephone, work, dwelling."""
        chance = self._chance
        places = _PLACES[person.province]
        if elder is None or kind == "kin_spouse":
            person.place = chance.pick(places)
            person.father = father_of(chance, person.culture)
            region = f"{IMPOSSIBLE_REGION}{_DISTRICTS[person.place]:02}{chance.between(1, 24):02}"
        else:
            person.place, region = elder.place, elder.nik[:6]
            person.father = [elder.words[0]] if kind == "kin_child" else elder.father
        if elder is None and self._happens(person, "home_elsewhere"):
            person.place = chance.pick(places)
        person.passport_birth = person.birth
        if self._happens(person, "age_raised"):
            year, month, day = person.birth
            person.passport_birth = (year - chance.between(1, 5), month, day)
        self._set_papers(person, region)
        self._set_contacts(person, elder)
        person.is_worker = chance.random() < WORKERS
        person.placed_in = elder.placed_in if elder and chance.happens(0.5) else self._country()
        person.lives_in = person.placed_in
        if self._happens(person, "country_moved"):
            person.lives_in = self._country()
        if person.is_worker:
            person.is_returned = self._happens(person, "returned")
        is_together = elder is not None and elder.lives_in == person.lives_in
        if elder is not None and is_together and chance.happens(0.45):
            person.address = elder.address
        else:
            person.address = f"{chance.between(1, 400)} {chance.pick(_STREETS)}"

    def _set_papers(self, person: Person, region: str) -> None:
        year, month, day = person.birth
        if self._happens(person, "nik_date_differs"):
            day = self._chance.between(1, 28)
        day += WOMEN_DAY_OFFSET if person.sex == "P" else 0
        stem = f"{region}{day:02}{month:02}{year % 100:02}"
        serial = self._serials.get(stem, 0) + 1
        self._serials[stem] = serial
        person.nik = f"{stem}{serial:04}"
        person.books = (self.new_book(), self.new_book())

    def _set_contacts(self, person: Person, elder: Person | None) -> None:
        chance = self._chance
        if elder is not None and self._happens(person, "phone_of_household"):
            person.phone = elder.phone
        elif self._happens(person, "phone_of_broker"):
            person.phone = chance.pick(self._brokers)
        else:
            person.phone = self._new_phone()
        if self._happens(person, "email_of_broker"):
            person.mailbox = f"pmi{chance.between(0, 199):06}"
        else:
            person.mailbox = mailbox(chance, person.words)

    def new_book(self) -> str:
        """A passport number that nobody else has: one letter and seven digits, or two and six."""
        self._books += 1
        if self._chance.random() < _OLD_SHARE:
            kind, number = divmod(_OLD_BOOKS.place(self._books, self._seed), 1_000_000)
            return f"{_OLD_KINDS[kind]}{number:06}"
        kind, number = divmod(_BOOKS.place(self._books, self._seed), 10_000_000)
        return f"{'ABCEX'[kind]}{number:07}"

    def _new_phone(self) -> str:
        return f"08{self._chance.between(1_000_000_000, 9_999_999_999)}"

    def _country(self) -> str:
        return self._chance.pick(_COUNTRIES)


def mailbox(chance: Chance, words: list[str]) -> str:
    """What most people choose: their name in small letters and a number."""
    name = words[0] if len(words) == 1 else words[0] + words[-1]
    return f"{name.lower().replace('-', '')}{chance.between(1, 9999)}"
