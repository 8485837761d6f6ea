"""Whatever somebody writes as a name, an owner or an address is read; nothing stops the finder."""

from hypothesis import given
from hypothesis import strategies as st

from job_orders.organisations.matching.features import Features
from job_orders.organisations.matching.keys import keys_of
from job_orders.organisations.matching.scoring import compare
from shared.privacy import Keyring, Keys, new_keyring

_RING = new_keyring()
KEYRING = Keyring("job_orders", Keys(_RING["encryption"]), Keys(_RING["index"]))
WRITTEN = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            ["PT", "P.T.", "Sdn", "Bhd", "(M)", "&", "A/L", "bin", "H.", "Lt. 3", "AL"]
        ),
        max_size=8,
    ).map(" ".join),
)
ORGANISATIONS = st.builds(
    Features.read,
    names=st.lists(WRITTEN, max_size=3).map(tuple),
    owner=WRITTEN,
    phone=WRITTEN,
    address=WRITTEN,
    country=st.sampled_from(["ID", "MY", "XX"]),
    place=WRITTEN,
)


@given(ORGANISATIONS, ORGANISATIONS)
def test_any_text_is_read_compared_and_hashed(ours: Features, theirs: Features) -> None:
    found = compare(ours, theirs)
    assert found == compare(theirs, ours)
    hashes = [key.hash for key in keys_of(ours, KEYRING, scope="EMPLOYER")]
    assert len(hashes) == len(set(hashes))


@given(ORGANISATIONS)
def test_keys_of_one_kind_never_equal_those_of_the_other(said: Features) -> None:
    employers = {key.hash for key in keys_of(said, KEYRING, scope="EMPLOYER")}
    agencies = {key.hash for key in keys_of(said, KEYRING, scope="PLACEMENT_AGENCY")}
    assert not employers & agencies
