"""Words of two names that are the same but for slips of the hand, abbreviation or a lost space."""

from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from registry.matching.linkage.arrays import Bytes, Codes, Flags, Floats, Ints
from registry.matching.linkage.words import Vocabulary

# Words so short differ in one sign without being each other's slip: ANI, ANA.
_SHORTEST_SLIP = 4
_SHORTEST_TWO_SLIPS = 8
_SLIP, _START = 2, 1
_LETTERS_OF_TWO_SLIPS = 4


@dataclass(slots=True)
class Alignment:
    """Words of pairs of names, and which of them have found a partner."""

    ours: Codes
    theirs: Codes
    our_used: Flags
    their_used: Flags
    bits: Floats
    same: Codes
    sounding: Codes
    slipped: Codes
    started: Codes

    def open_rows(self) -> Ints:
        return np.flatnonzero((~self.our_used).any(axis=1) & (~self.their_used).any(axis=1))


def pair_up(found: Alignment, rows: Ints, i: int, j: int, bits: Floats) -> None:
    """Makes word i of ours and word j of theirs partners."""
    found.our_used[rows, i] = True
    found.their_used[rows, j] = True
    # Of two spellings the commoner one tells how easily they meet.
    found.bits[rows] += np.minimum(bits[found.ours[rows, i]], bits[found.theirs[rows, j]])


def pair_slips(found: Alignment, vocabulary: Vocabulary, bits: Floats) -> None:
    """Pairs words that are one with a slip, or one the start of the other, or glued with a slip."""
    _glued_with_slips(found, vocabulary, bits)
    _single_words(found, vocabulary, bits)


def _single_words(found: Alignment, vocabulary: Vocabulary, bits: Floats) -> None:
    rows = found.open_rows()
    if not len(rows):
        return
    free = (~found.our_used[rows])[:, :, None] & (~found.their_used[rows])[:, None, :]
    where, i, j = np.nonzero(free)
    kinds = np.zeros(free.shape, dtype=np.uint8)
    kinds[where, i, j] = _kinds(
        vocabulary, found.ours[rows[where], i], found.theirs[rows[where], j]
    )
    for kind, counted in ((_SLIP, found.slipped), (_START, found.started)):
        for one, other in zip(*np.nonzero((kinds == kind).any(axis=0)), strict=True):
            hit = rows[
                (kinds[:, one, other] == kind)
                & ~found.our_used[rows, one]
                & ~found.their_used[rows, other]
            ]
            pair_up(found, hit, int(one), int(other), bits)
            counted[hit] += 1


def _kinds(vocabulary: Vocabulary, ours: Codes, theirs: Codes) -> Bytes:
    """Whether two words are one with a slip, or one the start of the other; each pair once."""
    size = len(vocabulary.spelled)
    masks = vocabulary.letter_masks
    apart = np.bitwise_count(masks[ours] ^ masks[theirs])
    contained = np.minimum(
        np.bitwise_count(masks[ours] & ~masks[theirs]),
        np.bitwise_count(masks[theirs] & ~masks[ours]),
    )
    begins = vocabulary.initials[ours] == vocabulary.initials[theirs]
    likely = np.flatnonzero((apart <= _LETTERS_OF_TWO_SLIPS) | (begins & (contained == 0)))
    result = np.zeros(len(ours), dtype=np.uint8)
    if not len(likely):
        return result
    pairs = ours[likely].astype(np.int64) * size + theirs[likely]
    unique, back = np.unique(pairs, return_inverse=True)
    a = [vocabulary.spelled[place] for place in (unique // size).tolist()]
    b = [vocabulary.spelled[place] for place in (unique % size).tolist()]
    shortest = np.minimum(vocabulary.lengths[unique // size], vocabulary.lengths[unique % size])
    slipped = _is_slip(_slips(a, b), shortest)
    starts = np.fromiter(
        (x.startswith(y) or y.startswith(x) for x, y in zip(a, b, strict=True)),
        dtype=np.bool_,
        count=len(a),
    )
    kinds = np.where(slipped, _SLIP, np.where(starts, _START, 0)).astype(np.uint8)
    result[likely] = kinds[back]
    return result


def _glued_with_slips(found: Alignment, vocabulary: Vocabulary, bits: Floats) -> None:
    """What is left of one side as one word and of the other as several, but for slips."""
    rows = found.open_rows()
    our_left = (~found.our_used[rows]).sum(axis=1)
    their_left = (~found.their_used[rows]).sum(axis=1)
    rows = rows[(our_left == 1) != (their_left == 1)]
    masks = vocabulary.letter_masks
    a = np.where(found.our_used[rows], 0, masks[found.ours[rows]])
    b = np.where(found.their_used[rows], 0, masks[found.theirs[rows]])
    apart = np.bitwise_count(np.bitwise_or.reduce(a, axis=1) ^ np.bitwise_or.reduce(b, axis=1))
    rows = rows[apart <= _LETTERS_OF_TWO_SLIPS]
    if not len(rows):
        return
    ours = _left(vocabulary, found.ours[rows], found.our_used[rows], backwards=False)
    theirs = _left(vocabulary, found.theirs[rows], found.their_used[rows], backwards=False)
    ours_back = _left(vocabulary, found.ours[rows], found.our_used[rows], backwards=True)
    theirs_back = _left(vocabulary, found.theirs[rows], found.their_used[rows], backwards=True)
    slips = np.minimum(_slips(ours, theirs), _slips(ours_back, theirs_back))
    shortest = np.fromiter(map(min, map(len, ours), map(len, theirs)), np.int32, len(rows))
    hit = rows[_is_slip(slips, shortest)]
    gained = np.where(found.our_used[hit], 0.0, bits[found.ours[hit]]).sum(axis=1)
    others = np.where(found.their_used[hit], 0.0, bits[found.theirs[hit]]).sum(axis=1)
    found.bits[hit] += np.maximum(gained, others)
    found.our_used[hit] = True
    found.their_used[hit] = True
    found.slipped[hit] += 1


def _left(vocabulary: Vocabulary, words: Codes, used: Flags, *, backwards: bool) -> list[str]:
    """The words without a partner, written together."""
    order = slice(None, None, -1 if backwards else 1)
    spelled = vocabulary.spelled
    return [
        "".join(
            spelled[word] for word, taken in zip(row[order], gone[order], strict=True) if not taken
        )
        for row, gone in zip(words.tolist(), used.tolist(), strict=True)
    ]


def _slips(ours: list[str], theirs: list[str]) -> Codes:
    return cpdist(ours, theirs, scorer=OSA.distance, score_cutoff=2, dtype=np.int32)


def _is_slip(slips: Codes, shortest: Codes) -> Flags:
    result: Flags = ((slips <= 1) & (shortest >= _SHORTEST_SLIP)) | (
        (slips == 2) & (shortest >= _SHORTEST_TWO_SLIPS)  # noqa: PLR2004 - two slips.
    )
    return result
