"""Exports whose every identity a matcher can know, and the counts that follow from them.

Taken from the pilot generator: people with one well-formed NIK in all their records, however
their names are written there.
The counts are worked out here from the definition's own words, apart from the registry's code.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from deploy.seed.envelopes import envelope
from deploy.seed.generator import lines
from deploy.seed.lives import System

Person = list[dict[str, Any]]
SIMPLE_LIVES_RECORDS = 2
CONTRACT_TAIL = timedelta(days=90)
CELLS = {"SISKOP2MI": "kp2mi_only", "PEDULI_WNI": "kemlu_only"}
NIK_DIGITS = 16


def knowable_people(count: int, seed: int) -> dict[int, Person]:
    """The envelopes of each such person, by the generator's index; at most one a system."""
    people: dict[int, Person] = {}
    for system in System:
        told = lines(system, count, seed)
        for index, some in groupby(told, key=lambda line: line.person_index):
            people.setdefault(index, []).extend(envelope(line) for line in some)
    niks = Counter(nik for person in people.values() for nik in {_nik(e) for e in person})
    return {
        index: person
        for index, person in people.items()
        if len({_nik(e) for e in person}) == 1
        and _is_well_formed(_nik(person[0]))
        and niks[_nik(person[0])] == 1
        and len({e["source_system"] for e in person}) == len(person)
        and not any(e.get("is_withdrawn") for e in person)
        and len({e["content"].get("country") for e in person}) == 1
    }


def envelopes(people: dict[int, Person], system: str) -> Iterator[dict[str, Any]]:
    for person in people.values():
        yield from (e for e in person if e["source_system"] == system)


def expected_stock(people: dict[int, Person], as_of: date) -> dict[str, dict[str, int]]:
    """By country: kp2mi_only, kemlu_only, both, total, by definition presence-1."""
    stock: dict[str, Counter[str]] = {}
    for person in people.values():
        exits = [day for told in person for day in _exits(told) if day <= as_of]
        live = {e["source_system"] for e in person if _is_live(e, as_of, exits)}
        if not live:
            continue
        country = person[0]["content"]["country"]
        cell = "both" if len(live) > 1 else CELLS[live.pop()]
        stock.setdefault(country, Counter()).update([cell, "total"])
    return {country: dict(cells) for country, cells in stock.items()}


def _is_live(told: dict[str, Any], as_of: date, exits: list[date]) -> bool:
    """Seen by then, not yet out of date, and no exit since, whichever system told of it."""
    content = told["content"]
    if told["source_system"] == "SISKOP2MI":
        begins = last_seen = _seen_abroad(content)
        ends = _day(content, "contract_ends_on")
        if begins is None:
            return False
        until = _months_after(begins, 36)
        if ends is not None and ends > begins:
            until = ends + CONTRACT_TAIL
    else:
        signs = [day for name in ("arrived_on", "reported_on") if (day := _day(content, name))]
        begins, last_seen = min(signs), max(signs)
        until = _months_after(last_seen, 24)
    assert last_seen is not None
    return begins <= as_of < until and not any(last_seen <= day for day in exits)


def _seen_abroad(content: dict[str, Any]) -> date | None:
    """Arrival before departure; a contract extended abroad begins without either."""
    extended = content.get("scheme") in {"EXT_DN", "EXT_LN"}
    return (
        _day(content, "arrived_on")
        or _day(content, "departed_on")
        or (_day(content, "contract_starts_on") if extended else None)
    )


def _exits(told: dict[str, Any]) -> list[date]:
    content = told["content"]
    return [day for name in ("returned_on", "left_on") if (day := _day(content, name))]


def _day(content: dict[str, Any], name: str) -> date | None:
    return date.fromisoformat(content[name]) if content.get(name) else None


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = [31, 29 if year % 4 == 0 and (year % 100 or year % 400 == 0) else 28,
            31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month]  # fmt: skip
    return date(year, month + 1, min(day.day, last))


def _nik(told: dict[str, Any]) -> str | None:
    nik: str | None = told["content"].get("nik")
    return nik


def _is_well_formed(nik: str | None) -> bool:
    return nik is not None and len(nik) == NIK_DIGITS and nik.isdigit() and nik[-4:] != "0000"
