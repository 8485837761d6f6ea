"""Why a pair has its score: one line a field whose bits add up to the match weight exactly."""

from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.comparing import compare
from registry.matching.linkage.guards import Guard, guards_of, held, names_of
from registry.matching.linkage.levels import FIELDS, UNKNOWN, name_of
from registry.matching.linkage.linking import Linked, weights_for
from registry.matching.linkage.model import Kind
from registry.matching.linkage.rarity import rarities_of
from registry.matching.linkage.reading import InputRefused
from registry.matching.linkage.records import Records
from registry.matching.linkage.weighing import probabilities, weigh

PRIOR, HOUSEHOLD, PARTNERS, GUARDED = "PRIOR", "HOUSEHOLD", "OTHER_PARTNERS", "HELD_BY_GUARD"


@dataclass(frozen=True, slots=True)
class Step:
    """One bar of the waterfall: what was looked at, how far it agrees, and its bits."""

    name: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """The steps from nothing to the match weight of one pair, and the guards that fired."""

    pair: tuple[str, str]
    steps: tuple[Step, ...]
    guards: tuple[Guard, ...]

    @property
    def weight(self) -> float:
        return sum(step.bits for step in self.steps)

    @property
    def score(self) -> float:
        return float(probabilities(np.array([self.weight]))[0])


def explain(linked: Linked, records: Records, ours: int, theirs: int) -> Explanation:
    """The waterfall of a pair, whether or not it was a candidate."""
    kind = _kind(records, ours, theirs)
    weights = weights_for(linked.model, kind, records)
    rarities = rarities_of(records, linked.model.rarities)
    one, other = np.array([ours], dtype=np.int64), np.array([theirs], dtype=np.int64)
    compared = compare(records, one, other, rarities=rarities)
    weighed = weigh(compared, weights)
    guards = guards_of(compared)
    steps = [Step(PRIOR, kind, weighed.prior)]
    steps += [
        Step(field, name_of(field, int(level)), float(bits))
        for field, level, bits in zip(FIELDS, compared.levels[0], weighed.fields[0], strict=True)
        if level != UNKNOWN
    ]
    steps.append(Step(HOUSEHOLD, "", -float(weighed.kin[0])))
    own = float(weighed.total[0])
    kept = float(held(weighed.total, guards)[0])
    if kept != own:
        steps.append(Step(GUARDED, "", kept - own))
    final = _final(linked, ours, theirs)
    if final is not None and abs(final - kept) > 1e-9:  # noqa: PLR2004 - more than rounding.
        steps.append(Step(PARTNERS, "", final - kept))
    return Explanation(
        (records.ids[ours], records.ids[theirs]), tuple(steps), tuple(names_of(int(guards[0])))
    )


def find_pair(records: Records, text: str) -> tuple[int, int]:
    """The places of the two ids that a person wrote with a comma between."""
    ids = {key: place for place, key in enumerate(records.ids)}
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2:  # noqa: PLR2004 - a pair.
        raise InputRefused(f"--pair {text}: write two ids with a comma between")
    missing = [part for part in parts if part not in ids]
    if missing:
        raise InputRefused(f"--pair: no record has the id {missing[0]}; look it up in the files")
    ours, theirs = sorted(ids[part] for part in parts)
    return ours, theirs


def table_of(explanation: Explanation) -> str:
    """The waterfall as a small table."""
    lines = [f"{'field':16}{'agreement':42}{'bits':>9}{'sum':>9}"]
    total = 0.0
    for step in explanation.steps:
        total += step.bits
        lines.append(f"{step.name:16}{step.level:42}{step.bits:9.2f}{total:9.2f}")
    lines.append(f"{'match weight':58}{explanation.weight:9.2f}{'':9}")
    lines.append(f"{'score':58}{explanation.score:9.6f}")
    if explanation.guards:
        lines.append(f"guards: {', '.join(explanation.guards)}")
    return "\n".join(lines) + "\n"


def _kind(records: Records, ours: int, theirs: int) -> Kind:
    if theirs < records.left:
        return Kind.LEFT
    return Kind.RIGHT if ours >= records.left else Kind.ACROSS


def _final(linked: Linked, ours: int, theirs: int) -> float | None:
    pairs = linked.scored.pairs
    found = np.flatnonzero((pairs.ours == ours) & (pairs.theirs == theirs))
    return float(linked.scored.weights[found[0]]) if len(found) else None
