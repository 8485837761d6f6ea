"""A whole draw: two registers, their schema, the answer key. The same seed gives the same files."""

import csv
import gc
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from deploy.seed.chance import Chance, Shuffle
from tests.linkage.draws.layouts import DATE_FORMS, Layout, make_layouts
from tests.linkage.draws.people import People, Person
from tests.linkage.draws.rates import (
    IN_PLACEMENT_REGISTER,
    IN_PRESENCE_IF_RETURNED,
    IN_PRESENCE_REGISTER,
    OF_PEOPLE,
    OF_RECORDS,
    Level,
    harder,
)
from tests.linkage.draws.registers import PLACEMENT, PRESENCE, Row, rows
from tests.linkage.draws.slips import Slips

KEY_HEADER: Final = (
    "id", "register", "person", "one_word", "sex", "province", "culture", "country", "marks",
)  # fmt: skip
_IDS: Final = Shuffle(90_000_000, 55_623_097)
_SHUFFLED: Final = 3


class Draw(NamedTuple):
    """Where a draw lies."""

    folder: Path

    @property
    def left(self) -> Path:
        return self.folder / "left.csv"

    @property
    def right(self) -> Path:
        return self.folder / "right.csv"

    @property
    def schema(self) -> Path:
        return self.folder / "schema.json"

    @property
    def key(self) -> Path:
        return self.folder / "key.csv"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.json"


class Drawn(NamedTuple):
    """One row with the person it is of."""

    person: Person
    row: Row


class _Registers:
    """Both registers while they are being filled."""

    def __init__(self, seed: int, level: Level, rates: Mapping[str, float]) -> None:
        of_people = _rates(OF_PEOPLE, level, rates)
        self.chance = Chance(seed, 0, 1)
        self.people = People(self.chance, seed, of_people)
        self.slips = {
            PLACEMENT: Slips(
                seed, 2, _rates({k: r.placement for k, r in OF_RECORDS.items()}, level, rates)
            ),
            PRESENCE: Slips(
                seed, 3, _rates({k: r.presence for k, r in OF_RECORDS.items()}, level, rates)
            ),
        }
        self.rows: dict[str, list[Drawn]] = {PLACEMENT: [], PRESENCE: []}
        # Workers abroad by the country they live in, registered or not.
        self.present: Counter[str] = Counter()

    def fill(self, records: int) -> None:
        # Millions of objects that all stay: looking for garbage among them costs half the time.
        gc.disable()
        try:
            self._fill(records)
        finally:
            gc.enable()

    def _fill(self, records: int) -> None:
        for household in self.people.households():
            for person in household:
                self._register(person)
            if sum(map(len, self.rows.values())) >= records:
                return

    def _register(self, person: Person) -> None:
        if person.is_worker and not person.is_returned:
            self.present[person.lives_in] += 1
        if person.is_worker and self.chance.happens(IN_PLACEMENT_REGISTER / 0.93):
            self._add(person, PLACEMENT)
        share = IN_PRESENCE_IF_RETURNED if person.is_returned else IN_PRESENCE_REGISTER
        if self.chance.happens(share):
            self._add(person, PRESENCE)

    def _add(self, person: Person, register: str) -> None:
        found = self.rows[register]
        found += [Drawn(person, row) for row in rows(self.slips[register], person, register)]


def _rates(
    usual: Mapping[str, float], level: Level, given: Mapping[str, float]
) -> dict[str, float]:
    return {key: given.get(key, harder(rate, level)) for key, rate in usual.items()}


def write_draw(
    folder: Path,
    *,
    seed: int,
    records: int,
    level: Level = Level.USUAL,
    rates: Mapping[str, float] = MappingProxyType({}),
) -> Draw:
    """Both files, schema and key in this folder; `records` counts the rows of both files. Rates
    that are given hold whatever the level.
    """
    registers = _Registers(seed, level, rates)
    registers.fill(records)
    folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(folder)
    chance = Chance(seed, 0, _SHUFFLED)
    layouts = make_layouts(chance)
    files = [draw.right, draw.left] if chance.happens(0.7) else [draw.left, draw.right]
    numbers = iter(range(1, records * 2))
    with draw.key.open("w", newline="", encoding="utf-8") as key_file:
        key = csv.writer(key_file)
        key.writerow(KEY_HEADER)
        for layout, path in zip(layouts, files, strict=True):
            drawn = registers.rows[layout.register]
            chance.shuffle(drawn)
            ids = [f"{layout.id_mark}{_IDS.place(next(numbers), seed) + 10_000_000}" for _ in drawn]
            _write_file(path, layout, zip(ids, drawn, strict=True))
            key.writerows(
                _key_row(one, layout.register, row) for one, row in zip(ids, drawn, strict=True)
            )
    columns = layouts[0].columns() | layouts[1].columns()
    draw.schema.write_text(json.dumps({"id": "id", "columns": columns}, indent=1))
    draw.truth.write_text(
        json.dumps(
            {
                "seed": seed,
                "level": level,
                "records": sum(map(len, registers.rows.values())),
                "present": dict(sorted(registers.present.items())),
                "tries": {name: slips.tries for name, slips in registers.slips.items()},
            },
            indent=1,
        )
    )
    return draw


def _write_file(path: Path, layout: Layout, drawn: Iterator[tuple[str, Drawn]]) -> None:
    date_form = DATE_FORMS[layout.date_form]
    order, sex_form = layout.order, layout.sex_form
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", *(layout.headings[place] for place in order)])
        for one, (_, row) in drawn:
            values = list(row.values)
            values[3] = sex_form[str(values[3])]
            out.writerow(
                [
                    one,
                    *(
                        v if isinstance(v := values[p], str) else date_form.format(*v)
                        for p in order
                    ),
                ]
            )


def _key_row(one: str, register: str, drawn: Drawn) -> tuple[object, ...]:
    person = drawn.person
    country = person.placed_in if register == PLACEMENT else person.lives_in
    return (
        one, register, person.number, int(len(person.words) == 1), person.sex, person.province,
        person.culture, country, " ".join((*person.marks, *drawn.row.marks)),
    )  # fmt: skip


def cross_pairs(draw: Draw) -> list[tuple[str, str]]:
    """The true pairs with one row in each file."""
    return [pair for group in _by_person(draw) for pair in product(*group)]


def _by_person(draw: Draw) -> Iterator[tuple[list[str], list[str]]]:
    with draw.left.open(encoding="utf-8") as file:
        left = {row["id"] for row in csv.DictReader(file)}
    groups: dict[str, tuple[list[str], list[str]]] = {}
    with draw.key.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            group = groups.setdefault(row["person"], ([], []))
            group[row["id"] not in left].append(row["id"])
    yield from groups.values()
