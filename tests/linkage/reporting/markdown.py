"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(head: str, rows: Iterable[Sequence[str]]) -> str:
    ruler = "|".join("---" for _ in head.split("|"))
    lines = [f"| {head} |", f"|{ruler}|", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"
