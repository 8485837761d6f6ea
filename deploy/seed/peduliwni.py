"""What Peduli WNI says about a person: one record per report (lapor diri), as it was typed."""

from typing import Final

from deploy.seed import errors
from deploy.seed.chance import Chance, Shuffle
from deploy.seed.days import EXPORTED_ON, iso, moment_of
from deploy.seed.destinations import Place
from deploy.seed.envelopes import Content, Line, known
from deploy.seed.journeys import Journey, Stay
from deploy.seed.lives import Category, System
from deploy.seed.passports import held_on, splp_number
from deploy.seed.people import SYNTHETIC_REGION, Person

PEDULI_WNI_TOPIC: Final = 3
KEYS: Final = Shuffle(10**9, 732_050_827)
REPORTS_PER_PERSON: Final = 4
# People at a mission's counter often know their passport and not their NIK.
NIK_MISSING: Final = 0.2
NIK_MISSING_UNDOCUMENTED: Final = 0.38
NIK_MALFORMED: Final = 0.008
NIK_WRONG_DIGIT: Final = 0.004
NAME_SLIP: Final = 0.06
NAME_WITH_FATHER: Final = 0.03
NAME_WITH_FATHER_IN_MALAY_COUNTRIES: Final = 0.16
NAME_IN_SMALL_LETTERS: Final = 0.08
BIRTH_DATE_SLIP: Final = 0.02
PASSPORT_MISTYPED: Final = 0.012
HOLDS_SPLP: Final = 0.16
HOLDS_NOTHING: Final = 0.12
UNDOCUMENTED_PERMIT: Final = 0.15
HOME_PHONE: Final = 0.35
PHONE_MISSING: Final = 0.08
REPORTED_AT_LAST_STAY: Final = 0.75
MALAY_COUNTRIES: Final = frozenset({"MY", "BN", "SG"})
ISSUING_OFFICES: Final = ("MALANG", "PONOROGO", "CILACAP", "CIREBON", "MATARAM", "BEKASI", "MEDAN")
PERMITS: Final = {"STUDY": "STUDENT PASS", "FAMILY": "DEPENDANT PASS", "TOURISM": "VISIT PASS"}
OCCUPATIONS: Final = {"STUDY": "PELAJAR/MAHASISWA", "FAMILY": "MENGURUS RUMAH TANGGA"}


def peduliwni_lines(seed: int, person: Person) -> list[Line]:
    """The lines about this person in the order in which they were written."""
    chance = Chance(seed, person.index, PEDULI_WNI_TOPIC)
    life, stays = person.life, person.journey.stays
    if life.peduliwni == 1 or life.corrected_in is System.PEDULI_WNI:
        stay = len(stays) - 1 if chance.happens(REPORTED_AT_LAST_STAY) else 0
        line = _report(chance, seed, person, stay=stay, number=0, movement="ARRIVE")
        if life.peduliwni == 1:
            return [line]
        wrong = errors.mistyped(chance, person.name)
        spoilt = line._replace(content={**line.content, "full_name": wrong})
        return [spoilt, _correction(chance, person, line)]
    first = _report(chance, seed, person, stay=0, number=0, movement="ARRIVE")
    movement = _second_movement(chance, person.journey)
    last = len(stays) - 1
    second = _report(chance, seed, person, stay=last, number=1, movement=movement)
    return [first, second]


def _second_movement(chance: Chance, journey: Journey) -> str:
    first, last = journey.stays[0], journey.stays[-1]
    if last.destination is not first.destination:
        return "MOVE_COUNTRY"
    if last is not first:
        return "MOVE_WITHIN"
    return "LEAVE_FOR_GOOD" if last.left and chance.happens(0.7) else "STATUS_CHANGE"


def _report(
    chance: Chance, seed: int, person: Person, *, stay: int, number: int, movement: str
) -> Line:
    there = person.journey.stays[stay]
    reported = _reported_on(chance, there, movement)
    content = _content(chance, seed, person, there, reported=reported, movement=movement)
    place = person.index * REPORTS_PER_PERSON + number
    return Line(
        system=System.PEDULI_WNI,
        record_key=f"LD-{KEYS.place(place, seed):09}",
        source_updated_at=moment_of(reported, chance.between(0, 86_399)),
        content=content,
        person_index=person.index,
        stay=stay,
    )


def _reported_on(chance: Chance, stay: Stay, movement: str) -> int:
    """Soon after the arrival for some, at the next passport for most, never after leaving."""
    latest = min(stay.left or EXPORTED_ON, EXPORTED_ON - 1)
    if movement == "LEAVE_FOR_GOOD":
        return latest
    window = latest - stay.arrived
    earliest = window // 2 if movement == "STATUS_CHANGE" else 0
    lag = int(chance.random() * chance.random() * (window - earliest))
    return stay.arrived + earliest + lag


