"""Whom the gateway lets in, and for what: the refusals of the entrance."""

from shared.errors import Forbidden, Kind, Refusal, Text


class PurposeUnknown(Refusal):
    kind = Kind.MALFORMED
    code = "purpose-unknown"
    title = Text("Tujuan pemrosesan tidak dikenal", "Purpose of use unknown")
    detail = Text(
        "Isi header Purpose-Of-Use dengan satu nilai dari: {known_purposes}.",
        "Give the Purpose-Of-Use header one value out of: {known_purposes}.",
    )


class PurposeNotRegistered(Forbidden):
    code = "purpose-not-registered"
    title = Text("Tujuan tidak terdaftar untuk Anda", "Purpose not registered for you")
    detail = Text(
        "Token Anda tidak memuat tujuan tersebut. Yang terdaftar: {registered_purposes}.",
        "Your token does not carry this purpose. Registered: {registered_purposes}.",
    )


class RateLimitExceeded(Refusal):
    kind = Kind.TOO_MANY
    code = "rate-limit-exceeded"
    title = Text("Terlalu banyak permintaan", "Too many requests")
    detail = Text(
        "Batas permintaan klien ini terlampaui. Ulangi setelah jeda di Retry-After.",
        "This client's request limit is used up. Repeat after the pause in Retry-After.",
    )


class HeaderRepeated(Refusal):
    kind = Kind.MALFORMED
    code = "header-repeated"
    title = Text("Header dikirim lebih dari sekali", "Header sent more than once")
    detail = Text(
        "Kirim header {header} sekali saja.",
        "Send the header {header} only once.",
    )
