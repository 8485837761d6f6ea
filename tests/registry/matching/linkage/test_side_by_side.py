"""Many records are read by several processes, and read the same."""

from dataclasses import fields

import numpy as np

from registry.matching.linkage.reading import Column, Meaning, Table
from registry.matching.linkage.records import records_of

ROWS, TIMES = 50, 2_000


def table(times: int) -> Table:
    rows = range(ROWS)
    columns = {
        Column("n", Meaning.FULL_NAME, None): [
            f"SITI NAMA{chr(65 + row % 26)} BINTI X" for row in rows
        ],
        Column("b", Meaning.BIRTH_DATE, "%Y-%m-%d"): [f"1990-01-{1 + row % 28:02}" for row in rows],
        Column("i", Meaning.NATIONAL_ID, None): [f"99010{row % 9}4101900{row:03}" for row in rows],
        Column("t", Meaning.PHONE, None): [f"+62 811 000 {row:04}" for row in rows],
        Column("c", Meaning.CITY, None): [f"KOTA {row % 7}" for row in rows],
    }
    ids = [str(number) for number in range(ROWS * times)]
    return Table(ids, {column: values * times for column, values in columns.items()})


def test_many_records_are_read_as_few_are() -> None:
    few, many = records_of([table(1)]), records_of([table(TIMES)])
    assert len(many) == ROWS * TIMES >= 100_000
    assert many.indonesian is few.indonesian
    for place in (0, ROWS * TIMES - ROWS):
        part = slice(place, place + ROWS)
        for name in ("own", "father", "letters"):
            assert np.array_equal(getattr(many.names, name)[part], getattr(few.names, name))
        for one in fields(few.birth):
            assert np.array_equal(getattr(many.birth, one.name)[part], getattr(few.birth, one.name))
        for meaning, numbers in few.numbers.items():
            same = many.numbers[meaning]
            assert np.array_equal(same.codes[part], numbers.codes)
            assert np.array_equal(same.keys, numbers.keys)
        for meaning, texts in few.texts.items():
            assert many.texts[meaning].values == texts.values
            assert np.array_equal(many.texts[meaning].codes[part], texts.codes)
    assert many.names.vocabulary.spelled == few.names.vocabulary.spelled
