"""Firms drawn with known truth: honest ones with everything that honest firms share, and some that
came back under another name, each disguise under a named rate.
"""

import random
from dataclasses import dataclass, replace


def _listed(text: str) -> list[str]:
    return text.split()


_SYLLABLES = [
    "BA",
    "CE",
    "DI",
    "FU",
    "GO",
    "HA",
    "JI",
    "KE",
    "LU",
    "MO",
    "NA",
    "PI",
    "RE",
    "SU",
    "TO",
    "WA",
    "YU",
    "ZE",
    "LI",
    "RO",
    "MEN",
    "TAR",
    "SIN",
    "KAL",
]
_COMMON = [
    "JAYA",
    "MANDIRI",
    "UTAMA",
    "ABADI",
    "MAKMUR",
    "SEJAHTERA",
    "PERKASA",
    "PRIMA",
    "GLOBAL",
    "KARYA",
]
_FIRST = [
    "HADI",
    "JOKO",
    "SITI",
    "AGUS",
    "RINA",
    "BUDI",
    "DEWI",
    "EKO",
    "TRI",
    "NUR",
    "INDAH",
    "YUSUF",
    "AHMAD",
    "RATNA",
    "WAHYU",
]
_MIDDLE = [
    "SANTOSO",
    "WIJAYA",
    "PRATAMA",
    "LESTARI",
    "KUSUMA",
    "HIDAYAT",
    "RAHMAN",
    "SAPUTRA",
    "NUGROHO",
    "UTAMI",
]
_LAST = [
    "WIRAWAN",
    "PRABOWO",
    "SIREGAR",
    "NASUTION",
    "HALIM",
    "TANJUNG",
    "GUNAWAN",
    "SETIADI",
    "MAULANA",
    "YULIANI",
]
_CITIES = _listed("JAKARTA SURABAYA BANDUNG SEMARANG MEDAN")

# How an organisation that comes back disguises itself.
SAME_NAME, SIMILAR_NAME, WORD_OF_NAME = 0.15, 0.20, 0.15
SAME_OWNER, RESPELT_OWNER = 0.45, 0.15
SAME_PHONE, SAME_ACCOUNT = 0.45, 0.35
SAME_ADDRESS, OTHER_FLOOR = 0.30, 0.10
AFTER_A_SANCTION = 0.7
CAME_BACK_TWICE = 0.15
# What honest firms have in common without being one.
IN_A_SHARED_BUILDING, WITH_AN_ACCOUNTANTS_PHONE = 0.4, 0.15
SISTER_FIRM, NAMESAKE_FIRM, SISTERS_SHARE_A_PHONE = 0.08, 0.06, 0.1
SILENT = 0.12


@dataclass(frozen=True)
class Firm:
    """One registration. Those of one `truth` are one organisation."""

    number: int
    truth: int
    name: str
    owner: str | None
    phone: str | None
    account: str | None
    address: str | None
    city: str
    traces: int = 0
    """Of a firm that came back: how much of name, owner, telephone and account it kept."""
    follows: int | None = None
    after_sanction: bool = False


