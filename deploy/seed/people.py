"""The people: identity, family, documents, journey; a pure function of seed and index."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from deploy.seed.chance import Chance, Shuffle, weighted
from deploy.seed.days import EXPORTED_ON, YEAR, day_month_year, ordinal
from deploy.seed.journeys import Journey, make_journey
from deploy.seed.lives import PEOPLE_PER_BLOCK, Category, Kinship, Life, Role, roles
from deploy.seed.names import Culture, make_father_name, make_name, make_twin_name
from deploy.seed.passports import Passport, make_passports
from deploy.seed.provinces import EASTERN_ORIGINS, ORIGINS, Province

PERSON_TOPIC: Final = 1
# No region has code 99, so none of these numbers is anybody's.
SYNTHETIC_REGION: Final = "99"
FEMALE_DAY_OFFSET: Final = 40
# Region digits times odd serials; the even serial after each is kept for a younger twin.
ODD_SERIALS: Final = 4_999
NIK_PLACES: Final = Shuffle(10_000 * ODD_SERIALS, 30_896_213)
NIK_DATE_DIFFERS: Final = 0.012
# Birth dates of people without a birth certificate gather on three days of the year.
BORN_ON_1_JANUARY: Final = 0.022
BORN_ON_31_DECEMBER: Final = 0.018
BORN_ON_1_JULY: Final = 0.012
AGE_RAISED: Final = 0.08
PHONES: Final = Shuffle(90_000_000, 55_623_097)
OF_AGE: Final = 18 * YEAR
BROKER_PHONES: Final = 400
BROKER_PHONE_SHARE: Final = 0.01
HAS_EMAIL: Final = 0.38
HAS_NO_NIK_UNDOCUMENTED: Final = 0.12
HAS_NO_NIK: Final = {
    Category.WORKER: 0.005,
    Category.STUDENT: 0.01,
    Category.FAMILY: 0.22,
    Category.OTHER: 0.03,
}
EDUCATION: Final = weighted({"SD": 26, "SMP": 36, "SMA": 24, "SMK": 10, "D3": 2, "S1": 2}, 100)
MARITAL_STATUS: Final = weighted(
    {"KAWIN": 55, "BELUM KAWIN": 30, "CERAI HIDUP": 13, "CERAI MATI": 2}, 100
)
MAIL_DOMAINS: Final = ("example.com", "example.org", "example.net")


class Home(NamedTuple):
    """What brothers and sisters have in common."""

    province: Province
    culture: Culture
    birth_place: str
    address: str
    father_name: str
    phone: str


@dataclass(slots=True)
class Person:
    """A synthetic human being; two people are never the same one."""

    index: int
    life: Life
    sex: str
    home: Home
    name: str
    birth_day: int
    # Brokers make girls older on the passport; the NIK keeps the true date.
    passport_birth_day: int
    nik: str | None
    # A younger sibling sometimes goes by the elder's papers.
    elder_nik: str | None
    email: str | None
    education: str
    marital_status: str
    passports: list[Passport]
    journey: Journey


def make_person(seed: int, index: int) -> Person:
    """The person with this index, the same in every run and whatever else is generated."""
    role = roles(seed)[index % PEOPLE_PER_BLOCK]
    life = role.life
    chance = Chance(seed, index, PERSON_TOPIC)
    journey = make_journey(chance, life)
    start, end = _span(journey)
    sex = _sex(chance, journey, life)
    birth_day = _birth_day(chance, start - _age_in_days(chance, life))
    elder = _elder(role, seed=seed, index=index, start=start)
    is_twin = elder is not None and role.kinship is Kinship.TWIN
    if elder is None:
        home = _home(chance, journey, life, contact=_phone(chance, seed, index))
        name = make_name(chance, home.culture, sex)
    elif is_twin:
        home, sex, birth_day = elder.home, elder.sex, elder.birth_day
        name = make_twin_name(chance, home.culture, sex=sex, elder=elder.name)
    else:
        home, birth_day = elder.home, elder.birth_day + chance.between(400, 1_500)
        name = make_name(chance, home.culture, sex)
    is_raised = sex == "F" and start - birth_day < 22 * YEAR and chance.happens(AGE_RAISED)
    return Person(
        index=index,
        life=life,
        sex=sex,
        home=home,
        name=name,
        birth_day=birth_day,
        passport_birth_day=birth_day - chance.between(1, 4) * YEAR if is_raised else birth_day,
        nik=_nik(chance, life, seed=seed, index=index, is_twin=is_twin, sex=sex, born=birth_day),
        elder_nik=None if elder is None else elder.nik,
        email=_email(chance, name) if chance.happens(HAS_EMAIL) else None,
        education=chance.pick(EDUCATION) if life.category is Category.WORKER else "SMA",
        marital_status=chance.pick(MARITAL_STATUS),
        passports=make_passports(
            chance, seed=seed, index=index, born=birth_day, before=start, until=end
        ),
        journey=journey,
    )


def _elder(role: Role, *, seed: int, index: int, start: int) -> Person | None:
    """The elder brother or sister, unless this person would have departed as a child."""
    if role.kinship is Kinship.NONE:
        return None
    elder = make_person(seed, index - 1)
    oldest_youngest = elder.birth_day + (0 if role.kinship is Kinship.TWIN else 1_500)
    return elder if start - oldest_youngest >= OF_AGE else None


def _span(journey: Journey) -> tuple[int, int]:
    """First and last day on which this life needed a passport."""
    if not journey.stays:
        first = journey.placements[0]
        day = min(first.departed or first.contract_starts, EXPORTED_ON)
        return day, day
    last = journey.stays[-1]
    return journey.stays[0].arrived, last.left or EXPORTED_ON


def _sex(chance: Chance, journey: Journey, life: Life) -> str:
    offer = journey.placements[0].offer if journey.placements else journey.stays[0].offer
    if offer is not None:
        return "F" if chance.happens(offer.job.women) else "M"
    return "F" if chance.happens(0.62 if life.category is Category.FAMILY else 0.5) else "M"


def _age_in_days(chance: Chance, life: Life) -> int:
    if life.category is Category.WORKER:
        # The young are many; two draws and the lower one give the slope.
        return int(YEAR * (19 + 27 * min(chance.random(), chance.random() + 0.25)))
    if life.category is Category.STUDENT:
        return YEAR * chance.between(17, 28)
    if life.category is Category.FAMILY and chance.happens(0.45):
        return chance.between(30, 17 * YEAR)
    return YEAR * chance.between(21, 64) + 7


def _birth_day(chance: Chance, day: int) -> int:
    draw = chance.random()
    year = day_month_year(day)[2]
    if draw < BORN_ON_1_JANUARY:
        return ordinal(year, 1, 1)
    draw -= BORN_ON_1_JANUARY
    if draw < BORN_ON_31_DECEMBER:
        # The year before, so that nobody is born after an arrival.
        return ordinal(year - 1, 12, 31)
    return ordinal(year - 1, 7, 1) if draw < BORN_ON_31_DECEMBER + BORN_ON_1_JULY else day


def _home(chance: Chance, journey: Journey, life: Life, *, contact: str) -> Home:
    province = chance.pick(_origins(journey, life))
    culture = chance.pick(province.cultures)
    regency, address = chance.pick(province.homes)
    return Home(province, culture, regency, address, make_father_name(chance, culture), contact)


def _origins(journey: Journey, life: Life) -> tuple[Province, ...]:
    destination = (journey.stays or journey.placements)[0].destination
    if destination.country != "MY" or life.category is not Category.WORKER:
        return ORIGINS
    is_plantation = bool(journey.placements) and journey.placements[0].offer.job.code == "9211"
    return EASTERN_ORIGINS if is_plantation or life.is_undocumented else ORIGINS


def _phone(chance: Chance, seed: int, index: int) -> str:
    """A number in a range (0890) that no operator holds; some people give their broker's."""
    if chance.happens(BROKER_PHONE_SHARE):
        return f"0890{90_000_000 + chance.between(1, BROKER_PHONES)}"
    return f"0890{PHONES.place(index, seed):08}"


def _email(chance: Chance, name: str) -> str:
    local = name.replace(" ", "").replace("-", "").lower()
    return f"{local}{chance.between(10, 99_999)}@{chance.pick(MAIL_DOMAINS)}"


def _nik(
    chance: Chance, life: Life, *, seed: int, index: int, is_twin: bool, sex: str, born: int
) -> str | None:
    """`99`, four region digits, the birth date with 40 added to a woman's day, the serial."""
    lacking = HAS_NO_NIK_UNDOCUMENTED if life.is_undocumented else HAS_NO_NIK[life.category]
    if chance.happens(lacking):
        return None
    if chance.happens(NIK_DATE_DIFFERS):
        born += chance.between(-400, 400)
    day, month, year = day_month_year(born)
    place = NIK_PLACES.place(index - is_twin, seed)
    region, serial = divmod(place, ODD_SERIALS)
    day += FEMALE_DAY_OFFSET if sex == "F" else 0
    return (
        f"{SYNTHETIC_REGION}{region:04}{day:02}{month:02}{year % 100:02}"
        f"{2 * serial + 1 + is_twin:04}"
    )
