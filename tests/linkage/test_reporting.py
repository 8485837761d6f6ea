"""The report's page and pictures, from judgements made here; nothing is measured."""

from pathlib import Path
from xml.etree import ElementTree as ET

from tests.linkage.answers import Mode, Scored
from tests.linkage.entities import Entities
from tests.linkage.judging import Judgement
from tests.linkage.measuring import Measured
from tests.linkage.metrics import measure
from tests.linkage.reporting.pictures import write_pictures
from tests.linkage.reporting.plots import thinned
from tests.linkage.reporting.registers import others, registers
from tests.linkage.reporting.served import served
from tests.linkage.strata import Stratum

MOST_BYTES = 60_000


def make_judgement(system: str, *, mode: Mode = Mode.LINK, set_name: str = "usual-1") -> Judgement:
    scored = [Scored(1 - n / 5_000, n % 50 != 49, (f"l{n}", f"r{n}")) for n in range(4_000)]
    return Judgement(
        system=system,
        set_name=set_name,
        mode=mode,
        rows=9_000,
        figures=measure(scored, total=4_100, rows=9_000),
        entities={0.99: Entities(0.9, 0.8, 0.85, 0.95, 1010, 1000)} if mode is Mode.UNIFY else {},
        strata=[Stratum("name", "one word", 300, 290, 1), Stratum("name", "longer", 900, 890, 2)]
        if set_name == "usual-1"
        else [],
        counts={"Taiwan": (1000, 990.0, 950.0, 1040.0)} if mode is Mode.UNIFY else {},
        wall=12.0,
        cpu=10.0,
        peak_mib=300.0,
    )


def test_pictures_are_well_formed_and_small(tmp_path: Path) -> None:
    shown = write_pictures([make_judgement("one"), make_judgement("other & more")], tmp_path)
    assert len(shown) == 3
    for _, path in shown:
        assert ET.parse(path).getroot().tag.endswith("svg")  # noqa: S314 - it is our own picture
        assert path.stat().st_size < MOST_BYTES


def test_a_thinned_line_keeps_its_ends() -> None:
    points = [(float(n), 0.0) for n in range(5_000)]
    kept = thinned(points)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert len(kept) < 200


def test_every_row_of_a_table_has_the_cells_of_its_head() -> None:
    unified = make_judgement("one", mode=Mode.UNIFY)
    census = make_judgement("one", mode=Mode.DEDUPE, set_name="census-1")
    judgements = [make_judgement("one"), make_judgement("other"), unified, census]
    text = "\n".join(
        [*registers(Measured(judgements, [], {})), *served(judgements), *others(judgements)]
    )
    tables = [part.splitlines() for part in text.split("\n\n") if part.lstrip().startswith("|")]
    assert len(tables) >= 5
    for table in tables:
        assert len({line.count("|") for line in table if line}) == 1, table
    assert "| Taiwan | 1,000 | 990 | -1.00% | 950 to 1,040 | yes |" in text


def test_recall_of_strata_is_added_up_over_the_draws_of_a_level() -> None:
    text = "\n".join(served([make_judgement("one"), make_judgement("one")]))
    assert "one word 0.9667 of 600 (2)" in text
    assert "| 2.22 |" in text
