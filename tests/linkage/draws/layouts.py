"""Under which headings, in which order and forms a draw's files are written. Varied by draw."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from deploy.seed.chance import Chance
from tests.linkage.draws.registers import MEANINGS, PLACEMENT, PRESENCE

Form = Mapping[str, str]

# Of each meaning the headings that are in use; every draw takes one, the files alike or not.
HEADINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "full_name": ("nama", "nama_lengkap", "nm_pmi", "name_as_given", "kolom_a"),
    "birth_date": ("tanggal_lahir", "tgl_lahir", "lahir", "dob_text", "kolom_b"),
    "birth_place": ("tempat_lahir", "tmp_lahir", "asal_lahir", "kolom_c"),
    "sex": ("jenis_kelamin", "jk", "kelamin", "kolom_d"),
    "passport": ("no_paspor", "paspor", "dokumen_perjalanan", "kolom_e"),
    "national_id": ("nik", "no_ktp", "nomor_induk", "kolom_f"),
    "phone": ("telepon", "no_hp", "kontak", "kolom_g"),
    "email": ("email", "surel", "alamat_surel", "kolom_h"),
    "employer": ("majikan", "pemberi_kerja", "pengguna"),
    "agency": ("p3mi", "perusahaan_penempatan", "pt"),
    "contract": ("no_kontrak", "perjanjian_kerja", "kontrak"),
    "year": ("tahun_penempatan", "tahun", "thn_berangkat"),
    "return_date": ("tgl_kembali", "tanggal_pulang", "pulang"),
    "country": ("negara", "negara_penempatan", "negara_tujuan"),
    "status": ("status", "status_wni", "keperluan"),
    "address": ("alamat", "alamat_luar_negeri", "jalan"),
    "city": ("kota", "kota_domisili", "wilayah"),
}
# strptime's word for a form of dates, and the same form to be filled in.
DATE_FORMS: Final = {
    "%Y-%m-%d": "{0:04}-{1:02}-{2:02}",
    "%d-%m-%Y": "{2:02}-{1:02}-{0:04}",
    "%d/%m/%Y": "{2:02}/{1:02}/{0:04}",
    "%Y%m%d": "{0:04}{1:02}{2:02}",
}
SEX_FORMS: Final[tuple[Form, ...]] = (
    {"P": "P", "L": "L", "": ""},
    {"P": "P", "L": "L", "": ""},
    {"P": "Perempuan", "L": "Laki-laki", "": ""},
    {"P": "PEREMPUAN", "L": "LAKI-LAKI", "": ""},
)
_MARKS_OF_IDS: Final = {PLACEMENT: ("S", "P", "A", "1"), PRESENCE: ("W", "K", "B", "2")}


class Layout(NamedTuple):
    """How one register's file is written."""

    register: str
    headings: tuple[str, ...]
    order: tuple[int, ...]
    date_form: str
    sex_form: Form
    id_mark: str

    def columns(self) -> dict[str, str]:
        """Heading to meaning, as the contract's schema wants them."""
        told = {}
        for heading, meaning in zip(self.headings, MEANINGS[self.register], strict=True):
            is_date = meaning in {"birth_date", "return_date"}
            told[heading] = f"{meaning}:{self.date_form}" if is_date else meaning
        return told


def make_layouts(chance: Chance) -> tuple[Layout, Layout]:
    """The placement register's and the presence register's; forms follow the heading."""
    first = {meaning: chance.pick(names) for meaning, names in HEADINGS.items()}
    is_shared = chance.happens(0.6)
    second = {
        meaning: first[meaning] if is_shared else chance.pick(names)
        for meaning, names in HEADINGS.items()
    }
    date_form = chance.pick(tuple(DATE_FORMS))
    other_form = date_form
    # One schema tells of both files, so a heading they share has one form of dates.
    if first["birth_date"] != second["birth_date"]:
        other_form = chance.pick(tuple(DATE_FORMS))
    sex_form = chance.pick(SEX_FORMS)
    return (
        _layout(chance, PLACEMENT, first, date_form, sex_form),
        _layout(chance, PRESENCE, second, other_form, sex_form),
    )


def _layout(
    chance: Chance, register: str, names: Mapping[str, str], date_form: str, sex_form: Form
) -> Layout:
    meanings = MEANINGS[register]
    order = list(range(len(meanings)))
    if chance.happens(0.5):
        chance.shuffle(order)
    return Layout(
        register,
        tuple(names[meaning] for meaning in meanings),
        tuple(order),
        date_form,
        sex_form,
        chance.pick(_MARKS_OF_IDS[register]),
    )
