"""Streams of synthetic records: any slice in constant memory, the same in every run."""

from collections.abc import Callable, Iterator
from itertools import count as counting
from itertools import islice
from typing import Final

from deploy.seed.envelopes import Envelope, Line, envelope
from deploy.seed.lives import (
    ENVELOPES_PER_BLOCK,
    PEOPLE_PER_BLOCK,
    System,
    envelopes_of,
    roles,
)
from deploy.seed.peduliwni import peduliwni_lines
from deploy.seed.people import Person, make_person
from deploy.seed.siskop2mi import siskop2mi_lines

_LINES_OF: Final[dict[System, Callable[[int, Person], list[Line]]]] = {
    System.SISKOP2MI: siskop2mi_lines,
    System.PEDULI_WNI: peduliwni_lines,
}


def records(
    system: System, count: int, seed: int, *, first: int = 0, most: int | None = None
) -> Iterator[Envelope]:
    """The envelopes of one system out of `count` of both, or `most` of them from `first` on."""
    return map(envelope, lines(system, count, seed, first=first, most=most))


def lines(
    system: System, count: int, seed: int, *, first: int = 0, most: int | None = None
) -> Iterator[Line]:
    """The same as `records`, with the truth beside each envelope."""
    left = max(0, envelopes_of(system, count) - first)
    block, skipped = divmod(first, ENVELOPES_PER_BLOCK[system])
    wanted = left if most is None else min(left, most)
    return islice(_lines_from(system, seed, block), skipped, skipped + wanted)


def _lines_from(system: System, seed: int, block: int) -> Iterator[Line]:
    for number in counting(block):
        yield from _block_lines(system, seed, number)


def _block_lines(system: System, seed: int, block: int) -> Iterator[Line]:
    """A block's first versions as they come, then its corrections and withdrawals."""
    lines_of = _LINES_OF[system]
    later: list[Line] = []
    for place, role in enumerate(roles(seed)):
        if not role.life.envelopes(system):
            continue
        for line in lines_of(seed, make_person(seed, block * PEOPLE_PER_BLOCK + place)):
            if line.version > 1:
                later.append(line)
            else:
                yield line
    yield from later
