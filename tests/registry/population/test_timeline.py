"""A person counts where the latest live evidence says, and every change is posted exactly."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.population.definition import PRESENCE_1, add_months
from registry.population.timeline import (
    UNKNOWN,
    Cause,
    Cell,
    Change,
    Evidence,
    Exit,
    ExitKind,
    Movement,
    Posting,
    Sign,
    Source,
    SourceCell,
    Stay,
    cell_on,
    difference,
    timeline,
)

EPOCH = date(2024, 1, 1)
TODAY = date(2024, 12, 31)


def day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def sign(
    source: Source = Source.KP2MI,
    seen: int = 0,
    until: int = 100,
    *,
    country: str = "MY",
    district: str = UNKNOWN,
    category: str = UNKNOWN,
    is_arrival: bool = True,
) -> Sign:
    return Sign(source, day(seen), day(until), country, district, category, is_arrival=is_arrival)


def evidence(*facts: Sign | Exit) -> Evidence:
    return Evidence(
        frozenset(fact for fact in facts if isinstance(fact, Sign)),
        frozenset(fact for fact in facts if isinstance(fact, Exit)),
    )


def left(on: int, kind: ExitKind = ExitKind.RETURN, country: str | None = "MY") -> Exit:
    return Exit(kind, day(on), country)


KP2MI, KEMLU = Source.KP2MI, Source.KEMLU
Short = tuple[int, int, str, SourceCell, Movement, Movement]


def short(stays: tuple[Stay, ...]) -> list[Short]:
    return [
        (
            (stay.starts_on - EPOCH).days,
            (stay.ends_on - EPOCH).days,
            stay.cell.country,
            stay.cell.source_cell,
            stay.begins_by,
            stay.ends_by,
        )
        for stay in stays
    ]


ONE, TWO, BOTH = SourceCell.KP2MI_ONLY, SourceCell.KEMLU_ONLY, SourceCell.BOTH
ARRIVAL, DISCOVERY, MOVE = Movement.ARRIVAL, Movement.DISCOVERY, Movement.MOVE
SOURCE, DECAY, RETURN, DEATH = Movement.SOURCE, Movement.DECAY, Movement.RETURN, Movement.DEATH


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([], [], id="nothing known"),
        pytest.param([sign()], [(0, 100, "MY", ONE, ARRIVAL, DECAY)], id="decay by itself"),
        pytest.param(
            [sign(KEMLU, is_arrival=False)],
            [(0, 100, "MY", TWO, DISCOVERY, DECAY)],
            id="reported without an arrival is a discovery",
        ),
        pytest.param(
            [sign(), sign(KEMLU, 30, 150)],
            [
                (0, 30, "MY", ONE, ARRIVAL, SOURCE),
                (30, 100, "MY", BOTH, SOURCE, SOURCE),
                (100, 150, "MY", TWO, SOURCE, DECAY),
            ],
            id="a source counts while its own evidence is live",
        ),
        pytest.param(
            [sign(), sign(KEMLU, 30, 150), left(60)],
            [
                (0, 30, "MY", ONE, ARRIVAL, SOURCE),
                (30, 60, "MY", BOTH, SOURCE, RETURN),
            ],
            id="either ministry's exit ends both",
        ),
        pytest.param(
            [sign(), left(60, ExitKind.DEATH, None), sign(KEMLU, 70, 150)],
            [(0, 60, "MY", ONE, ARRIVAL, DEATH)],
            id="nobody counts after death",
        ),
        pytest.param(
            [sign(), left(60), sign(seen=80, until=200)],
            [(0, 60, "MY", ONE, ARRIVAL, RETURN), (80, 200, "MY", ONE, ARRIVAL, DECAY)],
            id="departing again begins anew",
        ),
        pytest.param(
            [sign(), sign(KEMLU, 40, 140, country="TW")],
            [(0, 40, "MY", ONE, ARRIVAL, MOVE), (40, 140, "TW", TWO, MOVE, DECAY)],
            id="the later country wins and ends the earlier evidence",
        ),
        pytest.param(
            [sign(until=300), sign(KEMLU, 40, 140, country="TW")],
            [(0, 40, "MY", ONE, ARRIVAL, MOVE), (40, 140, "TW", TWO, MOVE, DECAY)],
            id="evidence ended by a move does not revive",
        ),
        pytest.param(
            [sign(), left(40), sign(KEMLU, 40, 140, country="TW")],
            [(0, 40, "MY", ONE, ARRIVAL, MOVE), (40, 140, "TW", TWO, MOVE, DECAY)],
            id="leaving one country for another on one day is a move",
        ),
        pytest.param(
            [sign(), left(50, country="TW")],
            [(0, 100, "MY", ONE, ARRIVAL, DECAY)],
            id="leaving elsewhere says nothing here",
        ),
        pytest.param(
            [sign(KEMLU), sign(KEMLU, 60, 160, is_arrival=False)],
            [(0, 160, "MY", TWO, ARRIVAL, DECAY)],
            id="a sign of life prolongs",
        ),
        pytest.param(
            [sign(KEMLU), sign(KEMLU, 120, 160, is_arrival=False)],
            [(0, 100, "MY", TWO, ARRIVAL, DECAY), (120, 160, "MY", TWO, DISCOVERY, DECAY)],
            id="found again after decay",
        ),
        pytest.param(
            [sign(country="MY"), sign(KEMLU, country="TW")],
            [(0, 100, "TW", TWO, ARRIVAL, DECAY)],
            id="on equal dates the mission's word wins",
        ),
    ],
)
def test_a_timeline_follows_from_evidence(facts: list[Sign | Exit], expected: list[Short]) -> None:
    assert short(timeline(evidence(*facts))) == expected


def test_the_latest_known_district_and_category_stand() -> None:
    stays = timeline(
        evidence(
            sign(district="KBRI-KUALA-LUMPUR", category="WORK"),
            sign(KEMLU, 10, 100, district="KJRI-PENANG"),
            sign(KEMLU, 20, 100, category="STUDY"),
        )
    )
    assert [(stay.cell.district, stay.cell.category, stay.begins_by) for stay in stays] == [
        ("KBRI-KUALA-LUMPUR", "WORK", ARRIVAL),
        ("KJRI-PENANG", "WORK", MOVE),
        ("KJRI-PENANG", "STUDY", Movement.CATEGORY),
    ]


def test_a_first_known_district_is_no_move() -> None:
    stays = timeline(evidence(sign(), sign(KEMLU, 10, 100, district="KJRI-PENANG")))
    assert [stay.begins_by for stay in stays] == [ARRIVAL, SOURCE]


@pytest.mark.parametrize(
    ("seen_on", "contract_ends_on", "live_until"),
    [
        (date(2024, 1, 10), date(2026, 1, 10), date(2026, 4, 10)),
        (date(2024, 1, 10), None, date(2027, 1, 10)),
        (date(2024, 1, 10), date(2023, 1, 10), date(2027, 1, 10)),
    ],
)
def test_kp2mi_evidence_ends_after_the_contract(
    seen_on: date, contract_ends_on: date | None, live_until: date
) -> None:
    assert PRESENCE_1.kp2mi_live_until(seen_on, contract_ends_on) == live_until


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 12, 15), 24, date(2026, 12, 15)),
        (date(2024, 2, 29), 36, date(2027, 2, 28)),
    ],
)
def test_months_end_on_the_last_day_of_a_shorter_month(start: date, months: int, end: date) -> None:
    assert add_months(start, months) == end


def news(before: Evidence, after: Evidence, known_on: date = TODAY) -> list[Posting]:
    return differ(before, after, Change.NEWS, known_on)


def differ(
    before: Evidence, after: Evidence, change: Change, known_on: date = TODAY
) -> list[Posting]:
    return difference(
        timeline(before),
        timeline(after),
        change=change,
        known_on=known_on,
        definition=PRESENCE_1,
    )


def causes(postings: list[Posting]) -> list[tuple[int, str, int, Cause]]:
    return [
        ((post.valid_on - EPOCH).days, post.cell.source_cell, post.delta, post.cause)
        for post in postings
    ]


def test_an_arrival_posts_its_decay_in_advance() -> None:
    assert causes(news(evidence(), evidence(sign(seen=360, until=500)))) == [
        (360, ONE, 1, Cause.ARRIVAL),
        (500, ONE, -1, Cause.DECAY),
    ]


def test_what_is_heard_late_says_so() -> None:
    late, *_ = news(evidence(), evidence(sign(seen=10, until=500)))
    assert late.cause is Cause.LATE_RECORD
    assert late.movement is ARRIVAL


def test_a_renewal_takes_the_decay_back() -> None:
    before = evidence(sign(KEMLU, 300, 400))
    after = before | evidence(sign(KEMLU, 365, 465, is_arrival=False))
    assert causes(news(before, after)) == [
        (400, TWO, 1, Cause.RENEWAL),
        (465, TWO, -1, Cause.DECAY),
    ]


def test_a_return_takes_the_decay_back_and_posts_itself() -> None:
    before = evidence(sign(KEMLU, 300, 400))
    assert causes(news(before, before | evidence(left(365)))) == [
        (365, TWO, -1, Cause.RETURN),
        (400, TWO, 1, Cause.RENEWAL),
    ]


def test_a_withdrawn_record_is_a_correction() -> None:
    assert {post.cause for post in differ(evidence(sign()), evidence(), Change.CORRECTION)} == {
        Cause.CORRECTION
    }


def test_a_merge_names_itself_in_every_posting() -> None:
    one, other = evidence(sign()), evidence(sign(KEMLU, 10, 120))
    postings = differ(one, one | other, Change.MERGE) + differ(other, evidence(), Change.MERGE)
    assert {post.cause for post in postings} == {Cause.MERGE}
    assert headline(postings, 50) == -1


SPAN = 60
signs = st.builds(
    lambda source, seen, live, country, district, category, is_arrival: sign(
        source,
        seen,
        seen + live,
        country=country,
        district=district,
        category=category,
        is_arrival=is_arrival,
    ),
    st.sampled_from(Source),
    st.integers(0, SPAN),
    st.integers(0, SPAN),
    st.sampled_from(["MY", "TW"]),
    st.sampled_from([UNKNOWN, "D1", "D2"]),
    st.sampled_from([UNKNOWN, "WORK", "STUDY"]),
    st.booleans(),
)
exits = st.builds(
    left,
    st.integers(0, 2 * SPAN),
    st.sampled_from(ExitKind),
    st.sampled_from(["MY", "TW", None]),
)
people = st.builds(Evidence, st.frozensets(signs, max_size=5), st.frozensets(exits, max_size=2))
changes = st.sampled_from(Change)


def balance(postings: list[Posting], on: date) -> dict[Cell, int]:
    totals: Counter[Cell] = Counter()
    for post in postings:
        if post.valid_on <= on:
            totals[post.cell] += post.delta
    return {cell: total for cell, total in totals.items() if total}


def headline(postings: list[Posting], number: int) -> int:
    return sum(balance(postings, day(number)).values())


def state(person: Evidence, on: date) -> dict[Cell, int]:
    cell = cell_on(timeline(person), on)
    return {cell: 1} if cell else {}


ALL_DAYS = [day(number) for number in range(0, 3 * SPAN + 1, 1)]


@given(people, changes)
def test_postings_sum_to_the_state_on_any_day(person: Evidence, change: Change) -> None:
    postings = differ(Evidence(), person, change)
    for on in ALL_DAYS:
        assert balance(postings, on) == state(person, on)


@given(people, people, people, changes, changes)
def test_differences_add_up(
    first: Evidence, second: Evidence, third: Evidence, one: Change, other: Change
) -> None:
    steps = differ(first, second, one) + differ(second, third, other)
    whole = differ(first, third, Change.NEWS)
    for on in ALL_DAYS:
        assert balance(steps, on) == balance(whole, on)


@given(people, people, changes)
def test_there_and_back_leaves_nothing(first: Evidence, second: Evidence, change: Change) -> None:
    postings = differ(first, second, change) + differ(second, first, change)
    assert balance(postings, date.max) == {}
    by_movement: Counter[tuple[date, Cell, Movement]] = Counter()
    for post in postings:
        by_movement[post.valid_on, post.cell, post.movement] += post.delta
    assert not any(by_movement.values())


@given(people, people)
def test_evidence_merges_in_any_order(one: Evidence, other: Evidence) -> None:
    assert timeline(one | other) == timeline(other | one)


@given(st.lists(people, max_size=4), st.integers(0, 3 * SPAN))
def test_the_source_cells_sum_to_the_headline(crowd: list[Evidence], number: int) -> None:
    postings = [post for person in crowd for post in news(Evidence(), person)]
    by_source: Counter[SourceCell] = Counter()
    for cell, total in balance(postings, day(number)).items():
        by_source[cell.source_cell] += total
    present = sum(cell_on(timeline(person), day(number)) is not None for person in crowd)
    assert sum(by_source.values()) == headline(postings, number) == present


@given(people)
def test_a_person_is_in_one_cell_at_a_time(person: Evidence) -> None:
    stays = timeline(person)
    for stay, following in pairwise(stays):
        assert stay.starts_on < stay.ends_on <= following.starts_on
        if stay.ends_on == following.starts_on:
            assert stay.cell != following.cell
            assert stay.ends_by == following.begins_by
        else:
            assert stay.ends_by in {RETURN, DECAY}


@given(people, st.integers(0, 3 * SPAN))
def test_present_means_a_source_of_its_own_is_live(person: Evidence, number: int) -> None:
    on = day(number)
    cell = cell_on(timeline(person), on)
    live = {
        one.source
        for one in person.signs
        if one.seen_on <= on < one.live_until and cell and one.country == cell.country
    }
    if cell:
        wanted = {ONE: {KP2MI}, TWO: {KEMLU}, BOTH: {KP2MI, KEMLU}}[cell.source_cell]
        assert wanted <= live


@given(people, st.integers(0, SPAN))
def test_flows_bridge_to_the_stock(person: Evidence, number: int) -> None:
    """Arrived and discovered, less returned, died and decayed, is who is there."""
    postings = [post for post in news(Evidence(), person) if post.valid_on <= day(number)]
    within = sum(post.delta for post in postings if post.movement in {MOVE, SOURCE, "CATEGORY"})
    flows = sum(post.delta for post in postings if post.movement not in {MOVE, SOURCE, "CATEGORY"})
    assert within == 0
    assert flows == len(state(person, day(number)))
