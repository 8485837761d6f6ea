"""Which pictures the report has: precision against recall, calibration, fairness."""

from collections.abc import Sequence
from pathlib import Path

from tests.linkage.answers import Mode
from tests.linkage.judging import Judgement
from tests.linkage.reporting import plots


def write_pictures(judgements: Sequence[Judgement], folder: Path) -> list[tuple[str, Path]]:
    """The pictures of the first Indonesian draw, with their titles; none without one."""
    first = next((one.set_name for one in judgements if one.strata), None)
    shown = [one for one in judgements if one.set_name == first and one.mode is Mode.LINK]
    if not shown:
        return []
    written = []
    for name, title, picture in (
        ("precision-recall", "Precision and recall", _precision_recall(shown)),
        ("calibration", "Calibration", _calibration(shown)),
        ("fairness", "Recall by kind of person", _fairness(shown)),
    ):
        path = folder / f"{name}.svg"
        path.write_text(picture)
        written.append((f"{title}, {first}", path))
    return written


def _precision_recall(shown: Sequence[Judgement]) -> str:
    axes = plots.Axes(
        f"Precision by recall, {shown[0].set_name}", "recall", "precision", (0.9, 0.98), (1.0, 1.0)
    )
    return plots.lines(
        axes,
        {one.system: [(q.recall, q.precision) for q in one.figures.curve] for one in shown},
    )


def _calibration(shown: Sequence[Judgement]) -> str:
    axes = plots.Axes(
        f"Scores said and pairs true, {shown[0].set_name}",
        "mean score of a tenth",
        "share of true pairs",
        (0.0, 0.0),
        (1.0, 1.0),
    )
    return plots.lines(
        axes,
        {one.system: [(d.mean_score, d.share_true) for d in one.figures.deciles] for one in shown},
        diagonal=True,
    )


def _fairness(shown: Sequence[Judgement]) -> str:
    wanted = (
        ("name", "one word"), ("name", "longer"), ("sex", "P"), ("sex", "L"), ("province", "35"),
        ("province", "33"), ("province", "32"), ("province", "52"), ("province", "18"),
    )  # fmt: skip
    series = {}
    for one in shown:
        recall = {(cell.kind, cell.value): cell.recall for cell in one.strata}
        series[one.system] = [recall.get(key, 0.0) for key in wanted]
    axes = plots.Axes(
        f"Recall of automatic links, {shown[0].set_name}",
        "kind of person (numbers are provinces)",
        "recall",
        (0.0, 0.9),
        (1.0, 1.0),
    )
    return plots.bars(axes, [value for _, value in wanted], series)
