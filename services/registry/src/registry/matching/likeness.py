"""How alike two records are: `linkage` compares, weighs and guards pairs of features, as it does
for the command registry-match, so that a pair has one score by whichever path. Nothing is decided
here.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from registry.matching.features import Features
from registry.matching.linkage.arrays import (
    MISSING,
    Bytes,
    Codes,
    Flags,
    Floats,
    Ints,
    Keys,
)
from registry.matching.linkage.comparing import Compared, compare
from registry.matching.linkage.explaining import GUARDED, HOUSEHOLD, PRIOR
from registry.matching.linkage.guards import Guard, guards_of, held, names_of
from registry.matching.linkage.levels import (
    FIELDS,
    OTHER_DATE,
    UNKNOWN,
    Field,
    name_of,
    place_of,
)
from registry.matching.linkage.numbers import Numbers
from registry.matching.linkage.rarity import rarities_of
from registry.matching.linkage.reading import Column, Meaning, Table
from registry.matching.linkage.records import NIK_HEAD, Records, records_of
from registry.matching.linkage.weighing import weigh
from registry.matching.served_model import Served

_COLUMNS = {
    meaning: Column(meaning, meaning, "%Y-%m-%d" if meaning is Meaning.BIRTH_DATE else None)
    for meaning in (
        *(Meaning.FULL_NAME, Meaning.BIRTH_DATE, Meaning.SEX, Meaning.BIRTH_PLACE),
        *(Meaning.NATIONAL_ID, Meaning.PASSPORT, Meaning.PHONE, Meaning.EMAIL, Meaning.ADDRESS),
    )
}
_AT = {field: place for place, field in enumerate(FIELDS)}
MOST_NAMES = 10
"""A document number of one person is written under no more names than this."""
MOST_PER_KEY = 200
"""A key that more records share says too little to look at any of them."""

_SAME_NIK = [place_of(Field.NATIONAL_ID, name) for name in ("EQUAL", "EQUAL" + OTHER_DATE)]
_NOTHING = ("",)
Pair = tuple[Features, Features]


@dataclass(frozen=True, slots=True)
class FieldWeight:
    """One line of a waterfall: what was looked at, how far it agrees, and its bits."""

    field: str
    level: str
    weight: float


@dataclass(frozen=True, slots=True)
class _Scored:
    """Pairs of rows with all that their lines are told from."""

    prior: float
    levels: Bytes
    fields: Floats
    kin: Floats
    own: Floats
    kept: Floats
    guards: Bytes


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two records compared: the weight in bits, what it is made of, and the guards that fired."""

    weight: float
    shares_document: bool
    """A NIK or a passport number, exactly."""
    scored: _Scored
    row: int

    @property
    def guards(self) -> tuple[Guard, ...]:
        fired = int(self.scored.guards[self.row])
        return tuple(names_of(fired)) if fired else ()

    def level_of(self, field: Field) -> str:
        return name_of(field, int(self.scored.levels[self.row, _AT[field]]))

    def lines(self) -> tuple[FieldWeight, ...]:
        """The waterfall, from the prior to what a guard takes away."""
        scored, row = self.scored, self.row
        lines = [FieldWeight(PRIOR, "", scored.prior)]
        levels = scored.levels[row]
        for place in np.flatnonzero(levels != UNKNOWN).tolist():
            field, weight = FIELDS[place], float(scored.fields[row, place])
            lines.append(FieldWeight(field, name_of(field, int(levels[place])), weight))
        lines.append(FieldWeight(HOUSEHOLD, "", -float(scored.kin[row])))
        taken = float(scored.kept[row] - scored.own[row])
        if taken:
            lines.append(FieldWeight(GUARDED, "", taken))
        return tuple(lines)


@dataclass(frozen=True, slots=True)
class Rows:
    """Features as records of `linkage`: a row for each form that a record has."""

    records: Records
    places: Mapping[Features, range]


def rows_of(features: Iterable[Features]) -> Rows:
    """Each of the features once; several names and passports make a form each."""
    places: dict[Features, range] = {}
    forms: list[tuple[str, str, Features]] = []
    for one in dict.fromkeys(features):
        begin = len(forms)
        if len(one.names) <= 1 and len(one.passports) <= 1:
            forms.append(((one.names or _NOTHING)[0], (one.passports or _NOTHING)[0], one))
        else:
            both = product(one.names or _NOTHING, one.passports or _NOTHING)
            forms += [(name, passport, one) for name, passport in both]
        places[one] = range(begin, len(forms))
    said = [form[2] for form in forms]
    columns = {
        Meaning.FULL_NAME: [form[0] for form in forms],
        Meaning.PASSPORT: [form[1] for form in forms],
        Meaning.BIRTH_DATE: [one.born_on.isoformat() if one.born_on else "" for one in said],
        Meaning.SEX: [one.sex or "" for one in said],
        Meaning.BIRTH_PLACE: [one.birth_place or "" for one in said],
        Meaning.NATIONAL_ID: [one.nik or "" for one in said],
        Meaning.PHONE: [one.phone or "" for one in said],
        Meaning.EMAIL: [one.email or "" for one in said],
        Meaning.ADDRESS: [one.address or "" for one in said],
    }
    table = Table([""] * len(forms), {_COLUMNS[key]: column for key, column in columns.items()})
    return Rows(records_of([table], indonesian=True), places)


