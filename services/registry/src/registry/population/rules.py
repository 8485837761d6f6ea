"""What cannot be asked of the ledger. Pure."""

from enum import StrEnum

from shared.errors import Invalid, Text


class DiscrepancyKind(StrEnum):
    """LEDGER: a person's postings do not give their timeline. SUMS: a month's sum is not its
    postings'.
    """

    LEDGER = "LEDGER"
    SUMS = "SUMS"


class ChangeRunsBackwards(Invalid):
    code = "change-runs-backwards"
    title = Text("Urutan tanggal terbalik", "Dates in the wrong order")
    detail = Text(
        "from_on dan known_from tidak boleh sesudah to_on dan known_to.",
        "from_on and known_from may not lie after to_on and known_to.",
    )
