"""How far two names agree: words are aligned whatever their order, then what is left is judged."""

import numpy as np

from registry.matching.linkage.arrays import MISSING, Bytes, Codes, Floats, Ints, Keys
from registry.matching.linkage.levels import UNKNOWN, Field, places_of
from registry.matching.linkage.name_slips import Alignment, pair_slips, pair_up
from registry.matching.linkage.words import Mails, Vocabulary, Words

_LEVEL = places_of(Field.NAME)
_SHORTEST_IN_MAIL = 3


def compare_names(
    words: Words, mails: Mails | None, ours: Ints, theirs: Ints, *, bits: Floats
) -> tuple[Bytes, Floats]:
    """The level of each pair, and the rarity in bits of the words that agree."""
    a, b = words.own[ours], words.own[theirs]
    width = max(1, int(((a != MISSING) | (b != MISSING)).any(axis=0).sum()))
    found = _same_words(a[:, :width], b[:, :width], bits)
    _same_sounds(found, words.vocabulary, bits)
    _glued_words(found, words.vocabulary, bits)
    _father_words(found, words, ours, theirs, bits)
    if mails is not None:
        sides = (mails.codes[theirs], mails.codes[ours])
        _words_in_mail(found, words.vocabulary, mails.letters, sides, bits=bits)
    pair_slips(found, words.vocabulary, bits)
    return _levels(found), found.bits


def _same_words(a: Codes, b: Codes, bits: Floats) -> Alignment:
    equal = (a[:, :, None] == b[:, None, :]) & (a != MISSING)[:, :, None]
    our_match = equal.any(axis=2)
    same = our_match.sum(axis=1, dtype=np.int32)
    zeros = np.zeros(len(a), dtype=np.int32)
    return Alignment(
        ours=a,
        theirs=b,
        our_used=our_match | (a == MISSING),
        their_used=equal.any(axis=1) | (b == MISSING),
        bits=np.where(our_match, bits[a], 0.0).sum(axis=1),
        same=same,
        sounding=zeros.copy(),
        slipped=zeros.copy(),
        started=zeros.copy(),
    )


def _same_sounds(found: Alignment, vocabulary: Vocabulary, bits: Floats) -> None:
    rows = found.open_rows()
    a = vocabulary.sounds[found.ours[rows]]
    b = vocabulary.sounds[found.theirs[rows]]
    for i in range(a.shape[1]):
        for j in range(b.shape[1]):
            hit = (a[:, i] == b[:, j]) & ~found.our_used[rows, i] & ~found.their_used[rows, j]
            pair_up(found, rows[hit], i, j, bits)
            found.sounding[rows[hit]] += 1


def _glued_words(found: Alignment, vocabulary: Vocabulary, bits: Floats) -> None:
    """What one side writes as one word and the other as several, in any order."""
    rows = found.open_rows()
    rows = rows[
        ((~found.our_used[rows]).sum(axis=1) > 1) | ((~found.their_used[rows]).sum(axis=1) > 1)
    ]
    if not len(rows):
        return
    letters = vocabulary.letter_sums
    a = np.where(found.our_used[rows], 0, letters[found.ours[rows]])
    b = np.where(found.their_used[rows], 0, letters[found.theirs[rows]])
    whole = a.sum(axis=1, dtype=np.uint64) == b.sum(axis=1, dtype=np.uint64)
    everything = rows[whole]
    gained = np.where(found.our_used[everything], 0.0, bits[found.ours[everything]]).sum(axis=1)
    others = np.where(found.their_used[everything], 0.0, bits[found.theirs[everything]])
    found.bits[everything] += np.maximum(gained, others.sum(axis=1))
    found.our_used[everything] = True
    found.their_used[everything] = True
    found.same[everything] += 1
    rest = rows[~whole]
    _two_in_one(found, rest, letters, bits, mirrored=False)
    _two_in_one(found, rest, letters, bits, mirrored=True)


def _two_in_one(
    found: Alignment, rows: Ints, letters: Keys, bits: Floats, *, mirrored: bool
) -> None:
    """Two words of one side that are one word of the other."""
    two, one = (found.theirs, found.ours) if mirrored else (found.ours, found.theirs)
    two_used, one_used = (
        (found.their_used, found.our_used) if mirrored else (found.our_used, found.their_used)
    )
    width = two.shape[1]
    for i in range(width):
        for k in range(i + 1, width):
            both = rows[~two_used[rows, i] & ~two_used[rows, k]]
            if not len(both):
                continue
            total = letters[two[both, i]] + letters[two[both, k]]
            for j in range(width):
                hit = both[
                    (total == letters[one[both, j]])
                    & ~one_used[both, j]
                    & ~two_used[both, i]
                    & ~two_used[both, k]
                ]
                two_used[hit, i] = two_used[hit, k] = True
                one_used[hit, j] = True
                found.same[hit] += 1
                found.bits[hit] += bits[one[hit, j]]


