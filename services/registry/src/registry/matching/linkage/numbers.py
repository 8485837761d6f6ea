"""Numbers and codes that somebody typed: one form for comparison, and what one slip does to it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from registry.matching.linkage.arrays import (
    MISSING,
    Bytes,
    Codes,
    Flags,
    Ints,
    Keys,
    mixed,
)


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers: equal ones share a code, and their signs stand ready to be compared."""

    codes: Codes
    signs: Bytes
    lengths: Codes
    counts: Codes
    """How many records hold each number."""
    total: int
    """How many records hold any."""

    @property
    def known(self) -> Flags:
        known: Flags = self.codes != MISSING
        return known

    @property
    def keys(self) -> Keys:
        """A number for every code that is the same in every file, and 0 where MISSING leads."""
        width = self.signs.shape[1]
        padded = np.zeros((len(self.signs), -(-width // 8) * 8), dtype=np.uint8)
        padded[:, :width] = self.signs
        parts = padded.view("<u8")
        keys = np.full(len(parts), 0x4E, dtype=np.uint64)
        for column in range(parts.shape[1]):
            keys = mixed(keys ^ parts[:, column])
        keys = np.maximum(keys, np.uint64(1))
        keys[-1] = 0
        return keys


def numbers_of(written: Iterable[str], width: int, *, read: Callable[[str], str]) -> Numbers:
    """The column's numbers after `read`, which gives an empty text for what is none."""
    place: dict[str, int] = {"": MISSING}
    seen: dict[str, int] = {}
    codes = []
    for text in written:
        code = seen.get(text)
        if code is None:
            number = read(text)[:width]
            code = place.setdefault(number, len(place) - 1)
            seen[text] = code
        codes.append(code)
    values = [number.encode("ascii", "replace") for number in place if number]
    return packed(np.array(codes, dtype=np.int32), values, width)


def packed(codes: Codes, values: list[bytes], width: int) -> Numbers:
    table = np.array([*values, b""], dtype=f"S{width}")
    signs = table.view(np.uint8).reshape(len(table), width)
    lengths = np.array([*map(len, values), 0], dtype=np.int32)
    counts = np.zeros(len(table), dtype=np.int32)
    known = codes[codes != MISSING]
    counts[: len(values)] = np.bincount(known, minlength=len(values))[: len(values)]
    return Numbers(codes, signs, lengths, counts, len(known))


def one_slip_apart(numbers: Numbers, ours: Codes | Ints, theirs: Codes | Ints) -> Flags:
    """Whether one keystroke turns one into the other: a wrong, lost, added or swapped sign."""
    found = np.zeros(len(ours), dtype=np.bool_)
    our_length, their_length = numbers.lengths[ours], numbers.lengths[theirs]
    near = np.flatnonzero(np.abs(our_length - their_length) <= 1)
    if not len(near):
        return found
    a, b = numbers.signs[ours[near]], numbers.signs[theirs[near]]
    la, lb = our_length[near].astype(np.int64), their_length[near].astype(np.int64)
    differs = a != b
    head = np.where(differs.any(axis=1), differs.argmax(axis=1), a.shape[1])
    same_length = la == lb
    wrong = differs.sum(axis=1)
    rows = np.arange(len(near))
    after = np.minimum(head + 1, a.shape[1] - 1)
    at = np.minimum(head, a.shape[1] - 1)
    swapped = (
        (wrong == 2)  # noqa: PLR2004 - two neighbours changed places.
        & (after == head + 1)
        & (a[rows, at] == b[rows, after])
        & (a[rows, after] == b[rows, at])
    )
    slip = same_length & ((wrong <= 1) | swapped)
    other = np.flatnonzero(~same_length)
    if len(other):
        slip[other] = _one_sign_more(a[other], b[other], la[other], lb[other], head[other])
    found[near] = slip
    return found


def digit_sums(numbers: Numbers, codes: Codes) -> Ints:
    """A number for the digits among the signs, the same whatever stands between them."""
    signs = numbers.signs[codes].astype(np.int64)
    values = signs - ord("0")
    are_digits = (values >= 0) & (values <= 9)  # noqa: PLR2004 - the digits.
    sums: Ints = np.where(are_digits, (values + 3) ** 5, 0).sum(axis=1)
    return sums


def _one_sign_more(a: Bytes, b: Bytes, la: Ints, lb: Ints, head: Ints) -> Flags:
    """Whether the longer text without its first differing sign is the shorter one."""
    a_longer = (la > lb)[:, None]
    long, short = np.where(a_longer, a, b), np.where(a_longer, b, a)
    moved = np.concatenate([long[:, 1:], np.zeros((len(long), 1), dtype=np.uint8)], axis=1)
    columns = np.arange(a.shape[1])[None, :]
    rest = columns >= head[:, None]
    same: Flags = ((moved == short) | ~rest).all(axis=1)
    return same


_READ_WRONG = str.maketrans("OQDILSBGZ", "000115862")


def read_national_id(text: str) -> str:
    """Signs of an identity number without what people put between them."""
    number = text.upper()
    if not (number.isascii() and number.isalnum()):
        number = "".join(sign for sign in number if sign.isascii() and sign.isalnum())
    if not number.isdigit() and sum(map(str.isdigit, number)) > len(number) / 2:
        number = number.translate(_READ_WRONG)
    return number if len(set(number)) > 1 else ""


def read_document_number(text: str) -> str:
    """A document's number in one form for signs that are read for each other: O is 0, I is 1."""
    number = read_national_id(text).translate(_READ_WRONG)
    return number if len(number) >= 5 else ""  # noqa: PLR2004 - shorter ones name no document.


_NOT_DIGIT = re.compile(r"[^0-9]+")
HOME_CODE = "62"
"""Indonesia's telephone code; a number of another country cannot equal one of this."""


def read_phone(text: str) -> str:
    """A telephone number with its country code where it states one, else as dialled at home."""
    digits = text if text.isascii() and text.isdigit() else _NOT_DIGIT.sub("", text)
    international = text.lstrip().startswith("+")
    if digits.startswith("00"):
        digits, international = digits[2:], True
    if international and digits.startswith(HOME_CODE):
        digits, international = digits[2:].lstrip("0"), False
    elif digits.startswith(HOME_CODE + "8"):
        digits, international = digits[2:], False
    if len(set(digits)) < 3 or len(digits) < 6:  # noqa: PLR2004 - filled in to fill a field.
        return ""
    return "+" + digits if international else digits.lstrip("0")


def read_email(text: str) -> str:
    """The part before the @: providers are mistyped and changed, the name stays."""
    local, at, domain = text.strip().casefold().partition("@")
    if not (local.isascii() and local.isprintable()):
        local = "".join(sign for sign in local if sign.isascii() and sign.isprintable())
    if not at or not domain or len(local) < 3:  # noqa: PLR2004 - "a@b" names nobody.
        return ""
    return local
