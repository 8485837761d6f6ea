"""Where workers come from: provinces by share of 2024 placements, regencies, cultures."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from deploy.seed.chance import weighted
from deploy.seed.names import CULTURES, Culture

_HAMLETS: Final = ("KRAJAN", "SUMBER", "TENGAH", "KALIAN", "PASIR", "BARU", "GUNUNGSARI")
_VILLAGES: Final = (
    "SUKAMAJU",
    "SIDOMULYO",
    "KARANGANYAR",
    "TANJUNGSARI",
    "MEKARJAYA",
    "BANJARSARI",
    "SUMBERREJO",
)


@dataclass(frozen=True, slots=True)
class Province:
    """A province of origin; the code is the one of the Ministry of Home Affairs."""

    code: str
    name: str
    # Regency and an address in it, both ready to be written down.
    homes: tuple[tuple[str, str], ...]
    cultures: tuple[Culture, ...]


def _province(code: str, name: str, regencies: str, cultures: dict[str, int]) -> Province:
    deck = tuple(CULTURES[name] for name in weighted(cultures, 100))
    return Province(code, name, tuple(_homes(regencies.split(", "))), deck)


def _homes(regencies: list[str]) -> Iterator[tuple[str, str]]:
    for regency, hamlet, village in product(regencies, _HAMLETS, _VILLAGES):
        for number in range(1, 10):
            where = f"RT {number:03} RW {1 + number * len(hamlet) % 8:03}"
            yield regency, f"DUSUN {hamlet} {where} DESA {village} {regency}"


# The first five shares are the published ones of 2024 (79,001; 66,297; 61,236; 30,342; 25,016 of
# 297,434); the rest of the total is spread over the other provinces that send workers.
_SHARES: Final = (
    (
        79_001,
        "35",
        "JAWA TIMUR",
        "PONOROGO, MALANG, BLITAR, TULUNGAGUNG, KEDIRI, BANYUWANGI, MADIUN, MAGETAN, JEMBER",
        {"JAVANESE": 97, "CHINESE_INDONESIAN": 1, "MALAY": 2},
    ),
    (
        66_297,
        "33",
        "JAWA TENGAH",
        "CILACAP, BREBES, KENDAL, BANYUMAS, PATI, GROBOGAN, PEMALANG, TEGAL, BATANG, SRAGEN",
        {"JAVANESE": 94, "SUNDANESE": 5, "CHINESE_INDONESIAN": 1},
    ),
    (
        61_236,
        "32",
        "JAWA BARAT",
        "INDRAMAYU, CIREBON, SUBANG, KARAWANG, CIANJUR, SUKABUMI, MAJALENGKA, BANDUNG",
        {"SUNDANESE": 76, "JAVANESE": 22, "CHINESE_INDONESIAN": 2},
    ),
    (
        30_342,
        "52",
        "NUSA TENGGARA BARAT",
        "LOMBOK TIMUR, LOMBOK TENGAH, LOMBOK BARAT, SUMBAWA, LOMBOK UTARA, BIMA, DOMPU",
        {"SASAK": 90, "BALINESE": 3, "MALAY": 7},
    ),
    (
        25_016,
        "18",
        "LAMPUNG",
        "LAMPUNG TIMUR, LAMPUNG TENGAH, LAMPUNG SELATAN, PESAWARAN, PRINGSEWU, TANGGAMUS",
        {"JAVANESE": 66, "MALAY": 24, "SUNDANESE": 10},
    ),
    (
        7_600,
        "12",
        "SUMATERA UTARA",
        "DELI SERDANG, LANGKAT, ASAHAN, SIMALUNGUN, MEDAN, TOBA, BATU BARA",
        {"BATAK": 45, "MALAY": 30, "JAVANESE": 25},
    ),
    (
        5_400,
        "51",
        "BALI",
        "BULELENG, GIANYAR, KARANGASEM, BADUNG, TABANAN, DENPASAR",
        {"BALINESE": 95, "JAVANESE": 5},
    ),
    (
        4_600,
        "36",
        "BANTEN",
        "SERANG, TANGERANG, LEBAK, PANDEGLANG",
        {"SUNDANESE": 80, "JAVANESE": 20},
    ),
    (
        3_900,
        "34",
        "DAERAH ISTIMEWA YOGYAKARTA",
        "BANTUL, SLEMAN, GUNUNGKIDUL, KULON PROGO",
        {"JAVANESE": 100},
    ),
    (
        2_900,
        "53",
        "NUSA TENGGARA TIMUR",
        "BELU, MALAKA, TIMOR TENGAH SELATAN, ENDE, FLORES TIMUR, KUPANG, SIKKA",
        {"FLORES": 95, "MALAY": 5},
    ),
    (
        2_700,
        "73",
        "SULAWESI SELATAN",
        "BONE, BULUKUMBA, WAJO, SINJAI, PINRANG, MAKASSAR",
        {"BUGIS": 97, "CHINESE_INDONESIAN": 3},
    ),
    (
        2_200,
        "31",
        "DKI JAKARTA",
        "JAKARTA TIMUR, JAKARTA BARAT, JAKARTA UTARA, JAKARTA SELATAN",
        {"JAVANESE": 45, "SUNDANESE": 30, "MALAY": 15, "CHINESE_INDONESIAN": 10},
    ),
    (
        1_700,
        "16",
        "SUMATERA SELATAN",
        "OGAN KOMERING ILIR, OGAN KOMERING ULU TIMUR, PALEMBANG",
        {"MALAY": 60, "JAVANESE": 40},
    ),
    (
        1_200,
        "71",
        "SULAWESI UTARA",
        "MINAHASA, MANADO, BITUNG, MINAHASA UTARA",
        {"MINAHASA": 95, "CHINESE_INDONESIAN": 5},
    ),
    (1_100, "13", "SUMATERA BARAT", "AGAM, PADANG, SOLOK, PESISIR SELATAN", {"MALAY": 100}),
    (900, "11", "ACEH", "ACEH UTARA, BIREUEN, ACEH TIMUR, PIDIE", {"MALAY": 100}),
    (700, "61", "KALIMANTAN BARAT", "SAMBAS, PONTIANAK, BENGKAYANG", {"MALAY": 80, "FLORES": 20}),
    (400, "74", "SULAWESI TENGGARA", "BUTON, MUNA, WAKATOBI", {"BUGIS": 100}),
    (250, "65", "KALIMANTAN UTARA", "NUNUKAN, TARAKAN", {"BUGIS": 70, "FLORES": 30}),
    (150, "81", "MALUKU", "MALUKU TENGAH, AMBON", {"FLORES": 50, "BUGIS": 50}),
)
PROVINCES: Final = tuple(
    _province(code, name, regencies, cultures) for _, code, name, regencies, cultures in _SHARES
)
_BY_CODE: Final = {province.code: province for province in PROVINCES}


def _deck(shares: dict[str, float]) -> tuple[Province, ...]:
    return tuple(_BY_CODE[code] for code in weighted(shares))


_PUBLISHED: Final = {code: float(share) for share, code, *_ in _SHARES}
ORIGINS: Final = _deck(_PUBLISHED)
# Plantation workers, and those who cross to Sabah and Sarawak by themselves, come from the east.
EASTERN_ORIGINS: Final = _deck(
    {"52": 30, "53": 24, "73": 22, "35": 8, "74": 5, "65": 4, "61": 4, "33": 3}
)
