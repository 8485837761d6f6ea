"""Bank accounts as keyed hashes: enough to see that two are one, and no number to be stolen."""

import re
import unicodedata
from typing import Annotated

from pydantic import Field

from shared.privacy import Keyring

Account = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 .\-/]{3,39}$",
        examples=["099-1234567"],
        description="Account number or IBAN. A keyed hash of it is kept, and nothing else.",
    ),
]
_NOT_SIGN = re.compile(r"[^A-Z0-9]+")


def read_account(text: str) -> str:
    """An account number or IBAN as its letters and digits alone."""
    return _NOT_SIGN.sub("", unicodedata.normalize("NFKD", text.upper()))


def account_hash(keyring: Keyring, text: str | None) -> bytes | None:
    """The hash by which equal accounts are found; None where none is told."""
    return keyring.blind_index("bank_account", read_account(text)) if text else None
