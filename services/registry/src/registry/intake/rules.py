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
