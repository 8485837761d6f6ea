"""Exports whose every identity a matcher can know, and the counts that follow from them.

Taken from the pilot generator: the people who carry one well-formed NIK in all their records.
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
        live = {e["source_system"] for e in person if _is_live(e, as_of)}
        # A return that one side recorded ends the stay; it is the stronger evidence.
        if not live or any(_ended(e, as_of) for e in person):
            continue
        cell = "both" if len(live) > 1 else "kp2mi_only" if live == {"SISKOP2MI"} else "kemlu_only"
        country = person[0]["content"]["country"]
        stock.setdefault(country, Counter())[cell] += 1
        stock[country]["total"] += 1
    return {country: dict(cells) for country, cells in stock.items()}


def _is_live(told: dict[str, Any], as_of: date) -> bool:
    content = told["content"]
    if told["source_system"] == "SISKOP2MI":
        departed, ends = _day(content, "departed_on"), _day(content, "contract_ends_on")
        return (
            departed is not None and departed <= as_of
            and (ends is None or as_of < ends + CONTRACT_TAIL)
        )  # fmt: skip
    arrived, reported = _day(content, "arrived_on"), _day(content, "reported_on")
    sign = max(day for day in (arrived, reported) if day)
    return (arrived or sign) <= as_of < _months_after(sign, 24)


def _ended(told: dict[str, Any], as_of: date) -> bool:
    content = told["content"]
    return any(
        (day := _day(content, name)) is not None and day <= as_of
        for name in ("returned_on", "left_on")
    )


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
