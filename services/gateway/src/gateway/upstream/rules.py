"""What can go wrong on the way to a service, told so that a client knows whether to repeat."""

from shared.errors import Kind, Refusal, Text

RESTART_SECONDS = 2.0
"""What a service that was ended takes to answer again."""


class AddressRefused(Refusal):
    kind = Kind.MALFORMED
    code = "address-refused"
    title = Text("Alamat tidak diterima", "Address refused")
    detail = Text(
        "Alamat memuat garis miring ganda, segmen titik, atau tanda yang tidak diperbolehkan.",
        "The address holds a double slash, a dot segment or a character that is not allowed.",
    )


class ServiceUnreachable(Refusal):
    kind = Kind.BUSY
    code = "service-unreachable"
    title = Text("Layanan tidak terjangkau", "Service unreachable")
    detail = Text(
        "Layanan {service} sedang tidak terjangkau. Tidak ada yang berubah; ulangi nanti.",
        "The service {service} cannot be reached. Nothing was changed; repeat later.",
    )


class ServiceFailed(Refusal):
    kind = Kind.BUSY
    code = "service-failed"
    title = Text("Layanan tidak menjawab dengan benar", "Service failed to answer")
    detail = Text(
        "Layanan {service} berhenti sebelum menjawab. Hasilnya belum diketahui; ulangi dengan "
        "Idempotency-Key yang sama, atau baca kembali.",
        "The service {service} broke off before it answered. The outcome is unknown; repeat with "
        "the same Idempotency-Key, or read again.",
    )


class ServiceTooSlow(Refusal):
    kind = Kind.BUSY
    code = "service-too-slow"
    title = Text("Layanan terlalu lambat", "Service too slow")
    detail = Text(
        "Layanan {service} belum menjawab sampai batas waktu. Hasilnya belum diketahui; ulangi "
        "dengan Idempotency-Key yang sama, atau baca kembali.",
        "The service {service} did not answer in time. The outcome is unknown; repeat with the "
        "same Idempotency-Key, or read again.",
    )


class BodyTooSlow(Refusal):
    kind = Kind.MALFORMED
    code = "body-too-slow"
    title = Text("Isi permintaan terlalu lambat", "Request body too slow")
    detail = Text(
        "Isi permintaan tidak tiba pada waktunya. Tidak ada yang berubah; kirim lagi.",
        "The body of the request did not arrive in time. Nothing was changed; send it again.",
    )
