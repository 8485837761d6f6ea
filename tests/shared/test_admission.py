"""Places are neither lost nor given twice, nobody has them all, and refusals tell the truth."""

import asyncio
import random
import time

import pytest

from shared.admission import Admission, Place
from shared.errors import Refusal, ServiceBusy, ShareExceeded


def make_admission(at_once: int, *, waiting: int = 5, patience_seconds: float = 10) -> Admission:
    return Admission(at_once, waiting=waiting, patience_seconds=patience_seconds)


async def refused(admission: Admission, client: str) -> Refusal:
    with pytest.raises(Refusal) as refusal:
        await admission.enter(client)
    return refusal.value


def queue_up(admission: Admission, client: str, calls: int = 1) -> list[asyncio.Task[Place]]:
    return [asyncio.create_task(admission.enter(client)) for _ in range(calls)]


async def test_a_place_given_to_one_who_just_gave_up_is_not_lost() -> None:
    admission = make_admission(1)
    place = await admission.enter("a")
    [waiting] = queue_up(admission, "a")
    await asyncio.sleep(0)
    place.leave()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1):
        await admission.enter("a")


async def test_a_place_is_not_given_to_one_who_is_just_giving_up() -> None:
    admission = make_admission(1)
    place = await admission.enter("a")
    [waiting] = queue_up(admission, "a")
    await asyncio.sleep(0)
    waiting.cancel()
    place.leave()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1):
        await admission.enter("a")


async def test_those_who_give_up_leave_the_queue() -> None:
    admission = make_admission(1, waiting=1, patience_seconds=0.01)
    place = await admission.enter("a")
    for _ in range(3):
        assert isinstance(await refused(admission, "a"), ServiceBusy)
    place.leave()
    place.leave()
    await admission.enter("a")
    assert isinstance(await refused(admission, "a"), ServiceBusy)


async def test_never_more_than_allowed_are_inside() -> None:
    admission = make_admission(3, waiting=100)
    inside = most = 0
    rng = random.Random(7)

    async def call(number: int) -> None:
        nonlocal inside, most
        place = await admission.enter(f"client {number % 4}")
        inside += 1
        most = max(most, inside)
        try:
            await asyncio.sleep(rng.random() / 500)
        finally:
            inside -= 1
            place.leave()

    calls = [asyncio.create_task(call(number)) for number in range(60)]
    await asyncio.sleep(0.005)
    for one in calls[::7]:
        one.cancel()
    await asyncio.gather(*calls, return_exceptions=True)
    assert most == 3
    places = [await admission.enter(f"client {number}") for number in range(3)]
    assert len(places) == 3


async def test_no_client_has_all_places() -> None:
    admission = make_admission(4, waiting=0)
    for _ in range(3):
        await admission.enter("a")
    assert isinstance(await refused(admission, "a"), ServiceBusy)
    await admission.enter("b")


async def test_clients_have_their_turns_one_after_the_other() -> None:
    admission = make_admission(1, waiting=10)
    place = await admission.enter("a")
    order: list[str] = []

    async def call(client: str) -> None:
        held = await admission.enter(client)
        order.append(client)
        held.leave()

    calls = [asyncio.create_task(call(client)) for client in "aaaab"]
    await asyncio.sleep(0)
    place.leave()
    await asyncio.gather(*calls)
    assert order == ["a", "b", "a", "a", "a"]


async def test_a_full_queue_makes_room_at_the_cost_of_its_longest_part() -> None:
    admission = make_admission(1, waiting=4)
    place = await admission.enter("a")
    flood = queue_up(admission, "a", 4)
    await asyncio.sleep(0)
    [other] = queue_up(admission, "b")
    with pytest.raises(ServiceBusy):
        await flood[-1]
    assert isinstance(await refused(admission, "a"), ShareExceeded)
    place.leave()
    (await flood[0]).leave()
    (await other).leave()
    for one in flood[1:3]:
        (await one).leave()


async def test_who_is_refused_is_told_when_there_will_be_room() -> None:
    """Two places, each held for a second: four who wait take two seconds, each who is refused half
    a second more, and none is told less than was promised to those before.
    """
    admission = make_admission(2, waiting=4)
    for _ in range(200):
        await _hold_for_a_second(admission)
    places, waiting = await _crowd(admission)
    told = [_seconds(await refused(admission, "a")) for _ in range(40)]
    assert 2 <= told[0] <= 5
    assert 20 <= told[-1] <= 36
    assert all(2 + number / 2 <= seconds for number, seconds in enumerate(told))
    for place in places:
        place.leave()
    for one in waiting:
        (await one).leave()
    await _crowd(admission)
    assert _seconds(await refused(admission, "a")) <= 5


async def test_fewer_are_inside_while_the_event_loop_comes_late_and_then_more_again() -> None:
    admission = Admission(8, waiting=50, patience_seconds=30, is_adaptive=True)
    is_late = True

    async def call(client: int) -> None:
        place = await admission.enter(f"client {client}")
        if is_late:
            time.sleep(0.03)  # noqa: ASYNC251 - what keeps others from the loop.
        await asyncio.sleep(0.05)
        place.leave()

    least = 8
    for _ in range(6):
        await asyncio.gather(*(call(number) for number in range(16)))
        least = min(least, admission.limit)
    assert least <= 4
    is_late = False
    async with asyncio.timeout(30):
        while admission.limit < 8:
            await asyncio.gather(*(call(number) for number in range(4)))


async def _crowd(admission: Admission) -> tuple[list[Place], list[asyncio.Task[Place]]]:
    """All places taken and the queue full, by two clients alike."""
    places = [await admission.enter(client) for client in "ab"]
    waiting = queue_up(admission, "a", 2) + queue_up(admission, "b", 2)
    await asyncio.sleep(0)
    return places, waiting


async def _hold_for_a_second(admission: Admission) -> None:
    place = await admission.enter("a")
    place.since -= 1
    place.leave()


def _seconds(refusal: Refusal) -> int:
    assert refusal.retry_after_seconds is not None
    return refusal.retry_after_seconds
