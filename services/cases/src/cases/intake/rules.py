"""How cases are numbered, and how tracking codes are written and read. Pure."""

import base64

SEQUENCE_DIGITS = 6
_GROUP = 4
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# Crockford's alphabet: a code is read out on the telephone and copied from paper, so it has no I,
# L, O or U, and what is easily taken for another character is read as that one.
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_WRITTEN = str.maketrans(_BASE32, _CROCKFORD)
_READ = str.maketrans("OIL", "011", " -")


def case_number(mission: str, year: int, sequence: int) -> str:
    """Such as `KSS/KJRI-JOHOR-BAHRU/2026/000123`."""
    return f"KSS/{mission}/{year}/{sequence:0{SEQUENCE_DIGITS}d}"


def written_code(random: bytes) -> str:
    """A tracking code in groups of four, as it is shown to the reporter."""
    text = base64.b32encode(random).decode().rstrip("=").translate(_WRITTEN)
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def normalised_code(written: str) -> str:
    """What is the same however somebody types it: no groups, capitals, no confusable letters."""
    return written.upper().translate(_READ)
