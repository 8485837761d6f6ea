"""Two organisations compared: the waterfall of bits, the ties, and the guards with their reasons.

Pure. Who is compared with whom is found in `finding`; officers decide in `operations`.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from job_orders.organisations.matching.contacts import (
    AddressLevel,
    PhoneLevel,
    compare_addresses,
    compare_phones,
)
from job_orders.organisations.matching.features import Features, KeyKind
from job_orders.organisations.matching.firm_names import NameLevel, compare_firm_names
from job_orders.organisations.matching.owners import OwnerLevel, compare_owners
from job_orders.organisations.matching.weights import (
    DIFFERENT,
    OF_MANY,
    REVIEW_FROM,
    SAME,
    UNKNOWN,
    Field,
    bits_of,
)

FEWEST_TIES = 2


class Reason(StrEnum):
    """What ties two organisations, and what an officer should know of it."""

    SAME_OWNER = "SAME_OWNER"
    SIMILAR_OWNER = "SIMILAR_OWNER"
    SAME_PHONE = "SAME_PHONE"
    SAME_ACCOUNT = "SAME_ACCOUNT"
    SAME_NAME = "SAME_NAME"
    SIMILAR_NAME = "SIMILAR_NAME"
    SAME_ADDRESS = "SAME_ADDRESS"
    REGISTERED_AFTER_TROUBLE = "REGISTERED_AFTER_TROUBLE"
    REGISTERED_SHORTLY_BEFORE_TROUBLE = "REGISTERED_SHORTLY_BEFORE_TROUBLE"
    PHONE_OF_MANY = "PHONE_OF_MANY"
    ACCOUNT_OF_MANY = "ACCOUNT_OF_MANY"
    ADDRESS_OF_MANY = "ADDRESS_OF_MANY"
    OWNER_NAME_OF_MANY = "OWNER_NAME_OF_MANY"


class Guard(StrEnum):
    """Why a pair is not put to an officer, whatever it weighs."""

    TOO_FEW_TIES = "TOO_FEW_TIES"
    HOUSEHOLD_BESIDE_FIRM = "HOUSEHOLD_BESIDE_FIRM"


# A name, an owner, a telephone or an account is somebody's own. An address is not: honest firms
# share buildings, and even rooms one after the other.
_TIES: dict[tuple[Field, str], Reason] = {
    (Field.OWNER, OwnerLevel.EQUAL): Reason.SAME_OWNER,
    (Field.OWNER, OwnerLevel.EQUAL_OF_ONE_WORD): Reason.SIMILAR_OWNER,
    (Field.OWNER, OwnerLevel.SIMILAR): Reason.SIMILAR_OWNER,
    (Field.PHONE, PhoneLevel.EQUAL): Reason.SAME_PHONE,
    (Field.ACCOUNT, SAME): Reason.SAME_ACCOUNT,
    (Field.NAME, NameLevel.EQUAL): Reason.SAME_NAME,
    (Field.NAME, NameLevel.SIMILAR): Reason.SIMILAR_NAME,
}
_OF_MANY = {
    Field.PHONE: Reason.PHONE_OF_MANY,
    Field.ACCOUNT: Reason.ACCOUNT_OF_MANY,
    Field.ADDRESS: Reason.ADDRESS_OF_MANY,
    Field.OWNER: Reason.OWNER_NAME_OF_MANY,
}
_HUBS: dict[KeyKind, tuple[Field, frozenset[str]]] = {
    KeyKind.PHONE: (Field.PHONE, frozenset({PhoneLevel.EQUAL})),
    KeyKind.ACCOUNT: (Field.ACCOUNT, frozenset({SAME})),
    KeyKind.ADDRESS: (Field.ADDRESS, frozenset({AddressLevel.EQUAL, AddressLevel.SAME_BUILDING})),
    KeyKind.BUILDING: (Field.ADDRESS, frozenset({AddressLevel.SAME_BUILDING})),
    KeyKind.OWNER: (
        Field.OWNER,
        frozenset({OwnerLevel.EQUAL, OwnerLevel.EQUAL_OF_ONE_WORD, OwnerLevel.SIMILAR}),
    ),
}
_NAMES_BY_WEIGHT = sorted(NameLevel, key=lambda level: -bits_of(Field.NAME, level))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """How common what one side says is among all: what many share, and words that few have."""

    shared_by_many: frozenset[KeyKind] = frozenset()
    rare_words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the waterfall: what was looked at, how far it agrees, and its bits."""

    field: Field
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two organisations side by side; the lines add up to the score exactly."""

    lines: tuple[Line, ...]
    reasons: tuple[Reason, ...]
    guards: tuple[Guard, ...] = field(default=())

    @property
    def score(self) -> float:
        return sum(line.weight for line in self.lines)

    @property
    def is_proposed(self) -> bool:
        return self.score >= REVIEW_FROM and not self.guards

    def level_of(self, wanted: Field) -> str:
        return next(line.level for line in self.lines if line.field is wanted)


def compare(
    ours: Features, theirs: Features, surroundings: Surroundings = Surroundings()
) -> Comparison:
    """How likely the two are one organisation; `surroundings` are those of ours."""
    levels: dict[Field, str] = {
        Field.PRIOR: "",
        Field.NAME: _name_level(ours, theirs, surroundings.rare_words),
        Field.OWNER: compare_owners(ours.owner, theirs.owner),
        Field.PHONE: compare_phones(ours.phone, theirs.phone),
        Field.ACCOUNT: _equality(ours.account, theirs.account),
        Field.ADDRESS: compare_addresses(ours.address, theirs.address),
        Field.PLACE: _equality(ours.place, theirs.place),
    }
    for hub in surroundings.shared_by_many & _HUBS.keys():
        where, shared = _HUBS[hub]
        if levels[where] in shared:
            levels[where] = OF_MANY
    lines = tuple(Line(one, level, bits_of(one, level)) for one, level in levels.items())
    ties = [_TIES[one, level] for one, level in levels.items() if (one, level) in _TIES]
    reasons = [*ties, *(_OF_MANY[one] for one, level in levels.items() if level == OF_MANY)]
    if levels[Field.ADDRESS] == AddressLevel.EQUAL:
        reasons.append(Reason.SAME_ADDRESS)
    guards = []
    if len(ties) < FEWEST_TIES:
        guards.append(Guard.TOO_FEW_TIES)
    if ours.is_household != theirs.is_household:
        # Who owns a firm has a household too, under the same name and telephone.
        guards.append(Guard.HOUSEHOLD_BESIDE_FIRM)
    return Comparison(lines, tuple(reasons), tuple(guards))


def _name_level(ours: Features, theirs: Features, rare_words: Collection[str]) -> NameLevel:
    """Of all names that either goes or went by, the two that are most alike."""
    found = {
        compare_firm_names(one, other, rare_words=rare_words)
        for one in ours.names or (None,)
        for other in theirs.names or (None,)
    }
    return next(level for level in _NAMES_BY_WEIGHT if level in found)


def _equality(ours: object, theirs: object) -> str:
    if ours is None or theirs is None:
        return UNKNOWN
    return SAME if ours == theirs else DIFFERENT
