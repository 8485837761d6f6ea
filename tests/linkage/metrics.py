"""The contract's figures of scored pairs: precision and recall, bands, calibration. Pure sums."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tests.linkage.answers import Scored

THRESHOLDS: Final = (0.5, 0.9, 0.95, 0.99, 0.999)
AUTOMATIC: Final = 0.99
REVIEWED: Final = 0.1
DEMANDED: Final = 0.999


class Quality(NamedTuple):
    """Precision and recall of all pairs at or above a threshold."""

    threshold: float
    right: int
    wrong: int
    total: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.total if self.total else 1.0

    @property
    def f1(self) -> float:
        false = self.wrong + self.total - self.right
        return 2 * self.right / (2 * self.right + false) if self.right + false else 1.0


class Decile(NamedTuple):
    """Pairs whose scores lie in one tenth of 0..1."""

    number: int
    pairs: int
    mean_score: float
    share_true: float


class Figures(NamedTuple):
    """What is measured of one output."""

    total: int
    at: dict[float, Quality]
    best: Quality
    recall_demanded: float
    review_per_1000: float
    recall_reviewed: float
    expected_ratio: float
    calibration_error: float
    deciles: list[Decile]
    curve: list[Quality]


def measure(scored: Sequence[Scored], *, total: int, rows: int) -> Figures:
    """The figures of pairs sorted best first, of which `total` should have been found."""
    curve = list(_curve(scored, total))
    reachable = [point for point in curve if point.precision >= DEMANDED]
    deciles = _deciles(scored)
    band = [one for one in scored if REVIEWED <= one.score < AUTOMATIC]
    automatic = quality_at(scored, AUTOMATIC, total)
    seen = automatic.right + sum(one.is_true for one in band)
    return Figures(
        total=total,
        at={limit: quality_at(scored, limit, total) for limit in THRESHOLDS},
        best=max(curve, key=lambda point: point.f1, default=Quality(1.0, 0, 0, total)),
        recall_demanded=max((point.recall for point in reachable), default=0.0),
        review_per_1000=1000 * len(band) / rows if rows else 0.0,
        recall_reviewed=seen / total if total else 1.0,
        expected_ratio=sum(one.score for one in scored) / total if total else 1.0,
        calibration_error=sum(
            decile.pairs * abs(decile.mean_score - decile.share_true) for decile in deciles
        )
        / max(1, len(scored)),
        deciles=deciles,
        curve=curve,
    )


def quality_at(scored: Sequence[Scored], limit: float, total: int) -> Quality:
    """The quality of the pairs that score at least this much."""
    above = [one.is_true for one in scored if one.score >= limit]
    return Quality(limit, sum(above), len(above) - sum(above), total)


def _curve(scored: Sequence[Scored], total: int) -> list[Quality]:
    """One point per distinct score: pairs of equal score cannot be told apart by a threshold."""
    points: list[Quality] = []
    right = wrong = 0
    for place, one in enumerate(scored):
        right += one.is_true
        wrong += not one.is_true
        if place + 1 == len(scored) or scored[place + 1].score < one.score:
            points.append(Quality(one.score, right, wrong, total))
    return points


def _deciles(scored: Sequence[Scored]) -> list[Decile]:
    found = []
    for number in range(10):
        inside = [one for one in scored if min(9, int(one.score * 10)) == number]
        if inside:
            mean = sum(one.score for one in inside) / len(inside)
            share = sum(one.is_true for one in inside) / len(inside)
            found.append(Decile(number, len(inside), mean, share))
    return found
