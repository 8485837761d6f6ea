"""The journey's rules over plain values: which step may follow, who may take it, and when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from registry.placements.reference.p_to_p import LEFT, P_TO_P
from registry.placements.reference.steps import Condition, Scheme, Step
from shared.errors import Conflict, Forbidden, Invalid, NotFound, Text

_FRIDAY = 5

SCHEMES: dict[str, Scheme] = {P_TO_P.code: P_TO_P}
ENDS = frozenset(step.code for step in P_TO_P.steps if step.ends and LEFT in step.needs)
"""Steps with which a job abroad is over."""
AMENDED = "AMENDED"
"""Noted when a record says something else of a placement; its reason names steps taken back."""


class ReservationState(StrEnum):
    """What the registry made of a seat held for a placement.

    BOUND: the contract was signed under it in time. Only a seat still HELD past its expiry lapses.
    """

    HELD = "HELD"
    BOUND = "BOUND"
    LAPSED = "LAPSED"
    RELEASED = "RELEASED"
    CONSUMED = "CONSUMED"


class PlacementNotFound(NotFound):
    code = "placement-not-found"
    title = Text("Penempatan tidak ditemukan", "Placement not found")
    detail = Text(
        "Tidak ada penempatan dengan id ini yang boleh Anda lihat.",
        "There is no placement with this id that you may see.",
    )


class SchemeUnknown(Invalid):
    code = "scheme-unknown"
    title = Text("Skema tidak dikenal", "Unknown scheme")
    detail = Text(
        "Langkah untuk skema ini belum dinyatakan; yang ada: {known}.",
        "No steps are declared for this scheme; known: {known}.",
    )


class StepNotAllowed(Conflict):
    code = "step-not-allowed"
    title = Text("Langkah belum atau tidak lagi mungkin", "Step not possible now")
    detail = Text(
        "Langkah {step} tidak dapat diambil sekarang. Yang dapat: {allowed_actions}.",
        "The step {step} cannot be taken now. Possible: {allowed_actions}.",
    )


class StepNotYours(Forbidden):
    code = "step-not-yours"
    title = Text("Langkah milik pihak lain", "The step belongs to another body")
    detail = Text(
        "Langkah {step} hanya dapat diselesaikan oleh: {allowed_roles}.",
        "The step {step} may be completed only by: {allowed_roles}.",
    )


class PlacementCountryUnknown(Invalid):
    code = "placement-country-unknown"
    title = Text("Negara tujuan tidak dikenal", "Country of work unknown")
    detail = Text(
        "Pakai kode negara di luar Indonesia dari /v1/reference/countries.",
        "Use the code of a country other than Indonesia from /v1/reference/countries.",
    )


class OccupationUnknown(Invalid):
    code = "occupation-unknown"
    title = Text("Kode jabatan tidak dikenal", "Occupation code unknown")
    detail = Text("Lihat /v1/reference/occupations.", "See /v1/reference/occupations.")


class StepUnknown(Invalid):
    code = "step-unknown"
    title = Text("Langkah tidak dikenal", "Unknown step")
    detail = Text(
        "Skema {scheme} tidak mengenal langkah ini.", "The scheme {scheme} has no such step."
    )


class ReservationMissing(Conflict):
    code = "reservation-missing"
    title = Text("Belum ada kursi yang dipesan", "No seat reserved")
    detail = Text(
        "Langkah {step} memerlukan reservasi kursi yang masih berlaku pada job order.",
        "The step {step} needs a slot reservation on a job order that has not expired.",
    )


class ContractEndMissing(Invalid):
    code = "contract-end-missing"
    title = Text("Akhir kontrak belum disebut", "End of contract missing")
    detail = Text(
        "Langkah {step} memerlukan contract_ends_on setelah tanggal langkah.",
        "The step {step} needs a contract_ends_on after the date of the step.",
    )


class StepInTheFuture(Invalid):
    code = "step-in-the-future"
    title = Text("Tanggal langkah belum terjadi", "Step dated in the future")
    detail = Text(
        "Langkah yang selesai tidak dapat bertanggal sesudah hari ini.",
        "A completed step cannot be dated after today.",
    )


class StepBeforeItsGround(Invalid):
    code = "step-before-its-ground"
    title = Text("Tanggal mendahului langkah sebelumnya", "Step dated before what it rests on")
    detail = Text(
        "Langkah {step} tidak dapat bertanggal sebelum {ground}.",
        "The step {step} cannot be dated before {ground}.",
    )


class MedicalResultExpired(Conflict):
    code = "medical-result-expired"
    title = Text("Hasil kesehatan kedaluwarsa", "Medical result expired")
    detail = Text(
        "Hasil {ground} berlaku {valid_days} hari; ulangi pemeriksaan sebelum {step}.",
        "The result {ground} stands for {valid_days} days; repeat it before {step}.",
    )


@dataclass(frozen=True, slots=True)
class Done:
    """A step that the journey has behind it."""

    code: str
    completed_on: date | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody wants to record, with the facts that the step may need."""

    step: str
    completed_on: date
    roles: frozenset[str]
    reservation_expires_at: datetime | None = None
    contract_ends_on: date | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """An open step with its last day."""

    step: str
    due_on: date
    source: str


