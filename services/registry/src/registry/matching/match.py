"""The one matcher: whether a record belongs to one of these persons, with its reasons.

`match` is the only entrance, whatever the record came by. A better model replaces it behind the
same signature; what it decided is explained by weights that add up to the score.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from registry.matching.features import DEFAULT_BIRTHDAYS, Features
from registry.matching.names import Name, NameLevel, compare_names

MODEL = "rules-1"
AUTO_LINK_FROM = 18.0
REVIEW_FROM = 7.0


class Outcome(StrEnum):
    AUTO_LINK = "AUTO_LINK"
    REVIEW = "REVIEW"
    NO_LINK = "NO_LINK"


class Reason(StrEnum):
    """Why a decision is what it is, and what an officer should look at."""

    SAME_NIK = "SAME_NIK"
    SAME_PASSPORT = "SAME_PASSPORT"
    SAME_NAME_AND_BIRTH_DATE = "SAME_NAME_AND_BIRTH_DATE"
    ENOUGH_IN_COMMON = "ENOUGH_IN_COMMON"
    NO_CANDIDATE = "NO_CANDIDATE"
    TOO_LITTLE_IN_COMMON = "TOO_LITTLE_IN_COMMON"
    SEVERAL_PERSONS_QUALIFY = "SEVERAL_PERSONS_QUALIFY"
    NIK_CONFLICT = "NIK_CONFLICT"
    NAME_CONFLICT = "NAME_CONFLICT"
    SEX_CONFLICT = "SEX_CONFLICT"
    BIRTH_DATE_CONFLICT = "BIRTH_DATE_CONFLICT"
    DECIDED_BY_OFFICER = "DECIDED_BY_OFFICER"
    PROPOSED_BY_OFFICER = "PROPOSED_BY_OFFICER"
    RECORD_WITHDRAWN = "RECORD_WITHDRAWN"


class Field(StrEnum):
    NIK = "NIK"
    PASSPORT = "PASSPORT_NUMBER"
    NAME = "FULL_NAME"
    BIRTH_DATE = "BIRTH_DATE"
    SEX = "SEX"
    BIRTH_PLACE = "BIRTH_PLACE"


# Weight of evidence by field and level, in bits; 0 where a side is silent.
WEIGHTS: dict[tuple[Field, str], float] = {
    (Field.NIK, "EQUAL"): 20.0,
    (Field.NIK, "DIFFERENT"): -20.0,
    (Field.PASSPORT, "SHARED"): 14.0,
    (Field.PASSPORT, "DIFFERENT"): -1.0,
    (Field.NAME, "EQUAL"): 9.0,
    (Field.NAME, "EQUAL_MONONYM"): 5.0,
    (Field.NAME, "SOUND"): 6.0,
    (Field.NAME, "SOUND_MONONYM"): 3.0,
    (Field.NAME, "PARTIAL"): 4.0,
    (Field.NAME, "CONFLICT"): -8.0,
    (Field.BIRTH_DATE, "EQUAL"): 9.0,
    (Field.BIRTH_DATE, "EQUAL_DEFAULT"): 4.0,
    (Field.BIRTH_DATE, "SWAPPED"): 6.0,
    (Field.BIRTH_DATE, "OTHER_YEAR"): 2.0,
    (Field.BIRTH_DATE, "CONFLICT"): -5.0,
    (Field.SEX, "EQUAL"): 0.5,
    (Field.SEX, "DIFFERENT"): -6.0,
    (Field.BIRTH_PLACE, "EQUAL"): 1.0,
}


@dataclass(frozen=True, slots=True)
class FieldWeight:
    field: Field
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom the record may belong to, with everything its records say."""

    person_id: UUID
    features: Features


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against the record: the weight of each field, and what contradicts."""

    person_id: UUID
    weights: tuple[FieldWeight, ...]
    conflicts: tuple[Reason, ...]
    warnings: tuple[Reason, ...]

    @property
    def score(self) -> float:
        return sum(part.weight for part in self.weights)

    @property
    def qualifies(self) -> bool:
        return (self.score >= AUTO_LINK_FROM or self.is_bare_document) and not self.conflicts

    @property
    def is_bare_document(self) -> bool:
        """A document in common, and the record says nothing else that could agree or contradict:
        somebody reported a person by the passport in their hand.
        """
        silent = (Field.NAME, Field.BIRTH_DATE)
        return self.shares_document and all(self.level_of(field) == "UNKNOWN" for field in silent)

    @property
    def deserves_review(self) -> bool:
        """A document in common is worth a look however much else contradicts."""
        return self.score >= REVIEW_FROM or self.shares_document

    @property
    def shares_document(self) -> bool:
        return self.level_of(Field.NIK) == "EQUAL" or self.level_of(Field.PASSPORT) == "SHARED"

    def level_of(self, field: Field) -> str:
        return next(part.level for part in self.weights if part.field is field)

    def reasons(self) -> tuple[Reason, ...]:
        found = []
        if self.level_of(Field.NIK) == "EQUAL":
            found.append(Reason.SAME_NIK)
        if self.level_of(Field.PASSPORT) == "SHARED":
            found.append(Reason.SAME_PASSPORT)
        if self.level_of(Field.NAME) == self.level_of(Field.BIRTH_DATE) == "EQUAL":
            found.append(Reason.SAME_NAME_AND_BIRTH_DATE)
        return (*(found or [Reason.ENOUGH_IN_COMMON]), *self.conflicts, *self.warnings)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the matcher says of one record; `person_id` is set for AUTO_LINK alone."""

    outcome: Outcome
    person_id: UUID | None
    reasons: tuple[Reason, ...]
    comparisons: tuple[Comparison, ...] = ()
    model: str = MODEL
    auto_link_from: float = AUTO_LINK_FROM
    review_from: float = REVIEW_FROM

    @property
    def score(self) -> float | None:
        return self.comparisons[0].score if self.comparisons else None


