"""What an organisation identifies itself by, in the forms that are compared. In memory alone."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from job_orders.organisations.matching.contacts import Address, read_address, read_phone
from job_orders.organisations.matching.firm_names import FirmName, read_firm_name
from job_orders.organisations.matching.owners import OwnerName, read_owner
from job_orders.organisations.matching.spelling import spell, upper


class KeyKind(StrEnum):
    """What two may have in common, and by what they are found."""

    NAME = "NAME"
    NAME_WORD = "NAME_WORD"
    OWNER = "OWNER"
    OWNER_WORDS = "OWNER_WORDS"
    PHONE = "PHONE"
    ACCOUNT = "ACCOUNT"
    ADDRESS = "ADDRESS"
    BUILDING = "BUILDING"


@dataclass(frozen=True, slots=True)
class Features:
    """One organisation. `place` is what country or city it is in, `account` a keyed hash."""

    names: tuple[FirmName, ...] = ()
    owner: OwnerName | None = None
    phone: str | None = None
    account: bytes | None = None
    address: Address | None = None
    place: str | None = None
    is_household: bool = False

    @classmethod
    def read(
        cls,
        *,
        names: tuple[str, ...] = (),
        owner: str | None = None,
        phone: str | None = None,
        account: bytes | None = None,
        address: str | None = None,
        country: str | None = None,
        place: str | None = None,
        is_household: bool = False,
    ) -> Self:
        """From what was written; a national telephone number is one of the country."""
        read = (read_firm_name(name) for name in names)
        return cls(
            names=tuple(dict.fromkeys(name for name in read if name)),
            owner=read_owner(owner),
            phone=read_phone(phone, country),
            account=account,
            address=read_address(address),
            place=spell(upper(place).strip()) if place else None,
            is_household=is_household,
        )
