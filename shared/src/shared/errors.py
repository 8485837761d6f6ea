"""Refusals as plain exceptions: what was refused and why, in both languages. No HTTP here.

A rule raises one; `shared.problems` alone knows how it looks as an answer.
"""

from enum import StrEnum
from typing import ClassVar, NamedTuple


class Text(NamedTuple):
    """One sentence in Indonesian and in English."""

    id: str
    en: str


class Kind(StrEnum):
    MALFORMED = "MALFORMED"
    INVALID = "INVALID"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    STALE = "STALE"
    PRECONDITION_REQUIRED = "PRECONDITION_REQUIRED"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED = "UNSUPPORTED"
    TOO_MANY = "TOO_MANY"
    BUSY = "BUSY"


class Refusal(Exception):
    """Base of all refusals. Subclasses name themselves as a sentence and fill the class fields.

    `facts` may fill placeholders of the detail and must never hold personal data; they also
    travel as members of the answer (`current_status`, `allowed_actions`, …).
    """

    kind: ClassVar[Kind]
    code: ClassVar[str]
    title: ClassVar[Text]
    detail: ClassVar[Text]

    def __init__(self, *, retry_after_seconds: int | None = None, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts
        self.retry_after_seconds = retry_after_seconds

    def told(self, language: str) -> tuple[str, str]:
        """Title and detail in `id` or `en`, placeholders filled."""
        title = self.title.en if language == "en" else self.title.id
        detail = self.detail.en if language == "en" else self.detail.id
        return title, detail.format_map(_Blank(self.facts))


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return f"{{{key}}}"


class NotFound(Refusal):
    kind = Kind.NOT_FOUND
    code = "not-found"
    title = Text("Tidak ditemukan", "Not found")
    detail = Text(
        "Tidak ada data dengan alamat ini yang boleh Anda lihat.",
        "There is nothing at this address that you may see.",
    )


class Conflict(Refusal):
    kind = Kind.CONFLICT


class Forbidden(Refusal):
    kind = Kind.FORBIDDEN


class Invalid(Refusal):
    """The request is well-formed, yet a value in it cannot be: names the field, never the value."""

    kind = Kind.INVALID


class ActionNotAllowed(Forbidden):
    code = "action-not-allowed"
    title = Text("Tindakan tidak diizinkan", "Action not allowed")
    detail = Text(
        "Peran Anda tidak mencakup tindakan {action}, atau tidak untuk perwakilan, organisasi, "
        "atau negara ini. Periksa kode perwakilan pada token Anda (/v1/reference/missions), atau "
        "mintalah kepada pengelola organisasi Anda.",
        "Your role does not cover the action {action}, or not for this mission, organisation or "
        "country. Check the code of the mission in your token (/v1/reference/missions), or ask "
        "your organisation's administrator.",
    )


class PurposeMissing(Refusal):
    kind = Kind.MALFORMED
    code = "purpose-missing"
    title = Text("Tujuan pemrosesan tidak disebutkan", "Purpose of use missing")
    detail = Text(
        "Sebutkan tujuan pada header Purpose-Of-Use; yang berlaku di sini: {allowed_purposes}.",
        "State the purpose in the Purpose-Of-Use header; accepted here: {allowed_purposes}.",
    )


class PurposeNotAllowed(Forbidden):
    code = "purpose-not-allowed"
    title = Text("Tujuan tidak berlaku untuk tindakan ini", "Purpose does not cover this action")
    detail = Text(
        "Tujuan yang berlaku untuk {action}: {allowed_purposes}.",
        "Purposes accepted for {action}: {allowed_purposes}.",
    )


class TokenRefused(Refusal):
    kind = Kind.UNAUTHENTICATED
    code = "token-refused"
    title = Text("Token tidak diterima", "Token refused")
    detail = Text(
        "Permintaan memerlukan token yang berlaku pada header Authorization: Bearer. Token tidak "
        "ada, tidak terbaca, kedaluwarsa, atau bukan untuk layanan ini.",
        "This request needs a valid token in the header Authorization: Bearer. There was none, or "
        "it could not be read, has expired, or is not for this service.",
    )


class VersionStale(Refusal):
    kind = Kind.STALE
    code = "version-stale"
    title = Text("Data telah berubah", "The resource has changed")
    detail = Text(
        "Orang lain telah mengubah data ini. Baca kembali, lalu ulangi dengan ETag yang baru.",
        "Someone else changed this resource. Read it again and repeat with the new ETag.",
    )


class IfMatchMissing(Refusal):
    kind = Kind.PRECONDITION_REQUIRED
    code = "if-match-missing"
    title = Text("Header If-Match wajib", "If-Match required")
    detail = Text(
        "Kirim header If-Match berisi ETag dari pembacaan terakhir.",
        "Send an If-Match header with the ETag of your last read.",
    )


class IfMatchMalformed(Refusal):
    kind = Kind.MALFORMED
    code = "if-match-malformed"
    title = Text("Header If-Match tidak terbaca", "If-Match not readable")
    detail = Text(
        'If-Match harus berisi satu ETag kuat seperti "v3"; tanda * tidak diterima.',
        'If-Match must hold one strong ETag such as "v3"; * is not accepted.',
    )


class IdempotencyKeyMissing(Refusal):
    kind = Kind.MALFORMED
    code = "idempotency-key-missing"
    title = Text("Header Idempotency-Key wajib", "Idempotency-Key required")
    detail = Text(
        "Kirim header Idempotency-Key (8-128 huruf, angka, titik, titik dua, garis bawah, atau "
        "tanda hubung) agar pengulangan aman.",
        "Send an Idempotency-Key header (8-128 letters, digits, dots, colons, underscores or "
        "hyphens) so that a retry is safe.",
    )


class IdempotencyKeyReused(Refusal):
    kind = Kind.INVALID
    code = "idempotency-key-reused"
    title = Text("Idempotency-Key sudah dipakai", "Idempotency-Key already used")
    detail = Text(
        "Kunci ini sudah dipakai untuk permintaan lain. Pakai kunci baru untuk permintaan baru.",
        "This key was used for a different request. Use a new key for a new request.",
    )


class RequestInProgress(Conflict):
    code = "request-in-progress"
    title = Text("Permintaan yang sama sedang berjalan", "The same request is still running")
    detail = Text(
        "Permintaan dengan Idempotency-Key ini belum selesai. Ulangi sebentar lagi.",
        "A request with this Idempotency-Key has not finished. Repeat it shortly.",
    )


class BodyTooLarge(Refusal):
    kind = Kind.TOO_LARGE
    code = "body-too-large"
    title = Text("Isi permintaan terlalu besar", "Request body too large")
    detail = Text(
        "Batasnya {limit_bytes} byte. Kirim data yang lebih sedikit, atau pakai jalur massal.",
        "The limit is {limit_bytes} bytes. Send less, or use the batch route.",
    )


class MediaTypeUnsupported(Refusal):
    kind = Kind.UNSUPPORTED
    code = "media-type-unsupported"
    title = Text("Jenis isi tidak didukung", "Media type not supported")
    detail = Text(
        "Kirim header Content-Type dengan salah satu dari: {accepted}.",
        "Send a Content-Type header with one of: {accepted}.",
    )


class ContentEncodingUnsupported(Refusal):
    kind = Kind.UNSUPPORTED
    code = "content-encoding-unsupported"
    title = Text("Isi yang dimampatkan tidak didukung", "Compressed bodies not supported")
    detail = Text(
        "Kirim isi apa adanya, tanpa header Content-Encoding. Tidak ada yang berubah.",
        "Send the body as it is, without a Content-Encoding header. Nothing was changed.",
    )


class ParameterUnknown(Invalid):
    """The stray name is not repeated: it may be anything, a person's too."""

    code = "parameter-unknown"
    title = Text("Parameter tidak dikenal", "Parameter unknown")
    detail = Text(
        "Alamat ini hanya mengenal parameter berikut: {known}. Periksa ejaannya, lalu kirim lagi.",
        "This address knows these parameters alone: {known}. Check the spelling and send again.",
    )


class TextNotStorable(Invalid):
    code = "text-not-storable"
    title = Text("Teks memuat karakter NUL", "Text holds a NUL character")
    detail = Text(
        "Suatu teks dalam permintaan memuat karakter NUL (U+0000). Hapus karakter itu, lalu kirim "
        "lagi. Tidak ada yang berubah.",
        "A text in the request holds the character NUL (U+0000). Remove it and send again. "
        "Nothing was changed.",
    )


class CursorRefused(Refusal):
    kind = Kind.MALFORMED
    code = "cursor-refused"
    title = Text("Kursor tidak berlaku", "Cursor not valid")
    detail = Text(
        "Kursor ini tidak dibuat untuk permintaan ini atau sudah lewat waktu. Mulai dari awal.",
        "This cursor was not made for this request or has expired. Start from the first page.",
    )


class ServiceBusy(Refusal):
    kind = Kind.BUSY
    code = "service-busy"
    title = Text("Layanan sedang sibuk", "Service busy")
    detail = Text(
        "Tidak ada yang berubah. Ulangi permintaan yang sama setelah jeda di Retry-After.",
        "Nothing was changed. Repeat the same request after the pause in Retry-After.",
    )


class ShareExceeded(Refusal):
    kind = Kind.TOO_MANY
    code = "share-exceeded"
    title = Text("Terlalu banyak panggilan sekaligus", "Too many calls at once")
    detail = Text(
        "Layanan sedang sibuk dan klien ini sudah memakai bagiannya. Tidak ada yang berubah. "
        "Ulangi setelah jeda di Retry-After, dan kirim lebih sedikit sekaligus.",
        "The service is busy and this client has its share of it already. Nothing was changed. "
        "Repeat after the pause in Retry-After, and send fewer at once.",
    )


class WritesPaused(Refusal):
    kind = Kind.BUSY
    code = "writes-paused"
    title = Text(
        "Penulisan ditunda: pencadangan sedang berjalan", "Writes wait: a backup is in progress"
    )
    detail = Text(
        "Sistem sedang dicadangkan; pembacaan tetap berjalan. Tidak ada yang berubah. Ulangi "
        "permintaan yang sama setelah jeda di Retry-After.",
        "The system is being backed up; reads go on. Nothing was changed. Repeat the same request "
        "after the pause in Retry-After.",
    )
