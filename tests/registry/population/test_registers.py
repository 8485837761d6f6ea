"""Two files read as registers: by meanings alone, whatever words and codes they are written in."""

import numpy as np
import pytest

from registry.matching.linkage.reading import Column, Meaning, Table
from registry.matching.linkage.texts import plain_of, texts_of
from registry.population.registers import (
    RegistersUnfit,
    entities,
    latest,
    read_country,
    read_told,
    workers,
)


def table(**columns: list[str]) -> Table:
    size = len(next(iter(columns.values())))
    return Table(
        [str(n) for n in range(size)],
        {Column(f"x_{name}", Meaning(name)): values for name, values in columns.items()},
    )


PLACEMENTS = table(
    country=["Malaysia", "Taiwan"], contract=["K1", "K2"], year=["2019", "?"],
    return_date=["2021-03-15", "-"],
)  # fmt: skip
RESIDENTS = table(country=["MY"], status=["Pekerja Migran"], city=["Klang"])


def test_meanings_tell_which_file_is_of_placements() -> None:
    told = read_told([PLACEMENTS, RESIDENTS])
    assert told.placement_rows.tolist() == [0, 1]
    assert told.residence_rows.tolist() == [2]
    assert told.is_returned.tolist() == [True, False, False]
    assert told.year.tolist() == [2019, 0, 0]
    turned = read_told([RESIDENTS, PLACEMENTS])
    assert turned.placement_rows.tolist() == [1, 2]
    assert turned.is_returned.tolist() == [False, True, False]


def test_a_column_without_a_value_tells_nothing() -> None:
    empty = table(country=["MY"], contract=[""], employer=[""], agency=[""], status=["PMI"])
    assert read_told([empty, PLACEMENTS]).placement_rows.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("left", "right", "told"),
    [
        (PLACEMENTS, table(status=["PMI"]), "right file tells a country"),
        (table(country=["MY"]), table(country=["MY"]), "of residence"),
    ],
)
def test_files_that_are_no_two_registers_are_unfit(left: Table, right: Table, told: str) -> None:
    with pytest.raises(RegistersUnfit, match=told):
        read_told([left, right])


def test_a_country_is_one_whether_by_code_or_name() -> None:
    for words in (
        ("KR", "kor", "Korea Selatan", "SOUTH KOREA", " korea  selatan"),
        ("SA", "Arab Saudi", "Saudi Arabia"),
        ("AE", "Uni Emirat Arab", "United Arab Emirates"),
    ):
        assert len({read_country(one) for one in words}) == 1
    assert read_country("Korea Utara") != read_country("Korea Selatan")
    assert read_country("") == ""
    assert read_country("Negeri Antah") == read_country("NEGERI ANTAH") != ""


def test_countries_are_told_as_they_are_mostly_written() -> None:
    told = read_told([PLACEMENTS, RESIDENTS])
    assert told.country_names[told.country.codes[0]] == "Malaysia"
    assert told.country.codes[0] == told.country.codes[2]


def test_words_and_links_tell_who_works() -> None:
    written = ["Pekerja Migran", "Pelajar", "Kategori A", "Kategori B", "Bukan pekerja"]
    rows = [word for word in written for _ in range(200)]
    texts = texts_of(rows, read=plain_of)
    rate = {"Pekerja Migran": 0.5, "Kategori A": 0.4, "Kategori B": 0.01}
    linked = np.array([rate.get(word, 0.5) for word in rows])
    found = workers(texts, np.arange(len(rows)), linked)
    chosen = {word for word, is_worker in zip(rows, found, strict=True) if is_worker}
    assert chosen == {"Pekerja Migran", "Kategori A"}
    assert len(chosen) == 2


def test_where_no_word_is_known_links_decide() -> None:
    rows = ["A"] * 100 + ["B"] * 100 + [""] * 100
    linked = np.array([0.6] * 100 + [0.0] * 100 + [0.55] * 100)
    found = workers(texts_of(rows, read=plain_of), np.arange(300), linked)
    assert found.tolist() == [True] * 100 + [False] * 100 + [True] * 100


def test_of_several_placements_the_latest_counts() -> None:
    # 0, 1 and 4 are of one person, of whom 1 and 4 are the newest; 2 and 3 stand alone.
    entity = entities(5, np.array([0, 0, 1]), np.array([1, 4, 4]))
    assert len(set(entity.tolist())) == 3
    shares = latest(entity, np.array([2015, 2020, 2018, 0, 2020]))
    assert shares.tolist() == [0.0, 0.5, 1.0, 1.0, 0.5]
