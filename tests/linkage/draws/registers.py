"""What the two registers write down of a person: rows by meaning, what went wrong marked."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from deploy.seed.chance import Chance, weighted
from tests.linkage.draws import lists, slips
from tests.linkage.draws.naming import make_words
from tests.linkage.draws.people import Day, Person, mailbox
from tests.linkage.draws.slips import Slips
from tests.linkage.draws.writing import write_name, write_phone

PLACEMENT: Final = "placement"
PRESENCE: Final = "presence"
_COMMON: Final = (
    "full_name", "birth_date", "birth_place", "sex", "passport", "national_id", "phone", "email",
)  # fmt: skip
MEANINGS: Final = {
    PLACEMENT: (*_COMMON, "employer", "agency", "contract", "year", "return_date", "country"),
    PRESENCE: (*_COMMON, "status", "address", "city", "country"),
}
_EMPLOYERS: Final = tuple(name.replace("_", " ") for name in lists.EMPLOYERS.split())
_STREET_WORDS: Final = tuple(name.split("_")[-1].upper() for name in lists.STREETS.split())
_OTHER_STATUS: Final = weighted(lists.NOT_WORKERS, 100)
_CITIES: Final = {
    country: tuple(name.replace("_", " ") for name in cities.split())
    for country, (_, _, cities) in lists.COUNTRIES.items()
}
_ALL_PLACES: Final = tuple(
    place.replace("_", " ") for places in lists.PLACES.values() for place in places.split()
)


class Row(NamedTuple):
    """One row: values in the order of the meanings, days still as numbers."""

    values: list[str | Day]
    marks: tuple[str, ...]


class _Identity(NamedTuple):
    """The part that both registers have."""

    values: list[str | Day]
    marks: tuple[str, ...]


def rows(chance: Slips, person: Person, register: str) -> Iterator[Row]:
    """The rows of one person in one register, one or more."""
    identity = _identity(chance, person, register)
    yield _completed(chance, person, register, identity)
    again = "row_again"
    while chance.strikes(again):
        extra = tuple(chance.marks)
        if chance.strikes("row_copied"):
            extra = (*extra, "row_copied")
            values = list(identity.values)
            if chance.strikes("phone_changed"):
                values[6] = write_phone(chance, _new_number(chance, person, register))
            identity = _Identity(values, tuple(dict.fromkeys(identity.marks + extra)))
        else:
            fresh = _identity(chance, person, register)
            identity = _Identity(fresh.values, tuple(dict.fromkeys(fresh.marks + extra)))
        yield _completed(chance, person, register, identity)
        if again == "row_third":
            break
        again = "row_third"
    chance.marks.clear()


def _identity(chance: Slips, person: Person, register: str) -> _Identity:
    chance.marks.clear()
    values: list[str | Day] = [
        write_name(chance, person),
        _date(chance, person),
        _place(chance, person),
        _sex(chance, person),
        _passport(chance, person),
        _nik(chance, person),
        _phone(chance, person, register),
        _email(chance, person),
    ]
    identity = _Identity(values, tuple(chance.marks))
    chance.marks.clear()
    return identity


def _completed(chance: Slips, person: Person, register: str, identity: _Identity) -> Row:
    chance.marks.clear()
    rest = _placement(chance, person) if register == PLACEMENT else _presence(chance, person)
    row = Row([*identity.values, *rest], identity.marks + tuple(chance.marks))
    chance.marks.clear()
    return row


def _placement(chance: Slips, person: Person) -> list[str | Day]:
    year = chance.between(2014, 2025)
    returned: str | Day = ""
    if person.is_returned and not chance.strikes("return_not_told"):
        returned = (min(2026, year + chance.between(1, 4)), chance.between(1, 12), 15)
    return [
        chance.pick(_EMPLOYERS),
        f"PT {chance.pick(_STREET_WORDS)} {chance.between(0, 59)}",
        f"K{chance.between(0, 999_999_999):09}",
        str(year),
        returned,
        person.placed_in,
    ]


def _presence(chance: Slips, person: Person) -> list[str | Day]:
    status = "Pekerja Migran" if person.is_worker else chance.pick(_OTHER_STATUS)
    country = person.lives_in
    return [status, person.address, chance.pick(_CITIES[country]), country]


def _date(chance: Slips, person: Person) -> str | Day:
    if chance.strikes("date_missing"):
        return ""
    # The placement register copies the passport; people abroad often tell their true date.
    day = person.passport_birth if chance.happens(0.75) else person.birth
    if day[1] != day[2] and day[2] <= 12 and chance.strikes("date_swapped"):
        return slips.swapped(day)
    if day[1:] != (1, 1) and chance.strikes("date_first_january"):
        return (day[0], 1, 1)
    if chance.strikes("date_year_off"):
        return (day[0] + chance.pick((-1, 1, -2, 2, -1, 1, -10)), day[1], day[2])
    if chance.strikes("date_keystroke"):
        return slips.date_mistyped(chance, day)
    return day


def _place(chance: Slips, person: Person) -> str:
    if chance.strikes("place_missing"):
        return ""
    if chance.strikes("place_other"):
        return chance.pick(_ALL_PLACES)
    return person.place[:4] if chance.strikes("place_cut") else person.place


def _sex(chance: Slips, person: Person) -> str:
    if chance.strikes("sex_missing"):
        return ""
    return {"P": "L", "L": "P"}[person.sex] if chance.strikes("sex_wrong") else person.sex


def _passport(chance: Slips, person: Person) -> str:
    if chance.strikes("passport_missing"):
        return ""
    book = person.books[1] if chance.strikes("passport_former") else person.books[0]
    if chance.strikes("passport_keystroke"):
        return slips.digits_mistyped(chance, book)
    if chance.strikes("passport_read_wrong"):
        return slips.read_wrong(chance, book)
    return book.lower() if chance.happens(0.015) else book


def _nik(chance: Slips, person: Person) -> str:
    if chance.strikes("nik_missing"):
        return ""
    if person.kin is not None and chance.strikes("nik_borrowed"):
        return person.kin.nik
    if chance.strikes("nik_keystroke"):
        return _mistyped_nik(chance, person.nik)
    return slips.malformed(chance, person.nik) if chance.strikes("nik_malformed") else person.nik


def _mistyped_nik(chance: Chance, nik: str) -> str:
    """The region stays, so that a mistyped number cannot be anybody's either."""
    return nik[:2] + slips.digits_mistyped(chance, nik[2:])


