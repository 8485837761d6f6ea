"""Repeatable chance: a stream of draws per (seed, person, topic), and weighted decks."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final, NamedTuple, TypeVar

T = TypeVar("T")

DECK_SIZE: Final = 2_000
SEEDS_APART: Final = 101


class Chance(Random):
    """A stream of draws; short methods, because a person takes about forty of them."""

    def __init__(self, seed: int, index: int, topic: int) -> None:
        super().__init__((seed << 44) ^ (index << 4) ^ topic)

    def pick(self, deck: Sequence[T]) -> T:
        return deck[int(self.random() * len(deck))]

    def happens(self, probability: float) -> bool:
        return self.random() < probability

    def between(self, lowest: int, highest: int) -> int:
        return lowest + int(self.random() * (highest - lowest + 1))


def weighted(weights: Mapping[T, float], size: int = DECK_SIZE) -> tuple[T, ...]:
    """A deck in which each card stands as often as its weight asks for, and at least once."""
    total = sum(weights.values())
    deck: list[T] = []
    for card, weight in weights.items():
        deck.extend([card] * max(1, round(size * weight / total)))
    return tuple(deck)


def skewed(words: str, *, size: int = DECK_SIZE) -> tuple[str, ...]:
    """A deck of names in falling frequency: the n-th is about 1/(n+2) as common as the first."""
    return weighted({word: 1 / (rank + 2) for rank, word in enumerate(words.split())}, size)


class Shuffle(NamedTuple):
    """A fixed shuffle of 0..size-1 by a prime that does not divide the size."""

    size: int
    prime: int

    def place(self, number: int, seed: int) -> int:
        """Where the number stands: unique below `size`, and in no visible order."""
        # Seeds begin far apart, so that two of them rarely speak of the same keys and numbers.
        return (number + seed % SEEDS_APART * (self.size // SEEDS_APART)) * self.prime % self.size
