"""Records of one or two files in comparable columns, whatever layout they came in."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from registry.matching.linkage.arrays import Bytes, Codes, Flags
from registry.matching.linkage.dates import Dates, dates_of, nik_dates
from registry.matching.linkage.numbers import (
    Numbers,
    numbers_of,
    read_document_number,
    read_email,
    read_national_id,
    read_phone,
)
from registry.matching.linkage.reading import Column, Meaning, Table
from registry.matching.linkage.spreading import spread
from registry.matching.linkage.texts import Texts, glued_of, read_place, read_sex, texts_of
from registry.matching.linkage.words import Mails, Words, are_indonesian, mails_of, words_of
from registry.matching.nik import FIRST_SERIAL, LENGTH

NUMBER_READERS = {
    Meaning.NATIONAL_ID: (20, read_national_id),
    Meaning.PASSPORT: (12, read_document_number),
    Meaning.PHONE: (16, read_phone),
    Meaning.EMAIL: (32, read_email),
    Meaning.CONTRACT: (16, read_document_number),
    Meaning.POSTCODE: (10, read_national_id),
}
TEXT_READERS: dict[Meaning, Callable[[str], str]] = {
    Meaning.SEX: read_sex,
    Meaning.BIRTH_PLACE: read_place,
    Meaning.CITY: read_place,
    Meaning.REGION: read_place,
    Meaning.COUNTRY: read_place,
    Meaning.ADDRESS: read_place,
    Meaning.STREET: read_place,
    Meaning.HOUSE_NUMBER: glued_of,
    Meaning.OCCUPATION: read_place,
    Meaning.EMPLOYER: read_place,
    Meaning.AGENCY: read_place,
}
_SAMPLE = 5_000
_WORTH_SPREADING = 100_000
"""Fewer records are read sooner than a process is started."""
NIK_HEAD = 12
"""Signs of a NIK that twins share: district and birth date."""
_FIRST_SERIAL = np.frombuffer(FIRST_SERIAL.encode(), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Records:
    """Records of both files under one another; the first `left` of them are the left file's."""

    ids: list[str]
    left: int
    names: Words
    birth: Dates
    nik_birth: Dates
    twins: Flags
    """Whose NIK tells of another born on one day in one district: a serial of its own."""
    mails: Mails | None
    numbers: dict[Meaning, Numbers]
    texts: dict[Meaning, Texts]
    indonesian: bool

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def sides(self) -> Bytes:
        return (np.arange(len(self)) >= self.left).astype(np.uint8)


