"""Reads a set for the rival: columns as delivered, or normalised; standard library only."""

import csv
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

Table = dict[str, list[str | None]]

_TITLES: Final = frozenset({"H", "HJ", "HAJI", "HAJJAH", "DRS", "DRA", "NY", "TN", "FNU", "LNU"})
_FATHER: Final = frozenset({"BIN", "BINTI", "BT", "BTE", "B"})
_SHORT: Final = {
    **dict.fromkeys(
        ("M", "MOH", "MUH", "MOCH", "MUHAMAD", "MOHAMMAD", "MOHAMAD", "MOHD", "MOHAMED"), "MUHAMMAD"
    ),
    **dict.fromkeys(("ST", "SITTI", "S"), "SITI"),
    **dict.fromkeys(("ABD", "ABDOEL"), "ABDUL"),
    **dict.fromkeys(("NOER", "NOOR"), "NUR"),
    **dict.fromkeys(("SERI", "SRIE"), "SRI"),
}
_SOUNDS: Final = tuple(
    (re.compile(old), new)
    for old, new in (
        ("OE", "U"), ("TJ", "C"), ("DJ", "J"), ("SJ|SY|SH", "S"), ("KH|CH|Q", "K"), ("DH", "D"),
        ("TH", "T"), ("PH|F|V", "P"), ("X", "KS"), ("Y|IE", "I"), ("Z", "J"), ("W", "V"),
        ("H", ""), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip
# The calendar's 40 is the NIK's sign for a woman.
_WOMEN: Final = 40
_NIK: Final = 16
_CENTURY_TURN: Final = 12


def read_schema(path: Path) -> dict[str, str]:
    """Heading to meaning, forms of dates with it."""
    columns: dict[str, str] = json.loads(path.read_text())["columns"]
    return columns


def read_table(path: Path, columns: Mapping[str, str], *, is_normalised: bool) -> Table:
    """One file, a column a meaning; what is empty is None."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table: Table = {"unique_id": [row["id"] for row in rows]}
    for heading, meaning in columns.items():
        if rows and heading in rows[0]:
            # Capitals are the least that anybody would do, so the columns as delivered get them.
            table[meaning.partition(":")[0]] = [
                row[heading].strip().upper() or None for row in rows
            ]
    form = next(
        (
            m.partition(":")[2]
            for h, m in columns.items()
            if m.startswith("birth_date") and h in rows[0]
        ),
        "",
    )
    if "birth_date" in table:
        table["birth_date"] = [_iso(value, form) for value in table["birth_date"]]
        table["birth_year"] = [value and value[:4] for value in table["birth_date"]]
    return _normalised(table) if is_normalised else table


def _iso(value: str | None, form: str) -> str | None:
    if not value or not form:
        return value
    try:
        return datetime.strptime(value, form).date().isoformat()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return value


def _normalised(table: Table) -> Table:
    if "full_name" in table:
        words = [_words(value) for value in table["full_name"]]
        sounds = [[_sound(word) for word in some] for some in words]
        table["clean_name"] = [" ".join(some) or None for some in words]
        table["sound_name"] = [" ".join(sorted(some)) or None for some in sounds]
        table["glued_name"] = ["".join(some) or None for some in sounds]
        table["first_sound"] = [some[0] if some else None for some in sounds]
        table["last_sound"] = [some[-1] if some else None for some in sounds]
    for part in ("given_name", "surname"):
        if part in table:
            table[f"{part}_sound"] = [value and _sound(value.upper()) for value in table[part]]
    if "birth_date" in table:
        table["day_month"] = [_unordered(value) for value in table["birth_date"]]
    if "national_id" in table:
        table["national_id"] = [_digits(value) for value in table["national_id"]]
        table["nik_date"] = [_nik_date(value) for value in table["national_id"]]
    if "passport" in table:
        table["passport"] = [
            value and value.upper().replace(" ", "") for value in table["passport"]
        ]
    if "phone" in table:
        table["phone"] = [(_digits(value) or "")[-9:] or None for value in table["phone"]]
    if "email" in table:
        table["mailbox"] = [value and value.lower().partition("@")[0] for value in table["email"]]
    return table


def _words(name: str | None) -> list[str]:
    words = [word for word in re.findall(r"[A-Z0-9]+", (name or "").upper()) if word not in _TITLES]
    cut = next((place for place, word in enumerate(words) if place and word in _FATHER), len(words))
    words = [_SHORT.get(word, word) for word in words[:cut]]
    return list(dict.fromkeys(words))


def _sound(word: str) -> str:
    for old, new in _SOUNDS:
        word = old.sub(new, word)
    return word


def _digits(value: str | None) -> str | None:
    return re.sub(r"\D", "", value or "") or None


def _unordered(day: str | None) -> str | None:
    """Year, and day and month in no order, so that exchanged ones agree."""
    if not day or day.count("-") != 2:
        return day
    year, month, number = day.split("-")
    return "-".join((year, *sorted((month, number))))


def _nik_date(nik: str | None) -> str | None:
    if not nik or len(nik) != _NIK:
        return None
    day, month, year = int(nik[6:8]), nik[8:10], int(nik[10:12])
    century = 2000 if year <= _CENTURY_TURN else 1900
    return f"{century + year}-{month}-{day - _WOMEN if day > _WOMEN else day:02}"
