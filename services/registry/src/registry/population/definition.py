"""When evidence of presence ends: the numbered definition behind every figure."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Definition:
    """How long each source's evidence is live; a changed number is a new definition."""

    id: str
    kp2mi_days_after_contract_end: int
    kp2mi_months_without_contract_end: int
    kemlu_months_after_sign_of_life: int
    late_after_days: int

    def kp2mi_live_until(self, seen_on: date, contract_ends_on: date | None) -> date:
        """A contract that ends before the departure says nothing and counts as unknown."""
        if contract_ends_on is None or contract_ends_on <= seen_on:
            return add_months(seen_on, self.kp2mi_months_without_contract_end)
        return contract_ends_on + timedelta(days=self.kp2mi_days_after_contract_end)

    def kemlu_live_until(self, last_sign_of_life_on: date) -> date:
        return add_months(last_sign_of_life_on, self.kemlu_months_after_sign_of_life)


PRESENCE_1 = Definition(
    id="presence-1",
    kp2mi_days_after_contract_end=90,
    kp2mi_months_without_contract_end=36,
    kemlu_months_after_sign_of_life=24,
    late_after_days=31,
)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or its last day where the month is shorter."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
