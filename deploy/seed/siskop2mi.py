"""What SiskoP2MI says about a person: one record per placement, with its operators' errors."""

from typing import Final

from deploy.seed import errors
from deploy.seed.chance import Chance, Shuffle, weighted
from deploy.seed.days import EXPORTED_ON, day_month_year, iso, moment_of
from deploy.seed.envelopes import Content, Line
from deploy.seed.journeys import Placement
from deploy.seed.lives import System
from deploy.seed.organisations import AGENCIES_IN, PARTNERS_IN
from deploy.seed.passports import held_on
from deploy.seed.people import SYNTHETIC_REGION, Person

SISKOP2MI_TOPIC: Final = 2
KEYS: Final = Shuffle(10**10, 6_180_339_923)
WORKER_IDS: Final = Shuffle(10**10, 4_142_135_623)
PLACEMENTS_PER_PERSON: Final = 4
NIK_MISSING: Final = 0.02
NIK_MALFORMED: Final = 0.012
NIK_WRONG_DIGIT: Final = 0.006
NIK_BORROWED_BY_SIBLINGS: Final = 0.1
NAME_SLIP: Final = 0.11
NAME_WITH_FATHER: Final = 0.03
NAME_TITLED: Final = 0.01
NAME_AS_IN_PASSPORT: Final = 0.05
NAME_IN_TITLE_CASE: Final = 0.06
BIRTH_DATE_SLIP: Final = 0.025
BIRTH_DATE_AS_IN_PASSPORT: Final = 0.5
PASSPORT_MISSING: Final = 0.03
PASSPORT_MISTYPED: Final = 0.01
RETURN_RECORDED: Final = 0.6
ARRIVAL_RECORDED: Final = 0.6
SAME_WORKER_ID: Final = 0.85
E_PMI_SHARE: Final = 0.7
EMAIL_ASKED: Final = 0.6
# Korea's and Germany's placements by the state, and workers on their own, have no agency.
PLACED_BY_AGENCIES: Final = frozenset({"P_TO_P", "EXT_LN", "EXT_DN"})
RETURN_REASONS: Final = weighted(
    {
        "CONTRACT_ENDED": 74,
        "EARLY_TERMINATION": 9,
        "FAMILY": 6,
        "EMPLOYER_PROBLEM": 5,
        "ILLNESS": 3,
        "DEPORTED": 3,
    },
    200,
)


def siskop2mi_lines(seed: int, person: Person) -> list[Line]:
    """The lines about this person in the order in which they were written."""
    chance = Chance(seed, person.index, SISKOP2MI_TOPIC)
    lines: list[Line] = []
    for number, placement in enumerate(person.journey.placements):
        place = person.index * PLACEMENTS_PER_PERSON + number
        record_key = f"PMI-{KEYS.place(place, seed):010}"
        content = _content(chance, person, placement, worker_id=_worker_id(chance, seed, place))
        written = _written_on(chance, placement, content)
        first = content
        if person.life.corrected_in is System.SISKOP2MI:
            first = _spoilt(chance, content)
        else:
            _slip(chance, person, content)
        stay = None if placement.stay is None else person.journey.stays.index(placement.stay)
        moment = moment_of(written, chance.between(0, 86_399))
        line = Line(System.SISKOP2MI, record_key, moment, first, person.index, stay)
        lines.append(line)
        if first is not content or person.life.is_withdrawn:
            later = min(EXPORTED_ON, written + chance.between(5, 180))
            moment = moment_of(later, chance.between(0, 86_399))
            lines.append(
                line._replace(
                    source_updated_at=moment,
                    content=content,
                    version=2,
                    is_withdrawn=person.life.is_withdrawn,
                )
            )
    return lines


def _content(chance: Chance, person: Person, placement: Placement, *, worker_id: str) -> Content:
    """The record as it should be."""
    content = _person_part(chance, person, worker_id=worker_id)
    passport = held_on(person.passports, placement.departed or EXPORTED_ON)
    content["passport_number"] = passport.number
    content["passport_issued_on"] = iso(passport.issued)
    content["passport_expires_on"] = iso(passport.expires)
    _add_contract(chance, placement, content)
    if placement.departed is not None and placement.arrived is not None:
        content["departed_on"] = iso(placement.departed)
        if chance.happens(ARRIVAL_RECORDED):
            content["arrived_on"] = iso(placement.arrived)
    if placement.stay is not None and placement.stay.left and chance.happens(RETURN_RECORDED):
        content["returned_on"] = iso(placement.stay.left)
        content["return_reason"] = chance.pick(RETURN_REASONS)
    return content


def _person_part(chance: Chance, person: Person, *, worker_id: str) -> Content:
    home = person.home
    content = {
        "sisko_p2mi_id": worker_id,
        "full_name": person.name,
        "sex": person.sex,
        "birth_place": home.birth_place,
        "birth_date": iso(person.birth_day),
        "marital_status": person.marital_status,
        "education": person.education,
        "phone": home.phone,
        "address": home.address,
        "province_code": home.province.code,
    }
    if person.nik is not None:
        content["nik"] = person.nik
    if person.email is not None and chance.happens(EMAIL_ASKED):
        content["email"] = person.email
    if chance.happens(E_PMI_SHARE):
        content["e_pmi_number"] = f"E{worker_id}"
    return content