def match(record: Features, candidates: Iterable[Candidate]) -> Decision:
    """AUTO_LINK for exactly one person who qualifies uncontradicted, REVIEW where evidence is
    strong but conflicting or shared by several persons, NO_LINK for the rest.
    """
    comparisons = tuple(
        sorted(
            (_compare(record, candidate) for candidate in candidates),
            key=lambda found: (-found.score, str(found.person_id)),
        )
    )
    if not comparisons:
        return Decision(Outcome.NO_LINK, None, (Reason.NO_CANDIDATE,))
    qualified = [found for found in comparisons if found.qualifies]
    if len(qualified) == 1:
        chosen = qualified[0]
        rest = tuple(found for found in comparisons if found is not chosen)
        return Decision(Outcome.AUTO_LINK, chosen.person_id, chosen.reasons(), (chosen, *rest))
    if qualified:
        return Decision(Outcome.REVIEW, None, (Reason.SEVERAL_PERSONS_QUALIFY,), comparisons)
    doubtful = [found for found in comparisons if found.deserves_review]
    if doubtful:
        return Decision(Outcome.REVIEW, None, doubtful[0].reasons(), comparisons)
    reasons = (Reason.TOO_LITTLE_IN_COMMON, *comparisons[0].conflicts)
    return Decision(Outcome.NO_LINK, None, reasons, comparisons)


def _compare(record: Features, candidate: Candidate) -> Comparison:
    other = candidate.features
    levels = {
        Field.NIK: _numbers(record.niks, other.niks, agree="EQUAL"),
        Field.PASSPORT: _numbers(record.passports, other.passports, agree="SHARED"),
        Field.NAME: _best_name_level(record.names, other.names),
        Field.BIRTH_DATE: _best_date_level(record.birth_dates, other.birth_dates),
        Field.SEX: _numbers(record.sexes, other.sexes, agree="EQUAL"),
        Field.BIRTH_PLACE: _numbers(record.birth_places, other.birth_places, agree="EQUAL"),
    }
    weights = tuple(
        FieldWeight(field, level, WEIGHTS.get((field, level), 0.0))
        for field, level in levels.items()
    )
    conflicts, warnings = _conflicts(levels)
    return Comparison(candidate.person_id, weights, conflicts, warnings)


def _conflicts(levels: dict[Field, str]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """What forbids a link without an officer, and what is only worth a flag.

    Two well-formed NIKs that differ prove different people. A document number in common outweighs
    a birth date (ages are altered for placement), an equal NIK also a mistyped sex.
    """
    same_nik = levels[Field.NIK] == "EQUAL"
    same_document = same_nik or levels[Field.PASSPORT] == "SHARED"
    conflicts: list[Reason] = []
    warnings: list[Reason] = []
    if levels[Field.NIK] == "DIFFERENT":
        conflicts.append(Reason.NIK_CONFLICT)
    if levels[Field.NAME] == NameLevel.CONFLICT:
        conflicts.append(Reason.NAME_CONFLICT)
    if levels[Field.SEX] == "DIFFERENT":
        (warnings if same_nik else conflicts).append(Reason.SEX_CONFLICT)
    if levels[Field.BIRTH_DATE] in {"CONFLICT", "OTHER_YEAR", "SWAPPED"}:
        (warnings if same_document else conflicts).append(Reason.BIRTH_DATE_CONFLICT)
    return tuple(conflicts), tuple(warnings)


def _numbers(ours: frozenset[str], theirs: frozenset[str], *, agree: str) -> str:
    if not ours or not theirs:
        return "UNKNOWN"
    return "DIFFERENT" if ours.isdisjoint(theirs) else agree


def _best_name_level(ours: tuple[Name, ...], theirs: tuple[Name, ...]) -> str:
    found = [(compare_names(our, their), our) for our in ours for their in theirs]
    if not found:
        return NameLevel.UNKNOWN
    order = list(NameLevel)
    level, name = min(found, key=lambda pair: (order.index(pair[0]), pair[1].is_mononym))
    if name.is_mononym and level in {NameLevel.EQUAL, NameLevel.SOUND}:
        # One-word names are common and shared by thousands.
        return f"{level}_MONONYM"
    return level


def _best_date_level(ours: tuple[date, ...], theirs: tuple[date, ...]) -> str:
    found = [_date_level(our, their) for our in ours for their in theirs]
    if not found:
        return "UNKNOWN"
    return max(found, key=lambda level: WEIGHTS[Field.BIRTH_DATE, level])


def _date_level(ours: date, theirs: date) -> str:
    if ours == theirs:
        return "EQUAL_DEFAULT" if (ours.day, ours.month) in DEFAULT_BIRTHDAYS else "EQUAL"
    if (ours.day, ours.month) == (theirs.day, theirs.month):
        return "OTHER_YEAR"
    if ours.year == theirs.year and (ours.day, ours.month) == (theirs.month, theirs.day):
        return "SWAPPED"
    return "CONFLICT"
