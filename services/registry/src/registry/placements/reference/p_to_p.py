"""P_TO_P: a placement agency (P3MI) places a worker with an employer under a job order.

The order follows the placement process of UU 18/2017 art. 5 and 13 and PP 59/2021. Medical and
competence results may come in either order; everything else waits for what it rests on.
"""

from datetime import date

from registry.placements.reference.steps import Condition, Phase, Scheme, Step, TimeLimit

_SISKO = "system-siskop2mi"
_PORTAL = "system-peduliwni"
_AGENCY = frozenset({"placement-agency", _SISKO})
_LOCAL = frozenset({"placement-agency", "dinas", _SISKO})
_BP3MI = frozenset({"bp3mi", _SISKO})
_MISSION = frozenset({"mission-officer", "mission-head", _PORTAL, _SISKO})
_RETURN = frozenset({"bp3mi", "mission-officer", "mission-head", _PORTAL, _SISKO})

LEFT = "DEPARTED"
"""With this step the worker is abroad: side exits close, exits by return open."""

_ENDS_ABROAD = frozenset(
    {"RETURNED", "REPATRIATED", "DEPORTED", "DIED", "NATURALISED", "LOST_CONTACT"}
)

MAIN_LINE = (
    Step("REGISTERED", Phase.BEFORE_WORK, frozenset(), _LOCAL),
    Step("SELECTED", Phase.BEFORE_WORK, frozenset({"REGISTERED"}), _LOCAL),
    Step(
        "PLACEMENT_AGREED",
        Phase.BEFORE_WORK,
        frozenset({"SELECTED"}),
        _LOCAL,
        conditions=frozenset({Condition.LIVE_RESERVATION}),
    ),
    Step(
        "MEDICAL_FIT",
        Phase.BEFORE_WORK,
        frozenset({"PLACEMENT_AGREED"}),
        _AGENCY | _BP3MI,
        blocked_by=frozenset({LEFT}),
        # The result of an appointed health facility stands for about three months.
        valid_days=92,
        is_repeatable=True,
    ),
    Step("COMPETENT", Phase.BEFORE_WORK, frozenset({"PLACEMENT_AGREED"}), _AGENCY | _BP3MI),
    Step(
        "CONTRACTED",
        Phase.BEFORE_WORK,
        frozenset({"PLACEMENT_AGREED", "MEDICAL_FIT", "COMPETENT"}),
        _AGENCY | _MISSION,
        conditions=frozenset({Condition.LIVE_RESERVATION, Condition.CONTRACT_END}),
    ),
    Step("VISA_ISSUED", Phase.BEFORE_WORK, frozenset({"CONTRACTED"}), _AGENCY | _MISSION),
    Step("INSURED", Phase.BEFORE_WORK, frozenset({"CONTRACTED"}), _AGENCY | {"insurer"}),
    Step(
        "OPP_DONE",
        Phase.BEFORE_WORK,
        frozenset({"VISA_ISSUED", "INSURED", "MEDICAL_FIT"}),
        _BP3MI,
        limit=TimeLimit(
            1,
            "INSURED",
            "BP3MI Sumatera Barat, standar pelayanan OPP: 1 working day after the request",
            are_working_days=True,
        ),
    ),
    Step("EPMI_ISSUED", Phase.BEFORE_WORK, frozenset({"OPP_DONE"}), _BP3MI),
    Step(LEFT, Phase.BEFORE_WORK, frozenset({"EPMI_ISSUED"}), _AGENCY | _BP3MI),
)

ABROAD = (
    Step(
        "ARRIVED",
        Phase.DURING_WORK,
        frozenset({LEFT}),
        _MISSION | {"placement-agency"},
        blocked_by=_ENDS_ABROAD,
        limit=TimeLimit(30, LEFT, "UU 23/2006: arrival is reported to the mission within 30 days"),
    ),
    Step(
        "EXTENDED",
        Phase.DURING_WORK,
        frozenset({"ARRIVED"}),
        # A contract is extended before the official of the mission (UU 18/2017 art. 17-18).
        _MISSION,
        blocked_by=_ENDS_ABROAD,
        conditions=frozenset({Condition.CONTRACT_END}),
        is_repeatable=True,
    ),
    Step(
        "TRANSFERRED_EMPLOYER",
        Phase.DURING_WORK,
        frozenset({"ARRIVED"}),
        _MISSION,
        blocked_by=_ENDS_ABROAD,
        is_repeatable=True,
    ),
    *(
        Step(
            code,
            Phase.AFTER_WORK,
            frozenset({LEFT}),
            _RETURN if code != "RETURNED" else _RETURN | {"placement-agency"},
            blocked_by=_ENDS_ABROAD,
            ends=True,
        )
        for code in sorted(_ENDS_ABROAD)
    ),
    Step(
        "REINTEGRATED",
        Phase.AFTER_WORK,
        frozenset({"RETURNED"}),
        frozenset({"dinas", "bp3mi", _SISKO}),
    ),
)

SIDE_EXITS = tuple(
    Step(
        code,
        Phase.BEFORE_WORK,
        frozenset({"REGISTERED"}),
        roles,
        blocked_by=frozenset({LEFT}),
        ends=True,
    )
    for code, roles in (
        ("UNFIT", _AGENCY | _BP3MI),
        ("WITHDRAWN", _LOCAL),
        ("FAILED_DEPARTURE", _AGENCY | _BP3MI),
        ("REJECTED_BY_IMMIGRATION", _AGENCY | _BP3MI),
        ("CANCELLED", _AGENCY | {"kp2mi-regulator"}),
    )
)

P_TO_P = Scheme(
    "P_TO_P",
    date(2017, 11, 22),
    "UU 18/2017 art. 5-19; PP 59/2021; Perban BP2MI 1/2020",
    MAIN_LINE + ABROAD + SIDE_EXITS,
)