def _add_contract(chance: Chance, placement: Placement, content: Content) -> None:
    country, job = placement.destination.country, placement.offer.job
    content["scheme"] = placement.scheme
    content["employer_name"] = placement.employer_name
    content["occupation_code"] = job.code
    content["occupation_label"] = chance.pick(job.labels)
    content["sector_code"] = job.sector
    content["country"] = country
    content["contract_starts_on"] = iso(placement.contract_starts)
    content["contract_ends_on"] = iso(placement.contract_ends)
    content["wage_amount"] = placement.offer.wage
    content["wage_currency"] = placement.destination.currency
    content["wage_period"] = "MONTH"
    if placement.place.subdivision is not None:
        content["subdivision"] = placement.place.subdivision
    if placement.employer_code is not None:
        content["employer_code"] = placement.employer_code
    if placement.scheme in PLACED_BY_AGENCIES:
        year = day_month_year(placement.contract_starts)[2]
        order = f"{country}-{year}-{chance.between(1, 400):04}"
        content["placement_agency_code"] = chance.pick(AGENCIES_IN[country]).code
        content["partner_agency_code"] = chance.pick(PARTNERS_IN[country]).code
        content["sip2mi_number"] = f"SIP2MI-{order}"
        content["job_order_number"] = f"JO-{order}"


def _worker_id(chance: Chance, seed: int, place: int) -> str:
    """One id per worker; the change of system in 2023 gave some a second one."""
    if chance.happens(SAME_WORKER_ID):
        place -= place % PLACEMENTS_PER_PERSON
    return f"PMI99{WORKER_IDS.place(place, seed):010}"


def _written_on(chance: Chance, placement: Placement, content: Content) -> int:
    stay = placement.stay
    if stay is not None and stay.left and "returned_on" in content:
        day = stay.left + chance.between(0, 20)
    else:
        day = (placement.departed or placement.contract_starts - 150) + chance.between(-12, 20)
    return min(day, EXPORTED_ON - 1)


def _slip(chance: Chance, person: Person, content: Content) -> None:
    """Put this operator's errors into the record."""
    if "nik" in content:
        _slip_nik(chance, person, content)
    content["full_name"] = _name(chance, person)
    if chance.happens(BIRTH_DATE_SLIP):
        content["birth_date"] = iso(errors.misdated(chance, person.birth_day))
    elif chance.happens(BIRTH_DATE_AS_IN_PASSPORT):
        content["birth_date"] = iso(person.passport_birth_day)
    draw = chance.random()
    if draw < PASSPORT_MISSING:
        for field in ("passport_number", "passport_issued_on", "passport_expires_on"):
            del content[field]
    elif draw < PASSPORT_MISSING + PASSPORT_MISTYPED:
        number = content["passport_number"]
        content["passport_number"] = errors.one_digit_wrong(chance, number, first=1)


def _slip_nik(chance: Chance, person: Person, content: Content) -> None:
    if person.elder_nik is not None and chance.happens(NIK_BORROWED_BY_SIBLINGS):
        content["nik"] = person.elder_nik
        return
    draw = chance.random()
    if draw < NIK_MISSING:
        del content["nik"]
    elif draw < NIK_MISSING + NIK_MALFORMED:
        content["nik"] = errors.malformed_nik(chance, content["nik"])
    elif draw < NIK_MISSING + NIK_MALFORMED + NIK_WRONG_DIGIT:
        # Never in the region, so that a slip cannot make a number that somebody has.
        region_digits = len(SYNTHETIC_REGION)
        content["nik"] = errors.one_digit_wrong(chance, content["nik"], first=region_digits)


def _name(chance: Chance, person: Person) -> str:
    name, father = person.name, person.home.father_name
    draw = chance.random()
    if draw < NAME_SLIP:
        return errors.slipped(chance, name)
    draw -= NAME_SLIP
    if draw < NAME_AS_IN_PASSPORT:
        return errors.in_passport(chance, name, father_name=father)
    draw -= NAME_AS_IN_PASSPORT
    if draw < NAME_WITH_FATHER:
        return errors.with_father(chance, name, sex=person.sex, father_name=father)
    draw -= NAME_WITH_FATHER
    if draw < NAME_TITLED:
        return errors.titled(chance, name, sex=person.sex)
    return name.title() if draw < NAME_TITLED + NAME_IN_TITLE_CASE else name


def _spoilt(chance: Chance, content: Content) -> Content:
    """The first version of a record that was corrected later: one thing in it is wrong."""
    spoilt = dict(content)
    wrong = chance.pick(("full_name", "passport_number", "returned_on"))
    if wrong == "full_name":
        spoilt["full_name"] = errors.mistyped(chance, content["full_name"])
    elif wrong == "passport_number":
        number = content["passport_number"]
        spoilt["passport_number"] = errors.one_digit_wrong(chance, number, first=1)
    elif spoilt.pop("returned_on", None) is None:
        spoilt.pop("arrived_on", None)
        del spoilt["phone"]
    else:
        del spoilt["return_reason"]
    return spoilt