def _father_words(found: Alignment, words: Words, ours: Ints, theirs: Ints, bits: Floats) -> None:
    """A father's name that one side sets behind BIN and the other writes as a last word."""
    sounds = words.vocabulary.sounds
    for own, used, others in (
        (found.ours, found.our_used, words.father[theirs]),
        (found.theirs, found.their_used, words.father[ours]),
    ):
        rows = np.flatnonzero((others[:, 0] != MISSING) & (~used).any(axis=1))
        for i in range(own.shape[1]):
            for j in range(others.shape[1]):
                hit = rows[
                    ~used[rows, i]
                    & (others[rows, j] != MISSING)
                    & (sounds[own[rows, i]] == sounds[others[rows, j]])
                ]
                used[hit, i] = True
                found.bits[hit] += bits[own[hit, i]]


def _words_in_mail(
    found: Alignment,
    vocabulary: Vocabulary,
    letters: list[str],
    mails: tuple[Codes, Codes],
    *,
    bits: Floats,
) -> None:
    """A word that one side left out of the name and has in the e-mail address."""
    size = len(vocabulary.spelled)
    for own, used, mail in (
        (found.ours, found.our_used, mails[0]),
        (found.theirs, found.their_used, mails[1]),
    ):
        begun = (found.same + found.sounding > 0) & (mail != MISSING)
        rows, places = np.nonzero(~used & begun[:, None])
        if not len(rows):
            continue
        pairs = mail[rows].astype(np.int64) * size + own[rows, places]
        unique, back = np.unique(pairs, return_inverse=True)
        spelled = vocabulary.spelled
        there = np.fromiter(
            (
                len(spelled[word]) >= _SHORTEST_IN_MAIL and spelled[word] in letters[code]
                for code, word in zip(
                    (unique // size).tolist(), (unique % size).tolist(), strict=True
                )
            ),
            dtype=np.bool_,
            count=len(unique),
        )[back]
        used[rows[there], places[there]] = True
        np.add.at(found.bits, rows[there], bits[own[rows[there], places[there]]])


def _levels(found: Alignment) -> Bytes:
    our_count = (found.ours != MISSING).sum(axis=1)
    their_count = (found.theirs != MISSING).sum(axis=1)
    ours_left = (~found.our_used).sum(axis=1)
    theirs_left = (~found.their_used).sum(axis=1)
    full = found.same + found.sounding
    weak = found.slipped + found.started
    one_sided = (ours_left == 0) | (theirs_left == 0)
    complete = (ours_left == 0) & (theirs_left == 0)
    level = np.select(
        [
            (our_count == 0) | (their_count == 0),
            full + weak == 0,
            # Initials that fit prove nothing where no whole word agrees.
            (full + found.slipped == 0) & (np.maximum(our_count, their_count) > 1),
            complete & (weak == 0) & (found.sounding == 0),
            complete & (weak == 0),
            complete & (full > 0) & (found.started == 0),
            complete & (found.started == 0),
            complete & (full > 0),
            complete,
            one_sided & (weak == 0) & (full > 1),
            one_sided & (weak == 0),
            one_sided,
            (np.minimum(ours_left, theirs_left) == 1) & (full > 0),
        ],
        [
            UNKNOWN,
            _LEVEL["OTHER"],
            _LEVEL["PARTLY_OTHER"],
            _LEVEL["EQUAL"],
            _LEVEL["SOUND"],
            _LEVEL["TYPING_SLIP"],
            _LEVEL["TYPING_SLIP_IN_EVERY_WORD"],
            _LEVEL["ABBREVIATED"],
            _LEVEL["WORDS_MISSING_AND_SLIPS"],
            _LEVEL["WORDS_MISSING"],
            _LEVEL["ALL_BUT_ONE_WORD_MISSING"],
            _LEVEL["WORDS_MISSING_AND_SLIPS"],
            _LEVEL["ONE_WORD_OTHER"],
        ],
        default=_LEVEL["PARTLY_OTHER"],
    )
    return level.astype(np.uint8)
