"""Candidates: who shares a key, unless too many share it."""

from datetime import date
from uuid import UUID

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from registry.matching.features import Features
from registry.matching.likeness import MOST_PER_KEY
from registry.matching.operations import Known, forget_features, remember_features
from registry.matching.queries import (
    MOST_PER_WEAK_KEY,
    Candidates,
    find_candidates,
    load_features,
)
from registry.settings import keyring
from shared.db import Database
from shared.ids import new_id
from tests.registry.senders import make_name


async def known(session: AsyncSession, *features: Features) -> list[UUID]:
    some = [Known(new_id(), one) for one in features]
    await remember_features(session, some, [], keyring=keyring())
    return [one.record_id for one in some]


@pytest.mark.parametrize(
    ("alike", "most"),
    [({"names": ("SITI AMINAH",)}, MOST_PER_WEAK_KEY), ({"phone": "081112345678"}, MOST_PER_KEY)],
)
async def test_a_key_that_too_many_share_leads_nowhere(
    sessions: Database, alike: dict[str, object], most: int
) -> None:
    """Namesakes are too many before holders of one telephone are."""
    async with sessions.session() as session:
        ids = await known(session, *[Features(**alike)] * most)  # type: ignore[arg-type]  # of the table.
        found = await find_candidates(session, ids[:1])
        assert set(found.of[ids[0]]) == set(ids[1:])
        assert found.hubs == []
        await known(session, Features(**alike))  # type: ignore[arg-type]  # of the table.
        found = await find_candidates(session, ids[:1])
        assert found.of == {}
        assert len(found.hubs) == 1


async def test_namesakes_meet_by_what_else_they_share(sessions: Database) -> None:
    name, born_on = make_name(), date(1990, 5, 12)
    async with sessions.session() as session:
        many = await known(session, *[Features(names=(name,))] * (MOST_PER_WEAK_KEY + 5))
        one, other = await known(session, *[Features(names=(name,), born_on=born_on)] * 2)
        found = await find_candidates(session, [one, many[0]])
        assert found.of == {one: [other]}


async def test_what_is_forgotten_is_no_candidate(sessions: Database) -> None:
    features = Features(names=(make_name(),), phone="082212345678")
    async with sessions.session() as session:
        one, other = await known(session, features, features)
        assert await load_features(session, [one], keyring=keyring()) == {one: features}
        await forget_features(session, [other])
        assert await find_candidates(session, [one, other]) == Candidates()
        assert await load_features(session, [other], keyring=keyring()) == {}
