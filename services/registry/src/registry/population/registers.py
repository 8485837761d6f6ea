"""Two files of the command read as the two lists of an estimate: which one tells of placements and
which of residence, by what their columns mean; who works; which placement of a person counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from registry.matching.linkage.arrays import Codes, Flags, Floats, Ints
from registry.matching.linkage.dates import dates_of
from registry.matching.linkage.reading import Column, Meaning, Table
from registry.matching.linkage.texts import Texts, plain_of, read_place, texts_of
from shared.reference.countries import list_countries

PLACING = (
    Meaning.CONTRACT, Meaning.EMPLOYER, Meaning.AGENCY, Meaning.RETURN_DATE, Meaning.YEAR,
)  # fmt: skip
RESIDING = (Meaning.STATUS, Meaning.ADDRESS, Meaning.CITY, Meaning.STREET, Meaning.POSTCODE)
_YEAR_DIGITS = 4


class RegistersUnfit(Exception):
    """Nothing can be estimated from these files; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the rows of both files tell beside who they are of; the left file's come first."""

    left: int
    is_left_placement: bool
    country: Texts
    country_names: list[str]
    work: Texts
    tells_work: bool
    agency: Texts
    year: Ints
    is_returned: Flags

    @property
    def placement_rows(self) -> Ints:
        rows = np.arange(len(self.year))
        return rows[: self.left] if self.is_left_placement else rows[self.left :]

    @property
    def residence_rows(self) -> Ints:
        rows = np.arange(len(self.year))
        return rows[self.left :] if self.is_left_placement else rows[: self.left]


def read_told(tables: Sequence[Table]) -> Told:
    """What two files tell; raises RegistersUnfit where they are not a register of placements and
    one of residence, each with its country.
    """
    if len(tables) != 2:  # noqa: PLR2004 - the two registers.
        raise RegistersUnfit("an estimate needs two files, of placements and of residence")
    for side, table in zip(("left", "right"), tables, strict=True):
        if not _states(table, Meaning.COUNTRY):
            raise RegistersUnfit(f"no column of the {side} file tells a country")
    is_left_placement = _is_left_placement(tables[0], tables[1])
    placement, residence = tables if is_left_placement else tables[::-1]
    written = [value for table in tables for value in _first(table, Meaning.COUNTRY)]
    country = texts_of(written, read=read_country)
    tells_work = _states(residence, Meaning.STATUS) or _states(residence, Meaning.OCCUPATION)
    years, returned = zip(
        *(_placements(table, table is placement) for table in tables), strict=True
    )
    return Told(
        left=len(tables[0].ids),
        is_left_placement=is_left_placement,
        country=country,
        country_names=_spellings(country, written),
        work=texts_of((work for table in tables for work in _work(table)), read=plain_of),
        tells_work=tells_work,
        agency=texts_of(
            (name for table in tables for name in _first(table, Meaning.AGENCY)), read=read_place
        ),
        year=np.concatenate(years),
        is_returned=np.concatenate(returned),
    )


def _is_left_placement(left: Table, right: Table) -> bool:
    places = [sum(_states(table, one) for one in PLACING) for table in (left, right)]
    dwells = [sum(_states(table, one) for one in RESIDING) for table in (left, right)]
    said = (places[0] - places[1], dwells[1] - dwells[0])
    if said[0] == 0 and said[1] == 0:
        raise RegistersUnfit(
            "nothing tells the register of placements from that of residence: name the columns of"
            " contract, employer, agency, return_date or year in the schema"
        )
    return said > (0, 0)


def _states(table: Table, meaning: Meaning) -> bool:
    """Whether any row of the file has a value of this meaning."""
    return any(any(values) for values in _columns(table, meaning).values())


def _columns(table: Table, meaning: Meaning) -> dict[Column, list[str]]:
    return {column: values for column, values in table.columns.items() if column.meaning is meaning}


def _first(table: Table, meaning: Meaning) -> Sequence[str]:
    """The first stated value of a meaning in every row."""
    columns = list(_columns(table, meaning).values())
    if len(columns) == 1:
        return columns[0]
    if not columns:
        return [""] * len(table.ids)
    return [next(filter(None, row), "") for row in zip(*columns, strict=True)]


def _work(table: Table) -> Sequence[str]:
    status, occupation = _first(table, Meaning.STATUS), _first(table, Meaning.OCCUPATION)
    return [one or other for one, other in zip(status, occupation, strict=True)]


def _placements(table: Table, is_placement: bool) -> tuple[Ints, Flags]:  # noqa: FBT001 - private, of one call.
    """The year of every row, 0 where none is told, and whether it tells of a return."""
    size = len(table.ids)
    if not is_placement:
        return np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.bool_)
    seen: dict[str, int] = {}
    years = [seen.setdefault(text, _year(text)) for text in _first(table, Meaning.YEAR)]
    returned = np.zeros(size, dtype=np.bool_)
    for column, values in _columns(table, Meaning.RETURN_DATE).items():
        returned |= dates_of(values, column.date_format).years > 0
    return np.array(years, dtype=np.int64), returned


