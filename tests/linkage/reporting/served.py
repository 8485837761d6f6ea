"""The report's tables of who is served worse: strata, and difficulties that go with misses."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from tests.linkage.answers import Mode, read_key, read_scored
from tests.linkage.judging import Judgement
from tests.linkage.measuring import MATCHER, Measured
from tests.linkage.metrics import AUTOMATIC
from tests.linkage.reporting.markdown import table
from tests.linkage.strata import Difficulty, Stratum, difficulties, gap

_DIFFICULTIES: Final = 15
_KINDS: Final = ("name", "sex", "documents", "cell", "province")
_LEAST_ROWS: Final = 200


def served(judgements: Sequence[Judgement]) -> Iterator[str]:
    yield "## Whom it serves worse\n"
    yield (
        "Recall of automatic links by kind of person or pair, all draws of a level together, and "
        "false links.\n"
    )
    rows = []
    for level, system in dict.fromkeys(
        (one.set_name.split("-")[0], one.system) for one in judgements if one.strata
    ):
        added = _added(judgements, level, system)
        for kind in _KINDS:
            cells = [one for one in added if one.kind == kind and one.true >= _LEAST_ROWS]
            if kind == "province" and cells:
                worst, best = min(cells, key=lambda c: c.recall), max(cells, key=lambda c: c.recall)
                cells = [worst, best]
            told = "; ".join(f"{c.value} {c.recall:.4f} of {c.true:,} ({c.false})" for c in cells)
            rows.append([level, system, kind, told, f"{100 * gap(added, kind):.2f}"])
    yield table("level | system | kind | recall of true pairs (false links) | gap, points", rows)


def hardest(measured: Measured) -> Iterator[str]:
    """Which difficulties go with the matcher's misses, on the first draw."""
    first = next((j for j in measured.judgements if j.system == MATCHER and j.strata), None)
    if first is None:
        return
    draw = measured.draws[first.set_name]
    key = read_key(draw, Mode.LINK)
    scored = read_scored(draw.folder / f"{Mode.LINK}-{MATCHER}.csv", key)
    yield f"Difficulties that go with misses of {MATCHER} on {first.set_name}, most first:\n"
    yield table(
        "difficulty | true pairs with it | missed | share | false links",
        map(_difficulty_cells, difficulties(draw, key, scored, AUTOMATIC)[:_DIFFICULTIES]),
    )


def _added(judgements: Iterable[Judgement], level: str, system: str) -> list[Stratum]:
    """The strata of all draws of one level, added up."""
    total: dict[tuple[str, str], Stratum] = {}
    for one in judgements:
        if one.mode is not Mode.LINK or one.system != system:
            continue
        if one.set_name.split("-")[0] == level:
            for cell in one.strata:
                former = total.get((cell.kind, cell.value), Stratum(cell.kind, cell.value, 0, 0, 0))
                total[cell.kind, cell.value] = Stratum(
                    cell.kind,
                    cell.value,
                    former.true + cell.true,
                    former.found + cell.found,
                    former.false + cell.false,
                )
    return [total[name] for name in sorted(total)]


def _difficulty_cells(one: Difficulty) -> list[str]:
    share = one.missed / max(1, one.true)
    return [f"`{one.mark}`", f"{one.true:,}", str(one.missed), f"{share:.1%}", str(one.false)]