class Draw:
    """All firms of one seed; `count` honest ones, and a share that comes back."""

    def __init__(self, seed: int, *, count: int, reborn: int) -> None:
        self.rng = random.Random(seed)
        self.firms: list[Firm] = []
        self.buildings = [self._street() for _ in range(8)]
        self.accountants = [self._phone() for _ in range(max(2, count // 60))]
        while len(self.firms) < count:
            self.firms.append(self._honest())
        honest = list(self.firms)
        for before in self.rng.sample(honest, reborn):
            again = self._come_back(before)
            self.firms.append(again)
            if self.rng.random() < CAME_BACK_TWICE:
                self.firms.append(self._come_back(again))

    @property
    def true_pairs(self) -> set[frozenset[int]]:
        of_truth: dict[int, list[int]] = {}
        for firm in self.firms:
            of_truth.setdefault(firm.truth, []).append(firm.number)
        return {
            frozenset({one, other})
            for numbers in of_truth.values()
            for one in numbers
            for other in numbers
            if one < other
        }

    @property
    def findable(self) -> set[frozenset[int]]:
        """Those that kept two things of their own from the one before."""
        return {
            frozenset({firm.number, firm.follows})
            for firm in self.firms
            if firm.follows is not None and firm.traces >= 2
        }

    def _honest(self) -> Firm:
        number = len(self.firms)
        chance = self.rng.random
        sister = self.rng.choice(self.firms) if self.firms and chance() < SISTER_FIRM else None
        in_building = chance() < IN_A_SHARED_BUILDING
        phone = self._phone()
        if chance() < WITH_AN_ACCOUNTANTS_PHONE:
            phone = self.rng.choice(self.accountants)
        if sister and chance() < SISTERS_SHARE_A_PHONE:
            phone = sister.phone or phone
        name = self._name()
        if self.firms and sister is None and chance() < NAMESAKE_FIRM:
            name = self._similar(self.rng.choice(self.firms).name)
        silent = [chance() < SILENT for _ in range(4)]
        street = self.rng.choice(self.buildings) if in_building else self._street()
        return Firm(
            number,
            number,
            name,
            None if silent[0] else (sister.owner if sister else None) or self._owner(),
            None if silent[1] else phone,
            None if silent[2] else self._account(),
            None if silent[3] else f"{street}, Lantai {self.rng.randint(1, 9)}",
            self.rng.choice(_CITIES),
        )

    def _come_back(self, before: Firm) -> Firm:
        chance, traces = self.rng.random, 0
        name, draw = self._name(), chance()
        if draw < SAME_NAME:
            name, traces = before.name, traces + 1
        elif draw < SAME_NAME + SIMILAR_NAME:
            name, traces = self._similar(before.name), traces + 1
        elif draw < SAME_NAME + SIMILAR_NAME + WORD_OF_NAME:
            name = f"{before.name.split()[0]} {self._word()}"
        owner, draw = self._owner(), chance()
        if before.owner and draw < SAME_OWNER + RESPELT_OWNER:
            owner = before.owner if draw < SAME_OWNER else self._respelt(before.owner)
            traces += 1
        phone, account = self._phone(), self._account()
        if before.phone and chance() < SAME_PHONE:
            phone, traces = before.phone, traces + (before.phone not in self.accountants)
        if before.account and chance() < SAME_ACCOUNT:
            account, traces = before.account, traces + 1
        address, draw = f"{self._street()}, Lantai 2", chance()
        if before.address and draw < SAME_ADDRESS + OTHER_FLOOR:
            street = before.address.rpartition(",")[0]
            address = before.address if draw < SAME_ADDRESS else f"{street}, Lt. 11"
        return replace(
            before,
            number=len(self.firms),
            name=name,
            owner=owner,
            phone=phone,
            account=account,
            address=address,
            city=before.city if chance() < 0.8 else self.rng.choice(_CITIES),
            traces=traces,
            follows=before.number,
            after_sanction=chance() < AFTER_A_SANCTION,
        )

    def _word(self) -> str:
        return "".join(self.rng.choice(_SYLLABLES) for _ in range(self.rng.choice((2, 3, 3))))

    def _name(self) -> str:
        own = [self._word() for _ in range(self.rng.choice((1, 1, 2, 2)))]
        return " ".join([*own, self.rng.choice(_COMMON)])

    def _similar(self, name: str) -> str:
        """The own words in another order, with another common one."""
        own = [word for word in name.split() if word not in _COMMON]
        self.rng.shuffle(own)
        return " ".join([*own, self.rng.choice(_COMMON)])

    def _owner(self) -> str:
        middle = [self.rng.choice(_MIDDLE)] if self.rng.random() < 0.8 else []
        return " ".join([self.rng.choice(_FIRST), *middle, self.rng.choice(_LAST)])

    def _respelt(self, owner: str) -> str:
        words = owner.split()
        last = words[-1]
        match self.rng.randrange(3):
            case 0:
                words[-1] = last[:-1] + ("N" if last[-1] != "N" else "M")
            case 1:
                words = [words[-1] + ",", *words[:-1]]
            case _:
                words = ["H.", *words, self.rng.choice(_MIDDLE)]
        return " ".join(words)

    def _phone(self) -> str:
        return f"0{self.rng.randint(21, 31)}-{self.rng.randint(2_000_000, 8_999_999)}"

    def _account(self) -> str:
        return f"990-{self.rng.randint(10**9, 10**10 - 1)}"

    def _street(self) -> str:
        return f"Jl. {self._word().title()} No. {self.rng.randint(1, 150)}, {self._word().title()}"


def rewritten(firm: Firm, rng: random.Random) -> Firm:
    """The same as another clerk writes it."""
    phone = firm.phone
    if phone and rng.random() < 0.5:
        phone = f"({phone.replace('-', ') ')}"
    account = firm.account.replace("-", " ") if firm.account else None
    address = firm.address.replace("Jl.", "JALAN").replace("No. ", "") if firm.address else None
    return replace(firm, phone=phone, account=account, address=address, name=firm.name.title())
