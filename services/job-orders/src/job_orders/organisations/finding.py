"""The finder: compares what was registered or changed with all others, and keeps reviews of pairs.

It runs in the messenger and alone, under its lease. So of two that are registered at the same
moment the second sees the first, and no request waits for it.
"""

from collections.abc import Iterable, Mapping
from itertools import chain
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from job_orders.organisations import queries, recording
from job_orders.organisations.describing import Organisation, describe
from job_orders.organisations.matching.features import KeyKind
from job_orders.organisations.matching.keys import LEADING, Key, keys_of
from job_orders.organisations.matching.scoring import Surroundings, compare
from job_orders.organisations.rules import OrganisationKind
from job_orders.organisations.tables import OrganisationReview
from shared.privacy import Keyring
from shared.rows import copy_rows

SHARE = 20
MOST_PER_KEY = 200
"""A key that more share says too little to look at any of them."""
MOST_DIFFERENT = 4
"""A telephone, account or address of more owners than these is an accountant's or a building's."""
MOST_OF_A_RARE_WORD = 4


async def find_share(session: AsyncSession, *, keyring: Keyring, limit: int = SHARE) -> bool:
    """Compare some of those that wait, and say whether more may wait."""
    is_more = False
    for kind in OrganisationKind:
        due = await queries.list_unmatched(session, kind, limit=limit)
        if due:
            await _find(session, kind, due, keyring=keyring)
            is_more = is_more or len(due) == limit
    return is_more


async def _find(
    session: AsyncSession, kind: OrganisationKind, due: list[UUID], *, keyring: Keyring
) -> None:
    ours = await describe(session, kind, due, keyring=keyring)
    features = {one.id: one.features() for one in ours.values()}
    keys = {one: keys_of(said, keyring, scope=kind) for one, said in features.items()}
    await _keep_keys(session, keys)
    sharing = await queries.find_sharing(session, due, kinds=LEADING, most=MOST_PER_KEY)
    reviews = {_pair(one): one for one in await queries.lock_reviews_of(session, due)}
    partners = _partners(due, sharing, reviews.values())
    strangers = set(chain.from_iterable(partners.values())) - ours.keys()
    described = ours | await describe(session, kind, strangers, keyring=keyring)
    features |= {one: described[one].features() for one in strangers if one in described}
    surroundings = await _surroundings(session, keys)
    done = set()
    for one in due:
        for other in sorted(partners[one]):
            pair = frozenset({one, other})
            if other in described and pair not in done:
                done.add(pair)
                comparison = compare(features[one], features[other], surroundings[one])
                sides = _in_time(described[one], described[other])
                await recording.keep_found(session, kind, sides, comparison, reviews.get(pair))
    # The rows of reviews are locked and sent before those of organisations, as by a decision.
    await session.flush()
    await queries.mark_matched(session, kind, ((one.id, one.version) for one in ours.values()))


def _pair(review: OrganisationReview) -> frozenset[UUID]:
    return frozenset({review.older_id, review.newer_id})


def _partners(
    due: Iterable[UUID],
    sharing: Mapping[UUID, set[UUID]],
    reviews: Iterable[OrganisationReview],
) -> dict[UUID, set[UUID]]:
    """Who shares a key, and who once did: a review may have lost its ground."""
    partners = {one: set(sharing.get(one, ())) for one in due}
    for review in reviews:
        for one in _pair(review) & partners.keys():
            partners[one] |= _pair(review) - {one}
    return partners


async def _keep_keys(session: AsyncSession, keys: Mapping[UUID, list[Key]]) -> None:
    await queries.forget_keys(session, keys)
    rows = [(key.hash, one, key.kind.value, key.beside) for one, of in keys.items() for key in of]
    columns = ("key_hash", "organisation_id", "kind", "beside")
    await copy_rows(session, "organisation_keys", columns, rows)


async def _surroundings(
    session: AsyncSession, keys: Mapping[UUID, list[Key]]
) -> dict[UUID, Surroundings]:
    words = {key.hash: key.word for of in keys.values() for key in of if key.word}
    many: dict[UUID, set[KeyKind]] = {one: set() for one in keys}
    rare: dict[UUID, set[str]] = {one: set() for one in keys}
    for row in await queries.count_sharing(session, keys, most=MOST_PER_KEY):
        if row.different > MOST_DIFFERENT:
            many[row.organisation_id].add(KeyKind(row.kind))
        if row.key_hash in words and row.holders <= MOST_OF_A_RARE_WORD:
            rare[row.organisation_id].add(words[row.key_hash])
    return {one: Surroundings(frozenset(many[one]), frozenset(rare[one])) for one in keys}


def _in_time(one: Organisation, other: Organisation) -> tuple[Organisation, Organisation]:
    """The older one first."""
    older, newer = sorted((one, other), key=lambda side: (side.began_on, side.id))
    return older, newer
