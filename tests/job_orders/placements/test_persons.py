"""Placements follow their persons through merges and splits, in whatever order these arrive."""

import itertools
from uuid import UUID

from job_orders.placements.operations import person_of
from shared.ids import new_id
from shared.messages.base import Message
from tests.job_orders.factories import World, merged, placement_opened, split, tell


async def owner(world: World, placement_id: UUID) -> UUID | None:
    async with world.database.session() as session:
        return await person_of(session, placement_id)


async def test_a_merged_persons_placement_leads_to_the_survivor_in_any_order(
    world: World,
) -> None:
    for order in itertools.permutations(range(3)):
        first, second, third = new_id(), new_id(), new_id()
        opening = placement_opened(world.agency_code, person_id=first)
        messages: list[Message] = [opening, merged(second, first, 1), merged(third, second, 2)]
        await tell(world.database, *(messages[place] for place in order))
        await tell(world.database, *(messages[place] for place in order))
        assert await owner(world, opening.placement_id) == third


async def test_a_split_off_placement_leads_to_its_person_in_any_order(world: World) -> None:
    for order in itertools.permutations(range(3)):
        kept, split_off = new_id(), new_id()
        stays = placement_opened(world.agency_code, person_id=kept)
        moves = placement_opened(world.agency_code, person_id=kept)
        messages: list[Message] = [
            stays,
            moves,
            split(kept, split_off, 1, [moves.placement_id]),
        ]
        await tell(world.database, *(messages[place] for place in order))
        assert await owner(world, stays.placement_id) == kept
        assert await owner(world, moves.placement_id) == split_off


async def test_a_split_takes_a_merge_back_and_a_later_merge_may_go_the_other_way(
    world: World,
) -> None:
    for order in itertools.permutations(range(3)):
        one, other = new_id(), new_id()
        opening = placement_opened(world.agency_code, person_id=other)
        messages: list[Message] = [
            merged(one, other, 1),
            split(one, other, 2, [opening.placement_id]),
            merged(other, one, 3),
        ]
        if order.index(1) < order.index(0):
            continue  # Both are of one key, so they keep their order.
        await tell(world.database, opening, *(messages[place] for place in order))
        assert await owner(world, opening.placement_id) == other


async def test_of_two_splits_of_different_persons_the_later_one_holds_in_any_order(
    world: World,
) -> None:
    """Merged into one and that into another, and taken apart again the other way round."""
    for order in itertools.permutations(range(2)):
        first, second, third = new_id(), new_id(), new_id()
        opening = placement_opened(world.agency_code, person_id=first)
        merges: list[Message] = [merged(second, first, 1), merged(third, second, 2)]
        splits: list[Message] = [
            split(third, second, 3, [opening.placement_id]),
            split(second, first, 4, [opening.placement_id]),
        ]
        await tell(world.database, opening, *merges, *(splits[place] for place in order))
        assert await owner(world, opening.placement_id) == first


async def test_a_placement_named_by_a_split_alone_gets_no_seat_until_it_is_opened(
    world: World,
) -> None:
    order = await world.make_issued(1)
    opening = placement_opened(world.agency_code)
    person_id = new_id()
    await tell(world.database, split(new_id(), person_id, 1, [opening.placement_id]))
    early = await world.reserve(order, opening.placement_id)
    assert (early.status_code, early.json()["code"]) == (409, "placement-unknown")
    await tell(world.database, opening)
    made = await world.reserve(order, opening.placement_id)
    assert made.status_code == 201
    read = await world.api.get(made.headers["location"], headers=world.officer())
    assert read.json()["person_id"] == str(person_id)
