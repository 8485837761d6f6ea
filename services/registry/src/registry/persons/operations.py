"""Registering persons and keeping every identifier that their records state."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.features import document_number, stated_nik
from registry.matching.operations import number_index
from registry.persons.rules import IdentifierKind
from registry.sources.content import Content, day, text
from shared import clock, outbox
from shared.db import driver_sql
from shared.messages.registry import PersonRegistered
from shared.privacy import Keyring
from shared.rows import copy_rows

_COLUMNS = (
    *("source_record_id", "kind", "value_index", "issuer", "valid_from", "valid_to"),
    "first_version",
)


@dataclass(frozen=True, slots=True)
class Stated:
    """An identifier as one version of a record states it."""

    kind: IdentifierKind
    value: str
    issuer: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """A person about to exist."""

    person_id: UUID
    is_provisional: bool


async def register_persons(session: AsyncSession, registrations: Sequence[Registration]) -> None:
    now = clock.now()
    await copy_rows(
        session,
        "persons",
        ("id", "is_provisional", "registered_at", "version"),
        ((one.person_id, one.is_provisional, now, 1) for one in registrations),
    )
    for one in registrations:
        outbox.add(
            session,
            PersonRegistered(
                person_id=one.person_id, is_provisional=one.is_provisional, registered_at=now
            ),
        )


async def touch_persons(
    session: AsyncSession, person_ids: Iterable[UUID], *, settled: Iterable[UUID] = ()
) -> None:
    """Persons of which something changed; those `settled` are provisional no longer."""
    await driver_sql(
        session,
        """
        UPDATE persons SET version = version + 1,
                           is_provisional = is_provisional AND NOT id = ANY($2::uuid[])
        WHERE id = ANY($1::uuid[])
        """,
        list(person_ids),
        list(settled),
    )


async def remember_identifiers(
    session: AsyncSession,
    fresh: Sequence[tuple[UUID, int, Content]],
    renewed: Sequence[tuple[UUID, int, Content]],
    *,
    keyring: Keyring,
) -> None:
    """Keep what versions of records state; what a record states no longer ends, and stays."""
    await copy_rows(
        session,
        "identifiers",
        _COLUMNS,
        (
            row
            for record_id, version, content in fresh
            for row in _rows(record_id, version, content, keyring)
        ),
    )
    for record_id, version, content in renewed:
        rows = list(_rows(record_id, version, content, keyring))
        await _end_unstated(session, record_id, version, rows)
        for row in rows:
            await driver_sql(
                session,
                """
                INSERT INTO identifiers (source_record_id, kind, value_index, issuer, valid_from,
                                         valid_to, first_version)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (source_record_id, kind, value_index) DO UPDATE
                SET issuer = excluded.issuer, valid_from = excluded.valid_from,
                    valid_to = excluded.valid_to, last_version = NULL
                """,
                *row,
            )


def stated_identifiers(content: Content) -> Iterator[Stated]:
    """Every identifier in a record's content, in its comparable form."""
    nik = stated_nik(content)
    if nik is not None:
        yield Stated(IdentifierKind.NIK, nik.digits[:64])
    number = document_number(text(content, "passport_number"))
    if number is not None:
        is_splp = text(content, "document_type") == "SPLP"
        yield Stated(
            IdentifierKind.SPLP if is_splp else IdentifierKind.PASSPORT,
            number,
            text(content, "passport_issuing_office"),
            day(content, "passport_issued_on"),
            day(content, "passport_expires_on"),
        )
    for kind, field in (
        (IdentifierKind.SISKO_P2MI_ID, "sisko_p2mi_id"),
        (IdentifierKind.E_PMI_NUMBER, "e_pmi_number"),
    ):
        value = text(content, field)
        if value is not None:
            yield Stated(kind, value.upper()[:64])


def _rows(
    record_id: UUID, version: int, content: Content, keyring: Keyring
) -> Iterator[tuple[Any, ...]]:
    for one in stated_identifiers(content):
        yield (
            record_id,
            one.kind.value,
            number_index(keyring, one.kind, one.value),
            one.issuer,
            one.valid_from,
            one.valid_to,
            version,
        )


async def _end_unstated(
    session: AsyncSession, record_id: UUID, version: int, rows: Sequence[tuple[Any, ...]]
) -> None:
    await driver_sql(
        session,
        """
        UPDATE identifiers SET last_version = $2 - 1
        WHERE source_record_id = $1 AND last_version IS NULL
          AND NOT (kind, value_index) IN (SELECT * FROM unnest($3::text[], $4::bytea[]))
        """,
        record_id,
        version,
        [row[1] for row in rows],
        [row[2] for row in rows],
    )
