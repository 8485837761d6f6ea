"""Recall and false links by kind of person, pair and difficulty: who is served worse, and why."""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tests.linkage.answers import Key, Pair, Scored
from tests.linkage.draws.drawing import Draw

Row = Mapping[str, str]


class Stratum(NamedTuple):
    """Pairs of one kind at one threshold."""

    kind: str
    value: str
    true: int
    found: int
    false: int

    @property
    def recall(self) -> float:
        return self.found / self.true if self.true else 1.0


class Documents(NamedTuple):
    """The numbers of a row as they are compared: without case and blanks."""

    nik: str
    passport: str


def read_rows(draw: Draw) -> dict[str, Row]:
    """The key's rows by id."""
    with draw.key.open(encoding="utf-8") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


def read_documents(draw: Draw) -> dict[str, Documents]:
    """NIK and passport of every row of both files."""
    columns = json.loads(draw.schema.read_text())["columns"]
    niks = [name for name, meaning in columns.items() if meaning == "national_id"]
    books = [name for name, meaning in columns.items() if meaning == "passport"]
    found = {}
    for path in (draw.left, draw.right):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                nik = next((row[name] for name in niks if name in row), "")
                book = next((row[name] for name in books if name in row), "")
                found[row["id"]] = Documents(nik, book.upper())
    return found


def strata(draw: Draw, key: Key, scored: Sequence[Scored], limit: float) -> list[Stratum]:
    """Every stratum at this threshold, kinds in a fixed order."""
    rows, documents = read_rows(draw), read_documents(draw)
    linked = {one.pair for one in scored if one.is_true and one.score >= limit}
    true: Counter[tuple[str, str]] = Counter()
    found: Counter[tuple[str, str]] = Counter()
    false: Counter[tuple[str, str]] = Counter()
    for pair in key.pairs():
        cells = kinds(key.ordered(*pair), rows, documents, key)
        true.update(cells)
        if key.ordered(*pair) in linked:
            found.update(cells)
    for one in scored:
        if not one.is_true and one.score >= limit:
            false.update(kinds(one.pair, rows, documents, key))
    return [
        Stratum(kind, value, true[kind, value], found[kind, value], false[kind, value])
        for kind, value in sorted(true | false)
    ]


def kinds(
    pair: Pair, rows: Mapping[str, Row], documents: Mapping[str, Documents], key: Key
) -> list[tuple[str, str]]:
    """The strata that a pair lies in; the first row speaks for both of them."""
    one, other = pair
    row = rows[one]
    sides = {rows[one]["register"], rows[other]["register"]}
    return [
        ("name", "one word" if row["one_word"] == "1" else "longer"),
        ("sex", row["sex"]),
        ("province", row["province"]),
        ("culture", row["culture"]),
        ("cell", "across" if len(sides) > 1 else f"within {sides.pop()}"),
        ("documents", _documents(documents[one], documents[other])),
    ]


def _documents(one: Documents, other: Documents) -> str:
    nik = bool(one.nik) and one.nik == other.nik
    book = bool(one.passport) and one.passport == other.passport
    if nik or book:
        return "NIK and passport" if nik and book else "NIK only" if nik else "passport only"
    if (one.nik and other.nik) or (one.passport and other.passport):
        return "none in common, to compare"
    return "none to compare"


def gap(found: Iterable[Stratum], kind: str, *, least: int = 200) -> float:
    """The difference of the best and the worst recall of a kind, small strata left out."""
    recalls = [one.recall for one in found if one.kind == kind and one.true >= least]
    return max(recalls) - min(recalls) if recalls else 0.0


class Difficulty(NamedTuple):
    """How a difficulty goes with errors: pairs with it, and how many of them were missed."""

    mark: str
    true: int
    missed: int
    false: int


def difficulties(draw: Draw, key: Key, scored: Sequence[Scored], limit: float) -> list[Difficulty]:
    """By mark of either row: true pairs, misses and false links; most misses first."""
    rows = read_rows(draw)
    linked = {one.pair for one in scored if one.is_true and one.score >= limit}
    counts: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for pair in key.pairs():
        is_missed = key.ordered(*pair) not in linked
        for mark in marks(rows, pair):
            counts[mark][0] += 1
            counts[mark][1] += is_missed
    for one in scored:
        if not one.is_true and one.score >= limit:
            for mark in marks(rows, one.pair):
                counts[mark][2] += 1
    found = [Difficulty(mark, *numbers) for mark, numbers in counts.items()]
    return sorted(found, key=lambda one: (-one.missed, -one.false, one.mark))


def marks(rows: Mapping[str, Row], pair: Pair) -> set[str]:
    """What was done to either row of the pair; the keys of other countries' sets do not tell."""
    return {mark for one in pair for mark in rows[one].get("marks", "").split()}
