"""Who may do what in cases, for which purpose, on which rows, seeing how much."""

from typing import Any

from sqlalchemy import ColumnElement, and_, not_

from cases.handling.reference.categories import LABOUR_CATEGORIES
from cases.handling.rules import Audience
from shared.auth import Caller
from shared.policy import Grant, Policy, Reach, Rule, own
from shared.sensitivity import Level, Purpose

REPORTING = frozenset({Purpose.PROTECTION_CASE, Purpose.EMERGENCY_RESCUE})
HANDLING = REPORTING
READING = REPORTING | {Purpose.REPATRIATION}

OFFICERS = frozenset({"mission-officer", "mission-head"})
KEMLU = frozenset({"kemlu-desk"})
KP2MI = frozenset({"kp2mi-analyst", "kp2mi-regulator"})
SYSTEMS = frozenset({"system-siskop2mi", "system-peduliwni"})
ANYBODY = (
    OFFICERS | KEMLU | KP2MI | SYSTEMS | {"placement-agency", "insurer", "dinas", "bp3mi", "public"}
)

OWN_MISSION = own("mission", "mission")


def _covers_labour(_caller: Caller, row: Any) -> bool:
    return row.category in LABOUR_CATEGORIES and not row.is_secret


def _where_labour(_caller: Caller, table: Any) -> ColumnElement[bool]:
    return and_(table.category.in_(sorted(LABOUR_CATEGORIES)), not_(table.is_secret))


LABOUR_ONLY = Reach("open labour cases", _covers_labour, _where_labour)

_COMMANDS = (
    "cases:triage",
    "cases:assign",
    "cases:move",
    "cases:close",
    "cases:reopen",
    "cases:add-entry",
    "cases:add-participant",
)

CASES = (
    # A report is never refused because it came to the wrong office; whoever sends one need not be
    # able to read it afterwards.
    Rule(
        "cases:report",
        OFFICERS | KEMLU | SYSTEMS | {"kp2mi-analyst"},
        REPORTING,
        sees=Level.RESTRICTED,
    ),
    Rule("cases:read", OFFICERS, READING, reach=OWN_MISSION, sees=Level.SECRET),
    Rule("cases:read", KEMLU, READING, sees=Level.SECRET),
    # KP2MI needs what happened, but neither the reporter nor where the worker can be found.
    Rule(
        "cases:read",
        KP2MI,
        READING,
        reach=LABOUR_ONLY,
        sees=Level.INTERNAL,
        also=frozenset({"description", "text"}),
    ),
    *(
        Rule(action, OFFICERS, HANDLING, reach=OWN_MISSION, sees=Level.SECRET)
        for action in _COMMANDS
    ),
    *(Rule(action, KEMLU, HANDLING, sees=Level.SECRET) for action in _COMMANDS),
)
TRACKING = (Rule("tracking:search", ANYBODY),)

POLICY = Policy((*CASES, *TRACKING))


def audiences_of(grant: Grant, case: Any) -> frozenset[Audience]:
    """Which lines of this case's timeline are written for the caller."""
    handles = any(
        rule.sees.includes(Level.RESTRICTED)
        for rule in grant.rules
        if rule.reach.covers(grant.caller, case)
    )
    return frozenset(Audience) if handles else frozenset({Audience.MINISTRIES})
