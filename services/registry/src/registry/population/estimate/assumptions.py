"""What an estimate assumes and what it noticed, as codes with a sentence in both languages."""

from collections.abc import Mapping
from enum import StrEnum

from shared.errors import Text


class Caution(StrEnum):
    """What whoever reads an estimate has to know: first what every one assumes, then what only
    some meet with.
    """

    WORKERS_ONLY = "WORKERS_ONLY"
    LISTS_INDEPENDENT = "LISTS_INDEPENDENT"
    SAME_CHANCE = "SAME_CHANCE"
    NOBODY_CAME_OR_LEFT = "NOBODY_CAME_OR_LEFT"
    LINKS_UNCERTAIN = "LINKS_UNCERTAIN"
    RETURNS_PARTLY_TOLD = "RETURNS_PARTLY_TOLD"
    RETURNS_UNKNOWN = "RETURNS_UNKNOWN"
    RETURNS_BY_DEFINITION = "RETURNS_BY_DEFINITION"
    MOVES_UNSEEN = "MOVES_UNSEEN"
    OLD_PLACEMENTS_LEFT_OUT = "OLD_PLACEMENTS_LEFT_OUT"
    WORK_UNKNOWN = "WORK_UNKNOWN"
    WORK_PARTLY_KNOWN = "WORK_PARTLY_KNOWN"
    DEPENDENCE_SEEN = "DEPENDENCE_SEEN"
    FEW_LINKS = "FEW_LINKS"
    NO_SELF_REGISTRATION = "NO_SELF_REGISTRATION"
    COVERAGE_OUT_OF_BOUNDS = "COVERAGE_OUT_OF_BOUNDS"


ALWAYS = (
    Caution.WORKERS_ONLY,
    Caution.LISTS_INDEPENDENT,
    Caution.SAME_CHANCE,
    Caution.NOBODY_CAME_OR_LEFT,
    Caution.LINKS_UNCERTAIN,
)

TEXTS: Mapping[Caution, Text] = {
    Caution.WORKERS_ONLY: Text(
        "Hanya pekerja migran: WNI lain tidak tercatat saat penempatan, sehingga dua daftar tidak "
        "dapat memperkirakan jumlah mereka.",
        "Migrant workers only: other citizens are in no register of placements, so two lists "
        "cannot tell how many they are.",
    ),
    Caution.LISTS_INDEPENDENT: Text(
        "Lapor diri dianggap tidak bergantung pada pencatatan penempatan. Bila keduanya saling "
        "mendorong, perkiraan terlalu rendah.",
        "Self-registration is taken not to depend on being in the register of placements. Where "
        "one leads to the other, the estimate is too low.",
    ),
    Caution.SAME_CHANCE: Text(
        "Dalam satu negara, jenis kelamin dan kelompok umur, setiap pekerja dianggap sama "
        "peluangnya untuk lapor diri.",
        "Within a country, sex and age group all workers are taken to have the same chance of "
        "registering themselves.",
    ),
    Caution.NOBODY_CAME_OR_LEFT: Text(
        "Kedua daftar dianggap menggambarkan orang yang sama pada saat yang sama.",
        "Both lists are taken to speak of the same people at the same time.",
    ),
    Caution.LINKS_UNCERTAIN: Text(
        "Siapa yang ada di kedua daftar ditaksir dari peluang pencocokan; kesalahannya termasuk "
        "dalam selang.",
        "Who is in both lists is the sum of match probabilities; their error is part of the "
        "interval.",
    ),
    Caution.RETURNS_PARTLY_TOLD: Text(
        "Sebagian kepulangan tidak dilaporkan. Bagian yang dilaporkan dianggap sebesar yang "
        "dinyatakan dalam definisi.",
        "Some returns are never reported. The part that is reported is taken to be what the "
        "definition states.",
    ),
    Caution.RETURNS_UNKNOWN: Text(
        "Daftar penempatan tidak memuat kepulangan, sehingga perkiraan terlalu tinggi sebesar "
        "mereka yang sudah pulang.",
        "The register of placements tells of no return, so the estimate is too high by all who "
        "have gone home.",
    ),
    Caution.RETURNS_BY_DEFINITION: Text(
        "Siapa yang sudah pulang tanpa laporan dihitung hadir sampai batas waktu definisi "
        "kehadiran; sesudah itu tidak lagi.",
        "Who went home unreported counts as present until the definition of presence ends it, and "
        "no longer.",
    ),
    Caution.MOVES_UNSEEN: Text(
        "Pekerja yang hanya tercatat saat penempatan dihitung di negara penempatannya, meskipun "
        "mungkin sudah pindah.",
        "Workers whom the register of placements alone knows count in the country of placement, "
        "though they may have moved.",
    ),
    Caution.OLD_PLACEMENTS_LEFT_OUT: Text(
        "Penempatan lama jarang terlihat lagi di luar negeri dan tidak dipakai sebagai contoh.",
        "Old placements are seldom seen abroad again and are no part of the sample.",
    ),
    Caution.WORK_UNKNOWN: Text(
        "Daftar lapor diri tidak menyebut siapa yang bekerja; semua dianggap pekerja.",
        "Self-registrations do not say who works; all are taken for workers.",
    ),
    Caution.WORK_PARTLY_KNOWN: Text(
        "Lapor diri yang tidak menyebut bekerja hanya ikut bila orangnya juga tercatat saat "
        "penempatan; bila banyak, perkiraan terlalu rendah.",
        "Self-registrations that do not say work take part only where a placement of the person is "
        "known; where they are many, the estimate is too low.",
    ),
    Caution.DEPENDENCE_SEEN: Text(
        "Pekerja dari sebagian perusahaan penempatan jauh lebih sering lapor diri daripada yang "
        "lain. Kedua daftar tampak saling bergantung; pakai rentang kepekaan.",
        "Workers of some placement agencies register far more often than those of others. The "
        "lists seem to depend on each other; use the band of sensitivity.",
    ),
    Caution.FEW_LINKS: Text(
        "Terlalu sedikit orang yang ada di kedua daftar; perkiraan ini memakai cakupan rata-rata "
        "semua negara dan selangnya lebar.",
        "Too few people are in both lists; the estimate takes the coverage of all countries "
        "together, and its interval is wide.",
    ),
    Caution.NO_SELF_REGISTRATION: Text(
        "Tidak ada lapor diri dari negara ini; hanya daftar penempatan yang berbicara.",
        "Nobody registered in this country; the register of placements alone speaks.",
    ),
    Caution.COVERAGE_OUT_OF_BOUNDS: Text(
        "Jumlah yang terlihat di kedua daftar tidak cocok dengan arus antarnegara; cakupan "
        "dibatasi pada seratus persen.",
        "What both lists show does not fit the moves between countries; coverage was held at one "
        "hundred per cent.",
    ),
}
