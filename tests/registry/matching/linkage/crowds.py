"""A small crowd of invented people in two registers, with the pairs that are true."""

import csv
import json
import random
from dataclasses import dataclass
from itertools import product
from pathlib import Path

FIRST = (
    "SITI", "NURUL", "DEWI", "RINA", "BUDI", "AGUS", "JOKO", "SLAMET", "TRI", "WAHYU", "RATNA",
    "YULI", "ENDANG", "SULASTRI", "KARTIKA", "BAMBANG", "HENDRA", "IWAN", "LILIS", "NENENG",
    "UJANG", "ASEP", "DEDE", "WAYAN", "MADE", "KETUT", "ROSMA", "TIUR", "MARIA", "YOHANES",
)  # fmt: skip
LAST = (
    "AMINAH", "LESTARI", "SANTOSO", "WIBOWO", "PRASETYO", "HIDAYAT", "KURNIAWAN", "SETIAWAN",
    "RAHAYU", "WULANDARI", "HANDAYANI", "SIREGAR", "NAHAK", "SIMANJUNTAK", "MAHENDRA",
    "SUDARMA", "PERMATA", "ANGGRAINI", "MUNAWAROH", "KHASANAH", "GUNAWAN", "SUSANTI", "PURNAMA",
    "YULIANTI", "FIRMANSYAH", "RAMADHANI", "SAPUTRA", "MAULANA", "IRAWATI", "PUSPITASARI",
)  # fmt: skip
PLACES = (
    "BLITAR", "CILACAP", "MALANG", "INDRAMAYU", "SUBANG", "KENDAL", "PONOROGO", "BREBES",
    "JEMBER", "BIMA",
)  # fmt: skip
LEFT = ("id", "nama", "lahir", "tempat", "jk", "paspor", "nik", "telepon", "surel")
RIGHT = ("id", "nama", "lahir", "tempat", "jk", "paspor", "nik", "telepon", "surel", "alamat")
SCHEMA = {
    "id": "id",
    "columns": {
        "nama": "full_name",
        "lahir": "birth_date:%Y-%m-%d",
        "tempat": "birth_place",
        "jk": "sex",
        "paspor": "passport",
        "nik": "national_id",
        "telepon": "phone",
        "surel": "email",
        "alamat": "address",
    },
}


@dataclass(frozen=True, slots=True)
class Crowd:
    folder: Path
    truth: frozenset[tuple[str, str]]

    def arguments(self, mode: str, out: Path) -> list[str]:
        right = "-" if mode == "dedupe" else str(self.folder / "right.csv")
        return [
            *("--mode", mode, "--left", str(self.folder / "left.csv"), "--right", right),
            *("--schema", str(self.folder / "schema.json"), "--out", str(out)),
        ]


def make_crowd(folder: Path, *, people: int, seed: int = 1) -> Crowd:
    """Writes both files and the schema; about half of the people are in both registers."""
    chance = random.Random(seed)
    left, right, truth = [], [], set()
    for number in range(people):
        person = _person(chance, number)
        mine = [f"L{number}-{n}" for n in range(chance.choice((0, 1, 1, 1, 2)))]
        theirs = [f"R{number}-{n}" for n in range(chance.choice((0, 1, 1)))]
        left += [(one, *_written(chance, person)) for one in mine]
        right += [(one, *_written(chance, person, abroad=True), "1 Nathan Road") for one in theirs]
        truth |= set(product(mine, theirs))
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "left.csv", LEFT, left)
    write_table(folder / "right.csv", RIGHT, right)
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    return Crowd(folder, frozenset(truth))


def write_table(path: Path, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def _person(chance: random.Random, number: int) -> dict[str, str]:
    day, month, year = chance.randint(1, 28), chance.randint(1, 12), chance.randint(1965, 2004)
    woman = chance.random() < 0.6
    name = " ".join((chance.choice(FIRST), *chance.sample(LAST, chance.choice((1, 1, 2)))))
    coded = day + 40 if woman else day
    return {
        "name": name,
        "date": f"{year}-{month:02}-{day:02}",
        "place": chance.choice(PLACES),
        "sex": "P" if woman else "L",
        "passport": f"C{chance.randint(1_000_000, 9_999_999)}",
        "nik": f"9901{number % 70 + 10:02}{coded:02}{month:02}{year % 100:02}0001",
        "phone": f"08{chance.randint(1_000_000_000, 9_999_999_999)}",
        "mail": f"{name.replace(' ', '').lower()}{chance.randint(100, 9999)}@example.com",
    }


def _written(
    chance: random.Random, person: dict[str, str], *, abroad: bool = False
) -> tuple[str, ...]:
    name = person["name"]
    if chance.random() < 0.1:
        name = " ".join(reversed(name.split()))
    if chance.random() < 0.08:
        place = chance.randrange(1, len(name))
        name = name[:place] + name[place + 1 :]
    passport = person["passport"]
    if abroad and chance.random() < 0.4:
        passport = f"E{chance.randint(1_000_000, 9_999_999)}"
    return (
        name,
        person["date"],
        person["place"] if chance.random() < 0.8 else "",
        person["sex"],
        passport,
        person["nik"] if not abroad or chance.random() < 0.4 else "",
        person["phone"] if not abroad else f"+8525{chance.randint(1_000_000, 9_999_999)}",
        person["mail"] if chance.random() < 0.5 else "",
    )
