"""How batches may come in. Pure."""

from enum import StrEnum

from shared.errors import Invalid, NotFound, Refusal, Text
from shared.errors import Kind as RefusalKind


class Format(StrEnum):
    NDJSON = "NDJSON"
    CSV = "CSV"


class OperationState(StrEnum):
    RECEIVING = "RECEIVING"
    RECEIVED = "RECEIVED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


FORMAT_OF_MEDIA_TYPE = {
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "text/csv": Format.CSV,
}
ID_PREFIX = "registry-"
LONGEST_LINE_BYTES = 256 * 1024
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
MOST_WARNINGS = 1000


LINE_INVALID = Text(
    "Baris tidak sesuai bentuknya; perbaiki bagian yang disebut, lalu kirim baris itu lagi",
    "Line is not a valid envelope; mend the part named and send the line again",
)
LINE_TITLES = {
    "line-unreadable": Text(
        "Baris tidak terbaca: terlalu panjang, atau lebih banyak sel daripada kolom",
        "Line cannot be read: too long, or more cells than columns",
    ),
    "line-failed": Text(
        "Baris tidak dapat disimpan; kesalahan ada pada kami",
        "Line could not be stored; the fault is ours",
    ),
    "source-system-not-yours": Text(
        "Sistem sumber lain; kosongkan, atau isi sistem dari kiriman ini",
        "Another source system; leave it out, or name the one of this batch",
    ),
    "updated-in-the-future": Text(
        "Waktu perubahan belum terjadi; perbaiki source_updated_at",
        "Update dated in the future; mend source_updated_at",
    ),
}


class OperationNotFound(NotFound):
    code = "operation-not-found"
    title = Text("Operasi tidak ditemukan", "Operation not found")
    detail = Text(
        "Tidak ada operasi dengan id ini yang boleh Anda lihat.",
        "There is no operation with this id that you may see.",
    )


class BatchEmpty(Invalid):
    code = "batch-empty"
    title = Text("Kiriman kosong", "Empty batch")
    detail = Text("Tidak ada satu baris pun yang diterima.", "Not a single line was received.")


class CsvHeaderInvalid(Invalid):
    code = "csv-header-invalid"
    title = Text("Judul CSV tidak sesuai", "CSV header not valid")
    detail = Text(
        "Baris pertama harus memuat record_key dan source_updated_at, dipisah koma, dan setiap "
        "kolom sekali saja.",
        "The first line must name the columns record_key and source_updated_at, separated by "
        "commas, and each column only once.",
    )


class CsvUnreadable(Invalid):
    code = "csv-unreadable"
    title = Text("CSV tidak terbaca", "CSV not readable")
    detail = Text(
        "Periksa tanda kutip (setiap kutip pembuka perlu penutup) dan panjang sel; sel paling "
        "panjang 131072 huruf. Tidak ada yang disimpan.",
        "Check quotes (each one that opens a cell needs one that closes it) and the length of "
        "cells; a cell may have 131072 characters. Nothing was stored.",
    )


class BodyNotJson(Refusal):
    kind = RefusalKind.INVALID
    code = "body-not-json"
    title = Text("Isi bukan JSON", "Body is not JSON")
    detail = Text("Kirim satu objek JSON.", "Send one JSON object.")


def title_of_line(code: str, language: str) -> str:
    """What is wrong with a refused line, in `id` or `en`."""
    told = LINE_TITLES.get(code, LINE_INVALID)
    return told.en if language == "en" else told.id