class Likenesses:
    """Pairs of features and how alike they are: many are compared in one call, and one that was
    not thought of before is compared when it is asked for.

    `holders` are the features of records in play. They tell how many hold a number, and so how much
    sharing it says; whoever holds one that a pair shares is in play before the pair is compared.
    """

    def __init__(self, served: Served, holders: Iterable[Features] = ()) -> None:
        self.model = served.label
        self.link_from = served.link_from
        self.review_from = served.review_from
        self._served = served
        self._holders: Counter[Features] = Counter()
        self._fresh: list[Features] = []
        self._heads: dict[str, set[str]] = {}
        self._names: dict[str, set[tuple[str, ...]]] = {}
        self.crowds: frozenset[str] = frozenset()
        """Document numbers that more records hold than are looked at."""
        self._found: dict[Pair, Likeness] = {}
        self.are_crowded: Callable[[Meaning, Keys], Flags] | None = None
        """Tells of numbers, by their keys, that more records hold than are looked at."""
        self.hold(holders)

    def add(self, pairs: Iterable[Pair]) -> None:
        """Compare these pairs, all in one call."""
        fresh = list(dict.fromkeys(pair for pair in pairs if pair not in self._found))
        if fresh:
            self._found.update(zip(fresh, self._compare(fresh), strict=True))

    def hold(self, features: Iterable[Features]) -> None:
        """More records are in play."""
        for one in features:
            self._holders[one] += 1
            self._fresh.append(one)
            for number in one.documents:
                self._names.setdefault(number, set()).add(one.names)
            if one.nik:
                self._heads.setdefault(one.nik[:NIK_HEAD], set()).add(one.nik)

    def share_only_what_many_hold(self, ours: Features, theirs: Features) -> bool:
        """Whether each document number that both state stands under many names: an agency's own."""
        shared = ours.documents & theirs.documents
        return bool(shared) and all(
            number in self.crowds or len(self._names.get(number, ())) > MOST_NAMES
            for number in shared
        )

    def of(self, ours: Features, theirs: Features) -> Likeness:
        found = self._found.get((ours, theirs))
        if found is None:
            self.add([(ours, theirs)])
            found = self._found[ours, theirs]
        return found

    def _compare(self, pairs: Collection[Pair]) -> list[Likeness]:
        rows = rows_of((*(one for pair in pairs for one in pair), *self._fresh))
        self._fresh = []
        records = self._with_holders(rows)
        ours, theirs, owner = _rows_of_pairs(pairs, rows.places)
        rarities = rarities_of(records, self._served.model.rarities)
        compared = compare(records, ours, theirs, rarities=rarities)
        weighed = weigh(compared, self._served.weights)
        guards = guards_of(compared)
        own = weighed.total
        kept = held(own, guards)
        scored = _Scored(
            weighed.prior, compared.levels, weighed.fields, weighed.kin, own, kept, guards
        )
        best = _best_rows(kept, own, owner, len(pairs))
        documents = _shares_document(compared)
        found = zip(kept[best].tolist(), documents[best].tolist(), best.tolist(), strict=True)
        return [Likeness(weight, document, scored, row) for weight, document, row in found]

    def _with_holders(self, rows: Rows) -> Records:
        """The records with numbers and twins counted among all in play, each record once for each
        number, and numbers as rare as the model says.
        """
        records = rows.records
        once = np.zeros(len(records))
        by_passport = np.zeros(len(records))
        twins = records.twins.copy()
        for one, places in rows.places.items():
            count = max(self._holders.get(one, 1), 1)
            if one.nik and len(self._heads.get(one.nik[:NIK_HEAD], ())) > 1:
                twins[places.start : places.stop] = True
            once[places.start] = count
            by_passport[places.start : places.start + max(len(one.passports), 1)] = count
        unlisted = self._served.model.rarities.unlisted
        numbers = {}
        for meaning, column in records.numbers.items():
            counts = _counted(column, by_passport if meaning is Meaning.PASSPORT else once)
            if self.are_crowded is not None:
                crowded = self.are_crowded(meaning, column.keys)
                counts = np.where(crowded, np.maximum(counts, MOST_PER_KEY), counts)
            total = round(1.0 / unlisted.get(meaning.name, 1.0))
            numbers[meaning] = replace(column, counts=counts, total=total)
        return replace(records, numbers=numbers, twins=twins)


def _counted(numbers: Numbers, holders: Floats) -> Codes:
    known = numbers.known
    counts = np.bincount(
        numbers.codes[known], weights=holders[known], minlength=len(numbers.counts)
    )
    return counts.astype(np.int32)


def _shares_document(compared: Compared) -> Flags:
    nik, passport = (compared.levels[:, _AT[one]] for one in (Field.NATIONAL_ID, Field.PASSPORT))
    same: Flags = np.isin(nik, _SAME_NIK) | (passport == place_of(Field.PASSPORT, "EQUAL"))
    return same


def _rows_of_pairs(
    pairs: Collection[Pair], places: Mapping[Features, range]
) -> tuple[Ints, Ints, Ints]:
    """The rows of every form of ours beside every form of theirs, and whose they are."""
    ours: list[int] = []
    theirs: list[int] = []
    owner: list[int] = []
    for number, (one, other) in enumerate(pairs):
        a, b = places[one], places[other]
        if len(a) == len(b) == 1:
            ours.append(a.start)
            theirs.append(b.start)
            owner.append(number)
            continue
        for x, y in product(a, b):
            ours.append(x)
            theirs.append(y)
            owner.append(number)
    return (
        np.array(ours, dtype=np.int64),
        np.array(theirs, dtype=np.int64),
        np.array(owner, dtype=np.int64),
    )


def _best_rows(kept: Floats, own: Floats, owner: Ints, pairs: int) -> Ints:
    """Of the forms of each pair the likeliest."""
    if len(owner) == pairs:
        return owner
    order = np.lexsort((-own, -kept, owner))
    first: Flags = np.diff(owner[order], prepend=MISSING) != 0
    result: Ints = order[first]
    return result
