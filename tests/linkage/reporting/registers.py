"""The report's tables of the Indonesian registers and of other countries' sets."""

from collections.abc import Iterable, Iterator, Sequence
from statistics import mean

from tests.linkage.answers import Mode
from tests.linkage.judging import Judgement
from tests.linkage.measuring import Measured
from tests.linkage.metrics import AUTOMATIC, THRESHOLDS
from tests.linkage.reporting.markdown import table


def registers(measured: Measured) -> Iterator[str]:
    found = [one for one in measured.judgements if one.strata]
    links = [one for one in found if one.mode is Mode.LINK]
    yield "## Two Indonesian registers\n"
    yield table(
        "draw | system | automatic P | automatic R | false | best F1 | R@P999 | review per 1,000 | "
        "R after review | expected | calibration error | wall s | CPU s | MiB",
        map(_link_cells, links),
    )
    yield "By threshold, mean of the draws:\n"
    limits = " | ".join(f"{limit} P / R / F1" for limit in THRESHOLDS)
    yield table(f"level and system | {limits}", _by_threshold(links))
    unified = [one for one in found if one.mode is Mode.UNIFY]
    if unified:
        yield "Within and across both files (`unify`), entities after closure:\n"
        yield table(
            "draw | system | closed at | pair F1 | B-cubed F1 | entities | true | error | wall s | "
            "MiB",
            (cells for one in unified for cells in _entity_cells(one)),
        )
    yield from _counts(unified)


def others(judgements: Sequence[Judgement]) -> Iterator[str]:
    yield "## Other countries' sets\n"
    yield table(
        "set | system | rows | true pairs | best P / R / F1 | automatic P / R | R@P999 | "
        "best closure F1 | wall s | CPU s | MiB",
        map(_other_cells, (one for one in judgements if not one.strata)),
    )


def _link_cells(one: Judgement) -> list[str]:
    figures, automatic = one.figures, one.figures.at[AUTOMATIC]
    return [
        one.set_name, one.system, f"{automatic.precision:.5f}", f"{automatic.recall:.4f}",
        str(automatic.wrong), f"{figures.best.f1:.4f}", f"{figures.recall_demanded:.4f}",
        f"{figures.review_per_1000:.2f}", f"{figures.recall_reviewed:.4f}",
        f"{figures.expected_ratio:.4f}", f"{figures.calibration_error:.4f}",
        f"{one.wall:.1f}", f"{one.cpu:.1f}", f"{one.peak_mib:.0f}",
    ]  # fmt: skip


def _by_threshold(links: Sequence[Judgement]) -> Iterator[list[str]]:
    for level, system in dict.fromkeys((one.set_name.split("-")[0], one.system) for one in links):
        same = [one for one in links if (one.set_name.split("-")[0], one.system) == (level, system)]
        cells = [f"{level}, {system}"]
        for limit in THRESHOLDS:
            found = [one.figures.at[limit] for one in same]
            precision, recall, f1 = (
                mean(values)
                for values in zip(*((q.precision, q.recall, q.f1) for q in found), strict=True)
            )
            cells.append(f"{precision:.4f} / {recall:.4f} / {f1:.4f}")
        yield cells


def _entity_cells(one: Judgement) -> Iterator[list[str]]:
    for limit, entities in one.entities.items():
        yield [
            one.set_name, one.system, str(limit), f"{entities.pair_f1:.4f}",
            f"{entities.b_cubed_f1:.4f}", f"{entities.found:,}", f"{entities.true:,}",
            f"{entities.count_error:+.2%}", f"{one.wall:.1f}", f"{one.peak_mib:.0f}",
        ]  # fmt: skip


def _counts(unified: Iterable[Judgement]) -> Iterator[str]:
    for one in unified:
        if one.counts:
            yield f"Workers present by country, registered or not ({one.system}, {one.set_name}):\n"
            yield table(
                "country | true | estimate | error | 95 % interval | holds",
                (
                    [
                        country, f"{true:,}", f"{estimate:,.0f}", f"{estimate / true - 1:+.2%}",
                        f"{low:,.0f} to {high:,.0f}", "yes" if low <= true <= high else "no",
                    ]
                    for country, (true, estimate, low, high) in one.counts.items()
                ),
            )  # fmt: skip


def _other_cells(one: Judgement) -> list[str]:
    best, automatic = one.figures.best, one.figures.at[AUTOMATIC]
    closed = max((entities.pair_f1 for entities in one.entities.values()), default=None)
    return [
        f"{one.set_name}, {one.mode}", one.system, f"{one.rows:,}", f"{one.figures.total:,}",
        f"{best.precision:.4f} / {best.recall:.4f} / {best.f1:.4f}",
        f"{automatic.precision:.4f} / {automatic.recall:.4f}", f"{one.figures.recall_demanded:.4f}",
        "" if closed is None else f"{closed:.4f}", f"{one.wall:.1f}", f"{one.cpu:.1f}",
        f"{one.peak_mib:.0f}",
    ]  # fmt: skip
