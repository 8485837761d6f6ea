"""Ciphertexts are bound to their place, indexes keyed; cursors and seals open for one reader."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from sqlalchemy import Column, Integer, MetaData, String, Table, create_engine, select

from shared import clock, sealing
from shared.auth import Caller
from shared.errors import ActionNotAllowed, CursorRefused, PurposeMissing, PurposeNotAllowed
from shared.ids import from_short, new_id, random_reference, short
from shared.pagination import Paging
from shared.policy import EVERYWHERE, Grant, Policy, Rule, Shown, own
from shared.privacy import DoesNotOpen, Keyring, Keys, Nonces, new_keyring
from shared.sensitivity import PUBLIC, RESTRICTED, Level, Purpose

RING = new_keyring()


def ring(service: str = "registry") -> Keyring:
    return Keyring(service, Keys(RING["encryption"]), Keys(RING["index"]))


@given(st.text(max_size=200))
def test_a_sealed_value_opens_in_its_place(value: str) -> None:
    row = new_id()
    assert ring().open_text("persons.nik", row, ring().seal("persons.nik", row, value)) == value


def test_a_ciphertext_moved_cut_or_bent_does_not_open() -> None:
    row = new_id()
    sealed = ring().seal("persons.nik", row, "9901014107900001")
    moved = [
        ("persons.phone", row, sealed, ring()),
        ("persons.nik", new_id(), sealed, ring()),
        ("persons.nik", row, sealed, ring("cases")),
        ("persons.nik", row, sealed[:-1], ring()),
        ("persons.nik", row, sealed[:10], ring()),
        ("persons.nik", row, b"", ring()),
        ("persons.nik", row, sealed[:-1] + bytes([sealed[-1] ^ 1]), ring()),
        ("persons.nik", row, sealed[:3] + b"9" + sealed[4:], ring()),
    ]
    for column, place, value, keyring in moved:
        with pytest.raises(DoesNotOpen):
            keyring.open(column, place, value)


def test_old_keys_still_open_and_new_values_use_the_current_one() -> None:
    row = new_id()
    old = ring().seal("persons.nik", row, "x")
    rotated = {"current": "k2", "keys": RING["encryption"]["keys"] | {"k2": "A" * 43}}
    later = Keyring("registry", Keys(rotated), Keys(RING["index"]))
    assert later.open("persons.nik", row, old) == b"x"
    with pytest.raises(DoesNotOpen):
        ring().open("persons.nik", row, later.seal("persons.nik", row, "x"))


def test_a_blind_index_is_equal_for_equal_values_of_one_field_and_key_only() -> None:
    keyring = ring()
    assert keyring.blind_index("nik", "1") == keyring.blind_index("nik", "1")
    assert keyring.blind_index("nik", "1") != keyring.blind_index("passport", "1")
    other = Keyring("registry", Keys(RING["encryption"]), Keys(new_keyring()["index"]))
    assert keyring.blind_index("nik", "1") != other.blind_index("nik", "1")


def test_a_bad_keyring_file_is_told_without_its_content(tmp_path: Path) -> None:
    file = tmp_path / "ring.json"
    for content in (
        "",
        "{}",
        json.dumps({"encryption": {"current": "k", "keys": {"k": "c2hvcnQ"}}}),
    ):
        file.write_text(content)
        with pytest.raises(ValueError, match=r"keyring ring\.json cannot be used") as refused:
            Keyring.load(file, "registry")
        assert "c2hvcnQ" not in str(refused.value)


def test_only_the_registrys_key_opens_a_sealed_identity() -> None:
    key, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    public = ECKey.import_key(key.as_dict(private=False))
    sealed = sealing.seal({"full_name": "SITI CANARY"}, public)
    assert "CANARY" not in sealed
    assert sealing.unseal(sealed, key) == {"full_name": "SITI CANARY"}
    for broken in (sealed[:-4], "x.y.z", ""):
        with pytest.raises(sealing.CannotUnseal):
            sealing.unseal(broken, key)
    with pytest.raises(sealing.CannotUnseal):
        sealing.unseal(sealed, other)


def test_a_cursor_expires_unless_it_lasts() -> None:
    paging = Paging.of(ring(), "client", "list")
    passing, lasting = paging.seal([5]), paging.seal([5], lasts=None)
    with clock.standing_at(clock.now() + timedelta(hours=25)):
        assert paging.open(lasting) == [5]
        with pytest.raises(CursorRefused):
            paging.open(passing)


def test_short_ids_are_22_characters_and_come_back() -> None:
    made = new_id()
    assert len(short(made)) == 22
    assert from_short(short(made)) == made
    assert random_reference() != random_reference()


# The policy mechanism: one rule gives the decision for a row and the filter for many.

TABLE = Table(
    "cases", MetaData(), Column("id", Integer, primary_key=True), Column("mission", String),
    Column("organisation", String),
)  # fmt: skip
RULES = Policy(
    [
        Rule("cases:read", frozenset({"officer"}), reach=own("mission", "mission")),
        Rule("cases:read", frozenset({"agency"}), reach=own("organisation", "organisation")),
        Rule("cases:read", frozenset({"desk"}), reach=EVERYWHERE),
        Rule("cases:close", frozenset({"desk"}), frozenset({Purpose.PROTECTION_CASE})),
    ]
)


def caller(*roles: str, **claims: object) -> Caller:
    given: dict[str, object] = {
        "subject": "s", "client": "c", "organisation": "o1", "mission": None,
        "roles": frozenset(roles), "purpose": None, "transaction": "t",
    }  # fmt: skip
    return Caller(**(given | claims))  # type: ignore[arg-type]


@given(
    rows=st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from(["o1", "o2"])), max_size=12),
    roles=st.sets(st.sampled_from(["officer", "agency", "desk"]), min_size=1),
    mission=st.none() | st.sampled_from("ABC"),
)
def test_the_filter_and_the_decision_agree_on_every_row(
    rows: list[tuple[str, str]], roles: set[str], mission: str | None
) -> None:
    grant = RULES.grant(caller(*roles, mission=mission), "cases:read")
    engine = create_engine("sqlite://")
    TABLE.metadata.create_all(engine)
    with engine.begin() as connection:
        stored = [{"id": n, "mission": m, "organisation": o} for n, (m, o) in enumerate(rows)]
        if stored:
            connection.execute(TABLE.insert(), stored)
        columns: object = TABLE.c
        listed = {row.id for row in connection.execute(select(TABLE).where(grant.where(columns)))}
        everything = connection.execute(select(TABLE)).all()
    engine.dispose()
    assert listed == {row.id for row in everything if grant.covers(row)}


def test_denied_is_the_default_and_each_refusal_names_its_cause() -> None:
    with pytest.raises(ActionNotAllowed):
        RULES.grant(caller("insurer"), "cases:read")
    with pytest.raises(PurposeMissing):
        RULES.grant(caller("desk"), "cases:close")
    with pytest.raises(PurposeNotAllowed):
        RULES.grant(caller("desk", purpose=Purpose.STATISTICS), "cases:close")


class Answer(Shown):
    public: Annotated[str, PUBLIC]
    phone: Annotated[str | None, RESTRICTED]
    unmarked: str | None = None


@pytest.mark.parametrize(
    ("level", "purpose", "withheld"),
    [
        (Level.RESTRICTED, Purpose.PROTECTION_CASE, ["unmarked"]),
        (Level.RESTRICTED, Purpose.STATISTICS, ["phone", "unmarked"]),
        (Level.PARTNER, Purpose.PROTECTION_CASE, ["phone", "unmarked"]),
    ],
)
def test_a_field_is_shown_by_level_and_purpose_and_hidden_when_unmarked(
    level: Level, purpose: Purpose, withheld: list[str]
) -> None:
    rule = Rule("a", frozenset({"x"}), sees=level)
    grant = Grant(caller("x", purpose=purpose), "a", (rule,))
    answer = grant.show(Answer(public="p", phone="+62", unmarked="u"))
    assert answer.withheld == withheld
    assert answer.public == "p"


def test_no_nonce_is_used_twice() -> None:
    nonces = Nonces()
    drawn = [nonces.draw() for _ in range(1000)] + [Nonces().draw()]
    assert len(set(drawn)) == len(drawn)


# Draws before and after a fork, and tells how many different nonces both processes saw.
_FORKED = """
import os
from shared import privacy
first = privacy._nonces.draw()
read, write = os.pipe()
if os.fork() == 0:
    os.write(write, b"".join(privacy._nonces.draw() for _ in range(300)))
    os._exit(0)
os.wait()
theirs = os.read(read, 300 * 12)
ours = [privacy._nonces.draw() for _ in range(300)]
print(len({first, *ours, *(theirs[at : at + 12] for at in range(0, len(theirs), 12))}))
"""


def test_a_child_of_the_process_draws_other_nonces() -> None:
    told = subprocess.run(
        [sys.executable, "-c", _FORKED], capture_output=True, text=True, check=True
    )
    assert int(told.stdout) == 601