def _year(text: str) -> int:
    digits = text[:_YEAR_DIGITS]
    return int(digits) if len(digits) == _YEAR_DIGITS and digits.isdecimal() else 0


def read_country(text: str) -> str:
    """One word for a country, whether its code is written or its name in either language."""
    plain = plain_of(text)
    return _codes().get(plain) or _names().get(read_place(text)) or read_place(text)


@cache
def _codes() -> dict[str, str]:
    return {key: one.code for one in list_countries() for key in (one.code, one.alpha3)}


@cache
def _names() -> dict[str, str]:
    """Countries by name in one spelling; a spelling of two countries stands for neither."""
    found: dict[str, set[str]] = {}
    for one in list_countries():
        for name in (one.name_id, one.name_en, " ".join(reversed(one.name_en.split()))):
            found.setdefault(read_place(name), set()).add(one.code)
    return {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}


def _spellings(country: Texts, written: Sequence[str]) -> list[str]:
    """Of every country how it is written most often, the longer where two are."""
    counts: list[dict[str, int]] = [{} for _ in country.values]
    for code, text in zip(country.codes.tolist(), written, strict=True):
        if code >= 0:
            counts[code][text] = counts[code].get(text, 0) + 1
    return [min(one, key=lambda text: (-one[text], -len(text), text)) for one in counts]


_WORKERS = {
    "PEKERJA", "BURUH", "PMI", "TKI", "TKW", "WORKER", "WORKERS", "LABOURER", "LABORER", "ABK",
    "AWAK", "CREW", "SEAFARER", "PELAUT", "NELAYAN", "FISHER",
}  # fmt: skip
_OTHERS = {
    "PELAJAR", "MAHASISWA", "MAHASISWI", "SISWA", "STUDENT", "TURIS", "WISATAWAN", "TOURIST",
    "IBU", "HOUSEWIFE", "ANAK", "CHILD", "KELUARGA", "FAMILY", "SPOUSE", "PENSIUNAN", "RETIRED",
    "DIPLOMAT", "INVESTOR", "LAINNYA", "LAIN", "OTHER", "BUKAN", "TIDAK", "NON", "NOT", "MANTAN",
    "FORMER",
}  # fmt: skip
_ENOUGH_ROWS = 30
_LIKE_WORKERS = 0.5


def workers(work: Texts, rows: Ints, linked: Floats) -> Flags:
    """Which rows are of workers. Known words decide; of what is told in other words the rows
    count whose people are placed about as often as workers are, for others are never placed.
    """
    codes = work.codes[rows].astype(np.int64) + 1
    size = len(work.values) + 1
    counts = np.bincount(codes, minlength=size).astype(np.float64)
    rates = np.bincount(codes, weights=linked, minlength=size) / np.maximum(counts, 1.0)
    known = np.array([0, *(_known(text) for text in work.values)])
    told = known > 0
    if counts[told].sum() >= _ENOUGH_ROWS:
        best = float((rates * counts)[told].sum() / counts[told].sum())
    else:
        best = float(rates[(counts >= _ENOUGH_ROWS) & (known >= 0)].max(initial=0.0))
    alike = rates >= _LIKE_WORKERS * best
    result: Flags = (told | ((known == 0) & alike))[codes]
    return result


def _known(text: str) -> int:
    """1 for words that say worker, -1 for words that say another, 0 for neither."""
    words = set(text.split())
    if words & _OTHERS:
        return -1
    return 1 if words & _WORKERS else 0


def entities(size: int, ours: Ints, theirs: Ints) -> Ints:
    """A number for every row, the same for rows of one person, from all pairs of such rows."""
    entity = np.arange(size, dtype=np.int64)
    np.minimum.at(entity, theirs, ours)
    np.minimum.at(entity, ours, theirs)
    return entity


def latest(entity: Ints, years: Ints) -> Floats:
    """The share of a person that a placement stands for: the latest stands for all of it, and
    several of one year for equal parts.
    """
    size = int(entity.max(initial=-1)) + 1
    newest = np.full(size, -1, dtype=np.int64)
    np.maximum.at(newest, entity, years)
    is_latest = years == newest[entity]
    sharing = np.bincount(entity, weights=is_latest, minlength=size)
    return np.where(is_latest, 1.0 / np.maximum(sharing[entity], 1.0), 0.0)


def equal(entity: Ints) -> Floats:
    """Equal parts of a person for every row."""
    result: Floats = 1.0 / np.bincount(entity)[entity]
    return result


def codes_of(texts: Texts, rows: Ints) -> Codes:
    return texts.codes[rows]
