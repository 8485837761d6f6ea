"""The one matcher: whether a record belongs to one of these persons, with its reasons.

`match` is the only entrance, whatever the record came by. What each pair of records weighs comes
from `linkage` and a trained model; what a person's records mean together is decided here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from registry.matching.features import DEFAULT_BIRTHDAYS, Features
from registry.matching.likeness import FieldWeight, Likeness, Likenesses
from registry.matching.linkage.guards import Guard
from registry.matching.linkage.levels import OTHER_DATE, Field
from registry.matching.linkage.model import LINK_FROM, REVIEW_FROM
from registry.matching.linkage.weighing import bits_of
from registry.matching.names import read_name
from registry.matching.served_model import known_models, served_model

AUTO_LINK_BITS = bits_of(LINK_FROM)
REVIEW_BITS = bits_of(REVIEW_FROM)


def thresholds_of(model: str) -> tuple[float, float]:
    """From how many bits on a model linked, and asked an officer."""
    if model in _EARLIER:
        return _EARLIER[model]
    own = served_model()
    served = own if model == own.label else known_models().get(model)
    return (served.link_from, served.review_from) if served else (AUTO_LINK_BITS, REVIEW_BITS)


# Decisions by the rules of the first months are still shown.
_EARLIER = {"rules-1": (18.0, 7.0)}


class Outcome(StrEnum):
    AUTO_LINK = "AUTO_LINK"
    REVIEW = "REVIEW"
    NO_LINK = "NO_LINK"


class Reason(StrEnum):
    """Why a decision is what it is, and what an officer should look at; guards stand beside."""

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
    WEAK_EVIDENCE = "WEAK_EVIDENCE"
    NUMBER_OF_MANY = "NUMBER_OF_MANY"
    DECIDED_BY_OFFICER = "DECIDED_BY_OFFICER"
    PROPOSED_BY_OFFICER = "PROPOSED_BY_OFFICER"
    RECORD_WITHDRAWN = "RECORD_WITHDRAWN"
    MODEL_WITHDRAWN = "MODEL_WITHDRAWN"


Why = Reason | Guard

_SAME_NIK = frozenset({"EQUAL", "EQUAL" + OTHER_DATE})
# Two well-formed NIKs that differ by more than a keystroke outside the serial prove two people.
_OTHER_NIK = frozenset(
    {"DIFFERENT", "OTHER_SERIAL", "DIFFERENT" + OTHER_DATE, "OTHER_SERIAL" + OTHER_DATE}
)
_OTHER_NAME = frozenset({"PARTLY_OTHER", "OTHER"})
_NO_NAME_IN_COMMON = frozenset({"ONE_WORD_OTHER", "PARTLY_OTHER", "OTHER", "UNKNOWN"})
# What somebody has alone, other than name, birth and sex.
_OWN = (Field.NATIONAL_ID, Field.PASSPORT, Field.PHONE, Field.EMAIL)
_ALIKE = frozenset({"EQUAL", "EQUAL" + OTHER_DATE, "TYPING_SLIP", "SLIP_OF_REGION"})
_SAME_DAY = frozenset({"EQUAL", "DATE_OF_NIK", "UNKNOWN"})
_ABOUT_NUMBERS = frozenset({Reason.NIK_CONFLICT, Guard.TWIN_NUMBERS, Guard.NUMBERS_DIFFER})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person whom the record may belong to, with what each of its records says."""

    person_id: UUID
    records: tuple[Features, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One candidate against the record: the weights of the record of theirs that is most alike,
    and what contradicts in any.
    """

    person_id: UUID
    weights: tuple[FieldWeight, ...]
    conflicts: tuple[Why, ...]
    warnings: tuple[Reason, ...]
    link_from: float = AUTO_LINK_BITS
    """What the model asks for, in bits."""
    review_from: float = REVIEW_BITS

    @property
    def score(self) -> float:
        return sum(part.weight for part in self.weights)

    @property
    def qualifies(self) -> bool:
        return (self.score >= self.link_from or self.is_bare_document) and not self.conflicts

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
        return self.shares_document or (self.score >= self.review_from and not self.is_proved_other)

    @property
    def is_proved_other(self) -> bool:
        """Two NIKs without a name in common are two people: siblings, twins, neighbours."""
        return (
            self.level_of(Field.NATIONAL_ID) in _OTHER_NIK
            and self.level_of(Field.NAME) in _NO_NAME_IN_COMMON
        )

    @property
    def shares_document(self) -> bool:
        return (
            self.level_of(Field.NATIONAL_ID) in _SAME_NIK
            or self.level_of(Field.PASSPORT) == "EQUAL"
        )

    def level_of(self, field: Field) -> str:
        return next((part.level for part in self.weights if part.field == field), "UNKNOWN")

    def reasons(self) -> tuple[Why, ...]:
        found: list[Why] = []
        if self.level_of(Field.NATIONAL_ID) in _SAME_NIK:
            found.append(Reason.SAME_NIK)
        if self.level_of(Field.PASSPORT) == "EQUAL":
            found.append(Reason.SAME_PASSPORT)
        if self.level_of(Field.NAME) == self.level_of(Field.BIRTH_DATE) == "EQUAL":
            found.append(Reason.SAME_NAME_AND_BIRTH_DATE)
        return (*(found or [Reason.ENOUGH_IN_COMMON]), *self.conflicts, *self.warnings)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the matcher says of one record; `person_id` is set for AUTO_LINK alone."""

    outcome: Outcome
    person_id: UUID | None
    reasons: tuple[Why, ...]
    comparisons: tuple[Comparison, ...] = ()
    model: str = field(default_factory=lambda: served_model().label)

    @property
    def score(self) -> float | None:
        return self.comparisons[0].score if self.comparisons else None


def match(
    record: Features, candidates: Iterable[Candidate], *, known: Likenesses | None = None
) -> Decision:
    """AUTO_LINK for exactly one person who qualifies uncontradicted, REVIEW where evidence is
    strong but conflicting or shared by several persons, NO_LINK for the rest.

    `known` holds pairs that were compared before, many in one call; the others are compared now.
    """
    asked = list(candidates)
    if known is None:
        records = (record, *(one for person in asked for one in person.records))
        known = Likenesses(served_model(), records)
    known.add((record, one) for person in asked for one in person.records)
    model = known.model
    comparisons = tuple(
        sorted(
            (_compare(record, person, known) for person in asked if person.records),
            key=lambda found: (-found.score, str(found.person_id)),
        )
    )
    if not comparisons:
        return Decision(Outcome.NO_LINK, None, (Reason.NO_CANDIDATE,), model=model)
    qualified = [found for found in comparisons if found.qualifies]
    if len(qualified) == 1:
        chosen = qualified[0]
        ranked = (chosen, *(found for found in comparisons if found is not chosen))
        return Decision(Outcome.AUTO_LINK, chosen.person_id, chosen.reasons(), ranked, model)
    if qualified:
        several = (Reason.SEVERAL_PERSONS_QUALIFY,)
        return Decision(Outcome.REVIEW, None, several, comparisons, model)
    doubtful = [found for found in comparisons if found.deserves_review]
    if doubtful:
        return Decision(Outcome.REVIEW, None, doubtful[0].reasons(), comparisons, model)
    reasons = (Reason.TOO_LITTLE_IN_COMMON, *comparisons[0].conflicts)
    return Decision(Outcome.NO_LINK, None, reasons, comparisons, model)


def _compare(record: Features, person: Candidate, known: Likenesses) -> Comparison:
    """The record of the person that is most alike counts. Another NIK in any of them contradicts;
    a name or date that differs in one of the others does not where the best shares a document.
    """
    others = list(dict.fromkeys(person.records))
    found = [known.of(record, one) for one in others]
    best = max(found, key=lambda one: one.weight)
    conflicts, warnings = _conflicts(best)
    if best.shares_document and known.share_only_what_many_hold(record, others[found.index(best)]):
        conflicts.append(Reason.NUMBER_OF_MANY)
    if best.weight >= known.link_from and _is_weak(record, best):
        conflicts.append(Reason.WEAK_EVIDENCE)
    by_document = best.shares_document
    for other in found:
        if other is not best:
            more, _ = _conflicts(other)
            conflicts += [one for one in more if one in _ABOUT_NUMBERS or not by_document]
    return Comparison(
        person.person_id,
        best.lines(),
        tuple(dict.fromkeys(conflicts)),
        tuple(warnings),
        known.link_from,
        known.review_from,
    )


def may_matter(found: Likeness, known: Likenesses) -> bool:
    """Whether a record so much alike can be why the other is linked, or put to an officer."""
    return found.weight >= known.review_from or found.shares_document


def _conflicts(found: Likeness) -> tuple[list[Why], list[Reason]]:
    """What forbids a link without an officer, and what is only worth a flag.

    A document number in common outweighs a mistyped sex and a birth date (ages are altered for
    placement), a number or address that is somebody's own also a date.
    """
    nik = found.level_of(Field.NATIONAL_ID)
    conflicts: list[Why] = list(found.guards)
    warnings: list[Reason] = []
    if nik in _OTHER_NIK:
        conflicts.append(Reason.NIK_CONFLICT)
    if found.level_of(Field.NAME) in _OTHER_NAME:
        conflicts.append(Reason.NAME_CONFLICT)
    if found.level_of(Field.SEX) == "DIFFERENT":
        (warnings if found.shares_document else conflicts).append(Reason.SEX_CONFLICT)
    if found.level_of(Field.BIRTH_DATE) not in _SAME_DAY:
        (warnings if _shares_own(found) else conflicts).append(Reason.BIRTH_DATE_CONFLICT)
    return conflicts, warnings


def _shares_own(found: Likeness) -> bool:
    return any(found.level_of(field) in _ALIKE for field in _OWN)


def _is_weak(record: Features, found: Likeness) -> bool:
    """A name of one word, or a birth date that stands for one that nobody knew, with nothing in
    common that is somebody's own: thousands share both.
    """
    if _shares_own(found):
        return False
    born = record.born_on
    if born is not None and (born.day, born.month) in DEFAULT_BIRTHDAYS:
        return True
    names = [name for one in record.names if (name := read_name(one))]
    return all(name.is_mononym for name in names)