def records_of(tables: Sequence[Table], *, indonesian: bool | None = None) -> Records:
    """The records of the tables, in their order; whether Indonesian rules of names hold is judged
    by the names where it is not said.
    """
    names = _names(tables)
    if indonesian is None:
        indonesian = are_indonesian(names[:: max(1, len(names) // _SAMPLE)])
    known = {column.meaning for table in tables for column in table.columns}
    parts: dict[str, Callable[[], Any]] = {
        "names": partial(words_of, names, indonesian=indonesian),
        "birth": partial(_births, tables),
    }
    for meaning, (width, read) in NUMBER_READERS.items():
        if meaning in known:
            parts[meaning] = partial(_numbers, tables, meaning, width=width, read=read)
    for meaning, read_text in TEXT_READERS.items():
        if meaning in known:
            parts[meaning] = partial(_texts, tables, meaning, read=read_text)
    done = dict(zip(parts, _all_of(list(parts.values()), len(names)), strict=True))
    numbers = {meaning: done[meaning] for meaning in NUMBER_READERS if meaning in known}
    return Records(
        ids=[key for table in tables for key in table.ids],
        left=len(tables[0].ids),
        names=done["names"],
        birth=done["birth"],
        nik_birth=_nik_births(numbers.get(Meaning.NATIONAL_ID), len(names)),
        twins=_twins(numbers.get(Meaning.NATIONAL_ID), len(names)),
        mails=_mails(numbers.get(Meaning.EMAIL)),
        numbers=numbers,
        texts={meaning: done[meaning] for meaning in TEXT_READERS if meaning in known},
        indonesian=indonesian,
    )


def _all_of(parts: Sequence[Callable[[], Any]], size: int) -> list[Any]:
    """What the parts give; of many records, side by side: the names take as long as all else."""
    if size < _WORTH_SPREADING:
        return [part() for part in parts]
    return spread(lambda place: parts[place](), len(parts))


def _numbers(
    tables: Sequence[Table], meaning: Meaning, *, width: int, read: Callable[[str], str]
) -> Numbers:
    return numbers_of(_values(tables, meaning), width, read=read)


def _texts(tables: Sequence[Table], meaning: Meaning, *, read: Callable[[str], str]) -> Texts:
    return texts_of(_values(tables, meaning), read=read)


def _columns(table: Table, meaning: Meaning) -> list[list[str]]:
    return [values for column, values in table.columns.items() if column.meaning is meaning]


def _values(tables: Sequence[Table], meaning: Meaning) -> list[str]:
    """The first stated value of a meaning in every record."""
    values: list[str] = []
    for table in tables:
        columns = _columns(table, meaning)
        values.extend(_first_stated(columns, len(table.ids)))
    return values


def _first_stated(columns: list[list[str]], count: int) -> Iterable[str]:
    if not columns:
        return [""] * count
    if len(columns) == 1:
        return columns[0]
    return [next(filter(None, row), "") for row in zip(*columns, strict=True)]


def _names(tables: Sequence[Table]) -> list[str]:
    """Full names; given name and surname stand in where a file splits names, and add to them."""
    names: list[str] = []
    for table in tables:
        columns = [
            column
            for meaning in (Meaning.GIVEN_NAME, Meaning.SURNAME, Meaning.FULL_NAME)
            for column in _columns(table, meaning)
        ]
        if len(columns) == 1:
            names.extend(columns[0])
        elif columns:
            names.extend(" ".join(filter(None, row)) for row in zip(*columns, strict=True))
        else:
            names.extend([""] * len(table.ids))
    return names


def _births(tables: Sequence[Table]) -> Dates:
    parts = []
    for table in tables:
        columns = [column for column in table.columns if column.meaning is Meaning.BIRTH_DATE]
        parts.append(_dates(table, columns[0] if columns else None))
    return Dates(
        np.concatenate([part.years for part in parts]),
        np.concatenate([part.months for part in parts]),
        np.concatenate([part.days for part in parts]),
    )


def _dates(table: Table, column: Column | None) -> Dates:
    if column is None:
        return dates_of([""] * len(table.ids), None)
    return dates_of(table.columns[column], column.date_format)


def _nik_births(numbers: Numbers | None, count: int) -> Dates:
    """The birth date inside the NIK of every record."""
    if numbers is None:
        nothing = np.zeros(count, dtype=np.int32)
        return Dates(nothing, nothing, nothing)
    once = nik_dates(row.tobytes().rstrip(b"\0") for row in numbers.signs)
    codes: Codes = numbers.codes
    return Dates(once.years[codes], once.months[codes], once.days[codes])


def _twins(numbers: Numbers | None, count: int) -> Flags:
    if numbers is None:
        return np.zeros(count, dtype=np.bool_)
    whole = numbers.lengths == LENGTH
    heads = np.ascontiguousarray(numbers.signs[:, :NIK_HEAD]).view(f"S{NIK_HEAD}").ravel()
    _, place, shared = np.unique(heads, return_inverse=True, return_counts=True)
    first = (numbers.signs[:, NIK_HEAD:LENGTH] == _FIRST_SERIAL).all(axis=1)
    twins: Flags = (whole & ((shared[place] > 1) | ~first))[numbers.codes]
    return twins


def _mails(numbers: Numbers | None) -> Mails | None:
    if numbers is None:
        return None
    return mails_of(numbers.codes, (row.tobytes().rstrip(b"\0") for row in numbers.signs))