def _content(
    chance: Chance, seed: int, person: Person, stay: Stay, *, reported: int, movement: str
) -> Content:
    place, destination, home = stay.place, stay.destination, person.home
    content: dict[str, str | None] = {
        "nik": _nik(chance, person),
        "full_name": _name(chance, person, destination.country),
        "passport_name": errors.in_passport(chance, person.name, father_name=home.father_name),
        "sex": person.sex,
        "birth_place": home.birth_place,
        "birth_date": _birth_date(chance, person),
        "marital_status": person.marital_status,
        "education": person.education if chance.happens(0.7) else None,
        "occupation_label": _occupation(chance, stay),
        **_document(chance, seed, person, stay.place, reported=reported),
        "country": destination.country,
        "subdivision": place.subdivision,
        "mission": place.mission,
        "arrived_on": iso(stay.arrived),
        "purpose": stay.purpose,
        **_permit(chance, person, stay, reported=reported),
        "address_abroad": f"{chance.between(1, 299)} {chance.pick(destination.streets)}",
        "city_abroad": place.city,
        "phone": _phone(chance, person, destination.calling_code),
        "email": person.email if chance.happens(0.85) else None,
        "employer_name": stay.employer_name,
        "movement": movement,
        "reported_on": iso(reported),
    }
    if movement == "LEAVE_FOR_GOOD" and stay.left:
        content["left_on"] = iso(stay.left)
    return known(content)


def _nik(chance: Chance, person: Person) -> str | None:
    missing = NIK_MISSING_UNDOCUMENTED if person.life.is_undocumented else NIK_MISSING
    if person.nik is None or chance.happens(missing):
        return None
    draw = chance.random()
    if draw < NIK_MALFORMED:
        return errors.malformed_nik(chance, person.nik)
    if draw < NIK_MALFORMED + NIK_WRONG_DIGIT:
        # Never in the region, so that a slip cannot make a number that somebody has.
        return errors.one_digit_wrong(chance, person.nik, first=len(SYNTHETIC_REGION))
    return person.nik


def _name(chance: Chance, person: Person, country: str) -> str:
    name = person.name
    fathers = (
        NAME_WITH_FATHER_IN_MALAY_COUNTRIES if country in MALAY_COUNTRIES else NAME_WITH_FATHER
    )
    draw = chance.random()
    if draw < NAME_SLIP:
        return errors.slipped(chance, name)
    draw -= NAME_SLIP
    if draw < fathers:
        father = person.home.father_name
        return errors.with_father(chance, name, sex=person.sex, father_name=father)
    return name.lower() if draw - fathers < NAME_IN_SMALL_LETTERS else name


def _birth_date(chance: Chance, person: Person) -> str:
    day = person.passport_birth_day
    return iso(errors.misdated(chance, day) if chance.happens(BIRTH_DATE_SLIP) else day)


def _occupation(chance: Chance, stay: Stay) -> str | None:
    if stay.offer is not None:
        return chance.pick(stay.offer.job.labels)
    return OCCUPATIONS.get(stay.purpose)


def _document(
    chance: Chance, seed: int, person: Person, place: Place, *, reported: int
) -> dict[str, str | None]:
    """The document shown at the report: often a newer passport than the one of the departure."""
    draw = chance.random() if person.life.is_undocumented else 1.0
    if draw < HOLDS_NOTHING:
        return {}
    if draw < HOLDS_NOTHING + HOLDS_SPLP:
        return {
            "document_type": "SPLP",
            "passport_number": splp_number(seed, person.index),
            "passport_issuing_office": place.mission,
            "passport_issued_on": iso(reported),
            "passport_expires_on": iso(reported + 180),
        }
    passport = held_on(person.passports, reported)
    number = passport.number
    if chance.happens(PASSPORT_MISTYPED):
        number = errors.one_digit_wrong(chance, number, first=1)
    is_renewed_abroad = passport is not person.passports[0]
    return {
        "document_type": "PASSPORT",
        "passport_number": number,
        "passport_issuing_office": place.mission
        if is_renewed_abroad
        else chance.pick(ISSUING_OFFICES),
        "passport_issued_on": iso(passport.issued),
        "passport_expires_on": iso(passport.expires),
    }


def _permit(chance: Chance, person: Person, stay: Stay, *, reported: int) -> dict[str, str | None]:
    if person.life.is_undocumented and not chance.happens(UNDOCUMENTED_PERMIT):
        return {}
    return {
        "permit_type": PERMITS.get(stay.purpose, stay.destination.permit),
        "permit_number": f"{stay.destination.country}{chance.between(0, 99_999_999):08}",
        "permit_expires_on": iso(reported + chance.between(30, 900)),
    }


def _phone(chance: Chance, person: Person, calling_code: str) -> str | None:
    """Nowhere does a number begin with 0 after the calling code, so nobody answers these."""
    draw = chance.random()
    if draw < PHONE_MISSING:
        return None
    if draw < PHONE_MISSING + HOME_PHONE:
        return f"+62{person.home.phone[1:]}"
    return f"+{calling_code}0{chance.between(10_000_000, 99_999_999)}"


def _correction(chance: Chance, person: Person, line: Line) -> Line:
    """The same report as the portal shows it after the citizen's documents were seen."""
    content = dict(line.content)
    content["full_name"] = person.name
    content["birth_date"] = iso(person.birth_day)
    if person.nik is not None:
        content["nik"] = person.nik
    if person.life.category is Category.WORKER:
        content.setdefault("phone", f"+62{person.home.phone[1:]}")
    there = person.journey.stays[line.stay or 0]
    latest = min(there.left or EXPORTED_ON, EXPORTED_ON - 1)
    written = min(EXPORTED_ON, latest + chance.between(2, 60))
    moment = moment_of(written, chance.between(0, 86_399))
    return line._replace(source_updated_at=moment, content=content, version=2)