def allowed_steps(scheme: Scheme, done: Iterable[Done]) -> list[str]:
    """What may be recorded next, in the scheme's order; nothing once the journey has ended
    except what follows an end.
    """
    codes = {step.code for step in done}
    return [step.code for step in scheme.steps if _is_open(scheme, step, codes)]


def check_step(scheme: Scheme, done: Sequence[Done], attempt: Attempt, *, at: datetime) -> Step:
    """The step that an attempt takes; raises the refusal that fits it best."""
    step = scheme.by_code.get(attempt.step)
    if step is None:
        raise StepUnknown(scheme=scheme.code)
    codes = {past.code for past in done}
    if not _is_open(scheme, step, codes):
        raise StepNotAllowed(step=step.code, allowed_actions=allowed_steps(scheme, done))
    if not step.roles & attempt.roles:
        raise StepNotYours(step=step.code, allowed_roles=", ".join(sorted(step.roles)))
    _check_dates(scheme, step, done, attempt, today=at.date())
    if Condition.LIVE_RESERVATION in step.conditions and not is_live(
        attempt.reservation_expires_at, at=at
    ):
        raise ReservationMissing(step=step.code)
    if Condition.CONTRACT_END in step.conditions and (
        attempt.contract_ends_on is None or attempt.contract_ends_on <= attempt.completed_on
    ):
        raise ContractEndMissing(step=step.code)
    return step


def is_live(expires_at: datetime | None, *, at: datetime) -> bool:
    """A reservation counts while its expiry lies ahead."""
    return expires_at is not None and expires_at > at


def may_lapse(done: Iterable[Done], expires_at: datetime, *, at: datetime) -> bool:
    """A reservation lapses past its expiry, unless the contract was signed under it in time."""
    codes = {step.code for step in done}
    return expires_at <= at and "CONTRACTED" not in codes


def dues(scheme: Scheme, done: Sequence[Done]) -> list[Due]:
    """The last day of each open step that has a time limit."""
    when = latest_dates(done)
    codes = {step.code for step in done}
    return [
        Due(step.code, _last_day(when[step.limit.after], step), step.limit.source)
        for step in scheme.steps
        if step.limit and step.limit.after in when and _is_open(scheme, step, codes)
    ]


class Noted(Protocol):
    """An entry in the history of a placement."""

    step: str
    reason: str | None


_Entry = TypeVar("_Entry", bound=Noted)


def standing_steps(history: Iterable[_Entry]) -> list[_Entry]:
    """The steps of a history that nobody took back since."""
    standing: list[_Entry] = []
    for one in history:
        if one.step == AMENDED:
            gone = (one.reason or "").split()
            standing = [step for step in standing if step.step not in gone]
        else:
            standing.append(one)
    return standing


def latest_dates(done: Iterable[Done]) -> dict[str, date]:
    """The last date of each step; steps known without a date are left out."""
    dates: dict[str, date] = {}
    for step in done:
        if step.completed_on is not None:
            dates[step.code] = max(step.completed_on, dates.get(step.code, date.min))
    return dates


def implied(scheme: Scheme, codes: Iterable[str]) -> set[str]:
    """Steps that must lie behind these, whether anybody recorded them or not.

    A source system tells of a departure without telling of the medical check before it.
    """
    behind: set[str] = set()
    waiting = [code for code in codes if code in scheme.by_code]
    while waiting:
        for code in scheme.by_code[waiting.pop()].needs - behind:
            behind.add(code)
            waiting.append(code)
    return behind


def is_abroad(scheme: Scheme, done: Iterable[Done]) -> bool:
    codes = {step.code for step in done}
    return LEFT in codes and not any(
        scheme.by_code[code].ends for code in codes if code in scheme.by_code
    )


def _is_open(scheme: Scheme, step: Step, done: set[str]) -> bool:
    if step.code in done and not step.is_repeatable:
        return False
    if not step.needs <= done or step.blocked_by & done:
        return False
    ended = {code for code in done if code in scheme.by_code and scheme.by_code[code].ends}
    return not ended or bool(step.needs & ended)


def _check_dates(
    scheme: Scheme, step: Step, done: Sequence[Done], attempt: Attempt, *, today: date
) -> None:
    if attempt.completed_on > today:
        raise StepInTheFuture(step=step.code)
    latest = latest_dates(done)
    for ground in sorted(step.needs):
        ground_on = latest.get(ground)
        if ground_on is None:
            continue
        if attempt.completed_on < ground_on:
            raise StepBeforeItsGround(step=step.code, ground=ground)
        valid_days = scheme.by_code[ground].valid_days
        if valid_days and attempt.completed_on > ground_on + timedelta(days=valid_days):
            raise MedicalResultExpired(step=step.code, ground=ground, valid_days=valid_days)


def _last_day(start: date, step: Step) -> date:
    if step.limit is None:
        raise ValueError(step.code)
    if not step.limit.are_working_days:
        return start + timedelta(days=step.limit.days)
    day, left = start, step.limit.days
    while left:
        day += timedelta(days=1)
        left -= day.isoweekday() <= _FRIDAY
    return day
