"""Jobs abroad: unit group of ISCO-08, labels that operators type, sector, formal or not."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Job:
    """One job; the same job has several labels in both systems."""

    code: str
    labels: tuple[str, ...]
    sector: str
    women: float
    is_informal: bool = False


JOBS: Final = {
    "MAID": Job(
        "9111",
        ("HOUSE MAID", "DOMESTIC WORKER", "PENATA LAKSANA RUMAH TANGGA"),
        "DOMESTIC",
        0.98,
        is_informal=True,
    ),
    "CAREGIVER": Job(
        "5322",
        ("CAREGIVER", "PERAWAT ORANG SAKIT", "ELDERLY CARETAKER"),
        "CARE",
        0.93,
        is_informal=True,
    ),
    "CARE_HOME": Job("5321", ("CARE WORKER", "KAIGO", "NURSING HOME CAREGIVER"), "CARE", 0.75),
    "NANNY": Job("5311", ("BABY SITTER", "CHILD CARE WORKER"), "DOMESTIC", 0.99, is_informal=True),
    "COOK": Job("5120", ("COOK", "FAMILY COOK", "JURU MASAK"), "DOMESTIC", 0.55, is_informal=True),
    "DRIVER": Job("8322", ("FAMILY DRIVER", "SOPIR KELUARGA"), "DOMESTIC", 0.01, is_informal=True),
    "PLANTATION": Job("9211", ("PLANTATION WORKER", "PEKERJA LADANG"), "PLANTATION", 0.22),
    "OPERATOR": Job("9329", ("WORKER", "FACTORY WORKER", "PEKERJA PABRIK"), "MANUFACTURING", 0.42),
    "CONSTRUCTION": Job("9313", ("CONSTRUCTION WORKER", "BURUH BANGUNAN"), "CONSTRUCTION", 0.03),
    "FISHER": Job("6223", ("FISHERMAN", "FISHING CREW", "ABK PERIKANAN"), "FISHERY", 0.0),
    "SEAFARER": Job("8350", ("ABLE SEAMAN", "DECK CREW"), "MERCHANT_SHIPPING", 0.01),
    "NURSE": Job("2221", ("NURSE", "PERAWAT"), "HEALTH", 0.72),
    "WAITER": Job("5131", ("WAITER", "WAITRESS", "PRAMUSAJI"), "HOSPITALITY", 0.55),
    "SPA": Job("5142", ("SPA THERAPIST", "TERAPIS SPA"), "SERVICES", 0.97),
    "WELDER": Job("7212", ("WELDER", "TUKANG LAS"), "MANUFACTURING", 0.01),
    "FARM": Job("9213", ("AGRICULTURE WORKER", "PEKERJA PERTANIAN"), "AGRICULTURE", 0.3),
    "CLEANER": Job("9112", ("CLEANER", "CLEANING SERVICE"), "SERVICES", 0.6),
}
