"""The page about the tables and the folder of tables name the same files."""

import re
from pathlib import Path

from shared import reference

ROOT = Path(__file__).parents[3]


def test_the_page_names_every_table_and_no_other() -> None:
    page = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| `(\w+)` \|", page, flags=re.MULTILINE)
    folder = Path(reference.__file__).parent / "tables"
    assert sorted(named) == sorted(path.stem for path in folder.glob("*.csv"))


def test_the_keys_on_the_page_are_columns() -> None:
    page = (ROOT / "docs/reference.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| `(\w+)` \|", page, flags=re.MULTILINE)
    folder = Path(reference.__file__).parent / "tables"
    assert len(rows) == len(list(folder.glob("*.csv")))
    for table, key in rows:
        header = (folder / f"{table}.csv").read_text(encoding="utf-8").partition("\n")[0]
        assert {key, "valid_from", "valid_to", "source"} <= set(header.split(",")), table
