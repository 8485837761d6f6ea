"""Reading files: what whoever else reads in the same process may count on."""

import csv
import json
from pathlib import Path

import pytest

from registry.matching.linkage.reading import (
    LONGEST_CELL,
    InputRefused,
    read_schema,
    read_table,
)


@pytest.mark.parametrize("signs", [200_000, LONGEST_CELL + 1])
def test_a_long_cell_is_read_or_refused_and_the_limit_of_others_stays(
    tmp_path: Path, signs: int
) -> None:
    (tmp_path / "schema.json").write_text(json.dumps({"id": "id", "columns": {"n": "full_name"}}))
    (tmp_path / "left.csv").write_text(f"id,n\n1,{'A' * signs}\n")
    schema, usual = read_schema(tmp_path / "schema.json"), csv.field_size_limit()
    if signs > LONGEST_CELL:
        with pytest.raises(InputRefused, match="not readable as CSV"):
            read_table(tmp_path / "left.csv", schema)
    else:
        [[name]] = read_table(tmp_path / "left.csv", schema).columns.values()
        assert name.startswith("AAA")
    assert csv.field_size_limit() == usual
