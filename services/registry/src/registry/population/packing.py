"""Evidence and timelines as compact JSON, and back."""

import json
from datetime import date
from typing import Any

from registry.population.timeline import (
    Cell,
    Evidence,
    Exit,
    ExitKind,
    Movement,
    Sign,
    Source,
    SourceCell,
    Stay,
)


def pack_evidence(evidence: Evidence) -> str:
    return json.dumps(
        {
            "signs": [
                [
                    sign.source,
                    sign.seen_on.isoformat(),
                    sign.live_until.isoformat(),
                    sign.country,
                    sign.district,
                    sign.category,
                    sign.is_arrival,
                ]
                for sign in evidence.signs
            ],
            "exits": [[end.kind, end.on.isoformat(), end.country] for end in evidence.exits],
        }
    )


def unpack_evidence(facts: dict[str, Any]) -> Evidence:
    return Evidence(
        frozenset(
            Sign(
                Source(source),
                date.fromisoformat(seen_on),
                date.fromisoformat(live_until),
                country,
                district,
                category,
                is_arrival=is_arrival,
            )
            for source, seen_on, live_until, country, district, category, is_arrival in facts[
                "signs"
            ]
        ),
        frozenset(
            Exit(ExitKind(kind), date.fromisoformat(on), country)
            for kind, on, country in facts["exits"]
        ),
    )


def pack_stay(stay: Stay) -> list[str]:
    cell = stay.cell
    return [
        cell.country,
        cell.district,
        cell.category,
        cell.source_cell,
        stay.starts_on.isoformat(),
        stay.ends_on.isoformat(),
        stay.begins_by,
        stay.ends_by,
    ]


def unpack_stay(packed: list[str]) -> Stay:
    country, district, category, source_cell, starts_on, ends_on, begins_by, ends_by = packed
    return Stay(
        Cell(country, district, category, SourceCell(source_cell)),
        date.fromisoformat(starts_on),
        date.fromisoformat(ends_on),
        Movement(begins_by),
        Movement(ends_by),
    )