def _phone(chance: Slips, person: Person, register: str) -> str:
    if chance.strikes("phone_missing"):
        return ""
    number = person.phone
    if chance.strikes("phone_changed"):
        number = _new_number(chance, person, register)
    if chance.strikes("phone_keystroke"):
        number = number[:3] + slips.digits_mistyped(chance, number[3:])
    return write_phone(chance, number)


def _new_number(chance: Chance, person: Person, register: str) -> str:
    if register == PLACEMENT or chance.happens(0.1):
        return f"08{chance.between(1_000_000_000, 9_999_999_999)}"
    code = lists.COUNTRIES[person.lives_in][0]
    return f"+{code}{chance.between(100_000_000, 999_999_999)}"


def _email(chance: Slips, person: Person) -> str:
    if chance.strikes("email_missing"):
        return ""
    box, domain = person.mailbox, lists.MAIL_DOMAINS[0]
    if chance.strikes("email_changed"):
        box = mailbox(chance, make_words(chance, person.culture, person.sex)[:1] + person.words)
    if chance.strikes("email_domain_changed"):
        domain = chance.pick(lists.MAIL_DOMAINS[1:])
    if chance.strikes("email_keystroke"):
        if chance.happens(0.5):
            return f"{box}@{domain.replace('mp', 'pm')}"
        box = slips.mistyped(chance, box.upper()).lower()
    return f"{box}@{domain}"
